/* The event of bench_write.c as a tracepoint of LTTng-UST, in the form that its headers want. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER contoso_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_events.h"

#if !defined(LTTNG_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LTTNG_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    contoso_bench, numbers,
    LTTNG_UST_TP_ARGS(uint32_t, a, uint32_t, b, uint64_t, c, uint64_t, d, uint64_t, e),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, a, a)
                            lttng_ust_field_integer(uint32_t, b, b)
                                lttng_ust_field_integer(uint64_t, c, c)
                                    lttng_ust_field_integer(uint64_t, d, d)
                                        lttng_ust_field_integer(uint64_t, e, e)))

#endif

#include <lttng/tracepoint-event.h>
