/**
 * @file
 * A decoded event: its header, its schema and all its values at once, and properties of your own.
 *
 * etw_consumer_run() makes them for its fourth level. Beside that:
 *
 *     etw_decoded *decoded;
 *     etw_decoded_create(&decoded, NULL, &error);
 *     for each event:
 *         etw_decoded_decode(decoded, event, etw_consumer_schema(consumer, event));
 *         item = etw_decoded_find(decoded, "ImageFileName");
 *     etw_decoded_destroy(&decoded);
 */
#ifndef ETW_DECODED_H
#define ETW_DECODED_H

#include <etw/property.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A decoded event, to be used for one event after another: it keeps its memory. It remembers which
 * properties of a schema were asked for, so the stores of the schemas must outlive it.
 *
 * Threads: one at a time.
 */
typedef struct etw_decoded etw_decoded;

/** Zero is the default of every member but `size`. */
typedef struct etw_decoded_options {
    size_t size; /**< sizeof(etw_decoded_options). */
    const etw_allocator *allocator;
    /** If not empty: only the top-level properties of these names are decoded. Borrowed as long as
     *  the object lives. */
    const etw_str *fields;
    size_t field_count;
} etw_decoded_options;

ETW_API ETW_MUST_CHECK etw_status etw_decoded_create(etw_decoded **out,
                                                     const etw_decoded_options *options,
                                                     etw_error *error);

/** Destroys it and sets `*decoded` to NULL. NULL is fine. */
ETW_API void etw_decoded_destroy(etw_decoded **decoded);

/**
 * Decodes an event. The items and properties of the last one are gone.
 *
 * @param event  Must stay valid as long as the items are used.
 * @param schema NULL if none is known.
 * @return ETW_OK, also if the payload does not decode to its end; ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_decoded_decode(etw_decoded *decoded, const etw_event *event,
                                                     const etw_schema *schema);

ETW_API const etw_event *etw_decoded_event(const etw_decoded *decoded);

/** NULL if none is known. */
ETW_API const etw_schema *etw_decoded_schema(const etw_decoded *decoded);

/** All items, as the cursor gives them, without those that were not asked for. */
ETW_API const etw_item *etw_decoded_items(const etw_decoded *decoded, size_t *count);

/** Why decoding stopped before the end; NULL if it did not. */
ETW_API const etw_decode_error *etw_decoded_error(const etw_decoded *decoded);

/**
 * The value of a top-level property, or the begin of its array or struct, whose items follow it.
 * NULL if there is no such property, or if it was not asked for or did not decode.
 */
ETW_API const etw_item *etw_decoded_find(const etw_decoded *decoded, const char *name);

/**
 * Gives this event a property of your own, or changes its text. It stands behind those of the
 * schema in JSON.
 *
 * @param name Copied, as is `text`; both UTF-8.
 * @return ETW_OK, ETW_E_INVALID if the schema has a top-level property of that name, ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_decoded_set(etw_decoded *decoded, const char *name,
                                                  const char *text);

/** The properties that were set, one by one; false if there are no more. Their texts are valid
 * until the next etw_decoded_set() or event. */
ETW_API bool etw_decoded_custom(const etw_decoded *decoded, size_t index, etw_str *name,
                                etw_str *text);

#ifdef __cplusplus
}
#endif

#endif
