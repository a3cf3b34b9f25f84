/* The programs that a writer has made, by what they depend on. */
#ifndef ETWI_SINK_JSON_CACHE_H
#define ETWI_SINK_JSON_CACHE_H

#include "base/buffer.h"
#include "sink/json_program.h"

typedef struct etwi_json_slot {
    uint64_t hash;
    const etwi_json_program *program; /* NULL: free. */
} etwi_json_slot;

/*
 * Zero-initialise, then etwi_json_cache_init(). A cache that is full starts again from nothing:
 * traces have a few hundred kinds of events, and one with more than fit is as good as one that is
 * looked up in vain.
 */
typedef struct etwi_json_cache {
    etwi_arena arena;      /* The programs. */
    etwi_json_slot *slots; /* Open addressing; a power of two of them. */
    uint32_t count;
    uint32_t count_max; /* Programs at which the cache starts again. */
    size_t size;        /* Bytes of programs. */
    uint64_t resets;
    etwi_buffer text, ops; /* Of the program that is being made. */
} etwi_json_cache;

bool etwi_json_cache_init(etwi_json_cache *cache, const etw_allocator *allocator);
void etwi_json_cache_free(etwi_json_cache *cache);

/* The program for an event, made now if need be. NULL if memory is out. */
const etwi_json_program *etwi_json_cache_find(etw_json *json, const etw_event *event,
                                              const etw_schema *schema);

#endif
