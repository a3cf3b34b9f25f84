/* Merging sequences, against sorting all numbers. */
#include "test.h"

#include "base/memory.h"
#include "etl/merge.h"
#include "trace_run.h"

#include <stdlib.h>

enum {
    SEQUENCES_MAX = 70,
    NUMBERS_MAX = SEQUENCES_MAX * 100,
};

static uint32_t state;
static uint32_t bounds[SEQUENCES_MAX + 1];
static uint64_t numbers[NUMBERS_MAX], sorted[NUMBERS_MAX];

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sequences of up to `length` numbers, none of which occurs twice: the lower half of each is its
 * index. Values are few, so that sequences interleave in all ways, or many. */
static size_t make_sequences(size_t count, uint32_t length, uint32_t values)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        bounds[i] = (uint32_t)total;
        for (uint32_t left = trace_random(&state) % (length + 1); left; left--, total++)
            numbers[total] = (uint64_t)(trace_random(&state) % values) << 32 | total;
        qsort(numbers + bounds[i], total - bounds[i], sizeof *numbers, compare);
    }
    bounds[count] = (uint32_t)total;
    memcpy(sorted, numbers, total * sizeof *numbers);
    qsort(sorted, total, sizeof *sorted, compare);
    return total;
}

/* In memory of exactly the size, so that sanitizers see what is read beside it. */
static bool merges(size_t count, size_t total)
{
    uint64_t *from = malloc(total * sizeof *from + 1), *spare = malloc(total * sizeof *spare + 1);
    if (!from || !spare)
        abort();
    memcpy(from, numbers, total * sizeof *from);
    const uint64_t *merged = etwi_merge(from, spare, bounds, count);
    const bool good =
        (merged == from || merged == spare) && memcmp(merged, sorted, total * sizeof *sorted) == 0;
    free(from);
    free(spare);
    return good;
}

static void merges_random_sequences(void)
{
    static const uint32_t VALUES[] = {2, 50, 1000000};
    state = 1;
    for (unsigned round = 0; round < 6000; round++) {
        const size_t count = 1 + trace_random(&state) % (round % 10 ? 9 : SEQUENCES_MAX);
        const uint32_t length = trace_random(&state) % 100;
        const size_t total = make_sequences(count, length, VALUES[round % 3]);
        if (!CHECK(merges(count, total))) {
            printf("    round %u: %zu sequences, %zu numbers\n", round, count, total);
            return;
        }
    }
}

static void merges_one_long_and_one_short_sequence(void)
{
    for (uint32_t at = 0; at <= 64; at++) {
        for (uint32_t i = 0; i < 64; i++)
            numbers[i] = 2 * i + 1;
        numbers[64] = 2 * at;
        bounds[0] = 0;
        bounds[1] = 64;
        bounds[2] = 65;
        memcpy(sorted, numbers, 65 * sizeof *numbers);
        qsort(sorted, 65, sizeof *sorted, compare);
        CHECK(merges(2, 65));
    }
}

int main(void)
{
    RUN(merges_random_sequences);
    RUN(merges_one_long_and_one_short_sequence);
    return test_finish();
}
