/*
 * From a record that was looked at to an event. All of it is inline, because most kinds are known
 * to the compiler where it is used, and most questions then answered.
 *
 * Every member is set exactly once, as a rule: clearing the structure first would cost as much as
 * parsing a small record.
 */
#ifndef ETWI_ETL_RECORD_PARSE_H
#define ETWI_ETL_RECORD_PARSE_H

#include "etl/kernel_groups.h"
#include "etl/record_usual.h"

/* How long the header of a message is, and where its time stamp is (0: it has none). */
static inline uint32_t etwi_message_header_size(unsigned options, uint32_t *time)
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

/* ---------------------------------------------------------------------- members of an event */

#define SAME_PLACE(member, place) \
    _Static_assert(offsetof(etw_event, member) == (place), #member " is not where it is stored")
SAME_PLACE(record_size, 0);
SAME_PLACE(header_kind, RECORD_TYPE);
SAME_PLACE(is_damaged, RECORD_TYPE + 1);
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

enum {
    ETWI_EVENT_TAIL = offsetof(etw_event, payload_size),
};
SAME_PLACE(processor, ETWI_EVENT_TAIL + 2);
SAME_PLACE(logger_id, ETWI_EVENT_TAIL + 4);
SAME_PLACE(pointer_size, ETWI_EVENT_TAIL + 6);
#undef SAME_PLACE

/* Two bytes beside each other as a word. */
static ETWI_INLINE uint16_t etwi_pair(unsigned first, unsigned second)
{
    return (uint16_t)(ETWI_IS_LITTLE_ENDIAN ? first | second << 8 : first << 8 | second);
}

/* Four words beside each other: members are set by few stores, because their number is what parsing
 * a small record costs. */
static ETWI_INLINE uint64_t etwi_words(uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
    return ETWI_IS_LITTLE_ENDIAN ? a | (uint64_t)b << 16 | (uint64_t)c << 32 | (uint64_t)d << 48
                                 : d | (uint64_t)c << 16 | (uint64_t)b << 32 | (uint64_t)a << 48;
}

static ETWI_INLINE void etwi_set_words(etw_event *out, size_t place, uint64_t value)
{
    memcpy((uint8_t *)out + place, &value, sizeof value);
}

/* What all events of a buffer have in common. */
typedef struct etwi_record_frame {
    uint64_t flags; /* Words of an event's start, and … */
    uint64_t tail;  /* … of its end: the processor and the logger id. */
    const etw_trace_info *trace;
    const etwi_tick_scale *scale;
} etwi_record_frame;

/* `scale` may be a copy of that of the context, which the compiler then keeps in registers. */
static ETWI_INLINE etwi_record_frame etwi_record_frame_of(const etwi_record_context *context,
                                                          const etwi_tick_scale *scale)
{
    return (etwi_record_frame){etwi_words(0, 0, context->flags, 0),
                               etwi_words(0, context->processor, context->logger_id, 0),
                               context->trace, scale};
}

/* Kinds come in pairs, the 32-bit one first; the others are as their trace is. */
static ETWI_INLINE uint8_t etwi_pointer_size_of(etw_header_kind kind, const etw_trace_info *trace)
{
    if (kind >= ETW_HEADER_MESSAGE)
        return trace->pointer_size;
    return (kind - ETW_HEADER_SYSTEM32) & 1 ? 8 : 4;
}

static ETWI_INLINE uint16_t etwi_flags_of(etw_header_kind kind)
{
    if (kind == ETW_HEADER_EVENT32 || kind == ETW_HEADER_EVENT64)
        return 0;
    if (kind >= ETW_HEADER_MESSAGE)
        return ETW_EVENT_NO_CPU_TIME | (kind == ETW_HEADER_MESSAGE ? ETW_EVENT_TRACE_MESSAGE : 0);
    if (kind > ETW_HEADER_SYSTEM64 && kind <= ETW_HEADER_PERFINFO64)
        return ETW_EVENT_CLASSIC | ETW_EVENT_NO_CPU_TIME;
    return ETW_EVENT_CLASSIC;
}

/* The size, the kind and the flags. */
static ETWI_INLINE uint64_t etwi_start_of(const etwi_record_peek *peek, uint8_t pointer_size,
                                          const etwi_record_frame *frame)
{
    const uint16_t flags =
        etwi_flags_of(peek->kind) | (pointer_size == 8 ? ETW_EVENT_64_BIT : ETW_EVENT_32_BIT);
    return frame->flags | etwi_words((uint16_t)peek->size, etwi_pair(peek->kind, 0), flags, 0);
}

/* What is the same for all: where the event is, and when. */
static ETWI_INLINE void etwi_set_place(etw_event *out, const uint8_t *at,
                                       const etwi_record_peek *peek, uint32_t header_size,
                                       uint8_t pointer_size, const etwi_record_frame *frame)
{
    const uint16_t payload_size = (uint16_t)(peek->size - header_size);
    out->raw_timestamp = peek->raw_time;
    out->timestamp = etwi_tick_scale_filetime(frame->scale, peek->raw_time);
    out->payload = at + header_size;
    out->record = at;
    out->trace = frame->trace;
    etwi_set_words(out, ETWI_EVENT_TAIL,
                   frame->tail | etwi_words(payload_size, 0, 0, etwi_pair(pointer_size, 0)));
}

/* What only an EVENT_HEADER has is zero: all from `id` to `activity_id` but what is given. */
static ETWI_INLINE void etwi_set_unmanifested(etw_event *out, uint64_t id_and_level,
                                              uint64_t cpu_time)
{
    etwi_set_words(out, EVENT_ID, id_and_level);
    out->keyword = 0;
    out->cpu_time = cpu_time;
    memset(&out->activity_id, 0, sizeof out->activity_id);
}

/* ---------------------------------------------------------------------------- header kinds */

static ETWI_INLINE const etw_guid *etwi_group_guid(unsigned group, unsigned type)
{
    if (group == ETWI_GROUP_PROCESS && type == ETWI_PROCESS_TYPE_LOAD_IMAGE)
        return &etwi_kernel_groups[ETWI_GROUP_IMAGE];
    return &etwi_kernel_groups[group < ETWI_GROUP_UNKNOWN ? group : ETWI_GROUP_UNKNOWN];
}

static ETWI_INLINE void etwi_parse_system(etw_event *out, const uint8_t *at,
                                          const etwi_record_peek *peek,
                                          const etwi_record_frame *frame)
{
    const bool has_ids = peek->kind < ETW_HEADER_PERFINFO32;
    const bool has_times = peek->kind <= ETW_HEADER_SYSTEM64;
    const uint32_t thread_id = has_ids ? etwi_load_u32(at + SYSTEM_THREAD_ID) : ETW_NO_ID;
    const uint32_t process_id = has_ids ? etwi_load_u32(at + SYSTEM_PROCESS_ID) : ETW_NO_ID;
    const uint64_t cpu_time = has_times ? etwi_load_u64(at + SYSTEM_CPU_TIME) : 0;
    const uint8_t version = at[SYSTEM_VERSION], type = at[SYSTEM_TYPE], group = at[SYSTEM_GROUP];
    const uint8_t pointer_size = etwi_pointer_size_of(peek->kind, frame->trace);
    etwi_set_words(out, 0, etwi_start_of(peek, pointer_size, frame));
    out->thread_id = thread_id;
    out->process_id = process_id;
    out->provider = *etwi_group_guid(group, type);
    etwi_set_unmanifested(out, etwi_words(0, etwi_pair(version, 0), etwi_pair(0, type), 0),
                          cpu_time);
    etwi_set_place(out, at, peek, peek->header_size, pointer_size, frame);
}

static ETWI_INLINE uint32_t etwi_full_header_size(const etwi_record_peek *peek,
                                                  const etw_trace_info *trace)
{
    if (peek->kind < ETW_HEADER_INSTANCE32)
        return FULL_HEADER_SIZE;
    const bool old = trace->layout_major == 1 && trace->layout_minor < 1;
    return old || peek->size < INSTANCE_HEADER_SIZE ? INSTANCE_HEADER_SIZE_OLD
                                                    : INSTANCE_HEADER_SIZE;
}

static ETWI_INLINE void etwi_parse_full(etw_event *out, const uint8_t *at,
                                        const etwi_record_peek *peek,
                                        const etwi_record_frame *frame)
{
    const uint64_t cpu_time = etwi_load_u64(at + FULL_CPU_TIME);
    const uint32_t thread_id = etwi_load_u32(at + FULL_THREAD_ID);
    const uint32_t process_id = etwi_load_u32(at + FULL_PROCESS_ID);
    const uint8_t version = at[FULL_VERSION], level = at[FULL_LEVEL], opcode = at[FULL_OPCODE];
    const uint8_t pointer_size = etwi_pointer_size_of(peek->kind, frame->trace);
    etwi_set_words(out, 0, etwi_start_of(peek, pointer_size, frame));
    out->thread_id = thread_id;
    out->process_id = process_id;
    out->provider = etwi_load_guid(at + FULL_GUID);
    etwi_set_unmanifested(out, etwi_words(0, etwi_pair(version, 0), etwi_pair(level, opcode), 0),
                          cpu_time);
    etwi_set_place(out, at, peek, etwi_full_header_size(peek, frame->trace), pointer_size, frame);
}

/* The end of the chain of extended data; at a broken item, and `*damaged`, if it has one. */
static inline uint32_t etwi_extended_end(const uint8_t *at, uint32_t record_size, uint8_t *damaged)
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

/* What an event has in common with an EVENT_HEADER: all behind the first words. One copy is all
 * that it takes: five moves of vectors. */
static ETWI_INLINE void etwi_copy_event_header(etw_event *out, const uint8_t *at)
{
#if ETWI_IS_LITTLE_ENDIAN
    memcpy((uint8_t *)out + EVENT_THREAD_ID, at + EVENT_THREAD_ID,
           EVENT_HEADER_SIZE - EVENT_THREAD_ID);
#else
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

/* Its first words, of which that of the markers is left out. */
static ETWI_INLINE uint64_t etwi_event_start(const uint8_t *at)
{
#if ETWI_IS_LITTLE_ENDIAN
    return etwi_load_u64(at) & ~etwi_words(0, UINT16_MAX, 0, 0);
#else
    return etwi_words(etwi_load_u16(at), 0, etwi_load_u16(at + EVENT_FLAGS),
                      etwi_load_u16(at + EVENT_PROPERTY));
#endif
}

static ETWI_INLINE void etwi_parse_event(etw_event *out, const uint8_t *at,
                                         const etwi_record_peek *peek,
                                         const etwi_record_frame *frame)
{
    uint8_t damaged = 0;
    uint32_t header_size = EVENT_HEADER_SIZE;
    const uint8_t pointer_size = etwi_pointer_size_of(peek->kind, frame->trace);
    uint64_t start = etwi_start_of(peek, pointer_size, frame) | etwi_event_start(at);
    if (start & etwi_words(0, 0, ETW_EVENT_EXTENDED_INFO, 0)) {
        header_size = etwi_extended_end(at, peek->size, &damaged);
        start |= etwi_words(0, etwi_pair(0, damaged), 0, 0);
    }
    etwi_set_words(out, 0, start);
    etwi_copy_event_header(out, at);
    etwi_set_place(out, at, peek, header_size, pointer_size, frame);
}

/* A record without identity but its number. */
static inline void etwi_set_anonymous(etw_event *out, const etwi_record_peek *peek, uint16_t id,
                                      uint8_t pointer_size, const etwi_record_frame *frame)
{
    const etw_guid none = {0, 0, 0, {0}};
    etwi_set_words(out, 0, etwi_start_of(peek, pointer_size, frame));
    out->process_id = out->thread_id = ETW_NO_ID;
    out->provider = none;
    etwi_set_unmanifested(out, etwi_words(id, 0, 0, 0), 0);
}

static inline void etwi_parse_message(etw_event *out, const uint8_t *at,
                                      const etwi_record_peek *peek, const etwi_record_frame *frame)
{
    const unsigned options = etwi_load_u16(at + MESSAGE_OPTIONS);
    uint32_t time;
    const uint32_t header_size = etwi_message_header_size(options, &time);
    const uint8_t *field = at + MESSAGE_HEADER_SIZE + (options & MESSAGE_SEQUENCE ? 4 : 0);
    uint8_t pointer_size = frame->trace->pointer_size;
    if (options & (MESSAGE_POINTER64 | MESSAGE_POINTER32))
        pointer_size = options & MESSAGE_POINTER64 ? 8 : 4;
    etwi_set_anonymous(out, peek, etwi_load_u16(at + MESSAGE_NUMBER), pointer_size, frame);
    if (options & MESSAGE_COMPONENT)
        out->provider.data1 = etwi_load_u32(field);
    else if (options & MESSAGE_GUID)
        out->provider = etwi_load_guid(field);
    if (options & MESSAGE_SYSTEM_INFO) {
        out->thread_id = etwi_load_u32(at + header_size - 8);
        out->process_id = etwi_load_u32(at + header_size - 4);
    }
    etwi_set_place(out, at, peek, header_size, pointer_size, frame);
}

static inline void etwi_parse_opaque(etw_event *out, const uint8_t *at,
                                     const etwi_record_peek *peek, const etwi_record_frame *frame)
{
    const uint8_t pointer_size = frame->trace->pointer_size;
    const uint32_t header_size = peek->kind == ETW_HEADER_ULONG32 ? peek->header_size : 4;
    etwi_set_anonymous(out, peek, 0, pointer_size, frame);
    etwi_set_place(out, at, peek, header_size, pointer_size, frame);
}

static ETWI_INLINE void etwi_parse_record(etw_event *out, const uint8_t *at,
                                          const etwi_record_peek *peek,
                                          const etwi_record_frame *frame)
{
    if (peek->kind == ETW_HEADER_EVENT32 || peek->kind == ETW_HEADER_EVENT64)
        etwi_parse_event(out, at, peek, frame);
    else if (peek->kind <= ETW_HEADER_PERFINFO64)
        etwi_parse_system(out, at, peek, frame);
    else if (peek->kind <= ETW_HEADER_INSTANCE64)
        etwi_parse_full(out, at, peek, frame);
    else if (peek->kind == ETW_HEADER_MESSAGE)
        etwi_parse_message(out, at, peek, frame);
    else
        etwi_parse_opaque(out, at, peek, frame);
}

#endif
