/* Filters of providers as EnableTraceEx2 takes them. */
#ifndef ETWI_SESSION_WIN_FILTERS_H
#define ETWI_SESSION_WIN_FILTERS_H

#include "base/buffer.h"
#include "session/win/api.h"

#include <etw/session.h>

/* Zero-initialise. What the descriptors point to is the object's. */
typedef struct etwi_win_filters {
    etwi_abi_filter descriptors[ETWI_ABI_FILTERS_MAX];
    uint32_t count;
    etwi_buffer bytes;
    etwi_abi_filter payload; /* Made by TDH, and freed by it; no bytes if there is none. */
} etwi_win_filters;

/*
 * Makes the descriptors of checked filters, in their order, and reports who applies which. Payload
 * filters that TDH cannot make are left to the consumer.
 *
 * @param build Of Windows: before 8.1 there is one filter, of the older types.
 */
etw_status etwi_win_filters_make(etwi_win_filters *out, const etwi_api *api,
                                 const etw_enable_parameters *parameters, uint32_t build,
                                 etw_enable_report *report, etw_error *error);

void etwi_win_filters_free(etwi_win_filters *filters, const etwi_api *api);

/* Who applies a payload filter; both if TDH could make only some of it. */
typedef struct etwi_win_payload_result {
    bool at_provider, at_consumer;
} etwi_win_payload_result;

/*
 * Makes one descriptor for a payload filter: a filter for each event of the provider's manifest
 * that it is about, and that has the fields, all put together.
 *
 * @param out Without bytes if nothing is applied at the provider.
 */
etwi_win_payload_result etwi_win_payload_make(etwi_abi_filter *out, const etwi_api *api,
                                              const etw_guid *provider,
                                              const etw_provider_filter *filter);

#endif
