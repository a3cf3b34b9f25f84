#include "etl_writer.h"

#include "base/bytes.h"
#include "base/text.h"

#include <etw/time.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void etlb_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

etw_bytes etlb_text(const char *text)
{
    const etw_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return bytes;
}

void etlb_writer_free(etlb_writer *writer)
{
    free(writer->data);
    writer->data = NULL;
    writer->size = writer->capacity = 0;
}

void etlb_writer_clear(etlb_writer *writer)
{
    writer->size = 0;
}

etw_bytes etlb_written(const etlb_writer *writer)
{
    const etw_bytes bytes = {writer->data, writer->size};
    return bytes;
}

uint8_t *etlb_extend(etlb_writer *writer, size_t size)
{
    if (size > writer->capacity - writer->size) {
        size_t capacity = writer->capacity ? writer->capacity : 256;
        while (capacity - writer->size < size)
            capacity *= 2;
        uint8_t *data = realloc(writer->data, capacity);
        if (!data)
            etlb_fail("out of memory");
        writer->data = data;
        writer->capacity = capacity;
    }
    uint8_t *at = writer->data + writer->size;
    writer->size += size;
    return at;
}

void etlb_raw(etlb_writer *writer, const void *data, size_t size)
{
    if (size)
        memcpy(etlb_extend(writer, size), data, size);
}

void etlb_append(etlb_writer *writer, etw_bytes bytes)
{
    etlb_raw(writer, bytes.data, bytes.size);
}

void etlb_fill(etlb_writer *writer, uint8_t value, size_t count)
{
    if (count)
        memset(etlb_extend(writer, count), value, count);
}

void etlb_align(etlb_writer *writer, size_t alignment, uint8_t value)
{
    etlb_fill(writer, value, (alignment - writer->size % alignment) % alignment);
}

static void store(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void etlb_u8(etlb_writer *writer, uint8_t value)
{
    *etlb_extend(writer, 1) = value;
}

void etlb_u16(etlb_writer *writer, uint16_t value)
{
    store(etlb_extend(writer, 2), value, 2);
}

void etlb_u32(etlb_writer *writer, uint32_t value)
{
    store(etlb_extend(writer, 4), value, 4);
}

void etlb_u64(etlb_writer *writer, uint64_t value)
{
    store(etlb_extend(writer, 8), value, 8);
}

void etlb_u16be(etlb_writer *writer, uint16_t value)
{
    etlb_u8(writer, (uint8_t)(value >> 8));
    etlb_u8(writer, (uint8_t)value);
}

void etlb_f32(etlb_writer *writer, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    etlb_u32(writer, bits);
}

void etlb_f64(etlb_writer *writer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    etlb_u64(writer, bits);
}

void etlb_ptr(etlb_writer *writer, uint64_t value)
{
    if (writer->pointer_size != 4 && writer->pointer_size != 8)
        etlb_fail("a writer of pointers needs a pointer size");
    store(etlb_extend(writer, writer->pointer_size), value, writer->pointer_size);
}

static void patch(etlb_writer *writer, size_t offset, uint64_t value, unsigned size)
{
    if (offset > writer->size || size > writer->size - offset)
        etlb_fail("patch at %zu of %zu bytes", offset, writer->size);
    store(writer->data + offset, value, size);
}

void etlb_patch_u8(etlb_writer *writer, size_t offset, uint8_t value)
{
    patch(writer, offset, value, 1);
}

void etlb_patch_u16(etlb_writer *writer, size_t offset, uint16_t value)
{
    patch(writer, offset, value, 2);
}

void etlb_patch_u32(etlb_writer *writer, size_t offset, uint32_t value)
{
    patch(writer, offset, value, 4);
}

void etlb_patch_u64(etlb_writer *writer, size_t offset, uint64_t value)
{
    patch(writer, offset, value, 8);
}

void etlb_utf16(etlb_writer *writer, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *const end = at + strlen(text);
    while (at < end) {
        const uint32_t code = etwi_utf8_next(&at, end);
        if (code & ETWI_BAD_UTF8)
            etlb_fail("\"%s\" is not UTF-8", text);
        if (code < 0x10000) {
            etlb_u16(writer, (uint16_t)code);
        } else {
            etlb_u16(writer, (uint16_t)(0xD800 + ((code - 0x10000) >> 10)));
            etlb_u16(writer, (uint16_t)(0xDC00 + ((code - 0x10000) & 0x3FF)));
        }
    }
}

void etlb_utf16z(etlb_writer *writer, const char *text)
{
    etlb_utf16(writer, text);
    etlb_u16(writer, 0);
}

void etlb_utf16_fixed(etlb_writer *writer, const char *text, size_t units)
{
    const size_t end = writer->size + units * 2;
    etlb_utf16(writer, text);
    if (writer->size > end)
        etlb_fail("\"%s\" has more than %zu units", text, units);
    etlb_fill(writer, 0, end - writer->size);
}

/* Sets the u16 at `offset` to the number of bytes behind it. */
static void patch_count(etlb_writer *writer, size_t offset)
{
    const size_t size = writer->size - offset - 2;
    if (size > UINT16_MAX)
        etlb_fail("%zu bytes do not fit a 16-bit count", size);
    etlb_patch_u16(writer, offset, (uint16_t)size);
}

void etlb_utf16_counted(etlb_writer *writer, const char *text)
{
    const size_t start = writer->size;
    etlb_u16(writer, 0);
    etlb_utf16(writer, text);
    patch_count(writer, start);
}

void etlb_ascii(etlb_writer *writer, const char *text)
{
    etlb_append(writer, etlb_text(text));
}

void etlb_asciiz(etlb_writer *writer, const char *text)
{
    etlb_raw(writer, text, strlen(text) + 1);
}

void etlb_ascii_counted(etlb_writer *writer, const char *text)
{
    etlb_binary_counted(writer, text, strlen(text));
}

void etlb_binary_counted(etlb_writer *writer, const void *data, size_t size)
{
    const size_t start = writer->size;
    etlb_u16(writer, 0);
    etlb_raw(writer, data, size);
    patch_count(writer, start);
}

void etlb_guid(etlb_writer *writer, const etw_guid *guid)
{
    etlb_u32(writer, guid->data1);
    etlb_u16(writer, guid->data2);
    etlb_u16(writer, guid->data3);
    etlb_raw(writer, guid->data4, sizeof guid->data4);
}

static unsigned hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = strchr(digits, digit | 0x20);
    if (!digit || !found)
        etlb_fail("'%c' is no hexadecimal digit", digit);
    return (unsigned)(found - digits);
}

etw_guid etlb_guid_of(const char *text)
{
    /* The parser of the library is what tests test, so this one is on its own. */
    uint8_t bytes[16];
    const char *at = text;
    for (unsigned i = 0; i < sizeof bytes; i++) {
        if (*at == '-')
            at++;
        bytes[i] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
        at += 2;
    }
    if (*at)
        etlb_fail("\"%s\" is no GUID", text);
    etw_guid guid;
    guid.data1 = etwi_load_u32be(bytes);
    guid.data2 = etwi_load_u16be(bytes + 4);
    guid.data3 = etwi_load_u16be(bytes + 6);
    memcpy(guid.data4, bytes + 8, sizeof guid.data4);
    return guid;
}

void etlb_sid(etlb_writer *writer, uint64_t authority, const uint32_t *ids, uint8_t id_count)
{
    etlb_u8(writer, 1); /* Revision. */
    etlb_u8(writer, id_count);
    for (int shift = 40; shift >= 0; shift -= 8) /* The only big-endian part. */
        etlb_u8(writer, (uint8_t)(authority >> shift));
    for (unsigned i = 0; i < id_count; i++)
        etlb_u32(writer, ids[i]);
}

void etlb_wbem_sid(etlb_writer *writer, uint64_t authority, const uint32_t *ids, uint8_t id_count)
{
    etlb_ptr(writer, 0xFFFFAB0C12345678u); /* Where the SID was. */
    etlb_ptr(writer, 0);                   /* Attributes. */
    etlb_sid(writer, authority, ids, id_count);
}

void etlb_systemtime(etlb_writer *writer, uint64_t filetime)
{
    const etw_calendar time = etw_calendar_from_filetime(filetime);
    const uint64_t days = filetime / ETW_TICKS_PER_SECOND / (24 * 3600);
    etlb_u16(writer, (uint16_t)time.year);
    etlb_u16(writer, time.month);
    etlb_u16(writer, (uint16_t)((days + 1) % 7)); /* 1601-01-01 was a Monday; 0 is Sunday. */
    etlb_u16(writer, time.day);
    etlb_u16(writer, time.hour);
    etlb_u16(writer, time.minute);
    etlb_u16(writer, time.second);
    etlb_u16(writer, (uint16_t)(time.fraction / 10000));
}
