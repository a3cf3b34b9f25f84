/* What a live session is made of. */
#ifndef ETWI_ENGINE_LIVE_INTERNAL_H
#define ETWI_ENGINE_LIVE_INTERNAL_H

#include "engine/attachment.h"
#include "engine/engine.h"
#include "engine/scan.h"

/* What a consumer knows of a slot. */
typedef struct etwi_live_slot {
    uint64_t sequence; /* Of the buffer that was looked into … */
    uint32_t taken;    /* … and up to where; what follows is new. */
    bool is_passed_by; /* In this look: more is there than was taken, or may come late. */
    int64_t bound;     /* Raw time: later records of the slot are not older. */
    /* A writer that did not move on: who it is, after how many events, and since when. */
    uint64_t owner, written, since_ms;
} etwi_live_slot;

struct etwi_live {
    etw_allocator allocator;
    etwi_mapping mapping;
    etwi_attachment attachment;
    etwi_scan scan;
    etwi_live_slot *slots;
    etwi_live_chunk *chunks;
    size_t chunk_count, chunk_capacity;
    uint8_t *bytes; /* The copies; chunks begin at multiples of eight. */
    size_t byte_count, byte_capacity;
    etw_trace_info info;
    char name[ETWI_CTL_NAME_SIZE];
    char log_file[ETWI_CTL_PATH_SIZE];
    uint64_t lost_before;    /* Events that the session lost before this was opened. */
    uint64_t buffers_broken; /* That made no sense. */
    int64_t complete_until;
    uint32_t latency_ms;
    uint64_t waiting_since_ms; /* Since when events wait for being handed out; 0 if none do. */
    bool is_held_back;         /* By a writer that is in the middle of an event. */
    etwi_word32 is_urgent;     /* Hand out at once. */
    etwi_word32 is_woken;
};

/* etwi_live_open() of a mapping, which becomes the live session's, also if this fails. */
etw_status etwi_live_open_mapping(etwi_live **out, etwi_mapping *mapping,
                                  const etwi_live_options *options, etw_error *error);

typedef enum etwi_live_news {
    ETWI_LIVE_NOTHING = 0,
    ETWI_LIVE_SOME, /* In buffers that are being filled. */
    ETWI_LIVE_MUCH, /* Full buffers. */
} etwi_live_news;

/* Looks whether there is anything new. */
etwi_live_news etwi_live_look(etwi_live *live);

/* Copies what is there into chunks, and tells up to when all is complete. ETW_E_NOMEM. */
etw_status etwi_live_gather(etwi_live *live);

#endif
