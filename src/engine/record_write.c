#include "engine/record_write.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/text.h"
#include "etl/layout.h"

_Static_assert(ETWI_IS_LITTLE_ENDIAN, "buffers are shared as they are: little-endian");

static void store_u16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

static void store_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void store_u64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static bool is_wanted(const etwi_record_item *item, uint32_t properties)
{
    return !item->property || (item->property & properties);
}

size_t etwi_record_measure(const etwi_record *record, uint32_t properties)
{
    size_t size = record->size;
    for (unsigned i = 0; i < record->item_count; i++) {
        const etwi_record_item *item = &record->items[i];
        if (item->property & properties)
            size += etwi_record_item_size(item->data.size);
    }
    return size;
}

/* The next code point; bytes that are no UTF-8 read as the replacement character. */
static uint32_t next_code_point(const uint8_t **at, const uint8_t *end)
{
    const uint32_t code_point = etwi_utf8_next(at, end);
    return code_point & ETWI_BAD_UTF8 ? 0xFFFD : code_point;
}

size_t etwi_record_text_size(etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    size_t size = 2;
    while (at < end && size < ETWI_RECORD_SIZE_MAX)
        size += next_code_point(&at, end) > 0xFFFF ? 4 : 2;
    return size < ETWI_RECORD_SIZE_MAX ? size : ETWI_RECORD_SIZE_MAX;
}

static void write_text(uint8_t *out, etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    while (at < end) {
        uint32_t code_point = next_code_point(&at, end);
        if (code_point > 0xFFFF) {
            code_point -= 0x10000;
            store_u16(out, (uint16_t)(0xD800 + (code_point >> 10)));
            out += 2;
            code_point = 0xDC00 + (code_point & 0x3FF);
        }
        store_u16(out, (uint16_t)code_point);
        out += 2;
    }
    store_u16(out, 0);
}

/* Returns where the next item begins. Its header is complete but for the linkage. */
static uint8_t *write_item(uint8_t *at, const etwi_record_item *item)
{
    const size_t size = etwi_record_item_size(item->data.size);
    const size_t data_size = item->data.size;
    store_u64(at + size - 8, 0); // The padding, if there is any.
    store_u16(at + EXTENDED_SIZE, (uint16_t)size);
    store_u16(at + EXTENDED_TYPE, item->type);
    store_u16(at + EXTENDED_LINKAGE, 0);
    store_u16(at + EXTENDED_DATA_SIZE, (uint16_t)data_size);
    if (data_size)
        memcpy(at + EXTENDED_HEADER_SIZE, item->data.data, data_size);
    return at + size;
}

static uint8_t *write_items(uint8_t *at, const etwi_record *record, uint32_t properties)
{
    uint8_t *last = NULL;
    for (unsigned i = 0; i < record->item_count; i++) {
        if (!is_wanted(&record->items[i], properties))
            continue;
        if (last)
            store_u16(last + EXTENDED_LINKAGE, 1);
        last = at;
        at = write_item(at, &record->items[i]);
    }
    return at;
}

/* Most pieces are numbers, for which a call would take longer than the copy. */
static uint8_t *write_piece(uint8_t *at, const etw_event_data *piece)
{
    switch (piece->size) {
    case 0:
        break;
    case 1:
        *at = *piece->data;
        break;
    case 2:
        memcpy(at, piece->data, 2);
        break;
    case 4:
        memcpy(at, piece->data, 4);
        break;
    case 8:
        memcpy(at, piece->data, 8);
        break;
    default:
        memcpy(at, piece->data, piece->size);
    }
    return at + piece->size;
}

_Static_assert(sizeof(etw_event_descriptor) == EVENT_CPU_TIME - EVENT_ID,
               "a descriptor is stored as it is");

static ETWI_INLINE void write_header(uint8_t *out, const etwi_record *record, uint32_t size,
                                     unsigned flags)
{
    const unsigned type = sizeof(void *) == 8 ? HEADER_TYPE_EVENT64 : HEADER_TYPE_EVENT32;
    const uint32_t mark = (uint32_t)(RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) << 24 | type << 16;
    store_u32(out, mark | size);
    store_u32(out + EVENT_FLAGS, flags); // EVENT_PROPERTY, behind it, is 0.
    store_u32(out + EVENT_THREAD_ID, record->thread_id);
    store_u32(out + EVENT_PROCESS_ID, record->process_id);
    store_u64(out + EVENT_TIME, (uint64_t)record->time);
    memcpy(out + EVENT_PROVIDER, record->provider, sizeof(etw_guid));
    memcpy(out + EVENT_ID, record->descriptor, sizeof(etw_event_descriptor));
    store_u64(out + EVENT_CPU_TIME, 0);
    memcpy(out + EVENT_ACTIVITY_ID, record->activity, sizeof(etw_guid));
}

void etwi_record_write(uint8_t *out, const etwi_record *record, uint32_t properties, uint32_t size)
{
    // The last eight bytes first: what the payload does not cover is the padding.
    const size_t padded = ((size_t)size + 7) & ~(size_t)7;
    store_u64(out + padded - 8, 0);
    uint8_t *at = out + EVENT_HEADER_SIZE;
    uint8_t *const payload = record->item_count ? write_items(at, record, properties) : at;
    unsigned flags = record->flags | ETW_EVENT_NO_CPU_TIME;
    if (payload != at)
        flags |= ETW_EVENT_EXTENDED_INFO;
    write_header(out, record, size, flags);
    if (flags & ETW_EVENT_STRING_ONLY) {
        write_text(payload, record->text);
        return;
    }
    at = payload;
    for (size_t i = 0; i < record->data_count; i++)
        at = write_piece(at, &record->data[i]);
}
