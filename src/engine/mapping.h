/*
 * A session's shared memory as one process, or one part of it, has it mapped: the control file and
 * the pool of buffers, with the geometry that was checked once.
 *
 * Private sessions live in memory without a name, with the same code: handles of -1. A private
 * session into a file has the file as its pool, and its control "file" without a name.
 *
 * Direct pools (the .etl itself) have room for `buffer_count` buffers, of which the file need not
 * have all: a writer that claims the first buffer without space allocates some more, and loses its
 * events if the disk is full. So the file may be longer than what was written: who stops the
 * session cuts it behind etwi_mapping_used_buffers(). Buffer n is at n * buffer_size. Buffer 0 is
 * the header of the file, which whoever creates the session writes; `first_buffer` is 1 then, or
 * more where a file is appended to. Once a buffer was claimed its header is that of a sound .etl
 * buffer at any time, also after all processes were killed.
 */
#ifndef ETWI_ENGINE_MAPPING_H
#define ETWI_ENGINE_MAPPING_H

#include "base/compiler.h"
#include "engine/layout.h"
#include "os/os.h"

#include <etw/etl.h>

/* What a session is; fixed for its life. A checked copy of what is in shared memory. */
typedef struct etwi_geometry {
    etwi_pool_kind pool_kind;
    uint32_t buffer_size; /* A multiple of 8. */
    uint32_t buffer_count;
    uint32_t first_buffer;
    uint32_t minimum_buffers;
    uint32_t cpu_count;
    uint32_t slots_per_cpu;
    uint32_t slot_count; /* cpu_count * slots_per_cpu; filled in by etwi_mapping_create(). */
    etw_clock_type clock_type;
    uint64_t clock_frequency;
    int64_t clock_start_raw;
    uint64_t clock_start_time;
    etw_guid guid;
    uint32_t logger_id;
    uint32_t mode;
    uint32_t kernel_flags;
    uint8_t boot_id[16];
    uint64_t pid_namespace;
    uint64_t owner_start_time;
    uint32_t owner_pid;
} etwi_geometry;

/* Members are set by the functions here and read by all. */
typedef struct etwi_mapping {
    etwi_geometry geometry;
    etwi_ctl_header *header;
    etwi_ctl_consumer *consumers;
    etwi_ctl_client *clients;
    etwi_ctl_slot *slots;
    etwi_word64 *descriptors;
    uint8_t *pool;
    uint64_t ctl_size, pool_size;                /* Bytes that are mapped. */
    intptr_t ctl_handle, pool_handle;            /* Owned; -1 for memory without a name. */
    uint8_t ctl_identity[16], pool_identity[16]; /* Of the files; see etwi_mapping_has_files(). */
    uint32_t client;    /* Index + 1 of the client this mapping is; 0 before etwi_client_join(). */
    bool is_private;    /* Of one process: no client of it ever dies alone. */
    etwi_word32 backed; /* Direct: buffers that are known here to be within the file. */
} etwi_mapping;

/*
 * Makes a session of memory: sizes and fills in the files, whose handles are the mapping's from now
 * on, also if this fails. The space of the control file and of a ring is allocated, so that nobody
 * dies of a full disk later.
 *
 * The state is ETWI_SESSION_STARTING: the caller stores ETWI_SESSION_RUNNING when all else is
 * there. `maximum_buffers` and the flush timer are stored by the caller too; until then all
 * buffers may be used.
 *
 * Direct pools: the file has at least `first_buffer` buffers.
 *
 * ETW_E_INVALID for a geometry that etwi_mapping_open() would refuse; ETW_E_LIMIT if there is too
 * little memory or disk.
 */
etw_status etwi_mapping_create(etwi_mapping *out, intptr_t ctl_handle, intptr_t pool_handle,
                               const etwi_geometry *geometry, const char *name, etw_error *error);

/*
 * Maps the files of a session that was created, and checks all of its geometry against their sizes.
 * The handles are the mapping's from now on, also if this fails.
 *
 * ETW_E_CORRUPT; ETW_E_UNSUPPORTED for another version; ETW_AGAIN while it is being created.
 */
etw_status etwi_mapping_open(etwi_mapping *out, intptr_t ctl_handle, intptr_t pool_handle,
                             etw_error *error);

/* Unmaps and closes; leaves as client if it had joined. Fine for a zeroed structure. */
void etwi_mapping_close(etwi_mapping *mapping);

/* The same in the child of a fork: the parent's locks stay. */
void etwi_mapping_abandon(etwi_mapping *mapping);

/* False if the handles are not those of the session's files any more: the program has closed all
 * it had open, as daemons do, and may have opened other files. Its locks are gone then, and so it
 * may not write any more. Safe in signal handlers. */
bool etwi_mapping_has_files(const etwi_mapping *mapping);

/* Copies the session's name; always terminated. */
void etwi_mapping_name(const etwi_mapping *mapping, char out[ETWI_CTL_NAME_SIZE]);

/* The path of the log file, empty if there is none; always terminated. */
void etwi_mapping_log_file(const etwi_mapping *mapping, char out[ETWI_CTL_PATH_SIZE]);
void etwi_mapping_set_log_file(etwi_mapping *mapping, const char *path);

/* The state, clamped to those there are: what makes no sense is ETWI_SESSION_STOPPED. */
etwi_session_state etwi_mapping_state(const etwi_mapping *mapping);

/* Stores the state and wakes whoever waits for it, or for data. */
void etwi_mapping_set_state(etwi_mapping *mapping, etwi_session_state state);

/* Counts a change that consumers and the keeper are to look at, and wakes them. */
void etwi_mapping_announce(etwi_mapping *mapping);

/* The raw time of the session's clock, now. */
static ETWI_INLINE int64_t etwi_mapping_now(const etwi_mapping *mapping)
{
    switch (mapping->geometry.clock_type) {
    case ETW_CLOCK_CPU_CYCLES:
        return (int64_t)etwi_clock_cycles();
    case ETW_CLOCK_SYSTEM_TIME:
        return (int64_t)etwi_clock_filetime();
    default:
        return etwi_clock_monotonic();
    }
}

/* The counters, added up from all slots. */
typedef struct etwi_mapping_counts {
    uint64_t events;      /* Written. */
    uint64_t bytes;       /* Of their records. */
    uint64_t events_lost; /* For whatever reason. */
    uint64_t buffers_written;
    uint64_t log_buffers_lost;
    uint64_t real_time_buffers_lost;
    uint32_t buffers;      /* That may be used. */
    uint32_t free_buffers; /* Of these. */
    uint32_t consumers;    /* Attached now. */
} etwi_mapping_counts;

void etwi_mapping_count(const etwi_mapping *mapping, etwi_mapping_counts *out);

/* Of these, the events lost, without a look at all buffers. */
uint64_t etwi_mapping_events_lost(const etwi_mapping *mapping);

bool etwi_geometry_is_direct(const etwi_geometry *geometry);

/* Buffers that may be used now. */
uint32_t etwi_mapping_buffer_limit(const etwi_mapping *mapping);

/* Direct: buffers from the start of the file that were claimed so far, with those before
 * `first_buffer`. */
uint32_t etwi_mapping_used_buffers(const etwi_mapping *mapping);

/* Where a buffer of the pool begins. `index` is below the count of buffers. */
static inline uint8_t *etwi_mapping_buffer(const etwi_mapping *mapping, uint32_t index)
{
    return mapping->pool + (size_t)index * mapping->geometry.buffer_size;
}

#endif
