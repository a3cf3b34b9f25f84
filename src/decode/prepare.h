/* Where the top-level properties of an event are, with the error that the public form leaves out.
 */
#ifndef ETWI_DECODE_PREPARE_H
#define ETWI_DECODE_PREPARE_H

#include <etw/property.h>

/*
 * Finds all `schema->top_level_count` spans. `*spans` becomes where they are: in `room`, which has
 * room for `capacity` of them, at least as many as there are and better some more; or in the plan
 * of the schema, if they are where they always are. Returns ETW_OK, or ETW_E_CORRUPT and what
 * stopped decoding.
 */
etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *room,
                        size_t capacity, const etw_span **spans, etw_decode_error *error);

#endif
