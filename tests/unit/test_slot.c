/* Writing into slots, and taking buffers out, in one process. Runs under ThreadSanitizer too. */
#include "base/bytes.h"
#include "engine/client.h"
#include "engine/drain.h"
#include "engine/pool.h"
#include "engine/slot.h"
#include "engine/step.h"
#include "os/os.h"
#include "test.h"

#include <stdlib.h>

enum {
    BUFFER = 4096,
    RECORD = 104, /* Bytes; a buffer has room for 38. */
    PER_BUFFER = (BUFFER - BUFFER_HEADER_SIZE) / RECORD,
};

static void open_session(etwi_mapping *out, etwi_pool_kind kind, uint32_t buffers, uint32_t cpus)
{
    const etwi_geometry geometry = {
        .pool_kind = kind,
        .buffer_size = BUFFER,
        .buffer_count = buffers,
        .cpu_count = cpus,
        .slots_per_cpu = ETWI_SLOTS_PER_CPU,
        .clock_type = ETW_CLOCK_QPC,
        .clock_frequency = ETW_TICKS_PER_SECOND,
        .logger_id = 3,
    };
    etw_error error = {.status = ETW_OK};
    CHECK_EQ(etwi_mapping_create(out, -1, -1, &geometry, "unit", &error), ETW_OK);
    CHECK_EQ(etwi_client_join(out, ETWI_CLIENT_PROVIDER, &error), ETW_OK);
    etwi_mapping_set_state(out, ETWI_SESSION_RUNNING);
}

static etw_status put(etwi_mapping *mapping, uint32_t number)
{
    etwi_room room;
    const etw_status status = etwi_slot_reserve(mapping, RECORD, &room);
    if (status != ETW_OK)
        return status;
    memset(room.at, 0, RECORD);
    memcpy(room.at, &number, sizeof number);
    etwi_slot_commit(mapping, &room);
    return ETW_OK;
}

static etwi_mapping_counts counts_of(const etwi_mapping *mapping)
{
    etwi_mapping_counts counts;
    etwi_mapping_count(mapping, &counts);
    return counts;
}

static etwi_drain *attach(etwi_mapping *mapping)
{
    etwi_drain *drain;
    CHECK_EQ(etwi_drain_attach(&drain, mapping, NULL, NULL), ETW_OK);
    return drain;
}

/* Takes all full buffers; returns the events in them. */
static uint32_t take_all(etwi_drain *drain, uint16_t *last_flags)
{
    _Alignas(8) uint8_t copy[BUFFER];
    etwi_drained drained;
    uint32_t events = 0;
    while (etwi_drain_next(drain, copy, &drained, NULL) == ETW_OK) {
        events += (drained.size - BUFFER_HEADER_SIZE) / RECORD;
        if (last_flags)
            *last_flags = etwi_load_u16(copy + BUFFER_FLAG);
    }
    return events;
}

static void records_come_out_as_they_went_in(void)
{
    etwi_mapping mapping;
    _Alignas(8) uint8_t copy[BUFFER];
    etwi_drained drained;
    open_session(&mapping, ETWI_POOL_RING, 4, 1);
    etwi_drain *drain = attach(&mapping);
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQ(put(&mapping, i), ETW_OK);
    CHECK_EQ(etwi_drain_next(drain, copy, &drained, NULL), ETW_AGAIN);
    CHECK_EQ(etwi_slots_flush(&mapping, 0), 0);
    REQUIRE(etwi_drain_next(drain, copy, &drained, NULL) == ETW_OK);
    CHECK_EQ(drained.size, BUFFER_HEADER_SIZE + 5 * RECORD);
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQ(etwi_load_u32(copy + BUFFER_HEADER_SIZE + i * RECORD), i);
    CHECK_EQ(etwi_load_u32(copy + BUFFER_SIZE), BUFFER);
    CHECK_EQ(etwi_load_u32(copy + BUFFER_OFFSET), drained.size);
    CHECK_EQ(etwi_load_u32(copy + BUFFER_STATE), BUFFER_STATE_SEALED);
    CHECK_EQ(etwi_load_u16(copy + BUFFER_LOGGER_ID), 3);
    CHECK_EQ(copy[BUFFER - 1], 0xFF);
    CHECK_EQ(counts_of(&mapping).free_buffers, 4);
    CHECK_EQ(counts_of(&mapping).bytes, 5 * RECORD);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

static void what_does_not_fit_is_counted(void)
{
    etwi_mapping mapping;
    etwi_room room;
    uint16_t flags = 0;
    open_session(&mapping, ETWI_POOL_RING, 2, 1);
    CHECK_EQ(etwi_slot_reserve(&mapping, BUFFER - BUFFER_HEADER_SIZE + 1, &room), ETW_E_LIMIT);
    CHECK_EQ(etwi_slot_reserve(&mapping, UINT32_MAX, &room), ETW_E_LIMIT);
    CHECK_EQ(counts_of(&mapping).events_lost, 2);
    uint32_t written = 0, lost = 0;
    for (uint32_t i = 0; i < 3 * PER_BUFFER; i++)
        put(&mapping, i) == ETW_OK ? written++ : lost++;
    CHECK_EQ(written, 2 * PER_BUFFER);
    CHECK_EQ(counts_of(&mapping).events, written);
    CHECK_EQ(counts_of(&mapping).events_lost, 2 + lost);
    /* What was filled before anybody came is there for the first who does. */
    etwi_drain *drain = attach(&mapping);
    CHECK_EQ(take_all(drain, &flags), written);
    CHECK(!(flags & BUFFER_FLAG_EVENTS_LOST));
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    etwi_slots_flush(&mapping, 0);
    CHECK_EQ(take_all(drain, &flags), 1);
    CHECK(flags & BUFFER_FLAG_EVENTS_LOST);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

static void recycling_keeps_the_newest(void)
{
    etwi_mapping mapping;
    _Alignas(8) uint8_t copy[BUFFER];
    etwi_drained drained;
    open_session(&mapping, ETWI_POOL_RECYCLING, 3, 1);
    for (uint32_t i = 0; i < 10 * PER_BUFFER; i++)
        CHECK_EQ(put(&mapping, i), ETW_OK);
    etwi_slots_flush(&mapping, 0);
    etwi_drain *drain = attach(&mapping);
    uint32_t next = 7 * PER_BUFFER;
    while (etwi_drain_next(drain, copy, &drained, NULL) == ETW_OK) {
        CHECK_EQ(etwi_load_u32(copy + BUFFER_HEADER_SIZE), next);
        next += PER_BUFFER;
    }
    CHECK_EQ(next, 10 * PER_BUFFER);
    CHECK_EQ(counts_of(&mapping).events_lost, 0);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

static void rooms_may_be_held_within_one_another(void)
{
    etwi_mapping mapping;
    etwi_room rooms[ETWI_SLOTS_PER_CPU + 1];
    open_session(&mapping, ETWI_POOL_RING, 8, 1);
    for (unsigned i = 0; i < ETWI_SLOTS_PER_CPU; i++)
        CHECK_EQ(etwi_slot_reserve(&mapping, RECORD, &rooms[i]), ETW_OK);
    CHECK_EQ(etwi_slot_reserve(&mapping, RECORD, &rooms[ETWI_SLOTS_PER_CPU]), ETW_E_FULL);
    etwi_slot_cancel(&rooms[0], false);
    etwi_slot_cancel(&rooms[1], true);
    etwi_slot_commit(&mapping, &rooms[2]);
    etwi_slot_commit(&mapping, &rooms[3]);
    CHECK_EQ(counts_of(&mapping).events, 2);
    CHECK_EQ(counts_of(&mapping).events_lost, 2);
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    etwi_mapping_close(&mapping);
}

static void a_closed_session_takes_nothing(void)
{
    etwi_mapping mapping;
    etwi_room room;
    open_session(&mapping, ETWI_POOL_RING, 8, 1);
    etwi_drain *drain = attach(&mapping);
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    CHECK_EQ(etwi_slot_reserve(&mapping, RECORD, &room), ETW_OK);
    etwi_mapping_set_state(&mapping, ETWI_SESSION_STOPPING);
    CHECK_EQ(etwi_slots_close(&mapping, 20), 1);
    CHECK_EQ(put(&mapping, 2), ETW_STOPPED);
    /* Who was in the middle of an event comes too late, and it is lost. */
    etwi_slot_commit(&mapping, &room);
    CHECK_EQ(put(&mapping, 3), ETW_STOPPED);
    CHECK_EQ(take_all(drain, NULL), 1);
    CHECK_EQ(counts_of(&mapping).events, 1);
    CHECK_EQ(counts_of(&mapping).events_lost, 1);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

/* ---- closing at the worst moment -------------------------------------------------------------
 */

static etwi_mapping *closed_mapping;
static etwi_room *room_to_commit;

/* The writer goes on right after its slot was closed under it. */
static void commit_when_closed(etwi_step step)
{
    if (step != ETWI_STEP_SLOT_CLOSED || !room_to_commit)
        return;
    etwi_room *room = room_to_commit;
    room_to_commit = NULL;
    etwi_slot_commit(closed_mapping, room);
}

static void an_event_that_comes_before_the_seal_counts(void)
{
    etwi_mapping mapping;
    etwi_room room;
    open_session(&mapping, ETWI_POOL_RING, 8, 1);
    etwi_drain *drain = attach(&mapping);
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    CHECK_EQ(etwi_slot_reserve(&mapping, RECORD, &room), ETW_OK);
    memset(room.at, 0, RECORD);
    etwi_mapping_set_state(&mapping, ETWI_SESSION_STOPPING);
    closed_mapping = &mapping;
    room_to_commit = &room;
    etwi_step_hook = commit_when_closed;
    CHECK_EQ(etwi_slots_close(&mapping, 20), 1);
    etwi_step_hook = NULL;
    CHECK_EQ(take_all(drain, NULL), 2);
    CHECK_EQ(counts_of(&mapping).events, 2);
    CHECK_EQ(counts_of(&mapping).events_lost, 0);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

static etwi_step step_to_close_at;

static void close_at_step(etwi_step step)
{
    if (step != step_to_close_at)
        return;
    etwi_step_hook = NULL;
    etwi_mapping_set_state(closed_mapping, ETWI_SESSION_STOPPING);
    CHECK_EQ(etwi_slots_close(closed_mapping, 0), 1);
}

/* The slot is closed while its owner changes buffers: what is in the old one is handed on, what was
 * to go into the new one is lost. */
static void a_slot_that_is_closed_between_two_buffers(void)
{
    static const etwi_step steps[] = {ETWI_STEP_HEADER_SEALED,  ETWI_STEP_CURRENT_CLEARED,
                                      ETWI_STEP_BUFFER_FULL,    ETWI_STEP_BUFFER_CLAIMED,
                                      ETWI_STEP_HEADER_EMPTIED, ETWI_STEP_HEADER_NUMBERED,
                                      ETWI_STEP_CURRENT_SET,    ETWI_STEP_NEXT_MOVED};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        etwi_mapping mapping;
        open_session(&mapping, ETWI_POOL_RING, 8, 1);
        etwi_drain *drain = attach(&mapping);
        for (uint32_t k = 0; k < PER_BUFFER; k++)
            put(&mapping, k);
        closed_mapping = &mapping;
        step_to_close_at = steps[i];
        etwi_step_hook = close_at_step;
        CHECK_EQ(put(&mapping, PER_BUFFER), ETW_E_FULL);
        CHECK(!etwi_step_hook);
        etwi_step_hook = NULL;
        CHECK_EQ(take_all(drain, NULL), PER_BUFFER);
        CHECK_EQ(counts_of(&mapping).events, PER_BUFFER);
        CHECK_EQ(counts_of(&mapping).events_lost, 1);
        etwi_drain_detach(&drain);
        etwi_mapping_close(&mapping);
    }
}

/* Who closes may die amid it; the next one goes on with it. */
static void closing_goes_on_where_it_was_left(void)
{
    etwi_mapping mapping;
    etwi_room room;
    open_session(&mapping, ETWI_POOL_RING, 8, 1);
    etwi_drain *drain = attach(&mapping);
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    CHECK_EQ(etwi_slot_reserve(&mapping, RECORD, &room), ETW_OK);
    etwi_mapping_set_state(&mapping, ETWI_SESSION_STOPPING);
    atomic_store(&room.slot->owner, ETWI_OWNER_CLOSED);
    CHECK(etwi_slots_close(&mapping, 0) >= 1);
    CHECK_EQ(take_all(drain, NULL), 1);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

static void each_consumer_gets_all(void)
{
    etwi_mapping mapping;
    open_session(&mapping, ETWI_POOL_RING, 6, 1);
    etwi_drain *first = attach(&mapping), *second = attach(&mapping);
    for (uint32_t i = 0; i < 2 * PER_BUFFER; i++)
        put(&mapping, i);
    etwi_slots_flush(&mapping, 0);
    CHECK_EQ(take_all(first, NULL), 2 * PER_BUFFER);
    CHECK_EQ(take_all(first, NULL), 0);
    CHECK_EQ(counts_of(&mapping).free_buffers, 4);
    CHECK_EQ(take_all(second, NULL), 2 * PER_BUFFER);
    CHECK_EQ(counts_of(&mapping).free_buffers, 6);
    /* What only one has read is free when the other goes. */
    put(&mapping, 1);
    etwi_slots_flush(&mapping, 0);
    CHECK_EQ(take_all(first, NULL), 1);
    etwi_drain_detach(&second);
    CHECK_EQ(take_all(first, NULL), 0);
    CHECK_EQ(counts_of(&mapping).free_buffers, 6);
    /* What nobody has read waits for the next. */
    put(&mapping, 1);
    etwi_slots_flush(&mapping, 0);
    etwi_drain_detach(&first);
    first = attach(&mapping);
    CHECK_EQ(take_all(first, NULL), 1);
    etwi_drain_detach(&first);
    etwi_mapping_close(&mapping);
}

static void who_is_too_slow_is_dropped(void)
{
    etwi_mapping mapping;
    open_session(&mapping, ETWI_POOL_RING, 4, 1);
    etwi_drain *quick = attach(&mapping), *slow = attach(&mapping);
    for (uint32_t i = 0; i < 4 * PER_BUFFER; i++)
        put(&mapping, i);
    etwi_slots_flush(&mapping, 0);
    CHECK_EQ(take_all(quick, NULL), 4 * PER_BUFFER);
    CHECK_EQ(put(&mapping, 1), ETW_E_FULL);
    /* As if it had last been here long ago. */
    atomic_store(&mapping.consumers[1].seen_ms, 0);
    etwi_drain_look_after_others(quick);
    CHECK_EQ(counts_of(&mapping).real_time_buffers_lost, 4);
    CHECK_EQ(etwi_drain_lost(slow), 4);
    CHECK_EQ(put(&mapping, 1), ETW_OK);
    CHECK_EQ(take_all(slow, NULL), 0);
    etwi_slots_flush(&mapping, 0);
    CHECK_EQ(take_all(slow, NULL), 1);
    CHECK_EQ(etwi_drain_lost(slow), 4);
    etwi_drain_detach(&quick);
    etwi_drain_detach(&slow);
    etwi_mapping_close(&mapping);
}

/* ---- threads ---------------------------------------------------------------------------------
 */

enum {
    THREADS = 4,
    EVENTS = 20000,
};

static _Atomic uint32_t threads_running;

static void write_many(void *argument)
{
    for (uint32_t i = 0; i < EVENTS; i++)
        put(argument, i);
    atomic_fetch_sub(&threads_running, 1);
}

static void no_event_is_counted_twice_or_not_at_all(void)
{
    etwi_mapping mapping;
    etwi_thread *threads[THREADS];
    open_session(&mapping, ETWI_POOL_RING, 16, 2);
    etwi_drain *first = attach(&mapping), *second = attach(&mapping);
    uint32_t got_first = 0, got_second = 0;
    atomic_store(&threads_running, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = etwi_thread_start(write_many, &mapping);
    while (atomic_load(&threads_running)) {
        got_first += take_all(first, NULL);
        etwi_drain_wait(second, 1);
        got_second += take_all(second, NULL);
        etwi_slots_flush(&mapping, 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        etwi_thread_join(threads[i]);
    etwi_mapping_set_state(&mapping, ETWI_SESSION_STOPPING);
    CHECK_EQ(etwi_slots_close(&mapping, 1000), 0);
    got_first += take_all(first, NULL);
    got_second += take_all(second, NULL);
    const etwi_mapping_counts counts = counts_of(&mapping);
    CHECK_EQ(counts.events + counts.events_lost, THREADS * EVENTS);
    CHECK_EQ(got_first, counts.events);
    CHECK_EQ(got_second, counts.events);
    CHECK_EQ(counts.free_buffers, 16);
    etwi_drain_detach(&first);
    etwi_drain_detach(&second);
    etwi_mapping_close(&mapping);
}

static void recycling_in_threads_keeps_whole_buffers(void)
{
    etwi_mapping mapping;
    etwi_thread *threads[THREADS];
    open_session(&mapping, ETWI_POOL_RECYCLING, 12, 2);
    etwi_drain *drain = attach(&mapping);
    atomic_store(&threads_running, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = etwi_thread_start(write_many, &mapping);
    uint32_t got = 0;
    while (atomic_load(&threads_running))
        got += take_all(drain, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        etwi_thread_join(threads[i]);
    etwi_slots_flush(&mapping, 1000);
    got += take_all(drain, NULL);
    CHECK(got > 0 && got <= THREADS * EVENTS);
    CHECK_EQ(counts_of(&mapping).free_buffers, 12);
    etwi_drain_detach(&drain);
    etwi_mapping_close(&mapping);
}

int main(void)
{
    RUN(records_come_out_as_they_went_in);
    RUN(what_does_not_fit_is_counted);
    RUN(recycling_keeps_the_newest);
    RUN(rooms_may_be_held_within_one_another);
    RUN(a_closed_session_takes_nothing);
    RUN(an_event_that_comes_before_the_seal_counts);
    RUN(a_slot_that_is_closed_between_two_buffers);
    RUN(closing_goes_on_where_it_was_left);
    RUN(each_consumer_gets_all);
    RUN(who_is_too_slow_is_dropped);
    RUN(no_event_is_counted_twice_or_not_at_all);
    RUN(recycling_in_threads_keeps_whole_buffers);
    return test_finish();
}
