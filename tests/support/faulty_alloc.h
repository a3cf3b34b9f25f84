/*
 * An allocator for tests: counts, checks the sizes that the library gives back, moves memory
 * whenever it grows, and fails when it is told to.
 */
#ifndef ETW_TEST_FAULTY_ALLOC_H
#define ETW_TEST_FAULTY_ALLOC_H

#include <etw/alloc.h>

/* Threads: one at a time. */
typedef struct faulty_alloc {
    etw_allocator allocator; /* To be passed to the library. */
    uint64_t calls;          /* Allocations and growths that were asked for. */
    uint64_t fail_at;        /* The call that fails, counted from 1; 0: none. */
    bool fail_later_too;     /* All calls after that one fail as well. */
    size_t live;             /* Allocations that were not freed. */
    size_t live_bytes;
    size_t peak_bytes;
    unsigned wrong_sizes; /* Sizes given back that are not those asked for. */
} faulty_alloc;

/* The structure must not move while it is used. */
void faulty_alloc_init(faulty_alloc *faulty);

#endif
