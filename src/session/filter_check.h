/* Whether filters are within the limits of Windows, one by one. */
#ifndef ETWI_SESSION_FILTER_CHECK_H
#define ETWI_SESSION_FILTER_CHECK_H

#include <etw/provider.h>

/* Checks the filter at an index against the limits and against those before it. */
etw_status etwi_filter_check(const etw_provider_filter *filters, size_t index, etw_error *error);

#endif
