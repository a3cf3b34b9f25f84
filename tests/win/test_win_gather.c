/* Records on their way from a thread that pushes them to one that takes them. */
#include "test.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "consumer/win/gather.h"
#include "etl/layout.h"
#include "os/os.h"
#include "os/private.h"

#include <stdlib.h>

enum {
    SPARE = 2,
};

static etwi_gather *gather;

static void begin(void)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    gather = etwi_gather_create(&allocator, SPARE);
}

static void end(void)
{
    etwi_gather_destroy(gather);
    gather = NULL;
}

/* A record of zeros but for its size and a number. */
static bool push(uint16_t processor, uint32_t size, int64_t time, uint32_t number)
{
    etwi_gather_lane *lane;
    uint8_t *room = etwi_gather_reserve(gather, processor, size, &lane);
    if (!room)
        return false;
    const uint16_t stored = (uint16_t)size;
    memset(room, 0, (size + 7) & ~7u);
    memcpy(room, &stored, sizeof stored);
    memcpy(room + 4, &number, sizeof number);
    etwi_gather_commit(gather, lane, size, time);
    return true;
}

static void hands_on_what_is_there_by_processor(void)
{
    etwi_live_round round;
    begin();
    CHECK(!etwi_gather_has_news(gather));
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_AGAIN);
    CHECK_EQ(round.complete_until, INT64_MIN);
    CHECK(push(3, 20, 100, 1));
    CHECK(push(ETW_NO_PROCESSOR, 16, 101, 2));
    CHECK(push(3, 8, 102, 3));
    CHECK(etwi_gather_has_news(gather));
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_OK);
    CHECK_EQ(round.count, 2);
    CHECK_EQ(round.complete_until, 102);
    CHECK_EQ(round.events_lost, 0);
    CHECK_EQ(round.chunks[0].processor, 3);
    CHECK_EQ(round.chunks[0].size, 32); /* 20 with its padding. */
    CHECK_EQ(etwi_load_u32(round.chunks[0].records + 4), 1);
    CHECK_EQ(etwi_load_u32(round.chunks[0].records + 24 + 4), 3);
    CHECK_EQ(round.chunks[1].processor, ETW_NO_PROCESSOR);
    CHECK_EQ(round.chunks[1].stream, 1);
    CHECK_EQ((uintptr_t)round.chunks[0].records % 8, 0);
    etwi_gather_release(gather);
    CHECK(!etwi_gather_has_news(gather));
    CHECK(push(3, 8, 99, 4)); /* Late; what was complete stays so. */
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_OK);
    CHECK_EQ(round.count, 1);
    CHECK_EQ(round.complete_until, 102);
    CHECK_EQ(etwi_load_u32(round.chunks[0].records + 4), 4);
    etwi_gather_release(gather);
    etwi_gather_end(gather);
    CHECK(etwi_gather_has_news(gather));
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_END);
    end();
}

static void processors_beyond_all_are_none(void)
{
    etwi_live_round round;
    begin();
    CHECK(push(ETWI_GATHER_LANES - 1, 8, 1, 1));
    CHECK(push(40000, 8, 1, 1));
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_OK);
    CHECK_EQ(round.count, 1);
    CHECK_EQ(round.chunks[0].processor, ETW_NO_PROCESSOR);
    end();
}

static void goes_on_with_more_blocks(void)
{
    etwi_live_round round;
    uint32_t number = 0, seen = 0;
    begin();
    for (int turn = 0; turn < 50; turn++) {
        for (int i = 0; i < 3; i++)
            CHECK(push(1, 60000, number, number)), number++;
        CHECK_EQ(etwi_gather_take(gather, &round), ETW_OK);
        for (size_t i = 0; i < round.count; i++)
            for (uint32_t at = 0; at < round.chunks[i].size; at += 60000)
                CHECK_EQ(etwi_load_u32(round.chunks[i].records + at + 4), seen++);
        etwi_gather_release(gather);
    }
    CHECK_EQ(seen, number);
    end();
}

static void counts_what_is_no_record(void)
{
    etwi_live_round round;
    begin();
    etwi_gather_lose(gather);
    etwi_gather_lose(gather);
    CHECK_EQ(etwi_gather_take(gather, &round), ETW_AGAIN);
    CHECK_EQ(round.events_lost, 2);
    end();
}

/* ---- Threads ---- */

enum {
    EVENTS = 200000,
};

static atomic_uint pushed;

static void push_many(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (!push((uint16_t)(i % 3), 80 + i % 500, i, i))
            break;
        atomic_fetch_add(&pushed, 1);
    }
    etwi_gather_end(gather);
}

static void a_pusher_waits_for_the_taker_and_nothing_is_lost(void)
{
    etwi_live_round round;
    begin();
    atomic_store(&pushed, 0);
    etwi_thread *thread = etwi_thread_start(push_many, NULL);
    REQUIRE(thread);
    uint32_t next[3] = {0, 1, 2}, seen = 0;
    int64_t complete = INT64_MIN;
    etw_status status;
    unsigned last = 0;
    do { /* The pusher stands still: the blocks are full. */
        last = atomic_load(&pushed);
        etwi_sleep_ms(20);
    } while (!last || last != atomic_load(&pushed));
    CHECK(last < EVENTS);
    while ((status = etwi_gather_take(gather, &round)) != ETW_END) {
        CHECK(round.complete_until >= complete);
        complete = round.complete_until;
        for (size_t i = 0; i < round.count; i++) {
            const etwi_live_chunk *chunk = &round.chunks[i];
            for (uint32_t at = 0; at < chunk->size; seen++) {
                const uint32_t number = etwi_load_u32(chunk->records + at + 4);
                if (number != next[chunk->processor])
                    CHECK_EQ(number, next[chunk->processor]);
                next[chunk->processor] = number + 3;
                at += (etwi_load_u16(chunk->records + at) + 7u) & ~7u;
            }
        }
        /* What is complete is there. */
        for (uint32_t i = 0; i < 3; i++)
            if ((int64_t)next[i] <= complete)
                CHECK_EQ(next[i], complete + 1);
        if (status == ETW_OK)
            etwi_gather_release(gather);
    }
    etwi_thread_join(thread);
    CHECK_EQ(seen, EVENTS);
    CHECK_EQ(round.events_lost, 0);
    end();
}

static void a_pusher_that_waits_is_let_go(void)
{
    begin();
    atomic_store(&pushed, 0);
    etwi_thread *thread = etwi_thread_start(push_many, NULL);
    REQUIRE(thread);
    etwi_sleep_ms(20);
    etwi_gather_close(gather);
    etwi_thread_join(thread);
    CHECK(atomic_load(&pushed) < EVENTS);
    CHECK(!push(9, 8, 1, 1));
    end();
}

int main(void)
{
    RUN(hands_on_what_is_there_by_processor);
    RUN(processors_beyond_all_are_none);
    RUN(goes_on_with_more_blocks);
    RUN(counts_what_is_no_record);
    RUN(a_pusher_waits_for_the_taker_and_nothing_is_lost);
    RUN(a_pusher_that_waits_is_let_go);
    return test_finish();
}
