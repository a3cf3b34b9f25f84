/*
 * The XML of a manifest as a flat tree that holds the elements and attributes which matter and
 * nothing else. Names have lost their namespace prefixes.
 */
#ifndef ETWI_SCHEMA_MANIFEST_XML_H
#define ETWI_SCHEMA_MANIFEST_XML_H

#include "base/memory.h"

typedef enum etwi_element {
    ETWI_ELEMENT_ROOT, /* The document, and whatever wraps the parts that matter. */
    ETWI_ELEMENT_EVENTS,
    ETWI_ELEMENT_PROVIDER,
    ETWI_ELEMENT_TASKS,
    ETWI_ELEMENT_TASK,
    ETWI_ELEMENT_OPCODES,
    ETWI_ELEMENT_OPCODE,
    ETWI_ELEMENT_LEVELS,
    ETWI_ELEMENT_LEVEL,
    ETWI_ELEMENT_KEYWORDS,
    ETWI_ELEMENT_KEYWORD,
    ETWI_ELEMENT_CHANNELS,
    ETWI_ELEMENT_CHANNEL, /* An imported one too. */
    ETWI_ELEMENT_MAPS,
    ETWI_ELEMENT_VALUE_MAP,
    ETWI_ELEMENT_BIT_MAP,
    ETWI_ELEMENT_MAP,
    ETWI_ELEMENT_TEMPLATES,
    ETWI_ELEMENT_TEMPLATE,
    ETWI_ELEMENT_DATA,
    ETWI_ELEMENT_STRUCT,
    ETWI_ELEMENT_USER_DATA,
    ETWI_ELEMENT_EVENT,
    ETWI_ELEMENT_LOCALIZATION,
    ETWI_ELEMENT_RESOURCES,
    ETWI_ELEMENT_STRING_TABLE,
    ETWI_ELEMENT_STRING,
} etwi_element;

#define ETWI_ATTRIBUTE_MAP(X)  \
    X(CHANNEL, "channel")      \
    X(CHID, "chid")            \
    X(COUNT, "count")          \
    X(CULTURE, "culture")      \
    X(EVENT_GUID, "eventGUID") \
    X(GUID, "guid")            \
    X(ID, "id")                \
    X(IN_TYPE, "inType")       \
    X(KEYWORDS, "keywords")    \
    X(LENGTH, "length")        \
    X(LEVEL, "level")          \
    X(MAP, "map")              \
    X(MASK, "mask")            \
    X(MESSAGE, "message")      \
    X(MOF_VALUE, "mofValue")   \
    X(NAME, "name")            \
    X(OPCODE, "opcode")        \
    X(OUT_TYPE, "outType")     \
    X(SYMBOL, "symbol")        \
    X(TAGS, "tags")            \
    X(TASK, "task")            \
    X(TEMPLATE, "template")    \
    X(TID, "tid")              \
    X(VALUE, "value")          \
    X(VERSION, "version")

typedef enum etwi_attribute {
#define X(name, text) ETWI_ATTRIBUTE_##name,
    ETWI_ATTRIBUTE_MAP(X)
#undef X
    ETWI_ATTRIBUTES_END
} etwi_attribute;

typedef struct etwi_xml_node {
    uint32_t end;    /* The index behind the last node inside of this one. */
    uint32_t offset; /* Of the start tag, in bytes of the document. */
    uint32_t line;
    uint32_t first_attribute;
    uint8_t attribute_count;
    uint8_t element; /* An etwi_element. */
} etwi_xml_node;

typedef struct etwi_xml_attribute {
    etw_str value;
    etwi_attribute name;
} etwi_xml_attribute;

/*
 * The nodes in document order: the children of node `i` start at `i + 1`, and the next sibling of
 * a child is at its `end`. Node 0 is the document.
 */
typedef struct etwi_xml_tree {
    etw_allocator allocator;
    etwi_arena text;
    etwi_xml_node *nodes;
    size_t node_count;
    size_t node_capacity;
    etwi_xml_attribute *attributes;
    size_t attribute_count;
    size_t attribute_capacity;
} etwi_xml_tree;

/*
 * Reads a document; etwi_xml_free() is due also after a failure.
 *
 * ETW_E_CORRUPT with offset and line if it is not well-formed or declares entities, ETW_E_LIMIT if
 * it is too large or nested too deep, or ETW_E_NOMEM.
 */
etw_status etwi_xml_read(etwi_xml_tree *out, etw_bytes xml, const etw_allocator *allocator,
                         etw_error *error);

void etwi_xml_free(etwi_xml_tree *tree);

/* The value of an attribute; `data` is NULL if the node does not have it. */
etw_str etwi_xml_get(const etwi_xml_tree *tree, uint32_t node, etwi_attribute name);

#endif
