#include "schema/pack_write.h"

#include "base/checksum.h"
#include "base/error.h"
#include "guid/order.h"
#include "schema/name_table.h"

/* What is stored once in a section; the scopes of its table of names. */
enum {
    TEXTS,
    MAPS,
    KEYWORD_LISTS,
    PROPERTY_LISTS,
};

/* A section being written: its tables, and what is in them already. */
typedef struct builder {
    etwi_arena arena; /* Of the rows that `known` refers to. */
    etwi_name_table known;
    etwi_buffer ends, maps, map_entries, keyword_lists, keywords, lists, properties, schemas;
    etwi_buffer definitions, names, map_numbers, texts;
    uint32_t counts[PROPERTY_LISTS + 1];
    /* Room to put together what may be there already: a list of properties, and other things. */
    etwi_buffer list_row, row;
    bool failed; /* Memory is out. */
} builder;

/* --------------------------------------------------------------------------------- numbers */

static void put_number(etwi_buffer *out, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    etwi_buffer_append(out, bytes, size);
}

static void put_u8(etwi_buffer *out, uint8_t value)
{
    put_number(out, value, 1);
}

static void put_u16(etwi_buffer *out, uint16_t value)
{
    put_number(out, value, 2);
}

static void put_u32(etwi_buffer *out, uint32_t value)
{
    put_number(out, value, 4);
}

static void put_u64(etwi_buffer *out, uint64_t value)
{
    put_number(out, value, 8);
}

static void put_guid(etwi_buffer *out, const etw_guid *guid)
{
    put_u32(out, guid->data1);
    put_u16(out, guid->data2);
    put_u16(out, guid->data3);
    etwi_buffer_append(out, guid->data4, sizeof guid->data4);
}

/* ---------------------------------------------------------------------- things stored once */

/* The number of a thing; `*is_new` if it is the first of its kind and has to be written. */
static uint32_t number_of(builder *b, uint32_t kind, etw_str thing, bool *is_new)
{
    *is_new = false;
    etwi_name *name = etwi_name_put(&b->known, kind, thing);
    if (!name) {
        b->failed = true;
        return 0;
    }
    if (name->value == ETWI_NO_VALUE) {
        name->value = b->counts[kind]++;
        *is_new = true;
    }
    return name->value;
}

static uint32_t text_number(builder *b, etw_str text)
{
    bool is_new;
    const uint32_t number = number_of(b, TEXTS, text, &is_new);
    if (is_new) {
        etwi_buffer_append_str(&b->texts, text);
        put_u8(&b->texts, 0);
        put_u32(&b->ends, (uint32_t)b->texts.size);
    }
    return number;
}

/* The number of what is in a row, which is copied for later comparisons. */
static uint32_t row_number(builder *b, uint32_t kind, const etwi_buffer *row, bool *is_new)
{
    etw_str thing = {row->data, row->size};
    const uint32_t number = etwi_name_find(&b->known, kind, thing);
    *is_new = false;
    if (number != ETWI_NO_VALUE)
        return number;
    b->failed |= row->failed || !etwi_arena_str(&b->arena, &thing, row->data, row->size);
    return b->failed ? 0 : number_of(b, kind, thing, is_new);
}

/* Rows of maps begin with name and kind, which the table of maps has in another order. */
static uint32_t map_number(builder *b, const etw_map *map)
{
    bool is_new;
    const uint32_t name = text_number(b, map->name);
    b->row.size = 0;
    put_u32(&b->row, name);
    put_u32(&b->row, map->is_bitmap);
    for (uint32_t i = 0; i < map->entry_count; i++) {
        put_u64(&b->row, map->entries[i].value);
        put_u32(&b->row, text_number(b, map->entries[i].text));
    }
    const uint32_t number = row_number(b, MAPS, &b->row, &is_new);
    if (is_new) {
        put_u32(&b->maps, name);
        put_u32(&b->maps, map->entry_count);
        put_u32(&b->maps, map->is_bitmap);
        etwi_buffer_append(&b->map_entries, b->row.data + 8, b->row.size - 8);
    }
    return number;
}

static uint32_t keyword_list_number(builder *b, const etw_schema *schema)
{
    bool is_new;
    b->row.size = 0;
    for (uint32_t i = 0; i < schema->keyword_count; i++) {
        put_u64(&b->row, schema->keywords[i].mask);
        put_u32(&b->row, text_number(b, schema->keywords[i].name));
    }
    const uint32_t number = row_number(b, KEYWORD_LISTS, &b->row, &is_new);
    if (is_new) {
        put_u32(&b->keyword_lists, schema->keyword_count);
        etwi_buffer_append(&b->keywords, b->row.data, b->row.size);
    }
    return number;
}

static void put_property(etwi_buffer *out, const etw_property *property, uint32_t name,
                         uint32_t map)
{
    put_u32(out, name);
    put_u32(out, map);
    put_u32(out, property->tags);
    put_u16(out, property->in_type);
    put_u16(out, property->out_type);
    put_u16(out, property->flags);
    put_u16(out, property->count);
    put_u16(out, property->length);
    put_u16(out, property->first_member);
    put_u16(out, property->member_count);
}

static uint32_t property_list_number(builder *b, const etw_schema *schema)
{
    bool is_new;
    etwi_buffer *row = &b->list_row;
    row->size = 0;
    put_u16(row, schema->property_count);
    put_u16(row, schema->top_level_count);
    for (unsigned i = 0; i < schema->property_count; i++) {
        const etw_property *property = &schema->properties[i];
        const uint32_t map = property->map ? map_number(b, property->map) + 1 : 0;
        put_property(row, property, text_number(b, property->name), map);
    }
    const uint32_t number = row_number(b, PROPERTY_LISTS, row, &is_new);
    if (is_new) {
        etwi_buffer_append(&b->lists, row->data, ETWI_PACK_PROPERTIES_SIZE);
        etwi_buffer_append(&b->properties, row->data + ETWI_PACK_PROPERTIES_SIZE,
                           row->size - ETWI_PACK_PROPERTIES_SIZE);
    }
    return number;
}

/* -------------------------------------------------------------------------------- sections */

static void put_texts(builder *b, const etw_schema *schema)
{
    const etw_str texts[] = {schema->provider_name, schema->event_name, schema->task_name,
                             schema->opcode_name,   schema->level_name, schema->channel_name,
                             schema->class_name,    schema->message,    schema->file};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_u32(&b->schemas, text_number(b, texts[i]));
}

static void put_schema(builder *b, const etw_schema *schema)
{
    etwi_buffer *out = &b->schemas;
    const unsigned flags = (schema->is_classic ? ETWI_PACK_IS_CLASSIC : 0u) |
                           (schema->is_user_data ? ETWI_PACK_IS_USER_DATA : 0u) |
                           (schema->inferred ? ETWI_PACK_IS_INFERRED : 0u);
    put_guid(out, &schema->owner);
    put_u64(out, schema->keyword);
    put_texts(b, schema);
    put_u32(out, keyword_list_number(b, schema));
    put_u32(out, property_list_number(b, schema));
    put_u16(out, schema->id);
    put_u16(out, schema->task);
    put_u8(out, schema->version);
    put_u8(out, schema->opcode);
    put_u8(out, schema->level);
    put_u8(out, schema->channel);
    put_u8(out, schema->source);
    put_u8(out, (uint8_t)flags);
}

static void put_names(builder *b, const etw_named_values *names)
{
    for (uint32_t i = 0; i < names->count; i++) {
        const etw_named_value *name = &names->items[i];
        put_u64(&b->names, name->value);
        put_u32(&b->names, text_number(b, name->name));
        put_u32(&b->names, text_number(b, name->message));
        put_guid(&b->names, &name->class_guid);
        put_u16(&b->names, name->task);
    }
}

static void put_definition(builder *b, const etwi_provider *definition)
{
    put_u32(&b->definitions, text_number(b, definition->name));
    put_u32(&b->definitions, text_number(b, definition->message));
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++) {
        put_u32(&b->definitions, definition->named[kind].count);
        put_names(b, &definition->named[kind]);
    }
    put_u32(&b->definitions, definition->map_count);
    for (uint32_t i = 0; i < definition->map_count; i++)
        put_u32(&b->map_numbers, map_number(b, definition->maps[i]));
    put_u8(&b->definitions, definition->source);
}

/* Calls `use` for every buffer of a builder that becomes part of the section, in their order. */
static void each_table(builder *b, void (*use)(etwi_buffer *table, void *user), void *user)
{
    etwi_buffer *const tables[] = {&b->ends,        &b->maps,  &b->map_entries, &b->keyword_lists,
                                   &b->keywords,    &b->lists, &b->properties,  &b->schemas,
                                   &b->definitions, &b->names, &b->map_numbers, &b->texts};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        use(tables[i], user);
}

static void set_allocator(etwi_buffer *table, void *user)
{
    table->allocator = *(const etw_allocator *)user;
}

static void empty_table(etwi_buffer *table, void *user)
{
    (void)user;
    table->size = 0;
}

static void free_table(etwi_buffer *table, void *user)
{
    (void)user;
    etwi_buffer_free(table);
}

/* Where tables are joined. */
typedef struct joint {
    etwi_buffer *out;
    bool failed;
} joint;

static void join_table(etwi_buffer *table, void *user)
{
    joint *j = user;
    j->failed |= table->failed;
    etwi_buffer_append(j->out, table->data, table->size);
}

static bool join(builder *b, etwi_buffer *out)
{
    joint j = {out, b->failed};
    put_u32(out, b->counts[TEXTS]);
    put_u32(out, b->counts[MAPS]);
    put_u32(out, (uint32_t)(b->map_entries.size / ETWI_PACK_MAP_ENTRY_SIZE));
    put_u32(out, b->counts[KEYWORD_LISTS]);
    put_u32(out, (uint32_t)(b->keywords.size / ETWI_PACK_KEYWORD_SIZE));
    put_u32(out, b->counts[PROPERTY_LISTS]);
    put_u32(out, (uint32_t)(b->properties.size / ETWI_PACK_PROPERTY_SIZE));
    put_u32(out, (uint32_t)(b->schemas.size / ETWI_PACK_SCHEMA_SIZE));
    put_u32(out, (uint32_t)(b->definitions.size / ETWI_PACK_DEFINITION_SIZE));
    put_u32(out, (uint32_t)(b->names.size / ETWI_PACK_NAME_SIZE));
    put_u32(out, (uint32_t)(b->map_numbers.size / ETWI_PACK_MAP_NUMBER_SIZE));
    each_table(b, join_table, &j);
    return !j.failed && !out->failed;
}

/* One builder serves all sections, so that its buffers grow once. */
static void begin_section(builder *b)
{
    each_table(b, empty_table, NULL);
    etwi_name_table_free(&b->known);
    etwi_arena_free(&b->arena);
    memset(b->counts, 0, sizeof b->counts);
}

/* ------------------------------------------------------------------------------------ packs */

static void put_problem(etwi_buffer *out, const etwi_pack_problem *problem)
{
    const size_t size = strlen(problem->first.message);
    put_u64(out, problem->count);
    put_u32(out, (uint32_t)problem->first.status);
    put_u32(out, (uint32_t)problem->first.os_code);
    put_u64(out, problem->first.offset);
    put_u16(out, (uint16_t)size);
    etwi_buffer_append(out, problem->first.message, size);
}

static void put_summary(etwi_buffer *out, const etwi_pack_content *content)
{
    uint64_t schemas[ETWI_PACK_SOURCES_MAX] = {0};
    for (size_t i = 0; i < content->count; i++)
        schemas[content->schemas[i]->source % ETWI_PACK_SOURCES_MAX]++;
    for (size_t i = 0; i < ETWI_PACK_SOURCES_MAX; i++)
        put_u64(out, schemas[i]);
    put_problem(out, &content->summary->failures);
    put_problem(out, &content->summary->rejected);
}

/* The provider of the next section: what is left of the content begins at `schema` and
 * `definition`. */
static etw_guid next_provider(const etwi_pack_content *content, size_t schema, size_t definition)
{
    if (schema == content->count)
        return content->definitions[definition]->guid;
    const etw_guid *provider = &content->schemas[schema]->provider;
    if (definition == content->definition_count ||
        etwi_guid_compare(provider, &content->definitions[definition]->guid) < 0)
        return *provider;
    return content->definitions[definition]->guid;
}

static etw_status write_sections(builder *b, etwi_buffer *sections, etwi_buffer *directory,
                                 const etwi_pack_content *content)
{
    size_t i = 0, j = 0;
    while (i < content->count || j < content->definition_count) {
        const etw_guid provider = next_provider(content, i, j);
        const size_t start = sections->size;
        put_guid(directory, &provider);
        begin_section(b);
        for (; i < content->count && etw_guid_equal(&content->schemas[i]->provider, &provider); i++)
            put_schema(b, content->schemas[i]);
        for (; j < content->definition_count &&
               etw_guid_equal(&content->definitions[j]->guid, &provider);
             j++)
            put_definition(b, content->definitions[j]);
        if (!join(b, sections))
            return ETW_E_NOMEM;
        const size_t size = sections->size - start;
        if (size > UINT32_MAX)
            return ETW_E_LIMIT;
        put_u64(directory, size);
        put_u64(directory, etwi_checksum(sections->data + start, size));
    }
    return sections->failed || directory->failed ? ETW_E_NOMEM : ETW_OK;
}

static void put_head(etwi_buffer *out, const etwi_pack_content *content, const etwi_buffer *summary,
                     const etwi_buffer *directory, uint64_t sections)
{
    etwi_buffer_append(out, ETWI_PACK_MAGIC, ETWI_PACK_MAGIC_SIZE);
    put_u32(out, ETWI_PACK_VERSION);
    put_u32(out, (uint32_t)(directory->size / ETWI_PACK_ENTRY_SIZE));
    put_u64(out, ETWI_PACK_HEAD_SIZE + summary->size + directory->size + sections);
    put_u64(out, content->summary->stamp);
    put_u32(out, (uint32_t)summary->size);
    put_u32(out, 0);
    put_u64(out, 0);
    etwi_buffer_append(out, summary->data, summary->size);
    etwi_buffer_append(out, directory->data, directory->size);
    if (out->failed)
        return;
    const uint64_t checksum = etwi_checksum(out->data, out->size);
    for (unsigned i = 0; i < 8; i++)
        out->data[ETWI_PACK_CHECKSUM_OFFSET + i] = (char)(uint8_t)(checksum >> 8 * i);
}

etw_status etwi_pack_write(etwi_buffer *out, const etwi_pack_content *content, etw_error *error)
{
    etw_allocator allocator = out->allocator;
    builder b = {.arena.allocator = allocator,
                 .known.allocator = allocator,
                 .list_row.allocator = allocator,
                 .row.allocator = allocator};
    each_table(&b, set_allocator, &allocator);
    etwi_buffer summary = {.allocator = allocator}, directory = {.allocator = allocator};
    etwi_buffer sections = {.allocator = allocator};
    put_summary(&summary, content);
    etw_status status = write_sections(&b, &sections, &directory, content);
    if (status == ETW_OK) {
        put_head(out, content, &summary, &directory, sections.size);
        etwi_buffer_append(out, sections.data, sections.size);
        status = out->failed || summary.failed ? ETW_E_NOMEM : ETW_OK;
    }
    begin_section(&b);
    each_table(&b, free_table, NULL);
    etwi_buffer_free(&b.list_row);
    etwi_buffer_free(&b.row);
    etwi_buffer_free(&summary);
    etwi_buffer_free(&directory);
    etwi_buffer_free(&sections);
    if (status == ETW_E_LIMIT)
        return etwi_fail(error, status, ETW_NO_OFFSET, "too many schemas of one provider");
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
}
