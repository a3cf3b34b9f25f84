/* Bits and wide products, whichever way the build takes, against slow ways. */
#include "test.h"

#include "base/bits.h"
#include "base/hash.h"

enum {
    ROUNDS = 20000
};

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

static void finds_bits(void)
{
    for (unsigned high = 0; high < 64; high++)
        for (unsigned low = 0; low <= high; low++) {
            const uint64_t value = UINT64_C(1) << high | UINT64_C(1) << low;
            REQUIRE(etwi_highest_bit(value) == high);
            REQUIRE(etwi_lowest_bit(value) == low);
        }
    CHECK_EQ(etwi_highest_bit(UINT64_MAX), 63);
    CHECK_EQ(etwi_lowest_bit(UINT64_MAX), 0);
}

/* As by hand, one bit of `b` at a time. */
static uint64_t slow_high(uint64_t a, uint64_t b)
{
    uint64_t high = 0, low = 0;
    for (int bit = 63; bit >= 0; bit--) {
        high = high << 1 | low >> 63;
        low <<= 1;
        if (b >> bit & 1) {
            low += a;
            high += low < a;
        }
    }
    return high;
}

static void multiplies(void)
{
    static const uint64_t EDGES[] = {0,         1, 2, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX - 1,
                                     UINT64_MAX};
    const size_t count = sizeof EDGES / sizeof EDGES[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            CHECK(etwi_multiply_high(EDGES[i], EDGES[j]) == slow_high(EDGES[i], EDGES[j]));
    uint64_t state = 7;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint64_t a = next(&state), b = next(&state) >> (i % 64);
        REQUIRE(etwi_multiply_high(a, b) == slow_high(a, b));
    }
}

/* Tables are ordered by it in one process only, but it should not depend on the compiler how well
 * it spreads. */
static void hashes_alike_everywhere(void)
{
    const uint64_t x = 1 ^ 0x9E3779B97F4A7C15u, y = 2 ^ 0xD1B54A32D192ED03u;
    CHECK(etwi_hash_mix(1, 2) == (x * y ^ slow_high(x, y)));
}

int main(void)
{
    RUN(finds_bits);
    RUN(multiplies);
    RUN(hashes_alike_everywhere);
    return test_finish();
}
