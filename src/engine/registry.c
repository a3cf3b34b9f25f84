#include "engine/registry.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/leftovers.h"
#include "os/private.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    REGISTRY_ABI = 1,
    LOCK_PATIENCE_MS = 10000, /* Nobody has the lock for long, unless he is stopped. */
};

#define REGISTRY_MAGIC UINT64_C(0x3167657257544521) /* "!ETWreg1" */

/* Byte locks on the file, far behind its end. */
#define LOCK_CONTROL \
    UINT64_C(0x70000000)                /* Of who starts or ends sessions, makes or takes cards. */
#define LOCK_USERS UINT64_C(0x70000001) /* Shared by all who have the page mapped. */

/* The page. Words that are waited for are on lines of their own. */
typedef struct registry_page {
    _Atomic uint64_t magic; /* Stored last: the page is complete. */
    uint32_t abi;
    uint32_t padding;
    uint8_t boot_id[16];
    _Atomic uint64_t last_serial;
    uint8_t padding_to_64[24];
    _Atomic uint32_t generation;
    uint8_t padding_to_128[60];
    _Atomic uint32_t acknowledgements; /* Changes when a card acknowledges a generation. */
    uint8_t padding_to_192[60];
    _Atomic uint64_t sessions[ETW_SESSIONS_MAX]; /* Serials; 0 for ids that are free. */
} registry_page;

_Static_assert(offsetof(registry_page, last_serial) == 32, "last_serial");
_Static_assert(offsetof(registry_page, generation) == 64, "generation");
_Static_assert(offsetof(registry_page, acknowledgements) == 128, "acknowledgements");
_Static_assert(offsetof(registry_page, sessions) == 192, "sessions");
_Static_assert(sizeof(registry_page) == 704, "registry");

struct etwi_registry {
    etw_allocator allocator;
    char folder[ETWI_RUNTIME_FOLDER_MAX];
    etwi_file file;
    registry_page *page;
};

/* ---- opening --------------------------------------------------------------------------------- */

static bool is_of_this_boot(const registry_page *page)
{
    static const uint8_t unknown[16];
    uint8_t now[16];
    etwi_boot_id(now);
    return memcmp(page->boot_id, now, sizeof now) == 0 || memcmp(now, unknown, sizeof now) == 0;
}

static bool is_current(const registry_page *page)
{
    return atomic_load_explicit(&page->magic, memory_order_acquire) == REGISTRY_MAGIC &&
           page->abi == REGISTRY_ABI && is_of_this_boot(page);
}

/* Whatever is in the folder is nobody's: makes an empty registry of it. */
static void renew(etwi_registry *registry)
{
    registry_page *page = registry->page;
    etwi_leftovers_clear(registry->folder);
    memset((void *)page, 0, sizeof *page);
    page->abi = REGISTRY_ABI;
    etwi_boot_id(page->boot_id);
    atomic_store_explicit(&page->magic, REGISTRY_MAGIC, memory_order_release);
}

/* With the control lock held. */
static etw_status enter(etwi_registry *registry, etw_error *error)
{
    const intptr_t handle = registry->file.handle;
    ETWI_TRY(etwi_shared_allocate(handle, 0, sizeof *registry->page, error));
    ETWI_TRY(
        etwi_shared_map((void **)&registry->page, handle, sizeof *registry->page, true, error));
    if (!is_current(registry->page)) {
        if (etwi_lock_try(handle, LOCK_USERS) != ETWI_LOCK_TAKEN)
            return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                             "%s is in use by another version of libetw: stop its sessions, or set "
                             "ETW_RUNTIME_DIR to another folder",
                             registry->folder);
        renew(registry);
    }
    if (etwi_lock_share(handle, LOCK_USERS) != ETWI_LOCK_TAKEN)
        return etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "%s/registry cannot be locked",
                         registry->folder);
    return ETW_OK;
}

static etw_status open_page(etwi_registry *registry, etw_error *error)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(etwi_runtime_folder(registry->folder, error));
    etwi_registry_file(registry, "registry", path);
    ETWI_TRY(etwi_private_open(&registry->file, path, ETWI_OPEN_WRITE | ETWI_OPEN_CREATE, error));
    ETWI_TRY(etwi_registry_lock(registry, error));
    const etw_status status = enter(registry, error);
    etwi_registry_unlock(registry);
    return status;
}

etw_status etwi_registry_open(etwi_registry **out, const etw_allocator *allocator, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(allocator);
    *out = NULL;
    etwi_registry *registry = etwi_alloc_zeroed(&memory, sizeof *registry);
    if (!registry)
        return etwi_fail_nomem(error);
    registry->allocator = memory;
    registry->file.handle = -1;
    const etw_status status = open_page(registry, error);
    if (status == ETW_OK)
        *out = registry;
    else
        etwi_registry_close(&registry);
    return status;
}

void etwi_registry_close(etwi_registry **registry)
{
    etwi_registry *gone = *registry;
    *registry = NULL;
    if (!gone)
        return;
    if (gone->page)
        etwi_shared_unmap(gone->page, sizeof *gone->page);
    if (gone->file.handle >= 0)
        etwi_file_close(&gone->file);
    const etw_allocator memory = gone->allocator;
    etwi_free(&memory, gone, sizeof *gone);
}

etw_status etwi_registry_lock(etwi_registry *registry, etw_error *error)
{
    if (etwi_lock_wait_for(registry->file.handle, LOCK_CONTROL, LOCK_PATIENCE_MS))
        return ETW_OK;
    return etwi_fail(error, ETW_E_TIMEOUT, ETW_NO_OFFSET,
                     "%s/registry is locked by another process, which may be stopped",
                     registry->folder);
}

void etwi_registry_unlock(etwi_registry *registry)
{
    etwi_lock_release(registry->file.handle, LOCK_CONTROL);
}

/* ---- what changes ---------------------------------------------------------------------------- */

_Atomic uint32_t *etwi_registry_generation(etwi_registry *registry)
{
    return &registry->page->generation;
}

uint32_t etwi_registry_announce(etwi_registry *registry)
{
    const uint32_t generation = atomic_fetch_add(&registry->page->generation, 1) + 1;
    etwi_word_wake(&registry->page->generation, true);
    return generation;
}

_Atomic uint32_t *etwi_registry_acknowledgements(etwi_registry *registry)
{
    return &registry->page->acknowledgements;
}

/* ---- sessions -------------------------------------------------------------------------------- */

size_t etwi_registry_sessions(const etwi_registry *registry, etwi_session_id out[ETW_SESSIONS_MAX])
{
    size_t count = 0;
    for (uint32_t i = 0; i < ETW_SESSIONS_MAX; i++) {
        const uint64_t serial = atomic_load(&registry->page->sessions[i]);
        if (serial)
            out[count++] = (etwi_session_id){serial, i + 1};
    }
    return count;
}

bool etwi_registry_has(const etwi_registry *registry, etwi_session_id session)
{
    return session.logger_id >= 1 && session.logger_id <= ETW_SESSIONS_MAX && session.serial &&
           atomic_load(&registry->page->sessions[session.logger_id - 1]) == session.serial;
}

uint32_t etwi_registry_free_id(const etwi_registry *registry)
{
    for (uint32_t i = 0; i < ETW_SESSIONS_MAX; i++)
        if (!atomic_load(&registry->page->sessions[i]))
            return i + 1;
    return 0;
}

etwi_session_id etwi_registry_add(etwi_registry *registry, uint32_t logger_id)
{
    const uint64_t serial = atomic_fetch_add(&registry->page->last_serial, 1) + 1;
    atomic_store(&registry->page->sessions[logger_id - 1], serial);
    return (etwi_session_id){serial, logger_id};
}

void etwi_registry_remove(etwi_registry *registry, etwi_session_id session)
{
    if (etwi_registry_has(registry, session))
        atomic_store(&registry->page->sessions[session.logger_id - 1], 0);
}

/* ---- paths ----------------------------------------------------------------------------------- */

void etwi_registry_path(const etwi_registry *registry, uint32_t logger_id, const char *file,
                        char out[ETWI_RUNTIME_PATH_MAX])
{
    snprintf(out, ETWI_RUNTIME_PATH_MAX, "%s/sessions/%u%s%s", registry->folder,
             (unsigned)logger_id, file ? "/" : "", file ? file : "");
}

void etwi_registry_file(const etwi_registry *registry, const char *file,
                        char out[ETWI_RUNTIME_PATH_MAX])
{
    snprintf(out, ETWI_RUNTIME_PATH_MAX, "%s/%s", registry->folder, file);
}
