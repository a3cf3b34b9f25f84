/*
 * A tournament of streams: which one has the earliest event. When the winner's next event is known,
 * only the matches on its way to the top are played again.
 */
#ifndef ETWI_ETL_TOURNAMENT_H
#define ETWI_ETL_TOURNAMENT_H

#include "base/memory.h"

/* What a stream plays with: the time of its next event, and what decides between equal times. */
typedef struct etwi_contender {
    int64_t key;
    int64_t time; /* Raw, which is finer; compares where the groups are the same. */
    uint64_t rank;
    uint32_t group; /* ETWI_OUT: it has no more events. */
} etwi_contender;

#define ETWI_OUT UINT32_MAX

typedef struct etwi_tournament {
    etwi_contender *contenders;
    uint32_t *losers; /* Of the matches 1 to count - 1; 0 has the winner. */
    uint32_t count;
} etwi_tournament;

/* Makes the tree of `count` contenders, at least one, which the caller then sets. */
etw_status etwi_tournament_init(etwi_tournament *tournament, uint32_t count,
                                const etw_allocator *allocator);
void etwi_tournament_free(etwi_tournament *tournament, const etw_allocator *allocator);

/* Plays all matches. */
void etwi_tournament_play(etwi_tournament *tournament);

/* A contender that has no more events comes after all others. */
static inline void etwi_contender_leave(etwi_contender *contender)
{
    contender->key = contender->time = INT64_MAX;
    contender->group = ETWI_OUT;
}

static inline bool etwi_contender_breaks_tie(const etwi_contender *a, const etwi_contender *b)
{
    if (a->group != b->group)
        return a->group < b->group;
    return a->time != b->time ? a->time < b->time : a->rank < b->rank;
}

static inline bool etwi_contender_precedes(const etwi_contender *a, const etwi_contender *b)
{
    return a->key != b->key ? a->key < b->key : etwi_contender_breaks_tie(a, b);
}

static inline uint32_t etwi_tournament_winner(const etwi_tournament *tournament)
{
    return tournament->losers[0];
}

/* The winner has changed: plays its matches again. Compilers make branches of who wins a match;
 * with masks instead each match waits for the one below it, which was slower with 64 streams. */
static inline void etwi_tournament_replay(etwi_tournament *tournament)
{
    const etwi_contender *contenders = tournament->contenders;
    uint32_t *losers = tournament->losers;
    uint32_t winner = losers[0];
    for (uint32_t match = (winner + tournament->count) / 2; match > 0; match /= 2) {
        const uint32_t other = losers[match];
        bool loses = contenders[other].key < contenders[winner].key;
        if (contenders[other].key == contenders[winner].key)
            loses = etwi_contender_breaks_tie(&contenders[other], &contenders[winner]);
        losers[match] = loses ? winner : other;
        winner = loses ? other : winner;
    }
    losers[0] = winner;
}

#endif
