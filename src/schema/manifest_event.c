/*
 * Events of manifests: their attributes name tasks, opcodes, levels, keywords, channels, templates
 * and messages. An event with a layout that is not known is left out. A name that is not defined
 * costs less: the event stays and shows that name.
 */
#include "schema/manifest_model.h"
#include "schema/manifest_words.h"

#include <string.h>

enum {
    KEYWORD_NAMES_MAX = 64,
    EVENT_KEY_SIZE = 20,
};

/* What an attribute that names something stands for. */
typedef struct reference {
    uint64_t value;
    etw_str name;  /* For people; in the arena. */
    uint32_t node; /* The definition, or ETWI_NO_VALUE. */
} reference;

/* How to resolve one kind of attribute. */
typedef struct reference_rule {
    const char *noun;
    etwi_attribute attribute; /* Of the event. */
    etwi_attribute value;     /* Of the definition. */
    etwi_name_kind kind;
    etwi_predefined predefined;
    uint64_t max;
} reference_rule;

static const reference_rule TASK_RULE = {"task",         ETWI_ATTRIBUTE_TASK,  ETWI_ATTRIBUTE_VALUE,
                                         ETWI_NAME_TASK, ETWI_PREDEFINED_TASK, UINT16_MAX};
static const reference_rule OPCODE_RULE = {
    "opcode",         ETWI_ATTRIBUTE_OPCODE,  ETWI_ATTRIBUTE_VALUE,
    ETWI_NAME_OPCODE, ETWI_PREDEFINED_OPCODE, UINT8_MAX};
static const reference_rule LEVEL_RULE = {
    "level",         ETWI_ATTRIBUTE_LEVEL,  ETWI_ATTRIBUTE_VALUE,
    ETWI_NAME_LEVEL, ETWI_PREDEFINED_LEVEL, UINT8_MAX};
static const reference_rule CHANNEL_RULE = {
    "channel",         ETWI_ATTRIBUTE_CHANNEL,  ETWI_ATTRIBUTE_VALUE,
    ETWI_NAME_CHANNEL, ETWI_PREDEFINED_CHANNEL, UINT8_MAX};
static const reference_rule KEYWORD_RULE = {
    "keyword",         ETWI_ATTRIBUTE_KEYWORDS, ETWI_ATTRIBUTE_MASK,
    ETWI_NAME_KEYWORD, ETWI_PREDEFINED_KEYWORD, UINT64_MAX};

/* An event being put together. */
typedef struct event_builder {
    etwi_manifest *manifest;
    const etwi_manifest_provider *provider;
    uint32_t node;
    reference task;
    reference opcode;
} event_builder;

static etw_str get(const event_builder *builder, uint32_t node, etwi_attribute name)
{
    return etwi_xml_get(&builder->manifest->tree, node, name);
}

static etw_str attribute(const event_builder *builder, etwi_attribute name)
{
    return get(builder, builder->node, name);
}

/* Opcodes are looked up in the task of the event before those of the whole provider. */
static uint32_t find_definition(const event_builder *builder, const reference_rule *rule,
                                etw_str name)
{
    const etwi_name_table *names = &builder->manifest->names;
    uint32_t found = ETWI_NO_VALUE;
    if (rule->kind == ETWI_NAME_OPCODE && builder->task.node != ETWI_NO_VALUE)
        found = etwi_name_find(names, etwi_scope_of(builder->task.node, rule->kind), name);
    if (found == ETWI_NO_VALUE)
        found = etwi_name_find(names, etwi_scope_of(builder->provider->node, rule->kind), name);
    return found;
}

/* Channels have their values in a table, since some get theirs by counting. */
static void read_definition(const event_builder *builder, const reference_rule *rule,
                            reference *out)
{
    const etw_str whole = {NULL, 0};
    if (rule->kind == ETWI_NAME_CHANNEL) {
        out->value = etwi_name_find(&builder->manifest->names,
                                    etwi_scope_of(out->node, ETWI_NAME_CHANNEL_VALUE), whole);
        return;
    }
    const etw_str text = get(builder, out->node, rule->value);
    if (etwi_manifest_number(text, rule->max, &out->value))
        return;
    out->value = 0;
    etwi_fault(etwi_manifest_place(builder->manifest, out->node), "\"%.*s\" is no value of a %s",
               etwi_clip(text), text.data ? text.data : "", rule->noun);
}

static etw_status resolve(event_builder *builder, const reference_rule *rule, etw_str text,
                          reference *out)
{
    const reference none = {0, {NULL, 0}, ETWI_NO_VALUE};
    *out = none;
    if (!text.size)
        return ETW_OK;
    etw_str name = text;
    out->node = find_definition(builder, rule, text);
    if (out->node != ETWI_NO_VALUE) {
        read_definition(builder, rule, out);
        const etw_str defined = get(builder, out->node, ETWI_ATTRIBUTE_NAME);
        name = defined.size ? defined : text;
    } else if (etwi_manifest_number(text, rule->max, &out->value)) {
        return ETW_OK;
    } else if (!etwi_manifest_predefined(rule->predefined, text, &out->value)) {
        out->value = 0;
        etwi_fault(etwi_manifest_place(builder->manifest, builder->node), "unknown %s \"%.*s\"",
                   rule->noun, etwi_clip(text), text.data);
    }
    return etwi_manifest_keep(builder->manifest, etwi_manifest_local(name), &out->name);
}

static etw_status resolve_attribute(event_builder *builder, const reference_rule *rule,
                                    reference *out)
{
    return resolve(builder, rule, attribute(builder, rule->attribute), out);
}

/* ---- Keywords ---- */

static etw_status make_keyword_list(event_builder *builder, etw_str text, etwi_keyword_list *out)
{
    etw_keyword keywords[KEYWORD_NAMES_MAX];
    const etwi_keyword_list empty = {NULL, 0, 0};
    etw_str word;
    *out = empty;
    while (out->count < KEYWORD_NAMES_MAX && etwi_manifest_next_word(&text, &word)) {
        reference keyword;
        ETWI_TRY(resolve(builder, &KEYWORD_RULE, word, &keyword));
        out->mask |= keyword.value;
        if (!keyword.value || !keyword.name.size)
            continue;
        keywords[out->count].mask = keyword.value;
        keywords[out->count++].name = keyword.name;
    }
    if (!out->count)
        return ETW_OK;
    const size_t size = out->count * sizeof *keywords;
    etw_keyword *copy = etwi_arena_alloc(builder->manifest->arena, size);
    if (!copy)
        return etwi_fail_nomem(builder->manifest->error);
    memcpy(copy, keywords, size);
    out->keywords = copy;
    return ETW_OK;
}

/* Many events have the same keywords; each such list is made once. */
static etw_status read_keywords(event_builder *builder, etw_schema *schema)
{
    etwi_manifest *manifest = builder->manifest;
    const etw_str text = attribute(builder, ETWI_ATTRIBUTE_KEYWORDS);
    if (!text.size)
        return ETW_OK;
    const uint32_t scope = etwi_scope_of(builder->provider->node, ETWI_NAME_KEYWORD_LIST);
    uint32_t found = etwi_name_find(&manifest->names, scope, text);
    if (found == ETWI_NO_VALUE) {
        etwi_keyword_list made;
        ETWI_TRY(make_keyword_list(builder, text, &made));
        found = (uint32_t)manifest->keyword_lists.count;
        ETWI_TRY(etwi_manifest_append(manifest, &manifest->keyword_lists, &made, sizeof made));
        ETWI_TRY(etwi_manifest_define(manifest, scope, text, found));
    }
    const etwi_keyword_list *list =
        (const etwi_keyword_list *)manifest->keyword_lists.items + found;
    schema->keyword = list->mask;
    schema->keywords = list->keywords;
    schema->keyword_count = list->count;
    return ETW_OK;
}

/* ---- Events ---- */

static etw_status read_number(const event_builder *builder, etwi_attribute name, uint64_t max,
                              uint64_t *out)
{
    const etw_str text = attribute(builder, name);
    if (etwi_manifest_number(text, max, out))
        return ETW_OK;
    return etwi_fault(etwi_manifest_place(builder->manifest, builder->node),
                      "\"%.*s\" is no %s of an event", etwi_clip(text), text.data ? text.data : "",
                      name == ETWI_ATTRIBUTE_VALUE ? "value" : "version");
}

static etw_status read_identity(event_builder *builder, etw_schema *schema)
{
    uint64_t id;
    uint64_t version = 0;
    ETWI_TRY(read_number(builder, ETWI_ATTRIBUTE_VALUE, UINT16_MAX, &id));
    if (attribute(builder, ETWI_ATTRIBUTE_VERSION).data)
        ETWI_TRY(read_number(builder, ETWI_ATTRIBUTE_VERSION, UINT8_MAX, &version));
    schema->source = ETW_SCHEMA_MANIFEST;
    schema->provider = builder->provider->guid;
    schema->provider_name = builder->provider->name;
    schema->id = (uint16_t)id;
    schema->version = (uint8_t)version;
    return ETW_OK;
}

static etw_status read_layout(event_builder *builder, etw_schema *schema)
{
    etwi_manifest *manifest = builder->manifest;
    const etw_str name = attribute(builder, ETWI_ATTRIBUTE_TEMPLATE);
    if (!name.data)
        return ETW_OK;
    const uint32_t scope = etwi_scope_of(builder->provider->node, ETWI_NAME_TEMPLATE);
    const uint32_t found = etwi_name_find(&manifest->names, scope, name);
    if (found == ETWI_NO_VALUE)
        return etwi_fault(etwi_manifest_place(manifest, builder->node), "unknown template \"%.*s\"",
                          etwi_clip(name), name.data);
    const etwi_template *layout = (const etwi_template *)manifest->templates.items + found;
    if (layout->is_broken)
        return ETW_E_CORRUPT;
    schema->properties = layout->properties;
    schema->property_count = layout->property_count;
    schema->top_level_count = layout->top_level_count;
    schema->is_user_data = layout->is_user_data;
    return ETW_OK;
}

static etw_status read_names(event_builder *builder, etw_schema *schema)
{
    reference level;
    reference channel;
    ETWI_TRY(resolve_attribute(builder, &TASK_RULE, &builder->task));
    ETWI_TRY(resolve_attribute(builder, &OPCODE_RULE, &builder->opcode));
    ETWI_TRY(resolve_attribute(builder, &LEVEL_RULE, &level));
    ETWI_TRY(resolve_attribute(builder, &CHANNEL_RULE, &channel));
    schema->task = (uint16_t)builder->task.value;
    schema->task_name = builder->task.name;
    schema->opcode = (uint8_t)builder->opcode.value;
    schema->opcode_name = builder->opcode.name;
    schema->level = (uint8_t)level.value;
    schema->level_name = level.name;
    schema->channel = (uint8_t)channel.value;
    schema->channel_name = channel.name;
    ETWI_TRY(read_keywords(builder, schema));

    // EventSources have no names of events; the symbol is the name of the method that writes.
    etw_str name = attribute(builder, ETWI_ATTRIBUTE_NAME);
    if (!name.size)
        name = attribute(builder, ETWI_ATTRIBUTE_SYMBOL);
    if (name.size)
        ETWI_TRY(etwi_manifest_keep(builder->manifest, name, &schema->event_name));
    return etwi_manifest_message(builder->manifest, builder->node, &schema->message);
}

/* Hands out a schema, unless the document has defined one with its key before. */
static etw_status hand_out(event_builder *builder, const etw_schema *schema)
{
    etwi_manifest *manifest = builder->manifest;
    const unsigned number = schema->is_classic ? schema->opcode : schema->id;
    char key[EVENT_KEY_SIZE];
    memcpy(key, &schema->provider, sizeof schema->provider);
    key[16] = (char)schema->is_classic;
    key[17] = (char)(number & 0xFF);
    key[18] = (char)(number >> 8);
    key[19] = (char)schema->version;
    const etw_str text = {key, sizeof key};
    etwi_name *slot = etwi_name_put(&manifest->names, etwi_scope_of(0, ETWI_NAME_EVENT), text);
    if (!slot)
        return etwi_fail_nomem(manifest->error);
    if (slot->value != ETWI_NO_VALUE)
        return ETW_OK;
    if (!etwi_arena_str(&manifest->tree.text, &slot->text, key, sizeof key))
        return etwi_fail_nomem(manifest->error);
    slot->value = builder->node;
    return builder->provider->taker->schema(builder->provider->taker->user, schema);
}

/*
 * Tasks with an eventGUID also describe classic events: those of that class whose type is the
 * opcode, or the opcode's mofValue in manifests that were made from WBEM classes.
 */
static etw_status hand_out_twin(event_builder *builder, const etw_schema *schema)
{
    if (builder->task.node == ETWI_NO_VALUE)
        return ETW_OK;
    const etw_str guid = get(builder, builder->task.node, ETWI_ATTRIBUTE_EVENT_GUID);
    etw_schema twin = *schema;
    if (!guid.data)
        return ETW_OK;
    if (etw_failed(etw_guid_parse(&twin.provider, guid, NULL))) {
        etwi_fault(etwi_manifest_place(builder->manifest, builder->task.node),
                   "\"%.*s\" is no GUID", etwi_clip(guid), guid.data);
        return ETW_OK;
    }
    // Some manifests fill in the attribute without tying the task to a class.
    if (etw_guid_is_null(&twin.provider))
        return ETW_OK;
    twin.is_classic = true;
    twin.id = 0;
    uint64_t type;
    if (builder->opcode.node != ETWI_NO_VALUE &&
        etwi_manifest_number(get(builder, builder->opcode.node, ETWI_ATTRIBUTE_MOF_VALUE),
                             UINT8_MAX, &type))
        twin.opcode = (uint8_t)type;
    return hand_out(builder, &twin);
}

etw_status etwi_manifest_event(etwi_manifest *manifest, const etwi_manifest_provider *provider,
                               uint32_t node)
{
    const reference none = {0, {NULL, 0}, ETWI_NO_VALUE};
    event_builder builder = {manifest, provider, node, none, none};
    etw_schema schema = {0};
    etw_status status = read_identity(&builder, &schema);
    if (!etw_failed(status))
        status = read_layout(&builder, &schema);
    if (status == ETW_E_CORRUPT)
        return ETW_OK; // A fault of this event alone, which has been noted.
    ETWI_TRY(status);
    ETWI_TRY(read_names(&builder, &schema));
    ETWI_TRY(hand_out(&builder, &schema));
    return hand_out_twin(&builder, &schema);
}
