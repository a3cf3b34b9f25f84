/*
 * What writing an event costs the program that writes it, by processor time, with the library as it
 * is shipped. Each event has 32 bytes of payload: two u32 and three u64. Sessions write over their
 * oldest buffers, but for those that the name says write a file.
 *
 * usage: bench_write MILLIONS ROUNDS [VARIANT]
 */
#define _DEFAULT_SOURCE 1 /* mkdtemp(), setenv(). */

#include <etw/session.h>
#include <etw/tracelogging.h>
#include <etw/write.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Two providers with one GUID: as of a manifest, without a name in its events, and with one. */
static etw_provider *plain;
ETW_TL_DEFINE_PROVIDER(named, "Contoso.Bench");

enum {
    SESSIONS_MAX = 8,
    BUFFERS = 16,
};

typedef struct payload {
    uint32_t a, b;
    uint64_t c, d, e;
} payload;

static const etw_event_descriptor EVENT = {1, 0, 0, 4, 0, 0, 0x10};
static char folder[] = "/tmp/etw-bench-XXXXXX";
static uint64_t event_count;
static int round_count;
static const char *only; /* The one variant to run, or NULL. */

static void require(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_write: %s\n", what);
    exit(1);
}

/* What all loops do beside writing. */
static payload payload_of(uint64_t i)
{
    const payload made = {(uint32_t)i, 7, i + 1, i + 2, i + 3};
    return made;
}

static void keep(payload *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

static void loop_empty(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
    }
}

static void write_manifest(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        if (etw_provider_enabled(plain, EVENT.level, EVENT.keyword)) {
            const etw_event_data data = {(const uint8_t *)&value, sizeof value};
            etw_provider_write(plain, &EVENT, NULL, NULL, &data, 1);
        }
    }
}

static void write_fields(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        if (etw_provider_enabled(plain, EVENT.level, EVENT.keyword)) {
            const etw_event_data data[] = {
                {(const uint8_t *)&value.a, sizeof value.a},
                {(const uint8_t *)&value.b, sizeof value.b},
                {(const uint8_t *)&value.c, sizeof value.c},
                {(const uint8_t *)&value.d, sizeof value.d},
                {(const uint8_t *)&value.e, sizeof value.e},
            };
            etw_provider_write(plain, &EVENT, NULL, NULL, data, 5);
        }
    }
}

static void write_described(void)
{
    for (uint64_t i = 0; i < event_count; i++) {
        payload value = payload_of(i);
        keep(&value);
        ETW_TL_WRITE(named, "Numbers", 4, 0x10, ETW_TL_UINT32("a", value.a),
                     ETW_TL_UINT32("b", value.b), ETW_TL_UINT64("c", value.c),
                     ETW_TL_UINT64("d", value.d), ETW_TL_UINT64("e", value.e));
    }
}

/* A way to write, and what into. */
typedef struct variant {
    const char *name;
    void (*write)(void);
    unsigned session_count;
    etw_clock_type clock;
    uint32_t mode; /* 0: ETW_MODE_BUFFERING. */
    uint32_t properties;
} variant;

static const variant VARIANTS[] = {
    {"empty loop", loop_empty, 0, ETW_CLOCK_QPC, 0, 0},
    {"disabled", write_manifest, 0, ETW_CLOCK_QPC, 0, 0},
    {"disabled, described", write_described, 0, ETW_CLOCK_QPC, 0, 0},
    {"one piece", write_manifest, 1, ETW_CLOCK_QPC, 0, 0},
    {"one piece, cycles", write_manifest, 1, ETW_CLOCK_CPU_CYCLES, 0, 0},
    {"one piece, start key", write_manifest, 1, ETW_CLOCK_QPC, 0,
     ETW_ENABLE_PROPERTY_PROCESS_START_KEY},
    {"five pieces", write_fields, 1, ETW_CLOCK_QPC, 0, 0},
    {"described", write_described, 1, ETW_CLOCK_QPC, 0, 0},
    {"one piece, 2 sessions", write_manifest, 2, ETW_CLOCK_QPC, 0, 0},
    {"one piece, 4 sessions", write_manifest, 4, ETW_CLOCK_QPC, 0, 0},
    {"one piece, 8 sessions", write_manifest, 8, ETW_CLOCK_QPC, 0, 0},
    {"one piece, file", write_manifest, 1, ETW_CLOCK_QPC, ETW_MODE_SEQUENTIAL, 0},
    {"one piece, private file", write_manifest, 1, ETW_CLOCK_QPC, ETW_MODE_PRIVATE_IN_PROCESS, 0},
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static etw_session *start(const variant *v, unsigned index, char path[64])
{
    char name[32];
    etw_error error = {.message = ""};
    etw_session *session;
    snprintf(name, sizeof name, "bench %u", index);
    snprintf(path, 64, "%s/%u.etl", folder, index);
    const etw_session_options options = {.size = sizeof options,
                                         .backend = ETW_BACKEND_PORTABLE,
                                         .name = name,
                                         .buffer_size = 65536,
                                         .maximum_buffers = v->mode ? 0 : BUFFERS,
                                         .clock = v->clock,
                                         .mode = v->mode ? v->mode : ETW_MODE_BUFFERING,
                                         .log_file = path};
    require(etw_session_start(&session, &options, &error) == ETW_OK, error.message);
    const etw_enable_parameters parameters = {
        .size = sizeof parameters,
        .provider = etw_guid_from_name((etw_str){"Contoso.Bench", 13}),
        .level = 5,
        .timeout_ms = 5000};
    require(etw_session_enable(session, &parameters, NULL) == ETW_OK, "enabling failed");
    return session;
}

/* The first round warms up: caches, pages, predictors. */
static void measure(const variant *v)
{
    etw_session *sessions[SESSIONS_MAX];
    char paths[SESSIONS_MAX][64];
    for (unsigned i = 0; i < v->session_count; i++)
        sessions[i] = start(v, i, paths[i]);
    v->write();
    printf("series\t%s\t%llu\t%llu", v->name, (unsigned long long)event_count,
           (unsigned long long)(event_count * sizeof(payload)));
    for (int round = 0; round < round_count; round++) {
        const double begin = cpu_seconds();
        v->write();
        printf("\t%.9f", cpu_seconds() - begin);
    }
    printf("\n");
    fflush(stdout);
    for (unsigned i = 0; i < v->session_count; i++) {
        etw_session_info info = {.size = sizeof info};
        require(etw_session_stop(sessions[i], &info) == ETW_OK, "stopping failed");
        require(info.events == event_count * (unsigned)(round_count + 1) && info.events_lost == 0,
                "events were lost");
        etw_session_close(&sessions[i]);
        unlink(paths[i]);
    }
}

/* A runtime folder of its own, beside the files. */
static void begin_alone(char runtime[64])
{
    require(mkdtemp(folder) != NULL, "no folder");
    snprintf(runtime, 64, "%s/run", folder);
    require(setenv("ETW_RUNTIME_DIR", runtime, 1) == 0, "no folder");
}

/* Removes what the engine leaves: its registry, and folders without anything in them. */
static void end_alone(const char *runtime)
{
    static const char *const LEFT[] = {"/registry", "/sessions", "/providers", ""};
    for (unsigned i = 0; i < sizeof LEFT / sizeof *LEFT; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", runtime, LEFT[i]);
        remove(path);
    }
    require(rmdir(folder) == 0, "something is left behind");
}

int main(int argc, char **argv)
{
    char runtime[64];
    round_count = argc >= 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    event_count = argc >= 3 ? strtoull(argv[1], NULL, 10) * 1000000 : 0;
    only = argc == 4 ? argv[3] : NULL;
    require(event_count && round_count > 0, "usage: bench_write MILLIONS ROUNDS [VARIANT]");
    begin_alone(runtime);
    const etw_provider_options options = {
        .size = sizeof options, .guid = etw_guid_from_name((etw_str){"Contoso.Bench", 13})};
    require(etw_provider_register(&plain, &options, NULL) == ETW_OK, "no provider");
    require(ETW_TL_REGISTER(named, NULL) == ETW_OK, "no provider");
    for (unsigned i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++)
        if (!only || strcmp(only, VARIANTS[i].name) == 0)
            measure(&VARIANTS[i]);
    etw_provider_unregister(&plain);
    ETW_TL_UNREGISTER(named);
    end_alone(runtime);
    return 0;
}
