#include "etl/tournament.h"

etw_status etwi_tournament_init(etwi_tournament *tournament, uint32_t count,
                                const etw_allocator *allocator)
{
    tournament->count = count;
    tournament->contenders = etwi_alloc_zeroed(allocator, count * sizeof *tournament->contenders);
    tournament->matches = etwi_alloc_zeroed(allocator, count * sizeof *tournament->matches);
    return tournament->contenders && tournament->matches ? ETW_OK : ETW_E_NOMEM;
}

void etwi_tournament_free(etwi_tournament *tournament, const etw_allocator *allocator)
{
    etwi_free(allocator, tournament->contenders,
              tournament->count * sizeof *tournament->contenders);
    etwi_free(allocator, tournament->matches, tournament->count * sizeof *tournament->matches);
    tournament->contenders = NULL;
    tournament->matches = NULL;
}

/* The contender or the winner of the match at a place of the tree, while winners stand in it:
 * contenders are its leaves, from `count` on. */
static uint32_t winner_at(const etwi_tournament *tournament, uint32_t at)
{
    return at >= tournament->count ? at - tournament->count : tournament->matches[at].loser;
}

void etwi_tournament_play(etwi_tournament *tournament)
{
    const etwi_contender *contenders = tournament->contenders;
    etwi_match *matches = tournament->matches;
    /* Winners first, in place of the losers; then, from the top down, each is replaced by the one
     * of its two opponents that lost. */
    for (uint32_t at = tournament->count; at-- > 1;) {
        const uint32_t left = winner_at(tournament, 2 * at);
        const uint32_t right = winner_at(tournament, 2 * at + 1);
        matches[at].loser =
            etwi_contender_precedes(&contenders[right], &contenders[left]) ? right : left;
    }
    matches[0].loser = tournament->count > 1 ? matches[1].loser : 0;
    for (uint32_t at = 1; at < tournament->count; at++) {
        const uint32_t left = winner_at(tournament, 2 * at);
        const uint32_t right = winner_at(tournament, 2 * at + 1);
        matches[at].loser = matches[at].loser == left ? right : left;
        matches[at].key = contenders[matches[at].loser].key;
    }
}
