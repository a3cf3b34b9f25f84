/*
 * The structures that the functions of tdh.dll take and give, with names of ours; see etw_abi.h.
 * TRACE_EVENT_INFO and what is in it are parsed as bytes, like those of merged files, and need
 * none.
 */
#ifndef ETWI_SESSION_WIN_TDH_ABI_H
#define ETWI_SESSION_WIN_TDH_ABI_H

#include "session/win/etw_abi.h"

/* TRACE_PROVIDER_INFO. */
typedef struct etwi_abi_provider_info {
    etw_guid provider_guid;
    uint32_t schema_source; /* 0 a manifest, 1 a class of WMI. */
    uint32_t provider_name_offset;
} etwi_abi_provider_info;

/* PROVIDER_ENUMERATION_INFO. */
typedef struct etwi_abi_provider_enumeration {
    uint32_t number_of_providers;
    uint32_t reserved;
    etwi_abi_provider_info trace_provider_info_array[1]; /* As many as there are. */
} etwi_abi_provider_enumeration;

/* PROVIDER_EVENT_INFO. */
typedef struct etwi_abi_provider_events {
    uint32_t number_of_events;
    uint32_t reserved;
    etwi_abi_descriptor event_descriptors_array[1]; /* As many as there are. */
} etwi_abi_provider_events;

/* PROVIDER_FIELD_INFO. */
typedef struct etwi_abi_field_info {
    uint32_t name_offset;
    uint32_t description_offset;
    uint64_t value;
} etwi_abi_field_info;

/* PROVIDER_FIELD_INFOARRAY. */
typedef struct etwi_abi_field_infos {
    uint32_t number_of_elements;
    uint32_t field_type; /* 0 keywords, 1 levels, 2 channels, 3 tasks, 4 opcodes. */
    etwi_abi_field_info field_info_array[1]; /* As many as there are. */
} etwi_abi_field_infos;

/* TDH_CONTEXT. */
typedef struct etwi_abi_tdh_context {
    uint64_t parameter_value;
    uint32_t parameter_type;
    uint32_t parameter_size;
} etwi_abi_tdh_context;

/* PAYLOAD_FILTER_PREDICATE. */
typedef struct etwi_abi_payload_predicate {
    etwi_abi_char *field_name;
    uint16_t compare_op;
    etwi_abi_char *value;
} etwi_abi_payload_predicate;

#endif
