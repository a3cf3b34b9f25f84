/* Records: from the bytes in a buffer to an etw_event. */
#ifndef ETWI_ETL_RECORD_H
#define ETWI_ETL_RECORD_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "etl/layout.h"
#include "etl/tick_scale.h"

#include <etw/event.h>

/* How far ahead of the record at hand memory is asked for: going through a buffer is a chase of
 * pointers, and its speed would be that of the memory's answers. */
enum {
    ETWI_PREFETCH_DISTANCE = 2048,
    ETWI_CACHE_LINE = 64,
};

/* Asks for the memory of the records that come a little later. */
static ETWI_INLINE void etwi_record_prefetch(const uint8_t *at, int lines)
{
    for (int line = 0; line < lines; line++)
        ETWI_PREFETCH(at + ETWI_PREFETCH_DISTANCE + line * ETWI_CACHE_LINE);
}

/* Asks for the memory of a whole distance, where no records before have asked for it. */
static ETWI_INLINE void etwi_record_prefetch_start(const uint8_t *at)
{
    for (int offset = 0; offset < ETWI_PREFETCH_DISTANCE; offset += ETWI_CACHE_LINE)
        ETWI_PREFETCH(at + offset);
}

/* What a record takes over from its buffer and trace. */
typedef struct etwi_record_context {
    const etw_trace_info *trace;
    const etwi_tick_scale *scale; /* Of the trace's clock. */
    etw_trace_stats *stats;       /* Where etwi_record_read() counts; NULL for other uses. */
    uint16_t processor;
    uint16_t logger_id;
    uint16_t flags; /* ETW_EVENT_PROCESSOR_INDEX or 0. */
} etwi_record_context;

/* The little that finding one's way in a buffer takes. */
typedef struct etwi_record_peek {
    uint32_t size;        /* Of the record, without padding. */
    uint32_t header_size; /* Of what was looked at: without extended data. */
    etw_header_kind kind;
    bool has_time;
    int64_t raw_time;
} etwi_record_peek;

/*
 * Looks at the record at `at`, of which `left` bytes are in the buffer.
 *
 * False if there is none: filler, or bytes that are no record, or one that does not fit.
 */
bool etwi_record_peek_at(etwi_record_peek *out, const uint8_t *at, size_t left);

/*
 * Makes an event of a record that etwi_record_peek_at() accepted. Records without a time stamp get
 * `raw_time`.
 */
void etwi_record_parse(etw_event *out, const uint8_t *at, const etwi_record_peek *peek,
                       int64_t raw_time, const etwi_record_context *context);

/* How far a buffer has been gone through. */
typedef struct etwi_record_walk {
    const uint8_t *data;
    uint32_t at, end; /* Offsets of the next record and of the end of all. */
    int64_t time;     /* Raw, of the record before. */
    bool is_broken;   /* There is no record at `at`. */
} etwi_record_walk;

/*
 * Both at once, for going through a buffer: makes events of the next records, up to `room` of them.
 * Returns how many.
 */
size_t etwi_record_read(etw_event *events, size_t room, etwi_record_walk *walk,
                        const etwi_record_context *context);

/* A record that was looked at, to be made into an event later. */
typedef struct etwi_record_ref {
    const uint8_t *at;
    int64_t time; /* Raw. */
    uint16_t size;
    uint16_t header_size;
    uint16_t kind;
    uint16_t source; /* The context it belongs to. */
} etwi_record_ref;

static inline etwi_record_ref etwi_record_ref_of(const uint8_t *at, int64_t time,
                                                 const etwi_record_peek *peek, uint16_t source)
{
    return (etwi_record_ref){
        at, time, (uint16_t)peek->size, (uint16_t)peek->header_size, (uint16_t)peek->kind, source};
}

/* Makes events of records. */
void etwi_record_parse_all(etw_event *events, const etwi_record_ref *refs, size_t count,
                           const etwi_record_context *contexts);

/* Where a record is, when it was, and what making an event of it takes to know. */
typedef struct etwi_record_mark {
    int64_t time; /* Raw; of a record without a time stamp that of the one before. */
    uint32_t at;  /* Offset in the buffer. */
    uint16_t size;
    uint8_t kind;
    bool is_usual; /* See record_usual.h. */
} etwi_record_mark;

/* Records of one buffer that were marked, to be made into events. */
typedef struct etwi_record_piece {
    const uint8_t *data; /* Of the buffer. */
    const etwi_record_mark *marks;
    uint32_t count;
} etwi_record_piece;

enum {
    ETWI_SOON_LINES = 3 /* Cache lines of `soon` that are asked for with each record. */
};

/* Makes events of the records of a piece: record i becomes events[places[i]]. Meanwhile the memory
 * of `soon` is asked for, from which what was asked for is taken away. */
void etwi_record_spread(etw_event *events, const uint8_t *places, const etwi_record_piece *piece,
                        const etwi_record_context *context, etw_bytes *soon);

/* The distance to the next record. */
static inline uint32_t etwi_record_stride(uint32_t size)
{
    return (size + RECORD_ALIGNMENT - 1) & ~(uint32_t)(RECORD_ALIGNMENT - 1);
}

#endif
