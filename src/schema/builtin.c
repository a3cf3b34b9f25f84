#include "schema/builtin.h"

#define TEXT(literal)                   \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }
#define PROPERTY(text, in, out, bits)                                                        \
    {                                                                                        \
        .name = TEXT(text), .in_type = (in), .out_type = (out), .flags = (bits), .count = 1, \
    }

static const etw_property STRING_PROPERTIES[] = {
    PROPERTY("String", ETW_IN_UNICODE_STRING, ETW_OUT_STRING, 0),
};

/* The layout that System.Diagnostics.Tracing.ManifestEnvelope documents. */
static const etw_property MANIFEST_PROPERTIES[] = {
    PROPERTY("Format", ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE, 0),
    PROPERTY("MajorVersion", ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE, 0),
    PROPERTY("MinorVersion", ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE, 0),
    PROPERTY("Magic", ETW_IN_UINT8, ETW_OUT_HEX_INT8, 0),
    PROPERTY("TotalChunks", ETW_IN_UINT16, ETW_OUT_UNSIGNED_SHORT, 0),
    PROPERTY("ChunkNumber", ETW_IN_UINT16, ETW_OUT_UNSIGNED_SHORT, 0),
    PROPERTY("Data", ETW_IN_ANSI_STRING, ETW_OUT_UTF8, ETW_PROPERTY_TO_END),
};

static const etw_schema STRING_ONLY = {
    .event_name = TEXT("String"),
    .properties = STRING_PROPERTIES,
    .property_count = 1,
    .top_level_count = 1,
    .source = ETW_SCHEMA_BUILTIN,
};

static const etw_schema MANIFEST_DATA = {
    .event_name = TEXT("ManifestData"),
    .task_name = TEXT("ManifestData"),
    .properties = MANIFEST_PROPERTIES,
    .property_count = sizeof MANIFEST_PROPERTIES / sizeof MANIFEST_PROPERTIES[0],
    .top_level_count = sizeof MANIFEST_PROPERTIES / sizeof MANIFEST_PROPERTIES[0],
    .id = ETWI_MANIFEST_EVENT_ID,
    .task = ETWI_MANIFEST_EVENT_ID,
    .opcode = ETWI_MANIFEST_EVENT_OPCODE,
    .source = ETW_SCHEMA_BUILTIN,
};

const etw_schema *etwi_builtin_string_only(void)
{
    return &STRING_ONLY;
}

const etw_schema *etwi_builtin_manifest_data(void)
{
    return &MANIFEST_DATA;
}

bool etwi_is_manifest_data(const etw_event *event)
{
    return event->id == ETWI_MANIFEST_EVENT_ID && event->opcode == ETWI_MANIFEST_EVENT_OPCODE &&
           event->payload_size >= ETWI_MANIFEST_HEADER_SIZE &&
           event->payload[0] == ETWI_MANIFEST_FORMAT && event->payload[3] == ETWI_MANIFEST_MAGIC;
}
