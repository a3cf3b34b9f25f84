/*
 * The parts of an event's JSON that come from its header: System and ExtendedData.
 *
 * Most of System is the same for all events of a kind: two constant pieces, the head and the tail.
 * Between them stand the ids of process and thread, the processor and its times; behind them the
 * time stamp, and `"}}`.
 */
#ifndef ETWI_SINK_JSON_SYSTEM_H
#define ETWI_SINK_JSON_SYSTEM_H

#include "base/buffer.h"

#include <etw/schema.h>

/* What stands around the header where it is neither of its pieces. */
#define ETWI_JSON_SYSTEM_END    "\"}}"
#define ETWI_JSON_COMPACT_START "{\"time\":\""

enum {
    /* Room that etwi_json_put_ids() needs: literals of 80 and five numbers. */
    ETWI_JSON_IDS_MAX = 256,
};

/* `"System":{…"Execution":{"ProcessID":`; `schema` may be NULL. The correlation is null. */
void etwi_json_system_head(etwi_buffer *out, const etw_event *event, const etw_schema *schema);

/* What follows a head that ends at `at`; writes the correlation into the head if there is one. */
char *etwi_json_put_ids(char *at, const etw_event *event);

/* `},"Keywords":…"TimeCreated":{"SystemTime":"`. */
void etwi_json_system_tail(etwi_buffer *out, const etw_event *event, const etw_schema *schema);

/* What an event of the compact profile says about its kind: `","provider":…,"id":n,"pid":`. */
void etwi_json_compact_names(etwi_buffer *out, const etw_event *event, const etw_schema *schema);

/* `n,"tid":n,"cpu":n`. */
char *etwi_json_put_compact_ids(char *at, const etw_event *event);

/* `,"ExtendedData":{…}`, or nothing. */
void etwi_json_extended(etwi_buffer *out, const etw_event *event);

#endif
