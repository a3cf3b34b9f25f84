#include "sample_trace.h"

#include "sample_world.h"

#include <etw/event.h>

enum {
    SECOND = 1000000, /* In microseconds. */
    STORY_LENGTH = 10 * SECOND,
    PROFILE_INTERVAL = 25000,
    TICKS_PER_MICROSECOND = 10,
    BUFFER_SIZE = 0x4000, /* Small, so that there are many. */
    CIRCULAR_BUFFER_COUNT = 20,
};

const sample_thread sample_threads[THREAD_COUNT] = {
    [THREAD_IDLE] = {0, 0, ""},
    [THREAD_SYSTEM] = {PID_SYSTEM, 212, ""},
    [THREAD_SERVICES] = {PID_SERVICES, 956, ""},
    [THREAD_EXPLORER] = {PID_EXPLORER, 5180, ""},
    [THREAD_SHOP_MAIN] = {PID_SHOP, 6616, "main"},
    [THREAD_SHOP_WORKER_1] = {PID_SHOP, 6704, "worker 1"},
    [THREAD_SHOP_WORKER_2] = {PID_SHOP, 6708, "worker 2"},
    [THREAD_SHOP_WORKER_3] = {PID_SHOP, 6712, "worker 3"},
    [THREAD_INVENTORY] = {PID_INVENTORY, 6944, "stock keeper"},
    [THREAD_CACHE] = {PID_SHOP, 6720, "cache"},
    [THREAD_BACKUP] = {PID_BACKUP, 7400, ""},
};

const char *sample_kind_name(sample_kind kind)
{
    static const char *const names[SAMPLE_KIND_COUNT] = {
        [SAMPLE_PLAIN] = "plain",       [SAMPLE_COMPRESSED] = "compressed", [SAMPLE_X86] = "x86",
        [SAMPLE_CIRCULAR] = "circular", [SAMPLE_UNCLOSED] = "unclosed",
    };
    return (unsigned)kind < SAMPLE_KIND_COUNT ? names[kind] : NULL;
}

/* The world ------------------------------------------------------------------------------------ */

uint32_t sample_random(sample_world *world, uint32_t limit)
{
    /* xorshift: good enough, and the same everywhere. */
    world->random ^= world->random << 13;
    world->random ^= world->random >> 17;
    world->random ^= world->random << 5;
    return (uint32_t)((uint64_t)world->random * limit >> 32);
}

void sample_wait(sample_world *world, uint32_t microseconds)
{
    world->now += (int64_t)microseconds * TICKS_PER_MICROSECOND;
}

int64_t sample_tick(sample_world *world)
{
    world->now += 2 + sample_random(world, 40);
    return world->now;
}

etlb_writer *sample_payload(sample_world *world)
{
    etlb_writer_clear(&world->payload);
    return &world->payload;
}

void sample_kernel_event(sample_world *world, unsigned cpu, uint8_t group, uint8_t type,
                         uint16_t version)
{
    const etlb_event event = {
        .cpu = cpu,
        .timestamp = sample_tick(world),
        .group = group,
        .type = type,
        .version = version,
    };
    etlb_event_perfinfo(world->trace, &event, etlb_written(&world->payload));
}

void sample_system_event(sample_world *world, unsigned cpu, unsigned thread, uint8_t group,
                         uint8_t type, uint16_t version)
{
    const etlb_event event = {
        .cpu = cpu,
        .timestamp = sample_tick(world),
        .process_id = sample_threads[thread].process_id,
        .thread_id = sample_threads[thread].thread_id,
        .kernel_time = sample_random(world, 50),
        .group = group,
        .type = type,
        .version = version,
    };
    etlb_event_system(world->trace, &event, etlb_written(&world->payload));
}

static void context_switch(sample_world *world, unsigned cpu, unsigned thread)
{
    etlb_writer *out = sample_payload(world);
    etlb_u32(out, sample_threads[thread].thread_id);
    etlb_u32(out, sample_threads[world->running[cpu]].thread_id);
    etlb_u8(out, 9); /* NewThreadPriority */
    etlb_u8(out, 8); /* OldThreadPriority */
    etlb_u8(out, 1); /* PreviousCState */
    etlb_u8(out, 0);
    etlb_u8(out, 6); /* OldThreadWaitReason: user request */
    etlb_u8(out, 0); /* ThreadFlags */
    etlb_u8(out, 5); /* OldThreadState: waiting */
    etlb_u8(out, (uint8_t)cpu);
    etlb_u32(out, sample_random(world, 30)); /* NewThreadWaitTime */
    etlb_u32(out, 0);
    sample_kernel_event(world, cpu, 5, 36, 4);
    world->running[cpu] = thread;
}

unsigned sample_run(sample_world *world, unsigned thread)
{
    for (unsigned cpu = 0; cpu < SAMPLE_CPU_COUNT; cpu++) {
        if (world->running[cpu] == thread)
            return cpu;
    }
    /* The last processor has little to do, so its buffers are written late. */
    const unsigned cpu = sample_random(world, 16) ? sample_random(world, SAMPLE_CPU_COUNT - 1)
                                                  : SAMPLE_CPU_COUNT - 1;
    context_switch(world, cpu, thread);
    return cpu;
}

/* The story ------------------------------------------------------------------------------------ */

/* What happens once, at its time. */
static void scene(sample_world *world, unsigned number)
{
    switch (number) {
    case 0:
        sample_rundown_start(world);
        break;
    case 1:
        sample_process_start(world, PID_SHOP);
        sample_cache_metadata(world);
        break;
    case 2:
        sample_process_start(world, PID_INVENTORY);
        sample_inventory_manifest(world);
        break;
    case 3:
        sample_process_start(world, PID_BACKUP);
        break;
    case 4:
        sample_process_stop(world, PID_BACKUP);
        break;
    case 5:
        sample_inventory_manifest(world); /* EventSources write it again when they are disabled. */
        sample_rundown_end(world);
        sample_merge_events(world);
        break;
    }
}

static void disk_work(sample_world *world, unsigned thread)
{
    if (sample_random(world, 4) == 0)
        sample_file_open(world, thread);
    sample_disk_io(world, thread);
}

/* What may happen in any moment while the shop is open. */
static void daily_business(sample_world *world, unsigned step, bool backup_runs)
{
    const unsigned connection = step / 8;
    switch (sample_random(world, 10)) {
    case 0:
    case 1:
        sample_shop_request(world, step);
        break;
    case 2:
    case 3:
        sample_inventory_event(world);
        break;
    case 4:
    case 5:
        sample_cache_event(world);
        break;
    case 6:
        disk_work(world, THREAD_SHOP_WORKER_1 + step % 3);
        break;
    case 7:
        if (sample_random(world, 3) == 0)
            sample_hard_fault(world, THREAD_SHOP_MAIN);
        break;
    default:
        sample_connection_data(world, connection, sample_random(world, 2));
        break;
    }
    if (step % 8 == 0)
        sample_connection_open(world, connection);
    if (step % 8 == 7)
        sample_connection_close(world, connection);
    if (step % 50 == 49)
        sample_shop_heartbeat(world);
    if (backup_runs && step % 2)
        disk_work(world, THREAD_BACKUP);
    if (step % 5 == 4)
        context_switch(world, sample_random(world, SAMPLE_CPU_COUNT), THREAD_IDLE);
}

static void tell(sample_world *world)
{
    static const uint32_t scene_times[] = {
        0, SECOND / 2, 9 * SECOND / 10, 4 * SECOND, 7 * SECOND, 97 * SECOND / 10,
    };
    enum {
        SCENE_COUNT = sizeof scene_times / sizeof *scene_times
    };
    const int64_t start = world->now;
    unsigned next_scene = 0;
    unsigned step = 0;
    uint32_t next_profile = PROFILE_INTERVAL;

    for (;;) {
        const uint32_t time = (uint32_t)((world->now - start) / TICKS_PER_MICROSECOND);
        if (next_scene < SCENE_COUNT && time >= scene_times[next_scene])
            scene(world, next_scene++);
        if (time >= STORY_LENGTH)
            return;
        if (time >= next_profile) {
            next_profile += PROFILE_INTERVAL;
            for (unsigned cpu = 0; cpu < SAMPLE_CPU_COUNT; cpu++)
                sample_profile(world, cpu);
        }
        if (next_scene >= 3 && next_scene < SCENE_COUNT)
            daily_business(world, step++, next_scene == 4);
        sample_wait(world, 5000 + sample_random(world, 15000));
    }
}

/* The kinds ------------------------------------------------------------------------------------ */

static etlb_options options_of(sample_kind kind)
{
    etlb_options options = etlb_default_options();
    options.pointer_size = kind == SAMPLE_X86 ? 4 : 8;
    options.buffer_size = BUFFER_SIZE;
    options.processor_count = SAMPLE_CPU_COUNT;
    options.session_name = "Contoso demo";
    options.log_file_name = "C:\\traces\\contoso.etl";
    options.end_time = options.start_time + STORY_LENGTH * (uint64_t)TICKS_PER_MICROSECOND;
    switch (kind) {
    case SAMPLE_COMPRESSED:
        options.session_name = "Relogger";
        options.log_file_name = "[multiple files]";
        options.log_file_mode = ETW_MODE_COMPRESSED | 0x10000 | ETW_MODE_SEQUENTIAL; /* RELOG */
        options.layout_major = 2;
        options.layout_minor = 0;
        break;
    case SAMPLE_CIRCULAR:
        options.log_file_mode = ETW_MODE_CIRCULAR;
        options.maximum_file_size = 1;
        break;
    case SAMPLE_UNCLOSED:
        options.end_time = 0;
        break;
    default:
        break;
    }
    return options;
}

static etlb_settings settings_of(sample_kind kind, etlb_settings settings)
{
    settings.byte_processor = kind == SAMPLE_X86;
    if (kind == SAMPLE_COMPRESSED) {
        settings.compression = ETLB_XPRESS;
        settings.filetime_stamps = true;
    }
    return settings;
}

void sample_trace_build(etlb_writer *out, sample_kind kind)
{
    const etlb_options options = options_of(kind);
    sample_world world = {
        .trace = etlb_create(&options),
        .payload = {.pointer_size = options.pointer_size},
        .now = options.start_raw,
        .random = 20260105,
        .running = {THREAD_SYSTEM, THREAD_EXPLORER, THREAD_SERVICES, THREAD_IDLE},
    };
    etlb_settings *settings = etlb_settings_of(world.trace);
    *settings = settings_of(kind, *settings);

    sample_header_events(&world);
    tell(&world);
    etlb_flush_all(world.trace);
    if (kind == SAMPLE_CIRCULAR) {
        /* The oldest buffers were written over; the writer was amid the file when it stopped. */
        const size_t count = etlb_buffer_count(world.trace);
        if (count > CIRCULAR_BUFFER_COUNT)
            etlb_drop_first(world.trace, count - CIRCULAR_BUFFER_COUNT);
        etlb_wrap(world.trace, CIRCULAR_BUFFER_COUNT / 3 * 2);
    }
    if (kind == SAMPLE_UNCLOSED)
        etlb_set_tail(world.trace, 0, BUFFER_SIZE - 1000); /* In the midst of its events. */
    etlb_append(out, etlb_finish(world.trace));
    etlb_destroy(world.trace);
    etlb_writer_free(&world.payload);
}
