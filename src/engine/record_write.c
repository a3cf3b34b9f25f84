#include "engine/record_write.h"

#include "base/text.h"

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

void etwi_record_write_text(uint8_t *out, etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    while (at < end) {
        uint32_t code_point = next_code_point(&at, end);
        if (code_point > 0xFFFF) {
            code_point -= 0x10000;
            etwi_record_store16(out, (uint16_t)(0xD800 + (code_point >> 10)));
            out += 2;
            code_point = 0xDC00 + (code_point & 0x3FF);
        }
        etwi_record_store16(out, (uint16_t)code_point);
        out += 2;
    }
    etwi_record_store16(out, 0);
}

_Static_assert(EXTENDED_SIZE == 0 && EXTENDED_TYPE == 2 && EXTENDED_LINKAGE == 4 &&
                   EXTENDED_DATA_SIZE == 6,
               "the header of an item is stored at once");

/* Returns where the next item begins. Its header is complete but for the linkage. */
static uint8_t *write_item(uint8_t *at, const etwi_record_item *item)
{
    const size_t size = etwi_record_item_size(item->data.size);
    const size_t data_size = item->data.size;
    etwi_record_store64(at + size - 8, 0); // The padding, if there is any.
    etwi_record_store64(at, (uint64_t)data_size << 48 | (uint64_t)item->type << 16 | size);
    etwi_record_copy(at + EXTENDED_HEADER_SIZE, item->data.data, data_size);
    return at + size;
}

uint8_t *etwi_record_write_items(uint8_t *at, const etwi_record_item *items, unsigned count,
                                 uint32_t properties)
{
    uint8_t *last = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (!is_wanted(&items[i], properties))
            continue;
        if (last)
            etwi_record_store16(last + EXTENDED_LINKAGE, 1);
        last = at;
        at = write_item(at, &items[i]);
    }
    return at;
}
