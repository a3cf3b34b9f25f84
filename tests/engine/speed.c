/*
 * What the engine's memory costs: writing an event, getting it from one process to another, and how
 * soon it is there. Prints; tests nothing.
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/client.h"
#include "engine/live_internal.h"
#include "etl/layout.h"
#include "etl/record_peek.h"
#include "os/os.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    PAYLOAD = 32,
    LATENCIES = 3000,
};

/* Nanoseconds an event of one thread, at best of some runs; `with_clock` asks for its time. */
static double write_cost(bool with_clock)
{
    enum {
        RUNS = 7,
        EVENTS = 2000000
    };
    const rig_options options = {ETWI_POOL_RECYCLING, 64 << 10, 64, 0};
    double best = 1e9;
    rig_session rig;
    rig_create(&rig, &options);
    for (unsigned run = 0; run < RUNS; run++) {
        const int64_t begin = etwi_clock_monotonic();
        for (uint32_t i = 0; i < EVENTS; i++) {
            etwi_room room;
            if (etwi_slot_reserve(&rig.control, EVENT_HEADER_SIZE + PAYLOAD, &room) != ETW_OK)
                rig_fail("lost", "an event");
            const int64_t time = with_clock ? etwi_mapping_now(&rig.control) : i;
            memset(room.at, 0, EVENT_HEADER_SIZE + PAYLOAD);
            memcpy(room.at + EVENT_TIME, &time, sizeof time);
            etwi_slot_commit(&rig.control, &room);
        }
        const double cost = (double)(etwi_clock_monotonic() - begin) * 100 / EVENTS;
        best = cost < best ? cost : best;
    }
    rig_destroy(&rig);
    return best;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Counts the events of a round, and notes how late they are. */
static uint64_t look_at(const etwi_live_round *round, int64_t *latencies, uint64_t before)
{
    const int64_t now = etwi_clock_monotonic();
    uint64_t events = 0;
    for (size_t i = 0; i < round->count; i++) {
        const etwi_live_chunk *chunk = &round->chunks[i];
        etwi_record_peek peek;
        for (uint32_t at = 0; at < chunk->size; at += (peek.size + 7) & ~7u) {
            if (!etwi_record_peek_any(&peek, chunk->records + at, chunk->size - at))
                rig_fail("no record", "in a chunk");
            if (before + events < LATENCIES)
                latencies[before + events] = now - peek.raw_time;
            events++;
        }
    }
    return events;
}

/* One process writes, this one reads. */
static void between_processes(const rig_work *work, uint32_t latency_ms)
{
    static int64_t latencies[LATENCIES];
    const rig_options options = {ETWI_POOL_RING, 64 << 10, 256, 0};
    const etwi_live_options patience = {.latency_ms = latency_ms};
    etw_error error = {.status = ETW_OK};
    rig_session rig;
    etwi_mapping mapping;
    etwi_live *live;
    etwi_live_round round;
    uint64_t events = 0;
    int status;
    rig_create(&rig, &options);
    rig_open(&mapping, rig.folder, ETWI_CLIENT_NONE);
    etwi_client_leave(&mapping);
    if (etw_failed(etwi_live_open_mapping(&live, &mapping, &patience, &error)))
        rig_fail("cannot attach", error.message);
    const int64_t begin = etwi_clock_monotonic();
    int id = rig_start(rig.folder, work, NULL);
    for (etw_status taken = ETW_OK; id || taken == ETW_OK;) {
        taken = etwi_live_take(live, 50, &round, &error);
        events += look_at(&round, latencies, events);
        etwi_live_release(live);
        if (id && waitpid(id, &status, WNOHANG) == id)
            id = 0;
    }
    const double seconds = (double)(etwi_clock_monotonic() - begin) / 1e7;
    printf("%llu of %llu events in %.2f s: %.2f M/s", (unsigned long long)events,
           (unsigned long long)work->events, seconds, (double)events / seconds / 1e6);
    if (!latency_ms && events >= LATENCIES) {
        qsort(latencies, LATENCIES, sizeof latencies[0], compare);
        printf("; latency in us: p50 %.1f, p90 %.1f, p99 %.1f",
               (double)latencies[LATENCIES / 2] / 10, (double)latencies[LATENCIES * 9 / 10] / 10,
               (double)latencies[LATENCIES * 99 / 100] / 10);
    }
    printf("\n");
    etwi_live_close(&live);
    rig_destroy(&rig);
}

int main(void)
{
    printf("writing: %.1f ns with the time, %.1f ns without\n", write_cost(true),
           write_cost(false));
    const rig_work fast = {
        .threads = 1, .events = 20000000, .payload_min = PAYLOAD, .payload_max = PAYLOAD};
    const rig_work slow = {.threads = 1,
                           .events = LATENCIES,
                           .payload_min = PAYLOAD,
                           .payload_max = PAYLOAD,
                           .burst = 1,
                           .pause_us = 1000};
    between_processes(&fast, 100);
    between_processes(&slow, 0);
    return 0;
}
