#include "etl/tournament.h"

etw_status etwi_tournament_init(etwi_tournament *tournament, uint32_t count,
                                const etw_allocator *allocator)
{
    tournament->count = count;
    tournament->contenders = etwi_alloc_zeroed(allocator, count * sizeof *tournament->contenders);
    tournament->losers = etwi_alloc_zeroed(allocator, count * sizeof *tournament->losers);
    return tournament->contenders && tournament->losers ? ETW_OK : ETW_E_NOMEM;
}

void etwi_tournament_free(etwi_tournament *tournament, const etw_allocator *allocator)
{
    etwi_free(allocator, tournament->contenders,
              tournament->count * sizeof *tournament->contenders);
    etwi_free(allocator, tournament->losers, tournament->count * sizeof *tournament->losers);
    tournament->contenders = NULL;
    tournament->losers = NULL;
}

/* The contender or the winner of the match at a place of the tree, while winners stand in it:
 * contenders are its leaves, from `count` on. */
static uint32_t winner_at(const etwi_tournament *tournament, uint32_t at)
{
    return at >= tournament->count ? at - tournament->count : tournament->losers[at];
}

void etwi_tournament_play(etwi_tournament *tournament)
{
    const etwi_contender *contenders = tournament->contenders;
    uint32_t *losers = tournament->losers;
    /* Winners first, in place of the losers; then, from the top down, each is replaced by the one
     * of its two opponents that lost. */
    for (uint32_t at = tournament->count; at-- > 1;) {
        const uint32_t left = winner_at(tournament, 2 * at);
        const uint32_t right = winner_at(tournament, 2 * at + 1);
        losers[at] = etwi_contender_precedes(&contenders[right], &contenders[left]) ? right : left;
    }
    losers[0] = tournament->count > 1 ? losers[1] : 0;
    for (uint32_t at = 1; at < tournament->count; at++) {
        const uint32_t left = winner_at(tournament, 2 * at);
        const uint32_t right = winner_at(tournament, 2 * at + 1);
        losers[at] = losers[at] == left ? right : left;
    }
}
