/*
 * Events as records: EVENT_HEADER, extended data, payload. Pure functions over memory that the
 * caller has reserved; they are what runs between reservation and commit.
 */
#ifndef ETWI_ENGINE_RECORD_WRITE_H
#define ETWI_ENGINE_RECORD_WRITE_H

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
    bool has_optional; /* Items that not all sessions get. */
    size_t size;       /* Of header, payload, and items that all get. */
    etwi_record_item items[ETWI_RECORD_ITEMS_MAX];
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
    if (property)
        record->has_optional = true;
    else
        record->size += etwi_record_item_size(size);
}

/* The bytes that a text in UTF-8 has as UTF-16 with a terminating zero. Texts that are too long for
 * any record are as long as ETWI_RECORD_SIZE_MAX. */
size_t etwi_record_text_size(etw_str text);

/* The bytes of a record with the optional items that `properties` asks for, which may be more than
 * ETWI_RECORD_SIZE_MAX. */
size_t etwi_record_measure(const etwi_record *record, uint32_t properties);

/* Writes a record of the size measured. Up to seven bytes behind it, to the next multiple of
 * eight, become zero. */
void etwi_record_write(uint8_t *out, const etwi_record *record, uint32_t properties, uint32_t size);

#endif
