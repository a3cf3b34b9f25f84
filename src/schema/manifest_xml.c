/*
 * How it works: expat calls back for each tag. A table says which elements count as children of
 * which; wrappers around them at the top of the document are looked through, everything else that
 * is unknown is skipped with what it contains.
 */
#include "schema/manifest_xml.h"

#include "base/error.h"

#include <expat.h>
#include <string.h>

enum {
    XML_SIZE_MAX = 64 * 1024 * 1024,
    DEPTH_MAX = 64,
    NODES_MAX = 256 * 1024,
};

typedef struct element_rule {
    etwi_element parent;
    const char *name;
    etwi_element element;
} element_rule;

static const element_rule RULES[] = {
    {ETWI_ELEMENT_ROOT, "events", ETWI_ELEMENT_EVENTS},
    {ETWI_ELEMENT_ROOT, "localization", ETWI_ELEMENT_LOCALIZATION},
    {ETWI_ELEMENT_EVENTS, "event", ETWI_ELEMENT_EVENT},
    {ETWI_ELEMENT_EVENTS, "provider", ETWI_ELEMENT_PROVIDER},
    {ETWI_ELEMENT_PROVIDER, "channels", ETWI_ELEMENT_CHANNELS},
    {ETWI_ELEMENT_PROVIDER, "events", ETWI_ELEMENT_EVENTS},
    {ETWI_ELEMENT_PROVIDER, "keywords", ETWI_ELEMENT_KEYWORDS},
    {ETWI_ELEMENT_PROVIDER, "levels", ETWI_ELEMENT_LEVELS},
    {ETWI_ELEMENT_PROVIDER, "maps", ETWI_ELEMENT_MAPS},
    {ETWI_ELEMENT_PROVIDER, "opcodes", ETWI_ELEMENT_OPCODES},
    {ETWI_ELEMENT_PROVIDER, "tasks", ETWI_ELEMENT_TASKS},
    {ETWI_ELEMENT_PROVIDER, "templates", ETWI_ELEMENT_TEMPLATES},
    {ETWI_ELEMENT_TASKS, "task", ETWI_ELEMENT_TASK},
    {ETWI_ELEMENT_TASK, "opcodes", ETWI_ELEMENT_OPCODES},
    {ETWI_ELEMENT_OPCODES, "opcode", ETWI_ELEMENT_OPCODE},
    {ETWI_ELEMENT_LEVELS, "level", ETWI_ELEMENT_LEVEL},
    {ETWI_ELEMENT_KEYWORDS, "keyword", ETWI_ELEMENT_KEYWORD},
    {ETWI_ELEMENT_CHANNELS, "channel", ETWI_ELEMENT_CHANNEL},
    {ETWI_ELEMENT_CHANNELS, "importChannel", ETWI_ELEMENT_CHANNEL},
    {ETWI_ELEMENT_MAPS, "bitMap", ETWI_ELEMENT_BIT_MAP},
    {ETWI_ELEMENT_MAPS, "valueMap", ETWI_ELEMENT_VALUE_MAP},
    {ETWI_ELEMENT_BIT_MAP, "map", ETWI_ELEMENT_MAP},
    {ETWI_ELEMENT_VALUE_MAP, "map", ETWI_ELEMENT_MAP},
    {ETWI_ELEMENT_TEMPLATES, "template", ETWI_ELEMENT_TEMPLATE},
    {ETWI_ELEMENT_TEMPLATE, "UserData", ETWI_ELEMENT_USER_DATA},
    {ETWI_ELEMENT_TEMPLATE, "data", ETWI_ELEMENT_DATA},
    {ETWI_ELEMENT_TEMPLATE, "struct", ETWI_ELEMENT_STRUCT},
    {ETWI_ELEMENT_STRUCT, "data", ETWI_ELEMENT_DATA},
    {ETWI_ELEMENT_STRUCT, "struct", ETWI_ELEMENT_STRUCT},
    {ETWI_ELEMENT_LOCALIZATION, "resources", ETWI_ELEMENT_RESOURCES},
    {ETWI_ELEMENT_RESOURCES, "stringTable", ETWI_ELEMENT_STRING_TABLE},
    {ETWI_ELEMENT_STRING_TABLE, "string", ETWI_ELEMENT_STRING},
};

typedef struct reader {
    XML_Parser expat;
    etwi_xml_tree *tree;
    etw_error *error;
    etw_status status;        /* Of what made us stop expat. */
    uint32_t open[DEPTH_MAX]; /* The node that each open element belongs to. */
    unsigned depth;
    unsigned skipped_depth; /* Open elements from the outermost skipped one on. */
} reader;

static void stop(reader *in, etw_status status, const char *why)
{
    if (etw_failed(in->status))
        return; // Expat may still call back for the tag it is at.
    in->status =
        etwi_fail(in->error, status, (uint64_t)XML_GetCurrentByteIndex(in->expat), "%s in line %lu",
                  why, (unsigned long)XML_GetCurrentLineNumber(in->expat));
    XML_StopParser(in->expat, XML_FALSE);
}

static void stop_nomem(reader *in)
{
    in->status = etwi_fail_nomem(in->error);
    XML_StopParser(in->expat, XML_FALSE);
}

/* Expat hands out names with their prefix, since it was not asked to resolve namespaces. */
static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool find_attribute(const char *name, etwi_attribute *out)
{
    static const char *const NAMES[] = {
#define X(name, text) text,
        ETWI_ATTRIBUTE_MAP(X)
#undef X
    };
    for (unsigned i = 0; i < ETWI_ATTRIBUTES_END; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (etwi_attribute)i;
            return true;
        }
    }
    return false;
}

static const element_rule *find_rule(etwi_element parent, const char *name)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        if (RULES[i].parent == parent && strcmp(RULES[i].name, name) == 0)
            return &RULES[i];
    }
    return NULL;
}

static bool add_attribute(etwi_xml_tree *tree, etwi_attribute name, const char *value)
{
    void *memory = tree->attributes;
    if (etw_failed(etwi_grow(&tree->allocator, &memory, &tree->attribute_capacity,
                             tree->attribute_count + 1, sizeof *tree->attributes)))
        return false;
    tree->attributes = memory;
    etwi_xml_attribute *attribute = &tree->attributes[tree->attribute_count++];
    attribute->name = name;
    return etwi_arena_str(&tree->text, &attribute->value, value, strlen(value));
}

/* Of attributes that differ only in their prefix the first one counts, so there are few. */
static bool add_attributes(etwi_xml_tree *tree, etwi_xml_node *node, const char **attributes)
{
    uint32_t seen = 0;
    node->first_attribute = (uint32_t)tree->attribute_count;
    for (size_t i = 0; attributes[i]; i += 2) {
        etwi_attribute name;
        if (!find_attribute(local_name(attributes[i]), &name) || (seen & (uint32_t)1 << name))
            continue;
        seen |= (uint32_t)1 << name;
        if (!add_attribute(tree, name, attributes[i + 1]))
            return false;
        node->attribute_count++;
    }
    return true;
}

static bool add_node(reader *in, etwi_element element, const char **attributes)
{
    etwi_xml_tree *tree = in->tree;
    void *memory = tree->nodes;
    if (etw_failed(etwi_grow(&tree->allocator, &memory, &tree->node_capacity, tree->node_count + 1,
                             sizeof *tree->nodes)))
        return false;
    tree->nodes = memory;
    etwi_xml_node *node = &tree->nodes[tree->node_count++];
    memset(node, 0, sizeof *node);
    node->end = (uint32_t)tree->node_count;
    node->offset = (uint32_t)XML_GetCurrentByteIndex(in->expat);
    node->line = (uint32_t)XML_GetCurrentLineNumber(in->expat);
    node->element = (uint8_t)element;
    return !attributes || add_attributes(tree, node, attributes);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    reader *in = user;
    if (etw_failed(in->status))
        return;
    if (in->depth + 1 >= DEPTH_MAX) {
        stop(in, ETW_E_LIMIT, "elements nest too deep");
        return;
    }
    const uint32_t parent = in->open[in->depth++];
    const etwi_element parent_element = (etwi_element)in->tree->nodes[parent].element;
    const element_rule *rule =
        in->skipped_depth ? NULL : find_rule(parent_element, local_name(name));
    in->open[in->depth] = parent;
    if (!rule) {
        if (in->skipped_depth || parent_element != ETWI_ELEMENT_ROOT)
            in->skipped_depth++;
        return;
    }
    if (in->tree->node_count >= NODES_MAX) {
        stop(in, ETW_E_LIMIT, "too many elements");
        return;
    }
    in->open[in->depth] = (uint32_t)in->tree->node_count;
    if (!add_node(in, rule->element, attributes))
        stop_nomem(in);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    reader *in = user;
    (void)name;
    if (etw_failed(in->status))
        return;
    if (in->skipped_depth)
        in->skipped_depth--;
    else
        in->tree->nodes[in->open[in->depth]].end = (uint32_t)in->tree->node_count;
    in->depth--;
}

/* Entities can make a small document huge, and no manifest has use for them. */
static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    reader *in = user;
    (void)name;
    (void)system_id;
    (void)public_id;
    if (has_internal_subset)
        stop(in, ETW_E_CORRUPT, "document type with declarations");
}

static void XMLCALL on_entity(void *user, const XML_Char *name, int is_parameter_entity,
                              const XML_Char *value, int value_size, const XML_Char *base,
                              const XML_Char *system_id, const XML_Char *public_id,
                              const XML_Char *notation)
{
    (void)name;
    (void)is_parameter_entity;
    (void)value;
    (void)value_size;
    (void)base;
    (void)system_id;
    (void)public_id;
    (void)notation;
    stop(user, ETW_E_CORRUPT, "declaration of an entity");
}

static etw_status parse(reader *in, etw_bytes xml)
{
    XML_SetUserData(in->expat, in);
    XML_SetElementHandler(in->expat, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(in->expat, on_doctype);
    XML_SetEntityDeclHandler(in->expat, on_entity);
    // Node 0 is the document itself, which has no tag.
    if (!add_node(in, ETWI_ELEMENT_ROOT, NULL))
        return etwi_fail_nomem(in->error);
    const char *text = xml.size ? (const char *)xml.data : "";
    const enum XML_Status parsed = XML_Parse(in->expat, text, (int)xml.size, XML_TRUE);
    if (etw_failed(in->status))
        return in->status;
    if (parsed != XML_STATUS_OK) {
        const enum XML_Error code = XML_GetErrorCode(in->expat);
        if (code == XML_ERROR_NO_MEMORY)
            return etwi_fail_nomem(in->error);
        stop(in, ETW_E_CORRUPT, XML_ErrorString(code));
        return in->status;
    }
    in->tree->nodes[0].end = (uint32_t)in->tree->node_count;
    return ETW_OK;
}

etw_status etwi_xml_read(etwi_xml_tree *out, etw_bytes xml, const etw_allocator *allocator,
                         etw_error *error)
{
    memset(out, 0, sizeof *out);
    out->allocator = out->text.allocator = *allocator;
    if (xml.size > XML_SIZE_MAX)
        return etwi_fail(error, ETW_E_LIMIT, XML_SIZE_MAX, "manifest of %zu bytes; the limit is %d",
                         xml.size, XML_SIZE_MAX);
    // Expat's allocator interface has no room for `user`, so its own memory comes from malloc.
    reader in = {XML_ParserCreate(NULL), out, error, ETW_OK, {0}, 0, 0};
    if (!in.expat)
        return etwi_fail_nomem(error);
    const etw_status status = parse(&in, xml);
    XML_ParserFree(in.expat);
    return status;
}

void etwi_xml_free(etwi_xml_tree *tree)
{
    etwi_free(&tree->allocator, tree->nodes, tree->node_capacity * sizeof *tree->nodes);
    etwi_free(&tree->allocator, tree->attributes,
              tree->attribute_capacity * sizeof *tree->attributes);
    etwi_arena_free(&tree->text);
    memset(tree, 0, sizeof *tree);
}

etw_str etwi_xml_get(const etwi_xml_tree *tree, uint32_t node, etwi_attribute name)
{
    const etwi_xml_node *element = &tree->nodes[node];
    for (unsigned i = 0; i < element->attribute_count; i++) {
        const etwi_xml_attribute *attribute = &tree->attributes[element->first_attribute + i];
        if (attribute->name == name)
            return attribute->value;
    }
    const etw_str none = {NULL, 0};
    return none;
}
