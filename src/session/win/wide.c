#include "session/win/wide.h"

#include "base/text.h"

#include <string.h>

bool etwi_wide(etwi_abi_char *out, size_t room, etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    size_t length = 0;
    out[0] = 0;
    while (at < end) {
        const uint32_t code_point = etwi_utf8_next(&at, end);
        const bool is_pair = code_point > 0xFFFF;
        if ((code_point & ETWI_BAD_UTF8) || length + 1 + is_pair >= room) {
            out[0] = 0;
            return false;
        }
        if (is_pair)
            out[length++] = (etwi_abi_char)(0xD800 + ((code_point - 0x10000) >> 10));
        out[length++] =
            (etwi_abi_char)(is_pair ? 0xDC00 + ((code_point - 0x10000) & 0x3FF) : code_point);
    }
    out[length] = 0;
    return true;
}

etwi_abi_char *etwi_wide_new(etwi_arena *arena, etw_str text)
{
    const size_t room = text.size + 1; /* No byte becomes more than one character. */
    etwi_abi_char *const out = etwi_arena_alloc(arena, room * sizeof *out);
    return out && etwi_wide(out, room, text) ? out : NULL;
}

void etwi_narrow(char *out, size_t size, const etwi_abi_char *text, size_t length)
{
    size_t used = 0, units = 0;
    while (units < length && text[units])
        units++;
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *const end = (const uint8_t *)(text + units);
    while (at < end) {
        char piece[4];
        const size_t count = (size_t)(etwi_text_utf8(piece, etwi_utf16_next(&at, end)) - piece);
        if (used + count >= size)
            break;
        memcpy(out + used, piece, count);
        used += count;
    }
    out[used] = '\0';
}
