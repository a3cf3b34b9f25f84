/* One section of a pack as schemas: every number in it is checked before it is believed. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "schema/pack.h"

enum {
    SHARED_MEMBERS_MAX = 4, /* Structs that a member is in, on average. */
};

/* The tables of a section: the bytes of each, and what has been made of them. */
typedef struct tables {
    uint32_t text_count, map_count, map_entry_count, keyword_list_count;
    uint32_t keyword_count, list_count, property_count, schema_count;
    uint32_t definition_count, name_count, map_number_count;
    etwi_cursor ends, maps, map_entries, keyword_lists, keywords, lists, properties, schemas;
    etwi_cursor definitions, names, map_numbers, texts;
    etw_map *made_maps;
    etwi_schema *made_keywords; /* A list of keywords each, in the members that are for them. */
    etwi_schema *made_lists;    /* A list of properties each, with its plan. */
} tables;

bool etwi_pack_can_hold(const etw_schema *schema)
{
    uint64_t members = 0;
    for (unsigned i = 0; i < schema->property_count; i++)
        if (schema->properties[i].flags & ETW_PROPERTY_STRUCT)
            members += schema->properties[i].member_count;
    return members <= (uint64_t)SHARED_MEMBERS_MAX * schema->property_count;
}

static etw_status fail_corrupt(etw_error *error)
{
    return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "a section of the pack makes no sense");
}

static void *alloc_array(etwi_arena *arena, uint32_t count, size_t size)
{
    return etwi_arena_alloc_zeroed(arena, count * size);
}

/* Takes a table of `count` rows. */
static etwi_cursor take_table(etwi_cursor *rest, uint32_t count, size_t row_size)
{
    if (count > etwi_left(rest) / row_size) {
        etwi_take(rest, SIZE_MAX);
        return *rest;
    }
    const size_t size = count * row_size;
    return etwi_cursor_of(etwi_take(rest, size), size);
}

static bool split(tables *t, etw_bytes bytes)
{
    etwi_cursor rest = etwi_cursor_of(bytes.data, bytes.size);
    t->text_count = etwi_u32(&rest);
    t->map_count = etwi_u32(&rest);
    t->map_entry_count = etwi_u32(&rest);
    t->keyword_list_count = etwi_u32(&rest);
    t->keyword_count = etwi_u32(&rest);
    t->list_count = etwi_u32(&rest);
    t->property_count = etwi_u32(&rest);
    t->schema_count = etwi_u32(&rest);
    t->definition_count = etwi_u32(&rest);
    t->name_count = etwi_u32(&rest);
    t->map_number_count = etwi_u32(&rest);
    t->ends = take_table(&rest, t->text_count, ETWI_PACK_TEXT_SIZE);
    t->maps = take_table(&rest, t->map_count, ETWI_PACK_MAP_SIZE);
    t->map_entries = take_table(&rest, t->map_entry_count, ETWI_PACK_MAP_ENTRY_SIZE);
    t->keyword_lists = take_table(&rest, t->keyword_list_count, ETWI_PACK_LIST_SIZE);
    t->keywords = take_table(&rest, t->keyword_count, ETWI_PACK_KEYWORD_SIZE);
    t->lists = take_table(&rest, t->list_count, ETWI_PACK_PROPERTIES_SIZE);
    t->properties = take_table(&rest, t->property_count, ETWI_PACK_PROPERTY_SIZE);
    t->schemas = take_table(&rest, t->schema_count, ETWI_PACK_SCHEMA_SIZE);
    t->definitions = take_table(&rest, t->definition_count, ETWI_PACK_DEFINITION_SIZE);
    t->names = take_table(&rest, t->name_count, ETWI_PACK_NAME_SIZE);
    t->map_numbers = take_table(&rest, t->map_number_count, ETWI_PACK_MAP_NUMBER_SIZE);
    t->texts = rest;
    return !rest.failed;
}

/* ---------------------------------------------------------------------------------- texts */

static bool is_utf8(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        if (end - at >= 8 && !(etwi_load_u64(at) & 0x8080808080808080u))
            at += 8;
        else if (etwi_utf8_next(&at, end) & ETWI_BAD_UTF8)
            return false;
    }
    return true;
}

/* Once this holds, all texts are well-formed and have their zeros. */
static bool check_texts(const tables *t)
{
    const size_t size = etwi_left(&t->texts);
    size_t previous = 0;
    for (uint32_t i = 0; i < t->text_count; i++) {
        const uint32_t end = etwi_load_u32(t->ends.at + (size_t)i * ETWI_PACK_TEXT_SIZE);
        if (end <= previous || end > size || t->texts.at[end - 1])
            return false;
        previous = end;
    }
    return previous == size && is_utf8(t->texts.at, t->texts.end);
}

/* Reads the number of a text from `cursor`, which fails if there is no such text. */
static etw_str read_text(const tables *t, etwi_cursor *cursor)
{
    const uint32_t index = etwi_u32(cursor);
    etw_str text = {NULL, 0};
    if (cursor->failed || index >= t->text_count) {
        cursor->failed = true;
        return text;
    }
    const uint8_t *end = t->ends.at + (size_t)index * ETWI_PACK_TEXT_SIZE;
    const uint32_t start = index ? etwi_load_u32(end - ETWI_PACK_TEXT_SIZE) : 0;
    text.data = (const char *)t->texts.at + start;
    text.size = etwi_load_u32(end) - start - 1;
    return text;
}

/* ---------------------------------------------------------------------- maps and keywords */

static bool read_map(tables *t, etw_map *map, etw_map_entry *entries)
{
    map->name = read_text(t, &t->maps);
    map->entry_count = etwi_u32(&t->maps);
    map->is_bitmap = etwi_u32(&t->maps) != 0;
    map->entries = entries;
    if (t->maps.failed || map->entry_count > etwi_left(&t->map_entries) / ETWI_PACK_MAP_ENTRY_SIZE)
        return false;
    for (uint32_t i = 0; i < map->entry_count; i++) {
        entries[i].value = etwi_u64(&t->map_entries);
        entries[i].text = read_text(t, &t->map_entries);
        if (i && entries[i - 1].value >= entries[i].value)
            return false;
    }
    return !t->map_entries.failed;
}

static etw_status make_maps(tables *t, etwi_section *section, etw_error *error)
{
    t->made_maps = alloc_array(section->arena, t->map_count, sizeof *t->made_maps);
    etw_map_entry *entries = alloc_array(section->arena, t->map_entry_count, sizeof *entries);
    if (!t->made_maps || !entries)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < t->map_count; i++) {
        if (!read_map(t, &t->made_maps[i], entries))
            return fail_corrupt(error);
        entries += t->made_maps[i].entry_count;
    }
    return etwi_left(&t->map_entries) ? fail_corrupt(error) : ETW_OK;
}

static etw_status make_keywords(tables *t, etwi_section *section, etw_error *error)
{
    t->made_keywords =
        alloc_array(section->scratch, t->keyword_list_count, sizeof *t->made_keywords);
    etw_keyword *keywords = alloc_array(section->arena, t->keyword_count, sizeof *keywords);
    if (!t->made_keywords || !keywords)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < t->keyword_list_count; i++) {
        etw_schema *list = &t->made_keywords[i].pub;
        list->keywords = keywords;
        list->keyword_count = etwi_u32(&t->keyword_lists);
        if (list->keyword_count > etwi_left(&t->keywords) / ETWI_PACK_KEYWORD_SIZE)
            return fail_corrupt(error);
        for (uint32_t k = 0; k < list->keyword_count; k++, keywords++) {
            keywords->mask = etwi_u64(&t->keywords);
            keywords->name = read_text(t, &t->keywords);
            if (!keywords->mask || t->keywords.failed)
                return fail_corrupt(error);
        }
    }
    return etwi_left(&t->keywords) ? fail_corrupt(error) : ETW_OK;
}

/* ------------------------------------------------------------------------------ properties */

static bool read_property(tables *t, etw_property *property, uint16_t top_level_count)
{
    etwi_cursor *cursor = &t->properties;
    property->name = read_text(t, cursor);
    const uint32_t map = etwi_u32(cursor);
    property->tags = etwi_u32(cursor);
    property->in_type = etwi_u16(cursor);
    property->out_type = etwi_u16(cursor);
    property->flags = etwi_u16(cursor);
    property->count = etwi_u16(cursor);
    property->length = etwi_u16(cursor);
    property->first_member = etwi_u16(cursor);
    property->member_count = etwi_u16(cursor);
    if (cursor->failed || map > t->map_count)
        return false;
    property->map = map ? &t->made_maps[map - 1] : NULL;
    /* The plan checks the rest. */
    return !(property->flags & ETW_PROPERTY_STRUCT) || property->first_member >= top_level_count;
}

/* One plan serves all schemas with the same properties. */
static etw_status make_list(tables *t, etwi_schema *list, etw_property *properties,
                            etwi_arena *arena, etw_error *error)
{
    list->pub.properties = properties;
    list->pub.property_count = etwi_u16(&t->lists);
    list->pub.top_level_count = etwi_u16(&t->lists);
    if (list->pub.property_count > etwi_left(&t->properties) / ETWI_PACK_PROPERTY_SIZE)
        return fail_corrupt(error);
    for (unsigned i = 0; i < list->pub.property_count; i++)
        if (!read_property(t, &properties[i], list->pub.top_level_count))
            return fail_corrupt(error);
    return etwi_pack_can_hold(&list->pub) ? etwi_plan_make(&list->plan, &list->pub, arena, error)
                                          : fail_corrupt(error);
}

static etw_status make_lists(tables *t, etwi_section *section, etw_error *error)
{
    t->made_lists = alloc_array(section->scratch, t->list_count, sizeof *t->made_lists);
    etw_property *properties = alloc_array(section->arena, t->property_count, sizeof *properties);
    if (!t->made_lists || !properties)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < t->list_count; i++) {
        ETWI_TRY(make_list(t, &t->made_lists[i], properties, section->arena, error));
        properties += t->made_lists[i].pub.property_count;
    }
    return etwi_left(&t->properties) ? fail_corrupt(error) : ETW_OK;
}

/* --------------------------------------------------------------------------------- schemas */

static void read_texts(const tables *t, etwi_cursor *cursor, etw_schema *schema)
{
    schema->provider_name = read_text(t, cursor);
    schema->event_name = read_text(t, cursor);
    schema->task_name = read_text(t, cursor);
    schema->opcode_name = read_text(t, cursor);
    schema->level_name = read_text(t, cursor);
    schema->channel_name = read_text(t, cursor);
    schema->class_name = read_text(t, cursor);
    schema->message = read_text(t, cursor);
    schema->file = read_text(t, cursor);
}

/* What comes out of packs is what callers give: no schemas that a trace or the library has. */
static bool is_given(unsigned source)
{
    return source == ETW_SCHEMA_MANIFEST_FILE || source == ETW_SCHEMA_PE ||
           source == ETW_SCHEMA_TMF || source == ETW_SCHEMA_EXPORTED;
}

static bool read_schema(tables *t, etwi_schema *out)
{
    etwi_cursor *cursor = &t->schemas;
    etw_schema *schema = &out->pub;
    schema->owner = etwi_guid(cursor);
    schema->keyword = etwi_u64(cursor);
    read_texts(t, cursor, schema);
    const uint32_t keyword_list = etwi_u32(cursor), list = etwi_u32(cursor);
    schema->id = etwi_u16(cursor);
    schema->task = etwi_u16(cursor);
    schema->version = etwi_u8(cursor);
    schema->opcode = etwi_u8(cursor);
    schema->level = etwi_u8(cursor);
    schema->channel = etwi_u8(cursor);
    schema->source = etwi_u8(cursor);
    const unsigned flags = etwi_u8(cursor);
    schema->is_classic = flags & ETWI_PACK_IS_CLASSIC;
    schema->is_user_data = flags & ETWI_PACK_IS_USER_DATA;
    schema->inferred = flags & ETWI_PACK_IS_INFERRED;
    if (cursor->failed || !is_given(schema->source) || keyword_list >= t->keyword_list_count ||
        list >= t->list_count)
        return false;
    schema->keywords = t->made_keywords[keyword_list].pub.keywords;
    schema->keyword_count = t->made_keywords[keyword_list].pub.keyword_count;
    schema->properties = t->made_lists[list].pub.properties;
    schema->property_count = t->made_lists[list].pub.property_count;
    schema->top_level_count = t->made_lists[list].pub.top_level_count;
    out->plan = t->made_lists[list].plan;
    return true;
}

/* ----------------------------------------------------------------------------- definitions */

/* Takes the next names of the section; `*items` is room for those that are left. */
static bool read_names(tables *t, etw_named_values *out, etw_named_value **items)
{
    out->items = *items;
    out->count = etwi_u32(&t->definitions);
    if (t->definitions.failed || out->count > etwi_left(&t->names) / ETWI_PACK_NAME_SIZE)
        return false;
    for (uint32_t i = 0; i < out->count; i++, (*items)++) {
        (*items)->value = etwi_u64(&t->names);
        (*items)->name = read_text(t, &t->names);
        (*items)->message = read_text(t, &t->names);
        (*items)->class_guid = etwi_guid(&t->names);
        (*items)->task = etwi_u16(&t->names);
    }
    return !t->names.failed;
}

static bool read_map_numbers(tables *t, etwi_provider *out, const etw_map ***maps)
{
    out->maps = *maps;
    out->map_count = etwi_u32(&t->definitions);
    if (out->map_count > etwi_left(&t->map_numbers) / ETWI_PACK_MAP_NUMBER_SIZE)
        return false;
    for (uint32_t i = 0; i < out->map_count; i++, (*maps)++) {
        const uint32_t number = etwi_u32(&t->map_numbers);
        if (number >= t->map_count)
            return false;
        **maps = &t->made_maps[number];
    }
    return true;
}

static bool read_definition(tables *t, etwi_provider *out, etw_named_value **names,
                            const etw_map ***maps)
{
    out->name = read_text(t, &t->definitions);
    out->message = read_text(t, &t->definitions);
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++)
        if (!read_names(t, &out->named[kind], names))
            return false;
    if (!read_map_numbers(t, out, maps))
        return false;
    out->source = etwi_u8(&t->definitions);
    return !t->definitions.failed && is_given(out->source);
}

static etw_status make_definitions(tables *t, etwi_section *section, etw_error *error)
{
    etw_named_value *names = alloc_array(section->arena, t->name_count, sizeof *names);
    const etw_map **maps = alloc_array(section->arena, t->map_number_count, sizeof *maps);
    section->definitions =
        alloc_array(section->scratch, t->definition_count, sizeof *section->definitions);
    if (!names || !maps || !section->definitions)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < t->definition_count; i++) {
        section->definitions[i].guid = section->provider;
        if (!read_definition(t, &section->definitions[i], &names, &maps))
            return fail_corrupt(error);
    }
    section->definition_count = t->definition_count;
    return etwi_left(&t->names) || etwi_left(&t->map_numbers) ? fail_corrupt(error) : ETW_OK;
}

etw_status etwi_section_decode(etwi_section *section, etw_bytes bytes, etw_error *error)
{
    tables t = {0};
    section->count = section->definition_count = 0;
    if (!split(&t, bytes) || !check_texts(&t))
        return fail_corrupt(error);
    ETWI_TRY(make_maps(&t, section, error));
    ETWI_TRY(make_keywords(&t, section, error));
    ETWI_TRY(make_lists(&t, section, error));
    section->schemas = alloc_array(section->scratch, t.schema_count, sizeof *section->schemas);
    if (!section->schemas)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < t.schema_count; i++) {
        section->schemas[i].pub.provider = section->provider;
        if (!read_schema(&t, &section->schemas[i]))
            return fail_corrupt(error);
    }
    ETWI_TRY(make_definitions(&t, section, error));
    section->count = t.schema_count;
    return ETW_OK;
}
