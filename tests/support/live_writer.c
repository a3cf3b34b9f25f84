/*
 * live_writer PROVIDER COUNT [INTERVAL_US [PAYLOAD_SIZE [THREADS]]]: writes events once a session
 * wants them, for tests and measurements of those who consume them.
 *
 * With a payload size events have only that: u32 number of the thread, u64 sequence number, and
 * filler. Without one they describe themselves: "Tick" with the fields `thread` and `sequence`. At
 * the end it prints how many it tried to write.
 */
#include "os/os.h"
#include "scratch.h"

#include <etw/tracelogging.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WAIT_MS = 10000, /* For somebody to listen. */
    PAYLOAD_MAX = 60000,
    THREADS_MAX = 64,
};

typedef struct work {
    etw_provider *provider;
    uint64_t count;
    unsigned interval_us;
    size_t payload_size;
    uint32_t thread;
} work;

static bool wait_until_enabled(const etw_provider *provider)
{
    for (int i = 0; i < WAIT_MS && !etw_provider_enabled(provider, 4, 1); i++)
        scratch_sleep_us(1000);
    return etw_provider_enabled(provider, 4, 1);
}

static void write_all(void *argument)
{
    static const etw_event_descriptor DESCRIPTOR = {.id = 7, .level = 4, .keyword = 1};
    static const uint8_t filler[PAYLOAD_MAX];
    const work *w = argument;
    const size_t rest = w->payload_size > 12 ? w->payload_size - 12 : 0;
    for (uint64_t sequence = 0; sequence < w->count; sequence++) {
        const etw_event_data data[] = {{(const uint8_t *)&w->thread, sizeof w->thread},
                                       {(const uint8_t *)&sequence, sizeof sequence},
                                       {filler, rest}};
        if (w->payload_size)
            etw_provider_write(w->provider, &DESCRIPTOR, NULL, NULL, data, 3);
        else
            ETW_TL_WRITE(w->provider, "Tick", 4, 1, ETW_TL_UINT32("thread", w->thread),
                         ETW_TL_UINT64("sequence", sequence));
        if (w->interval_us)
            scratch_sleep_us(w->interval_us);
    }
}

static long number(int argc, char **argv, int index, long otherwise)
{
    return argc > index ? strtol(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const etw_provider_options options = {.size = sizeof options, .name = argv[1]};
    const uint64_t count = (uint64_t)number(argc, argv, 2, 1);
    long threads = number(argc, argv, 5, 1);
    etwi_thread *handles[THREADS_MAX];
    work works[THREADS_MAX];
    etw_error error;
    work all = {NULL, count, (unsigned)number(argc, argv, 3, 0), (size_t)number(argc, argv, 4, 0),
                0};
    if (argc < 3 || threads > THREADS_MAX || all.payload_size > PAYLOAD_MAX)
        return 2;
    if (etw_provider_register(&all.provider, &options, &error) != ETW_OK) {
        fprintf(stderr, "live_writer: %s\n", error.message);
        return 1;
    }
    const bool is_enabled = wait_until_enabled(all.provider);
    for (long i = 0; is_enabled && i < threads; i++) {
        works[i] = all;
        works[i].thread = (uint32_t)i;
        if (!(handles[i] = etwi_thread_start(write_all, &works[i])))
            return 1;
    }
    for (long i = 0; is_enabled && i < threads; i++)
        etwi_thread_join(handles[i]);
    etw_provider_unregister(&all.provider);
    printf("%llu\n", (unsigned long long)(is_enabled ? count * (uint64_t)threads : 0));
    return is_enabled ? 0 : 1;
}
