/* The parts of an event's JSON that come from its header: System and ExtendedData. */
#ifndef ETWI_SINK_JSON_SYSTEM_H
#define ETWI_SINK_JSON_SYSTEM_H

#include "base/buffer.h"

#include <etw/schema.h>

/* `"System":{…}`; `schema` may be NULL. */
void etwi_json_system(etwi_buffer *out, const etw_event *event, const etw_schema *schema);

/* `,"ExtendedData":{…}`, or nothing. */
void etwi_json_extended(etwi_buffer *out, const etw_event *event);

#endif
