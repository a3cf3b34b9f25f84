/*
 * Providers of manifests: the names that they define, whether an event uses them or not. A
 * definition without a number that makes sense is left out.
 */
#include "schema/manifest_model.h"
#include "schema/manifest_words.h"

/* Which element defines which kind of names, and how. */
typedef struct definition_rule {
    const char *noun;
    etwi_attribute value;
    etwi_predefined predefined;
    uint64_t max;
} definition_rule;

static const definition_rule RULES[ETW_NAMED_KIND_COUNT] = {
    [ETW_NAMED_KEYWORD] = {"keyword", ETWI_ATTRIBUTE_MASK, ETWI_PREDEFINED_KEYWORD, UINT64_MAX},
    [ETW_NAMED_LEVEL] = {"level", ETWI_ATTRIBUTE_VALUE, ETWI_PREDEFINED_LEVEL, UINT8_MAX},
    [ETW_NAMED_TASK] = {"task", ETWI_ATTRIBUTE_VALUE, ETWI_PREDEFINED_TASK, UINT16_MAX},
    [ETW_NAMED_OPCODE] = {"opcode", ETWI_ATTRIBUTE_VALUE, ETWI_PREDEFINED_OPCODE, UINT8_MAX},
    [ETW_NAMED_CHANNEL] = {"channel", ETWI_ATTRIBUTE_VALUE, ETWI_PREDEFINED_CHANNEL, UINT8_MAX},
};

typedef struct describer {
    etwi_manifest *manifest;
    uint32_t task_node; /* The last task; opcodes inside of it are its own. */
    etwi_provider out;
    etw_named_value *items[ETW_NAMED_KIND_COUNT]; /* Where those of `out` are filled in. */
} describer;

static etw_str get(const describer *d, uint32_t node, etwi_attribute name)
{
    return etwi_xml_get(&d->manifest->tree, node, name);
}

/* The kind of names that an element defines, or ETW_NAMED_KIND_COUNT. */
static etw_named_kind kind_of(const etwi_xml_node *node)
{
    switch (node->element) {
    case ETWI_ELEMENT_KEYWORD:
        return ETW_NAMED_KEYWORD;
    case ETWI_ELEMENT_LEVEL:
        return ETW_NAMED_LEVEL;
    case ETWI_ELEMENT_TASK:
        return ETW_NAMED_TASK;
    case ETWI_ELEMENT_OPCODE:
        return ETW_NAMED_OPCODE;
    case ETWI_ELEMENT_CHANNEL:
        return ETW_NAMED_CHANNEL;
    default:
        return ETW_NAMED_KIND_COUNT;
    }
}

/* Channels have their values in a table, since some get theirs by counting. */
static bool read_value(const describer *d, uint32_t node, etw_named_kind kind, uint64_t *out)
{
    const definition_rule *rule = &RULES[kind];
    const etw_str whole = {NULL, 0};
    if (kind == ETW_NAMED_CHANNEL) {
        *out = etwi_name_find(&d->manifest->names, etwi_scope_of(node, ETWI_NAME_CHANNEL_VALUE),
                              whole);
        return true;
    }
    const etw_str text = get(d, node, rule->value);
    if (etwi_manifest_number(text, rule->max, out))
        return true;
    if (!text.data)
        return etwi_manifest_predefined(rule->predefined, get(d, node, ETWI_ATTRIBUTE_NAME), out);
    etwi_fault(etwi_manifest_place(d->manifest, node), "\"%.*s\" is no value of a %s",
               etwi_clip(text), text.data, rule->noun);
    return false;
}

/* A GUID that is none is a fault of the events of the task, which is noted with them. */
static void read_task(describer *d, uint32_t node, etw_named_value *value)
{
    static const etw_guid none;
    d->task_node = node;
    if (etw_failed(
            etw_guid_parse(&value->class_guid, get(d, node, ETWI_ATTRIBUTE_EVENT_GUID), NULL)))
        value->class_guid = none;
}

/* The number of the task that an opcode is defined in. */
static uint16_t task_of(const describer *d, uint32_t node)
{
    uint64_t task;
    const bool inside = d->task_node && node < d->manifest->tree.nodes[d->task_node].end;
    return inside && read_value(d, d->task_node, ETW_NAMED_TASK, &task) ? (uint16_t)task : 0;
}

static etw_status add_value(describer *d, uint32_t node, etw_named_kind kind)
{
    etw_named_value value = {0};
    etw_str name = get(d, node, ETWI_ATTRIBUTE_NAME);
    if (!name.size && kind == ETW_NAMED_CHANNEL)
        name = get(d, node, ETWI_ATTRIBUTE_CHID);
    if (kind == ETW_NAMED_TASK)
        read_task(d, node, &value);
    else if (kind == ETW_NAMED_OPCODE)
        value.task = task_of(d, node);
    if (!read_value(d, node, kind, &value.value))
        return ETW_OK;
    ETWI_TRY(etwi_manifest_keep(d->manifest, etwi_manifest_local(name), &value.name));
    ETWI_TRY(etwi_manifest_message(d->manifest, node, &value.message));
    d->items[kind][d->out.named[kind].count++] = value;
    return ETW_OK;
}

/* Makes room for the names of each kind. */
static etw_status make_room(describer *d, uint32_t provider_node)
{
    const etwi_xml_node *nodes = d->manifest->tree.nodes;
    size_t counts[ETW_NAMED_KIND_COUNT + 1] = {0};
    for (uint32_t i = provider_node + 1; i < nodes[provider_node].end; i++)
        counts[kind_of(&nodes[i])]++;
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++) {
        d->items[kind] = etwi_arena_alloc(d->manifest->arena, counts[kind] * sizeof *d->items[0]);
        if (!d->items[kind])
            return etwi_fail_nomem(d->manifest->error);
        d->out.named[kind].items = d->items[kind];
    }
    return ETW_OK;
}

static etw_status take_maps(describer *d, size_t first)
{
    const etwi_list *list = &d->manifest->maps;
    const etw_map *const *maps = (const etw_map *const *)list->items;
    const size_t count = list->count - first;
    const etw_map **copy = etwi_arena_alloc(d->manifest->arena, count * sizeof *copy);
    if (!copy)
        return etwi_fail_nomem(d->manifest->error);
    for (size_t i = 0; i < count; i++)
        copy[i] = maps[first + i];
    d->out.maps = copy;
    d->out.map_count = (uint32_t)count;
    return ETW_OK;
}

etw_status etwi_manifest_describe(etwi_manifest *manifest, const etwi_manifest_provider *provider)
{
    const etwi_xml_node *nodes = manifest->tree.nodes;
    describer d = {
        .manifest = manifest,
        .out = {.guid = provider->guid, .name = provider->name, .source = ETW_SCHEMA_MANIFEST}};
    ETWI_TRY(etwi_manifest_message(manifest, provider->node, &d.out.message));
    ETWI_TRY(make_room(&d, provider->node));
    for (uint32_t i = provider->node + 1; i < nodes[provider->node].end; i++) {
        const etw_named_kind kind = kind_of(&nodes[i]);
        if (kind != ETW_NAMED_KIND_COUNT)
            ETWI_TRY(add_value(&d, i, kind));
    }
    ETWI_TRY(take_maps(&d, provider->first_map));
    return provider->taker->provider(provider->taker->user, &d.out);
}
