#include "engine/private.h"

#include "base/error.h"
#include "os/private.h"

#include <string.h>

struct etwi_private {
    etwi_mapping mapping;
    etwi_buffer enables; /* The bytes of the table, so that changes leave nothing behind. */
    unsigned holders;    /* Under the lock, as all here. */
};

/*
 * The sessions are this process's, so they are kept for the process. The lock is the id of the
 * process whose thread has it: the child of a fork takes it from a thread that it does not have.
 */
static _Atomic uint32_t lock;
static etwi_private *sessions[ETWI_PRIVATE_MAX];
static void (*_Atomic on_change)(void);

static void take_lock(void)
{
    const uint32_t mine = etwi_process_id();
    uint32_t seen = 0;
    while (!atomic_compare_exchange_weak(&lock, &seen, mine)) {
        if (seen == mine) {
            etwi_sleep_ms(1);
            seen = 0;
        }
    }
}

static void release_lock(void)
{
    atomic_store(&lock, 0);
}

static void tell(void)
{
    void (*changed)(void) = atomic_load(&on_change);
    if (changed)
        changed();
}

void etwi_private_on_change(void (*changed)(void))
{
    atomic_store(&on_change, changed);
}

size_t etwi_private_list(etwi_private *out[ETWI_PRIVATE_MAX])
{
    size_t count = 0;
    take_lock();
    for (size_t i = 0; i < ETWI_PRIVATE_MAX; i++) {
        if (!sessions[i])
            continue;
        sessions[i]->holders++;
        out[count++] = sessions[i];
    }
    release_lock();
    return count;
}

void etwi_private_release(etwi_private *session)
{
    take_lock();
    const bool is_last = --session->holders == 0;
    release_lock();
    if (!is_last)
        return;
    etwi_mapping_close(&session->mapping);
    const etw_allocator allocator = session->enables.allocator;
    etwi_buffer_free(&session->enables);
    etwi_free(&allocator, session, sizeof *session);
}

etwi_mapping *etwi_private_mapping(etwi_private *session)
{
    return &session->mapping;
}

etw_status etwi_private_enables(etwi_private *session, etwi_enable_table *out,
                                const etw_allocator *allocator, etw_error *error)
{
    take_lock();
    const etw_bytes bytes = {(const uint8_t *)session->enables.data, session->enables.size};
    const etw_status status = etwi_enable_table_parse(out, bytes, allocator, error);
    release_lock();
    return status;
}

/* A free place, by which private sessions are counted. */
static bool put(etwi_private *session)
{
    bool found = false;
    take_lock();
    for (size_t i = 0; i < ETWI_PRIVATE_MAX && !found; i++) {
        found = !sessions[i];
        if (found)
            sessions[i] = session;
    }
    release_lock();
    return found;
}

etw_status etwi_private_add(etwi_private **out, etwi_mapping *mapping, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    *out = NULL;
    etwi_private *session = etwi_alloc_zeroed(&memory, sizeof *session);
    if (!session)
        return etwi_fail_nomem(error);
    session->enables.allocator = memory;
    session->holders = 1;
    session->mapping = *mapping;
    if (!put(session)) {
        etwi_free(&memory, session, sizeof *session);
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the process has %d private sessions already", ETWI_PRIVATE_MAX);
    }
    memset(mapping, 0, sizeof *mapping);
    *out = session;
    tell();
    return ETW_OK;
}

etw_status etwi_private_set_enables(etwi_private *session, const etwi_enable_table *table,
                                    etw_error *error)
{
    etwi_buffer bytes = {.allocator = session->enables.allocator};
    const etw_status status = etwi_enable_table_format(table, &bytes, error);
    if (status == ETW_OK) {
        take_lock();
        const etwi_buffer old = session->enables;
        session->enables = bytes;
        bytes = old;
        release_lock();
    }
    etwi_buffer_free(&bytes);
    if (status == ETW_OK)
        tell();
    return status;
}

void etwi_private_remove(etwi_private *session)
{
    take_lock();
    for (size_t i = 0; i < ETWI_PRIVATE_MAX; i++)
        if (sessions[i] == session)
            sessions[i] = NULL;
    release_lock();
    tell();
}
