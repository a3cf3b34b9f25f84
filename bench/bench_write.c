/*
 * What writing an event costs the program that writes it, by processor time, with sessions that
 * write over their oldest buffers. Each event has 32 bytes of payload: two u32 and three u64.
 *
 * usage: bench_write MILLIONS ROUNDS
 */
#include "harness.h"

#include "live_session.h"

#include <etw/tracelogging.h>
#include <stdio.h>
#include <stdlib.h>

/* Two providers with one GUID: as of a manifest, without a name in its events, and with one. */
static etw_provider *plain;
ETW_TL_DEFINE_PROVIDER(named, "Contoso.Bench");

enum {
    SESSIONS_MAX = 8,
    BUFFERS = 16
};

typedef struct payload {
    uint32_t a, b;
    uint64_t c, d, e;
} payload;

static const etw_event_descriptor EVENT = {1, 0, 0, 4, 0, 0, 0x10};
static uint64_t event_count;
static live_session sessions[SESSIONS_MAX];

/* What all loops do beside writing. */
static payload payload_of(uint64_t i)
{
    const payload made = {(uint32_t)i, 7, i + 1, i + 2, i + 3};
    return made;
}

static void keep(payload *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

static harness_result result_of(void)
{
    const harness_result result = {event_count, event_count * sizeof(payload), 1};
    return result;
}

static harness_result loop_empty(void *context)
{
    (void)context;
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
    }
    return result_of();
}

static void write_manifest(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        if (etw_provider_enabled(plain, EVENT.level, EVENT.keyword)) {
            const etw_event_data data = {(const uint8_t *)&value, sizeof value};
            etw_provider_write(plain, &EVENT, NULL, NULL, &data, 1);
        }
    }
}

static void write_fields(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        if (etw_provider_enabled(plain, EVENT.level, EVENT.keyword)) {
            const etw_event_data data[] = {
                {(const uint8_t *)&value.a, sizeof value.a},
                {(const uint8_t *)&value.b, sizeof value.b},
                {(const uint8_t *)&value.c, sizeof value.c},
                {(const uint8_t *)&value.d, sizeof value.d},
                {(const uint8_t *)&value.e, sizeof value.e},
            };
            etw_provider_write(plain, &EVENT, NULL, NULL, data, 5);
        }
    }
}

static void write_described(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        ETW_TL_WRITE(named, "Numbers", 4, 0x10, ETW_TL_UINT32("a", value.a),
                     ETW_TL_UINT32("b", value.b), ETW_TL_UINT64("c", value.c),
                     ETW_TL_UINT64("d", value.d), ETW_TL_UINT64("e", value.e));
    }
}

/* A way to write, and into how many sessions of which clock. */
typedef struct variant {
    void (*write)(void);
    unsigned session_count;
    etw_clock_type clock;
} variant;

static harness_result run(void *context)
{
    const variant *v = context;
    v->write();
    return result_of();
}

/* Sessions come and go outside of what is measured, so each variant runs on its own. */
static void measure(const char *name, variant v, int rounds)
{
    const etw_guid guid = etw_guid_from_name((etw_str){"Contoso.Bench", 13});
    for (unsigned i = 0; i < v.session_count; i++) {
        live_start_recycling(&sessions[i], v.clock, 65536, BUFFERS);
        live_enable_plain(&sessions[i], &guid, 5, 0);
    }
    const harness_variant one = {name, run, &v};
    harness_run(&one, 1, rounds);
    for (unsigned i = 0; i < v.session_count; i++) {
        const etwi_mapping_counts counts = live_counts(&sessions[i]);
        harness_require(counts.events == event_count * (unsigned)(rounds + 1) &&
                            counts.events_lost == 0,
                        "every event is written");
        live_stop(&sessions[i]);
    }
}

int main(int argc, char **argv)
{
    const int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    event_count = argc == 3 ? strtoull(argv[1], NULL, 10) * 1000000 : 0;
    harness_require(event_count && rounds > 0, "usage: bench_write MILLIONS ROUNDS");
    live_alone();
    const etw_provider_options options = {
        .size = sizeof options, .guid = etw_guid_from_name((etw_str){"Contoso.Bench", 13})};
    harness_require(etw_provider_register(&plain, &options, NULL) == ETW_OK, "a provider");
    harness_require(ETW_TL_REGISTER(named, NULL) == ETW_OK, "a provider");
    const harness_variant empty = {"empty loop", loop_empty, NULL};
    harness_run(&empty, 1, rounds);
    measure("disabled", (variant){write_manifest, 0, ETW_CLOCK_QPC}, rounds);
    measure("disabled, described", (variant){write_described, 0, ETW_CLOCK_QPC}, rounds);
    measure("one piece", (variant){write_manifest, 1, ETW_CLOCK_QPC}, rounds);
    measure("one piece, cycles", (variant){write_manifest, 1, ETW_CLOCK_CPU_CYCLES}, rounds);
    measure("five pieces", (variant){write_fields, 1, ETW_CLOCK_QPC}, rounds);
    measure("described", (variant){write_described, 1, ETW_CLOCK_QPC}, rounds);
    measure("one piece, 2 sessions", (variant){write_manifest, 2, ETW_CLOCK_QPC}, rounds);
    measure("one piece, 4 sessions", (variant){write_manifest, 4, ETW_CLOCK_QPC}, rounds);
    measure("one piece, 8 sessions", (variant){write_manifest, 8, ETW_CLOCK_QPC}, rounds);
    etw_provider_unregister(&plain);
    ETW_TL_UNREGISTER(named);
    harness_require(live_alone_end() == 0, "nothing is left behind");
    return 0;
}
