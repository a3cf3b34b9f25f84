/*
 * Compiles manifests, given as tables, into the resources of an executable file: WEVT_TEMPLATE and
 * the table of messages, in a PE file that has nothing else.
 */
#ifndef WEVT_BUILDER_H
#define WEVT_BUILDER_H

#include "etl_writer.h"

/* A channel, level, opcode, task or keyword. */
typedef struct wevtb_named {
    const char *name; /* NULL: none, so the message has to do. */
    uint64_t value;   /* Of opcodes: with the task in the upper half. */
    const char *message;
    const char *guid; /* Of tasks: that of the class, or NULL. */
} wevtb_named;

typedef struct wevtb_value {
    uint32_t value;
    const char *message;
} wevtb_value;

typedef struct wevtb_map {
    const char *name;
    const wevtb_value *values;
    uint32_t count;
    bool is_bitmap;
} wevtb_map;

enum {
    WEVTB_STRUCT = 1,
    WEVTB_LENGTH_FIXED = 2,
    WEVTB_LENGTH_INDEX = 4,
    WEVTB_COUNT_FIXED = 8,
    WEVTB_COUNT_INDEX = 0x10,
};

typedef struct wevtb_item {
    const char *name;
    uint32_t flags;
    uint16_t count;
    uint16_t length;
    uint8_t in_type;
    uint8_t out_type;
    uint8_t map;           /* Its number, from 1 on; 0 if none. */
    uint16_t first_member; /* Of structs. */
    uint16_t member_count;
} wevtb_item;

typedef struct wevtb_template {
    const wevtb_item *items;
    uint32_t top_level_count;
    uint32_t count;
    bool is_user_data;
} wevtb_template;

/* Numbers of definitions count from 1 on; 0 is none. */
typedef struct wevtb_event {
    uint16_t id;
    uint8_t version;
    uint8_t channel, level, opcode, task, layout;
    uint8_t keywords[4]; /* Up to the first 0. */
    const char *message;
} wevtb_event;

/* All lists but that of events end with a row of zeros. */
typedef struct wevtb_manifest {
    const char *guid;
    const char *name;
    bool name_is_message; /* As in old resources, which have no attributes. */
    const wevtb_named *channels, *levels, *opcodes, *tasks, *keywords;
    const wevtb_map *maps;
    const wevtb_template *templates;
    const wevtb_event *events;
    uint32_t event_count;
} wevtb_manifest;

/* Writes the resource of a manifest, and the table of its messages. */
void wevtb_compile(etlb_writer *resource, etlb_writer *messages, const wevtb_manifest *manifest);

/* Writes a PE file with both; empty ones are left out. */
void wevtb_pe(etlb_writer *out, bool is_64, etw_bytes resource, etw_bytes messages);

/* The messages in one language, such as 0x409 for English. */
typedef struct wevtb_texts {
    uint16_t language;
    etw_bytes messages;
} wevtb_texts;

/* The same with messages in several languages, in ascending order. */
void wevtb_pe_in_languages(etlb_writer *out, bool is_64, etw_bytes resource,
                           const wevtb_texts *texts, size_t count);

#endif
