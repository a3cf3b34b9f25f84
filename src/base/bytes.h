/*
 * The gate to untrusted memory: little-endian loads and stores, and a cursor that cannot leave its
 * range.
 *
 * A cursor that was asked for more than it has fails once and for all: it stays `failed`, is empty,
 * and every further read yields zero. So a parser reads a whole structure and checks once.
 */
#ifndef ETWI_BASE_BYTES_H
#define ETWI_BASE_BYTES_H

#include <etw/base.h>
#include <etw/guid.h>
#include <string.h>

/* Where numbers are stored as the processor keeps them, structures can be copied at once. */
#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
#define ETWI_IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#elif defined(_MSC_VER)
#define ETWI_IS_LITTLE_ENDIAN 1
#else
#define ETWI_IS_LITTLE_ENDIAN 0
#endif

/* Loads from memory the caller has already checked; any alignment. */
static inline uint16_t etwi_load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t etwi_load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t etwi_load_u64(const uint8_t *at)
{
    return (uint64_t)etwi_load_u32(at) | (uint64_t)etwi_load_u32(at + 4) << 32;
}

static inline uint16_t etwi_load_u16be(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t etwi_load_u32be(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static inline etw_guid etwi_load_guid(const uint8_t *at)
{
    etw_guid guid;
#if ETWI_IS_LITTLE_ENDIAN
    /* One copy is also quicker to read back than four. */
    memcpy(&guid, at, sizeof guid);
#else
    guid.data1 = etwi_load_u32(at);
    guid.data2 = etwi_load_u16(at + 4);
    guid.data3 = etwi_load_u16(at + 6);
    memcpy(guid.data4, at + 8, sizeof guid.data4);
#endif
    return guid;
}

/* Stores to memory the caller has already checked; any alignment. */
static inline void etwi_store_u16(void *out, uint16_t value)
{
    uint8_t *to = (uint8_t *)out;
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static inline void etwi_store_u32(void *out, uint32_t value)
{
    uint8_t *to = (uint8_t *)out;
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static inline void etwi_store_u64(void *out, uint64_t value)
{
    uint8_t *to = (uint8_t *)out;
    for (unsigned i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

typedef struct etwi_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} etwi_cursor;

static inline etwi_cursor etwi_cursor_of(const void *data, size_t size)
{
    const uint8_t *at = (const uint8_t *)data;
    etwi_cursor cursor = {at, at ? at + size : at, false};
    return cursor;
}

static inline size_t etwi_left(const etwi_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* Takes `size` bytes, or fails and returns NULL. Taking nothing from a good cursor is not NULL
 * unless the cursor itself was made of NULL. */
static inline const uint8_t *etwi_take(etwi_cursor *cursor, size_t size)
{
    const uint8_t *at = cursor->at;
    if (cursor->failed || size > etwi_left(cursor)) {
        cursor->failed = true;
        cursor->at = cursor->end;
        return NULL;
    }
    cursor->at += size;
    return at;
}

static inline uint8_t etwi_u8(etwi_cursor *cursor)
{
    const uint8_t *at = etwi_take(cursor, 1);
    return at ? *at : 0;
}

static inline uint16_t etwi_u16(etwi_cursor *cursor)
{
    const uint8_t *at = etwi_take(cursor, 2);
    return at ? etwi_load_u16(at) : 0;
}

static inline uint32_t etwi_u32(etwi_cursor *cursor)
{
    const uint8_t *at = etwi_take(cursor, 4);
    return at ? etwi_load_u32(at) : 0;
}

static inline uint64_t etwi_u64(etwi_cursor *cursor)
{
    const uint8_t *at = etwi_take(cursor, 8);
    return at ? etwi_load_u64(at) : 0;
}

static inline etw_guid etwi_guid(etwi_cursor *cursor)
{
    const uint8_t *at = etwi_take(cursor, 16);
    const etw_guid none = {0, 0, 0, {0}};
    return at ? etwi_load_guid(at) : none;
}

/* A cursor over `size` bytes at `offset` of the same range; failed if they are not all there. */
static inline etwi_cursor etwi_slice(const void *data, size_t data_size, size_t offset, size_t size)
{
    etwi_cursor cursor = etwi_cursor_of(data, data_size);
    etwi_take(&cursor, offset);
    if (etwi_left(&cursor) < size)
        etwi_take(&cursor, size);
    else
        cursor.end = cursor.at + size;
    return cursor;
}

/* The text up to a terminating zero, which is consumed too; fails if there is none. */
static inline etw_str etwi_ascii_z(etwi_cursor *cursor)
{
    const size_t left = etwi_left(cursor);
    const uint8_t *end = left ? (const uint8_t *)memchr(cursor->at, 0, left) : NULL;
    etw_str text = {NULL, 0};
    if (cursor->failed || !end) {
        cursor->failed = true;
        cursor->at = cursor->end;
        return text;
    }
    text.data = (const char *)cursor->at;
    text.size = (size_t)(end - cursor->at);
    cursor->at = end + 1;
    return text;
}

#endif
