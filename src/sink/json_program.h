/*
 * JSON programs: what all events of a kind have in common, rendered and flattened once.
 *
 * A kind is a schema together with all fields of the header that stand in the output and do not
 * vary from event to event, see etwi_json_key. Its program has the constant pieces of the header,
 * and a list of operations for the payload, each of which writes a literal (closing quotes, comma,
 * name, opening quote) and then a value.
 */
#ifndef ETWI_SINK_JSON_PROGRAM_H
#define ETWI_SINK_JSON_PROGRAM_H

#include <etw/sink.h>

/* All that a program depends on beside the options of its writer. No padding, so it compares as
 * words. */
typedef struct etwi_json_key {
    uint64_t provider[2];
    uint64_t schema;
    uint64_t keyword;
    uint64_t numbers; /* id, task, flags. */
    uint64_t bytes;   /* version, channel, level, opcode, pointer size, kind of header. */
} etwi_json_key;

typedef enum etwi_json_code {
    ETWI_OP_END,      /* The literal closes the data object. */
    ETWI_OP_OPTIONAL, /* Goes to the end if the payload has ended. */
    ETWI_OP_KEEP,     /* Keeps the integer that follows for others, in slot `argument`. */
    ETWI_OP_SKIP,     /* Consumes a value of fixed width. */
    ETWI_OP_SKIP_ANY, /* Consumes a value that has to be measured. */

    /* Values of `width` bytes. */
    ETWI_OP_U8,
    ETWI_OP_U16,
    ETWI_OP_U32,
    ETWI_OP_U64,
    ETWI_OP_SIGNED,
    ETWI_OP_HEX,
    ETWI_OP_HEX32,
    ETWI_OP_HEX64,
    ETWI_OP_HEX_FIXED, /* `digits` digits. */
    ETWI_OP_BOOLEAN,
    ETWI_OP_PORT,
    ETWI_OP_TIME,
    ETWI_OP_GUID,

    ETWI_OP_ARRAY,   /* Elements of `width` bytes, written as code `argument` says. */
    ETWI_OP_UTF16_Z, /* UTF-16 up to a zero: the one string that has an operation of its own. */

    /* Values that have to be measured. */
    ETWI_OP_UTF16,
    ETWI_OP_ANSI,
    ETWI_OP_UTF8,
    ETWI_OP_BINARY,
    ETWI_OP_ITEM, /* Anything else, written as an item of the cursor. */
} etwi_json_code;

typedef struct etwi_json_op {
    uint8_t code;     /* An etwi_json_code. */
    uint8_t width;    /* Bytes of a value, or of each element. */
    uint8_t size;     /* Bytes that must be there, and are consumed: `width` or 0. */
    uint8_t argument; /* The slot of a reference, or the code of elements. */
    uint8_t digits;   /* Of ETWI_OP_HEX_FIXED. */
    bool quoted;      /* Elements of arrays. */
    uint16_t property;
    uint32_t literal; /* Where it stands in the text of the program. */
    uint32_t literal_size;
} etwi_json_op;

typedef struct etwi_json_program {
    etwi_json_key key;
    const etw_schema *schema;
    const etwi_json_op *ops;
    const char *text; /* Padded, so that whole vectors can be copied. */
    bool is_plain;    /* Too large: events are written without it. */
    bool is_flat;     /* `ops` can be run. */
    uint32_t head;    /* The constant pieces of the header, in `text`. */
    uint32_t head_size;
    uint32_t tail;
    uint32_t tail_size;
    uint32_t end;      /* Index of the last operation. */
    uint32_t size_max; /* See etwi_json_room(). */
    uint32_t byte_max;
} etwi_json_program;

/*
 * An upper bound of what an event of the program takes, but for its items and extended data.
 *
 * Literals and constant pieces have the size they have; numbers, times and GUIDs a maximum; all
 * this is in `size_max`. The rest grows with the payload: every byte of it is consumed by one
 * operation at most, and `byte_max` is the most that any of them writes for one byte: 6 for text,
 * 2 for binary values, and for arrays the longest element, its quotes and comma included, divided
 * by its width. Items and extended data reserve what they need themselves, and whoever writes them
 * reserves this again behind them.
 */
static inline size_t etwi_json_room(const etwi_json_program *program, const etw_event *event)
{
    return program->size_max + (size_t)event->payload_size * program->byte_max;
}

/* The arena and scratch memory are those of the writer's cache. NULL if memory is out. */
const etwi_json_program *etwi_json_program_make(etw_json *json, const etwi_json_key *key,
                                                const etw_event *event, const etw_schema *schema);

#endif
