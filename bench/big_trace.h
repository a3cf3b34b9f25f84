/* Traces of any size, made by repeating a small one: same records, later times. */
#ifndef BIG_TRACE_H
#define BIG_TRACE_H

#include <etw/base.h>

/* Moves the times of uncompressed buffers and of the records in them, in place; and their sequence
 * numbers. */
void big_trace_shift(uint8_t *buffers, size_t size, int64_t shift, uint64_t sequence_shift);

/*
 * Repeats the buffers behind the header buffer of an uncompressed trace until it has at least
 * `size` bytes; each time all time stamps are moved behind those of the time before. The result is
 * malloc'ed; empty if memory is out or the trace cannot be used.
 */
etw_bytes big_trace_make(etw_bytes small, size_t size);

#endif
