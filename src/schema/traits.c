/* Provider traits: the name, and chunks of {u16 size with this header, u8 type, data} behind it. */
#include "base/bytes.h"
#include "schema/tracelogging.h"

enum {
    CHUNK_HEADER_SIZE = 3
};

bool etwi_traits_find(etw_bytes traits, unsigned type, etw_bytes *out)
{
    etwi_cursor cursor = etwi_cursor_of(traits.data, traits.size);
    const size_t total = etwi_u16(&cursor);
    if (total > traits.size)
        return false;
    etwi_ascii_z(&cursor);
    while (!cursor.failed && etwi_left(&cursor)) {
        const unsigned size = etwi_u16(&cursor);
        const unsigned chunk_type = etwi_u8(&cursor);
        if (size < CHUNK_HEADER_SIZE)
            return false;
        const uint8_t *data = etwi_take(&cursor, size - CHUNK_HEADER_SIZE);
        if (data && chunk_type == type) {
            out->data = data;
            out->size = size - CHUNK_HEADER_SIZE;
            return true;
        }
    }
    return false;
}
