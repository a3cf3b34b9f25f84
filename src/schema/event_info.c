/*
 * How it works: the fixed part of a TRACE_EVENT_INFO is read in one go, then the 24-byte property
 * records, and each name where its offset points. Offsets may point anywhere in the blob, several
 * to one place, so a budget bounds how much text all names together may copy: without it 64 KiB of
 * input could ask for hundreds of megabytes.
 */
#include "schema/event_info.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/scan.h"
#include "schema/schema_text.h"
#include "schema/value_map.h"

#include <inttypes.h>
#include <string.h>

enum {
    /* Offsets in TRACE_EVENT_INFO. */
    INFO_DECODING_SOURCE = 48,
    INFO_KEYWORDS_NAME = 64,
    INFO_PROPERTY_COUNT = 100,
    INFO_TOP_LEVEL_COUNT = 104,
    INFO_PROPERTIES = 112,

    PROPERTY_SIZE = 24,
    /* Offsets in EVENT_PROPERTY_INFO. */
    PROPERTY_NAME = 4,
    PROPERTY_TYPE = 8,
    PROPERTY_MAP_NAME = 12,
    PROPERTY_COUNT = 16,
    PROPERTY_LENGTH = 18,

    FLAG_USER_DATA_TEMPLATE = 2, /* In TRACE_EVENT_INFO. */
    FLAG_HAS_TAGS = 0x40,        /* In EVENT_PROPERTY_INFO. */
    FLAG_CUSTOM_SCHEMA = 0x80,
    FLAGS_KEPT = ETW_PROPERTY_STRUCT | ETW_PROPERTY_LENGTH_INDEX | ETW_PROPERTY_COUNT_INDEX |
                 ETW_PROPERTY_FIXED_LENGTH | ETW_PROPERTY_FIXED_COUNT,
    TAGS_MASK = 0x0FFFFFFF,

    MAP_ENTRIES = 16, /* In EVENT_MAP_INFO. */
    MAP_ENTRY_SIZE = 8,
    MAP_VALUE = 0x01,
    MAP_BITS = 0x02,
    MAP_PATTERN = 0x04,
    MAP_WBEM_VALUE = 0x08,
    MAP_WBEM_BITS = 0x10,
    MAP_WBEM_FLAG = 0x20,
    MAP_WBEM_NO_MAP = 0x40,
    MAP_KINDS = MAP_VALUE | MAP_BITS | MAP_WBEM_VALUE | MAP_WBEM_BITS,

    KEYWORD_BITS = 64,
    KEYWORD_CHANNEL_BITS = 56, /* From here on keyword bits stand for channels. */
    TEXT_BUDGET_FACTOR = 4,
};

typedef enum decoding_source {
    SOURCE_XML,
    SOURCE_WBEM,
    SOURCE_WPP,
    SOURCE_TRACELOGGING,
} decoding_source;

typedef struct info_parser {
    etw_bytes blob;
    etwi_arena *arena;
    etw_error *error;
    size_t text_budget; /* Bytes of UTF-16 that may still be copied. */
    uint32_t source;    /* A decoding_source. */
} info_parser;

/* The offsets of strings in TRACE_EVENT_INFO, in their order. */
typedef struct info_names {
    uint32_t provider, level, channel, keywords, task, opcode, message;
    uint32_t provider_message, binary_xml, binary_xml_size, event, attributes;
} info_names;

/*
 * Finds the zero-terminated UTF-16 that the 4 bytes at `field` point to; offset 0 means none.
 */
static etw_status find_text(info_parser *parser, etw_bytes *out, uint32_t offset, size_t field)
{
    const etw_bytes none = {NULL, 0};
    *out = none;
    if (!offset)
        return ETW_OK;
    if (offset >= parser->blob.size)
        return etwi_fail(parser->error, ETW_E_CORRUPT, field,
                         "string offset %" PRIu32 " lies outside of %zu bytes", offset,
                         parser->blob.size);
    etwi_cursor c =
        etwi_slice(parser->blob.data, parser->blob.size, offset, parser->blob.size - offset);
    *out = etwi_utf16_z(&c);
    if (c.failed)
        return etwi_fail(parser->error, ETW_E_CORRUPT, offset, "string has no terminating zero");
    if (out->size > parser->text_budget)
        return etwi_fail(parser->error, ETW_E_CORRUPT, offset,
                         "strings overlap: all together are longer than %d times the data",
                         TEXT_BUDGET_FACTOR);
    parser->text_budget -= out->size;
    return ETW_OK;
}

static etw_status read_text(info_parser *parser, etw_str *out, uint32_t offset, size_t field)
{
    etw_bytes text;
    ETWI_TRY(find_text(parser, &text, offset, field));
    if (!text.data)
        return ETW_OK;
    if (!etwi_schema_text_utf16(parser->arena, out, text))
        return etwi_fail_nomem(parser->error);
    return ETW_OK;
}

/* The n-th lowest bit of `keyword` that is set; 0 if there are not so many. */
static uint64_t nth_bit(uint64_t keyword, unsigned n)
{
    while (n-- && keyword)
        keyword &= keyword - 1;
    return keyword & (~keyword + 1);
}

static unsigned bit_count(uint64_t keyword)
{
    unsigned count = 0;
    for (; keyword; keyword &= keyword - 1)
        count++;
    return count;
}

/*
 * The names come without masks. Those seen stand in the order of the bits that are set, and bits
 * of channels have none. Where the numbers do not agree nobody knows which bit a name belongs to;
 * then every name gets the whole keyword as its mask, so that it still shows on the event.
 */
static void give_masks(etw_keyword *keywords, unsigned count, uint64_t keyword)
{
    const uint64_t plain = keyword & (((uint64_t)1 << KEYWORD_CHANNEL_BITS) - 1);
    const bool all = bit_count(keyword) == count;
    const bool without_channels = bit_count(plain) == count;
    for (unsigned i = 0; i < count; i++) {
        keywords[i].mask = all                ? nth_bit(keyword, i)
                           : without_channels ? nth_bit(plain, i)
                                              : keyword;
    }
}

/* The list of keyword names ends with an empty string. */
static etw_status read_keywords(info_parser *parser, etw_schema *schema, uint32_t offset)
{
    etw_str names[KEYWORD_BITS];
    unsigned count = 0;
    if (!schema->keyword)
        return ETW_OK;
    while (offset && count < KEYWORD_BITS) {
        etw_bytes text;
        ETWI_TRY(find_text(parser, &text, offset, INFO_KEYWORDS_NAME));
        if (!text.size)
            break;
        if (!etwi_schema_text_utf16(parser->arena, &names[count++], text))
            return etwi_fail_nomem(parser->error);
        offset += (uint32_t)text.size + 2;
    }
    if (!count)
        return ETW_OK;
    etw_keyword *keywords = etwi_arena_alloc_zeroed(parser->arena, count * sizeof *keywords);
    if (!keywords)
        return etwi_fail_nomem(parser->error);
    for (unsigned i = 0; i < count; i++)
        keywords[i].name = names[i];
    give_masks(keywords, count, schema->keyword);
    schema->keywords = keywords;
    schema->keyword_count = count;
    return ETW_OK;
}

static info_names read_name_offsets(etwi_cursor *c)
{
    info_names names;
    names.provider = etwi_u32(c);
    names.level = etwi_u32(c);
    names.channel = etwi_u32(c);
    names.keywords = etwi_u32(c);
    names.task = etwi_u32(c);
    names.opcode = etwi_u32(c);
    names.message = etwi_u32(c);
    names.provider_message = etwi_u32(c);
    names.binary_xml = etwi_u32(c);
    names.binary_xml_size = etwi_u32(c);
    names.event = etwi_u32(c);
    names.attributes = etwi_u32(c);
    return names;
}

/* Reads the key and the descriptor. The key of WBEM events is that of the events themselves: the
 * class and its type; WPP messages come under the GUID of their file, which is the event GUID. */
static etw_status read_identity(info_parser *parser, etwi_cursor *c, etw_schema *out)
{
    const etw_guid provider = etwi_guid(c);
    const etw_guid event = etwi_guid(c);
    out->id = etwi_u16(c);
    out->version = etwi_u8(c);
    out->channel = etwi_u8(c);
    out->level = etwi_u8(c);
    out->opcode = etwi_u8(c);
    out->task = etwi_u16(c);
    out->keyword = etwi_u64(c);
    parser->source = etwi_u32(c);
    if (parser->source > SOURCE_TRACELOGGING)
        return etwi_fail(parser->error, ETW_E_CORRUPT, INFO_DECODING_SOURCE,
                         "unknown decoding source %" PRIu32, parser->source);
    out->source = ETW_SCHEMA_EVENT_INFO;
    out->is_classic = parser->source == SOURCE_WBEM;
    out->provider = provider;
    if (out->is_classic)
        out->id = 0;
    if (out->is_classic || (parser->source == SOURCE_WPP && !etw_guid_is_null(&event)))
        out->provider = event;
    return ETW_OK;
}

/* Predefined levels and opcodes come as "win:Start" or as "Start", depending on the system. */
static etw_str without_prefix(etw_str name)
{
    static const char PREFIX[] = "win:";
    const size_t size = sizeof PREFIX - 1;
    if (name.size > size && memcmp(name.data, PREFIX, size) == 0) {
        name.data += size;
        name.size -= size;
    }
    return name;
}

static etw_status read_names(info_parser *parser, etw_schema *out, const info_names *names)
{
    ETWI_TRY(read_text(parser, &out->provider_name, names->provider, 52));
    ETWI_TRY(read_text(parser, &out->level_name, names->level, 56));
    ETWI_TRY(read_text(parser, &out->channel_name, names->channel, 60));
    ETWI_TRY(read_keywords(parser, out, names->keywords));
    ETWI_TRY(read_text(parser, &out->task_name, names->task, 68));
    ETWI_TRY(read_text(parser, &out->opcode_name, names->opcode, 72));
    ETWI_TRY(read_text(parser, &out->message, names->message, 76));
    out->level_name = without_prefix(out->level_name);
    out->opcode_name = without_prefix(out->opcode_name);
    // In WBEM infos the same place names the property that holds the activity id.
    if (parser->source == SOURCE_XML || parser->source == SOURCE_TRACELOGGING)
        ETWI_TRY(read_text(parser, &out->event_name, names->event, 92));
    return ETW_OK;
}

static bool has_length(unsigned in_type)
{
    switch (in_type) {
    case ETW_IN_UNICODE_STRING:
    case ETW_IN_ANSI_STRING:
    case ETW_IN_BINARY:
    case ETW_IN_NON_NULL_TERMINATED_STRING:
    case ETW_IN_NON_NULL_TERMINATED_ANSI_STRING:
        return true;
    default:
        return false;
    }
}

/*
 * Brings count and length into one form. Infos of older systems set neither of the "fixed" flags
 * and are recognised by the numbers; all of them give numbers the size of their type as length.
 */
static void normalise(etw_property *property)
{
    if (!(property->flags & ETW_PROPERTY_COUNT_INDEX)) {
        if (property->count > 1)
            property->flags |= ETW_PROPERTY_FIXED_COUNT;
        else if (!(property->flags & ETW_PROPERTY_FIXED_COUNT))
            property->count = 1;
    }
    if (property->flags & ETW_PROPERTY_LENGTH_INDEX) {
        property->flags &= (uint16_t)~ETW_PROPERTY_FIXED_LENGTH;
        return;
    }
    // Booleans of one byte are how WBEM classes declare them; the in-type means four.
    if (property->in_type == ETW_IN_BOOLEAN && property->length == 1) {
        property->in_type = ETW_IN_UINT8;
        property->out_type = ETW_OUT_BOOLEAN;
    }
    if (!has_length(property->in_type)) {
        property->flags &= (uint16_t)~ETW_PROPERTY_FIXED_LENGTH;
        property->length = 0;
    } else if (property->length) {
        property->flags |= ETW_PROPERTY_FIXED_LENGTH;
    }
}

/* Members come after their struct and after all top-level properties, so nothing can nest in
 * itself. */
static etw_status check_struct(info_parser *parser, const etw_schema *schema,
                               const etw_property *property, unsigned index, size_t at)
{
    const unsigned end = (unsigned)property->first_member + property->member_count;
    if (end > schema->property_count ||
        (property->member_count &&
         (property->first_member <= index || property->first_member < schema->top_level_count)))
        return etwi_fail(parser->error, ETW_E_CORRUPT, at + PROPERTY_TYPE,
                         "struct %u cannot have the members %u to %u of %u properties", index,
                         property->first_member, end, schema->property_count);
    return ETW_OK;
}

static etw_status check_indexes(info_parser *parser, const etw_schema *schema,
                                const etw_property *property, size_t at)
{
    if ((property->flags & ETW_PROPERTY_COUNT_INDEX) && property->count >= schema->property_count)
        return etwi_fail(parser->error, ETW_E_CORRUPT, at + PROPERTY_COUNT,
                         "count is kept in property %u of %u", property->count,
                         schema->property_count);
    if ((property->flags & ETW_PROPERTY_LENGTH_INDEX) && property->length >= schema->property_count)
        return etwi_fail(parser->error, ETW_E_CORRUPT, at + PROPERTY_LENGTH,
                         "length is kept in property %u of %u", property->length,
                         schema->property_count);
    return ETW_OK;
}

typedef struct map_lookup {
    etwi_map_finder find;
    void *user;
} map_lookup;

static etw_status read_property(info_parser *parser, const etw_schema *schema, etw_property *out,
                                unsigned index, map_lookup maps)
{
    const size_t at = INFO_PROPERTIES + (size_t)index * PROPERTY_SIZE;
    etwi_cursor c = etwi_slice(parser->blob.data, parser->blob.size, at, PROPERTY_SIZE);
    const uint32_t flags = etwi_u32(&c);
    const uint32_t name = etwi_u32(&c);
    const uint16_t first = etwi_u16(&c);
    const uint16_t second = etwi_u16(&c);
    const uint32_t map_name = etwi_u32(&c);
    out->count = etwi_u16(&c);
    out->length = etwi_u16(&c);
    const uint32_t tags = etwi_u32(&c);
    out->flags = (uint16_t)(flags & FLAGS_KEPT);
    out->tags = flags & FLAG_HAS_TAGS ? tags & TAGS_MASK : 0;
    ETWI_TRY(read_text(parser, &out->name, name, at + PROPERTY_NAME));
    if (flags & ETW_PROPERTY_STRUCT) {
        out->first_member = first;
        out->member_count = second;
        ETWI_TRY(check_struct(parser, schema, out, index, at));
    } else {
        out->in_type = first;
        out->out_type = second;
    }
    ETWI_TRY(check_indexes(parser, schema, out, at));
    normalise(out);
    if ((flags & (ETW_PROPERTY_STRUCT | FLAG_CUSTOM_SCHEMA)) || !map_name || !maps.find)
        return ETW_OK;
    etw_str text = {NULL, 0};
    ETWI_TRY(read_text(parser, &text, map_name, at + PROPERTY_MAP_NAME));
    out->map = maps.find(maps.user, &schema->provider, text);
    return ETW_OK;
}

static etw_status read_properties(info_parser *parser, etwi_cursor *c, etw_schema *out,
                                  map_lookup maps)
{
    const uint32_t count = etwi_u32(c);
    const uint32_t top_level = etwi_u32(c);
    const uint32_t flags = etwi_u32(c);
    if (c->failed)
        return etwi_fail(parser->error, ETW_E_CORRUPT, parser->blob.size,
                         "event info ends after %zu of %d bytes", parser->blob.size,
                         INFO_PROPERTIES);
    const size_t room = etwi_left(c) / PROPERTY_SIZE;
    if (count > room || count > UINT16_MAX)
        return etwi_fail(parser->error, ETW_E_CORRUPT, INFO_PROPERTY_COUNT,
                         "%" PRIu32 " properties, but room for %zu", count, room);
    if (top_level > count)
        return etwi_fail(parser->error, ETW_E_CORRUPT, INFO_TOP_LEVEL_COUNT,
                         "%" PRIu32 " of %" PRIu32 " properties are at the top level", top_level,
                         count);
    out->property_count = (uint16_t)count;
    out->top_level_count = (uint16_t)top_level;
    out->is_user_data = flags & FLAG_USER_DATA_TEMPLATE;
    if (!count)
        return ETW_OK;
    etw_property *properties = etwi_arena_alloc_zeroed(parser->arena, count * sizeof *properties);
    if (!properties)
        return etwi_fail_nomem(parser->error);
    for (unsigned i = 0; i < count; i++)
        ETWI_TRY(read_property(parser, out, &properties[i], i, maps));
    out->properties = properties;
    return ETW_OK;
}

etw_status etwi_event_info_parse(etw_schema *out, etw_bytes blob, etwi_arena *arena,
                                 etwi_map_finder find_map, void *user, etw_error *error)
{
    const etw_schema empty = {0};
    *out = empty;
    info_parser parser = {blob, arena, error, blob.size * TEXT_BUDGET_FACTOR, 0};
    const map_lookup maps = {find_map, user};
    etwi_cursor c = etwi_cursor_of(blob.data, blob.size);
    ETWI_TRY(read_identity(&parser, &c, out));
    const info_names names = read_name_offsets(&c);
    ETWI_TRY(read_properties(&parser, &c, out, maps));
    return read_names(&parser, out, &names);
}

/* WBEM maps without values number their texts: 0, 1, 2 … or, of bits, 1, 2, 4 … */
static uint64_t entry_value(uint32_t stored, uint32_t index, uint32_t flags, bool is_bitmap)
{
    if (!(flags & MAP_WBEM_NO_MAP))
        return stored;
    return is_bitmap ? (uint64_t)1 << (index & 63) : index;
}

static etw_status read_map_entries(info_parser *parser, etwi_cursor *c, etw_map *out,
                                   uint32_t count, uint32_t flags)
{
    if (!count)
        return ETW_OK;
    etw_map_entry *entries = etwi_arena_alloc_zeroed(parser->arena, count * sizeof *entries);
    if (!entries)
        return etwi_fail_nomem(parser->error);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t text = etwi_u32(c);
        const uint32_t value = etwi_u32(c);
        entries[i].value = entry_value(value, i, flags, out->is_bitmap);
        ETWI_TRY(
            read_text(parser, &entries[i].text, text, MAP_ENTRIES + (size_t)i * MAP_ENTRY_SIZE));
    }
    if (!etwi_map_entries_sort(entries, &count, &parser->arena->allocator))
        return etwi_fail_nomem(parser->error);
    out->entries = entries;
    out->entry_count = count;
    return ETW_OK;
}

etw_status etwi_event_map_parse(etw_map *out, etw_bytes blob, etwi_arena *arena, etw_error *error)
{
    const etw_map empty = {0};
    *out = empty;
    info_parser parser = {blob, arena, error, blob.size * TEXT_BUDGET_FACTOR, 0};
    etwi_cursor c = etwi_cursor_of(blob.data, blob.size);
    const uint32_t name = etwi_u32(&c);
    const uint32_t flags = etwi_u32(&c);
    const uint32_t count = etwi_u32(&c);
    const uint32_t value_type = etwi_u32(&c);
    if (c.failed)
        return etwi_fail(error, ETW_E_CORRUPT, blob.size, "map info ends after %zu of %d bytes",
                         blob.size, MAP_ENTRIES);
    if (flags & MAP_PATTERN)
        return etwi_fail(error, ETW_E_UNSUPPORTED, 4, "pattern maps are not supported");
    if (!(flags & MAP_KINDS))
        return etwi_fail(error, ETW_E_CORRUPT, 4, "unknown kind of map 0x%" PRIX32, flags);
    if (value_type != 0)
        return etwi_fail(error, ETW_E_UNSUPPORTED, 12,
                         "maps with values of type %" PRIu32 " are not supported", value_type);
    out->is_bitmap = (flags & (MAP_BITS | MAP_WBEM_BITS)) ||
                     ((flags & MAP_WBEM_VALUE) && (flags & MAP_WBEM_FLAG));
    const size_t room = etwi_left(&c) / MAP_ENTRY_SIZE;
    const size_t most = out->is_bitmap && (flags & MAP_WBEM_NO_MAP) ? KEYWORD_BITS : room;
    if (count > room || count > most)
        return etwi_fail(error, ETW_E_CORRUPT, 8, "%" PRIu32 " map entries, but room for %zu",
                         count, room < most ? room : most);
    ETWI_TRY(read_text(&parser, &out->name, name, 0));
    return read_map_entries(&parser, &c, out, count, flags);
}
