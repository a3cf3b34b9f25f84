/**
 * @file
 * Filters: expressions that choose events, compiled once and asked for every event.
 *
 *     etw_filter *filter;
 *     if (etw_filter_compile(&filter, "provider == Contoso-App and Status >= 500", NULL, &error))
 *         ... error.message at column error.offset ...
 *     etw_filter_verdict verdict = etw_filter_header(filter, event);
 *     if (verdict == ETW_FILTER_MAYBE) {
 *         schema = etw_consumer_schema(consumer, event);
 *         verdict = etw_filter_match(filter, event, schema) ? ETW_FILTER_YES : ETW_FILTER_NO;
 *     }
 *
 * The language is described in docs/filter.md.
 */
#ifndef ETW_FILTER_H
#define ETW_FILTER_H

#include <etw/property.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A compiled filter. It is immutable but for what etw_filter_next_unknown() tells.
 *
 * Threads: any number may use one at the same time.
 */
typedef struct etw_filter etw_filter;

/** Zero is the default of every member but `size`. */
typedef struct etw_filter_options {
    size_t size; /**< sizeof(etw_filter_options). */
    const etw_allocator *allocator;
    unsigned code_page; /**< Of ANSI strings; as in etw_format. */
} etw_filter_options;

/** What the header of an event says about it. */
typedef enum etw_filter_verdict {
    ETW_FILTER_NO = 0,
    ETW_FILTER_MAYBE, /**< It takes the schema or the payload to tell: ask etw_filter_match(). */
    ETW_FILTER_YES,
} etw_filter_verdict;

/**
 * Compiles an expression.
 *
 * @param text    UTF-8, at most 64 KiB; not needed afterwards.
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters; `offset` is the byte in `text` that is wrong.
 * @return ETW_OK, ETW_E_INVALID, ETW_E_LIMIT for an expression that is too long or nests too deep,
 *         or ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_filter_compile(etw_filter **out, const char *text,
                                                     const etw_filter_options *options,
                                                     etw_error *error);

/** Destroys the filter and sets `*filter` to NULL. NULL is fine. */
ETW_API void etw_filter_destroy(etw_filter **filter);

/** Decides by the header alone as far as it can: cheap, and made to come before the search for the
 * schema. NO and YES are final. Allocates nothing. */
ETW_API etw_filter_verdict etw_filter_header(const etw_filter *filter, const etw_event *event);

/**
 * Decides for good. Allocates nothing.
 *
 * @param schema From the store; NULL if none is known: such an event has no properties.
 */
ETW_API bool etw_filter_match(const etw_filter *filter, const etw_event *event,
                              const etw_schema *schema);

/**
 * The properties that etw_filter_match() looked for and that no schema had so far, one by one: most
 * likely their names are mistyped. Members of structs come with dots.
 *
 * @param position Starts at 0; only this function changes it.
 * @param name     Valid as long as the filter.
 * @return False when there are no more.
 */
ETW_API bool etw_filter_next_unknown(const etw_filter *filter, size_t *position, etw_str *name);

#ifdef __cplusplus
}
#endif

#endif
