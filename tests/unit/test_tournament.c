/* The tournament of streams, beside looking at all contenders. */
#include "test.h"

#include "etl/tournament.h"
#include "trace_run.h"

enum {
    COUNT_MAX = 70,
    MOVES = 2000,
};

static etwi_tournament tournament;
static uint32_t state;

static void set_random(etwi_contender *contender)
{
    /* Few values, so that there are ties of every kind. */
    contender->key += trace_random(&state) % 3;
    contender->time = 2 * contender->key + trace_random(&state) % 2;
}

static void begin(uint32_t count)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    REQUIRE(etwi_tournament_init(&tournament, count, &allocator) == ETW_OK);
    for (uint32_t i = 0; i < count; i++) {
        tournament.contenders[i].rank = count - i;
        tournament.contenders[i].group = trace_random(&state) % 2;
        set_random(&tournament.contenders[i]);
    }
    etwi_tournament_play(&tournament);
}

static bool agrees(void)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < tournament.count; i++)
        if (etwi_contender_precedes(&tournament.contenders[i], &tournament.contenders[first]))
            first = i;
    return CHECK_EQ(etwi_tournament_winner(&tournament), first);
}

static void finds_the_first(void)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    for (uint32_t count = 1; count <= COUNT_MAX; count++) {
        begin(count);
        for (int i = 0; i < MOVES && agrees(); i++) {
            set_random(&tournament.contenders[etwi_tournament_winner(&tournament)]);
            etwi_tournament_replay(&tournament);
        }
        etwi_tournament_free(&tournament, &allocator);
    }
}

static void puts_those_that_leave_behind_all_others(void)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    begin(9);
    tournament.contenders[3].key = tournament.contenders[3].time = INT64_MAX;
    etwi_tournament_play(&tournament);
    for (int left = 9; left > 0; left--) {
        const uint32_t winner = etwi_tournament_winner(&tournament);
        CHECK(tournament.contenders[winner].group != ETWI_OUT);
        CHECK(left > 1 || winner == 3);
        etwi_contender_leave(&tournament.contenders[winner]);
        etwi_tournament_replay(&tournament);
    }
    CHECK(tournament.contenders[etwi_tournament_winner(&tournament)].group == ETWI_OUT);
    etwi_tournament_free(&tournament, &allocator);
}

int main(void)
{
    RUN(finds_the_first);
    RUN(puts_those_that_leave_behind_all_others);
    return test_finish();
}
