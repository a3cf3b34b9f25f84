/* What a source says about a provider as a whole, beside the schemas of its events. */
#ifndef ETWI_SCHEMA_PROVIDER_H
#define ETWI_SCHEMA_PROVIDER_H

#include "base/memory.h"

#include <etw/provider_info.h>

typedef struct etwi_provider {
    etw_guid guid;
    etw_str name;
    etw_str message;
    etw_named_values named[ETW_NAMED_KIND_COUNT]; /* In any order. */
    const etw_map *const *maps;
    uint32_t map_count;
    uint8_t source; /* An etw_schema_source. */
} etwi_provider;

/* Takes one schema that a document defines; a failure ends the parsing and is passed on. */
typedef etw_status (*etwi_schema_taker)(void *user, const etw_schema *schema);

/* Takes what a document says about a provider; the same. */
typedef etw_status (*etwi_provider_taker)(void *user, const etwi_provider *provider);

/* Who takes what a document defines. */
typedef struct etwi_taker {
    etwi_schema_taker schema;
    etwi_provider_taker provider;
    void *user;
} etwi_taker;

/* One that a store keeps, in the order in which they came. */
typedef struct etwi_provider_node {
    struct etwi_provider_node *next;
    etwi_provider provider;
} etwi_provider_node;

typedef struct etwi_provider_nodes {
    etwi_provider_node *first;
    etwi_provider_node *last;
} etwi_provider_nodes;

#endif
