#include "etl_metadata.h"

#include "base/bytes.h"

/* TraceLogging --------------------------------------------------------------------------------- */

enum {
    TL_CONTINUED = 0x80, /* More tag bytes, an out-type or tags follow. */

    TRAIT_GROUP = 1,
    TRAIT_DECODE_GUID = 2,
};

/* Seven bits a byte, the highest of 28 first; zeros at the end are left out. */
static void put_tags(etlb_writer *out, uint32_t tags)
{
    unsigned left = 28;
    do {
        left -= 7;
        const bool more = tags & ((1u << left) - 1);
        etlb_u8(out, (uint8_t)((tags >> left & 0x7F) | (more ? TL_CONTINUED : 0u)));
        if (!more)
            return;
    } while (left);
}

size_t etlb_tl_begin(etlb_writer *out, const char *event_name, uint32_t tags)
{
    const size_t begin = out->size;
    etlb_u16(out, 0); /* Size, itself included. */
    put_tags(out, tags);
    etlb_asciiz(out, event_name); /* UTF-8 */
    return begin;
}

void etlb_tl_end(etlb_writer *out, size_t begin)
{
    etlb_patch_u16(out, begin, (uint16_t)(out->size - begin));
}

void etlb_tl_add(etlb_writer *out, const etlb_tl_field *field)
{
    const bool has_out_type = field->out_type || field->has_tags;
    etlb_asciiz(out, field->name);
    etlb_u8(out, (uint8_t)(field->in_type | (unsigned)field->shape |
                           (has_out_type ? TL_CONTINUED : 0u)));
    if (has_out_type)
        etlb_u8(out, (uint8_t)(field->out_type | (field->has_tags ? TL_CONTINUED : 0u)));
    if (field->has_tags)
        put_tags(out, field->tags);
    if (field->shape == ETLB_TL_FIXED_ARRAY)
        etlb_u16(out, field->count);
    if (field->shape == ETLB_TL_CUSTOM)
        etlb_binary_counted(out, field->type_info.data, field->type_info.size);
}

void etlb_tl_scalar(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type)
{
    etlb_tl_add(out, &(etlb_tl_field){.name = name, .in_type = in_type, .out_type = out_type});
}

void etlb_tl_array(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type)
{
    const etlb_tl_field field = {
        .name = name, .in_type = in_type, .out_type = out_type, .shape = ETLB_TL_VARIABLE_ARRAY};
    etlb_tl_add(out, &field);
}

void etlb_tl_fixed_array(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type,
                         uint16_t count)
{
    const etlb_tl_field field = {.name = name,
                                 .in_type = in_type,
                                 .out_type = out_type,
                                 .shape = ETLB_TL_FIXED_ARRAY,
                                 .count = count};
    etlb_tl_add(out, &field);
}

void etlb_tl_struct(etlb_writer *out, const char *name, uint8_t member_count)
{
    etlb_tl_scalar(out, name, ETLB_TL_STRUCT, member_count);
}

void etlb_tl_struct_array(etlb_writer *out, const char *name, uint8_t member_count)
{
    etlb_tl_array(out, name, ETLB_TL_STRUCT, member_count);
}

static void put_guid_trait(etlb_writer *out, uint8_t type, const etw_guid *guid)
{
    etlb_u16(out, 2 + 1 + 16);
    etlb_u8(out, type);
    etlb_guid(out, guid);
}

void etlb_provider_traits(etlb_writer *out, const char *provider_name, const etw_guid *group,
                          const etw_guid *decode_guid)
{
    const size_t begin = out->size;
    etlb_u16(out, 0); /* Size, itself included. */
    etlb_asciiz(out, provider_name);
    if (group)
        put_guid_trait(out, TRAIT_GROUP, group);
    if (decode_guid)
        put_guid_trait(out, TRAIT_DECODE_GUID, decode_guid);
    etlb_patch_u16(out, begin, (uint16_t)(out->size - begin));
}

/* EventSource manifests ------------------------------------------------------------------------ */

void etlb_manifest_chunk(etlb_trace *trace, const etlb_event *event, uint16_t total_chunks,
                         uint16_t chunk_number, etw_bytes text)
{
    etlb_event chunk = *event;
    chunk.id = 0xFFFE;
    chunk.task = 0xFFFE;
    chunk.opcode = 0xFE;
    chunk.version = 1;
    chunk.keyword = UINT64_MAX;

    etlb_writer payload = {0};
    etlb_u8(&payload, 1);    /* Format */
    etlb_u8(&payload, 1);    /* MajorVersion */
    etlb_u8(&payload, 0);    /* MinorVersion */
    etlb_u8(&payload, 0x5B); /* Magic */
    etlb_u16(&payload, total_chunks);
    etlb_u16(&payload, chunk_number);
    etlb_append(&payload, text);
    etlb_event_event(trace, &chunk, etlb_written(&payload));
    etlb_writer_free(&payload);
}

void etlb_manifest(etlb_trace *trace, const etlb_event *event, etw_bytes xml, size_t chunk_size)
{
    const size_t total = (xml.size + chunk_size - 1) / chunk_size;
    for (size_t chunk = 0; chunk < total; chunk++) {
        const size_t start = chunk * chunk_size;
        const size_t left = xml.size - start;
        const etw_bytes part = {xml.data + start, left < chunk_size ? left : chunk_size};
        etlb_manifest_chunk(trace, event, (uint16_t)total, (uint16_t)chunk, part);
    }
}

/* TRACE_EVENT_INFO ----------------------------------------------------------------------------- */

enum {
    EVENT_INFO_SIZE = 112,
    PROPERTY_INFO_SIZE = 24,
    MAP_INFO_SIZE = 16,
    MAP_ENTRY_SIZE = 8,

    OPCODE_EVENT_INFO = 32,
    OPCODE_MAP_INFO = 33,
};

/* A blob that is being written: offsets in it count from `begin`. */
typedef struct blob_writer {
    etlb_writer *out;
    size_t begin;
} blob_writer;

/* Adds a string at the end and its offset at `field`; nothing for NULL, whose offset is 0. */
static void add_string(const blob_writer *blob, size_t field, const char *text)
{
    if (!text)
        return;
    etlb_patch_u32(blob->out, blob->begin + field, (uint32_t)(blob->out->size - blob->begin));
    etlb_utf16z(blob->out, text);
}

/* The same for a list: strings one after the other, the last one empty. */
static void add_strings(const blob_writer *blob, size_t field, const char *lines)
{
    if (!lines)
        return;
    etlb_patch_u32(blob->out, blob->begin + field, (uint32_t)(blob->out->size - blob->begin));
    char line[256];
    while (*lines) {
        const size_t size = strcspn(lines, "\n");
        if (size >= sizeof line)
            etlb_fail("a name of %zu characters", size);
        memcpy(line, lines, size);
        line[size] = 0;
        etlb_utf16z(blob->out, line);
        lines += size + (lines[size] == '\n');
    }
    etlb_u16(blob->out, 0);
}

/* EVENT_PROPERTY_INFO, with the offsets of its strings still missing. */
static void put_property(etlb_writer *out, const etlb_property *property)
{
    etlb_u32(out, property->flags);
    etlb_u32(out, 0); /* NameOffset */
    if (property->flags & ETLB_PROPERTY_STRUCT) {
        etlb_u16(out, property->first_member);
        etlb_u16(out, property->member_count);
    } else {
        etlb_u16(out, property->in_type);
        etlb_u16(out, property->out_type);
    }
    etlb_u32(out, 0); /* MapNameOffset */
    etlb_u16(out, property->count);
    etlb_u16(out, property->length);
    etlb_u32(out, property->tags);
}

void etlb_write_event_info(etlb_writer *out, const etlb_event_info *info)
{
    const blob_writer blob = {out, out->size};
    etlb_guid(out, &info->provider);
    etlb_guid(out, &info->event_guid);
    etlb_u16(out, info->id); /* EVENT_DESCRIPTOR */
    etlb_u8(out, info->version);
    etlb_u8(out, info->channel);
    etlb_u8(out, info->level);
    etlb_u8(out, info->opcode);
    etlb_u16(out, info->task);
    etlb_u64(out, info->keyword);
    etlb_u32(out, info->decoding_source);
    etlb_fill(out, 0, 12 * 4); /* Offsets 52 to 96: strings, and the binary XML. */
    etlb_u32(out, info->property_count);
    etlb_u32(out, info->top_level_count);
    etlb_u32(out, info->flags);
    for (uint32_t i = 0; i < info->property_count; i++)
        put_property(out, &info->properties[i]);

    add_string(&blob, 52, info->provider_name);
    add_string(&blob, 56, info->level_name);
    add_string(&blob, 60, info->channel_name);
    add_strings(&blob, 64, info->keyword_names);
    add_string(&blob, 68, info->task_name);
    add_string(&blob, 72, info->opcode_name);
    add_string(&blob, 76, info->event_message);
    add_string(&blob, 80, info->provider_message);
    add_string(&blob, 92, info->event_name);
    add_string(&blob, 96, info->attributes);
    for (uint32_t i = 0; i < info->property_count; i++) {
        const size_t at = EVENT_INFO_SIZE + i * PROPERTY_INFO_SIZE;
        add_string(&blob, at + 4, info->properties[i].name);
        add_string(&blob, at + 12, info->properties[i].map_name);
    }
}

void etlb_write_map_info(etlb_writer *out, const etlb_map_info *map)
{
    const blob_writer blob = {out, out->size};
    etlb_u32(out, 0); /* NameOffset */
    etlb_u32(out, map->flag);
    etlb_u32(out, map->value_count);
    etlb_u32(out, 0); /* Values are numbers, not strings. */
    for (uint32_t i = 0; i < map->value_count; i++) {
        etlb_u32(out, 0); /* OutputOffset */
        etlb_u32(out, map->values[i].value);
    }
    add_string(&blob, 0, map->name);
    for (uint32_t i = 0; i < map->value_count; i++)
        add_string(&blob, MAP_INFO_SIZE + i * MAP_ENTRY_SIZE, map->values[i].text);
}

etw_guid etlb_event_metadata_guid(void)
{
    return etlb_guid_of("bbccf6c1-6cd1-48c4-80ff-839482e37671");
}

static void put_metadata_event(etlb_trace *trace, const etlb_event *event, uint8_t opcode,
                               const etlb_writer *payload)
{
    etlb_event metadata = {
        .cpu = event->cpu,
        .pointer_size = event->pointer_size,
        .timestamp = event->timestamp,
        .process_id = event->process_id,
        .thread_id = event->thread_id,
        .provider = etlb_event_metadata_guid(),
        .opcode = opcode,
    };
    etlb_event_full(trace, &metadata, etlb_written(payload));
}

void etlb_event_info_event(etlb_trace *trace, const etlb_event *event, const etlb_event_info *info)
{
    etlb_writer payload = {0};
    etlb_write_event_info(&payload, info);
    put_metadata_event(trace, event, OPCODE_EVENT_INFO, &payload);
    etlb_writer_free(&payload);
}

void etlb_map_info_event(etlb_trace *trace, const etlb_event *event, const etw_guid *provider,
                         const etlb_map_info *map)
{
    etlb_writer payload = {0};
    etlb_guid(&payload, provider);
    etlb_write_map_info(&payload, map);
    put_metadata_event(trace, event, OPCODE_MAP_INFO, &payload);
    etlb_writer_free(&payload);
}
