/*
 * A filter from the inside: a flat program of tests. Each test leads to another one, or to the end,
 * for each of its two results, so `and`, `or` and `not` cost nothing when events are matched.
 */
#ifndef ETWI_CONSUMER_FILTER_H
#define ETWI_CONSUMER_FILTER_H

#include "base/memory.h"
#include "consumer/filter_text.h"
#include "guid/known.h"

#include <etw/filter.h>
#include <stdatomic.h>

enum {
    ETWI_FILTER_TEXT_MAX = 64 * 1024,
    ETWI_FILTER_NODES_MAX = 4096, /* Tests, values and operators together. */
    ETWI_FILTER_DEPTH_MAX = 64,   /* Of parentheses. */
    ETWI_FILTER_PATTERN_MAX = 1024,
    ETWI_FILTER_PATH_MAX = ETW_STRUCT_DEPTH_MAX + 1,

    /* Ends of the program. */
    ETWI_FILTER_ACCEPT = 0xFFFF,
    ETWI_FILTER_REJECT = 0xFFFE,
};

/* ---------------------------------------------------------------------------------- fields */

/* What values a field has and what it can be compared with. */
typedef enum etwi_field_type {
    ETWI_FIELD_NUMBER,
    ETWI_FIELD_NAMED, /* A number that may have a name. */
    ETWI_FIELD_GUID,
    ETWI_FIELD_PROVIDER, /* GUID and name. */
    ETWI_FIELD_TIME,
    ETWI_FIELD_TEXT,
    ETWI_FIELD_CHOICE, /* One word of a fixed list. */
    ETWI_FIELD_FLAG,
} etwi_field_type;

/* Name, type, whether an event may lack it. */
#define ETWI_FILTER_FIELD_MAP(X)             \
    X(PROVIDER, "provider", PROVIDER, false) \
    X(GUID, "guid", GUID, false)             \
    X(ID, "id", NUMBER, false)               \
    X(VERSION, "version", NUMBER, false)     \
    X(OPCODE, "opcode", NAMED, false)        \
    X(TASK, "task", NAMED, false)            \
    X(LEVEL, "level", NAMED, false)          \
    X(KEYWORD, "keyword", NAMED, false)      \
    X(CHANNEL, "channel", NAMED, false)      \
    X(PID, "pid", NUMBER, true)              \
    X(TID, "tid", NUMBER, true)              \
    X(CPU, "cpu", NUMBER, true)              \
    X(SIZE, "size", NUMBER, false)           \
    X(TIME, "time", TIME, false)             \
    X(EVENT, "event", TEXT, true)            \
    X(CLASS, "class", CHOICE, false)         \
    X(KIND, "kind", CHOICE, false)           \
    X(SOURCE, "source", CHOICE, false)       \
    X(ACTIVITY, "activity", GUID, true)      \
    X(RELATED, "related", GUID, true)        \
    X(FILE, "file", TEXT, true)              \
    X(SESSION, "session", TEXT, true)        \
    X(CLASSIC, "classic", FLAG, true)        \
    X(WPP, "wpp", FLAG, true)

typedef enum etwi_filter_field {
#define X(name, text, type, optional) ETWI_FILTER_##name,
    ETWI_FILTER_FIELD_MAP(X)
#undef X
    ETWI_FILTER_PROPERTY, /* Not of the header. */
} etwi_filter_field;

/* ---------------------------------------------------------------------------------- values */

/* What a value of an expression can be read as; its text is always there too. */
enum {
    ETWI_LITERAL_INTEGER = 1 << 0,
    ETWI_LITERAL_REAL = 1 << 1, /* Every integer is a real too. */
    ETWI_LITERAL_GUID = 1 << 2,
    ETWI_LITERAL_TIME = 1 << 3,   /* FILETIME. */
    ETWI_LITERAL_OFFSET = 1 << 4, /* 100 ns since the start of the trace. */
    ETWI_LITERAL_BOOLEAN = 1 << 5,
};

typedef struct etwi_literal {
    unsigned is; /* ETWI_LITERAL_… */
    uint32_t column;
    bool is_quoted;
    bool is_negative; /* Of integers. */
    bool boolean;
    uint64_t integer; /* Without its sign. */
    double real;
    uint64_t time;
    int64_t offset;
    etw_guid guid;
    etw_str text;
    etwi_pattern pattern; /* For the test that the literal is in. */
} etwi_literal;

/* A value, or all from `low` to `high`. */
typedef struct etwi_term {
    etwi_literal low;
    const etwi_literal *high; /* NULL: a single value. */
} etwi_term;

typedef enum etwi_relation {
    ETWI_RELATION_PRESENT, /* No operator at all. */
    ETWI_RELATION_EQUAL,   /* To any of the terms. */
    ETWI_RELATION_LESS,
    ETWI_RELATION_LESS_EQUAL,
    ETWI_RELATION_GREATER,
    ETWI_RELATION_GREATER_EQUAL,
    ETWI_RELATION_CONTAINS, /* From here on: of texts. */
    ETWI_RELATION_STARTS,
    ETWI_RELATION_ENDS,
    ETWI_RELATION_GLOB,
    ETWI_RELATION_MATCHES,
} etwi_relation;

/* Numbers or FILETIMEs, both ends included. */
typedef struct etwi_range {
    uint64_t low, high;
    bool is_offset; /* int64_t, since the start of the trace. */
} etwi_range;

/* ----------------------------------------------------------------------------------- tests */

typedef enum etwi_test_kind {
    ETWI_TEST_NUMBER,   /* The header field is in one range. */
    ETWI_TEST_GUID,     /* The header field is `guid`. */
    ETWI_TEST_NUMBERS,  /* The header field, or the choice, is in one of the ranges. */
    ETWI_TEST_GUIDS,    /* The header field is one of the GUIDs. */
    ETWI_TEST_TIMES,    /* The time stamp is in one of the ranges. */
    ETWI_TEST_PRESENT,  /* The header field is there. */
    ETWI_TEST_NAMES,    /* One of the ranges or GUIDs, or the name matches one of the terms. */
    ETWI_TEST_PROPERTY, /* A value of the property matches one of the terms. */
    ETWI_TEST_ALWAYS,   /* Known when the filter is made: `none` is the result. */
} etwi_test_kind;

/* Whether schemas had a property; the only part of a filter that changes while it is used. */
typedef struct etwi_property_mark {
    etw_str name;        /* The path with dots. */
    _Atomic bool missed; /* Some schema did not. */
    _Atomic bool met;    /* Some did. */
} etwi_property_mark;

typedef struct etwi_test {
    uint8_t kind;     /* An etwi_test_kind. */
    uint8_t field;    /* An etwi_filter_field. */
    uint8_t relation; /* An etwi_relation. */
    uint8_t shift;    /* Of ETWI_TEST_NUMBER: how far the field is from the word's low end. */
    uint16_t offset;  /* In the event: of the GUID, or of a word that the field is in. */
    uint16_t yes, no; /* The next test, or an end. */
    bool none;        /* The field is there, but nothing of it matches: !=, not in. */
    bool negative;    /* Under an odd number of `not`. */
    bool has_mask;
    bool is_optional; /* The header field may be missing, as all bits set or the null GUID. */
    uint64_t mask;
    uint64_t divisor;   /* What is compared is the remainder; 0: the number itself. */
    uint64_t low, span; /* Of ETWI_TEST_NUMBER: from `low` to `low + span`. */
    etw_guid guid;
    const etwi_range *ranges; /* Sorted, disjoint unless they are times. */
    const etw_guid *guids;
    const etwi_term *terms;
    const etw_str *path;
    etwi_property_mark *mark; /* Of ETWI_TEST_PROPERTY. */
    uint32_t range_count, guid_count, term_count, path_count;
} etwi_test;

struct etw_filter {
    etwi_arena arena;
    const etwi_test *tests;
    uint32_t test_count;
    uint16_t entry;
    unsigned code_page;
};

/* The result of a test. */
typedef enum etwi_tri {
    ETWI_NO,
    ETWI_YES,
    ETWI_UNKNOWN,
} etwi_tri;

/* What a test looks at. */
typedef struct etwi_subject {
    const etw_event *event;
    const etw_schema *schema;
    unsigned code_page;
    bool header_only; /* The schema is not known yet. */
} etwi_subject;

/* Any test but those of properties; filter_eval.c. */
etwi_tri etwi_test_header(const etwi_test *test, const etwi_subject *subject);

/* A number of the header by its field. */
uint64_t etwi_test_number(const etw_event *event, etwi_filter_field field);

/* A test of a property, with the schema at hand; filter_property.c. */
bool etwi_test_property(const etwi_test *test, const etwi_subject *subject);

/* Makes the mark of a test whose path is there; filter_unknown.c. */
etw_status etwi_test_make_mark(etwi_test *test, etwi_arena *arena);

/* Notes whether a schema has the property of a test. */
void etwi_test_note(const etwi_test *test, const etw_schema *schema);

/*
 * The names that a header field has, one a call: the null GUID's provider has none, a mask of
 * keywords has many. False if there are no more; filter_names.c.
 */
bool etwi_field_name(etwi_filter_field field, const etwi_subject *subject, unsigned index,
                     etwi_chars *out);

/* True if the names of the field take no schema. */
static inline bool etwi_field_is_in_header(etwi_filter_field field)
{
    return field == ETWI_FILTER_FILE || field == ETWI_FILTER_SESSION;
}

/* "classic", "manifest", "tracelogging", "wpp" */
enum {
    ETWI_CLASS_CLASSIC,
    ETWI_CLASS_MANIFEST,
    ETWI_CLASS_TRACELOGGING,
    ETWI_CLASS_WPP,
    ETWI_CLASS_COUNT,
};

static inline bool etwi_is_kernel_header(const etw_event *event)
{
    return event->header_kind >= ETW_HEADER_SYSTEM32 && event->header_kind <= ETW_HEADER_PERFINFO64;
}

/* The first of some events that the header does not deny, and the verdict on it; `count` if it
 * denies them all. Most filters deny most events, and nothing else has to be done for those. */
size_t etwi_filter_next(const etw_filter *filter, const etw_event *events, size_t count,
                        etw_filter_verdict *verdict);

#endif
