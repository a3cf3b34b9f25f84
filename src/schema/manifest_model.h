/* What the parts of the manifest reader share: the tree, names by scope, and faults. */
#ifndef ETWI_SCHEMA_MANIFEST_MODEL_H
#define ETWI_SCHEMA_MANIFEST_MODEL_H

#include "schema/fault.h"
#include "schema/manifest.h"
#include "schema/manifest_xml.h"
#include "schema/name_table.h"

/* Kinds of names. Each has a scope of its own in every element that may hold definitions. */
typedef enum etwi_name_kind {
    ETWI_NAME_TASK,
    ETWI_NAME_OPCODE,
    ETWI_NAME_LEVEL,
    ETWI_NAME_KEYWORD,
    ETWI_NAME_KEYWORD_LIST,
    ETWI_NAME_CHANNEL,
    ETWI_NAME_CHANNEL_VALUE,
    ETWI_NAME_MAP,
    ETWI_NAME_TEMPLATE,
    ETWI_NAME_PROPERTY,
    ETWI_NAME_STRING,
    ETWI_NAME_EVENT,
    ETWI_NAME_KEPT,
    ETWI_NAME_KIND_COUNT
} etwi_name_kind;

/* The scope of a kind of names in the element `node`; there are less than 2^24 elements. */
static inline uint32_t etwi_scope_of(uint32_t node, etwi_name_kind kind)
{
    return node << 5 | (uint32_t)kind;
}

typedef struct etwi_template {
    const etw_property *properties;
    uint16_t property_count;
    uint16_t top_level_count;
    bool is_user_data;
    bool is_broken; /* Something is wrong with it, so its events are left out. */
} etwi_template;

typedef struct etwi_keyword_list {
    const etw_keyword *keywords;
    uint32_t count;
    uint64_t mask;
} etwi_keyword_list;

/* An array that only grows, of any type. */
typedef struct etwi_list {
    void *items;
    size_t count;
    size_t capacity;
} etwi_list;

typedef struct etwi_manifest {
    etwi_xml_tree tree;
    etwi_arena *arena;  /* Of what the schemas point to. */
    etw_error *problem; /* The first fault that is not the end of everything; may be NULL. */
    etw_error *error;
    etwi_name_table names;
    etwi_list maps;          /* const etw_map *, in the arena. */
    etwi_list templates;     /* etwi_template */
    etwi_list keyword_lists; /* etwi_keyword_list */
} etwi_manifest;

/* Where a node is, for faults. */
static inline etwi_place etwi_manifest_place(const etwi_manifest *manifest, uint32_t node)
{
    const etwi_xml_node *at = &manifest->tree.nodes[node];
    const etwi_place place = {manifest->problem, at->offset, at->line};
    return place;
}

/* The precision that shows a name in messages. */
static inline int etwi_clip(etw_str text)
{
    return text.size < 64 ? (int)text.size : 64;
}

/* Copies a text into the arena, once for each text. */
etw_status etwi_manifest_keep(etwi_manifest *manifest, etw_str text, etw_str *out);

/* Appends to a list; `item` has `size` bytes. */
etw_status etwi_manifest_append(etwi_manifest *manifest, etwi_list *list, const void *item,
                                size_t size);

/* Gives a name its value, unless it has one: the first definition wins. */
etw_status etwi_manifest_define(etwi_manifest *manifest, uint32_t scope, etw_str name,
                                uint32_t value);

/*
 * Lays out the template at `node` of a provider: top-level properties first, then the members of
 * each struct. ETW_E_CORRUPT, and a fault, if something is wrong with it.
 */
etw_status etwi_template_build(etwi_manifest *manifest, uint32_t provider, uint32_t node,
                               etwi_template *out);

/* The text that the message attribute of a node stands for; empty if it has none. */
etw_status etwi_manifest_message(etwi_manifest *manifest, uint32_t node, etw_str *out);

/* The provider whose events are being read, and who takes their schemas. */
typedef struct etwi_manifest_provider {
    uint32_t node;
    etw_guid guid;
    etw_str name;
    const etwi_taker *taker;
    size_t first_map; /* In the list of maps. */
} etwi_manifest_provider;

/* Hands out what the manifest says about the provider as a whole, once its names are defined. */
etw_status etwi_manifest_describe(etwi_manifest *manifest, const etwi_manifest_provider *provider);

/* Hands out the schema of the event at `node`; what is wrong with it becomes a fault. */
etw_status etwi_manifest_event(etwi_manifest *manifest, const etwi_manifest_provider *provider,
                               uint32_t node);

#endif
