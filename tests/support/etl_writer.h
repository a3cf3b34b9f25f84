/*
 * A growable run of bytes, written field by field: payloads, blobs and whole traces of the tests.
 *
 * All numbers are little-endian. Running out of memory ends the program, as everywhere in this
 * folder: a test has nothing better to do.
 */
#ifndef ETL_WRITER_H
#define ETL_WRITER_H

#include "base/compiler.h"

#include <etw/guid.h>

/* Zero-initialise but for `pointer_size`. */
typedef struct etlb_writer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    unsigned pointer_size; /* 4 or 8: what etlb_ptr() writes. */
} etlb_writer;

/* Ends the program with a message; for what cannot happen in a correct test. */
void etlb_fail(const char *format, ...) ETWI_PRINTF(1, 2) ETWI_NORETURN;

/* A zero-terminated string without its zero. */
etw_bytes etlb_text(const char *text);

void etlb_writer_free(etlb_writer *writer);
void etlb_writer_clear(etlb_writer *writer);       /* Empties it and keeps its memory. */
etw_bytes etlb_written(const etlb_writer *writer); /* Valid until the next write. */

/* Room for `size` more bytes, not initialised. */
uint8_t *etlb_extend(etlb_writer *writer, size_t size);

void etlb_raw(etlb_writer *writer, const void *data, size_t size);
void etlb_append(etlb_writer *writer, etw_bytes bytes);
void etlb_fill(etlb_writer *writer, uint8_t value, size_t count);
/* Fills up to the next multiple of `alignment`. */
void etlb_align(etlb_writer *writer, size_t alignment, uint8_t value);

void etlb_u8(etlb_writer *writer, uint8_t value);
void etlb_u16(etlb_writer *writer, uint16_t value);
void etlb_u32(etlb_writer *writer, uint32_t value);
void etlb_u64(etlb_writer *writer, uint64_t value);
void etlb_u16be(etlb_writer *writer, uint16_t value); /* Ports. */
void etlb_f32(etlb_writer *writer, float value);
void etlb_f64(etlb_writer *writer, double value);
void etlb_ptr(etlb_writer *writer, uint64_t value); /* 4 or 8 bytes. */

/* Numbers that are known only later. */
void etlb_patch_u8(etlb_writer *writer, size_t offset, uint8_t value);
void etlb_patch_u16(etlb_writer *writer, size_t offset, uint16_t value);
void etlb_patch_u32(etlb_writer *writer, size_t offset, uint32_t value);
void etlb_patch_u64(etlb_writer *writer, size_t offset, uint64_t value);

/* Text is given as UTF-8. ANSI text is written as it is. */
void etlb_utf16(etlb_writer *writer, const char *text); /* Without a zero. */
void etlb_utf16z(etlb_writer *writer, const char *text);
void etlb_utf16_fixed(etlb_writer *writer, const char *text, size_t units); /* Zeros behind. */
void etlb_utf16_counted(etlb_writer *writer, const char *text); /* u16 bytes, then the text. */
void etlb_ascii(etlb_writer *writer, const char *text);         /* Without a zero. */
void etlb_asciiz(etlb_writer *writer, const char *text);
void etlb_ascii_counted(etlb_writer *writer, const char *text);
void etlb_binary_counted(etlb_writer *writer, const void *data, size_t size);

void etlb_guid(etlb_writer *writer, const etw_guid *guid);
/* A GUID from "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
etw_guid etlb_guid_of(const char *text);

/* S-1-<authority>-<each of the ids>. */
void etlb_sid(etlb_writer *writer, uint64_t authority, const uint32_t *ids, uint8_t id_count);
/* The form of kernel events: a TOKEN_USER, whose pointers mean nothing any more, and the SID. */
void etlb_wbem_sid(etlb_writer *writer, uint64_t authority, const uint32_t *ids, uint8_t id_count);

/* Eight u16 from a FILETIME; milliseconds are all it can hold. */
void etlb_systemtime(etlb_writer *writer, uint64_t filetime);

#endif
