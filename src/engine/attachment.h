/*
 * Being attached to a session as one who takes buffers out of it: a place in the table of consumers
 * and a bit in the masks of buffers.
 *
 * A buffer is kept until all whose bits it has have read it. Buffers that were filled while nobody
 * was attached are kept too, for the first who comes. An attachment belongs to one thread at a
 * time.
 */
#ifndef ETWI_ENGINE_ATTACHMENT_H
#define ETWI_ENGINE_ATTACHMENT_H

#include "base/memory.h"
#include "engine/mapping.h"

typedef struct etwi_attachment {
    etwi_mapping *mapping;
    etw_allocator allocator;
    uint32_t consumer;   /* Index, and number of the bit. */
    uint32_t generation; /* The `attachment` of the consumer's entry, which is ours. */
    uint64_t *done;      /* By slot: sequence number of the last buffer that was read. */
    uint64_t looked_ms;  /* When others were last looked after. */
    uint64_t lost;       /* Buffers taken away from us. */
} etwi_attachment;

/* The mapping has joined as client. ETW_E_LIMIT if there are too many consumers. */
etw_status etwi_attach(etwi_attachment *out, etwi_mapping *mapping, const etw_allocator *allocator,
                       etw_error *error);

/* What nobody else is to read stays for the next who attaches. Fine for a zeroed structure. */
void etwi_detach(etwi_attachment *attachment);

/* Ends the attachments that a dead client left; the caller has its place. */
void etwi_attachments_expel_client(etwi_mapping *mapping, uint32_t client);

/* Says that this consumer lives. False if it had been dropped for being too slow, and is attached
 * anew: what it had seen of a buffer before may be gone. */
bool etwi_attachment_refresh(etwi_attachment *attachment);

/* Detaches consumers that died, and takes over slots of dead writers; drops consumers that took
 * nothing for long while no buffer is free. Does something at most once a second. */
void etwi_attachment_look_around(etwi_attachment *attachment);

/* What a look at a descriptor means for this consumer. */
typedef enum etwi_claimed {
    ETWI_NOT_OURS = 0, /* Free, or for others. */
    ETWI_OURS_FULL,    /* To be read whole, then etwi_attachment_done(). */
    ETWI_OURS_ACTIVE,  /* May be looked into. */
} etwi_claimed;

/*
 * Looks at a buffer. `*descriptor` is what was seen, and changes if the buffer becomes ours here.
 */
etwi_claimed etwi_attachment_claim(etwi_attachment *attachment, uint32_t index,
                                   uint64_t *descriptor);

/* A full buffer was read. False if it was taken away meanwhile: what was read may be torn. */
bool etwi_attachment_done(etwi_attachment *attachment, uint32_t index, uint64_t descriptor);

#endif
