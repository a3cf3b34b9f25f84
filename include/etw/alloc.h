/**
 * @file
 * Where libetw gets its memory.
 */
#ifndef ETW_ALLOC_H
#define ETW_ALLOC_H

#include <etw/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * An allocator that an application may pass when it creates an object.
 *
 * Memory has the alignment of malloc. The library gives sizes back, so an allocator need not store
 * them. The structure is copied; what `user` points to must outlive the object.
 *
 * Threads: called from the threads that use the object, possibly at the same time.
 */
typedef struct etw_allocator {
    void *user;
    /** Allocates, resizes (`old_size` > 0) or frees (`new_size` == 0, returns NULL). */
    void *(*resize)(void *user, void *memory, size_t old_size, size_t new_size);
} etw_allocator;

#ifdef __cplusplus
}
#endif

#endif
