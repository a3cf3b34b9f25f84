/* Shapes that ETW itself defines for any provider. */
#ifndef ETWI_SCHEMA_BUILTIN_H
#define ETWI_SCHEMA_BUILTIN_H

#include <etw/schema.h>

/* Events with the flag STRING_ONLY (EventWriteString). */
const etw_schema *etwi_builtin_string_only(void);

/* The events by which an EventSource writes its manifest into the trace. */
const etw_schema *etwi_builtin_manifest_data(void);

enum {
    ETWI_MANIFEST_EVENT_ID = 0xFFFE,
    ETWI_MANIFEST_EVENT_OPCODE = 0xFE,
    ETWI_MANIFEST_HEADER_SIZE = 8, /* Format, version (2), magic, total chunks, chunk number. */
    ETWI_MANIFEST_FORMAT = 1,
    ETWI_MANIFEST_MAGIC = 0x5B,
};

bool etwi_is_manifest_data(const etw_event *event);

#endif
