/*
 * A session whose shared memory is hostile: it is created well, and then the input says which bytes
 * of the control file and of the pool change, and what consumers, writers and controllers do in
 * between. Nothing may crash, hang, or leave its memory.
 */
#define _GNU_SOURCE 1 /* memfd_create(). */

#include "base/bytes.h"
#include "engine/client.h"
#include "engine/drain.h"
#include "engine/live_internal.h"
#include "engine/slot.h"
#include "etl/layout.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BUFFER = 4096,
    BUFFERS = 6,
    STEP_SIZE = 8,
    STEPS_MAX = 200,
};

/* What a step of the input does; those from ACT_OPEN on do something with the session. */
enum {
    CHANGE_CONSTANTS,
    CHANGE_HEADER,
    CHANGE_CONSUMERS,
    CHANGE_CLIENTS,
    CHANGE_SLOTS,
    CHANGE_DESCRIPTORS,
    CHANGE_BUFFER_HEADERS,
    CHANGE_POOL,
    ACT_OPEN,
    ACT_WRITE,
    ACT_TAKE,
    ACT_DRAIN,
    ACT_FLUSH,
    ACT_RECOVER,
    ACT_COUNT,
    ACT_CLOSE,
    STEP_KINDS
};

typedef struct fuzz_session {
    int ctl, pool;
    etwi_mapping owner;
    etwi_mapping writer;
    etwi_live *live;
    etwi_drain *drain;
    bool is_open;
} fuzz_session;

static void require(bool good)
{
    if (!good)
        abort();
}

/* The same file by another open file, as another process would have it. */
static intptr_t open_again(int fd)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDWR | O_CLOEXEC);
}

static void create(fuzz_session *session, etwi_pool_kind kind)
{
    const etwi_geometry geometry = {
        .pool_kind = kind,
        .buffer_size = BUFFER,
        .buffer_count = BUFFERS,
        .cpu_count = 1,
        .slots_per_cpu = ETWI_SLOTS_PER_CPU,
        .clock_type = ETW_CLOCK_QPC,
        .clock_frequency = ETW_TICKS_PER_SECOND,
        .mode = ETW_MODE_REAL_TIME,
    };
    session->ctl = memfd_create("ctl", MFD_CLOEXEC);
    session->pool = memfd_create("pool", MFD_CLOEXEC);
    require(etwi_mapping_create(&session->owner, session->ctl, session->pool, &geometry, "fuzz",
                                NULL) == ETW_OK);
    require(etwi_client_join(&session->owner, ETWI_CLIENT_CONTROLLER, NULL) == ETW_OK);
    etwi_mapping_set_state(&session->owner, ETWI_SESSION_RUNNING);
}

static void close_all(fuzz_session *session)
{
    etwi_drain_detach(&session->drain);
    etwi_live_close(&session->live);
    if (session->is_open)
        etwi_mapping_close(&session->writer);
    session->is_open = false;
}

static void open_all(fuzz_session *session)
{
    const etwi_live_options options = {.latency_ms = 0};
    etwi_mapping mapping;
    close_all(session);
    session->is_open = etwi_mapping_open(&session->writer, open_again(session->ctl),
                                         open_again(session->pool), NULL) == ETW_OK &&
                       etwi_client_join(&session->writer, ETWI_CLIENT_PROVIDER, NULL) == ETW_OK;
    if (!session->is_open)
        return;
    require(session->writer.geometry.buffer_count <= BUFFERS);
    if (etwi_mapping_open(&mapping, open_again(session->ctl), open_again(session->pool), NULL) ==
        ETW_OK)
        etwi_live_open_mapping(&session->live, &mapping, &options, NULL);
    etwi_drain_attach(&session->drain, &session->writer, NULL, NULL);
}

static void change(fuzz_session *session, unsigned kind, uint32_t offset, const uint8_t *value)
{
    etwi_mapping *owner = &session->owner;
    uint8_t *const places[] = {
        (uint8_t *)owner->header,
        (uint8_t *)owner->header + 256,
        (uint8_t *)owner->consumers,
        (uint8_t *)owner->clients,
        (uint8_t *)owner->slots,
        (uint8_t *)owner->descriptors,
        owner->pool,
        owner->pool,
    };
    static const uint32_t sizes[] = {
        sizeof(etwi_ctl_constants),
        512,
        ETWI_CONSUMERS_MAX * sizeof(etwi_ctl_consumer),
        4 * sizeof(etwi_ctl_client),
        ETWI_SLOTS_PER_CPU * sizeof(etwi_ctl_slot),
        BUFFERS * 8,
        BUFFERS * 72,
        BUFFERS * BUFFER,
    };
    uint32_t at = offset % (sizes[kind] / 4) * 4;
    if (kind == CHANGE_BUFFER_HEADERS)
        at = at / 72 * BUFFER + at % 72;
    memcpy(places[kind] + at, value, 4);
}

static void write_event(fuzz_session *session, uint32_t size)
{
    etwi_room room;
    if (!session->is_open || etwi_slot_reserve(&session->writer, size, &room) != ETW_OK)
        return;
    require(room.size >= size && room.at >= session->writer.pool &&
            room.at + room.size <= session->writer.pool + session->writer.pool_size);
    memset(room.at, 1, room.size);
    etwi_slot_commit(&session->writer, &room);
}

static void take(fuzz_session *session)
{
    etwi_live_round round;
    uint64_t sum = 0;
    if (!session->live || etw_failed(etwi_live_take(session->live, 0, &round, NULL)))
        return;
    for (size_t i = 0; i < round.count; i++)
        for (uint32_t at = 0; at < round.chunks[i].size + ETWI_SLACK; at++)
            sum += round.chunks[i].records[at];
    require(sum < UINT64_MAX);
    etwi_live_release(session->live);
}

static void drain(fuzz_session *session)
{
    _Alignas(8) uint8_t copy[BUFFER];
    etwi_drained drained;
    for (unsigned i = 0; i < 2 * BUFFERS && session->drain; i++) {
        if (etwi_drain_next(session->drain, copy, &drained, NULL) != ETW_OK)
            break;
        require(drained.size <= BUFFER && etwi_load_u32(copy + BUFFER_SIZE) == BUFFER);
    }
    if (session->drain)
        etwi_drain_look_after_others(session->drain);
}

static void act(fuzz_session *session, unsigned kind, uint32_t value)
{
    etwi_mapping_counts counts;
    etwi_mapping *mapping = session->is_open ? &session->writer : &session->owner;
    switch (kind) {
    case ACT_OPEN:
        open_all(session);
        break;
    case ACT_WRITE:
        for (uint32_t i = 0; i <= (value >> 16) % 64; i++)
            write_event(session, value & 0xFFF);
        break;
    case ACT_TAKE:
        take(session);
        break;
    case ACT_DRAIN:
        drain(session);
        break;
    case ACT_FLUSH:
        etwi_slots_flush(mapping, 0);
        break;
    case ACT_RECOVER:
        etwi_slots_recover(mapping);
        break;
    case ACT_COUNT:
        etwi_mapping_count(mapping, &counts);
        break;
    default:
        etwi_slots_close(mapping, 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_session session = {.ctl = -1, .pool = -1};
    if (size < 1)
        return 0;
    create(&session, data[0] % 2 ? ETWI_POOL_RECYCLING : ETWI_POOL_RING);
    open_all(&session);
    for (size_t at = 1, steps = 0; at + STEP_SIZE <= size && steps < STEPS_MAX;
         at += STEP_SIZE, steps++) {
        const unsigned kind = data[at] % STEP_KINDS;
        const uint32_t offset = etwi_load_u16(data + at + 2);
        if (kind < ACT_OPEN)
            change(&session, kind, offset, data + at + 4);
        else
            act(&session, kind, etwi_load_u32(data + at + 4));
    }
    act(&session, ACT_DRAIN, 0);
    act(&session, ACT_TAKE, 0);
    close_all(&session);
    etwi_mapping_close(&session.owner);
    return 0;
}
