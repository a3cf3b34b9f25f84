/**
 * @file
 * Events as text: the JSON writer.
 */
#ifndef ETW_SINK_H
#define ETW_SINK_H

#include <etw/decoded.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Counters of the values a JSON writer met. */
typedef struct etw_json_stats {
    uint64_t events;
    uint64_t decoded;        /**< Events with a schema whose payload decoded without error. */
    uint64_t without_schema; /**< Events written as raw bytes for want of a schema. */
    uint64_t errors;         /**< Events whose payload did not decode to its end. */
    uint64_t trailing;       /**< Events with bytes after the last declared property. */
    uint64_t trailing_bytes;
} etw_json_stats;

/**
 * A JSON writer: turns events into lines of JSON in a buffer that it owns. It remembers what the
 * events of a schema have in common, so the stores of the schemas it is given must live until it is
 * destroyed, or until it is given no more events.
 *
 * Threads: one at a time.
 */
typedef struct etw_json etw_json;

/** How much of an event is written, and under which keys; docs/json.md has both shapes. */
typedef enum etw_json_profile {
    ETW_JSON_FULL,    /**< All of the header, and the extended data. */
    ETW_JSON_COMPACT, /**< Time, provider, name, ids, and the data. */
} etw_json_profile;

/** Zero is the default of every member but `size`. */
typedef struct etw_json_options {
    size_t size; /**< sizeof(etw_json_options). */
    const etw_allocator *allocator;
    etw_format format;
    bool int64_strings; /**< 64-bit integers as strings, for readers that only know doubles. */
    /** If not empty: only the top-level properties of these names are written. Borrowed as long as
     *  the writer lives. */
    const etw_str *fields;
    size_t field_count;
    etw_json_profile profile;
    bool message; /**< What etw_event_message() says of an event is written too. */
} etw_json_options;

ETW_API ETW_MUST_CHECK etw_status etw_json_create(etw_json **out, const etw_json_options *options,
                                                  etw_error *error);

/** Destroys the writer and sets `*json` to NULL. NULL is fine. */
ETW_API void etw_json_destroy(etw_json **json);

/**
 * Appends one event as one line, ended by a line feed. The shape is that of docs/json.md.
 *
 * @param schema NULL if none is known: the payload is written as hexadecimal digits.
 * @return ETW_OK or ETW_E_NOMEM; on failure the buffer is as before.
 */
ETW_API ETW_MUST_CHECK etw_status etw_json_append(etw_json *json, const etw_event *event,
                                                  const etw_schema *schema);

/**
 * Appends a decoded event: the line of etw_json_append() for its event and schema, and behind the
 * properties of the schema those that were set. Which properties of the schema are written is
 * decided by `fields` of this writer, not by those of the decoded event.
 */
ETW_API ETW_MUST_CHECK etw_status etw_json_append_decoded(etw_json *json,
                                                          const etw_decoded *decoded);

/** What was appended since the last etw_json_clear(). Valid until the next call on the writer. */
ETW_API etw_str etw_json_text(const etw_json *json);

/** Empties the buffer and keeps its memory. */
ETW_API void etw_json_clear(etw_json *json);

ETW_API const etw_json_stats *etw_json_get_stats(const etw_json *json);

#ifdef __cplusplus
}
#endif

#endif
