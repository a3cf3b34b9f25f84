/* The writing side of the rig; also part of the program of 32 bits. */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/client.h"
#include "etl/layout.h"
#include "os/os.h"
#include "rig.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void rig_fail(const char *what, const char *detail)
{
    fprintf(stderr, "rig: %s: %s\n", what, detail);
    exit(99);
}

static intptr_t open_file(const char *folder, const char *name)
{
    char path[RIG_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        rig_fail("cannot open", path);
    return fd;
}

void rig_open(etwi_mapping *out, const char *folder, etwi_client_kind kind)
{
    etw_error error = {.status = ETW_OK};
    const intptr_t ctl = open_file(folder, "ctl");
    if (etwi_mapping_open(out, ctl, open_file(folder, "pool"), &error) != ETW_OK ||
        etw_failed(etwi_client_join(out, kind, &error)))
        rig_fail("cannot open the session", error.message);
}

rig_writer *rig_open_writers(const char *folder)
{
    void *memory;
    const intptr_t handle = open_file(folder, "writers");
    if (etw_failed(
            etwi_shared_map(&memory, handle, RIG_WRITERS_MAX * sizeof(rig_writer), true, NULL)))
        rig_fail("cannot map", "writers");
    etwi_shared_close(handle);
    return memory;
}

/* Fills in a record that can be told to be whole: an EVENT_HEADER, then the writer, the number, the
 * size, and bytes that follow from these. */
static void fill(uint8_t *at, int64_t time, uint32_t writer, uint64_t number, uint32_t payload)
{
    const uint32_t size = EVENT_HEADER_SIZE + payload;
    memset(at, 0, EVENT_HEADER_SIZE);
    const uint16_t size16 = (uint16_t)size;
    memcpy(at, &size16, sizeof size16);
    at[RECORD_TYPE] = HEADER_TYPE_EVENT64;
    at[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    memcpy(at + EVENT_TIME, &time, sizeof time);
    memcpy(at + EVENT_HEADER_SIZE, &writer, sizeof writer);
    memcpy(at + EVENT_HEADER_SIZE + 4, &payload, sizeof payload);
    memcpy(at + EVENT_HEADER_SIZE + 8, &number, sizeof number);
    memset(at + EVENT_HEADER_SIZE + 16, (int)(number * 31 + writer) & 0xFF, payload - 16);
}

static void count(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

etw_status rig_write(etwi_mapping *mapping, rig_writer *writers, uint32_t writer, uint64_t number,
                     uint32_t payload)
{
    rig_writer *own = &writers[writer];
    etwi_room room;
    count(&own->attempts);
    const etw_status status = etwi_slot_reserve(mapping, EVENT_HEADER_SIZE + payload, &room);
    if (status == ETW_STOPPED) {
        count(&own->refused);
        return status;
    }
    if (status != ETW_OK) {
        count(&own->lost);
        return status;
    }
    memset(room.at + room.size - RECORD_ALIGNMENT, 0, RECORD_ALIGNMENT);
    fill(room.at, etwi_mapping_now(mapping), writer, number, payload);
    etwi_slot_commit(mapping, &room);
    count(&own->accepted);
    return ETW_OK;
}

typedef struct rig_thread {
    pthread_t id;
    etwi_mapping *mapping;
    rig_writer *writers;
    const rig_work *work;
    uint32_t writer;
} rig_thread;

static void *run_thread(void *argument)
{
    const rig_thread *thread = argument;
    const rig_work *work = thread->work;
    uint32_t random = thread->writer * 2654435761u + 1;
    for (uint64_t i = 0; i < work->events; i++) {
        random = random * 1664525u + 1013904223u;
        const uint32_t spread = work->payload_max - work->payload_min + 1;
        const uint32_t payload = work->payload_min + (random >> 8) % spread;
        if (rig_write(thread->mapping, thread->writers, thread->writer, work->first_number + i,
                      payload) == ETW_STOPPED)
            break;
        if (work->burst && i % work->burst == work->burst - 1)
            usleep(work->pause_us);
    }
    return NULL;
}

void rig_do(const char *folder, const rig_work *work)
{
    etwi_mapping mapping;
    rig_thread threads[RIG_WRITERS_MAX];
    rig_writer *writers = rig_open_writers(folder);
    rig_open(&mapping, folder, ETWI_CLIENT_PROVIDER);
    for (uint32_t i = 0; i < work->threads; i++) {
        threads[i] = (rig_thread){.mapping = &mapping,
                                  .writers = writers,
                                  .work = work,
                                  .writer = work->first_writer + i};
        if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]) != 0)
            rig_fail("no thread", "");
    }
    for (uint32_t i = 0; i < work->threads; i++)
        pthread_join(threads[i].id, NULL);
    etwi_mapping_close(&mapping);
    etwi_shared_unmap(writers, RIG_WRITERS_MAX * sizeof(rig_writer));
}
