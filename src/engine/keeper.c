#include "engine/keeper.h"

#include "base/error.h"
#include "engine/client.h"
#include "engine/fork_guard.h"
#include "engine/keep.h"
#include "engine/log_file.h"
#include "os/private.h"
#include "os/process.h"
#include "os/program.h"

#include <stdio.h>
#include <string.h>

enum {
    FINISH_PATIENCE_MS = 20000, /* Of who stops a session, for its keeper. */
    LOOK_INTERVAL_MS = 5,
};

/* Files in the folder of the session: keeping was begun; it was ended, and the file is complete. */
static const char BEGUN[] = "keeping";
static const char ENDED[] = "kept";

static bool has_mark(const char *folder, const char *mark)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_path_info info;
    etwi_session_file(folder, mark, path);
    return etwi_path_look(path, &info);
}

static void set_mark(const char *folder, const char *mark)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_file file;
    etwi_session_file(folder, mark, path);
    if (etwi_private_open(&file, path, ETWI_OPEN_WRITE | ETWI_OPEN_CREATE, NULL) == ETW_OK)
        etwi_file_close(&file);
}

/* ---- keeping a shared session ---------------------------------------------------------------- */

/* A keeping of a shared session, with a mapping of its own. */
typedef struct shared_keeping {
    etwi_mapping mapping;
    etwi_fork_guard guard;
    etwi_keeping keeping;
    char folder[ETWI_RUNTIME_PATH_MAX];
} shared_keeping;

/* The files are open and guarded together, and so they are closed. */
static etw_status open_shared(shared_keeping *out, const char *folder, etw_error *error)
{
    ETWI_TRY(etwi_fork_guard_enter(error));
    const etw_status status = etwi_session_folder_open(&out->mapping, folder, error);
    if (status == ETW_OK)
        etwi_fork_guard_add(&out->guard, &out->mapping);
    etwi_fork_guard_leave();
    return status;
}

static void close_shared(shared_keeping *kept)
{
    if (etwi_fork_guard_enter(NULL) != ETW_OK)
        return;
    etwi_fork_guard_remove(&kept->guard);
    etwi_mapping_close(&kept->mapping);
    etwi_fork_guard_leave();
}

/* ETW_E_EXISTS if somebody else keeps it. */
static etw_status begin_shared(shared_keeping *out, const char *folder, etw_error *error)
{
    snprintf(out->folder, sizeof out->folder, "%s", folder);
    ETWI_TRY(open_shared(out, folder, error));
    etw_status status = ETW_OK;
    if (etwi_lock_try(out->mapping.ctl_handle, ETWI_LOCK_KEEPER) != ETWI_LOCK_TAKEN)
        status = etwi_fail(error, ETW_E_EXISTS, ETW_NO_OFFSET, "the session has a keeper");
    if (status == ETW_OK)
        status = etwi_client_join(&out->mapping, ETWI_CLIENT_KEEPER, error);
    if (status == ETW_OK)
        status = etwi_keep_begin(&out->keeping, &out->mapping, has_mark(folder, BEGUN), error);
    if (status == ETW_OK)
        set_mark(folder, BEGUN);
    else
        close_shared(out);
    return status;
}

static etw_status run_shared(shared_keeping *kept, etw_error *error)
{
    etw_status status = etwi_keep_run(&kept->keeping, error);
    const etw_status ended = etwi_keep_end(&kept->keeping, status == ETW_OK ? error : NULL);
    if (status == ETW_OK)
        status = ended;
    set_mark(kept->folder, ENDED);
    close_shared(kept);
    return status;
}

etw_status etwi_keeper_main(const char *folder, void (*ready)(void *user), void *user,
                            etw_error *error)
{
    shared_keeping kept;
    const etw_status status = begin_shared(&kept, folder, error);
    if (status == ETW_OK || status == ETW_E_EXISTS)
        ready(user);
    if (status == ETW_E_EXISTS)
        return ETW_OK;
    ETWI_TRY(status);
    return run_shared(&kept, error);
}

/* ---- the program ----------------------------------------------------------------------------- */

static bool run_program(const char *path, const char *folder)
{
    const char *const arguments[] = {path, folder, NULL};
    int exit_code = -1;
    return path && path[0] && etwi_program_run(path, arguments, &exit_code, NULL) == ETW_OK &&
           exit_code <= 0;
}

/* Where the program may be: only one that can be run counts. */
static bool start_program(const char *folder)
{
    static const char *const places[] = {ETWI_KEEPER_BUILT, ETWI_KEEPER_INSTALLED};
    const char *named = etwi_trusted_variable("ETW_KEEPER");
    if (named)
        return run_program(named, folder);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (run_program(places[i], folder))
            return true;
    return false;
}

/* ---- threads --------------------------------------------------------------------------------- */

static void run_detached(void *argument)
{
    shared_keeping *kept = argument;
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    (void)run_shared(kept, NULL);
    etwi_free(&memory, kept, sizeof *kept);
}

/* Nobody waits for the thread: it ends with the session, or with the process. */
static etw_status start_thread(const char *folder, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    shared_keeping *kept = etwi_alloc_zeroed(&memory, sizeof *kept);
    if (!kept)
        return etwi_fail_nomem(error);
    etw_status status = begin_shared(kept, folder, error);
    if (status == ETW_OK && !etwi_thread_start_detached(run_detached, kept)) {
        (void)etwi_keep_end(&kept->keeping, NULL);
        close_shared(kept);
        status = etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the system has no more threads");
    }
    if (status != ETW_OK)
        etwi_free(&memory, kept, sizeof *kept);
    return status == ETW_E_EXISTS ? ETW_OK : status;
}

static bool is_kept(const etwi_mapping *mapping)
{
    return etwi_lock_is_held(mapping->ctl_handle, ETWI_LOCK_KEEPER);
}

static bool needs_keeper(const etwi_mapping *mapping)
{
    char path[ETWI_CTL_PATH_SIZE];
    etwi_mapping_log_file(mapping, path);
    return etwi_log_kind_of(mapping->geometry.mode, path[0] != '\0') == ETWI_LOG_KEPT;
}

etw_status etwi_keeper_ensure(const char *folder, const etwi_mapping *mapping, etw_error *error)
{
    if (!needs_keeper(mapping) || is_kept(mapping) ||
        etwi_mapping_state(mapping) != ETWI_SESSION_RUNNING)
        return ETW_OK;
    // The thread also says why the file cannot be opened, which the program cannot.
    if (start_program(folder) && is_kept(mapping))
        return ETW_OK;
    return start_thread(folder, error);
}

etw_status etwi_keeper_finish(const char *folder, etwi_mapping *mapping, etw_error *error)
{
    shared_keeping kept;
    const uint64_t deadline = etwi_now_ms() + FINISH_PATIENCE_MS;
    if (!needs_keeper(mapping))
        return ETW_OK;
    for (;;) {
        const bool was_kept = is_kept(mapping);
        if (has_mark(folder, ENDED))
            return ETW_OK;
        if (!was_kept)
            break;
        if (etwi_now_ms() >= deadline)
            return etwi_fail(error, ETW_E_TIMEOUT, ETW_NO_OFFSET,
                             "the keeper of the session does not end; the log file lacks what it "
                             "did not write");
        etwi_sleep_ms(LOOK_INTERVAL_MS);
    }
    const etw_status status = begin_shared(&kept, folder, error);
    if (status == ETW_E_EXISTS)
        return ETW_OK; // Somebody else who stops the session does the same.
    ETWI_TRY(status);
    return run_shared(&kept, error);
}

/* The bit of the keeper in the masks of buffers; 0 if there is none. A private session has no other
 * consumer. */
static uint32_t keeper_bit(const etwi_mapping *mapping)
{
    if (mapping->is_private)
        return UINT8_MAX;
    for (uint32_t i = 0; i < ETWI_CONSUMERS_MAX; i++) {
        const uint32_t client = atomic_load(&mapping->consumers[i].client);
        if (client && client <= ETWI_CLIENTS_MAX &&
            atomic_load(&mapping->clients[client - 1].kind) == ETWI_CLIENT_KEEPER)
            return UINT32_C(1) << i;
    }
    return 0;
}

static bool has_work(const etwi_mapping *mapping)
{
    const uint32_t bit = keeper_bit(mapping);
    for (uint32_t i = 0; i < mapping->geometry.buffer_count; i++) {
        const uint64_t descriptor = atomic_load(&mapping->descriptors[i]);
        const etwi_buffer_state state = etwi_descriptor_state(descriptor);
        if ((state == ETWI_BUFFER_FULL || state == ETWI_BUFFER_READ) &&
            etwi_descriptor_consumers(descriptor) & bit)
            return true;
    }
    return atomic_load(&mapping->header->in_hand) != 0;
}

void etwi_keeper_catch_up(const etwi_mapping *mapping, uint32_t timeout_ms)
{
    const uint64_t deadline = etwi_now_ms() + timeout_ms;
    while (needs_keeper(mapping) && has_work(mapping) && etwi_now_ms() < deadline &&
           (mapping->is_private || is_kept(mapping)))
        etwi_sleep_ms(1);
}

/* ---- private sessions ------------------------------------------------------------------------ */

struct etwi_keeper {
    etwi_thread *thread;
    etwi_keeping keeping;
    etw_status status;
    etw_error error;
};

static void run_private(void *argument)
{
    etwi_keeper *keeper = argument;
    keeper->status = etwi_keep_run(&keeper->keeping, &keeper->error);
}

etw_status etwi_keeper_start(etwi_keeper **out, etwi_mapping *mapping, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    *out = NULL;
    etwi_keeper *keeper = etwi_alloc_zeroed(&memory, sizeof *keeper);
    if (!keeper)
        return etwi_fail_nomem(error);
    etw_status status = etwi_keep_begin(&keeper->keeping, mapping, false, error);
    if (status == ETW_OK) {
        keeper->thread = etwi_thread_start_quiet(run_private, keeper);
        if (!keeper->thread) {
            (void)etwi_keep_end(&keeper->keeping, NULL);
            status = etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the system has no more threads");
        }
    }
    if (status == ETW_OK)
        *out = keeper;
    else
        etwi_free(&memory, keeper, sizeof *keeper);
    return status;
}

etw_status etwi_keeper_join(etwi_keeper **keeper, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    etwi_keeper *ended = *keeper;
    *keeper = NULL;
    if (!ended)
        return ETW_OK;
    etwi_thread_join(ended->thread);
    etw_status status = ended->status;
    if (status != ETW_OK && error)
        *error = ended->error;
    const etw_status closed = etwi_keep_end(&ended->keeping, status == ETW_OK ? error : NULL);
    etwi_free(&memory, ended, sizeof *ended);
    return status != ETW_OK ? status : closed;
}
