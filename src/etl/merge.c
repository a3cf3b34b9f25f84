/*
 * Two by two, without a branch that depends on who comes first, because nobody foresees that:
 * events of processors take turns after a few. Each pair is merged from both ends, and two pairs at
 * a time, so that the processor has four chains of comparisons to work on.
 */
#include "etl/merge.h"

#include <string.h>

/* Two sequences, as far as they are not merged yet, and the room for them. */
typedef struct pair {
    const uint64_t *a, *a_end, *b, *b_end;
    uint64_t *out, *out_end;
} pair;

/* What was taken of the first sequence; all else that was taken is of the second one. */
typedef struct taken {
    ptrdiff_t first, last;
} taken;

/* Moves the least and the greatest number, after `i` of each have been moved. */
static inline taken step(const pair *p, taken t, ptrdiff_t i)
{
    const uint64_t first_a = p->a[t.first], first_b = p->b[i - t.first];
    p->out[i] = first_b < first_a ? first_b : first_a;
    t.first += first_a < first_b;
    const uint64_t last_a = p->a_end[-1 - t.last], last_b = p->b_end[-1 - (i - t.last)];
    p->out_end[-1 - i] = last_b < last_a ? last_a : last_b;
    t.last += last_b < last_a;
    return t;
}

static inline pair behind(pair p, taken t, ptrdiff_t steps)
{
    return (pair){p.a + t.first,           p.a_end - t.last,
                  p.b + (steps - t.first), p.b_end - (steps - t.last),
                  p.out + steps,           p.out_end - steps};
}

/* How many steps are safe: neither sequence can run out before, and where the ends meet in one of
 * them, what is compared there was taken from the other end already and so loses. */
static inline ptrdiff_t safe_steps(const pair *p)
{
    const ptrdiff_t a = p->a_end - p->a, b = p->b_end - p->b;
    return a < b ? a : b;
}

/* Merges two pairs as long as both have safe steps. */
static void merge_together(pair *x, pair *y)
{
    for (;;) {
        const pair p = *x, q = *y;
        const ptrdiff_t p_steps = safe_steps(x), q_steps = safe_steps(y);
        const ptrdiff_t steps = p_steps < q_steps ? p_steps : q_steps;
        if (!steps)
            break;
        taken of_p = {0, 0}, of_q = {0, 0};
        for (ptrdiff_t i = 0; i < steps; i++) {
            of_p = step(&p, of_p, i);
            of_q = step(&q, of_q, i);
        }
        *x = behind(p, of_p, steps);
        *y = behind(q, of_q, steps);
    }
}

static void merge_rest(pair p)
{
    for (ptrdiff_t steps; (steps = safe_steps(&p)) > 0;) {
        taken t = {0, 0};
        for (ptrdiff_t i = 0; i < steps; i++)
            t = step(&p, t, i);
        p = behind(p, t, steps);
    }
    const size_t rest = (size_t)(p.a_end - p.a);
    memcpy(p.out, p.a, rest * sizeof *p.out);
    memcpy(p.out + rest, p.b, (size_t)(p.b_end - p.b) * sizeof *p.out);
}

/* Sequences i and i + 1, of which the second one may be missing, and so may both. */
static pair pair_at(const uint64_t *from, uint64_t *to, const uint32_t *bounds, size_t i,
                    size_t count)
{
    const uint32_t begin = bounds[i < count ? i : count];
    const uint32_t middle = bounds[i + 1 < count ? i + 1 : count];
    const uint32_t end = bounds[i + 2 < count ? i + 2 : count];
    return (pair){from + begin, from + middle, from + middle, from + end, to + begin, to + end};
}

/* Merges every two neighbours. Returns how many sequences are left. */
static size_t merge_neighbours(const uint64_t *from, uint64_t *to, uint32_t *bounds, size_t count)
{
    for (size_t i = 0; i < count; i += 4) {
        pair p = pair_at(from, to, bounds, i, count), q = pair_at(from, to, bounds, i + 2, count);
        merge_together(&p, &q);
        merge_rest(p);
        merge_rest(q);
    }
    const size_t left = (count + 1) / 2;
    for (size_t i = 0; i < left; i++)
        bounds[i] = bounds[2 * i];
    bounds[left] = bounds[count];
    return left;
}

uint64_t *etwi_merge(uint64_t *numbers, uint64_t *spare, uint32_t *bounds, size_t count)
{
    while (count > 1) {
        count = merge_neighbours(numbers, spare, bounds, count);
        uint64_t *const merged = spare;
        spare = numbers;
        numbers = merged;
    }
    return numbers;
}
