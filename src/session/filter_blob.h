/*
 * Filters as the bytes that Windows takes them in: what an EVENT_FILTER_DESCRIPTOR points to, and
 * the value that an autologger keeps in the registry. The layouts are those of evntprov.h.
 */
#ifndef ETWI_SESSION_FILTER_BLOB_H
#define ETWI_SESSION_FILTER_BLOB_H

#include "base/buffer.h"

#include <etw/provider.h>

/*
 * The size of the bytes of a filter; of payload filters, that of their fields and values, since
 * their bytes are made by the system. Names must be well-formed UTF-8.
 */
uint64_t etwi_filter_blob_size(const etw_provider_filter *filter);

/*
 * Appends the bytes of a filter that etw_provider_filters_check() finds good.
 *
 * ETW_E_UNSUPPORTED for payload filters, which TdhCreatePayloadFilter has to make.
 */
etw_status etwi_filter_blob_append(etwi_buffer *out, const etw_provider_filter *filter,
                                   etw_error *error);

/* Appends the FilterData of an autologger's provider: descriptors whose pointers are offsets, then
 * what they point to. */
etw_status etwi_filter_blob_autologger(etwi_buffer *out, const etw_provider_filter *filters,
                                       size_t count, etw_error *error);

/* How the members of a filter become bytes. */
typedef enum etwi_filter_layout {
    ETWI_FILTER_DATA,     /* As they are. */
    ETWI_FILTER_IDS,      /* EVENT_FILTER_EVENT_ID */
    ETWI_FILTER_PIDS,     /* An array. */
    ETWI_FILTER_LIST,     /* Names in UTF-16 with semicolons between. */
    ETWI_FILTER_NAMES,    /* EVENT_FILTER_EVENT_NAME */
    ETWI_FILTER_LEVEL_KW, /* EVENT_FILTER_LEVEL_KW */
    ETWI_FILTER_PAYLOAD,
} etwi_filter_layout;

typedef struct etwi_filter_type {
    uint32_t type;
    uint8_t layout;   /* An etwi_filter_layout. */
    const char *name; /* For messages. */
} etwi_filter_type;

/* What is known about a type; never NULL. */
const etwi_filter_type *etwi_filter_type_of(uint32_t type);

#endif
