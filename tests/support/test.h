/*
 * The test frame: checks that count, and a closing line "N passed, N failed".
 *
 *     static void adds_up(void) { CHECK_EQ(1 + 1, 2); }
 *     int main(void) { RUN(adds_up); return test_finish(); }
 *
 * A failed check is reported with its place and values, and the test goes on; REQUIRE leaves the
 * test function instead. A test without any check fails.
 */
#ifndef ETW_TEST_H
#define ETW_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct {
    int passed, failed;
    int checks, bad; /* Of the test that runs. */
} test_state;

static inline bool test_check(bool good, const char *file, int line, const char *what)
{
    test_state.checks++;
    if (!good) {
        test_state.bad++;
        printf("%s:%d: %s\n", file, line, what);
    }
    return good;
}

static inline bool test_check_eq(int64_t got, int64_t want, const char *file, int line,
                                 const char *what)
{
    if (test_check(got == want, file, line, what))
        return true;
    printf("    got  %" PRId64 " (0x%" PRIx64 ")\n    want %" PRId64 " (0x%" PRIx64 ")\n", got,
           (uint64_t)got, want, (uint64_t)want);
    return false;
}

static inline bool test_check_text(const char *got, size_t got_size, const char *want,
                                   const char *file, int line)
{
    const bool same =
        got_size == strlen(want) && (got_size == 0 || memcmp(got, want, got_size) == 0);
    if (test_check(same, file, line, "texts differ"))
        return true;
    printf("    got  \"%.*s\"\n    want \"%s\"\n", (int)got_size, got, want);
    return false;
}

static inline void test_run(void (*test)(void), const char *name)
{
    test_state.checks = test_state.bad = 0;
    test();
    const bool good = test_state.checks > 0 && test_state.bad == 0;
    if (test_state.checks == 0)
        printf("%s checks nothing\n", name);
    printf("%s %s\n", good ? "ok  " : "FAIL", name);
    good ? test_state.passed++ : test_state.failed++;
}

static inline int test_finish(void)
{
    printf("%d passed, %d failed\n", test_state.passed, test_state.failed);
    return test_state.failed || !test_state.passed;
}

#define CHECK(condition) test_check(!!(condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(got, want) \
    test_check_eq((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got " == " #want)
/* `got` is an etw_str or anything with `data` and `size`. */
#define CHECK_STR(got, want) \
    test_check_text((const char *)(got).data, (got).size, want, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) test_check_text((got), strlen(got), (want), __FILE__, __LINE__)
#define REQUIRE(condition)     \
    do {                       \
        if (!CHECK(condition)) \
            return;            \
    } while (0)
#define RUN(test) test_run(test, #test)

#endif
