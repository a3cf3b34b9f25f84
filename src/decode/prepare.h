/* Where the top-level properties of an event are, with the error that the public form leaves out.
 */
#ifndef ETWI_DECODE_PREPARE_H
#define ETWI_DECODE_PREPARE_H

#include <etw/property.h>

/*
 * Fills in all `schema->top_level_count` spans. Returns ETW_OK, or ETW_E_CORRUPT and what stopped
 * decoding.
 */
etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                        etw_decode_error *error);

#endif
