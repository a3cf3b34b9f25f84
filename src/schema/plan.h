/*
 * The flat program that measures the values of an event: one step a property, made once when a
 * schema enters the store, so that the decoder never interprets a schema.
 */
#ifndef ETWI_SCHEMA_PLAN_H
#define ETWI_SCHEMA_PLAN_H

#include "base/memory.h"

#include <etw/property.h>

enum {
    ETWI_REFERENCES_MAX = 64, /* Properties of one schema that hold counts and lengths. */
    ETWI_NO_REFERENCE = 0xFF,
    ETWI_SPAN_SLACK = 4, /* Spans are copied so many at a time, also where there are none. */
};

/* How the bytes of one value are found. */
typedef enum etwi_rule {
    ETWI_RULE_FIXED,      /* `width` bytes. */
    ETWI_RULE_UTF16_Z,    /* UTF-16 up to a zero unit, or to the end. */
    ETWI_RULE_ANSI_Z,     /* Bytes up to a zero, or to the end. */
    ETWI_RULE_LENGTH,     /* `length` units of `unit` bytes, fixed or from a reference. */
    ETWI_RULE_COUNTED,    /* u16 count of bytes, then the bytes. */
    ETWI_RULE_COUNTED_BE, /* The same, the count in big-endian order. */
    ETWI_RULE_COUNTED32,  /* u32 count of bytes, then the bytes. */
    ETWI_RULE_REST,       /* All that is left. */
    ETWI_RULE_SID,
    ETWI_RULE_WBEM_SID, /* A TOKEN_USER and a SID, or four zero bytes. */
    ETWI_RULE_STRUCT,
    ETWI_RULE_BAD_TYPE,      /* The schema names a type that does not exist. */
    ETWI_RULE_BAD_REFERENCE, /* The length is said to be in a property that cannot hold it. */
} etwi_rule;

/* How many elements a property has. */
typedef enum etwi_many {
    ETWI_MANY_ONE,   /* A plain value. */
    ETWI_MANY_FIXED, /* `count`. */
    ETWI_MANY_REFERENCE,
    ETWI_MANY_INLINE, /* u16 before the elements. */
    ETWI_MANY_TO_END,
    ETWI_MANY_BAD_REFERENCE, /* The count is said to be in a property that cannot hold it. */
} etwi_many;

typedef struct etwi_step {
    uint8_t rule;             /* An etwi_rule. */
    uint8_t many;             /* An etwi_many. */
    uint8_t width[2];         /* Bytes of fixed values, for 4-byte and for 8-byte pointers. */
    uint8_t unit;             /* Of ETWI_RULE_LENGTH: bytes of one unit, 1 or 2. */
    uint8_t count_reference;  /* Where the count is kept, or ETWI_NO_REFERENCE. */
    uint8_t length_reference; /* Where the length is kept, or ETWI_NO_REFERENCE. */
    uint8_t own_reference;    /* Where this value is to be kept for others. */
    uint16_t count;
    uint16_t length;
    uint16_t out_type; /* Never ETW_OUT_NULL. */
    bool optional;
    bool is_binary; /* Zeros do not end it. */
} etwi_step;

/* The property behind a run of properties of fixed size. */
typedef enum etwi_ending {
    ETWI_ENDING_NONE,    /* There is none. */
    ETWI_ENDING_UTF16,   /* One value of ETWI_RULE_UTF16_Z … */
    ETWI_ENDING_ANSI,    /* … of ETWI_RULE_ANSI_Z … */
    ETWI_ENDING_COUNTED, /* … of ETWI_RULE_COUNTED, none of which others refer to. */
    ETWI_ENDING_ANY,     /* Whatever else; the step tells. */
} etwi_ending;

/* Top-level properties that have the same size in every payload, one behind the other, and the one
 * that ends them: all a payload's properties are found by going through a few of these. */
typedef struct etwi_plan_segment {
    uint8_t ending;   /* An etwi_ending. */
    uint16_t count;   /* Of all of them, with the one that ends them. */
    uint16_t size[2]; /* The bytes of those of fixed size, by pointer width. */
} etwi_plan_segment;

/* What finding the properties of most events takes comes first, and fits half a cache line. */
typedef struct etwi_plan {
    const etwi_plan_segment *segments; /* Until they have all top-level properties. */
    /* Where the top-level properties are, counted from the begin of their segment; the size of
     * those that end one is missing. See etwi_plan_spans(). */
    const etw_span *spans;
    uint16_t top_level_count; /* Of the schema. */
    uint16_t static_size[2];  /* Bytes of the first segment. */
    bool is_static;           /* It is the only one. */
    bool fixed_size;          /* Every payload has exactly `size_min` bytes. */
    uint32_t reference_count; /* Slots that the decoder has to keep. */
    const etwi_step *steps;   /* One for each property of the schema, in its order. */
    uint32_t size_min[2];     /* Bytes the smallest payload has, by pointer width. */
} etwi_plan;

/* 0 for 4-byte pointers, 1 for 8-byte ones: the index of `width` and `size_min`. */
static inline unsigned etwi_width_index(unsigned pointer_size)
{
    return pointer_size == 8;
}

/* Those of `spans` for a width: all for 8-byte pointers, which most events have, stand beside the
 * segments, then all for 4-byte ones, and ETWI_SPAN_SLACK more. */
static inline const etw_span *etwi_plan_spans(const etwi_plan *plan, unsigned width)
{
    return plan->spans + (width ? 0 : plan->top_level_count);
}

/*
 * Checks a schema from an untrusted source and makes its plan.
 *
 * ETW_E_CORRUPT if its structs make no sense. A wrong type or reference is left to the decoder,
 * which then delivers what comes before it.
 */
etw_status etwi_plan_make(etwi_plan *out, const etw_schema *schema, etwi_arena *arena,
                          etw_error *error);

#endif
