/* What `etw describe` tells about one provider, and its two ways to write it. */
#ifndef ETW_CLI_DESCRIBE_H
#define ETW_CLI_DESCRIBE_H

#include "catalog.h"

#include <etw/property.h>

/* A provider and which of its events to show. */
typedef struct describe_subject {
    const cli_catalog *catalog;
    const etw_provider_info *provider;
    const cli_list *events; /* Ids or patterns of names; empty: all. */
} describe_subject;

/* Whether an event is among those to show. */
bool describe_is_chosen(const describe_subject *subject, const etw_schema *event);

void describe_add_text(cli_text *text, const describe_subject *subject);
void describe_add_json(cli_text *text, const describe_subject *subject);

/* What an owner is called, from the catalog or else by its well-known name; may be empty. */
etw_str describe_owner_name(const describe_subject *subject);

/*
 * The properties of an event in the order in which they are stored, members behind their struct.
 * Hostile schemas share members between structs, level over level, so there is an end to what is
 * given; it is far behind that of any other schema.
 */
typedef struct describe_walk {
    const etw_schema *schema;
    unsigned depth; /* Of the property that was given last. */
    unsigned left;  /* Properties that may still be given. */
    unsigned level;
    struct {
        unsigned next, end;
    } levels[ETW_STRUCT_DEPTH_MAX + 2];
} describe_walk;

void describe_walk_begin(describe_walk *walk, const etw_schema *schema);

/* The next property, or NULL. */
const etw_property *describe_walk_next(describe_walk *walk);

/* Once there is no next property: whether some were not given. */
bool describe_walk_is_cut(const describe_walk *walk);

/* The name of the property at an index, which holds a count or a length; empty if there is none. */
etw_str describe_property_name(const etw_schema *schema, unsigned index);

#endif
