/*
 * Memory that ends at a page nobody may touch: reading one byte too far is a crash, also without a
 * sanitizer.
 */
#ifndef ETW_TEST_GUARD_H
#define ETW_TEST_GUARD_H

#include <etw/base.h>

typedef struct guard {
    uint8_t *base;
    size_t mapped;   /* Bytes of the mapping, the guard page included. */
    size_t capacity; /* Bytes before the guard page. */
} guard;

/* Room for up to `size` bytes. Ends the program if there is no memory. */
guard guard_create(size_t size);
void guard_destroy(guard *area);

/* A copy that ends right before the guard page; it lasts until the next one. */
etw_bytes guard_copy(guard *area, etw_bytes bytes);

#endif
