/*
 * public_writer FOLDER FIRST THREADS EVENTS FIRST_NUMBER MIN MAX BURST PAUSE STEP PASSES: writes
 * events of the provider as any program does, and counts them in the folder (rig.h). It also is
 * built for 32 bits where the compiler can.
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/step.h"
#include "rig.h"

#include <etw/write.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROVIDER "Contoso.Rig"

static _Atomic int64_t steps_left;
static etwi_step deadly_step;

static void die_at(etwi_step step)
{
    if (step == deadly_step && atomic_fetch_sub(&steps_left, 1) == 1)
        kill(getpid(), SIGKILL);
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

typedef struct writing {
    pthread_t id;
    etw_provider *provider;
    rig_writer *own;
    const rig_work *work;
    uint32_t writer;
    uint8_t filler[65536];
} writing;

static etw_status write_one(writing *w, uint64_t number, uint32_t payload)
{
    static const etw_event_descriptor descriptor = {.id = 7, .level = 4, .keyword = 1};
    memset(w->filler, (int)(number * 31 + w->writer) & 0xFF, payload - 16);
    const etw_event_data data[] = {
        {(const uint8_t *)&w->writer, sizeof w->writer},
        {(const uint8_t *)&payload, sizeof payload},
        {(const uint8_t *)&number, sizeof number},
        {w->filler, payload - 16},
    };
    count(&w->own->attempts);
    const etw_status status = etw_provider_write(w->provider, &descriptor, NULL, NULL, data, 4);
    count(status == ETW_OK ? &w->own->accepted : &w->own->lost);
    return status;
}

static void *run_thread(void *argument)
{
    writing *w = argument;
    const rig_work *work = w->work;
    uint32_t random = w->writer * 2654435761u + 1;
    for (uint64_t i = 0; i < work->events && etw_provider_enabled(w->provider, 4, 1); i++) {
        random = random * 1664525u + 1013904223u;
        const uint32_t spread = work->payload_max - work->payload_min + 1;
        write_one(w, work->first_number + i, work->payload_min + (random >> 8) % spread);
        if (work->burst && i % work->burst == work->burst - 1)
            usleep(work->pause_us);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const etw_provider_options options = {.size = sizeof options, .name = PROVIDER};
    uint64_t numbers[10];
    etw_error error = {.message = ""};
    etw_provider *provider;
    if (argc != 12)
        rig_fail("usage", "see the head of the source");
    for (int i = 0; i < 10; i++)
        numbers[i] = strtoull(argv[i + 2], NULL, 10);
    const rig_work work = {
        (uint32_t)numbers[0], (uint32_t)numbers[1], numbers[2],           numbers[3],
        (uint32_t)numbers[4], (uint32_t)numbers[5], (uint32_t)numbers[6], (uint32_t)numbers[7],
    };
    rig_writer *writers = rig_open_writers(argv[1]);
    writing *writings = calloc(work.threads, sizeof *writings);
    deadly_step = (etwi_step)numbers[8];
    atomic_store(&steps_left, (int64_t)numbers[9]);
    etwi_step_hook = die_at;
    if (!writings || etw_provider_register(&provider, &options, &error) != ETW_OK)
        rig_fail("cannot register", error.message);
    for (uint32_t i = 0; i < work.threads; i++) {
        writing *w = &writings[i];
        w->provider = provider;
        w->work = &work;
        w->writer = work.first_writer + i;
        w->own = &writers[w->writer];
        if (pthread_create(&w->id, NULL, run_thread, w) != 0)
            rig_fail("no thread", "");
    }
    for (uint32_t i = 0; i < work.threads; i++)
        pthread_join(writings[i].id, NULL);
    etw_provider_unregister(&provider);
    free(writings);
    return 0;
}
