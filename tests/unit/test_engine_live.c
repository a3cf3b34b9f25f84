/* Real-time consumers in one process. Runs under ThreadSanitizer too. */
#include "engine/client.h"
#include "engine/live_internal.h"
#include "engine/slot.h"
#include "etl/layout.h"
#include "etl/record_peek.h"
#include "os/os.h"
#include "os/private.h"
#include "test.h"

#include <stdlib.h>

enum {
    BUFFER = 4096,
    BUFFERS = 16,
    RECORD = EVENT_HEADER_SIZE + 8,
    THREADS = 3,
    EVENTS = 15000,
};

/* A session of this process; writers use the mapping that the consumer has. */
static etwi_live *open_live(uint32_t latency_ms)
{
    const etwi_geometry geometry = {
        .pool_kind = ETWI_POOL_RING,
        .buffer_size = BUFFER,
        .buffer_count = BUFFERS,
        .cpu_count = 2,
        .slots_per_cpu = ETWI_SLOTS_PER_CPU,
        .clock_type = ETW_CLOCK_QPC,
        .clock_frequency = ETW_TICKS_PER_SECOND,
        .clock_start_time = 12345,
        .mode = ETW_MODE_REAL_TIME,
    };
    const etwi_live_options options = {.latency_ms = latency_ms};
    etwi_mapping mapping;
    etwi_live *live = NULL;
    etw_error error = {.status = ETW_OK};
    CHECK_EQ(etwi_mapping_create(&mapping, -1, -1, &geometry, "unit", &error), ETW_OK);
    etwi_mapping_set_state(&mapping, ETWI_SESSION_RUNNING);
    CHECK_EQ(etwi_live_open_mapping(&live, &mapping, &options, &error), ETW_OK);
    return live;
}

static void fill(etwi_mapping *mapping, const etwi_room *room)
{
    const uint16_t size = RECORD;
    const int64_t time = etwi_mapping_now(mapping);
    memset(room->at, 0, RECORD);
    memcpy(room->at, &size, sizeof size);
    room->at[RECORD_TYPE] = HEADER_TYPE_EVENT64;
    room->at[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    memcpy(room->at + EVENT_TIME, &time, sizeof time);
}

static etw_status put(etwi_mapping *mapping)
{
    etwi_room room;
    const etw_status status = etwi_slot_reserve(mapping, RECORD, &room);
    if (status != ETW_OK)
        return status;
    fill(mapping, &room);
    etwi_slot_commit(mapping, &room);
    return ETW_OK;
}

/* Events of a round; those that are older than was promised count in `late`. */
static uint32_t count(const etwi_live_round *round, int64_t promised, uint32_t *late)
{
    uint32_t events = 0;
    for (size_t i = 0; i < round->count; i++)
        for (uint32_t at = 0; at < round->chunks[i].size; at += RECORD) {
            etwi_record_peek peek;
            if (!CHECK(etwi_record_peek_any(&peek, round->chunks[i].records + at,
                                            round->chunks[i].size - at)))
                return events;
            *late += peek.raw_time < promised;
            events++;
        }
    return events;
}

static void stop(etwi_live *live)
{
    etwi_mapping_set_state(&live->mapping, ETWI_SESSION_STOPPING);
    etwi_slots_close(&live->mapping, 1000);
    etwi_mapping_set_state(&live->mapping, ETWI_SESSION_STOPPED);
}

static void an_event_arrives_at_once(void)
{
    etwi_live *live = open_live(0);
    etwi_live_round round;
    uint32_t late = 0;
    REQUIRE(live);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_AGAIN);
    CHECK_EQ(round.count, 0);
    const int64_t before = round.complete_until;
    CHECK_EQ(put(&live->mapping), ETW_OK);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    CHECK_EQ(count(&round, before, &late), 1);
    CHECK_EQ(late, 0);
    CHECK(round.complete_until > before);
    CHECK_EQ(round.chunks[0].size, RECORD);
    CHECK(round.chunks[0].buffer_flags & BUFFER_FLAG_PROCESSOR_INDEX);
    etwi_live_release(live);
    /* It does not come twice, not even when its buffer is full. */
    CHECK_EQ(put(&live->mapping), ETW_OK);
    etwi_slots_flush(&live->mapping, 0);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    CHECK_EQ(count(&round, before, &late), 1);
    etwi_live_release(live);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_AGAIN);
    stop(live);
    CHECK_EQ(etwi_live_take(live, 1000, &round, NULL), ETW_END);
    CHECK_EQ(round.complete_until, INT64_MAX);
    const etw_trace_info *info = etwi_live_info(live);
    CHECK_STR(info->session_name, "unit");
    CHECK_EQ(info->start_time, 12345);
    CHECK_EQ(info->buffer_size, BUFFER);
    CHECK_EQ(info->processor_count, 2);
    etwi_live_close(&live);
}

static void patience_gathers_events(void)
{
    etwi_live *live = open_live(60);
    etwi_live_round round;
    uint32_t late = 0;
    REQUIRE(live);
    const uint64_t begin = etwi_now_ms();
    put(&live->mapping);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_AGAIN);
    put(&live->mapping);
    CHECK_EQ(etwi_live_take(live, 1000, &round, NULL), ETW_OK);
    CHECK(etwi_now_ms() - begin >= 60);
    CHECK_EQ(count(&round, INT64_MIN, &late), 2);
    etwi_live_release(live);
    /* Not if a buffer is full, or someone asks for it. */
    put(&live->mapping);
    etwi_slots_flush(&live->mapping, 0);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    etwi_live_release(live);
    put(&live->mapping);
    etwi_live_flush(live);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    CHECK_EQ(count(&round, INT64_MIN, &late), 1);
    etwi_live_close(&live);
}

static void wake_soon(void *argument)
{
    etwi_sleep_ms(5);
    etwi_live_wake(argument);
}

static void waking_ends_a_wait(void)
{
    etwi_live *live = open_live(0);
    etwi_live_round round;
    REQUIRE(live);
    etwi_thread *thread = etwi_thread_start(wake_soon, live);
    CHECK_EQ(etwi_live_take(live, UINT32_MAX, &round, NULL), ETW_AGAIN);
    etwi_thread_join(thread);
    const uint64_t begin = etwi_now_ms();
    CHECK_EQ(etwi_live_take(live, 30, &round, NULL), ETW_AGAIN);
    CHECK(etwi_now_ms() - begin >= 30);
    etwi_live_close(&live);
}

static void a_writer_amid_an_event_holds_time_back(void)
{
    etwi_live *live = open_live(0);
    etwi_live_round round;
    etwi_room room;
    uint32_t late = 0;
    REQUIRE(live);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_AGAIN);
    CHECK_EQ(etwi_slot_reserve(&live->mapping, RECORD, &room), ETW_OK);
    const int64_t begun = etwi_mapping_now(&live->mapping);
    put(&live->mapping);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    CHECK_EQ(count(&round, INT64_MIN, &late), 1);
    CHECK(round.complete_until <= begun);
    const int64_t promised = round.complete_until;
    etwi_live_release(live);
    fill(&live->mapping, &room);
    etwi_slot_commit(&live->mapping, &room);
    CHECK_EQ(etwi_live_take(live, 0, &round, NULL), ETW_OK);
    CHECK_EQ(count(&round, promised, &late), 1);
    CHECK_EQ(late, 0);
    CHECK(round.complete_until > begun);
    etwi_live_release(live);
    /* One that does not go on is passed by. */
    CHECK_EQ(etwi_slot_reserve(&live->mapping, RECORD, &room), ETW_OK);
    const int64_t stuck = etwi_mapping_now(&live->mapping);
    for (unsigned i = 0; i < 1000 && round.complete_until <= stuck; i++)
        CHECK_EQ(etwi_live_take(live, 1000, &round, NULL), ETW_AGAIN);
    CHECK(round.complete_until > stuck);
    etwi_slot_cancel(&room, false);
    etwi_live_close(&live);
}

static _Atomic uint32_t threads_running;

static void write_many(void *argument)
{
    for (uint32_t i = 0; i < EVENTS; i++)
        put(argument);
    if (atomic_fetch_sub(&threads_running, 1) == 1)
        etwi_mapping_announce(argument);
}

static void all_arrive_and_in_time(void)
{
    etwi_live *live = open_live(0);
    etwi_live_round round;
    etwi_thread *threads[THREADS];
    uint32_t got = 0, late = 0;
    int64_t promised = INT64_MIN;
    etw_status status;
    REQUIRE(live);
    atomic_store(&threads_running, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = etwi_thread_start(write_many, &live->mapping);
    bool is_stopped = false;
    while ((status = etwi_live_take(live, 100, &round, NULL)) != ETW_END) {
        REQUIRE(!etw_failed(status));
        got += count(&round, promised, &late);
        CHECK(round.complete_until >= promised);
        promised = round.complete_until;
        etwi_live_release(live);
        if (!atomic_load(&threads_running) && !is_stopped) {
            is_stopped = true;
            stop(live);
        }
    }
    for (unsigned i = 0; i < THREADS; i++)
        etwi_thread_join(threads[i]);
    CHECK_EQ(got + round.events_lost, THREADS * EVENTS);
    CHECK_EQ(round.buffers_lost, 0);
    CHECK_EQ(late, 0);
    etwi_mapping_counts counts;
    etwi_mapping_count(&live->mapping, &counts);
    CHECK_EQ(counts.free_buffers, BUFFERS);
    etwi_live_close(&live);
}

int main(void)
{
    RUN(an_event_arrives_at_once);
    RUN(patience_gathers_events);
    RUN(waking_ends_a_wait);
    RUN(a_writer_amid_an_event_holds_time_back);
    RUN(all_arrive_and_in_time);
    return test_finish();
}
