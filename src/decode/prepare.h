/* Where the top-level properties of an event are, with the error that the public form leaves out.
 */
#ifndef ETWI_DECODE_PREPARE_H
#define ETWI_DECODE_PREPARE_H

#include "schema/store.h"

/* The spans of an event whose properties are where they always are, out of the plan of its schema;
 * NULL if they have to be looked for. */
static inline const etw_span *etwi_static_spans(const etw_event *event, const etw_schema *schema)
{
    const etwi_plan *plan = &etwi_schema_of(schema)->plan;
    const unsigned width = etwi_width_index(event->pointer_size);
    if (!plan->is_static || event->payload_size < plan->static_size[width] || event->is_damaged)
        return NULL;
    return etwi_plan_spans(plan, width);
}

/*
 * Finds all `schema->top_level_count` spans of an event that has no static ones. `spans` has room
 * for `capacity` of them, at least as many as there are and better some more. Returns ETW_OK, or
 * ETW_E_CORRUPT and what stopped decoding.
 */
etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                        size_t capacity, etw_decode_error *error);

#endif
