/*
 * Types are records that refer to others by number. An enumeration names the record of its members,
 * which may go on in another one. ("The PDB TPI Stream" and "CodeView Type Records" in LLVM's
 * documentation of PDB; lfEnum and lfEnumerate in Microsoft's cvinfo.h.)
 */
#include "schema/pdb_enums.h"

#include "base/bytes.h"
#include "base/error.h"
#include "schema/fault.h"
#include "schema/name_table.h"
#include "schema/tmf_lines.h"

#include <stdio.h>

enum {
    STREAM_TPI = 2,
    TPI_HEADER_SIZE = 56,
    RECORDS_MAX = 1024,      /* Of one enumeration. */
    PROPERTY_FORWARD = 0x80, /* The record only declares the type. */
};

enum {
    WANTED,
    FOUND,
};

/* Kinds of records, of members, and of numbers that do not fit in 15 bits. */
enum {
    LF_FIELDLIST = 0x1203,
    LF_INDEX = 0x1404,
    LF_ENUMERATE = 0x1502,
    LF_ENUM = 0x1507,
    LF_PAD0 = 0xF0,
    LF_PAD15 = 0xFF,
    LF_CHAR = 0x8000,
    LF_SHORT = 0x8001,
    LF_USHORT = 0x8002,
    LF_LONG = 0x8003,
    LF_ULONG = 0x8004,
    LF_QUADWORD = 0x8009,
    LF_UQUADWORD = 0x800A,
};

/* All records of a file. */
typedef struct type_list {
    etw_allocator allocator;
    etw_bytes stream;
    uint32_t first;    /* Number of the first record. */
    uint32_t *offsets; /* Of the records in the stream. */
    size_t capacity, count;
} type_list;

typedef struct enum_reader {
    etwi_pdb_text *text;
    etwi_arena names;       /* The text moves while it grows. */
    etwi_name_table wanted; /* Names, whose values are WANTED or FOUND. */
    type_list types;
    etw_error *problem;
    etw_error *error;
} enum_reader;

/* ---- What is wanted ---- */

static etw_status want(enum_reader *in, etw_str name)
{
    etw_str copy;
    if (etwi_name_find(&in->wanted, 0, name) != ETWI_NO_VALUE)
        return ETW_OK;
    if (!etwi_arena_str(&in->names, &copy, name.data, name.size))
        return etwi_fail_nomem(in->error);
    etwi_name *slot = etwi_name_put(&in->wanted, 0, copy);
    if (!slot)
        return etwi_fail_nomem(in->error);
    slot->value = WANTED;
    return ETW_OK;
}

/* Every `Enum(NAME)` in the text. */
static etw_status find_wanted(enum_reader *in)
{
    static const char START[] = "Enum(";
    const size_t size = sizeof START - 1;
    const char *at = in->text->buffer.data;
    const char *const end = at + in->text->buffer.size;
    while ((size_t)(end - at) > size) {
        at = memchr(at, START[0], (size_t)(end - at) - size);
        if (!at)
            break;
        if (memcmp(at, START, size) == 0) {
            const char *name = at + size;
            const char *close = name;
            while (close < end && *close != ')' && *close != '\n')
                close++;
            const etw_str text = {name, (size_t)(close - name)};
            ETWI_TRY(want(in, etwi_tmf_trim(text)));
        }
        at++;
    }
    return ETW_OK;
}

/* ---- Records ---- */

/* Damage costs enumerations, and nothing else. */
static etw_status note(const enum_reader *in, const char *what)
{
    const etwi_place place = {in->problem, ETW_NO_OFFSET, 0};
    etwi_fault(place, "%s", what);
    return ETW_OK;
}

/* Notes where each record is, up to the first that is damaged. */
static etw_status list_types(enum_reader *in)
{
    type_list *types = &in->types;
    etwi_cursor cursor = etwi_cursor_of(types->stream.data, types->stream.size);
    const uint8_t *header = etwi_take(&cursor, TPI_HEADER_SIZE);
    const uint32_t header_size = header ? etwi_load_u32(header + 4) : 0;
    const uint32_t size = header ? etwi_load_u32(header + 16) : 0;
    if (!header || header_size < TPI_HEADER_SIZE)
        return note(in, "the types have no header");
    types->first = etwi_load_u32(header + 8);
    etwi_take(&cursor, header_size - TPI_HEADER_SIZE);
    if (etwi_left(&cursor) > size)
        cursor.end = cursor.at + size;
    while (etwi_left(&cursor)) {
        const uint32_t offset = (uint32_t)(cursor.at - types->stream.data);
        const unsigned record_size = etwi_u16(&cursor);
        if (!etwi_take(&cursor, record_size) || record_size < 2)
            return note(in, "the types end early");
        void *memory = types->offsets;
        const etw_status grown = etwi_grow(&types->allocator, &memory, &types->capacity,
                                           types->count + 1, sizeof *types->offsets);
        types->offsets = memory;
        if (etw_failed(grown))
            return etwi_fail_nomem(in->error);
        types->offsets[types->count++] = offset;
    }
    return ETW_OK;
}

/* A record behind its size, which was checked. */
static etwi_cursor record_at(const type_list *types, size_t index)
{
    const uint8_t *at = types->stream.data + types->offsets[index];
    return etwi_cursor_of(at + 2, etwi_load_u16(at));
}

static uint64_t read_number(etwi_cursor *cursor)
{
    const uint16_t number = etwi_u16(cursor);
    switch (number) {
    case LF_CHAR:
        return (uint64_t)(int8_t)etwi_u8(cursor);
    case LF_SHORT:
        return (uint64_t)(int16_t)etwi_u16(cursor);
    case LF_USHORT:
        return etwi_u16(cursor);
    case LF_LONG:
        return (uint64_t)(int32_t)etwi_u32(cursor);
    case LF_ULONG:
        return etwi_u32(cursor);
    case LF_QUADWORD:
    case LF_UQUADWORD:
        return etwi_u64(cursor);
    default:
        cursor->failed = cursor->failed || number >= LF_CHAR;
        return number;
    }
}

/* ---- Enumerations ---- */

/* The members in one record; `*next` becomes the number of the one where they go on, or 0. */
static etw_status put_members(enum_reader *in, etwi_cursor record, uint32_t *next)
{
    *next = 0;
    if (etwi_u16(&record) != LF_FIELDLIST)
        return note(in, "an enumeration whose members are something else");
    while (etwi_left(&record)) {
        if (*record.at >= LF_PAD0) {
            const size_t pad = (size_t)(*record.at - LF_PAD0);
            etwi_take(&record, pad ? pad : 1);
            continue;
        }
        const uint16_t kind = etwi_u16(&record);
        etwi_u16(&record); /* Access, or nothing. */
        if (kind == LF_INDEX) {
            *next = etwi_u32(&record);
            return ETW_OK;
        }
        char value[24];
        const uint64_t number = read_number(&record);
        const etw_str label = etwi_ascii_z(&record);
        if (record.failed || kind != LF_ENUMERATE)
            return note(in, "the members of an enumeration are damaged");
        const int size = snprintf(value, sizeof value, ",0x%llx", (unsigned long long)number);
        const etw_str more = {value, (size_t)size};
        ETWI_TRY(etwi_pdb_put_line(in->text, label, more, in->error));
    }
    return ETW_OK;
}

static etw_status put_enum(enum_reader *in, etw_str name, uint32_t members)
{
    static const etw_str START = {"#enumv ", 7}, OPEN = {"{", 1}, CLOSE = {"}", 1}, NONE = {0};
    ETWI_TRY(etwi_pdb_put_line(in->text, START, name, in->error));
    ETWI_TRY(etwi_pdb_put_line(in->text, OPEN, NONE, in->error));
    for (unsigned i = 0; members; i++) {
        const size_t index = (size_t)members - in->types.first;
        if (i == RECORDS_MAX || members < in->types.first || index >= in->types.count) {
            note(in, "an enumeration whose members are not in the file");
            break;
        }
        ETWI_TRY(put_members(in, record_at(&in->types, index), &members));
    }
    return etwi_pdb_put_line(in->text, CLOSE, NONE, in->error);
}

/* Writes the enumeration of a record if somebody wants it and has not got it yet. */
static etw_status read_record(enum_reader *in, etwi_cursor record)
{
    if (etwi_u16(&record) != LF_ENUM)
        return ETW_OK;
    etwi_u16(&record); /* How many members there are. */
    const unsigned properties = etwi_u16(&record);
    etwi_u32(&record); /* The type that it is stored as. */
    const uint32_t members = etwi_u32(&record);
    const etw_str name = etwi_ascii_z(&record);
    if (record.failed)
        return note(in, "an enumeration ends early");
    if (properties & PROPERTY_FORWARD || etwi_name_find(&in->wanted, 0, name) != WANTED)
        return ETW_OK;
    etwi_name *slot = etwi_name_put(&in->wanted, 0, name);
    if (!slot)
        return etwi_fail_nomem(in->error);
    slot->value = FOUND;
    return put_enum(in, name, members);
}

static etw_status read_types(enum_reader *in, etwi_msf *msf)
{
    etw_error why;
    const etw_status status = etwi_msf_read(msf, STREAM_TPI, &in->types.stream, &why);
    if (status == ETW_E_NOMEM)
        return etwi_fail_nomem(in->error);
    if (etw_failed(status))
        return note(in, why.message);
    ETWI_TRY(list_types(in));
    for (size_t i = 0; i < in->types.count; i++)
        ETWI_TRY(read_record(in, record_at(&in->types, i)));
    return ETW_OK;
}

etw_status etwi_pdb_read_enums(etwi_msf *msf, etwi_pdb_text *text, etw_error *problem,
                               etw_error *error)
{
    const etw_allocator allocator = msf->allocator;
    enum_reader in = {.text = text,
                      .names = {.allocator = allocator},
                      .wanted = {.allocator = allocator},
                      .types = {.allocator = allocator},
                      .problem = problem,
                      .error = error};
    etw_status status = find_wanted(&in);
    if (status == ETW_OK && in.wanted.count)
        status = read_types(&in, msf);
    etwi_free(&allocator, in.types.offsets, in.types.capacity * sizeof *in.types.offsets);
    etwi_msf_release(msf, in.types.stream);
    etwi_name_table_free(&in.wanted);
    etwi_arena_free(&in.names);
    return status;
}
