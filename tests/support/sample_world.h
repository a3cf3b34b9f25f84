/*
 * The machine in which the story of the sample trace happens: its clock, its processors and the
 * events that its kernel and its programs write. Internal to the sample trace.
 */
#ifndef SAMPLE_WORLD_H
#define SAMPLE_WORLD_H

#include "etl_metadata.h"

enum {
    SAMPLE_CPU_COUNT = 4
};

typedef struct sample_world {
    etlb_trace *trace;
    etlb_writer payload; /* Of the event being written. */
    int64_t now;         /* Raw time; moves on with every event, so that stamps are unique. */
    uint32_t random;
    unsigned running[SAMPLE_CPU_COUNT]; /* Index of the thread on each processor. */
    uint32_t next_irp;
    uint64_t order_id;
} sample_world;

/* A thread of the story; index 0 is the idle thread of all processors. */
typedef struct sample_thread {
    uint32_t process_id;
    uint32_t thread_id;
    const char *name;
} sample_thread;

enum {
    THREAD_IDLE,
    THREAD_SYSTEM,
    THREAD_SERVICES,
    THREAD_EXPLORER,
    THREAD_SHOP_MAIN,
    THREAD_SHOP_WORKER_1,
    THREAD_SHOP_WORKER_2,
    THREAD_SHOP_WORKER_3,
    THREAD_INVENTORY,
    THREAD_CACHE,
    THREAD_BACKUP,
    THREAD_COUNT,
};

extern const sample_thread sample_threads[THREAD_COUNT];

enum {
    PID_SYSTEM = 4,
    PID_SERVICES = 748,
    PID_EXPLORER = 5120,
    PID_SHOP = 6612,
    PID_INVENTORY = 6940,
    PID_BACKUP = 7396,
};

/* Any number below `limit`; the same sequence in every run. */
uint32_t sample_random(sample_world *world, uint32_t limit);

/* Lets time pass, in microseconds; and the time a few hundred nanoseconds later. */
void sample_wait(sample_world *world, uint32_t microseconds);
int64_t sample_tick(sample_world *world);

/* Starts a payload. */
etlb_writer *sample_payload(sample_world *world);

/* Puts a thread on a processor and returns that processor; writes a context switch. */
unsigned sample_run(sample_world *world, unsigned thread);

/* An event of the kernel with the payload that was just written. SYSTEM headers name a thread. */
void sample_kernel_event(sample_world *world, unsigned cpu, uint8_t group, uint8_t type,
                         uint16_t version);
void sample_system_event(sample_world *world, unsigned cpu, unsigned thread, uint8_t group,
                         uint8_t type, uint16_t version);

/* The stack of the event that was written last on a processor, on behalf of a thread. */
void sample_stack(sample_world *world, unsigned cpu, unsigned thread, int64_t event_time);

/* sample_kernel.c: what the kernel reports. */
void sample_header_events(sample_world *world);
void sample_rundown_start(sample_world *world);
void sample_rundown_end(sample_world *world);
void sample_process_start(sample_world *world, uint32_t process_id);
void sample_process_stop(sample_world *world, uint32_t process_id);
void sample_profile(sample_world *world, unsigned cpu);
void sample_disk_io(sample_world *world, unsigned thread);
void sample_file_open(sample_world *world, unsigned thread);
void sample_hard_fault(sample_world *world, unsigned thread);
void sample_connection_open(sample_world *world, unsigned connection);
void sample_connection_data(sample_world *world, unsigned connection, bool send);
void sample_connection_close(sample_world *world, unsigned connection);
void sample_merge_events(sample_world *world);

/* sample_shop.c: what Contoso's programs report. */
void sample_shop_request(sample_world *world, unsigned worker);
void sample_shop_heartbeat(sample_world *world);
void sample_inventory_manifest(sample_world *world);
void sample_inventory_event(sample_world *world);
void sample_cache_metadata(sample_world *world);
void sample_cache_event(sample_world *world);

#endif
