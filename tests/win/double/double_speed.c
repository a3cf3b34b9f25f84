/*
 * Not a test: prints how many events a second go from ProcessTrace() through libetw at each level,
 * and from a file of the same events. The kernel is a file that the double repeats.
 *
 * A small file, often, measures the way and not the memory.
 *
 * usage: double_speed etw_double.dll FILE.etl REPEATS
 */
#include "contract.h"

#include <etw/etw.h>

#include <stdio.h>
#include <stdlib.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

enum {
    LEVELS = 4
};

static double now(void)
{
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&frequency);
    return (double)ticks.QuadPart / (double)frequency.QuadPart;
}

/* Seconds of processors that this process has used, which other programs do not change. */
static double used(void)
{
    FILETIME created, ended, kernel, user;
    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
    const uint64_t ticks = ((uint64_t)kernel.dwHighDateTime << 32) + kernel.dwLowDateTime +
                           ((uint64_t)user.dwHighDateTime << 32) + user.dwLowDateTime;
    return (double)ticks / 1e7;
}

/* Millions of events a second, of the clock and of processors. */
typedef struct speed {
    double of_clock, of_processors;
} speed;

static speed speed_of(uint64_t count, double begin, double used_before)
{
    const speed result = {(double)count / (now() - begin) / 1e6,
                          (double)count / (used() - used_before) / 1e6};
    return result;
}

static etw_flow on_record(void *user, const etw_event *event)
{
    (void)event;
    ++*(uint64_t *)user;
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    return on_record(user, event);
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    (void)prepared;
    ++*(uint64_t *)user;
    return ETW_FLOW_NEXT;
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    (void)decoded;
    ++*(uint64_t *)user;
    return ETW_FLOW_NEXT;
}

static etw_consumer_ops ops_of(int level, uint64_t *count)
{
    etw_consumer_ops ops = {.size = sizeof ops, .user = count};
    if (level == 1)
        ops.on_record = on_record;
    else if (level == 2)
        ops.on_schema = on_schema;
    else if (level == 3)
        ops.on_items = on_items;
    else
        ops.on_decoded = on_decoded;
    return ops;
}

static const speed none = {0, 0};

static speed from_file(const char *path, int level, uint32_t repeats)
{
    uint64_t count = 0;
    const etw_consumer_ops ops = ops_of(level, &count);
    const double begin = now(), before = used();
    for (uint32_t i = 0; i < repeats; i++) {
        etw_consumer *consumer;
        if (etw_consumer_create(&consumer, NULL, NULL) != ETW_OK ||
            etw_consumer_add_file(consumer, path) != ETW_OK ||
            etw_consumer_run(consumer, &ops) != ETW_END)
            return none;
        etw_consumer_destroy(&consumer);
    }
    return speed_of(count, begin, before);
}

static uint32_t stop_soon(void *user)
{
    (void)user;
    // The session may stop at once: what feeds it is delivered first.
    contract_sleep(200);
    return contract_stop("libetw speed");
}

static speed from_session(const char *path, int level, uint32_t repeats)
{
    uint64_t count = 0;
    etw_consumer *consumer;
    etw_session *session;
    const etw_consumer_ops ops = ops_of(level, &count);
    const etw_session_options options = {.size = sizeof options, .name = "libetw speed"};
    contract_script->reset();
    contract_script->set(DOUBLE_RECORDS, 0);
    contract_script->feed("libetw speed", path, repeats);
    if (etw_session_start(&session, &options, NULL) != ETW_OK ||
        etw_consumer_create(&consumer, NULL, NULL) != ETW_OK)
        return none;
    const double begin = now(), before = used();
    if (etw_consumer_add_session(consumer, "libetw speed", NULL) != ETW_OK)
        return none;
    contract_thread *stopper = contract_spawn(stop_soon, NULL);
    if (etw_consumer_run(consumer, &ops) != ETW_END)
        return none;
    const speed result = speed_of(count, begin, before);
    contract_join(stopper);
    etw_consumer_destroy(&consumer);
    etw_session_close(&session);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        printf("usage: double_speed etw_double.dll FILE.etl REPEATS\n");
        return 2;
    }
    contract_begin(argc, argv);
    const uint32_t repeats = (uint32_t)strtoul(argv[3], NULL, 10);
    printf("millions of events a second, of the clock and of processors\n");
    printf("level  session          file             ratio\n");
    for (int level = 1; level <= LEVELS; level++) {
        const speed session = from_session(argv[2], level, repeats);
        const speed file = from_file(argv[2], level, repeats);
        printf("%d      %6.2f  %6.2f   %6.2f  %6.2f   %5.2f\n", level, session.of_clock,
               session.of_processors, file.of_clock, file.of_processors,
               file.of_processors > 0 ? session.of_processors / file.of_processors : 0);
    }
    contract_end();
    return 0;
}
