/* Clocks and the calendar, against slow computations that work in another way. */
#include "test.h"

#include "etl/tick_scale.h"

#include <etw/time.h>

/* Numbers of 192 bits as limbs of 32: wide enough for any distance times ten million. */
enum {
    LIMBS = 6
};

typedef struct wide {
    uint32_t limb[LIMBS]; /* The least one first. */
} wide;

static wide wide_product(uint64_t a, uint32_t b)
{
    wide out = {{0}};
    const uint64_t low = (a & UINT32_MAX) * b;
    const uint64_t high = (a >> 32) * b + (low >> 32);
    out.limb[0] = (uint32_t)low;
    out.limb[1] = (uint32_t)high;
    out.limb[2] = (uint32_t)(high >> 32);
    return out;
}

/* Long division, one bit a step. Quotients beyond 64 bits become UINT64_MAX. */
static uint64_t wide_divide(wide dividend, uint64_t divisor, bool *exact)
{
    uint64_t quotient = 0, rest = 0;
    bool overflow = false;
    for (int bit = 32 * LIMBS - 1; bit >= 0; bit--) {
        const bool carry = rest >> 63;
        rest = rest << 1 | (dividend.limb[bit / 32] >> bit % 32 & 1);
        overflow |= quotient >> 63;
        quotient <<= 1;
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
    }
    *exact = rest == 0;
    return overflow ? UINT64_MAX : quotient;
}

static uint64_t slow_filetime(const etw_clock *clock, int64_t raw)
{
    const bool before = raw < clock->start_raw;
    const uint64_t distance = before ? (uint64_t)clock->start_raw - (uint64_t)raw
                                     : (uint64_t)raw - (uint64_t)clock->start_raw;
    bool exact;
    uint64_t ticks = wide_divide(wide_product(distance, 10000000), clock->frequency, &exact);
    if (before) {
        if (!exact && ticks < UINT64_MAX)
            ticks++;
        return ticks > clock->start_time ? 0 : clock->start_time - ticks;
    }
    return ticks > UINT64_MAX - clock->start_time ? UINT64_MAX : clock->start_time + ticks;
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static bool agrees(const etw_clock *clock, int64_t raw)
{
    const uint64_t got = etw_clock_filetime(clock, raw), want = slow_filetime(clock, raw);
    const etwi_tick_scale scale = etwi_tick_scale_of(clock);
    if (CHECK_EQ(got, want) && CHECK_EQ(etwi_tick_scale_filetime(&scale, raw), want))
        return true;
    printf("    frequency %" PRIu64 ", start %" PRId64 " at %" PRIu64 ", raw %" PRId64 "\n",
           clock->frequency, clock->start_raw, clock->start_time, raw);
    return false;
}

static void converts_exactly(void)
{
    static const uint64_t FREQUENCIES[] = {1,
                                           2,
                                           3,
                                           1818181,
                                           3117777,
                                           10000000,
                                           14318180,
                                           2995000000,
                                           1800000000000,
                                           1844674407371,
                                           1844674407372,
                                           UINT64_MAX / 10000000,
                                           UINT64_MAX / 10000000 + 1,
                                           UINT64_MAX / 2,
                                           UINT64_MAX / 2 + 1,
                                           UINT64_MAX - 1,
                                           UINT64_MAX};
    for (size_t i = 0; i < sizeof FREQUENCIES / sizeof FREQUENCIES[0]; i++) {
        etw_clock clock = {ETW_CLOCK_QPC, FREQUENCIES[i], 123456789012, 134120880000000000};
        for (int64_t step = -20; step <= 20; step++) {
            const int64_t second = (int64_t)(FREQUENCIES[i] & INT64_MAX);
            if (!agrees(&clock, clock.start_raw + step) ||
                !agrees(&clock, (int64_t)((uint64_t)clock.start_raw + (uint64_t)(step * 7 / 3) +
                                          (uint64_t)second)))
                return;
        }
        agrees(&clock, INT64_MIN);
        agrees(&clock, INT64_MAX);
        /* Where one way of computing ends and the next begins. */
        const etwi_tick_scale scale = etwi_tick_scale_of(&clock);
        for (int step = -20; step <= 20; step++) {
            const uint64_t start = (uint64_t)clock.start_raw + (uint64_t)step;
            agrees(&clock, (int64_t)(start + scale.quick_max));
            agrees(&clock, (int64_t)(start + scale.exact_max));
        }
    }
}

static void converts_any_pair(void)
{
    for (int i = 0; i < 20000; i++) {
        etw_clock clock = {ETW_CLOCK_QPC, next_random() >> next_random() % 64,
                           (int64_t)(next_random() >> next_random() % 64),
                           next_random() >> next_random() % 64};
        if (!clock.frequency)
            clock.frequency = 1;
        if (i % 2)
            clock.start_raw = (int64_t)(0 - (uint64_t)clock.start_raw);
        const int64_t raw = (int64_t)(next_random() >> next_random() % 64);
        if (!agrees(&clock, raw) || !agrees(&clock, (int64_t)(0 - (uint64_t)raw)))
            return;
    }
}

static void rounds_down_on_both_sides(void)
{
    const etw_clock clock = {ETW_CLOCK_QPC, 3, 0, 1000000000};
    CHECK_EQ(etw_clock_filetime(&clock, 0), 1000000000);
    CHECK_EQ(etw_clock_filetime(&clock, 1), 1003333333);
    CHECK_EQ(etw_clock_filetime(&clock, 2), 1006666666);
    CHECK_EQ(etw_clock_filetime(&clock, 3), 1010000000);
    CHECK_EQ(etw_clock_filetime(&clock, -1), 996666666);
    CHECK_EQ(etw_clock_filetime(&clock, -2), 993333333);
    CHECK_EQ(etw_clock_filetime(&clock, -3), 990000000);
}

static void never_goes_back(void)
{
    for (int i = 0; i < 2000; i++) {
        const etw_clock clock = {ETW_CLOCK_CPU_CYCLES, next_random() % 5000000000u + 1,
                                 (int64_t)(next_random() % 1000), 500};
        uint64_t last = 0;
        for (int64_t raw = -50; raw < 1100; raw += 23) {
            const uint64_t now = etw_clock_filetime(&clock, raw);
            REQUIRE(now >= last);
            last = now;
        }
    }
}

static void clamps(void)
{
    etw_clock clock = {ETW_CLOCK_QPC, 1, 0, 5};
    CHECK_EQ(etw_clock_filetime(&clock, -1), 0);
    CHECK_EQ(etw_clock_filetime(&clock, INT64_MAX), UINT64_MAX);
    CHECK_EQ(etw_clock_filetime(&clock, INT64_MIN), 0);
    clock.frequency = ETW_TICKS_PER_SECOND;
    CHECK_EQ(etw_clock_filetime(&clock, -6), 0);
    CHECK_EQ(etw_clock_filetime(&clock, -5), 0);
    CHECK_EQ(etw_clock_filetime(&clock, -4), 1);
    clock.start_time = UINT64_MAX - 1;
    CHECK_EQ(etw_clock_filetime(&clock, 1), UINT64_MAX);
    CHECK_EQ(etw_clock_filetime(&clock, 2), UINT64_MAX);
    clock.start_raw = INT64_MIN;
    clock.start_time = 0;
    CHECK_EQ(etw_clock_filetime(&clock, INT64_MAX), UINT64_MAX);
}

static void takes_stamps_of_the_system_clock_as_they_are(void)
{
    const etw_clock clock = {ETW_CLOCK_SYSTEM_TIME, ETW_TICKS_PER_SECOND, 999, 5};
    CHECK_EQ(etw_clock_filetime(&clock, 134120880000000000), 134120880000000000);
    CHECK_EQ(etw_clock_filetime(&clock, -1), 0);
    CHECK_EQ(etw_clock_filetime(&clock, INT64_MAX), INT64_MAX);
}

static void stands_still_without_a_frequency(void)
{
    const etw_clock clock = {ETW_CLOCK_QPC, 0, 100, 777};
    CHECK_EQ(etw_clock_filetime(&clock, 0), 777);
    CHECK_EQ(etw_clock_filetime(&clock, INT64_MAX), 777);
}

/* -------------------------------------------------------------------------- the calendar */

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static const uint64_t DAY = 864000000000u;

/* Walks the calendar day by day from its first one, as people do. */
static void knows_every_day(void)
{
    static const uint8_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = 1601;
    uint8_t month = 1, day = 1;
    for (uint64_t number = 0; number <= UINT64_MAX / DAY; number++) {
        const etw_calendar got = etw_calendar_from_filetime(number * DAY);
        if (got.year != year || got.month != month || got.day != day || got.hour || got.fraction) {
            CHECK_EQ(number, 0);
            printf("    %u-%u-%u for %u-%u-%u\n", (unsigned)got.year, got.month, got.day,
                   (unsigned)year, month, day);
            return;
        }
        const uint8_t length = (uint8_t)(LENGTHS[month - 1] + (month == 2 && is_leap(year)));
        if (day++ == length) {
            day = 1;
            if (month++ == 12) {
                month = 1;
                year++;
            }
        }
    }
    CHECK_EQ(year, 60056);
}

static void knows_the_time_of_day(void)
{
    for (int i = 0; i < 1000; i++) {
        const uint64_t ticks = next_random() % DAY;
        const etw_calendar got = etw_calendar_from_filetime(ticks + 150000 * DAY);
        REQUIRE(got.hour == ticks / 36000000000u);
        REQUIRE(got.minute == ticks / 600000000 % 60);
        REQUIRE(got.second == ticks / 10000000 % 60);
        REQUIRE(got.fraction == ticks % 10000000);
    }
}

static void is_time_text(uint64_t filetime, const char *want)
{
    char text[ETW_TIME_TEXT_SIZE];
    const size_t size = etw_time_format(filetime, text);
    CHECK_EQ(size, strlen(want));
    CHECK_TEXT(text, want);
}

static void formats_rfc3339(void)
{
    is_time_text(0, "1601-01-01T00:00:00.0000000Z");
    is_time_text(1, "1601-01-01T00:00:00.0000001Z");
    is_time_text(116444736000000000, "1970-01-01T00:00:00.0000000Z");
    is_time_text(134120880000000000, "2026-01-05T12:00:00.0000000Z");
    is_time_text(125963423999999999, "2000-02-29T23:59:59.9999999Z");
    is_time_text(125963424000000000, "2000-03-01T00:00:00.0000000Z");
    is_time_text(2650467743999999999, "9999-12-31T23:59:59.9999999Z");
    is_time_text(2650467744000000000, "10000-01-01T00:00:00.0000000Z");
    is_time_text(UINT64_MAX, "60056-05-28T05:36:10.9551615Z");
}

int main(void)
{
    RUN(converts_exactly);
    RUN(converts_any_pair);
    RUN(rounds_down_on_both_sides);
    RUN(never_goes_back);
    RUN(clamps);
    RUN(takes_stamps_of_the_system_clock_as_they_are);
    RUN(stands_still_without_a_frequency);
    RUN(knows_every_day);
    RUN(knows_the_time_of_day);
    RUN(formats_rfc3339);
    return test_finish();
}
