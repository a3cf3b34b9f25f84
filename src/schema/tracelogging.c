/*
 * How it works: the metadata lists fields depth first, a struct being followed by its members. One
 * pass reads them into a flat list, with a small stack that counts the members still to come; the
 * place where the subtree of each field ends is all that nesting needs. The second pass lays them
 * out breadth first: the list of properties is its own queue, and each struct in it appends its
 * members at the end, so members are neighbours and come after their struct.
 */
#include "schema/tracelogging.h"

#include "base/bytes.h"
#include "base/error.h"
#include "schema/schema_text.h"

#include <etw/property.h>

enum {
    TYPE_MASK = 0x1F,
    COUNT_MASK = 0x60,
    COUNT_CONSTANT = 0x20,
    COUNT_VARIABLE = 0x40,
    COUNT_CUSTOM = 0x60,
    CHAIN = 0x80, /* Of in-type and out-type: the next byte belongs to the field as well. */
    TYPE_STRUCT = 24,
    TYPE_MAX = 25,

    TAG_BYTES = 4,
    OUT_TDH = 32, /* From here on out-types have the numbers of TDH. */
};

/* The out-types that TraceLogging numbers itself. */
typedef enum tl_out {
    TL_OUT_DEFAULT,
    TL_OUT_NO_PRINT,
    TL_OUT_STRING,
    TL_OUT_BOOLEAN,
    TL_OUT_HEX,
    TL_OUT_PID,
    TL_OUT_TID,
    TL_OUT_PORT,
    TL_OUT_IPV4,
    TL_OUT_IPV6,
    TL_OUT_SOCKET_ADDRESS,
    TL_OUT_XML,
    TL_OUT_JSON,
    TL_OUT_WIN32_ERROR,
    TL_OUT_NTSTATUS,
    TL_OUT_HRESULT,
    TL_OUT_FILETIME,
    TL_OUT_SIGNED,
    TL_OUT_UNSIGNED,
} tl_out;

/* A field as it stands in the metadata. */
typedef struct field {
    etw_str name; /* In the metadata, perhaps not well-formed. */
    uint32_t tags;
    uint32_t end; /* The index behind the last field inside of this one. */
    uint16_t count;
    uint8_t type; /* With the bits of COUNT_MASK. */
    uint8_t out;  /* Of structs: how many members follow. */
} field;

typedef struct field_list {
    etw_allocator allocator;
    field *fields;
    size_t capacity;
    uint32_t count;
} field_list;

/* A struct whose members are being read. */
typedef struct open_struct {
    uint32_t field;
    uint32_t members_left;
} open_struct;

typedef struct metadata_parser {
    etwi_cursor c;
    const uint8_t *start;
    etw_error *error;
    field_list list;
    open_struct stack[ETW_STRUCT_DEPTH_MAX];
    unsigned depth;
} metadata_parser;

static uint64_t position(const metadata_parser *parser)
{
    return (uint64_t)(parser->c.at - parser->start);
}

/* Seven bits a byte, the most significant first; Windows defines no more than four bytes. */
static uint32_t read_tags(etwi_cursor *c)
{
    uint32_t tags = 0;
    uint8_t byte = CHAIN;
    for (unsigned i = 0; !c->failed && (byte & CHAIN); i++) {
        byte = etwi_u8(c);
        if (i < TAG_BYTES)
            tags |= (uint32_t)(byte & 0x7F) << (7 * (TAG_BYTES - 1 - i));
    }
    return tags;
}

static etw_status read_field(metadata_parser *parser, field *out)
{
    etwi_cursor *c = &parser->c;
    const uint64_t start = position(parser);
    const field empty = {{NULL, 0}, 0, 0, 0, 0, 0};
    *out = empty;
    out->name = etwi_ascii_z(c);
    const uint64_t type_offset = position(parser);
    const uint8_t type = etwi_u8(c);
    uint8_t extra = 0;
    if (type & CHAIN) {
        extra = etwi_u8(c);
        if (extra & CHAIN)
            out->tags = read_tags(c);
    }
    out->type = type & (TYPE_MASK | COUNT_MASK);
    out->out = extra & 0x7F;
    if ((type & COUNT_MASK) == COUNT_CONSTANT)
        out->count = etwi_u16(c);
    if ((type & COUNT_MASK) == COUNT_CUSTOM)
        etwi_take(c, etwi_u16(c)); // How to read custom values is known to their writer only.
    if (c->failed)
        return etwi_fail(parser->error, ETW_E_CORRUPT, start, "field %u ends early",
                         parser->list.count);
    if ((type & TYPE_MASK) > TYPE_MAX)
        return etwi_fail(parser->error, ETW_E_CORRUPT, type_offset, "unknown type %d of field %u",
                         type & TYPE_MASK, parser->list.count);
    if ((type & TYPE_MASK) == TYPE_STRUCT && (type & COUNT_MASK) == COUNT_CUSTOM)
        return etwi_fail(parser->error, ETW_E_CORRUPT, type_offset,
                         "field %u is a struct with a custom encoding", parser->list.count);
    return ETW_OK;
}

/* Closes every struct that has got its last member. */
static void close_structs(metadata_parser *parser)
{
    while (parser->depth && !parser->stack[parser->depth - 1].members_left) {
        parser->depth--;
        parser->list.fields[parser->stack[parser->depth].field].end = parser->list.count;
    }
}

static etw_status add_field(metadata_parser *parser)
{
    field_list *list = &parser->list;
    const uint64_t start = position(parser);
    field read;
    ETWI_TRY(read_field(parser, &read));
    void *memory = list->fields;
    if (etwi_grow(&list->allocator, &memory, &list->capacity, list->count + 1, sizeof read))
        return etwi_fail_nomem(parser->error);
    list->fields = memory;
    const uint32_t index = list->count++;
    read.end = list->count;
    list->fields[index] = read;

    if (parser->depth)
        parser->stack[parser->depth - 1].members_left--;
    if ((read.type & TYPE_MASK) == TYPE_STRUCT && read.out) {
        if (parser->depth == ETW_STRUCT_DEPTH_MAX)
            return etwi_fail(parser->error, ETW_E_CORRUPT, start,
                             "structs nest deeper than %d levels", ETW_STRUCT_DEPTH_MAX);
        const open_struct opened = {index, read.out};
        parser->stack[parser->depth++] = opened;
    }
    close_structs(parser);
    return ETW_OK;
}

static etw_status read_fields(metadata_parser *parser)
{
    while (etwi_left(&parser->c))
        ETWI_TRY(add_field(parser));
    if (parser->depth)
        return etwi_fail(parser->error, ETW_E_CORRUPT, position(parser),
                         "struct %u lacks %u members", parser->stack[parser->depth - 1].field,
                         parser->stack[parser->depth - 1].members_left);
    return ETW_OK;
}

/* Signed, unsigned and hexadecimal forms of integers, by the width of the value. */
static uint16_t out_by_width(unsigned in_type, tl_out out)
{
    static const uint16_t SIGNED[] = {ETW_OUT_BYTE, ETW_OUT_SHORT, ETW_OUT_INT, ETW_OUT_LONG};
    static const uint16_t UNSIGNED[] = {ETW_OUT_UNSIGNED_BYTE, ETW_OUT_UNSIGNED_SHORT,
                                        ETW_OUT_UNSIGNED_INT, ETW_OUT_UNSIGNED_LONG};
    static const uint16_t HEX[] = {ETW_OUT_HEX_INT8, ETW_OUT_HEX_INT16, ETW_OUT_HEX_INT32,
                                   ETW_OUT_HEX_INT64};
    unsigned width;
    switch (in_type) {
    case ETW_IN_INT8:
    case ETW_IN_UINT8:
        width = 0;
        break;
    case ETW_IN_INT16:
    case ETW_IN_UINT16:
        width = 1;
        break;
    case ETW_IN_INT32:
    case ETW_IN_UINT32:
    case ETW_IN_BOOLEAN:
    case ETW_IN_HEX_INT32:
        width = 2;
        break;
    case ETW_IN_INT64:
    case ETW_IN_UINT64:
    case ETW_IN_HEX_INT64:
    case ETW_IN_POINTER:
        width = 3;
        break;
    case ETW_IN_BINARY:
    case ETW_IN_MANIFEST_COUNTED_BINARY:
        return out == TL_OUT_HEX ? ETW_OUT_HEX_BINARY : ETW_OUT_NULL;
    default:
        return ETW_OUT_NULL;
    }
    return out == TL_OUT_HEX ? HEX[width] : out == TL_OUT_SIGNED ? SIGNED[width] : UNSIGNED[width];
}

static uint16_t out_type_of(unsigned in_type, unsigned out)
{
    static const uint16_t PLAIN[] = {
        [TL_OUT_DEFAULT] = ETW_OUT_NULL,
        [TL_OUT_NO_PRINT] = ETW_OUT_NO_PRINT,
        [TL_OUT_STRING] = ETW_OUT_STRING,
        [TL_OUT_BOOLEAN] = ETW_OUT_BOOLEAN,
        [TL_OUT_PID] = ETW_OUT_PID,
        [TL_OUT_TID] = ETW_OUT_TID,
        [TL_OUT_PORT] = ETW_OUT_PORT,
        [TL_OUT_IPV4] = ETW_OUT_IPV4,
        [TL_OUT_IPV6] = ETW_OUT_IPV6,
        [TL_OUT_SOCKET_ADDRESS] = ETW_OUT_SOCKET_ADDRESS,
        [TL_OUT_XML] = ETW_OUT_XML,
        [TL_OUT_JSON] = ETW_OUT_JSON,
        [TL_OUT_WIN32_ERROR] = ETW_OUT_WIN32_ERROR,
        [TL_OUT_NTSTATUS] = ETW_OUT_NTSTATUS,
        [TL_OUT_HRESULT] = ETW_OUT_HRESULT,
        [TL_OUT_FILETIME] = ETW_OUT_DATETIME,
    };
    if (out >= OUT_TDH)
        return (uint16_t)out;
    if (out == TL_OUT_HEX || out == TL_OUT_SIGNED || out == TL_OUT_UNSIGNED)
        return out_by_width(in_type, (tl_out)out);
    return out < sizeof PLAIN / sizeof *PLAIN ? PLAIN[out] : (uint16_t)ETW_OUT_NULL;
}

/*
 * Types as manifests mean them. A binary of TraceLogging brings its own count of bytes, and so does
 * every value with a custom encoding; a field of type 0 has no bytes at all.
 */
static void set_type(etw_property *property, const field *from)
{
    const unsigned type = from->type & TYPE_MASK;
    property->out_type = out_type_of(type, from->out);
    property->in_type = (uint16_t)type;
    if (type == ETW_IN_BINARY || (from->type & COUNT_MASK) == COUNT_CUSTOM) {
        property->in_type = ETW_IN_MANIFEST_COUNTED_BINARY;
    } else if (type == ETW_IN_NULL) {
        property->in_type = ETW_IN_BINARY;
        property->flags |= ETW_PROPERTY_FIXED_LENGTH;
    }
}

static bool set_property(etw_property *property, const field *from, etwi_arena *arena)
{
    property->tags = from->tags;
    property->count = 1;
    if ((from->type & COUNT_MASK) == COUNT_CONSTANT) {
        property->flags |= ETW_PROPERTY_FIXED_COUNT;
        property->count = from->count;
    } else if ((from->type & COUNT_MASK) == COUNT_VARIABLE) {
        property->flags |= ETW_PROPERTY_INLINE_COUNT;
    }
    if ((from->type & TYPE_MASK) == TYPE_STRUCT)
        property->flags |= ETW_PROPERTY_STRUCT;
    else
        set_type(property, from);
    return etwi_schema_text_utf8(arena, &property->name, from->name);
}

/* Which field the property at each index was made of. */
typedef struct property_layout {
    const field *fields;
    uint32_t *sources;
    etw_property *properties;
    uint32_t count;
} property_layout;

/* Appends the fields of one level that stand in [first, end); false if memory is out. */
static bool append_level(property_layout *layout, uint32_t first, uint32_t end, etwi_arena *arena)
{
    for (uint32_t i = first; i < end; i = layout->fields[i].end) {
        layout->sources[layout->count] = i;
        if (!set_property(&layout->properties[layout->count++], &layout->fields[i], arena))
            return false;
    }
    return true;
}

static bool lay_out(property_layout *layout, etw_schema *out, uint32_t field_count,
                    etwi_arena *arena)
{
    if (!append_level(layout, 0, field_count, arena))
        return false;
    out->top_level_count = (uint16_t)layout->count;
    for (uint32_t i = 0; i < layout->count; i++) {
        etw_property *property = &layout->properties[i];
        if (!(property->flags & ETW_PROPERTY_STRUCT))
            continue;
        const uint32_t source = layout->sources[i];
        property->first_member = (uint16_t)layout->count;
        if (!append_level(layout, source + 1, layout->fields[source].end, arena))
            return false;
        property->member_count = (uint16_t)(layout->count - property->first_member);
    }
    return true;
}

/* At most one field for each two bytes of metadata, so the counts fit into 16 bits. */
static etw_status make_properties(metadata_parser *parser, etw_schema *out, etwi_arena *arena)
{
    const uint32_t count = parser->list.count;
    if (!count)
        return ETW_OK;
    const size_t sources_size = count * sizeof(uint32_t);
    etw_property *properties = etwi_arena_alloc_zeroed(arena, count * sizeof *properties);
    uint32_t *sources = etwi_alloc(&arena->allocator, sources_size);
    property_layout layout = {parser->list.fields, sources, properties, 0};
    const bool good = properties && sources && lay_out(&layout, out, count, arena);
    etwi_free(&arena->allocator, sources, sources_size);
    if (!good)
        return etwi_fail_nomem(parser->error);
    out->properties = properties;
    out->property_count = (uint16_t)count;
    return ETW_OK;
}

/* The traits only add a name, so damaged ones mean that there is none. */
static etw_status read_provider_name(etw_schema *out, etw_bytes traits, etwi_arena *arena,
                                     etw_error *error)
{
    etwi_cursor c = etwi_cursor_of(traits.data, traits.size);
    const uint16_t size = etwi_u16(&c);
    if (c.failed || size > traits.size || size < 2)
        return ETW_OK;
    c = etwi_slice(traits.data, traits.size, 2, size - 2u);
    const etw_str name = etwi_ascii_z(&c);
    if (!c.failed && !etwi_schema_text_utf8(arena, &out->provider_name, name))
        return etwi_fail_nomem(error);
    return ETW_OK;
}

static etw_status parse_metadata(metadata_parser *parser, etw_schema *out, size_t size,
                                 etwi_arena *arena)
{
    const uint16_t total = etwi_u16(&parser->c);
    if (parser->c.failed || total > size || total < 2)
        return etwi_fail(parser->error, ETW_E_CORRUPT, 0, "metadata of %zu bytes claims to have %u",
                         size, total);
    parser->c.end = parser->start + total;
    read_tags(&parser->c);
    const uint64_t name_offset = position(parser);
    const etw_str name = etwi_ascii_z(&parser->c);
    if (parser->c.failed)
        return etwi_fail(parser->error, ETW_E_CORRUPT, name_offset, "event name has no end");
    if (!etwi_schema_text_utf8(arena, &out->event_name, name))
        return etwi_fail_nomem(parser->error);
    ETWI_TRY(read_fields(parser));
    return make_properties(parser, out, arena);
}

etw_status etwi_tracelogging_parse(etw_schema *out, const etw_event *event, etw_bytes metadata,
                                   etw_bytes traits, etwi_arena *arena, etw_error *error)
{
    const etw_schema empty = {0};
    *out = empty;
    out->source = ETW_SCHEMA_TRACELOGGING;
    out->provider = event->provider;
    out->id = event->id;
    out->version = event->version;
    out->channel = event->channel;
    out->level = event->level;
    out->opcode = event->opcode;
    out->task = event->task;
    out->keyword = event->keyword;
    metadata_parser parser = {.c = etwi_cursor_of(metadata.data, metadata.size),
                              .start = metadata.data,
                              .error = error,
                              .list.allocator = arena->allocator};
    etw_status status = parse_metadata(&parser, out, metadata.size, arena);
    etwi_free(&arena->allocator, parser.list.fields, parser.list.capacity * sizeof(field));
    if (!etw_failed(status))
        status = read_provider_name(out, traits, arena, error);
    return status;
}
