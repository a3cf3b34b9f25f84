/*
 * How it works: the document is read into a tree first, since names may be used before they are
 * defined. Then, provider by provider: names are entered into one hash table under the scope of
 * the element that defines them, maps and templates are built, and each event is put together from
 * what its attributes name. Texts go into the arena once each.
 */
#include "schema/manifest.h"

#include "schema/manifest_model.h"
#include "schema/manifest_words.h"
#include "schema/value_map.h"

#include <string.h>

enum {
    DOCUMENT = 0,             /* The node of the document. */
    FIRST_CHANNEL_VALUE = 16, /* Lower ones are Windows' own. */

    /* Strings are looked up by culture: American English, that of the first table, any. */
    CULTURE_ENGLISH = 0,
    CULTURE_FIRST,
    CULTURE_OTHER,
    CULTURE_COUNT,
};

etw_status etwi_manifest_keep(etwi_manifest *manifest, etw_str text, etw_str *out)
{
    etwi_name *slot =
        etwi_name_put(&manifest->names, etwi_scope_of(DOCUMENT, ETWI_NAME_KEPT), text);
    if (!slot)
        return etwi_fail_nomem(manifest->error);
    if (slot->value == ETWI_NO_VALUE) {
        if (!etwi_arena_str(manifest->arena, &slot->text, text.data, text.size))
            return etwi_fail_nomem(manifest->error);
        slot->value = 0;
    }
    *out = slot->text;
    return ETW_OK;
}

etw_status etwi_manifest_append(etwi_manifest *manifest, etwi_list *list, const void *item,
                                size_t size)
{
    if (etw_failed(etwi_grow(&manifest->arena->allocator, &list->items, &list->capacity,
                             list->count + 1, size)))
        return etwi_fail_nomem(manifest->error);
    memcpy((char *)list->items + list->count++ * size, item, size);
    return ETW_OK;
}

etw_status etwi_manifest_define(etwi_manifest *manifest, uint32_t scope, etw_str name,
                                uint32_t value)
{
    etwi_name *slot = etwi_name_put(&manifest->names, scope, name);
    if (!slot)
        return etwi_fail_nomem(manifest->error);
    if (slot->value == ETWI_NO_VALUE)
        slot->value = value;
    return ETW_OK;
}

static etw_str get(const etwi_manifest *manifest, uint32_t node, etwi_attribute name)
{
    return etwi_xml_get(&manifest->tree, node, name);
}

static bool text_starts(etw_str text, const char *prefix)
{
    const size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

/* ---- Strings ---- */

static bool is_english(etw_str culture)
{
    static const char ENGLISH[] = "en-us";
    if (culture.size != sizeof ENGLISH - 1)
        return false;
    for (size_t i = 0; i < culture.size; i++) {
        if ((culture.data[i] | 0x20) != (ENGLISH[i] | 0x20))
            return false;
    }
    return true;
}

static etw_status read_strings(etwi_manifest *manifest)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    uint32_t first = ETWI_NO_VALUE;
    uint32_t culture = CULTURE_OTHER;
    for (uint32_t i = 0; i < manifest->tree.node_count; i++) {
        if (nodes[i].element == ETWI_ELEMENT_RESOURCES) {
            first = first == ETWI_NO_VALUE ? i : first;
            culture = is_english(get(manifest, i, ETWI_ATTRIBUTE_CULTURE)) ? CULTURE_ENGLISH
                      : first == i                                         ? CULTURE_FIRST
                                                                           : CULTURE_OTHER;
        } else if (nodes[i].element == ETWI_ELEMENT_STRING) {
            ETWI_TRY(etwi_manifest_define(manifest, etwi_scope_of(culture, ETWI_NAME_STRING),
                                          get(manifest, i, ETWI_ATTRIBUTE_ID), i));
        }
    }
    return ETW_OK;
}

/* "$(string.ID)" stands for the string of that id. References of other kinds are to files that we
 * do not have, so they become empty, and so do ids without a string. */
etw_status etwi_manifest_message(etwi_manifest *manifest, uint32_t node, etw_str *out)
{
    static const char PREFIX[] = "$(string.";
    etw_str text = get(manifest, node, ETWI_ATTRIBUTE_MESSAGE);
    if (text_starts(text, "$(")) {
        etw_str id = {NULL, 0};
        if (text_starts(text, PREFIX) && text.data[text.size - 1] == ')') {
            id.data = text.data + sizeof PREFIX - 1;
            id.size = text.size - sizeof PREFIX;
        }
        uint32_t found = ETWI_NO_VALUE;
        for (uint32_t i = 0; i < CULTURE_COUNT && id.data && found == ETWI_NO_VALUE; i++)
            found = etwi_name_find(&manifest->names, etwi_scope_of(i, ETWI_NAME_STRING), id);
        if (found == ETWI_NO_VALUE)
            return ETW_OK;
        text = get(manifest, found, ETWI_ATTRIBUTE_VALUE);
    }
    return text.size ? etwi_manifest_keep(manifest, text, out) : ETW_OK;
}

/* ---- Maps and templates ---- */

/* Values without a text are left out: their number says more. */
static etw_status read_map_entries(etwi_manifest *manifest, uint32_t node, etw_map_entry *entries,
                                   uint32_t *count)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    *count = 0;
    for (uint32_t i = node + 1; i < nodes[node].end; i = nodes[i].end) {
        const etw_str value = get(manifest, i, ETWI_ATTRIBUTE_VALUE);
        etw_map_entry entry = {0, {NULL, 0}};
        if (!etwi_manifest_number(value, UINT64_MAX, &entry.value)) {
            etwi_fault(etwi_manifest_place(manifest, i), "\"%.*s\" is no value of a map",
                       etwi_clip(value), value.data ? value.data : "");
            continue;
        }
        ETWI_TRY(etwi_manifest_message(manifest, i, &entry.text));
        if (entry.text.size)
            entries[(*count)++] = entry;
    }
    return ETW_OK;
}

static etw_status add_map(etwi_manifest *manifest, uint32_t provider_node, uint32_t node)
{
    // All that a map contains are its values.
    const size_t room = manifest->tree.nodes[node].end - node - 1;
    etw_map *map = etwi_arena_alloc_zeroed(manifest->arena, sizeof *map);
    etw_map_entry *entries =
        room ? etwi_arena_alloc(manifest->arena, room * sizeof *entries) : NULL;
    if (!map || (room && !entries))
        return etwi_fail_nomem(manifest->error);
    const etw_str name = get(manifest, node, ETWI_ATTRIBUTE_NAME);
    ETWI_TRY(etwi_manifest_keep(manifest, name, &map->name));
    ETWI_TRY(read_map_entries(manifest, node, entries, &map->entry_count));
    if (!etwi_map_entries_sort(entries, &map->entry_count, &manifest->arena->allocator))
        return etwi_fail_nomem(manifest->error);
    map->entries = entries;
    map->is_bitmap = manifest->tree.nodes[node].element == ETWI_ELEMENT_BIT_MAP;
    const etw_map *item = map;
    ETWI_TRY(etwi_manifest_define(manifest, etwi_scope_of(provider_node, ETWI_NAME_MAP), name,
                                  (uint32_t)manifest->maps.count));
    return etwi_manifest_append(manifest, &manifest->maps, &item, sizeof item);
}

static etw_status add_template(etwi_manifest *manifest, uint32_t provider_node, uint32_t node)
{
    etwi_template built = {NULL, 0, 0, false, false};
    const etw_status status = etwi_template_build(manifest, provider_node, node, &built);
    built.is_broken = status == ETW_E_CORRUPT;
    if (etw_failed(status) && !built.is_broken)
        return status;
    ETWI_TRY(etwi_manifest_define(manifest, etwi_scope_of(provider_node, ETWI_NAME_TEMPLATE),
                                  get(manifest, node, ETWI_ATTRIBUTE_TID),
                                  (uint32_t)manifest->templates.count));
    return etwi_manifest_append(manifest, &manifest->templates, &built, sizeof built);
}

/* ---- Names that providers define ---- */

/* Channels without a value get the next free one, as the message compiler does it. */
static etw_status define_channel(etwi_manifest *manifest, uint32_t provider_node, uint32_t node,
                                 uint32_t *next_value)
{
    const etw_str chid = get(manifest, node, ETWI_ATTRIBUTE_CHID);
    const etw_str name = get(manifest, node, ETWI_ATTRIBUTE_NAME);
    const uint32_t scope = etwi_scope_of(provider_node, ETWI_NAME_CHANNEL);
    const etw_str whole = {NULL, 0};
    uint64_t value;
    if (!etwi_manifest_number(get(manifest, node, ETWI_ATTRIBUTE_VALUE), UINT8_MAX, &value) &&
        !etwi_manifest_predefined(ETWI_PREDEFINED_CHANNEL, name, &value)) {
        value = *next_value;
        *next_value += *next_value < UINT8_MAX;
    }
    ETWI_TRY(etwi_manifest_define(manifest, etwi_scope_of(node, ETWI_NAME_CHANNEL_VALUE), whole,
                                  (uint32_t)value));
    if (chid.data)
        ETWI_TRY(etwi_manifest_define(manifest, scope, chid, node));
    return name.data ? etwi_manifest_define(manifest, scope, name, node) : ETW_OK;
}

static etw_status define_names(etwi_manifest *manifest, uint32_t provider_node)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    uint32_t channel_value = FIRST_CHANNEL_VALUE;
    uint32_t task = 0;
    for (uint32_t i = provider_node + 1; i < nodes[provider_node].end; i++) {
        const etw_str name = get(manifest, i, ETWI_ATTRIBUTE_NAME);
        uint32_t scope = provider_node;
        etwi_name_kind kind;
        switch (nodes[i].element) {
        case ETWI_ELEMENT_TASK:
            kind = ETWI_NAME_TASK;
            task = i;
            break;
        case ETWI_ELEMENT_OPCODE:
            kind = ETWI_NAME_OPCODE;
            scope = task && i < nodes[task].end ? task : provider_node;
            break;
        case ETWI_ELEMENT_LEVEL:
            kind = ETWI_NAME_LEVEL;
            break;
        case ETWI_ELEMENT_KEYWORD:
            kind = ETWI_NAME_KEYWORD;
            break;
        case ETWI_ELEMENT_CHANNEL:
            ETWI_TRY(define_channel(manifest, provider_node, i, &channel_value));
            continue;
        case ETWI_ELEMENT_VALUE_MAP:
        case ETWI_ELEMENT_BIT_MAP:
            ETWI_TRY(add_map(manifest, provider_node, i));
            continue;
        default:
            continue;
        }
        if (name.data)
            ETWI_TRY(etwi_manifest_define(manifest, etwi_scope_of(scope, kind), name, i));
    }
    return ETW_OK;
}

/* ---- Providers ---- */

static etw_status read_templates(etwi_manifest *manifest, uint32_t provider_node)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    for (uint32_t i = provider_node + 1; i < nodes[provider_node].end; i++) {
        if (nodes[i].element == ETWI_ELEMENT_TEMPLATE)
            ETWI_TRY(add_template(manifest, provider_node, i));
    }
    return ETW_OK;
}

static etw_status read_provider(etwi_manifest *manifest, etwi_manifest_provider *provider)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    const etw_str guid = get(manifest, provider->node, ETWI_ATTRIBUTE_GUID);
    if (etw_failed(etw_guid_parse(&provider->guid, guid, NULL))) {
        etwi_fault(etwi_manifest_place(manifest, provider->node), "\"%.*s\" is no GUID",
                   etwi_clip(guid), guid.data ? guid.data : "");
        return ETW_OK;
    }
    ETWI_TRY(etwi_manifest_keep(manifest, get(manifest, provider->node, ETWI_ATTRIBUTE_NAME),
                                &provider->name));
    provider->first_map = manifest->maps.count;
    ETWI_TRY(define_names(manifest, provider->node));
    ETWI_TRY(read_templates(manifest, provider->node));
    ETWI_TRY(etwi_manifest_describe(manifest, provider));
    for (uint32_t i = provider->node + 1; i < nodes[provider->node].end; i++) {
        if (nodes[i].element == ETWI_ELEMENT_EVENT)
            ETWI_TRY(etwi_manifest_event(manifest, provider, i));
    }
    return ETW_OK;
}

static etw_status read_document(etwi_manifest *manifest, etw_bytes xml, const etwi_taker *taker)
{
    ETWI_TRY(etwi_xml_read(&manifest->tree, xml, &manifest->arena->allocator, manifest->error));
    ETWI_TRY(read_strings(manifest));
    for (uint32_t i = 0; i < manifest->tree.node_count; i++) {
        etwi_manifest_provider provider = {.node = i, .taker = taker};
        if (manifest->tree.nodes[i].element == ETWI_ELEMENT_PROVIDER)
            ETWI_TRY(read_provider(manifest, &provider));
    }
    return ETW_OK;
}

static void free_list(const etw_allocator *allocator, etwi_list *list, size_t item_size)
{
    etwi_free(allocator, list->items, list->capacity * item_size);
}

etw_status etwi_manifest_parse(etw_bytes xml, etwi_arena *arena, const etwi_taker *taker,
                               etw_error *problem, etw_error *error)
{
    const etw_allocator *allocator = &arena->allocator;
    etwi_manifest manifest = {
        .arena = arena, .problem = problem, .error = error, .names.allocator = *allocator};
    if (problem)
        etwi_fail(problem, ETW_OK, ETW_NO_OFFSET, "%s", "");
    const etw_status status = read_document(&manifest, xml, taker);
    free_list(allocator, &manifest.maps, sizeof(const etw_map *));
    free_list(allocator, &manifest.templates, sizeof(etwi_template));
    free_list(allocator, &manifest.keyword_lists, sizeof(etwi_keyword_list));
    etwi_name_table_free(&manifest.names);
    etwi_xml_free(&manifest.tree);
    return status;
}
