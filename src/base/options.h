/*
 * Options structures that may grow: their first member is the size the caller was built with.
 * What an older caller does not have is zero, which means the default everywhere.
 */
#ifndef ETWI_BASE_OPTIONS_H
#define ETWI_BASE_OPTIONS_H

#include <etw/status.h>

/*
 * Copies the caller's options over a zeroed structure of this library's size.
 *
 * ETW_E_INVALID if the caller set options that this library does not know, or no size at all.
 */
etw_status etwi_options_copy(void *ours, size_t our_size, const void *theirs, etw_error *error);

/*
 * Copies counters to a structure of the caller, whose first member is its size. What we do not have
 * is left as it was. ETW_E_INVALID if it has no size.
 */
etw_status etwi_options_give(void *theirs, const void *ours, size_t our_size);

#endif
