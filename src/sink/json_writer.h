/* The JSON writer from the inside. */
#ifndef ETWI_SINK_JSON_WRITER_H
#define ETWI_SINK_JSON_WRITER_H

#include "base/buffer.h"
#include "decode/value.h"
#include "sink/json_cache.h"
#include "sink/json_clock.h"

#include <etw/sink.h>

struct etw_json {
    etw_allocator allocator;
    etwi_buffer out;
    etw_json_options options;
    const uint16_t *code_page; /* NULL for UTF-8. */
    etw_json_stats stats;
    etwi_json_clock clock;       /* Of the events. */
    etwi_json_clock value_clock; /* Of the times in their payloads. */
    etwi_json_cache cache;
    etw_items items;            /* Of the event that is being written item by item. */
    const etw_decoded *decoded; /* Whose own properties that event gets; NULL: it has none. */
};

/* The literals in which the profiles differ. */
typedef struct etwi_json_words {
    etw_str begin_data;
    etw_str begin_user_data;
    etw_str end_data;
    etw_str no_data;
    etw_str begin_message;
    etw_str begin_payload;
    etw_str begin_trailing;
    etw_str begin_error;
    etw_str error_offset;
    etw_str error_reason;
} etwi_json_words;

const etwi_json_words *etwi_json_words_of(const etw_json *json);

/* What did not decode. */
typedef struct etwi_json_rest {
    etw_bytes bytes;
    const etw_decode_error *error; /* NULL if all decoded. */
} etwi_json_rest;

/* Appends the data object of an event, or nothing if it has no properties. */
void etwi_json_data(etw_json *json, const etw_event *event, const etw_schema *schema,
                    etwi_json_rest *rest);

/* Appends one value, with its quotes. */
void etwi_json_value(etw_json *json, const etwi_value *value);

/* Whether a value is a JSON number or literal rather than a string. */
bool etwi_json_is_bare(const etw_json *json, const etwi_value *value);

/* Appends the message of an event, or nothing if it has none. */
void etwi_json_message(etw_json *json, const etw_event *event, const etw_schema *schema);

/* Whether a top-level property is to be written. */
bool etwi_json_is_selected(const etw_json *json, etw_str name);

/* Appends an event without a program: the slow way, which takes everything. */
etw_status etwi_json_append_plain(etw_json *json, const etw_event *event, const etw_schema *schema);

/*
 * Runs the program of an event over its payload and writes the data object to `at`, where there is
 * room for etwi_json_room(). Returns the end, or NULL if the payload is not as the program expects
 * it; then nothing was written as far as the buffer is concerned.
 */
char *etwi_json_run(etw_json *json, const etwi_json_program *program, const etw_event *event,
                    char *at, etwi_json_rest *rest);

#endif
