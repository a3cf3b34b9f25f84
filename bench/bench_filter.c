/*
 * bench_filter [ROUNDS]: nanoseconds an event that filters take, first by the header alone, then
 * with the schema. The events are those of the filter tests with other ids and providers, in an
 * order that a branch predictor cannot learn. What counts is the fastest round, in processor time.
 */
#include "filter_sample.h"

#include <stdio.h>
#include <time.h>

enum {
    EVENT_COUNT = 512, /* A batch of a consumer. */
    PASSES = 2000,
    ROUNDS_DEFAULT = 9,
    ROUNDS_MAX = 101,
};

static etw_event events[EVENT_COUNT];
static const etw_schema *schemas[EVENT_COUNT];

static void make_events(const filter_sample *sample)
{
    uint32_t seed = 7;
    for (unsigned i = 0; i < EVENT_COUNT; i++) {
        seed = seed * 1664525u + 1013904223u;
        const unsigned which = (seed >> 16) % SAMPLE_EVENTS;
        events[i] = sample->events[which];
        schemas[i] = sample->schemas[which];
        if (seed >> 8 & 3)
            events[i].id = (uint16_t)(seed >> 20);
    }
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double measure(const etw_filter *filter, bool with_schema, size_t *found)
{
    const double start = now_ns();
    const unsigned passes = with_schema ? PASSES / 10 : PASSES;
    *found = 0;
    for (unsigned pass = 0; pass < passes; pass++)
        for (unsigned i = 0; i < EVENT_COUNT; i++)
            *found += with_schema ? etw_filter_match(filter, &events[i], schemas[i])
                                  : etw_filter_header(filter, &events[i]) != ETW_FILTER_NO;
    *found /= passes;
    return (now_ns() - start) / ((double)passes * EVENT_COUNT);
}

static bool report(const char *text, bool with_schema, int rounds)
{
    etw_filter *filter;
    etw_error error;
    if (etw_filter_compile(&filter, text, NULL, &error) != ETW_OK) {
        printf("%s: %s\n", text, error.message);
        return false;
    }
    double times[ROUNDS_MAX];
    size_t found = 0;
    for (int i = 0; i < rounds; i++)
        times[i] = measure(filter, with_schema, &found);
    qsort(times, (size_t)rounds, sizeof times[0], compare_doubles);
    printf("%7.2f ns  %s  %5.1f %%  %s\n", times[0], with_schema ? "match " : "header",
           100.0 * (double)found / EVENT_COUNT, text);
    etw_filter_destroy(&filter);
    return true;
}

int main(int argc, char **argv)
{
    static const char *const HEADERS[] = {
        "id == 1",
        "provider == 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716 and id == 1",
        "provider == 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716 and id in {1, 2, 5..9}",
        "provider == Microsoft-Windows-Kernel-Process and id == 1",
        "level <= warning and keyword & 0x10 and pid != 4",
        "time >= +1s and time < +3s",
    };
    static const char *const MATCHES[] = {
        "id == 1 and ProcessID == 4242", "Image ~ *.exe",       "Image endswith .exe",
        "Image matches '[a-z]+\\.exe$'", "Adapters.Mtu > 1500", "event == OrderPlaced",
    };
    static filter_sample sample;
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROUNDS_DEFAULT;
    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    if (!filter_sample_make(&sample))
        return 1;
    make_events(&sample);
    bool good = true;
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++)
        good = report(HEADERS[i], false, rounds) && good;
    for (size_t i = 0; i < sizeof MATCHES / sizeof MATCHES[0]; i++)
        good = report(MATCHES[i], true, rounds) && good;
    filter_sample_free(&sample);
    return !good;
}
