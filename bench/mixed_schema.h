/*
 * Schemas made by a recipe: any number of providers with any number of events, as a manifest and as
 * the TRACE_EVENT_INFO that merging tools put into a trace. The same numbers always give the same
 * schema.
 */
#ifndef MIXED_SCHEMA_H
#define MIXED_SCHEMA_H

#include "etl_metadata.h"

enum {
    MIXED_FIELDS_MAX = 12,
    MIXED_NAME_SIZE = 48,

    /* What the events of a mixed trace use; beyond these, schemas are only known. */
    MIXED_PROVIDERS_USED = 24,
    MIXED_EVENTS_USED = 8, /* Of each provider. */
    /* What a machine may know: 800 x 63 = 50,400 schemas. */
    MIXED_PROVIDERS_KNOWN = 800,
    MIXED_EVENTS_KNOWN = 63,
};

typedef enum mixed_type {
    MIXED_U16,
    MIXED_U32,
    MIXED_U64,
    MIXED_HEX32,
    MIXED_BOOLEAN,
    MIXED_DOUBLE,
    MIXED_POINTER,
    MIXED_FILETIME,
    MIXED_GUID,
    MIXED_NAME,  /* A UTF-16 string of a few words. */
    MIXED_PATH,  /* A UTF-16 string with backslashes. */
    MIXED_ANSI,  /* An 8-bit string. */
    MIXED_ARRAY, /* Pointers, as many as the u32 before says. */
    MIXED_TYPE_COUNT
} mixed_type;

typedef struct mixed_field {
    char name[MIXED_NAME_SIZE];
    mixed_type type;
} mixed_field;

typedef struct mixed_schema {
    etw_guid provider;
    char provider_name[MIXED_NAME_SIZE];
    char task_name[MIXED_NAME_SIZE];
    uint64_t keyword;
    uint16_t id;
    uint16_t task;
    uint8_t version;
    uint8_t level;
    uint8_t opcode;
    unsigned field_count;
    mixed_field fields[MIXED_FIELDS_MAX];
} mixed_schema;

/* Pseudo-random numbers, the same everywhere; `state` must not be 0. */
uint32_t mixed_random(uint64_t *state, uint32_t limit);

mixed_schema mixed_schema_make(unsigned provider, unsigned event);

/* The schema as an event of a trace; `event` says time and processor. */
void mixed_schema_put_info(etlb_trace *trace, const etlb_event *event, const mixed_schema *schema);

/* An instrumentation manifest with the first `event_count` events of a provider. */
void mixed_schema_put_manifest(etlb_writer *out, unsigned provider, unsigned event_count);

#endif
