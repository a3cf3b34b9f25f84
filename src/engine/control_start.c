/* Starting sessions. */
#include "engine/control.h"

#include "base/error.h"
#include "engine/client.h"
#include "engine/keeper.h"
#include "engine/leftovers.h"
#include "engine/log_file.h"
#include "os/output.h"

#include <stdio.h>
#include <string.h>

/* What is made of the options. */
typedef struct start_plan {
    const etw_session_options *options;
    etwi_geometry geometry;
    etwi_log_kind log_kind;
    char log_file[ETWI_CTL_PATH_SIZE]; /* An absolute path; empty if there is none. */
} start_plan;

static etwi_pool_kind pool_kind_of(const start_plan *plan)
{
    if (plan->log_kind == ETWI_LOG_DIRECT)
        return plan->geometry.mode & ETW_MODE_CIRCULAR ? ETWI_POOL_DIRECT_CIRCULAR
                                                       : ETWI_POOL_DIRECT;
    return plan->geometry.mode & ETW_MODE_BUFFERING ? ETWI_POOL_RECYCLING : ETWI_POOL_RING;
}

static etw_status set_clock(etwi_geometry *geometry, etw_clock_type type, etw_error *error)
{
    geometry->clock_type = type ? type : ETW_CLOCK_QPC;
    geometry->clock_frequency = ETW_TICKS_PER_SECOND;
    geometry->clock_start_time = etwi_clock_filetime();
    if (geometry->clock_type == ETW_CLOCK_SYSTEM_TIME) {
        geometry->clock_start_raw = (int64_t)geometry->clock_start_time;
    } else if (geometry->clock_type == ETW_CLOCK_QPC) {
        geometry->clock_start_raw = etwi_clock_monotonic();
    } else {
        geometry->clock_frequency = etwi_clock_cycles_frequency();
        geometry->clock_start_raw = (int64_t)etwi_clock_cycles();
        if (!geometry->clock_frequency)
            return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                             "the processor has no counter that does for a clock");
    }
    return ETW_OK;
}

static bool is_null(const etw_guid *guid)
{
    static const etw_guid null;
    return etw_guid_equal(guid, &null);
}

/* Random enough to differ from all others: the place does the rest. */
static etw_guid make_guid(void)
{
    char text[96];
    const int size =
        snprintf(text, sizeof text, "session %u.%llu.%lld", etwi_process_id(),
                 (unsigned long long)etwi_clock_filetime(), (long long)etwi_clock_monotonic());
    return etw_guid_from_name((etw_str){text, (size_t)size});
}

static etw_status make_plan(start_plan *out, const etw_session_options *options, etw_error *error)
{
    etwi_geometry *geometry = &out->geometry;
    memset(out, 0, sizeof *out);
    out->options = options;
    if (strlen(options->name) >= ETWI_CTL_NAME_SIZE)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the name of the session is too long");
    if (options->log_file && options->log_file[0])
        ETWI_TRY(etwi_log_path(out->log_file, options->log_file, error));
    geometry->mode = options->mode;
    out->log_kind = etwi_log_kind_of(options->mode, out->log_file[0] != '\0');
    if (options->mode & ETW_MODE_CIRCULAR && !options->maximum_file_size)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "a circular log file needs a maximum size");
    geometry->pool_kind = pool_kind_of(out);
    geometry->buffer_size = options->buffer_size;
    geometry->buffer_count = options->maximum_buffers;
    geometry->minimum_buffers = options->minimum_buffers;
    geometry->cpu_count =
        options->mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING ? 1 : etwi_cpu_count();
    geometry->slots_per_cpu = ETWI_SLOTS_PER_CPU;
    geometry->guid = is_null(&options->guid) ? make_guid() : options->guid;
    geometry->kernel_flags = options->kernel_flags;
    geometry->pid_namespace = etwi_process_namespace();
    geometry->owner_pid = etwi_process_id();
    geometry->owner_start_time = etwi_process_start_time(geometry->owner_pid);
    etwi_boot_id(geometry->boot_id);
    return set_clock(geometry, options->clock, error);
}

/* What changes while a session runs. */
static void set_words(etwi_mapping *mapping, const start_plan *plan)
{
    etwi_ctl_header *header = mapping->header;
    const bool is_direct = plan->log_kind == ETWI_LOG_DIRECT;
    atomic_store(&header->maximum_buffers,
                 is_direct ? mapping->geometry.buffer_count : plan->options->maximum_buffers);
    atomic_store(&header->flush_timer_ms, plan->options->flush_timer_ms);
    atomic_store(&header->maximum_file_size, plan->options->maximum_file_size);
    etwi_mapping_set_log_file(mapping, plan->log_file);
}

/* A log file that was made for a session that did not come to be holds nothing. */
static void remove_log(const start_plan *plan)
{
    if (plan->log_kind == ETWI_LOG_DIRECT && !(plan->geometry.mode & ETW_MODE_APPEND))
        etwi_file_remove(plan->log_file);
}

/* ---- shared sessions ------------------------------------------------------------------------- */

/* Makes the pool of a session, a file of the folder or the log file. */
static etw_status make_pool(etwi_file *out, const char *folder, start_plan *plan, etw_error *error)
{
    if (plan->log_kind != ETWI_LOG_DIRECT)
        return etwi_session_pool_make(folder, out, error);
    ETWI_TRY(etwi_log_pool_create(out, &plan->geometry, plan->options->name, plan->log_file,
                                  plan->options->maximum_file_size, error));
    const etw_status status = etwi_session_log_note(folder, out, plan->log_file, error);
    if (status != ETW_OK) {
        etwi_file_close(out);
        remove_log(plan);
    }
    return status;
}

/* Makes all that is in the folder of a session. */
static etw_status make_memory(etwi_mapping *out, const char *folder, start_plan *plan,
                              etw_error *error)
{
    etwi_file ctl, pool;
    const etwi_enable_table nothing = {.arena.allocator = etwi_allocator_or_default(NULL),
                                       .session = plan->geometry.guid};
    ETWI_TRY(etwi_session_folder_make(folder, &ctl, error));
    etw_status status = make_pool(&pool, folder, plan, error);
    if (status != ETW_OK) {
        etwi_file_close(&ctl);
        return status;
    }
    status = etwi_mapping_create(out, ctl.handle, pool.handle, &plan->geometry, plan->options->name,
                                 error);
    if (status == ETW_OK) {
        set_words(out, plan);
        status = etwi_enable_table_write(&nothing, folder, error);
        if (status == ETW_OK)
            status = etwi_client_join(out, ETWI_CLIENT_CONTROLLER, error);
        if (status != ETW_OK)
            etwi_mapping_close(out);
    }
    if (status != ETW_OK)
        remove_log(plan);
    return status;
}

/* With the registry's lock. */
static etw_status start_locked(etwi_engine_session *session, start_plan *plan, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_path_info info;
    etwi_session_id other;
    if (etwi_control_find(session->registry, plan->options->name, &other))
        return etwi_fail(error, ETW_E_EXISTS, ETW_NO_OFFSET,
                         "there is a session named \"%.100s\" already", plan->options->name);
    ETWI_TRY(etwi_control_check_log_file(session->registry, 0, plan->log_file, error));
    const uint32_t id = etwi_registry_free_id(session->registry);
    if (!id)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "there are %d sessions already: stop or prune some", ETW_SESSIONS_MAX);
    plan->geometry.logger_id = id;
    etwi_registry_path(session->registry, id, NULL, folder);
    if (etwi_path_look(folder, &info))
        etwi_leftovers_take(folder); // Of one who died amid starting or stopping.
    const etw_status status = make_memory(&session->mapping, folder, plan, error);
    if (status != ETW_OK) {
        etwi_session_folder_remove(folder);
        return status;
    }
    etwi_mapping_set_state(&session->mapping, ETWI_SESSION_RUNNING);
    session->id = etwi_registry_add(session->registry, id);
    etwi_registry_announce(session->registry);
    return ETW_OK;
}

static etw_status start_shared(etwi_engine_session *session, start_plan *plan, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(etwi_registry_open(&session->registry, &session->allocator, error));
    ETWI_TRY(etwi_registry_lock(session->registry, error));
    etw_status status = start_locked(session, plan, error);
    etwi_registry_unlock(session->registry);
    ETWI_TRY(status);
    etwi_control_folder(session, folder);
    status = etwi_keeper_ensure(folder, &session->mapping, error);
    if (status != ETW_OK)
        (void)etwi_control_end(session->registry, session->id, &session->mapping, NULL, NULL);
    return status;
}

/* ---- private sessions ------------------------------------------------------------------------ */

static etw_status make_private_memory(etwi_mapping *out, start_plan *plan, etw_error *error)
{
    etwi_file pool = {.handle = -1};
    if (plan->log_kind == ETWI_LOG_DIRECT)
        ETWI_TRY(etwi_log_pool_create(&pool, &plan->geometry, plan->options->name, plan->log_file,
                                      plan->options->maximum_file_size, error));
    etw_status status =
        etwi_mapping_create(out, -1, pool.handle, &plan->geometry, plan->options->name, error);
    if (status == ETW_OK) {
        set_words(out, plan);
        status = etwi_client_join(out, ETWI_CLIENT_PROVIDER, error);
        if (status != ETW_OK)
            etwi_mapping_close(out);
    }
    if (status != ETW_OK)
        remove_log(plan);
    return status;
}

static etw_status start_private(etwi_engine_session *session, start_plan *plan, etw_error *error)
{
    etwi_mapping mapping;
    if (plan->log_kind == ETWI_LOG_NONE || plan->geometry.mode & ETW_MODE_REAL_TIME)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "a private session has a log file and no real-time consumers");
    ETWI_TRY(make_private_memory(&mapping, plan, error));
    etw_status status = etwi_private_add(&session->own, &mapping, error);
    if (status != ETW_OK) {
        etwi_mapping_close(&mapping);
        remove_log(plan);
        return status;
    }
    if (plan->log_kind == ETWI_LOG_KEPT)
        status = etwi_keeper_start(&session->keeper, etwi_control_memory(session), error);
    if (status == ETW_OK)
        etwi_mapping_set_state(etwi_control_memory(session), ETWI_SESSION_RUNNING);
    else
        etwi_private_remove(session->own);
    return status;
}

etw_status etwi_engine_start(etwi_engine_session **out, const etw_session_options *options,
                             etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(options->allocator);
    const bool is_private = options->mode & (ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS);
    *out = NULL;
    start_plan *plan = etwi_alloc(&memory, sizeof *plan);
    etwi_engine_session *session = etwi_alloc_zeroed(&memory, sizeof *session);
    etw_status status = plan && session ? ETW_OK : etwi_fail_nomem(error);
    if (session)
        session->allocator = memory;
    if (status == ETW_OK)
        status = make_plan(plan, options, error);
    if (status == ETW_OK)
        status = (is_private ? start_private : start_shared)(session, plan, error);
    etwi_free(&memory, plan, sizeof *plan);
    if (status == ETW_OK) {
        *out = session;
        return ETW_OK;
    }
    if (session) {
        session->has_ended = true;
        etwi_engine_close(&session);
    }
    return status;
}
