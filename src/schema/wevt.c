/*
 * How it works: a resource is a list of providers, each with a list of events; all else is reached
 * from the events by offset, and made once for each offset. Offsets of a damaged resource may make
 * parts overlap, so the work is limited by the size of the resource.
 */
#include "schema/wevt.h"

#include "base/scan.h"
#include "schema/manifest_words.h"
#include "schema/schema_text.h"
#include "schema/wevt_model.h"

enum {
    RESOURCE_SIZE_MAX = 64 * 1024 * 1024,
    BUDGET_FACTOR = 16, /* Parts may be shared, but not as often as this on average. */
    CRIM_HEADER_SIZE = 16,
    CRIM_ENTRY_SIZE = 20,
    WEVT_HEADER_SIZE = 16,
    WEVT_ENTRY_SIZE = 8,
    ELEMENT_HEADER_SIZE = 12,
    EVENT_SIZE = 48,
    KEYWORD_NAMES_MAX = 64,
    EVENT_KEY_SIZE = 20,
    PRVA_ENTRY_SIZE = 8,
};

const etwi_wevt_rule etwi_wevt_rules[ETW_NAMED_KIND_COUNT] = {
    [ETW_NAMED_KEYWORD] = {"keyword", 16, 12, 8}, [ETW_NAMED_LEVEL] = {"level", 12, 8, 4},
    [ETW_NAMED_TASK] = {"task", 28, 24, 4},       [ETW_NAMED_OPCODE] = {"opcode", 12, 8, 4},
    [ETW_NAMED_CHANNEL] = {"channel", 16, 4, 12},
};

etw_status etwi_wevt_charge(etwi_wevt *in, uint64_t amount)
{
    if (amount > in->budget)
        return etwi_fail(in->error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the parts of the compiled manifest overlap too much");
    in->budget -= amount;
    return ETW_OK;
}

const uint8_t *etwi_wevt_at(const etwi_wevt *in, uint64_t offset, uint64_t size)
{
    if (offset > in->data.size || size > in->data.size - offset)
        return NULL;
    return in->data.data + offset;
}

uint32_t etwi_wevt_known(const etwi_wevt *in, etwi_wevt_kind kind, const uint8_t *field,
                         size_t size)
{
    const etw_str key = {(const char *)field, size};
    return etwi_name_find(&in->known, kind, key);
}

etw_status etwi_wevt_remember(etwi_wevt *in, etwi_wevt_kind kind, etw_bytes field,
                              etwi_wevt_list *list, const void *item, size_t item_size)
{
    const etw_str key = {(const char *)field.data, field.size};
    etwi_name *slot = etwi_name_put(&in->known, kind, key);
    if (!slot || etw_failed(etwi_grow(&in->arena->allocator, &list->items, &list->capacity,
                                      list->count + 1, item_size)))
        return etwi_fail_nomem(in->error);
    memcpy((char *)list->items + list->count * item_size, item, item_size);
    slot->value = (uint32_t)list->count++;
    return ETW_OK;
}

/* ---- Texts ---- */

/* A u32 with the size of it all, then UTF-16 up to a zero. */
static etw_status read_text(etwi_wevt *in, uint32_t offset, etw_str *out)
{
    const uint8_t *head = etwi_wevt_at(in, offset, 4);
    const uint32_t size = head ? etwi_load_u32(head) : 0;
    const uint8_t *units = size >= 4 ? etwi_wevt_at(in, (uint64_t)offset + 4, size - 4) : NULL;
    if (!units) {
        etwi_fault(etwi_wevt_place(in, offset), "there is no text where a name should be");
        return ETW_OK;
    }
    etw_bytes text = {units, 0};
    while (text.size + 2 <= size - 4 && etwi_load_u16(units + text.size))
        text.size += 2;
    ETWI_TRY(etwi_wevt_charge(in, text.size));
    return etwi_schema_text_utf16(in->arena, out, text) ? ETW_OK : etwi_fail_nomem(in->error);
}

etw_status etwi_wevt_text(etwi_wevt *in, const uint8_t *field, etw_str *out)
{
    const etw_str none = {NULL, 0};
    const etw_bytes key = {field, 4};
    *out = none;
    const uint32_t offset = etwi_load_u32(field);
    if (!offset)
        return ETW_OK;
    const uint32_t found = etwi_wevt_known(in, ETWI_WEVT_TEXT, field, 4);
    if (found != ETWI_NO_VALUE) {
        *out = ((const etw_str *)in->texts.items)[found];
        return ETW_OK;
    }
    ETWI_TRY(read_text(in, offset, out));
    return etwi_wevt_remember(in, ETWI_WEVT_TEXT, key, &in->texts, out, sizeof *out);
}

etw_status etwi_wevt_message(etwi_wevt *in, const uint8_t *field, etw_str *out)
{
    const etw_str none = {NULL, 0};
    const etw_bytes key = {field, 4};
    *out = none;
    const uint32_t id = etwi_load_u32(field);
    if (id == ETWI_WEVT_NO_MESSAGE || !in->messages)
        return ETW_OK;
    const uint32_t found = etwi_wevt_known(in, ETWI_WEVT_MESSAGE, field, 4);
    if (found != ETWI_NO_VALUE) {
        *out = ((const etw_str *)in->texts.items)[found];
        return ETW_OK;
    }
    const etwi_message *message = etwi_message_find(in->messages, id);
    if (message && !etwi_message_text(message, in->arena, out))
        return etwi_fail_nomem(in->error);
    ETWI_TRY(etwi_wevt_insert_parameters(in, out));
    return etwi_wevt_remember(in, ETWI_WEVT_MESSAGE, key, &in->texts, out, sizeof *out);
}

/*
 * The name of the definition whose offset is at `field`, without its prefix, or else its message.
 * A definition that is not there only costs the name; `*out_at` is NULL then.
 */
static etw_status get_name(etwi_wevt *in, etw_named_kind kind, const uint8_t *field, etw_str *out,
                           const uint8_t **out_at)
{
    const etwi_wevt_rule *rule = &etwi_wevt_rules[kind];
    const etw_str none = {NULL, 0};
    const uint32_t offset = etwi_load_u32(field);
    *out = none;
    *out_at = offset ? etwi_wevt_at(in, offset, rule->size) : NULL;
    if (!offset)
        return ETW_OK;
    if (!*out_at) {
        etwi_fault(etwi_wevt_place(in, offset), "there is no %s where an event names one",
                   rule->noun);
        return ETW_OK;
    }
    ETWI_TRY(etwi_wevt_text(in, *out_at + rule->name_at, out));
    if (!out->size)
        return etwi_wevt_message(in, *out_at + rule->message_at, out);
    *out = etwi_manifest_local(*out);
    return ETW_OK;
}

/* ---- Events ---- */

static etw_status read_keywords(etwi_wevt *in, const uint8_t *event, etwi_wevt_keywords *out)
{
    const uint32_t count = etwi_load_u32(event + 36);
    const uint8_t *offsets =
        etwi_wevt_at(in, etwi_load_u32(event + 40), (uint64_t)count * sizeof(uint32_t));
    etw_keyword keywords[KEYWORD_NAMES_MAX];
    out->count = 0;
    out->keywords = NULL;
    if (!offsets) {
        etwi_fault(etwi_wevt_place(in, etwi_load_u32(event + 40)),
                   "there are no %u keywords where an event "
                   "names them",
                   count);
        return ETW_OK;
    }
    for (uint32_t i = 0; i < count && out->count < KEYWORD_NAMES_MAX; i++) {
        etw_keyword *keyword = &keywords[out->count];
        const uint8_t *at;
        ETWI_TRY(get_name(in, ETW_NAMED_KEYWORD, offsets + (size_t)i * 4, &keyword->name, &at));
        keyword->mask = at ? etwi_load_u64(at) : 0;
        out->count += keyword->mask && keyword->name.size;
        ETWI_TRY(etwi_wevt_charge(in, etwi_wevt_rules[ETW_NAMED_KEYWORD].size));
    }
    if (!out->count)
        return ETW_OK;
    etw_keyword *copy = etwi_arena_alloc(in->arena, out->count * sizeof *copy);
    if (!copy)
        return etwi_fail_nomem(in->error);
    memcpy(copy, keywords, out->count * sizeof *copy);
    out->keywords = copy;
    return ETW_OK;
}

/* Count and offset together tell lists apart. */
static etw_status get_keywords(etwi_wevt *in, const uint8_t *event, etw_schema *schema)
{
    const etw_bytes key = {event + 36, 8};
    if (!etwi_load_u32(event + 36))
        return ETW_OK;
    const uint32_t found = etwi_wevt_known(in, ETWI_WEVT_KEYWORDS, key.data, key.size);
    etwi_wevt_keywords list;
    if (found != ETWI_NO_VALUE) {
        list = ((const etwi_wevt_keywords *)in->keywords.items)[found];
    } else {
        ETWI_TRY(read_keywords(in, event, &list));
        ETWI_TRY(
            etwi_wevt_remember(in, ETWI_WEVT_KEYWORDS, key, &in->keywords, &list, sizeof list));
    }
    schema->keywords = list.keywords;
    schema->keyword_count = list.count;
    return ETW_OK;
}

/* Hands out a schema, unless the resource has defined one with its key before. */
static etw_status hand_out(etwi_wevt *in, const etw_schema *schema)
{
    const unsigned number = schema->is_classic ? schema->opcode : schema->id;
    char key[EVENT_KEY_SIZE];
    memcpy(key, &schema->provider, sizeof schema->provider);
    key[16] = (char)schema->is_classic;
    key[17] = (char)(number & 0xFF);
    key[18] = (char)(number >> 8);
    key[19] = (char)schema->version;
    const etw_str text = {key, sizeof key};
    etwi_name *slot = etwi_name_put(&in->known, ETWI_WEVT_EVENT, text);
    if (!slot)
        return etwi_fail_nomem(in->error);
    if (slot->value != ETWI_NO_VALUE)
        return ETW_OK;
    slot->value = 0;
    if (!etwi_arena_str(&in->scratch, &slot->text, key, sizeof key)) {
        slot->text.size = 0; // The key itself is about to go.
        return etwi_fail_nomem(in->error);
    }
    return in->taker->schema(in->taker->user, schema);
}

static etw_status read_names(etwi_wevt *in, const uint8_t *event, etw_schema *schema,
                             const uint8_t **task)
{
    const uint8_t *at;
    ETWI_TRY(get_name(in, ETW_NAMED_OPCODE, event + 24, &schema->opcode_name, &at));
    ETWI_TRY(get_name(in, ETW_NAMED_LEVEL, event + 28, &schema->level_name, &at));
    ETWI_TRY(get_name(in, ETW_NAMED_CHANNEL, event + 44, &schema->channel_name, &at));
    ETWI_TRY(get_name(in, ETW_NAMED_TASK, event + 32, &schema->task_name, task));
    ETWI_TRY(get_keywords(in, event, schema));
    return etwi_wevt_message(in, event + 16, &schema->message);
}

static etw_status read_event(etwi_wevt *in, const etwi_provider *from, const uint8_t *event)
{
    etw_schema schema = {
        .provider = from->guid,
        .provider_name = from->name,
        .id = etwi_load_u16(event),
        .version = event[2],
        .channel = event[3],
        .level = event[4],
        .opcode = event[5],
        .task = etwi_load_u16(event + 6),
        .keyword = etwi_load_u64(event + 8),
        .source = ETW_SCHEMA_PE,
    };
    etwi_wevt_template layout;
    const etw_status status = etwi_wevt_get_template(in, event + 20, &layout);
    if (status == ETW_E_CORRUPT)
        return ETW_OK; // A fault of this event alone, which has been noted.
    ETWI_TRY(status);
    ETWI_TRY(etwi_wevt_charge(in, EVENT_SIZE + (uint64_t)layout.property_count * 16));
    schema.properties = layout.properties;
    schema.property_count = layout.property_count;
    schema.top_level_count = layout.top_level_count;
    schema.is_user_data = layout.is_user_data;
    const uint8_t *task;
    ETWI_TRY(read_names(in, event, &schema, &task));
    ETWI_TRY(hand_out(in, &schema));
    if (!task)
        return ETW_OK;
    // Tasks with a GUID also describe classic events of that class.
    schema.provider = etwi_load_guid(task + 8);
    schema.is_classic = true;
    schema.id = 0;
    return etw_guid_is_null(&schema.provider) ? ETW_OK : hand_out(in, &schema);
}

static etw_status read_events(etwi_wevt *in, const etwi_provider *from, uint32_t offset)
{
    const uint8_t *header = etwi_wevt_at(in, offset, ELEMENT_HEADER_SIZE);
    const uint32_t count = header && etwi_load_u32(header + 4) ? etwi_load_u32(header + 8) : 0;
    const uint64_t start = (uint64_t)offset + ELEMENT_HEADER_SIZE + 4;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *event = etwi_wevt_at(in, start + (uint64_t)i * EVENT_SIZE, EVENT_SIZE);
        if (!event) {
            etwi_fault(etwi_wevt_place(in, in->data.size),
                       "the resource ends after %u of %u events", i, count);
            return ETW_OK;
        }
        ETWI_TRY(read_event(in, from, event));
    }
    return ETW_OK;
}

/* ---- Providers ---- */

/* A name for a provider without any length before it. */
static etw_status read_attributes(etwi_wevt *in, uint32_t offset, etw_str *name)
{
    const uint8_t *header = etwi_wevt_at(in, offset, ELEMENT_HEADER_SIZE + PRVA_ENTRY_SIZE);
    if (!header || !etwi_load_u32(header + 4) || !etwi_load_u32(header + 8))
        return ETW_OK;
    etwi_cursor text = etwi_cursor_of(in->data.data, in->data.size);
    etwi_take(&text, etwi_load_u32(header + ELEMENT_HEADER_SIZE + 4));
    const etw_bytes units = etwi_utf16_z(&text);
    if (text.failed)
        return ETW_OK;
    ETWI_TRY(etwi_wevt_charge(in, units.size));
    return etwi_schema_text_utf16(in->arena, name, units) ? ETW_OK : etwi_fail_nomem(in->error);
}

/* What follows the header of a provider: offsets of its elements, each with its signature. */
static etw_status read_elements(etwi_wevt *in, etwi_provider *from, etw_bytes table)
{
    for (size_t i = 0; i < table.size; i += WEVT_ENTRY_SIZE) {
        const uint32_t offset = etwi_load_u32(table.data + i + 4);
        const uint8_t *signature = etwi_wevt_at(in, offset, 4);
        if (signature && memcmp(signature, "PRVA", 4) == 0)
            ETWI_TRY(read_attributes(in, offset, &from->name));
        ETWI_TRY(etwi_wevt_read_list(in, offset, from));
    }
    // Resources of old compilers leave the name to the registry of Windows.
    if (!from->name.size)
        from->name = etw_guid_known_name(&from->guid);
    ETWI_TRY(in->taker->provider(in->taker->user, from));
    for (size_t i = 0; i < table.size; i += WEVT_ENTRY_SIZE) {
        const uint32_t offset = etwi_load_u32(table.data + i + 4);
        const uint8_t *signature = etwi_wevt_at(in, offset, 4);
        if (!signature)
            etwi_fault(etwi_wevt_place(in, offset),
                       "a part of the compiled manifest is not in the resource");
        else if (memcmp(signature, "EVNT", 4) == 0)
            ETWI_TRY(read_events(in, from, offset));
    }
    return ETW_OK;
}

static etw_status read_provider(etwi_wevt *in, const uint8_t *entry)
{
    etwi_provider from = {.guid = etwi_load_guid(entry), .source = ETW_SCHEMA_PE};
    const uint32_t offset = etwi_load_u32(entry + 16);
    const uint8_t *header = etwi_wevt_at(in, offset, WEVT_HEADER_SIZE);
    if (!header || memcmp(header, "WEVT", 4) != 0) {
        etwi_fault(etwi_wevt_place(in, offset),
                   "there is no provider where the resource names one");
        return ETW_OK;
    }
    ETWI_TRY(etwi_wevt_message(in, header + 8, &from.message));
    from.name = from.message;
    const uint32_t count = etwi_load_u32(header + 12);
    const etw_bytes table = {
        etwi_wevt_at(in, (uint64_t)offset + WEVT_HEADER_SIZE, (uint64_t)count * WEVT_ENTRY_SIZE),
        (size_t)count * WEVT_ENTRY_SIZE};
    if (!table.data) {
        etwi_fault(etwi_wevt_place(in, offset), "a provider of %u parts is damaged", count);
        return ETW_OK;
    }
    ETWI_TRY(etwi_wevt_charge(in, WEVT_HEADER_SIZE + table.size));
    return read_elements(in, &from, table);
}

static etw_status read_resource(etwi_wevt *in)
{
    const uint8_t *header = etwi_wevt_at(in, 0, CRIM_HEADER_SIZE);
    if (!header || memcmp(header, "CRIM", 4) != 0)
        return etwi_fail(in->error, ETW_E_CORRUPT, 0, "no compiled manifest in WEVT_TEMPLATE");
    if (in->data.size > RESOURCE_SIZE_MAX)
        return etwi_fail(in->error, ETW_E_LIMIT, ETW_NO_OFFSET, "compiled manifest of %zu bytes",
                         in->data.size);
    const uint32_t count = etwi_load_u32(header + 12);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry =
            etwi_wevt_at(in, CRIM_HEADER_SIZE + (uint64_t)i * CRIM_ENTRY_SIZE, CRIM_ENTRY_SIZE);
        if (!entry) {
            etwi_fault(etwi_wevt_place(in, in->data.size),
                       "the resource ends after %u of %u providers", i, count);
            return ETW_OK;
        }
        ETWI_TRY(read_provider(in, entry));
    }
    return ETW_OK;
}

static void free_list(const etw_allocator *allocator, etwi_wevt_list *list, size_t item_size)
{
    etwi_free(allocator, list->items, list->capacity * item_size);
}

etw_status etwi_wevt_parse(const etwi_wevt_source *source, etwi_arena *arena,
                           const etwi_taker *taker, etw_error *problem, etw_error *error)
{
    const etw_allocator *allocator = &arena->allocator;
    etwi_wevt in = {
        .data = source->resource,
        .messages = source->messages,
        .arena = arena,
        .scratch.allocator = *allocator,
        .taker = taker,
        .problem = problem,
        .error = error,
        .budget = (uint64_t)source->resource.size * BUDGET_FACTOR,
        .known.allocator = *allocator,
    };
    if (problem)
        etwi_fail(problem, ETW_OK, ETW_NO_OFFSET, "%s", "");
    const etw_status status = read_resource(&in);
    free_list(allocator, &in.texts, sizeof(etw_str));
    free_list(allocator, &in.maps, sizeof(const etw_map *));
    free_list(allocator, &in.templates, sizeof(etwi_wevt_template));
    free_list(allocator, &in.keywords, sizeof(etwi_wevt_keywords));
    etwi_name_table_free(&in.known);
    etwi_arena_free(&in.scratch);
    return status;
}
