/*
 * Events as records: EVENT_HEADER, extended data, payload. Pure functions over memory that the
 * caller has reserved; they are what runs between reservation and commit.
 */
#ifndef ETWI_ENGINE_RECORD_WRITE_H
#define ETWI_ENGINE_RECORD_WRITE_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "etl/layout.h"

#include <etw/event.h>
#include <etw/write.h>

enum {
    ETWI_RECORD_ITEMS_MAX = 9,
    ETWI_RECORD_SIZE_MAX = UINT16_MAX, /* What the size of an EVENT_HEADER can say. */
};

/* An item of extended data, and which sessions want it. */
typedef struct etwi_record_item {
    etw_bytes data;
    uint32_t property; /* ETW_ENABLE_PROPERTY_… that asks for it; 0: always there. */
    uint16_t type;     /* ETW_EXTENDED_… */
} etwi_record_item;

/* What all sessions are told of an event. Pointers are borrowed. */
typedef struct etwi_record {
    const etw_event_descriptor *descriptor;
    const etw_guid *provider;
    const etw_guid *activity;
    const etw_event_data *data;
    size_t data_count;
    etw_str text; /* The payload of an event with ETW_EVENT_STRING_ONLY, instead of `data`. */
    int64_t time;
    uint32_t process_id, thread_id;
    uint16_t flags; /* Of EVENT_HEADER, beside those that etwi_record_write() sees itself. */
    uint8_t item_count;
    etwi_record_item *items; /* Room for ETWI_RECORD_ITEMS_MAX. */
    size_t size;             /* Of header, payload, and items that all get. */
} etwi_record;

static inline size_t etwi_record_item_size(size_t data_size)
{
    return 8 + ((data_size + 7) & ~(size_t)7); // The header of an item has eight bytes.
}

/* Adds an item; there is room for one of each kind. */
static inline void etwi_record_add(etwi_record *record, unsigned type, uint32_t property,
                                   const void *data, size_t size)
{
    etwi_record_item *item = &record->items[record->item_count++];
    item->data.data = (const uint8_t *)data;
    item->data.size = size;
    item->property = property;
    item->type = (uint16_t)type;
    if (!property)
        record->size += etwi_record_item_size(size);
}

/* The bytes that a text in UTF-8 has as UTF-16 with a terminating zero. Texts that are too long for
 * any record are as long as ETWI_RECORD_SIZE_MAX. */
size_t etwi_record_text_size(etw_str text);

/* The bytes of a record with the optional items that `properties` asks for, which may be more than
 * ETWI_RECORD_SIZE_MAX. */
size_t etwi_record_measure(const etwi_record *record, uint32_t properties);

/* ---- for etwi_record_write() ----------------------------------------------------------------- */

_Static_assert(ETWI_IS_LITTLE_ENDIAN, "buffers are shared as they are: little-endian");
_Static_assert(sizeof(etw_event_descriptor) == EVENT_CPU_TIME - EVENT_ID,
               "a descriptor is stored as it is");

/* The items that `properties` asks for; returns where they end. */
uint8_t *etwi_record_write_items(uint8_t *at, const etwi_record_item *items, unsigned count,
                                 uint32_t properties);
/* A text in UTF-16, with its zero. */
void etwi_record_write_text(uint8_t *out, etw_str text);

static ETWI_INLINE void etwi_record_store16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

static ETWI_INLINE void etwi_record_store32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static ETWI_INLINE void etwi_record_store64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

/* Copies `unit` bytes from both ends, which meet or overlap. */
static ETWI_INLINE void etwi_record_copy_ends(uint8_t *at, const uint8_t *from, size_t size,
                                              size_t unit)
{
    uint8_t first[32], last[32];
    memcpy(first, from, unit);
    memcpy(last, from + size - unit, unit);
    memcpy(at, first, unit);
    memcpy(at + size - unit, last, unit);
}

/* Most pieces are numbers and short texts, for which a call would take longer than the copy. */
static ETWI_INLINE void etwi_record_copy(uint8_t *at, const uint8_t *from, size_t size)
{
    if (size >= 8) {
        if (size <= 16)
            etwi_record_copy_ends(at, from, size, 8);
        else if (size <= 32)
            etwi_record_copy_ends(at, from, size, 16);
        else if (size <= 64)
            etwi_record_copy_ends(at, from, size, 32);
        else
            memcpy(at, from, size);
    } else if (size >= 4) {
        etwi_record_copy_ends(at, from, size, 4);
    } else if (size) {
        const uint8_t first = from[0], middle = from[size / 2], last = from[size - 1];
        at[0] = first;
        at[size / 2] = middle;
        at[size - 1] = last;
    }
}

static ETWI_INLINE void etwi_record_write_header(uint8_t *out, const etwi_record *record,
                                                 uint32_t size, unsigned flags)
{
    const unsigned type = sizeof(void *) == 8 ? HEADER_TYPE_EVENT64 : HEADER_TYPE_EVENT32;
    const uint32_t mark = (uint32_t)(RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) << 24 | type << 16;
    etwi_record_store64(out, (uint64_t)flags << 32 | mark | size); // EVENT_PROPERTY is 0.
    etwi_record_store64(out + EVENT_THREAD_ID,
                        (uint64_t)record->process_id << 32 | record->thread_id);
    etwi_record_store64(out + EVENT_TIME, (uint64_t)record->time);
    memcpy(out + EVENT_PROVIDER, record->provider, sizeof(etw_guid));
    memcpy(out + EVENT_ID, record->descriptor, sizeof(etw_event_descriptor));
    etwi_record_store64(out + EVENT_CPU_TIME, 0);
    memcpy(out + EVENT_ACTIVITY_ID, record->activity, sizeof(etw_guid));
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Writes a record of the size measured. Up to seven bytes behind it, to the next multiple of
 * eight, become zero. Compiled into those who write events. */
static ETWI_INLINE void etwi_record_write(uint8_t *out, const etwi_record *record,
                                          uint32_t properties, uint32_t size)
{
    // The last eight bytes first: what the payload does not cover is the padding.
    const size_t padded = ((size_t)size + 7) & ~(size_t)7;
    etwi_record_store64(out + padded - 8, 0);
    uint8_t *at = out + EVENT_HEADER_SIZE;
    uint8_t *payload = at;
    if (record->item_count)
        payload = etwi_record_write_items(at, record->items, record->item_count, properties);
    unsigned flags = record->flags | ETW_EVENT_NO_CPU_TIME;
    if (payload != at)
        flags |= ETW_EVENT_EXTENDED_INFO;
    etwi_record_write_header(out, record, size, flags);
    if (flags & ETW_EVENT_STRING_ONLY) {
        etwi_record_write_text(payload, record->text);
        return;
    }
    for (size_t i = 0; i < record->data_count; i++) {
        etwi_record_copy(payload, record->data[i].data, record->data[i].size);
        payload += record->data[i].size;
    }
}

#endif
