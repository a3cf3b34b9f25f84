/*
 * The mix is that of merged traces of a machine that runs managed programs: half of the events are
 * small ones of the kernel, most of these profiling samples; two fifths are events of manifest
 * providers with strings, some of these with a stack. Shares, sizes, and how often the kind and the
 * processor change, are about those counted in such traces; docs/performance.md has both beside
 * each other. Words, addresses and numbers are made up.
 */
#include "mixed_events.h"

#include <etw/event.h>

enum {
    GROUP_DISK_IO = 0x01,
    GROUP_PAGE_FAULT = 0x02,
    GROUP_PROCESS = 0x03,
    GROUP_THREAD = 0x05,
    GROUP_PERF_INFO = 0x0F,
    GROUP_IMAGE = 0x14,
    GROUP_STACK_WALK = 0x18,

    PROCESS_COUNT = 12,
    THREAD_COUNT = 48,
    SCHEMA_COUNT = MIXED_PROVIDERS_USED * MIXED_EVENTS_USED,
    KERNEL_KIND_COUNT = 5,
};

/* What the processors are busy with, and for how many of 100 events. */
enum {
    FAMILY_SAMPLES,
    FAMILY_KERNEL,
    FAMILY_MANIFEST,
    FAMILY_CLASSIC,
    FAMILY_SYSTEM,
    FAMILY_COUNT,

    ACTIVITY_EVENTS = 25, /* An activity lasts that long on average. */
    EXCEPTIONS = 60,      /* One of so many events comes from somewhere else. */
};
static const unsigned shares[FAMILY_COUNT] = {44, 10, 40, 4, 2};

static const uint64_t kernel_base = 0xFFFFF80412200000u;
static const uint64_t image_base = 0x7FFB5A4D0000u;

static const char *const words[] = {
    "System",  "Runtime",     "Collections", "Generic", "Dictionary", "TryGetValue", "Invoke",
    "Task",    "Scheduler",   "MoveNext",    "Contoso", "Orders",     "Checkout",    "Inventory",
    "Handler", "ProcessNext", "get_Item",    "Net",     "Sockets",    "Receive",     "b__12_0",
    "Cache",   "Lookup",      "int32",       "class",   "Microsoft",  "Extensions",  "Logging",
    "Render",  "Layout",      "M\u00fctze",  "\u8336",
};
static const char *const folders[] = {"Windows",     "System32", "Program Files", "Contoso",
                                      "assembly",    "drivers",  "Microsoft.NET", "Framework64",
                                      "ProgramData", "Users",    "AppData",       "v4.0.30319"};

static uint32_t pick(mixed_world *world, uint32_t limit)
{
    return mixed_random(&world->random, limit);
}

static etlb_writer *payload(mixed_world *world)
{
    etlb_writer_clear(&world->payload);
    return &world->payload;
}

/* Some of the things that there are occur far more often than others. */
static uint32_t pick_skewed(mixed_world *world, uint32_t limit)
{
    return pick(world, pick(world, pick(world, limit) + 1) + 1);
}

static uint64_t kernel_address(mixed_world *world)
{
    return kernel_base + 0x1000 + pick_skewed(world, 20000) * 0x1A7u;
}

static uint64_t user_address(mixed_world *world)
{
    return image_base + pick_skewed(world, 24) * 0x300000u + pick_skewed(world, 9000) * 0x8Bu;
}

static uint64_t object_address(mixed_world *world)
{
    return 0x1D2A4C00000u + pick_skewed(world, 65536) * 0x40u;
}

static uint32_t process_of(uint32_t thread)
{
    return 1000 + thread % PROCESS_COUNT * 388;
}

static uint32_t thread_id_of(uint32_t thread)
{
    return 4000 + thread * 44;
}

/* Where an event happens that wants to be on a processor; time passes. */
static etlb_event new_event(mixed_world *world, unsigned cpu)
{
    const uint32_t thread = pick(world, THREAD_COUNT);
    if (world->alternates) {
        cpu = world->next_cpu;
        world->next_cpu = (world->next_cpu + 1) % world->cpu_count;
    }
    world->now += 1 + pick(world, 200);
    const etlb_event event = {
        .cpu = cpu,
        .timestamp = world->now,
        .process_id = process_of(thread),
        .thread_id = thread_id_of(thread),
        .kernel_time = pick(world, 60),
        .user_time = pick(world, 200),
    };
    return event;
}

/* -------------------------------------------------------------------------------- texts */

/* One of some thousand names: what the number says. */
static void put_name(mixed_world *world, etlb_writer *out)
{
    uint64_t state = 1000 + pick_skewed(world, 8000);
    mixed_random(&state, 1);
    for (unsigned i = 3 + mixed_random(&state, 6); i > 0; i--) {
        etlb_utf16(out, words[mixed_random(&state, sizeof words / sizeof *words)]);
        etlb_utf16(out, i > 1 ? "." : "");
    }
    etlb_u16(out, 0);
}

static void put_path(mixed_world *world, etlb_writer *out)
{
    uint64_t state = 1000 + pick_skewed(world, 2000);
    mixed_random(&state, 1);
    etlb_utf16(out, "C:\\");
    for (unsigned i = 2 + mixed_random(&state, 3); i > 0; i--) {
        etlb_utf16(out, folders[mixed_random(&state, sizeof folders / sizeof *folders)]);
        etlb_utf16(out, "\\");
    }
    etlb_utf16(out, words[mixed_random(&state, sizeof words / sizeof *words)]);
    etlb_utf16z(out, ".dll");
}

static etw_guid guid_of(mixed_world *world)
{
    const etw_guid guid = {
        0x11 + (pick_skewed(world, 4096) << 8), 0, 0, {0, 0, 0, 0, 0x9A, 0xCC, 0x9D}};
    return guid;
}

/* ------------------------------------------------------------------------------- kernel */

static void put_kernel(mixed_world *world, const etlb_event *start, uint8_t group, uint8_t type,
                       uint8_t version)
{
    etlb_event event = *start;
    event.group = group;
    event.type = type;
    event.version = version;
    etlb_event_perfinfo(world->trace, &event, etlb_written(&world->payload));
}

static void put_sample(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u64(out, pick(world, 3) ? user_address(world) : kernel_address(world));
    etlb_u32(out, thread_id_of(pick(world, THREAD_COUNT)));
    etlb_u16(out, 1); /* Count */
    etlb_u16(out, 0x40);
    put_kernel(world, event, GROUP_PERF_INFO, 46, 2);
}

void mixed_put_sample(mixed_world *world, unsigned cpu, int64_t time)
{
    const etlb_event event = {.cpu = cpu, .timestamp = time};
    put_sample(world, &event);
}

static void put_context_switch(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u32(out, event->thread_id);
    etlb_u32(out, thread_id_of(pick(world, THREAD_COUNT)));
    for (unsigned i = 0; i < 8; i++)
        etlb_u8(out, (uint8_t)pick(world, 16)); /* Priorities, states, reasons. */
    etlb_u32(out, pick(world, 500));            /* NewThreadWaitTime */
    etlb_u32(out, 0);
    put_kernel(world, event, GROUP_THREAD, 36, 4);
}

static void put_kernel_stack(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u64(out, (uint64_t)event->timestamp - 3); /* Of the event that the stack belongs to. */
    etlb_u32(out, event->process_id);
    etlb_u32(out, event->thread_id);
    for (unsigned i = 3 + pick(world, 8); i > 0; i--)
        etlb_u64(out, i > 4 ? kernel_address(world) : user_address(world));
    put_kernel(world, event, GROUP_STACK_WALK, 32, 2);
}

static void put_interrupt(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u64(out, (uint64_t)event->timestamp - pick(world, 90)); /* InitialTime */
    etlb_u64(out, kernel_address(world));
    put_kernel(world, event, GROUP_PERF_INFO, 68, 2); /* DPC */
}

static void put_disk_read(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u32(out, 0);       /* DiskNumber */
    etlb_u32(out, 0x60043); /* IrpFlags */
    etlb_u32(out, 4096u << pick(world, 5));
    etlb_u32(out, 0);
    etlb_u64(out, (uint64_t)pick(world, 1u << 24) * 4096);
    etlb_u64(out, object_address(world));
    etlb_u64(out, object_address(world));
    etlb_u64(out, 900 + pick(world, 9000)); /* HighResResponseTime */
    etlb_u32(out, event->thread_id);
    put_kernel(world, event, GROUP_DISK_IO, 10, 3);
}

static void put_hard_fault(mixed_world *world, const etlb_event *event)
{
    etlb_writer *out = payload(world);
    etlb_u64(out, (uint64_t)event->timestamp - pick(world, 4000)); /* InitialTime */
    etlb_u64(out, (uint64_t)pick(world, 4096) * 4096);
    etlb_u64(out, user_address(world));
    etlb_u64(out, object_address(world));
    etlb_u32(out, event->thread_id);
    etlb_u32(out, 4096u << pick(world, 4));
    put_kernel(world, event, GROUP_PAGE_FAULT, 32, 2);
}

static void put_kernel_event(mixed_world *world, const etlb_event *event, unsigned kind)
{
    static void (*const put[KERNEL_KIND_COUNT])(mixed_world *, const etlb_event *) = {
        put_context_switch, put_kernel_stack, put_interrupt, put_disk_read, put_hard_fault};
    put[kind % KERNEL_KIND_COUNT](world, event);
}

/* Images and processes, which have strings. */
static void put_system_event(mixed_world *world, etlb_event *event, unsigned kind)
{
    etlb_writer *out = payload(world);
    event->group = kind % 4 ? GROUP_IMAGE : GROUP_PROCESS;
    event->type = (uint8_t)(3 + kind / 4 % 2); /* DCStart, DCEnd */
    if (event->group == GROUP_IMAGE) {
        event->version = 3;
        const uint64_t base = user_address(world) & ~(uint64_t)0xFFFF;
        etlb_u64(out, base);
        etlb_u64(out, 0x1000u * (1 + pick(world, 2000)));
        etlb_u32(out, event->process_id);
        etlb_u32(out, pick(world, UINT32_MAX)); /* ImageChecksum */
        etlb_u32(out, pick(world, UINT32_MAX)); /* TimeDateStamp */
        etlb_u32(out, 0x010C);                  /* SignatureLevel, SignatureType */
        etlb_u64(out, base);
        etlb_fill(out, 0, 16);
        put_path(world, out);
    } else {
        static const uint32_t sid[] = {21, 1004336348, 1177238915, 682003330, 1001};
        event->version = 4;
        etlb_u64(out, object_address(world));
        etlb_u32(out, event->process_id);
        etlb_u32(out, 620);
        etlb_u32(out, 1);
        etlb_u32(out, 259);
        etlb_u64(out, 0x1A7B3C000u); /* DirectoryTableBase */
        etlb_u32(out, 0);
        etlb_wbem_sid(out, 5, sid, 5);
        etlb_asciiz(out, "WebShop.exe");
        put_path(world, out);
        etlb_utf16z(out, "");
        etlb_utf16z(out, "");
    }
    etlb_event_system(world->trace, event, etlb_written(out));
}

/* What merging adds: the identities of images. */
static void put_classic_event(mixed_world *world, etlb_event *event, unsigned kind)
{
    const bool is_id = kind % 2;
    etlb_writer *out = payload(world);
    event->provider = etlb_guid_of("b3e675d7-2554-4f18-830b-2762732560de");
    event->opcode = is_id ? 0 : 36;
    event->version = 2;
    etlb_u64(out, user_address(world) & ~(uint64_t)0xFFFF);
    if (is_id) {
        etlb_u64(out, 0x1000u * (1 + pick(world, 2000)));
        etlb_u32(out, event->process_id);
        etlb_u32(out, pick(world, UINT32_MAX)); /* TimeDateStamp */
        put_name(world, out);
    } else {
        const etw_guid signature = guid_of(world);
        etlb_u32(out, event->process_id);
        etlb_guid(out, &signature);
        etlb_u32(out, 1); /* Age */
        etlb_asciiz(out, "WebShop.Orders.pdb");
    }
    etlb_event_full(world->trace, event, etlb_written(out));
}

/* ------------------------------------------------------------------- manifest providers */

static void put_scalar(mixed_world *world, etlb_writer *out, mixed_type type, int64_t now)
{
    switch (type) {
    case MIXED_U16:
        etlb_u16(out, (uint16_t)pick(world, 400));
        break;
    case MIXED_U32:
        etlb_u32(out, pick(world, 1u << pick(world, 24)));
        break;
    case MIXED_U64:
        etlb_u64(out, (uint64_t)pick(world, 1u << pick(world, 30)) * 8);
        break;
    case MIXED_HEX32:
        etlb_u32(out, 1u << pick(world, 20) | 1u);
        break;
    case MIXED_BOOLEAN:
        etlb_u32(out, pick(world, 2));
        break;
    case MIXED_DOUBLE:
        etlb_f64(out, pick(world, 100000) / 1000.0);
        break;
    case MIXED_FILETIME:
        etlb_u64(out, etlb_filetime(world->trace, now));
        break;
    default:
        etlb_u64(out, pick(world, 2) ? object_address(world) : user_address(world));
        break;
    }
}

static void put_field(mixed_world *world, etlb_writer *out, const mixed_schema *schema, unsigned i,
                      int64_t now)
{
    switch (schema->fields[i].type) {
    case MIXED_NAME:
        put_name(world, out);
        break;
    case MIXED_PATH:
        put_path(world, out);
        break;
    case MIXED_ANSI:
        etlb_asciiz(out, words[pick(world, 30)]);
        break;
    case MIXED_GUID: {
        const etw_guid guid = guid_of(world);
        etlb_guid(out, &guid);
        break;
    }
    case MIXED_ARRAY: {
        /* The count has been written before, as any u32; here it becomes true. */
        const uint32_t count = 1 + pick(world, 24);
        etlb_patch_u32(out, out->size - 4, count);
        for (uint32_t frame = 0; frame < count; frame++)
            etlb_u64(out, user_address(world));
        break;
    }
    default:
        put_scalar(world, out, schema->fields[i].type, now);
        break;
    }
}

static void put_manifest_event(mixed_world *world, etlb_event *event, unsigned kind)
{
    const mixed_schema *schema = &world->schemas[kind % SCHEMA_COUNT];
    etlb_writer *out = payload(world);
    for (unsigned i = 0; i < schema->field_count; i++)
        put_field(world, out, schema, i, event->timestamp);

    etlb_writer stack = {0};
    const etlb_item item = {ETW_EXTENDED_STACK_TRACE64, {NULL, 0}};
    etlb_item items[] = {item};
    if (kind % 7 == 0) {     /* Stacks are asked for by event. */
        etlb_u64(&stack, 0); /* MatchId: the whole stack is here. */
        for (unsigned i = 8 + pick(world, 33); i > 0; i--)
            etlb_u64(&stack, user_address(world));
        items[0].data = etlb_written(&stack);
        event->items = items;
        event->item_count = 1;
    }
    event->provider = schema->provider;
    event->id = schema->id;
    event->version = schema->version;
    event->level = schema->level;
    event->opcode = schema->opcode;
    event->task = schema->task;
    event->keyword = schema->keyword;
    if (schema->opcode != 0)
        event->activity_id = guid_of(world);
    etlb_event_event(world->trace, event, etlb_written(out));
    etlb_writer_free(&stack);
}

/* ----------------------------------------------------------------------------- the whole */

void mixed_world_init(mixed_world *world, etlb_trace *trace)
{
    const etlb_options *options = etlb_options_of(trace);
    memset(world, 0, sizeof *world);
    world->trace = trace;
    world->random = 20260105;
    world->now = options->start_raw;
    world->cpu_count = options->processor_count;
    world->payload.pointer_size = options->pointer_size;
    for (unsigned i = 0; i < MIXED_PROVIDERS_USED; i++)
        for (unsigned event = 0; event < MIXED_EVENTS_USED; event++)
            world->schemas[i * MIXED_EVENTS_USED + event] = mixed_schema_make(i, event);
}

void mixed_world_free(mixed_world *world)
{
    etlb_writer_free(&world->payload);
}

void mixed_put_schemas(mixed_world *world)
{
    for (unsigned i = 0; i < MIXED_PROVIDERS_USED * MIXED_EVENTS_USED; i++) {
        const etlb_event event = {.cpu = 0, .timestamp = ++world->now, .process_id = 5980};
        mixed_schema_put_info(world->trace, &event, &world->schemas[i]);
    }
}

static mixed_activity new_activity(mixed_world *world)
{
    mixed_activity activity = {.length = 1 + pick(world, 3)};
    for (uint32_t left = pick(world, 100); left >= shares[activity.family]; activity.family++)
        left -= shares[activity.family];
    /* Few kinds of events are most of all events. */
    for (unsigned i = 0; i < activity.length; i++)
        activity.pattern[i] = pick_skewed(world, SCHEMA_COUNT);
    return activity;
}

static void put_event(mixed_world *world, unsigned cpu)
{
    etlb_event event = new_event(world, cpu);
    mixed_activity *own = &world->activities[event.cpu];
    if (own->length == 0 || pick(world, ACTIVITY_EVENTS) == 0)
        *own = new_activity(world);
    mixed_activity exception = new_activity(world);
    mixed_activity *activity = pick(world, EXCEPTIONS) ? own : &exception;
    const unsigned kind = activity->pattern[activity->position];
    activity->position = (activity->position + 1) % activity->length;
    switch (activity->family) {
    case FAMILY_SAMPLES:
        put_sample(world, &event);
        break;
    case FAMILY_KERNEL:
        put_kernel_event(world, &event, kind);
        break;
    case FAMILY_MANIFEST:
        put_manifest_event(world, &event, kind);
        break;
    case FAMILY_CLASSIC:
        put_classic_event(world, &event, kind);
        break;
    default:
        put_system_event(world, &event, kind);
        break;
    }
}

void mixed_put_burst(mixed_world *world)
{
    /* The first processors have more to do. */
    const unsigned cpu = pick(world, pick(world, world->cpu_count) + 1);
    for (unsigned i = pick(world, 8) ? 1 : 2 + pick(world, 10); i > 0; i--)
        put_event(world, cpu);
}
