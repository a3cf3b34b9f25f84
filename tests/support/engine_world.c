#include "engine_world.h"

#include "engine/client.h"
#include "engine/control.h"
#include "engine/session_folder.h"
#include "engine/slot.h"
#include "etl/layout.h"
#include "etl_writer.h"
#include "os/os.h"
#include "os/private.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>

char world_folder[256];

static const etw_guid provider = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

void world_begin(void)
{
    char folder[SCRATCH_PATH_SIZE];
    scratch_create(folder, "etw-engine");
    if (strlen(folder) >= sizeof world_folder)
        etlb_fail("the path of the folder for temporary files is too long");
    memcpy(world_folder, folder, strlen(folder) + 1);
    scratch_set_variable("ETW_RUNTIME_DIR", world_path("run"));
}

bool world_end(void)
{
    const unsigned left_over = scratch_remove_all(world_path("run"), 2);
    etwi_path_info info;
    scratch_remove_all(world_folder, UINT32_MAX);
    return left_over == 0 && !etwi_path_look(world_folder, &info);
}

const char *world_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", world_folder, name);
    return path;
}

etw_session_options world_options(const char *name, const char *log_file, uint32_t mode)
{
    const uint32_t minimum = 2 * etwi_cpu_count();
    const etw_session_options options = {
        .size = sizeof options,
        .name = name,
        .buffer_size = 64 * 1024,
        .minimum_buffers = minimum,
        .maximum_buffers = minimum + 22,
        .flush_timer_ms = 1000,
        .clock = ETW_CLOCK_QPC,
        .mode = mode       ? mode
                : log_file ? ETW_MODE_SEQUENTIAL
                           : ETW_MODE_REAL_TIME,
        .log_file = log_file,
    };
    return options;
}

etwi_engine_session *world_start(const etw_session_options *options)
{
    etwi_engine_session *session;
    etw_error error;
    if (etwi_engine_start(&session, options, &error) != ETW_OK) {
        printf("starting %s: %s\n", options->name, error.message);
        return NULL;
    }
    return session;
}

etw_status world_stop(etwi_engine_session *session, etw_session_info *info)
{
    etw_error error = {.message = ""};
    const etw_status status = etwi_engine_stop(session, info, &error);
    if (status != ETW_OK)
        printf("stopping: %s\n", error.message);
    etwi_engine_close(&session);
    return status;
}

bool world_open(etwi_mapping *out, const char *name)
{
    etwi_registry *registry;
    etwi_session_id id;
    etw_error error = {.message = ""};
    if (etwi_registry_open(&registry, NULL, &error) != ETW_OK)
        return false;
    const bool good = etwi_control_find(registry, name, &id) &&
                      etwi_session_open(out, registry, id, &error) == ETW_OK &&
                      etwi_client_join(out, ETWI_CLIENT_PROVIDER, &error) == ETW_OK;
    if (!good)
        printf("opening %s: %s\n", name, error.message);
    etwi_registry_close(&registry);
    return good;
}

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void fill(uint8_t *at, uint32_t size, uint32_t payload_size, uint64_t number, int64_t time)
{
    const uint32_t used = EVENT_HEADER_SIZE + payload_size;
    memset(at, 0, size);
    put(at, used, 2);
    at[RECORD_TYPE] = HEADER_TYPE_EVENT64;
    at[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    put(at + EVENT_FLAGS, 0x40, 2); // 64 bits.
    put(at + EVENT_THREAD_ID, etwi_thread_id(), 4);
    put(at + EVENT_PROCESS_ID, etwi_process_id(), 4);
    put(at + EVENT_TIME, (uint64_t)time, 8);
    memcpy(at + EVENT_PROVIDER, &provider, sizeof provider);
    put(at + EVENT_ID, number & 0xFFFF, 2);
    put(at + EVENT_HEADER_SIZE, number, 8);
    memset(at + EVENT_HEADER_SIZE + 8, (int)(number & 0xFF), payload_size - 8);
}

uint64_t world_write(etwi_mapping *mapping, uint64_t first, uint64_t count, uint32_t payload_size)
{
    uint64_t written = 0;
    for (uint64_t i = 0; i < count; i++) {
        etwi_room room;
        if (etwi_slot_reserve(mapping, EVENT_HEADER_SIZE + payload_size, &room) != ETW_OK)
            continue;
        fill(room.at, room.size, payload_size, first + i, etwi_mapping_now(mapping));
        etwi_slot_commit(mapping, &room);
        written++;
    }
    return written;
}

uint64_t world_write_with_care(etwi_mapping *mapping, uint64_t count, uint32_t payload_size)
{
    uint64_t written = 0;
    for (uint64_t at = 0; at < count; at += 100) {
        etwi_mapping_counts counts;
        for (unsigned tries = 0; tries < 2000; tries++) {
            etwi_mapping_count(mapping, &counts);
            if (counts.free_buffers > counts.buffers / 2)
                break;
            etwi_sleep_ms(1);
        }
        written += world_write(mapping, at, count - at < 100 ? count - at : 100, payload_size);
    }
    return written;
}

static bool is_good(const etw_event *event, uint64_t *number)
{
    const etw_bytes payload = {event->payload, event->payload_size};
    if (!etw_guid_equal(&event->provider, &provider) || payload.size < 8)
        return false;
    memcpy(number, payload.data, 8);
    if (event->id != (uint16_t)*number)
        return false;
    for (size_t i = 8; i < payload.size; i++)
        if (payload.data[i] != (uint8_t)*number)
            return false;
    return true;
}

world_file world_read(const char *path)
{
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = true};
    etw_consumer *consumer = NULL;
    const etw_batch *batch;
    etw_error error = {.message = ""};
    world_file file = {.status = etw_consumer_create(&consumer, &options, &error)};
    if (file.status == ETW_OK)
        file.status = etw_consumer_add_file(consumer, path);
    while (file.status == ETW_OK &&
           (file.status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            uint64_t number;
            if (batch->events[i].header_kind != ETW_HEADER_EVENT64)
                continue; // The header of the trace.
            if (is_good(&batch->events[i], &number)) {
                file.events++;
                file.sum += number;
            } else {
                file.bad_events++;
            }
        }
    }
    if (file.status != ETW_END)
        printf("reading %s: %s\n", path, etw_consumer_error(consumer)->message);
    if (etw_consumer_trace_count(consumer)) {
        const etw_trace_info *info = etw_consumer_trace_info(consumer, 0);
        file.end_time = info->end_time;
        file.buffers_written = info->buffers_written;
        file.events_lost = info->events_lost;
        file.buffers_lost = info->buffers_lost;
        file.mode = info->log_file_mode;
        file.buffer_size = info->buffer_size;
        file.size = info->file_size;
        file.stats = *etw_consumer_trace_stats(consumer, 0);
    }
    etw_consumer_destroy(&consumer);
    return file;
}
