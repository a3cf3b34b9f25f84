#define _DEFAULT_SOURCE 1 /* setenv(). */

#include "public_rig.h"

#include "base/bytes.h"
#include "engine_world.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t writers_size = RIG_WRITERS_MAX * sizeof(rig_writer);
static rig_writer *writers;

/* ---- the world ------------------------------------------------------------------------------- */

void public_begin(void)
{
    etw_error error = {.status = ETW_OK};
    /* Where the memory of sessions usually is. */
    if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    world_begin();
    const int file = open(world_path("writers"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || etw_failed(etwi_shared_allocate(file, 0, writers_size, &error)))
        rig_fail("no room for the counts", error.message);
    close(file);
    writers = rig_open_writers(world_folder);
}

bool public_end(void)
{
    etwi_shared_unmap(writers, writers_size);
    return world_end();
}

const char *public_folder(void)
{
    return world_folder;
}

rig_writer *public_writers(void)
{
    return writers;
}

etw_session *public_start(const etw_session_options *options)
{
    etw_error error = {.message = ""};
    etw_session *session;
    const etw_enable_parameters parameters = {
        .size = sizeof parameters,
        .provider = etw_guid_from_name((etw_str){PUBLIC_PROVIDER, strlen(PUBLIC_PROVIDER)}),
        .level = 4,
    };
    if (etw_session_start(&session, options, &error) != ETW_OK)
        rig_fail("cannot start a session", error.message);
    if (etw_session_enable(session, &parameters, NULL) != ETW_OK)
        rig_fail("cannot enable", etw_session_error(session)->message);
    return session;
}

etw_consumer *public_consume(const char *const *sessions, unsigned count)
{
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = true};
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK)
        rig_fail("no consumer", "");
    for (unsigned i = 0; i < count; i++)
        if (etw_consumer_add_session(consumer, sessions[i], NULL) != ETW_OK)
            rig_fail("cannot attach", etw_consumer_error(consumer)->message);
    return consumer;
}

int public_write(const char *program, const rig_work *work, unsigned step, unsigned passes)
{
    char text[10][24];
    const uint64_t numbers[10] = {work->first_writer,
                                  work->threads,
                                  work->events,
                                  work->first_number,
                                  work->payload_min,
                                  work->payload_max,
                                  work->burst,
                                  work->pause_us,
                                  step,
                                  passes};
    const char *arguments[13] = {program, world_folder};
    fflush(stdout);
    const pid_t id = fork();
    if (id < 0)
        rig_fail("no process", "");
    if (id)
        return (int)id;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(text[i], sizeof text[i], "%llu", (unsigned long long)numbers[i]);
        arguments[i + 2] = text[i];
    }
    execv(program, (char *const *)arguments);
    _exit(99);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_whole(const etw_event *event, uint32_t *writer, uint64_t *number)
{
    if (event->payload_size < RIG_PAYLOAD_MIN)
        return false;
    *writer = etwi_load_u32(event->payload);
    *number = etwi_load_u64(event->payload + 8);
    if (*writer >= RIG_WRITERS_MAX || etwi_load_u32(event->payload + 4) != event->payload_size)
        return false;
    const uint8_t fill = (uint8_t)(*number * 31 + *writer);
    for (uint32_t i = 16; i < event->payload_size; i++)
        if (event->payload[i] != fill)
            return false;
    return event->id == 7 && event->level == 4 && event->keyword == 1;
}

static void add(public_tally *tally, const etw_event *event)
{
    uint32_t writer;
    uint64_t number;
    tally->events++;
    if (!is_whole(event, &writer, &number)) {
        tally->corrupt++;
        return;
    }
    /* Events of one time may come in any order. */
    const bool is_behind =
        number < tally->next[writer] && event->raw_timestamp > tally->time[writer];
    tally->disorder += is_behind || number + 1 == tally->next[writer];
    tally->next[writer] = number + 1;
    tally->time[writer] = event->raw_timestamp;
}

static void add_batch(const etw_batch *batch, public_tally *tallies, unsigned count)
{
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        unsigned at = 0;
        if (event->header_kind != ETW_HEADER_EVENT64 && event->header_kind != ETW_HEADER_EVENT32)
            continue; /* The header of a file. */
        while (at + 1 < count && tallies[at].logger_id != event->logger_id)
            at++;
        add(&tallies[at], event);
    }
}

etw_status public_take(etw_consumer *consumer, uint32_t timeout_ms, public_tally *tallies,
                       unsigned count)
{
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_wait_batch(consumer, &batch, timeout_ms)) == ETW_OK)
        add_batch(batch, tallies, count);
    if (etw_failed(status))
        rig_fail("consuming", etw_consumer_error(consumer)->message);
    return status;
}

void public_read(const char *path, public_tally *out)
{
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = true};
    etw_consumer *consumer;
    const etw_batch *batch;
    etw_status status;
    memset(out, 0, sizeof *out);
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_file(consumer, path) != ETW_OK)
        rig_fail("cannot read", path);
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK)
        add_batch(batch, out, 1);
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
    out->corrupt += status != ETW_END || stats->corrupt_regions || stats->truncated_bytes;
    etw_consumer_destroy(&consumer);
}
