#include "live_session.h"

#include "engine/card.h"
#include "engine/client.h"
#include "engine/slot.h"
#include "etl/record.h"
#include "etl_writer.h"
#include "os/private.h"
#include "scratch.h"

#include <etw/session.h>
#include <stdio.h>

static char folder[SCRATCH_PATH_SIZE];

#define MUST(call)                                                                        \
    do {                                                                                  \
        const etw_status must_status = (call);                                            \
        if (must_status != ETW_OK)                                                        \
            etlb_fail("%s: %s (%s)", #call, etw_status_name(must_status), error.message); \
    } while (0)

void live_alone(void)
{
    char run[SCRATCH_PATH_SIZE + 8];
    scratch_create(folder, "etw-live");
    snprintf(run, sizeof run, "%s/run", folder);
    scratch_set_variable("ETW_RUNTIME_DIR", run);
}

unsigned live_alone_end(void)
{
    return scratch_remove_all(folder, 3);
}

static etwi_geometry geometry_of(etw_clock_type clock, uint32_t buffer_size, uint32_t buffer_count)
{
    etwi_geometry geometry;
    memset(&geometry, 0, sizeof geometry);
    geometry.pool_kind = ETWI_POOL_RING;
    geometry.buffer_size = buffer_size ? buffer_size : 65536;
    geometry.cpu_count = etwi_cpu_count();
    geometry.slots_per_cpu = ETWI_SLOTS_PER_CPU;
    geometry.slot_count = geometry.cpu_count * geometry.slots_per_cpu;
    geometry.buffer_count = buffer_count;
    geometry.minimum_buffers = geometry.buffer_count;
    geometry.clock_type = clock ? clock : ETW_CLOCK_QPC;
    geometry.clock_frequency =
        clock == ETW_CLOCK_CPU_CYCLES ? etwi_clock_cycles_frequency() : 10000000;
    geometry.clock_start_raw = etwi_clock_monotonic();
    geometry.clock_start_time = etwi_clock_filetime();
    geometry.mode = ETW_MODE_REAL_TIME;
    geometry.owner_pid = etwi_process_id();
    etwi_boot_id(geometry.boot_id);
    geometry.pid_namespace = etwi_process_namespace();
    geometry.owner_start_time = etwi_process_start_time(geometry.owner_pid);
    return geometry;
}

static void start(live_session *session, const etwi_geometry *wanted)
{
    etw_error error = {.message = ""};
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_file ctl, pool;
    etwi_geometry geometry = *wanted;
    memset(session, 0, sizeof *session);
    MUST(etwi_registry_open(&session->registry, NULL, &error));
    MUST(etwi_registry_lock(session->registry, &error));
    session->id = etwi_registry_add(session->registry, etwi_registry_free_id(session->registry));
    geometry.logger_id = geometry.guid.data1 = session->id.logger_id;
    geometry.guid.data4[0] = 7;
    etwi_registry_path(session->registry, session->id.logger_id, NULL, path);
    MUST(etwi_session_folder_make(path, &ctl, &error));
    MUST(etwi_session_pool_make(path, &pool, &error));
    MUST(
        etwi_mapping_create(&session->mapping, ctl.handle, pool.handle, &geometry, "live", &error));
    MUST(etwi_client_join(&session->mapping, ETWI_CLIENT_CONTROLLER, &error));
    MUST(etwi_enable_table_read(&session->table, path, NULL, &error));
    session->table.session = geometry.guid;
    etwi_mapping_set_state(&session->mapping, ETWI_SESSION_RUNNING);
    etwi_registry_unlock(session->registry);
    etwi_registry_announce(session->registry);
}

void live_start(live_session *session, etw_clock_type clock, uint32_t buffer_size,
                uint32_t buffer_count)
{
    const etwi_geometry geometry = geometry_of(clock, buffer_size, buffer_count);
    start(session, &geometry);
}

etwi_mapping live_private_memory(void)
{
    etw_error error = {.message = ""};
    etwi_mapping mapping;
    const etwi_geometry geometry = geometry_of(ETW_CLOCK_QPC, 0, 16);
    MUST(etwi_mapping_create(&mapping, -1, -1, &geometry, "private", &error));
    MUST(etwi_client_join(&mapping, ETWI_CLIENT_PROVIDER, &error));
    etwi_mapping_set_state(&mapping, ETWI_SESSION_RUNNING);
    return mapping;
}

void live_stop(live_session *session)
{
    etw_error error = {.message = ""};
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_mapping_set_state(&session->mapping, ETWI_SESSION_STOPPING);
    etwi_slots_close(&session->mapping, 100);
    etwi_mapping_set_state(&session->mapping, ETWI_SESSION_STOPPED);
    MUST(etwi_registry_lock(session->registry, &error));
    etwi_registry_path(session->registry, session->id.logger_id, NULL, path);
    etwi_session_folder_remove(path);
    etwi_registry_remove(session->registry, session->id);
    etwi_registry_unlock(session->registry);
    etwi_registry_announce(session->registry);
    etwi_enable_table_free(&session->table);
    etwi_mapping_close(&session->mapping);
    etwi_registry_close(&session->registry);
}

static void put_into_effect(live_session *session, bool waits)
{
    etw_error error = {.message = ""};
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_registry_path(session->registry, session->id.logger_id, NULL, path);
    MUST(etwi_enable_table_write(&session->table, path, &error));
    const uint32_t generation = etwi_registry_announce(session->registry);
    if (waits)
        MUST(etwi_cards_wait(session->registry, NULL, generation, 5000, &error));
}

void live_enable(live_session *session, const etw_enable_parameters *parameters, bool waits)
{
    etw_error error = {.message = ""};
    MUST(etwi_enable_table_set(&session->table, parameters, &error));
    put_into_effect(session, waits);
}

void live_enable_plain(live_session *session, const etw_guid *provider, uint8_t level,
                       uint64_t any_keyword)
{
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = *provider,
                                              .level = level,
                                              .match_any_keyword = any_keyword};
    live_enable(session, &parameters, true);
}

void live_disable(live_session *session, const etw_guid *provider, bool waits)
{
    etwi_enable_table_remove(&session->table, provider);
    put_into_effect(session, waits);
}

void live_capture_state(live_session *session, const etw_guid *provider, bool waits)
{
    etwi_enable *enable = etwi_enable_table_find(&session->table, provider);
    if (!enable)
        etlb_fail("the provider is not enabled");
    enable->capture = ++session->table.changes;
    put_into_effect(session, waits);
}

static size_t events_of_buffer(const live_session *session, const uint8_t *buffer, etw_event *out,
                               size_t count, size_t max)
{
    static etw_trace_info trace;
    trace.pointer_size = sizeof(void *);
    trace.clock.type = session->mapping.geometry.clock_type;
    trace.clock.frequency = session->mapping.geometry.clock_frequency;
    trace.clock.start_raw = session->mapping.geometry.clock_start_raw;
    trace.clock.start_time = session->mapping.geometry.clock_start_time;
    const etwi_tick_scale scale = etwi_tick_scale_of(&trace.clock);
    const etwi_record_context context = {
        .trace = &trace, .scale = &scale, .logger_id = (uint16_t)session->id.logger_id};
    const uint32_t end = etwi_load_u32(buffer + BUFFER_CURRENT_OFFSET);
    const uint32_t size = session->mapping.geometry.buffer_size;
    uint32_t at = BUFFER_HEADER_SIZE;
    etwi_record_peek peek;
    while (at < end && end <= size && etwi_record_peek_at(&peek, buffer + at, end - at)) {
        if (count < max)
            etwi_record_parse(&out[count], buffer + at, &peek, 0, &context);
        count++;
        at += (peek.size + 7) & ~7u;
    }
    return count;
}

size_t live_events(live_session *session, etw_event *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < session->mapping.geometry.buffer_count; i++) {
        const uint64_t word = atomic_load(&session->mapping.descriptors[i]);
        if (etwi_descriptor_state(word) != ETWI_BUFFER_FREE)
            count = events_of_buffer(session, etwi_mapping_buffer(&session->mapping, i), out, count,
                                     max);
    }
    return count;
}

etwi_mapping_counts live_counts(const live_session *session)
{
    etwi_mapping_counts counts;
    etwi_mapping_count(&session->mapping, &counts);
    return counts;
}
