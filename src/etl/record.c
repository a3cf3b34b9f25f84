/*
 * Record headers. Their sizes are checked once, in etwi_record_peek_at(): what the other functions
 * read lies in the header that it saw.
 */
#include "etl/record.h"

#include "etl/kernel_groups.h"
#include "etl/record_peek.h"

/* The least size of each header kind, and where its time stamp is (0: it has none). */
static const struct {
    uint8_t size;
    uint8_t time;
} HEADERS[ETW_HEADER_KIND_COUNT] = {
    [ETW_HEADER_SYSTEM32] = {SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_SYSTEM64] = {SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_COMPACT32] = {COMPACT_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_COMPACT64] = {COMPACT_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_PERFINFO32] = {PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [ETW_HEADER_PERFINFO64] = {PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [ETW_HEADER_FULL32] = {FULL_HEADER_SIZE, FULL_TIME},
    [ETW_HEADER_FULL64] = {FULL_HEADER_SIZE, FULL_TIME},
    [ETW_HEADER_INSTANCE32] = {INSTANCE_HEADER_SIZE_OLD, FULL_TIME},
    [ETW_HEADER_INSTANCE64] = {INSTANCE_HEADER_SIZE_OLD, FULL_TIME},
    [ETW_HEADER_EVENT32] = {EVENT_HEADER_SIZE, EVENT_TIME},
    [ETW_HEADER_EVENT64] = {EVENT_HEADER_SIZE, EVENT_TIME},
    [ETW_HEADER_MESSAGE] = {MESSAGE_HEADER_SIZE, 0},
    /* Nothing public tells the layout of these three; their size is all that is used. */
    [ETW_HEADER_TIMED] = {8, 0},
    [ETW_HEADER_ERROR] = {8, 0},
    [ETW_HEADER_WNODE] = {8, 0},
    [ETW_HEADER_ULONG32] = {ULONG32_HEADER_SIZE, 0},
};

static const uint8_t KIND_OF_TYPE[32] = {
    [HEADER_TYPE_SYSTEM32] = ETW_HEADER_SYSTEM32,
    [HEADER_TYPE_SYSTEM64] = ETW_HEADER_SYSTEM64,
    [HEADER_TYPE_COMPACT32] = ETW_HEADER_COMPACT32,
    [HEADER_TYPE_COMPACT64] = ETW_HEADER_COMPACT64,
    [HEADER_TYPE_FULL32] = ETW_HEADER_FULL32,
    [HEADER_TYPE_INSTANCE32] = ETW_HEADER_INSTANCE32,
    [HEADER_TYPE_TIMED] = ETW_HEADER_TIMED,
    [HEADER_TYPE_ERROR] = ETW_HEADER_ERROR,
    [HEADER_TYPE_WNODE] = ETW_HEADER_WNODE,
    [HEADER_TYPE_MESSAGE] = ETW_HEADER_MESSAGE,
    [HEADER_TYPE_PERFINFO32] = ETW_HEADER_PERFINFO32,
    [HEADER_TYPE_PERFINFO64] = ETW_HEADER_PERFINFO64,
    [HEADER_TYPE_EVENT32] = ETW_HEADER_EVENT32,
    [HEADER_TYPE_EVENT64] = ETW_HEADER_EVENT64,
    [HEADER_TYPE_FULL64] = ETW_HEADER_FULL64,
    [HEADER_TYPE_INSTANCE64] = ETW_HEADER_INSTANCE64,
};

const char *etw_header_kind_name(etw_header_kind kind)
{
    static const char *const NAMES[] = {
#define X(name) #name,
        ETW_HEADER_KIND_MAP(X)
#undef X
    };
    return (unsigned)kind < ETW_HEADER_KIND_COUNT ? NAMES[kind] : NAMES[ETW_HEADER_UNKNOWN];
}

static etw_header_kind kind_of(const uint8_t *at)
{
    const unsigned flags = at[RECORD_FLAGS];
    if (!(flags & RECORD_FLAG_EVENT))
        return ETW_HEADER_UNKNOWN;
    if (flags & RECORD_FLAG_TYPED)
        return at[RECORD_TYPE] < sizeof KIND_OF_TYPE
                   ? (etw_header_kind)KIND_OF_TYPE[at[RECORD_TYPE]]
                   : ETW_HEADER_UNKNOWN;
    if (flags & RECORD_FLAG_ULONG32)
        return ETW_HEADER_ULONG32;
    return flags & RECORD_FLAG_MESSAGE ? ETW_HEADER_MESSAGE : ETW_HEADER_UNKNOWN;
}

static ETWI_INLINE bool has_size_at_4(etw_header_kind kind)
{
    return kind >= ETW_HEADER_SYSTEM32 && kind <= ETW_HEADER_PERFINFO64;
}

/* How long the header of a message is, and where its time stamp is (0: it has none). */
static uint32_t message_header_size(unsigned options, uint32_t *time)
{
    uint32_t size = MESSAGE_HEADER_SIZE;
    if (options & MESSAGE_SEQUENCE)
        size += 4;
    if (options & MESSAGE_COMPONENT)
        size += 4;
    else if (options & MESSAGE_GUID)
        size += 16;
    *time = options & MESSAGE_TIMESTAMP ? size : 0;
    if (options & MESSAGE_TIMESTAMP)
        size += 8;
    if (options & MESSAGE_SYSTEM_INFO)
        size += 8;
    return size;
}

/* Kernel headers may be followed by a PEBS index and performance counters. */
static ETWI_INLINE uint32_t counters_size(unsigned version)
{
    const unsigned pmc = version >> SYSTEM_VERSION_PMC_SHIFT & SYSTEM_VERSION_PMC_MASK;
    return 8 * ((version & SYSTEM_VERSION_PEBS ? 1 : 0) + pmc);
}

/* A record of a kind that the compiler knows, so that all questions about it are answered at
 * compile time. */
static ETWI_INLINE bool peek_kind(etwi_record_peek *out, const uint8_t *at, size_t left,
                                  etw_header_kind kind)
{
    const uint32_t size = etwi_load_u16(at + (has_size_at_4(kind) ? SYSTEM_SIZE : 0));
    uint32_t header_size = HEADERS[kind].size;
    if (size < header_size || size > left)
        return false;
    if (has_size_at_4(kind)) {
        header_size += counters_size(etwi_load_u16(at + SYSTEM_VERSION));
        if (size < header_size)
            return false;
    }
    out->size = size;
    out->header_size = header_size;
    out->kind = kind;
    out->has_time = true;
    out->raw_time = (int64_t)etwi_load_u64(at + HEADERS[kind].time);
    return true;
}

bool etwi_record_peek_at(etwi_record_peek *out, const uint8_t *at, size_t left)
{
    if (left < 8)
        return false;
    const etw_header_kind kind = kind_of(at);
    if (kind == ETW_HEADER_UNKNOWN)
        return false;
    const uint32_t size = etwi_load_u16(at + (has_size_at_4(kind) ? SYSTEM_SIZE : 0));
    uint32_t header_size = HEADERS[kind].size;
    uint32_t time = HEADERS[kind].time;
    if (size < header_size || size > left)
        return false;
    if (kind == ETW_HEADER_MESSAGE)
        header_size = message_header_size(etwi_load_u16(at + MESSAGE_OPTIONS), &time);
    else if (has_size_at_4(kind))
        header_size += counters_size(etwi_load_u16(at + SYSTEM_VERSION));
    else if (kind == ETW_HEADER_ULONG32 && at[RECORD_FLAGS] & RECORD_FLAG_MESSAGE) {
        header_size = ULONG32_TIME_HEADER_SIZE;
        time = ULONG32_TIME;
    }
    if (size < header_size)
        return false;
    out->size = size;
    out->header_size = header_size;
    out->kind = kind;
    out->has_time = time != 0;
    out->raw_time = time ? (int64_t)etwi_load_u64(at + time) : 0;
    return true;
}

/* The markers of the kinds that nearly all records have, as u16 at RECORD_TYPE. */
enum {
    TYPED = (RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) << 8,
    MARK_EVENT32 = TYPED | HEADER_TYPE_EVENT32,
    MARK_EVENT64 = TYPED | HEADER_TYPE_EVENT64,
    MARK_PERFINFO64 = TYPED | HEADER_TYPE_PERFINFO64,
    MARK_SYSTEM64 = TYPED | HEADER_TYPE_SYSTEM64,
    MARK_FULL64 = TYPED | HEADER_TYPE_FULL64,
};

/* The words of a kernel header come in another order, and counters may follow. */
#define KERNEL_TYPE(name, short)                                                            \
    {                                                                                       \
        ETW_HEADER_##name, short##_HEADER_SIZE, short##_TIME, 8 * SYSTEM_SIZE, HAS_COUNTERS \
    }
#define OTHER_TYPE(name, short)                                    \
    {                                                              \
        ETW_HEADER_##name, short##_HEADER_SIZE, short##_TIME, 0, 0 \
    }

enum {
    HAS_COUNTERS = SYSTEM_VERSION_PEBS | SYSTEM_VERSION_PMC_MASK << SYSTEM_VERSION_PMC_SHIFT,
};

const etwi_common_type etwi_common_types[32] = {
    [HEADER_TYPE_SYSTEM32] = KERNEL_TYPE(SYSTEM32, SYSTEM),
    [HEADER_TYPE_SYSTEM64] = KERNEL_TYPE(SYSTEM64, SYSTEM),
    [HEADER_TYPE_PERFINFO32] = KERNEL_TYPE(PERFINFO32, PERFINFO),
    [HEADER_TYPE_PERFINFO64] = KERNEL_TYPE(PERFINFO64, PERFINFO),
    [HEADER_TYPE_FULL32] = OTHER_TYPE(FULL32, FULL),
    [HEADER_TYPE_FULL64] = OTHER_TYPE(FULL64, FULL),
    [HEADER_TYPE_EVENT32] = OTHER_TYPE(EVENT32, EVENT),
    [HEADER_TYPE_EVENT64] = OTHER_TYPE(EVENT64, EVENT),
};

static ETWI_INLINE void set_payload(etw_event *out, const uint8_t *at, uint32_t header_size)
{
    out->payload = at + header_size;
    out->payload_size = (uint16_t)(out->record_size - header_size);
}

/* What only an EVENT_HEADER has, and beside it, because it lies there, what others set behind this:
 * all from `id` to `activity_id`. */
static ETWI_INLINE void set_unmanifested(etw_event *out)
{
    memset(&out->id, 0, EVENT_HEADER_SIZE - EVENT_ID);
    out->property = 0;
}

static ETWI_INLINE const etw_guid *group_guid(unsigned group, unsigned type)
{
    if (group == ETWI_GROUP_PROCESS && type == ETWI_PROCESS_TYPE_LOAD_IMAGE)
        return &etwi_kernel_groups[ETWI_GROUP_IMAGE];
    return &etwi_kernel_groups[group < ETWI_GROUP_UNKNOWN ? group : ETWI_GROUP_UNKNOWN];
}

static ETWI_INLINE void parse_system(etw_event *out, const uint8_t *at, etw_header_kind kind,
                                     uint32_t header_size)
{
    const uint8_t version = at[SYSTEM_VERSION];
    const uint8_t type = at[SYSTEM_TYPE];
    const bool has_ids = kind < ETW_HEADER_PERFINFO32;
    const bool has_times = kind <= ETW_HEADER_SYSTEM64;
    const uint32_t thread_id = has_ids ? etwi_load_u32(at + SYSTEM_THREAD_ID) : ETW_NO_ID;
    const uint32_t process_id = has_ids ? etwi_load_u32(at + SYSTEM_PROCESS_ID) : ETW_NO_ID;
    const uint64_t cpu_time = has_times ? etwi_load_u64(at + SYSTEM_CPU_TIME) : 0;
    set_unmanifested(out);
    out->provider = *group_guid(at[SYSTEM_GROUP], type);
    out->opcode = type;
    out->version = version;
    out->flags |= has_times ? ETW_EVENT_CLASSIC : ETW_EVENT_CLASSIC | ETW_EVENT_NO_CPU_TIME;
    out->thread_id = thread_id;
    out->process_id = process_id;
    out->cpu_time = cpu_time;
    set_payload(out, at, header_size);
}

static ETWI_INLINE uint32_t full_header_size(const etw_event *event, etw_header_kind kind)
{
    if (kind < ETW_HEADER_INSTANCE32)
        return FULL_HEADER_SIZE;
    const etw_trace_info *trace = event->trace;
    const bool old = trace->layout_major == 1 && trace->layout_minor < 1;
    return old || event->record_size < INSTANCE_HEADER_SIZE ? INSTANCE_HEADER_SIZE_OLD
                                                            : INSTANCE_HEADER_SIZE;
}

static ETWI_INLINE void parse_full(etw_event *out, const uint8_t *at, etw_header_kind kind)
{
    const uint64_t cpu_time = etwi_load_u64(at + FULL_CPU_TIME);
    const uint32_t thread_id = etwi_load_u32(at + FULL_THREAD_ID);
    const uint32_t process_id = etwi_load_u32(at + FULL_PROCESS_ID);
    set_unmanifested(out);
    out->provider = etwi_load_guid(at + FULL_GUID);
    out->version = at[FULL_VERSION];
    out->level = at[FULL_LEVEL];
    out->opcode = at[FULL_OPCODE];
    out->thread_id = thread_id;
    out->process_id = process_id;
    out->cpu_time = cpu_time;
    out->flags |= ETW_EVENT_CLASSIC;
    set_payload(out, at, full_header_size(out, kind));
}

/* The end of the chain of extended data; at a broken item, and `*damaged`, if it has one. */
static uint32_t extended_end(const uint8_t *at, uint32_t record_size, uint8_t *damaged)
{
    uint32_t offset = EVENT_HEADER_SIZE;
    for (bool more = true; more;) {
        const uint8_t *item = at + offset;
        if (record_size - offset < EXTENDED_HEADER_SIZE) {
            *damaged = 1;
            break;
        }
        const uint32_t size = etwi_load_u16(item + EXTENDED_SIZE);
        if (size < EXTENDED_HEADER_SIZE || size % 8 || size > record_size - offset ||
            etwi_load_u16(item + EXTENDED_DATA_SIZE) > size - EXTENDED_HEADER_SIZE) {
            *damaged = 1;
            break;
        }
        more = item[EXTENDED_LINKAGE] & 1;
        offset += size;
    }
    return offset;
}

#define SAME_PLACE(member, place) \
    _Static_assert(offsetof(etw_event, member) == (place), #member " is not where it is stored")
SAME_PLACE(flags, EVENT_FLAGS);
SAME_PLACE(property, EVENT_PROPERTY);
SAME_PLACE(thread_id, EVENT_THREAD_ID);
SAME_PLACE(process_id, EVENT_PROCESS_ID);
SAME_PLACE(raw_timestamp, EVENT_TIME);
SAME_PLACE(provider, EVENT_PROVIDER);
SAME_PLACE(id, EVENT_ID);
SAME_PLACE(version, EVENT_VERSION);
SAME_PLACE(channel, EVENT_CHANNEL);
SAME_PLACE(level, EVENT_LEVEL);
SAME_PLACE(opcode, EVENT_OPCODE);
SAME_PLACE(task, EVENT_TASK);
SAME_PLACE(keyword, EVENT_KEYWORD);
SAME_PLACE(cpu_time, EVENT_CPU_TIME);
SAME_PLACE(activity_id, EVENT_ACTIVITY_ID);
SAME_PLACE(timestamp, EVENT_HEADER_SIZE);

/* An event begins as an EVENT_HEADER does, so one copy is all it takes: five moves of vectors. */
static ETWI_INLINE void copy_event_header(etw_event *out, const uint8_t *at)
{
#if ETWI_IS_LITTLE_ENDIAN
    memcpy(out, at, EVENT_HEADER_SIZE);
#else
    out->record_size = etwi_load_u16(at);
    out->flags = etwi_load_u16(at + EVENT_FLAGS);
    out->property = etwi_load_u16(at + EVENT_PROPERTY);
    out->thread_id = etwi_load_u32(at + EVENT_THREAD_ID);
    out->process_id = etwi_load_u32(at + EVENT_PROCESS_ID);
    out->raw_timestamp = (int64_t)etwi_load_u64(at + EVENT_TIME);
    out->provider = etwi_load_guid(at + EVENT_PROVIDER);
    out->id = etwi_load_u16(at + EVENT_ID);
    out->version = at[EVENT_VERSION];
    out->channel = at[EVENT_CHANNEL];
    out->level = at[EVENT_LEVEL];
    out->opcode = at[EVENT_OPCODE];
    out->task = etwi_load_u16(at + EVENT_TASK);
    out->keyword = etwi_load_u64(at + EVENT_KEYWORD);
    out->cpu_time = etwi_load_u64(at + EVENT_CPU_TIME);
    out->activity_id = etwi_load_guid(at + EVENT_ACTIVITY_ID);
#endif
}

static ETWI_INLINE void parse_event(etw_event *out, const uint8_t *at, uint16_t buffer_flags,
                                    etw_header_kind kind)
{
    const uint16_t flags = etwi_load_u16(at + EVENT_FLAGS);
    uint8_t damaged = 0;
    uint32_t header_size = EVENT_HEADER_SIZE;
    if (flags & ETW_EVENT_EXTENDED_INFO)
        header_size = extended_end(at, etwi_load_u16(at), &damaged);
    copy_event_header(out, at);
    out->header_kind = (uint8_t)kind;
    out->is_damaged = damaged;
    out->flags = flags | buffer_flags;
    set_payload(out, at, header_size);
}

/* What records without identity have: none. */
static void set_unidentified(etw_event *out)
{
    const etw_guid none = {0, 0, 0, {0}};
    set_unmanifested(out);
    out->provider = none;
    out->process_id = out->thread_id = ETW_NO_ID;
    out->cpu_time = 0;
    out->version = out->level = out->opcode = 0;
    out->flags |= ETW_EVENT_NO_CPU_TIME;
}

static void parse_message(etw_event *out, const uint8_t *at)
{
    const unsigned options = etwi_load_u16(at + MESSAGE_OPTIONS);
    uint32_t time;
    const uint32_t header_size = message_header_size(options, &time);
    const uint8_t *field = at + MESSAGE_HEADER_SIZE + (options & MESSAGE_SEQUENCE ? 4 : 0);
    set_unidentified(out);
    out->id = etwi_load_u16(at + MESSAGE_NUMBER);
    if (options & MESSAGE_COMPONENT)
        out->provider.data1 = etwi_load_u32(field);
    else if (options & MESSAGE_GUID)
        out->provider = etwi_load_guid(field);
    if (options & MESSAGE_SYSTEM_INFO) {
        out->thread_id = etwi_load_u32(at + header_size - 8);
        out->process_id = etwi_load_u32(at + header_size - 4);
    }
    out->flags |= ETW_EVENT_TRACE_MESSAGE;
    if (options & (MESSAGE_POINTER64 | MESSAGE_POINTER32))
        out->pointer_size = options & MESSAGE_POINTER64 ? 8 : 4;
    set_payload(out, at, header_size);
}

static void parse_opaque(etw_event *out, const uint8_t *at, const etwi_record_peek *peek)
{
    set_unidentified(out);
    if (peek->kind != ETW_HEADER_ULONG32)
        set_payload(out, at, 4);
    else
        set_payload(out, at, peek->header_size);
}

static ETWI_INLINE uint8_t pointer_size_of(etw_header_kind kind, const etw_trace_info *trace)
{
    if (kind >= ETW_HEADER_MESSAGE)
        return trace->pointer_size;
    /* Kinds come in pairs, the 32-bit one first. */
    return (kind - ETW_HEADER_SYSTEM32) & 1 ? 8 : 4;
}

static ETWI_INLINE void set_surroundings(etw_event *out, const uint8_t *at,
                                         const etwi_record_peek *peek, int64_t raw_time,
                                         const etwi_record_context *context)
{
    out->timestamp = etwi_tick_scale_filetime(context->scale, raw_time);
    out->record = at;
    out->trace = context->trace;
    out->processor = context->processor;
    out->logger_id = context->logger_id;
    out->pointer_size = pointer_size_of(peek->kind, context->trace);
}

/* Every member is set exactly once, as a rule: clearing the structure first would cost as much as
 * parsing a small record. */
static ETWI_INLINE void parse(etw_event *out, const uint8_t *at, const etwi_record_peek *peek,
                              int64_t raw_time, const etwi_record_context *context)
{
    set_surroundings(out, at, peek, raw_time, context);
    if (peek->kind == ETW_HEADER_EVENT32 || peek->kind == ETW_HEADER_EVENT64) {
        parse_event(out, at, context->flags, peek->kind);
    } else {
        out->record_size = (uint16_t)peek->size;
        out->header_kind = (uint8_t)peek->kind;
        out->is_damaged = 0;
        out->flags = context->flags;
        out->raw_timestamp = raw_time;
        if (peek->kind <= ETW_HEADER_PERFINFO64)
            parse_system(out, at, peek->kind, peek->header_size);
        else if (peek->kind <= ETW_HEADER_INSTANCE64)
            parse_full(out, at, peek->kind);
        else if (peek->kind == ETW_HEADER_MESSAGE)
            parse_message(out, at);
        else
            parse_opaque(out, at, peek);
    }
    out->flags |= out->pointer_size == 8 ? ETW_EVENT_64_BIT : ETW_EVENT_32_BIT;
}

void etwi_record_parse(etw_event *out, const uint8_t *at, const etwi_record_peek *peek,
                       int64_t raw_time, const etwi_record_context *context)
{
    parse(out, at, peek, peek->has_time ? peek->raw_time : raw_time, context);
}

static ETWI_INLINE void count_record(etw_trace_stats *stats, const etwi_record_peek *peek)
{
    stats->header_kinds[peek->kind]++;
    stats->payload_bytes += peek->size;
}

/* Cache lines that nearly all records of a kind fit into: kinds come in runs, so to ask for as many
 * ahead of each is to ask for what comes. A loop over exactly what is missing would cost a
 * mispredicted branch each time. */
static ETWI_INLINE int usual_lines(etw_header_kind kind)
{
    if (kind == ETW_HEADER_EVENT32 || kind == ETW_HEADER_EVENT64)
        return 5;
    return kind == ETW_HEADER_PERFINFO64 ? 1 : 2;
}

/* One record of a kind that the compiler knows: its size, or 0 if there is none. */
static ETWI_INLINE uint32_t read_kind(etw_event *out, const uint8_t *at, size_t left,
                                      const etwi_record_context *context, etw_header_kind kind)
{
    etwi_record_peek peek;
    etwi_record_prefetch(at, usual_lines(kind));
    if (!peek_kind(&peek, at, left, kind))
        return 0;
    parse(out, at, &peek, peek.raw_time, context);
    count_record(context->stats, &peek);
    return peek.size;
}

/* A record of a kind that may have no time: it then takes over that of the one before. */
static uint32_t read_rare(etw_event *out, const uint8_t *at, size_t left,
                          const etwi_record_context *context, int64_t time_before)
{
    etwi_record_peek peek;
    if (!etwi_record_peek_at(&peek, at, left))
        return 0;
    etwi_record_parse(out, at, &peek, time_before, context);
    count_record(context->stats, &peek);
    return peek.size;
}

static ETWI_INLINE uint32_t read_one(etw_event *out, const uint8_t *at, size_t left,
                                     const etwi_record_context *context, int64_t time_before)
{
    if (left < 8)
        return 0;
    switch (etwi_load_u16(at + RECORD_TYPE)) {
    case MARK_EVENT64:
        return read_kind(out, at, left, context, ETW_HEADER_EVENT64);
    case MARK_EVENT32:
        return read_kind(out, at, left, context, ETW_HEADER_EVENT32);
    case MARK_PERFINFO64:
        return read_kind(out, at, left, context, ETW_HEADER_PERFINFO64);
    case MARK_SYSTEM64:
        return read_kind(out, at, left, context, ETW_HEADER_SYSTEM64);
    case MARK_FULL64:
        return read_kind(out, at, left, context, ETW_HEADER_FULL64);
    default:
        return read_rare(out, at, left, context, time_before);
    }
}

size_t etwi_record_read(etw_event *events, size_t room, etwi_record_walk *walk,
                        const etwi_record_context *context)
{
    const uint8_t *at = walk->data + walk->at, *const end = walk->data + walk->end;
    etw_event *out = events, *const out_end = events + room;
    uint32_t size = 1;
    while (out < out_end && at < end) {
        const size_t left = (size_t)(end - at);
        size = read_one(out, at, left, context, out > events ? out[-1].raw_timestamp : walk->time);
        if (!size)
            break;
        const size_t stride = etwi_record_stride(size);
        at += stride < left ? stride : left;
        out++;
    }
    walk->at = (uint32_t)(at - walk->data);
    walk->is_broken = !size;
    if (out > events)
        walk->time = out[-1].raw_timestamp;
    return (size_t)(out - events);
}

/* The ref of a record of a kind that the compiler knows, as what a look at it would give. */
static ETWI_INLINE void parse_ref(etw_event *out, const etwi_record_ref *ref, etw_header_kind kind,
                                  const etwi_record_context *contexts)
{
    const etwi_record_peek peek = {ref->size, ref->header_size, kind, true, ref->time};
    parse(out, ref->at, &peek, ref->time, &contexts[ref->source]);
}

void etwi_record_parse_all(etw_event *events, const etwi_record_ref *refs, size_t count,
                           const etwi_record_context *contexts)
{
    for (size_t i = 0; i < count; i++) {
        const etwi_record_ref *ref = &refs[i];
        switch (ref->kind) {
        case ETW_HEADER_EVENT64:
            parse_ref(&events[i], ref, ETW_HEADER_EVENT64, contexts);
            break;
        case ETW_HEADER_EVENT32:
            parse_ref(&events[i], ref, ETW_HEADER_EVENT32, contexts);
            break;
        case ETW_HEADER_PERFINFO64:
            parse_ref(&events[i], ref, ETW_HEADER_PERFINFO64, contexts);
            break;
        default:
            parse_ref(&events[i], ref, (etw_header_kind)ref->kind, contexts);
            break;
        }
    }
}
