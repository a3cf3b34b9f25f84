/* Records: from the bytes in a buffer to an etw_event. */
#ifndef ETWI_ETL_RECORD_H
#define ETWI_ETL_RECORD_H

#include "base/bytes.h"
#include "etl/layout.h"

#include <etw/event.h>

#if defined(__GNUC__)
#define ETWI_PREFETCH(address) __builtin_prefetch(address)
/* For what is only quick if the compiler knows the arguments. */
#define ETWI_INLINE inline __attribute__((always_inline))
#else
#define ETWI_PREFETCH(address) ((void)(address))
#define ETWI_INLINE            inline
#endif

/* How far ahead of the record at hand memory is asked for: going through a buffer is a chase of
 * pointers, and its speed would be that of the memory's answers. */
enum {
    ETWI_PREFETCH_DISTANCE = 2048,
    ETWI_CACHE_LINE = 64,
};

/* What a record takes over from its buffer and trace. */
typedef struct etwi_record_context {
    const etw_trace_info *trace;
    uint16_t processor;
    uint16_t logger_id;
    uint16_t flags; /* ETW_EVENT_PROCESSOR_INDEX or 0. */
    bool is_10_mhz; /* Raw times count in units of FILETIME, from `time_base` on. */
    uint64_t time_base;
} etwi_record_context;

static inline etwi_record_context etwi_record_context_of(const etw_trace_info *trace,
                                                         uint16_t processor, uint16_t logger_id,
                                                         uint16_t flags)
{
    const etw_clock *clock = &trace->clock;
    const etwi_record_context context = {trace,
                                         processor,
                                         logger_id,
                                         flags,
                                         clock->type != ETW_CLOCK_SYSTEM_TIME &&
                                             clock->frequency == ETW_TICKS_PER_SECOND &&
                                             clock->start_time >> 62 == 0,
                                         clock->start_time};
    return context;
}

/* The time of a record. The clock of nearly all traces since Windows 10 counts in units of
 * FILETIME, which needs no division; times before the start take the long way. */
static inline uint64_t etwi_record_time(const etwi_record_context *context, int64_t raw)
{
    const uint64_t distance = (uint64_t)raw - (uint64_t)context->trace->clock.start_raw;
    if (context->is_10_mhz && distance >> 62 == 0)
        return context->time_base + distance;
    return etw_clock_filetime(&context->trace->clock, raw);
}

/* The little that finding one's way in a buffer takes. */
typedef struct etwi_record_peek {
    uint32_t size; /* Of the record, without padding. */
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

/*
 * Both at once, for going through a buffer: makes an event of the record at `at`, of which `left`
 * bytes are in the buffer, and returns its size, or 0 if there is none. `*time` is the raw time of
 * the record before, and becomes that of this one.
 */
uint32_t etwi_record_read(etw_event *out, const uint8_t *at, uint32_t left,
                          const etwi_record_context *context, int64_t *time);

/* The distance to the next record. */
static inline uint32_t etwi_record_stride(uint32_t size)
{
    return (size + RECORD_ALIGNMENT - 1) & ~(uint32_t)(RECORD_ALIGNMENT - 1);
}

#endif
