#include "engine/mapping.h"

#include "base/error.h"
#include "engine/client.h"
#include "os/os.h"
#include "os/private.h"

#include <string.h>

/* Why a geometry makes no sense, or NULL. */
static const char *problem_of(const etwi_geometry *geometry)
{
    const etwi_geometry *g = geometry;
    if (g->buffer_size < ETWI_BUFFER_SIZE_MIN || g->buffer_size > ETWI_BUFFER_SIZE_MAX ||
        g->buffer_size % 1024)
        return "the buffer size";
    if (g->buffer_count < 1 || g->buffer_count > ETWI_BUFFERS_MAX)
        return "the count of buffers";
    if (g->first_buffer >= g->buffer_count)
        return "the first buffer";
    if (g->slots_per_cpu < 1 || g->cpu_count < 1 || g->cpu_count > ETWI_CPUS_MAX ||
        g->slots_per_cpu > ETWI_SLOTS_MAX / g->cpu_count ||
        g->slot_count != g->cpu_count * g->slots_per_cpu)
        return "the count of slots";
    if (g->pool_kind < ETWI_POOL_RING || g->pool_kind > ETWI_POOL_DIRECT_CIRCULAR)
        return "the kind of the pool";
    if (g->clock_type < ETW_CLOCK_QPC || g->clock_type > ETW_CLOCK_CPU_CYCLES ||
        !g->clock_frequency)
        return "the clock";
    return NULL;
}

bool etwi_geometry_is_direct(const etwi_geometry *geometry)
{
    return geometry->pool_kind == ETWI_POOL_DIRECT ||
           geometry->pool_kind == ETWI_POOL_DIRECT_CIRCULAR;
}

static void geometry_load(etwi_geometry *out, const etwi_ctl_constants *constants)
{
    memset(out, 0, sizeof *out);
    out->pool_kind = (etwi_pool_kind)constants->pool_kind;
    out->buffer_size = constants->buffer_size;
    out->buffer_count = constants->buffer_count;
    out->first_buffer = constants->first_buffer;
    out->minimum_buffers = constants->minimum_buffers;
    out->cpu_count = constants->cpu_count;
    out->slots_per_cpu = constants->slots_per_cpu;
    out->slot_count = constants->slot_count;
    out->clock_type = (etw_clock_type)constants->clock_type;
    out->clock_frequency = constants->clock_frequency;
    out->clock_start_raw = constants->clock_start_raw;
    out->clock_start_time = constants->clock_start_time;
    out->guid = constants->guid;
    out->logger_id = constants->logger_id;
    out->mode = constants->mode;
    out->kernel_flags = constants->kernel_flags;
    memcpy(out->boot_id, constants->boot_id, sizeof out->boot_id);
    out->pid_namespace = constants->pid_namespace;
    out->owner_start_time = constants->owner_start_time;
    out->owner_pid = constants->owner_pid;
}

static void geometry_store(etwi_ctl_constants *out, const etwi_geometry *geometry)
{
    out->pool_kind = (uint32_t)geometry->pool_kind;
    out->buffer_size = geometry->buffer_size;
    out->buffer_count = geometry->buffer_count;
    out->first_buffer = geometry->first_buffer;
    out->minimum_buffers = geometry->minimum_buffers;
    out->cpu_count = geometry->cpu_count;
    out->slots_per_cpu = geometry->slots_per_cpu;
    out->slot_count = geometry->slot_count;
    out->clock_type = (uint32_t)geometry->clock_type;
    out->clock_frequency = geometry->clock_frequency;
    out->clock_start_raw = geometry->clock_start_raw;
    out->clock_start_time = geometry->clock_start_time;
    out->guid = geometry->guid;
    out->logger_id = geometry->logger_id;
    out->mode = geometry->mode;
    out->kernel_flags = geometry->kernel_flags;
    memcpy(out->boot_id, geometry->boot_id, sizeof out->boot_id);
    out->pid_namespace = geometry->pid_namespace;
    out->owner_start_time = geometry->owner_start_time;
    out->owner_pid = geometry->owner_pid;
    out->abi = ETWI_CTL_ABI;
    out->features = ETWI_CTL_FEATURES;
}

/* Maps both files; the geometry and the sizes are known. */
static etw_status map_all(etwi_mapping *mapping, etw_error *error)
{
    const etwi_geometry *geometry = &mapping->geometry;
    const etwi_ctl_places places = etwi_ctl_places_of(geometry->slot_count, geometry->buffer_count);
    void *ctl, *pool;
    ETWI_TRY(etwi_shared_map(&ctl, mapping->ctl_handle, places.size, true, error));
    uint8_t *base = ctl;
    mapping->ctl_size = places.size;
    mapping->header = ctl;
    mapping->consumers = (etwi_ctl_consumer *)(base + places.consumers);
    mapping->clients = (etwi_ctl_client *)(base + places.clients);
    mapping->slots = (etwi_ctl_slot *)(base + places.slots);
    mapping->descriptors = (etwi_word64 *)(base + places.descriptors);
    mapping->pool_size = (uint64_t)geometry->buffer_count * geometry->buffer_size;
    ETWI_TRY(etwi_shared_map(&pool, mapping->pool_handle, mapping->pool_size, true, error));
    mapping->pool = pool;
    return ETW_OK;
}

/* Gives the files their sizes. What is touched later without asking has its space from now on. */
static etw_status make_room(etwi_mapping *mapping, etw_error *error)
{
    const etwi_geometry *geometry = &mapping->geometry;
    const etwi_ctl_places places = etwi_ctl_places_of(geometry->slot_count, geometry->buffer_count);
    if (mapping->ctl_handle >= 0)
        ETWI_TRY(etwi_shared_allocate(mapping->ctl_handle, 0, places.size, error));
    if (mapping->pool_handle < 0)
        return ETW_OK;
    if (!etwi_geometry_is_direct(geometry))
        return etwi_shared_allocate(mapping->pool_handle, 0,
                                    (uint64_t)geometry->buffer_count * geometry->buffer_size,
                                    error);
    if (etwi_shared_size(mapping->pool_handle) <
        (uint64_t)geometry->first_buffer * geometry->buffer_size)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the log file is shorter than its header");
    return ETW_OK;
}

static etw_status create(etwi_mapping *out, const char *name, etw_error *error)
{
    const etwi_geometry *geometry = &out->geometry;
    const char *problem = problem_of(geometry);
    if (problem || strlen(name) >= ETWI_CTL_NAME_SIZE)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "%s of the session is out of range",
                         problem ? problem : "the name");
    const etw_status made = make_room(out, error);
    if (made == ETW_E_FULL)
        return error ? error->status = ETW_E_LIMIT : ETW_E_LIMIT;
    ETWI_TRY(made);
    ETWI_TRY(map_all(out, error));
    etwi_ctl_header *header = out->header;
    geometry_store(&header->constants, geometry);
    header->constants.ctl_size = out->ctl_size;
    memcpy(header->name, name, strlen(name) + 1);
    atomic_store(&header->maximum_buffers, geometry->buffer_count);
    atomic_store(&header->next, geometry->first_buffer);
    const bool has_all = !etwi_geometry_is_direct(geometry) || out->pool_handle < 0;
    atomic_store(&header->backed, has_all ? geometry->buffer_count : geometry->first_buffer);
    atomic_store(&out->backed, has_all ? geometry->buffer_count : geometry->first_buffer);
    /* Sequence numbers of buffers begin with 1, as the numbers in an untouched header are 0. */
    atomic_store(&header->sequence, 1);
    header->constants.magic = ETWI_CTL_MAGIC;
    return ETW_OK;
}

/* Which file a handle is of; zeros if of none. */
static void identify(intptr_t handle, uint8_t out[16])
{
    const etwi_file file = {.handle = handle};
    if (handle < 0 || !etwi_file_identity(&file, out))
        memset(out, 0, 16);
}

bool etwi_mapping_has_files(const etwi_mapping *mapping)
{
    return (mapping->ctl_handle < 0 ||
            etwi_file_is_still(mapping->ctl_handle, mapping->ctl_identity)) &&
           (mapping->pool_handle < 0 ||
            etwi_file_is_still(mapping->pool_handle, mapping->pool_identity));
}

static void begin(etwi_mapping *out, intptr_t ctl_handle, intptr_t pool_handle)
{
    memset(out, 0, sizeof *out);
    out->ctl_handle = ctl_handle;
    out->pool_handle = pool_handle;
    out->is_private = ctl_handle < 0;
    identify(ctl_handle, out->ctl_identity);
    identify(pool_handle, out->pool_identity);
}

etw_status etwi_mapping_create(etwi_mapping *out, intptr_t ctl_handle, intptr_t pool_handle,
                               const etwi_geometry *geometry, const char *name, etw_error *error)
{
    begin(out, ctl_handle, pool_handle);
    out->geometry = *geometry;
    /* Numbers that are out of range wrap here, and are found later. */
    out->geometry.slot_count = geometry->cpu_count * geometry->slots_per_cpu;
    const etw_status status = create(out, name, error);
    if (etw_failed(status))
        etwi_mapping_close(out);
    return status;
}

/* Copies what a control file says about itself, and checks all of it. */
static etw_status load(etwi_mapping *out, etw_error *error)
{
    void *memory;
    const uint64_t size = etwi_shared_size(out->ctl_handle);
    if (size < sizeof(etwi_ctl_header))
        return ETW_AGAIN;
    ETWI_TRY(etwi_shared_map(&memory, out->ctl_handle, sizeof(etwi_ctl_header), true, error));
    etwi_ctl_header *header = memory;
    const bool is_starting = atomic_load(&header->state) == ETWI_SESSION_STARTING;
    const etwi_ctl_constants constants = header->constants;
    etwi_shared_unmap(memory, sizeof(etwi_ctl_header));
    if (is_starting)
        return ETW_AGAIN;
    if (constants.magic != ETWI_CTL_MAGIC)
        return etwi_fail(error, ETW_E_CORRUPT, 0, "this is no control file of a session");
    if (constants.abi != ETWI_CTL_ABI || (constants.features & ~ETWI_CTL_FEATURES))
        return etwi_fail(error, ETW_E_UNSUPPORTED, 8,
                         "the session was started by another version of this library");
    geometry_load(&out->geometry, &constants);
    const char *problem = problem_of(&out->geometry);
    if (problem)
        return etwi_fail(error, ETW_E_CORRUPT, 0, "%s of the session is out of range", problem);
    const etwi_geometry *geometry = &out->geometry;
    const etwi_ctl_places places = etwi_ctl_places_of(geometry->slot_count, geometry->buffer_count);
    const uint32_t needed =
        etwi_geometry_is_direct(geometry) ? geometry->first_buffer : geometry->buffer_count;
    if (constants.ctl_size != places.size || size < places.size ||
        etwi_shared_size(out->pool_handle) < (uint64_t)needed * geometry->buffer_size)
        return etwi_fail(error, ETW_E_CORRUPT, 16,
                         "the files of the session are shorter than they say");
    atomic_store(&out->backed, needed);
    return ETW_OK;
}

etw_status etwi_mapping_open(etwi_mapping *out, intptr_t ctl_handle, intptr_t pool_handle,
                             etw_error *error)
{
    begin(out, ctl_handle, pool_handle);
    etw_status status = load(out, error);
    if (status == ETW_OK)
        status = map_all(out, error);
    if (status != ETW_OK)
        etwi_mapping_close(out);
    return status;
}

/* Closes a handle, if it is not somebody else's by now. */
static void close_file(intptr_t handle, const uint8_t identity[16])
{
    static const uint8_t none[16];
    if (memcmp(identity, none, sizeof none) != 0 && etwi_file_is_still(handle, identity))
        etwi_shared_close(handle);
}

void etwi_mapping_abandon(etwi_mapping *mapping)
{
    etwi_shared_unmap(mapping->header, mapping->ctl_size);
    etwi_shared_unmap(mapping->pool, mapping->pool_size);
    close_file(mapping->ctl_handle, mapping->ctl_identity);
    close_file(mapping->pool_handle, mapping->pool_identity);
    memset(mapping, 0, sizeof *mapping);
}

void etwi_mapping_close(etwi_mapping *mapping)
{
    if (mapping->client)
        etwi_client_leave(mapping);
    etwi_mapping_abandon(mapping);
}

/* Copies text that others may change at any time. */
static void copy_text(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    out[size - 1] = 0;
    const size_t length = strlen(out);
    memset(out + length, 0, size - length);
}

void etwi_mapping_name(const etwi_mapping *mapping, char out[ETWI_CTL_NAME_SIZE])
{
    copy_text(out, mapping->header->name, ETWI_CTL_NAME_SIZE);
}

void etwi_mapping_log_file(const etwi_mapping *mapping, char out[ETWI_CTL_PATH_SIZE])
{
    enum {
        TRIES = 100 /* Of copies that were changed meanwhile, which is rare. */
    };
    etwi_ctl_header *header = mapping->header;
    for (unsigned i = 0; i < TRIES; i++) {
        const uint32_t before = atomic_load(&header->log_file_changes);
        copy_text(out, header->log_file, ETWI_CTL_PATH_SIZE);
        atomic_thread_fence(memory_order_acquire); /* The copy was read before the count is. */
        if (!(before & 1) && atomic_load(&header->log_file_changes) == before)
            return;
    }
}

void etwi_mapping_set_log_file(etwi_mapping *mapping, const char *path)
{
    etwi_ctl_header *header = mapping->header;
    atomic_fetch_or(&header->log_file_changes, 1);
    atomic_thread_fence(memory_order_release); /* The count is odd before the path changes. */
    const size_t length = strlen(path);
    const size_t kept = length < ETWI_CTL_PATH_SIZE ? length : ETWI_CTL_PATH_SIZE - 1;
    memcpy(header->log_file, path, kept);
    memset(header->log_file + kept, 0, ETWI_CTL_PATH_SIZE - kept);
    atomic_fetch_add(&header->log_file_changes, 1);
}

etwi_session_state etwi_mapping_state(const etwi_mapping *mapping)
{
    const uint32_t state = atomic_load(&mapping->header->state);
    return state < ETWI_SESSION_STOPPED ? (etwi_session_state)state : ETWI_SESSION_STOPPED;
}

void etwi_mapping_announce(etwi_mapping *mapping)
{
    etwi_ctl_header *header = mapping->header;
    atomic_fetch_add(&header->changes, 1);
    atomic_fetch_add(&header->data, 1);
    etwi_word_wake(&header->changes, !mapping->is_private);
    etwi_word_wake(&header->data, !mapping->is_private);
}

void etwi_mapping_set_state(etwi_mapping *mapping, etwi_session_state state)
{
    atomic_store(&mapping->header->state, (uint32_t)state);
    etwi_word_wake(&mapping->header->state, !mapping->is_private);
    etwi_mapping_announce(mapping);
}

uint32_t etwi_mapping_buffer_limit(const etwi_mapping *mapping)
{
    const uint32_t limit =
        atomic_load_explicit(&mapping->header->maximum_buffers, memory_order_relaxed);
    return limit < mapping->geometry.buffer_count ? limit : mapping->geometry.buffer_count;
}

uint32_t etwi_mapping_used_buffers(const etwi_mapping *mapping)
{
    const uint32_t next = atomic_load(&mapping->header->next);
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    const uint32_t used = next < limit ? next : limit;
    return used > mapping->geometry.first_buffer ? used : mapping->geometry.first_buffer;
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

uint64_t etwi_mapping_events_lost(const etwi_mapping *mapping)
{
    uint64_t lost = atomic_load(&mapping->header->events_lost);
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++)
        lost += atomic_load_explicit(&mapping->slots[i].lost, memory_order_relaxed);
    return lost;
}

void etwi_mapping_count(const etwi_mapping *mapping, etwi_mapping_counts *out)
{
    const etwi_ctl_header *header = mapping->header;
    memset(out, 0, sizeof *out);
    out->events_lost = etwi_mapping_events_lost(mapping);
    out->buffers_written = atomic_load(&header->buffers_written);
    out->log_buffers_lost = atomic_load(&header->log_buffers_lost);
    out->real_time_buffers_lost = atomic_load(&header->real_time_buffers_lost);
    out->consumers = count_bits(atomic_load(&header->consumers) & 0xFF);
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++) {
        const etwi_ctl_slot *slot = &mapping->slots[i];
        out->events += atomic_load_explicit(&slot->written, memory_order_relaxed);
        out->bytes += atomic_load_explicit(&slot->bytes, memory_order_relaxed);
    }
    const bool is_direct = mapping->geometry.pool_kind == ETWI_POOL_DIRECT;
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    out->buffers = is_direct ? etwi_mapping_used_buffers(mapping) : limit;
    for (uint32_t i = mapping->geometry.first_buffer; !is_direct && i < limit; i++)
        out->free_buffers +=
            etwi_descriptor_state(atomic_load(&mapping->descriptors[i])) == ETWI_BUFFER_FREE;
}
