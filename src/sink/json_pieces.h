/* Pieces that are appended to JSON: numbers, GUIDs, addresses. */
#ifndef ETWI_SINK_JSON_PIECES_H
#define ETWI_SINK_JSON_PIECES_H

#include "base/buffer.h"
#include "base/text.h"

/* A number. */
static inline void etwi_json_u64(etwi_buffer *out, uint64_t number)
{
    char *at = etwi_buffer_reserve(out, ETWI_U64_TEXT_MAX);
    if (at)
        out->size = (size_t)(etwi_text_u64(at, number) - out->data);
}

/* A GUID in quotes. */
static inline void etwi_json_guid(etwi_buffer *out, const etw_guid *guid)
{
    char *at = etwi_buffer_reserve(out, ETW_GUID_TEXT_SIZE + 2);
    if (!at)
        return;
    *at++ = '"';
    at = etwi_text_guid(at, guid);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}

/* A hexadecimal number in quotes. */
static inline void etwi_json_address(etwi_buffer *out, uint64_t number)
{
    char *at = etwi_buffer_reserve(out, ETWI_HEX_TEXT_MAX + 2);
    if (!at)
        return;
    *at++ = '"';
    at = etwi_text_hex(at, number);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}

/* Writes a string literal to bare memory and moves on. */
#define ETWI_PUT(at, literal) \
    (memcpy((at), "" literal, sizeof(literal) - 1), (at) += sizeof(literal) - 1)

#endif
