/*
 * TRACE_EVENT_INFO, made of a schema. First come the fixed part and the properties, then the texts
 * in the order in which they are needed.
 *
 * An array whose length stands before it in the payload has a property of its own for that, called
 * ".Count" of the array, as TDH makes it for TraceLogging; indexes of properties move by it.
 */
#include "double.h"

#include "base/buffer.h"
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    /* Offsets in TRACE_EVENT_INFO. */
    INFO_EVENT_GUID = 16,
    INFO_DESCRIPTOR = 32,
    INFO_SOURCE = 48,
    INFO_PROVIDER_NAME = 52,
    INFO_LEVEL_NAME = 56,
    INFO_CHANNEL_NAME = 60,
    INFO_KEYWORDS_NAME = 64,
    INFO_TASK_NAME = 68,
    INFO_OPCODE_NAME = 72,
    INFO_MESSAGE = 76,
    INFO_EVENT_NAME = 92,
    INFO_PROPERTY_COUNT = 100,
    INFO_TOP_LEVEL_COUNT = 104,
    INFO_FLAGS = 108,
    INFO_SIZE = 112,

    /* Offsets in EVENT_PROPERTY_INFO. */
    PROPERTY_NAME = 4,
    PROPERTY_TYPE = 8,
    PROPERTY_OUT_TYPE = 10,
    PROPERTY_MAP_NAME = 12,
    PROPERTY_COUNT = 16,
    PROPERTY_LENGTH = 18,
    PROPERTY_TAGS = 20,
    PROPERTY_SIZE = 24,

    SOURCE_XML = 0,
    SOURCE_WBEM = 1,
    SOURCE_WPP = 2,
    SOURCE_TRACELOGGING = 3,

    TEMPLATE_EVENT_DATA = 1,
    TEMPLATE_USER_DATA = 2,
    FLAG_HAS_TAGS = 0x40,
    FLAGS_OF_TDH = ETW_PROPERTY_STRUCT | ETW_PROPERTY_LENGTH_INDEX | ETW_PROPERTY_COUNT_INDEX |
                   ETW_PROPERTY_FIXED_LENGTH | ETW_PROPERTY_FIXED_COUNT
};

typedef struct blob {
    etwi_buffer bytes;
    const etw_schema *schema;
    uint16_t index[UINT16_MAX]; /* Of a property of the schema, where it is now. */
} blob;

static void put_u16(blob *out, size_t at, unsigned value)
{
    out->bytes.data[at] = (char)value;
    out->bytes.data[at + 1] = (char)(value >> 8);
}

static void put_u32(blob *out, size_t at, uint32_t value)
{
    put_u16(out, at, value & 0xFFFF);
    put_u16(out, at + 2, value >> 16);
}

static void append_text(blob *out, etw_str text)
{
    wchar_t *wide = malloc((text.size + 1) * sizeof *wide);
    if (!wide) {
        out->bytes.failed = true;
        return;
    }
    const int units =
        text.size ? MultiByteToWideChar(CP_UTF8, 0, text.data, (int)text.size, wide, (int)text.size)
                  : 0;
    wide[units] = 0;
    etwi_buffer_append(&out->bytes, wide, ((size_t)units + 1) * sizeof *wide);
    free(wide);
}

/* Puts a text behind all, and where it is at `at`; 0 if there is none. */
static void put_text(blob *out, size_t at, etw_str text)
{
    if (!text.size)
        return;
    const size_t place = out->bytes.size;
    append_text(out, text);
    if (!out->bytes.failed)
        put_u32(out, at, (uint32_t)place);
}

static bool has_count(const etw_property *property)
{
    return property->flags & ETW_PROPERTY_INLINE_COUNT;
}

/* Where each property goes; returns how many there are. */
static uint32_t lay_out(blob *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < out->schema->property_count; i++) {
        count += has_count(&out->schema->properties[i]);
        out->index[i] = (uint16_t)count++;
    }
    return count;
}

static uint32_t top_level_count(const blob *out)
{
    uint32_t count = out->schema->top_level_count;
    for (uint32_t i = 0; i < out->schema->top_level_count; i++)
        count += has_count(&out->schema->properties[i]);
    return count;
}

static void put_count_property(blob *out, size_t at, const etw_property *property)
{
    char name[512];
    const int size = snprintf(name, sizeof name, "%.*s.Count", (int)property->name.size,
                              property->name.data ? property->name.data : "");
    const etw_str text = {name, (size_t)size};
    put_text(out, at + PROPERTY_NAME, text);
    put_u16(out, at + PROPERTY_TYPE, ETW_IN_UINT16);
    put_u16(out, at + PROPERTY_COUNT, 1);
    put_u16(out, at + PROPERTY_LENGTH, 2);
}

static uint32_t member_count(const blob *out, const etw_property *property)
{
    uint32_t count = property->member_count;
    for (uint32_t i = 0; i < property->member_count; i++)
        count += has_count(&out->schema->properties[property->first_member + i]);
    return count;
}

static void put_type(blob *out, size_t at, const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_STRUCT) {
        const uint32_t first = out->index[property->first_member];
        const bool counts =
            property->member_count && has_count(&out->schema->properties[property->first_member]);
        put_u16(out, at + PROPERTY_TYPE, first - counts);
        put_u16(out, at + PROPERTY_OUT_TYPE, member_count(out, property));
        return;
    }
    put_u16(out, at + PROPERTY_TYPE, property->in_type);
    put_u16(out, at + PROPERTY_OUT_TYPE, property->out_type);
    if (property->map)
        put_text(out, at + PROPERTY_MAP_NAME, property->map->name);
}

static void put_property(blob *out, uint32_t i)
{
    const etw_property *property = &out->schema->properties[i];
    size_t at = INFO_SIZE + (size_t)out->index[i] * PROPERTY_SIZE;
    uint32_t flags = property->flags & FLAGS_OF_TDH;
    uint32_t count = property->count, length = property->length;
    if (has_count(property)) {
        put_count_property(out, at - PROPERTY_SIZE, property);
        flags |= ETW_PROPERTY_COUNT_INDEX;
        count = out->index[i] - 1u;
    } else if (flags & ETW_PROPERTY_COUNT_INDEX) {
        count = out->index[property->count];
    }
    if (flags & ETW_PROPERTY_LENGTH_INDEX)
        length = out->index[property->length];
    if (property->tags)
        flags |= FLAG_HAS_TAGS;
    put_u32(out, at, flags);
    put_text(out, at + PROPERTY_NAME, property->name);
    put_type(out, at, property);
    put_u16(out, at + PROPERTY_COUNT, count);
    put_u16(out, at + PROPERTY_LENGTH, length);
    put_u32(out, at + PROPERTY_TAGS, property->tags);
}

static uint32_t source_of(const etw_schema *schema)
{
    switch (schema->source) {
    case ETW_SCHEMA_TRACELOGGING:
        return SOURCE_TRACELOGGING;
    case ETW_SCHEMA_TMF:
        return SOURCE_WPP;
    default:
        return schema->is_classic ? SOURCE_WBEM : SOURCE_XML;
    }
}

/* All names one after the other, and an empty one. */
static void put_keywords(blob *out)
{
    const etw_str none = {"", 0};
    const size_t place = out->bytes.size;
    bool is_any = false;
    for (uint32_t i = 0; i < out->schema->keyword_count; i++) {
        if (!(out->schema->keywords[i].mask & out->schema->keyword))
            continue;
        append_text(out, out->schema->keywords[i].name);
        is_any = true;
    }
    if (!is_any)
        return;
    append_text(out, none);
    if (!out->bytes.failed)
        put_u32(out, INFO_KEYWORDS_NAME, (uint32_t)place);
}

static void put_descriptor(blob *out)
{
    const etw_schema *schema = out->schema;
    const etwi_abi_descriptor descriptor = {schema->id,     schema->version, schema->channel,
                                            schema->level,  schema->opcode,  schema->task,
                                            schema->keyword};
    memcpy(out->bytes.data + INFO_DESCRIPTOR, &descriptor, sizeof descriptor);
}

static void put_head(blob *out, uint32_t property_count)
{
    const etw_schema *schema = out->schema;
    const etw_guid *provider = schema->is_classic ? &schema->owner : &schema->provider;
    const etw_guid none = {0};
    memcpy(out->bytes.data, provider, sizeof *provider);
    memcpy(out->bytes.data + INFO_EVENT_GUID, schema->is_classic ? &schema->provider : &none,
           sizeof none);
    put_descriptor(out);
    put_u32(out, INFO_SOURCE, source_of(schema));
    put_u32(out, INFO_PROPERTY_COUNT, property_count);
    put_u32(out, INFO_TOP_LEVEL_COUNT, top_level_count(out));
    put_u32(out, INFO_FLAGS, schema->is_user_data ? TEMPLATE_USER_DATA : TEMPLATE_EVENT_DATA);
    put_text(out, INFO_PROVIDER_NAME, schema->provider_name);
    put_text(out, INFO_LEVEL_NAME, schema->level_name);
    put_text(out, INFO_CHANNEL_NAME, schema->channel_name);
    put_keywords(out);
    put_text(out, INFO_TASK_NAME, schema->task_name);
    put_text(out, INFO_OPCODE_NAME, schema->opcode_name);
    put_text(out, INFO_MESSAGE, schema->message);
    if (source_of(schema) != SOURCE_WBEM)
        put_text(out, INFO_EVENT_NAME, schema->event_name);
}

uint8_t *double_event_info(const etw_schema *schema, uint32_t *size)
{
    uint8_t *result = NULL;
    blob *out = calloc(1, sizeof *out);
    if (!out)
        return NULL;
    out->bytes.allocator = etwi_allocator_or_default(NULL);
    out->schema = schema;
    const uint32_t count = lay_out(out);
    const size_t fixed = INFO_SIZE + (size_t)count * PROPERTY_SIZE;
    char *start = etwi_buffer_reserve(&out->bytes, fixed);
    if (start) {
        memset(start, 0, fixed);
        out->bytes.size = fixed;
        put_head(out, count);
        for (uint32_t i = 0; i < schema->property_count; i++)
            put_property(out, i);
    }
    if (!out->bytes.failed && start)
        result = malloc(out->bytes.size);
    if (result) {
        memcpy(result, out->bytes.data, out->bytes.size);
        *size = (uint32_t)out->bytes.size;
    }
    etwi_buffer_free(&out->bytes);
    free(out);
    return result;
}
