/*
 * What a session looks like in shared memory: the bytes of its control file ("ctl").
 *
 *     header | consumers | clients | slots | buffer descriptors
 *
 * Beside it is the pool: so many buffers of one size, each with a WMI_BUFFER_HEADER and records as
 * in an .etl file. Processes of 32 and 64 bits use one session at a time, so all fields have a
 * fixed width and a checked place, and 64-bit atomics are aligned to 8. What changes a structure
 * here changes ETWI_CTL_ABI; what only adds a meaning adds a bit to the features, which those who
 * do not know it refuse.
 *
 * All of it is hostile input to those who map it: etwi_mapping has the copy of the geometry that
 * was checked, and nobody reads the geometry here again. Words that change are loaded once, and
 * clamped or checked before they lead anywhere.
 */
#ifndef ETWI_ENGINE_LAYOUT_H
#define ETWI_ENGINE_LAYOUT_H

#include <etw/guid.h>

#include <stdatomic.h>

#define ETWI_CTL_MAGIC    UINT64_C(0x316C746357544521) /* "!ETWctl1" */
#define ETWI_CTL_ABI      1u
#define ETWI_CTL_FEATURES 0u /* That this code knows. */

enum {
    ETWI_SLOTS_PER_CPU = 4,
    ETWI_SLOTS_MAX = 4096,
    ETWI_CPUS_MAX = ETWI_SLOTS_MAX / ETWI_SLOTS_PER_CPU,
    ETWI_CLIENTS_MAX = 1024,
    ETWI_CONSUMERS_MAX = 8,
    ETWI_BUFFERS_MAX = 1 << 20,
    ETWI_BUFFER_SIZE_MIN = 4 << 10,
    ETWI_BUFFER_SIZE_MAX = 16 << 20,
    ETWI_EVENT_SIZE_MAX = UINT16_MAX, /* Bytes of a record, whose size is a u16. */
    ETWI_CTL_NAME_SIZE = 3072,        /* UTF-8 with its terminating zero. */
    ETWI_CTL_PATH_SIZE = 4096,
};

/* Byte locks on the control file tell who lives: the kernel drops them when a process dies or
 * executes another program. They lie far behind the end of the file. */
#define ETWI_LOCK_CLIENTS UINT64_C(0x70000000) /* + the index of the client. */
#define ETWI_LOCK_CONTROL UINT64_C(0x70010000) /* Held while a controller changes the session. */
#define ETWI_LOCK_KEEPER  UINT64_C(0x70010001) /* Held by the keeper, as long as it lives. */

/* What becomes of buffers. */
typedef enum etwi_pool_kind {
    ETWI_POOL_RING = 1,  /* Consumers take full buffers; while none is free events are lost. */
    ETWI_POOL_RECYCLING, /* Writers take the oldest full buffer if none is free. */
    ETWI_POOL_DIRECT,    /* The pool is an .etl file; a buffer is used once. */
    ETWI_POOL_DIRECT_CIRCULAR, /* The same, and the oldest buffers are overwritten. */
} etwi_pool_kind;

typedef enum etwi_session_state {
    ETWI_SESSION_STARTING = 0, /* Being created: not to be used. */
    ETWI_SESSION_RUNNING = 1,
    ETWI_SESSION_STOPPING = 2, /* Nothing new is written; what is there is handed out. */
    ETWI_SESSION_STOPPED = 3,
} etwi_session_state;

typedef enum etwi_client_kind {
    ETWI_CLIENT_NONE = 0,
    ETWI_CLIENT_CONTROLLER,
    ETWI_CLIENT_PROVIDER,
    ETWI_CLIENT_CONSUMER,
    ETWI_CLIENT_KEEPER,
} etwi_client_kind;

/* Shared words, which others may change at any time. Atomic numbers of 64 bits are aligned to 8 by
 * all compilers, unlike plain ones on 32-bit systems; plain ones lie where that makes no
 * difference. */
typedef _Atomic uint32_t etwi_word32;
typedef _Atomic uint64_t etwi_word64;

/* What a session is, written once before ETWI_SESSION_RUNNING. */
typedef struct etwi_ctl_constants {
    uint64_t magic;
    uint32_t abi;
    uint32_t features;
    uint64_t ctl_size; /* Bytes. */
    uint32_t buffer_size;
    uint32_t buffer_count; /* In the pool at most; each has a descriptor. */
    uint32_t slot_count;
    uint32_t slots_per_cpu;
    uint32_t cpu_count;
    uint32_t pool_kind;    /* etwi_pool_kind. */
    uint32_t first_buffer; /* The first that writers may have: 1 if buffer 0 is a file's header. */
    uint32_t clock_type;   /* etw_clock_type. */
    uint64_t clock_frequency;
    int64_t clock_start_raw;
    uint64_t clock_start_time; /* FILETIME. */
    etw_guid guid;
    uint32_t logger_id;
    uint32_t mode; /* ETW_MODE_… */
    uint32_t minimum_buffers;
    uint32_t kernel_flags;
    uint8_t boot_id[16];
    uint64_t pid_namespace; /* Inode of the namespace that process ids here belong to. */
    uint64_t owner_start_time;
    uint32_t owner_pid; /* Who created it. */
    uint32_t padding;
} etwi_ctl_constants;

/* The beginning of ctl. What writers touch with each event is on lines of its own. */
typedef struct etwi_ctl_header {
    etwi_ctl_constants constants;
    uint8_t constants_padding[256 - 152];

    etwi_word32 state;   /* etwi_session_state; a futex word. */
    etwi_word32 changes; /* A futex word: counts changes that consumers and the keeper look at. */
    etwi_word32 maximum_buffers; /* Of buffer_count, that writers may use now. */
    etwi_word32 flush_timer_ms;
    etwi_word64 maximum_file_size; /* Bytes; 0 if there is no limit. */
    uint8_t state_padding[40];

    etwi_word32 asleep; /* Who wants to be woken: bits of ETWI_ASLEEP_…. Read with each event. */
    uint8_t asleep_padding[60];
    etwi_word32 data; /* A futex word, changed to wake them. */
    uint8_t data_padding[60];

    etwi_word64 sequence;  /* Of the buffer that is claimed next. */
    etwi_word32 next;      /* Direct: index of the buffer that is claimed next, counted on. */
    etwi_word32 backed;    /* Direct: buffers that have their space in the file. */
    etwi_word32 consumers; /* Bits by consumer: who is attached. */
    etwi_word32 freed; /* Counts buffers that became free, so that not every lost event looks. */
    uint8_t claim_padding[40];

    etwi_word64 events_lost;     /* That found no slot; slots count the others. */
    etwi_word64 buffers_written; /* That were filled. */
    etwi_word64 log_buffers_lost;
    etwi_word64 real_time_buffers_lost;
    etwi_word64 recovered;    /* Slots taken over from the dead. */
    etwi_word64 recovered_at; /* When writers last looked for the dead: milliseconds. */
    uint8_t counter_padding[16];

    etwi_word32 log_file_changes; /* Odd while the path below is being written. */
    etwi_word32
        in_hand; /* Buffers taken for the log file, not written yet: lost if who did dies. */
    uint8_t log_file_padding[56];

    uint8_t reserved[1024 - 640];
    char name[ETWI_CTL_NAME_SIZE];     /* UTF-8, terminated. */
    char log_file[ETWI_CTL_PATH_SIZE]; /* UTF-8, terminated; empty if there is none. */
} etwi_ctl_header;

/* Bits of `asleep`. */
#define ETWI_ASLEEP_FOR_EVENT(consumer)  (1u << (consumer))       /* Any event wakes. */
#define ETWI_ASLEEP_FOR_BUFFER(consumer) (1u << (8 + (consumer))) /* A full buffer wakes. */
#define ETWI_ASLEEP_FOR_EVENT_ALL        0xFFu
#define ETWI_ASLEEP_ALL                  0xFFFFu

/* One who drains buffers: a real-time consumer or the keeper. Its index is its bit in masks. */
typedef struct etwi_ctl_consumer {
    etwi_word32 client;       /* Index + 1 in the table of clients; 0 if this place is free. */
    etwi_word32 attachment;   /* Changes with each attaching and each dropping. */
    etwi_word64 seen_ms;      /* When it last took buffers. */
    etwi_word64 buffers_lost; /* Taken away from it, since it was too slow. */
    uint8_t padding[104];
} etwi_ctl_consumer;

/* A process, or a part of one, that uses the session; alive while it holds its byte lock. */
typedef struct etwi_ctl_client {
    etwi_word32 kind; /* etwi_client_kind. */
    etwi_word32 pid;
    etwi_word64 start_time;    /* Of the process, as etwi_process_start_time() has it. */
    etwi_word64 pid_namespace; /* That `pid` counts in. */
    uint8_t padding[40];
} etwi_ctl_client;

/* Where writers write: one slot has one owner at a time, and the owner has its buffer. */
typedef struct etwi_ctl_slot {
    etwi_word64 owner;   /* 0, ETWI_OWNER_CLOSED, or (index + 1 of the client) << 32 | thread id. */
    etwi_word32 current; /* Index + 1 of its buffer; 0 if it has none. */
    etwi_word32 has_lost; /* Events were lost here since the last buffer was claimed. */
    etwi_word64 written;  /* Events. */
    etwi_word64 lost;
    etwi_word64 bytes;
    etwi_word64 lost_seen; /* What `events_lost` was when the last buffer was claimed. */
    etwi_word64 full_at;   /* What `freed` was when no buffer was free, + 1; 0 if one was. */
    uint8_t padding[72];
} etwi_ctl_slot;

/* The owner of slots of a session that has ended: nobody can have them any more. */
#define ETWI_OWNER_CLOSED UINT64_MAX

/*
 * The descriptor of a buffer is one word, the only truth about it. The sequence number is new with
 * each claim, so no word ever comes back, and bytes in the buffer count only if its header has the
 * same number.
 *
 *     bits 0…2 state | 3…10 consumers that have not read it | 11…22 slot | 23…63 sequence number
 */
typedef enum etwi_buffer_state {
    ETWI_BUFFER_FREE = 0,
    ETWI_BUFFER_ACTIVE = 1, /* Of a slot. */
    ETWI_BUFFER_FULL = 2,   /* To be read by the consumers in the mask. */
    ETWI_BUFFER_READ = 3,   /* Being read by the one consumer in the mask; not to be recycled. */
} etwi_buffer_state;

#define ETWI_SEQUENCE_MASK (UINT64_MAX >> 23)

static inline uint64_t etwi_descriptor(etwi_buffer_state state, uint32_t consumers, uint32_t slot,
                                       uint64_t sequence)
{
    return (uint64_t)state | (uint64_t)(consumers & 0xFF) << 3 | (uint64_t)(slot & 0xFFF) << 11 |
           sequence << 23;
}

static inline etwi_buffer_state etwi_descriptor_state(uint64_t descriptor)
{
    return (etwi_buffer_state)(descriptor & 7);
}

static inline uint32_t etwi_descriptor_consumers(uint64_t descriptor)
{
    return (uint32_t)(descriptor >> 3) & 0xFF;
}

static inline uint32_t etwi_descriptor_slot(uint64_t descriptor)
{
    return (uint32_t)(descriptor >> 11) & 0xFFF;
}

static inline uint64_t etwi_descriptor_sequence(uint64_t descriptor)
{
    return descriptor >> 23;
}

/* Where the tables of a control file lie, in bytes from its start. */
typedef struct etwi_ctl_places {
    uint64_t consumers, clients, slots, descriptors, size;
} etwi_ctl_places;

/* For counts within the limits. */
static inline etwi_ctl_places etwi_ctl_places_of(uint32_t slot_count, uint32_t buffer_count)
{
    etwi_ctl_places places;
    places.consumers = sizeof(etwi_ctl_header);
    places.clients = places.consumers + ETWI_CONSUMERS_MAX * sizeof(etwi_ctl_consumer);
    places.slots = places.clients + ETWI_CLIENTS_MAX * sizeof(etwi_ctl_client);
    places.descriptors = places.slots + (uint64_t)slot_count * sizeof(etwi_ctl_slot);
    places.size = places.descriptors + (uint64_t)buffer_count * sizeof(etwi_word64);
    return places;
}

#define ETWI_AT(type, field, offset) \
    _Static_assert(offsetof(type, field) == (offset), #type "." #field)

ETWI_AT(etwi_ctl_constants, magic, 0);
ETWI_AT(etwi_ctl_constants, abi, 8);
ETWI_AT(etwi_ctl_constants, features, 12);
ETWI_AT(etwi_ctl_constants, ctl_size, 16);
ETWI_AT(etwi_ctl_constants, buffer_size, 24);
ETWI_AT(etwi_ctl_constants, buffer_count, 28);
ETWI_AT(etwi_ctl_constants, slot_count, 32);
ETWI_AT(etwi_ctl_constants, slots_per_cpu, 36);
ETWI_AT(etwi_ctl_constants, cpu_count, 40);
ETWI_AT(etwi_ctl_constants, pool_kind, 44);
ETWI_AT(etwi_ctl_constants, first_buffer, 48);
ETWI_AT(etwi_ctl_constants, clock_type, 52);
ETWI_AT(etwi_ctl_constants, clock_frequency, 56);
ETWI_AT(etwi_ctl_constants, clock_start_raw, 64);
ETWI_AT(etwi_ctl_constants, clock_start_time, 72);
ETWI_AT(etwi_ctl_constants, guid, 80);
ETWI_AT(etwi_ctl_constants, logger_id, 96);
ETWI_AT(etwi_ctl_constants, mode, 100);
ETWI_AT(etwi_ctl_constants, minimum_buffers, 104);
ETWI_AT(etwi_ctl_constants, kernel_flags, 108);
ETWI_AT(etwi_ctl_constants, boot_id, 112);
ETWI_AT(etwi_ctl_constants, pid_namespace, 128);
ETWI_AT(etwi_ctl_constants, owner_start_time, 136);
ETWI_AT(etwi_ctl_constants, owner_pid, 144);
_Static_assert(sizeof(etwi_ctl_constants) == 152, "constants");

ETWI_AT(etwi_ctl_header, state, 256);
ETWI_AT(etwi_ctl_header, changes, 260);
ETWI_AT(etwi_ctl_header, maximum_buffers, 264);
ETWI_AT(etwi_ctl_header, flush_timer_ms, 268);
ETWI_AT(etwi_ctl_header, maximum_file_size, 272);
ETWI_AT(etwi_ctl_header, asleep, 320);
ETWI_AT(etwi_ctl_header, data, 384);
ETWI_AT(etwi_ctl_header, sequence, 448);
ETWI_AT(etwi_ctl_header, next, 456);
ETWI_AT(etwi_ctl_header, backed, 460);
ETWI_AT(etwi_ctl_header, consumers, 464);
ETWI_AT(etwi_ctl_header, freed, 468);
ETWI_AT(etwi_ctl_header, events_lost, 512);
ETWI_AT(etwi_ctl_header, buffers_written, 520);
ETWI_AT(etwi_ctl_header, log_buffers_lost, 528);
ETWI_AT(etwi_ctl_header, real_time_buffers_lost, 536);
ETWI_AT(etwi_ctl_header, recovered, 544);
ETWI_AT(etwi_ctl_header, recovered_at, 552);
ETWI_AT(etwi_ctl_header, log_file_changes, 576);
ETWI_AT(etwi_ctl_header, in_hand, 580);
ETWI_AT(etwi_ctl_header, name, 1024);
ETWI_AT(etwi_ctl_header, log_file, 4096);
_Static_assert(sizeof(etwi_ctl_header) == 8192, "header");

ETWI_AT(etwi_ctl_consumer, client, 0);
ETWI_AT(etwi_ctl_consumer, attachment, 4);
ETWI_AT(etwi_ctl_consumer, seen_ms, 8);
ETWI_AT(etwi_ctl_consumer, buffers_lost, 16);
_Static_assert(sizeof(etwi_ctl_consumer) == 128, "consumer");

ETWI_AT(etwi_ctl_client, kind, 0);
ETWI_AT(etwi_ctl_client, pid, 4);
ETWI_AT(etwi_ctl_client, start_time, 8);
ETWI_AT(etwi_ctl_client, pid_namespace, 16);
_Static_assert(sizeof(etwi_ctl_client) == 64, "client");

ETWI_AT(etwi_ctl_slot, owner, 0);
ETWI_AT(etwi_ctl_slot, current, 8);
ETWI_AT(etwi_ctl_slot, has_lost, 12);
ETWI_AT(etwi_ctl_slot, written, 16);
ETWI_AT(etwi_ctl_slot, lost, 24);
ETWI_AT(etwi_ctl_slot, bytes, 32);
ETWI_AT(etwi_ctl_slot, lost_seen, 40);
ETWI_AT(etwi_ctl_slot, full_at, 48);
_Static_assert(sizeof(etwi_ctl_slot) == 128, "slot");

_Static_assert(sizeof(etwi_word64) == 8 && _Alignof(etwi_word64) == 8, "64-bit words");

#endif
