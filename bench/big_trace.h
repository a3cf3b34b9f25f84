/* A trace of any size, made by repeating a small one: same records, later times. */
#ifndef BIG_TRACE_H
#define BIG_TRACE_H

#include <etw/base.h>

/*
 * Repeats the buffers behind the header buffer of an uncompressed trace until it has at least
 * `size` bytes; each time all time stamps are moved behind those of the time before. The result is
 * malloc'ed; empty if memory is out or the trace cannot be used.
 */
etw_bytes big_trace_make(etw_bytes small, size_t size);

#endif
