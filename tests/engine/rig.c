#define _DEFAULT_SOURCE 1 /* mkdtemp(). */

#include "rig.h"

#include "base/bytes.h"
#include "engine/client.h"
#include "etl/record_peek.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static intptr_t make_file(const char *folder, const char *name)
{
    char path[RIG_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        rig_fail("cannot make", path);
    return fd;
}

static void make_folder(char out[RIG_PATH_MAX])
{
    const char *base = getenv("TMPDIR");
    if (!base)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(out, RIG_PATH_MAX, "%s/etw-rig-XXXXXX", base);
    if (!mkdtemp(out))
        rig_fail("cannot make a folder in", base);
}

void rig_create(rig_session *out, const rig_options *options)
{
    memset(out, 0, sizeof *out);
    make_folder(out->folder);
    etwi_geometry geometry = {
        .pool_kind = options->pool_kind,
        .buffer_size = options->buffer_size,
        .buffer_count = options->buffer_count,
        .minimum_buffers = 2,
        .cpu_count = options->cpu_count ? options->cpu_count : etwi_cpu_count(),
        .slots_per_cpu = ETWI_SLOTS_PER_CPU,
        .clock_type = ETW_CLOCK_QPC,
        .clock_frequency = ETW_TICKS_PER_SECOND,
        .clock_start_raw = etwi_clock_monotonic(),
        .clock_start_time = etwi_clock_filetime(),
        .logger_id = 7,
        .mode = ETW_MODE_REAL_TIME,
        .pid_namespace = etwi_process_namespace(),
    };
    etw_error error = {.status = ETW_OK};
    const intptr_t ctl = make_file(out->folder, "ctl");
    const intptr_t pool = make_file(out->folder, "pool");
    if (etwi_geometry_is_direct(&geometry)) {
        geometry.first_buffer = 1;
        if (etw_failed(etwi_shared_allocate(pool, 0, geometry.buffer_size, &error)))
            rig_fail("no room", error.message);
    }
    if (etw_failed(etwi_mapping_create(&out->control, ctl, pool, &geometry, "rig", &error)))
        rig_fail("cannot create the session", error.message);
    atomic_store(&out->control.header->flush_timer_ms, 1000);
    out->writers_size = RIG_WRITERS_MAX * sizeof(rig_writer);
    const intptr_t writers = make_file(out->folder, "writers");
    if (etw_failed(etwi_shared_allocate(writers, 0, out->writers_size, &error)))
        rig_fail("no room", error.message);
    etwi_shared_close(writers);
    out->writers = rig_open_writers(out->folder);
    if (etw_failed(etwi_client_join(&out->control, ETWI_CLIENT_CONTROLLER, &error)))
        rig_fail("cannot join", error.message);
    etwi_mapping_set_state(&out->control, ETWI_SESSION_RUNNING);
}

void rig_destroy(rig_session *rig)
{
    static const char *const names[] = {"ctl", "pool", "writers"};
    char path[RIG_PATH_MAX + 16];
    etwi_mapping_close(&rig->control);
    etwi_shared_unmap(rig->writers, rig->writers_size);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", rig->folder, names[i]);
        unlink(path);
    }
    rmdir(rig->folder);
}

/* Runs the program with the work as arguments. */
static void execute(const char *program, const char *folder, const rig_work *work)
{
    char text[7][24];
    const uint64_t numbers[7] = {work->first_writer, work->threads,     work->events,
                                 work->payload_min,  work->payload_max, work->burst,
                                 work->pause_us};
    const char *arguments[10] = {program, folder};
    for (unsigned i = 0; i < 7; i++) {
        snprintf(text[i], sizeof text[i], "%llu", (unsigned long long)numbers[i]);
        arguments[i + 2] = text[i];
    }
    execv(program, (char *const *)arguments);
    rig_fail("cannot execute", program);
}

int rig_start(const char *folder, const rig_work *work, const char *program)
{
    fflush(stdout);
    const pid_t id = fork();
    if (id < 0)
        rig_fail("no process", "");
    if (id)
        return (int)id;
    if (program)
        execute(program, folder, work);
    rig_do(folder, work);
    _exit(0);
}

/* ---- reading ---------------------------------------------------------------------------------
 */

void rig_tally_begin(rig_tally *out, uint32_t stream_count)
{
    memset(out, 0, sizeof *out);
    out->stream_count = stream_count;
    out->seen = calloc(RIG_WRITERS_MAX, sizeof *out->seen);
    out->last = calloc((size_t)stream_count * RIG_WRITERS_MAX, sizeof *out->last);
    if (!out->seen || !out->last)
        rig_fail("no memory", "");
}

void rig_tally_end(rig_tally *tally)
{
    free(tally->seen);
    free(tally->last);
}

static bool is_whole(const uint8_t *record, uint32_t size, uint32_t *writer, uint64_t *number)
{
    if (size < EVENT_HEADER_SIZE + RIG_PAYLOAD_MIN)
        return false;
    *writer = etwi_load_u32(record + EVENT_HEADER_SIZE);
    *number = etwi_load_u64(record + EVENT_HEADER_SIZE + 8);
    const uint32_t payload = etwi_load_u32(record + EVENT_HEADER_SIZE + 4);
    if (payload != size - EVENT_HEADER_SIZE || *writer >= RIG_WRITERS_MAX)
        return false;
    const uint8_t fill = (uint8_t)(*number * 31 + *writer);
    for (uint32_t i = EVENT_HEADER_SIZE + 16; i < size; i++)
        if (record[i] != fill)
            return false;
    return true;
}

void rig_tally_add(rig_tally *tally, const uint8_t *records, uint32_t size, uint32_t stream,
                   int64_t complete_until)
{
    etwi_record_peek peek;
    tally->bytes += size;
    for (uint32_t at = 0; at < size; at += (peek.size + 7) & ~7u) {
        uint32_t writer;
        uint64_t number;
        if (!etwi_record_peek_any(&peek, records + at, size - at)) {
            tally->corrupt++;
            return;
        }
        tally->events++;
        if (!is_whole(records + at, peek.size, &writer, &number) || stream >= tally->stream_count) {
            tally->corrupt++;
            continue;
        }
        uint64_t *last = &tally->last[(size_t)stream * RIG_WRITERS_MAX + writer];
        tally->out_of_order += number < *last;
        *last = number + 1;
        tally->seen[writer]++;
        tally->late += peek.raw_time < complete_until;
    }
}

rig_sums rig_sum(const rig_writer *writers)
{
    rig_sums sums = {0, 0, 0, 0};
    for (uint32_t i = 0; i < RIG_WRITERS_MAX; i++) {
        sums.attempts += atomic_load(&writers[i].attempts);
        sums.accepted += atomic_load(&writers[i].accepted);
        sums.lost += atomic_load(&writers[i].lost);
        sums.refused += atomic_load(&writers[i].refused);
    }
    return sums;
}
