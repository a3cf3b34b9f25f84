/*
 * How events describe themselves: TraceLogging metadata and provider traits in extended items,
 * EventSource manifests as events, and the TRACE_EVENT_INFO that merging tools add.
 */
#ifndef ETL_METADATA_H
#define ETL_METADATA_H

#include "etl_event.h"

#include <etw/schema.h>

/* TraceLogging --------------------------------------------------------------------------------- */

/* Types of fields are ETW_IN_… up to 25, with these differences from manifests. */
enum {
    ETLB_TL_BINARY = 14, /* u16 size, then the bytes. */
    ETLB_TL_COUNTED_UTF16 = 22,
    ETLB_TL_COUNTED_ANSI = 23,
    ETLB_TL_STRUCT = 24,
};

/* Out-types have their own numbers up to 31, and those of ETW_OUT_… from 32 on. */
enum {
    ETLB_TL_OUT_BOOLEAN = 3,
    ETLB_TL_OUT_HEX = 4,
    ETLB_TL_OUT_PORT = 7,
    ETLB_TL_OUT_IPV4 = 8,
    ETLB_TL_OUT_HRESULT = 15,
    ETLB_TL_OUT_UTF8 = 35,
};

typedef enum etlb_tl_shape {
    ETLB_TL_SCALAR = 0x00,
    ETLB_TL_FIXED_ARRAY = 0x20,    /* `count` elements. */
    ETLB_TL_VARIABLE_ARRAY = 0x40, /* A u16 before the elements counts them. */
    ETLB_TL_CUSTOM = 0x60,         /* u16 size, then bytes of a type that `type_info` describes. */
} etlb_tl_shape;

typedef struct etlb_tl_field {
    const char *name;
    uint8_t in_type;
    uint8_t out_type; /* 0: not stored. Of structs: how many of the next fields are members. */
    etlb_tl_shape shape;
    uint16_t count;
    bool has_tags;
    uint32_t tags; /* 28 bits. */
    etw_bytes type_info;
} etlb_tl_field;

/* The data of an extended item of type ETW_EXTENDED_EVENT_SCHEMA_TL, to be appended to `out`:
 * begin, fields, end. `begin` returns what `end` takes. */
size_t etlb_tl_begin(etlb_writer *out, const char *event_name, uint32_t tags);
void etlb_tl_end(etlb_writer *out, size_t begin);

void etlb_tl_add(etlb_writer *out, const etlb_tl_field *field);
/* The same for the usual cases. */
void etlb_tl_scalar(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type);
void etlb_tl_array(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type);
void etlb_tl_fixed_array(etlb_writer *out, const char *name, uint8_t in_type, uint8_t out_type,
                         uint16_t count);
void etlb_tl_struct(etlb_writer *out, const char *name, uint8_t member_count);
void etlb_tl_struct_array(etlb_writer *out, const char *name, uint8_t member_count);

/* The data of an extended item of type ETW_EXTENDED_PROVIDER_TRAITS: the name of the provider and
 * its group or the GUID it is decoded by, if not NULL. */
void etlb_provider_traits(etlb_writer *out, const char *provider_name, const etw_guid *group,
                          const etw_guid *decode_guid);

/* EventSource manifests ------------------------------------------------------------------------ */

/* One chunk of a manifest as an event; `event` says provider, time, processor, process, thread. */
void etlb_manifest_chunk(etlb_trace *trace, const etlb_event *event, uint16_t total_chunks,
                         uint16_t chunk_number, etw_bytes text);

/* The whole manifest in chunks of at most `chunk_size` bytes. */
void etlb_manifest(etlb_trace *trace, const etlb_event *event, etw_bytes xml, size_t chunk_size);

/* TRACE_EVENT_INFO ----------------------------------------------------------------------------- */

/* PROPERTY_FLAGS of tdh.h */
enum {
    ETLB_PROPERTY_STRUCT = 0x01,
    ETLB_PROPERTY_LENGTH_INDEX = 0x02, /* `length` is the index of the property that holds it. */
    ETLB_PROPERTY_COUNT_INDEX = 0x04,  /* `count` is. */
    ETLB_PROPERTY_FIXED_LENGTH = 0x10,
    ETLB_PROPERTY_FIXED_COUNT = 0x20, /* An array, even of one element. */
    ETLB_PROPERTY_TAGS = 0x40,
};

typedef struct etlb_property {
    const char *name;
    uint32_t flags;
    uint16_t in_type, out_type;
    const char *map_name;
    uint16_t first_member, member_count; /* Of structs. */
    uint16_t count;                      /* 1 for plain values. */
    uint16_t length;
    uint32_t tags;
} etlb_property;

/* Texts may be NULL. */
typedef struct etlb_event_info {
    etw_guid provider;
    etw_guid event_guid;
    uint16_t id, task;
    uint8_t version, channel, level, opcode;
    uint64_t keyword;
    uint32_t decoding_source; /* 0 manifest, 1 WBEM, 2 WPP, 3 TraceLogging. */
    const char *provider_name, *level_name, *channel_name;
    const char *keyword_names; /* Separated by '\n'. */
    const char *task_name, *opcode_name, *event_message, *provider_message, *event_name;
    const char *attributes;
    uint32_t flags;                  /* TEMPLATE_FLAGS: 1 event data, 2 user data. */
    const etlb_property *properties; /* Members of structs come last. */
    uint32_t property_count;         /* With members. */
    uint32_t top_level_count;
} etlb_event_info;

typedef struct etlb_map_value {
    uint32_t value;
    const char *text;
} etlb_map_value;

/* MAP_FLAGS of tdh.h: 1 value map, 2 bit map. */
typedef struct etlb_map_info {
    const char *name;
    uint32_t flag;
    const etlb_map_value *values;
    uint32_t value_count;
} etlb_map_info;

/* The blobs alone; all offsets in them count from their beginnings. */
void etlb_write_event_info(etlb_writer *out, const etlb_event_info *info);
void etlb_write_map_info(etlb_writer *out, const etlb_map_info *map);

/* The class of the events that carry them. */
etw_guid etlb_event_metadata_guid(void);

/* As events; `event` says time and processor: those of the first event that the blob describes. */
void etlb_event_info_event(etlb_trace *trace, const etlb_event *event, const etlb_event_info *info);
void etlb_map_info_event(etlb_trace *trace, const etlb_event *event, const etw_guid *provider,
                         const etlb_map_info *map);

#endif
