/*
 * How it works: a resource is found in a tree of three levels (type, number, language) whose parts
 * refer to one another by offset. Each level is looked through once, so no tree can keep us busy,
 * whatever its offsets say.
 */
#include "schema/pe.h"

#include "base/bytes.h"
#include "base/error.h"

enum {
    DOS_HEADER_SIZE = 64,
    DOS_OFFSET_OF_PE = 0x3C,
    COFF_SIZE = 20,
    MAGIC_PE32 = 0x10B,
    MAGIC_PE32_PLUS = 0x20B,
    DIRECTORIES_PE32 = 96, /* Offsets of the data directories in the optional header. */
    DIRECTORIES_PE32_PLUS = 112,
    DIRECTORY_RESOURCES = 2,
    SECTION_SIZE = 40,
    ENTRY_SIZE = 8,
    LANGUAGE_ENGLISH = 0x409,
};

#define HIGH_BIT 0x80000000u

bool etwi_pe_probe(etw_bytes bytes)
{
    return bytes.size >= DOS_HEADER_SIZE && bytes.data[0] == 'M' && bytes.data[1] == 'Z';
}

/* The bytes from an address of the loaded image to the end of its section in the file. */
static bool find_address(const etwi_pe *pe, uint32_t address, etw_bytes *out)
{
    etwi_cursor sections = etwi_cursor_of(pe->sections.data, pe->sections.size);
    while (etwi_left(&sections) >= SECTION_SIZE) {
        const uint8_t *section = etwi_take(&sections, SECTION_SIZE);
        const uint32_t start = etwi_load_u32(section + 12);
        const uint32_t size = etwi_load_u32(section + 16);
        const uint32_t offset = etwi_load_u32(section + 20);
        if (address < start || address - start >= size)
            continue;
        const uint64_t begin = (uint64_t)offset + (address - start);
        const uint64_t end = (uint64_t)offset + size;
        if (begin >= pe->file.size)
            return false;
        out->data = pe->file.data + begin;
        out->size = (size_t)((end < pe->file.size ? end : pe->file.size) - begin);
        return true;
    }
    return false;
}

static etw_status read_optional_header(etwi_pe *pe, etwi_cursor header, etw_error *error)
{
    const uint8_t *const start = header.at;
    const size_t size = etwi_left(&header);
    const uint16_t magic = etwi_u16(&header);
    if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "executable file of the unknown kind 0x%X", magic);
    const size_t directories = magic == MAGIC_PE32 ? DIRECTORIES_PE32 : DIRECTORIES_PE32_PLUS;
    etwi_cursor table = etwi_cursor_of(start, size);
    etwi_take(&table, directories - 4);
    const uint32_t count = etwi_u32(&table);
    etwi_take(&table, (size_t)DIRECTORY_RESOURCES * 8);
    const uint32_t address = etwi_u32(&table);
    if (table.failed || count <= DIRECTORY_RESOURCES || !address)
        return ETW_OK; // A file without resources.
    if (!find_address(pe, address, &pe->resources))
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                         "the resources at address 0x%X are not in the file", address);
    return ETW_OK;
}

etw_status etwi_pe_open(etwi_pe *out, etw_bytes file, etw_error *error)
{
    const etwi_pe none = {file, {NULL, 0}, {NULL, 0}};
    *out = none;
    if (!etwi_pe_probe(file))
        return etwi_fail(error, ETW_E_UNSUPPORTED, 0, "no executable file");
    const uint32_t offset = etwi_load_u32(file.data + DOS_OFFSET_OF_PE);
    etwi_cursor cursor = etwi_cursor_of(file.data, file.size);
    etwi_take(&cursor, offset);
    const uint8_t *signature = etwi_take(&cursor, 4);
    if (!signature || memcmp(signature, "PE\0\0", 4) != 0)
        return etwi_fail(error, ETW_E_UNSUPPORTED, offset,
                         "executable file of an older kind than PE");
    const uint8_t *coff = etwi_take(&cursor, COFF_SIZE);
    const uint16_t section_count = coff ? etwi_load_u16(coff + 2) : 0;
    const uint16_t optional_size = coff ? etwi_load_u16(coff + 16) : 0;
    const uint8_t *optional = etwi_take(&cursor, optional_size);
    out->sections.size = (size_t)section_count * SECTION_SIZE;
    out->sections.data = etwi_take(&cursor, out->sections.size);
    if (cursor.failed) {
        *out = none;
        return etwi_fail(error, ETW_E_CORRUPT, file.size, "the headers end early");
    }
    return read_optional_header(out, etwi_cursor_of(optional, optional_size), error);
}

/* ---- The tree of resources ---- */

/* Which entry of a directory is wanted. */
typedef struct wish {
    etwi_pe_type key;
    bool is_first; /* The key, if it is there, else the first one. */
} wish;

static bool has_name(etw_bytes resources, uint32_t offset, const char *name)
{
    etwi_cursor text = etwi_cursor_of(resources.data, resources.size);
    etwi_take(&text, offset);
    const uint16_t count = etwi_u16(&text);
    const uint8_t *units = etwi_take(&text, (size_t)count * 2);
    if (!units || count != strlen(name))
        return false;
    for (size_t i = 0; i < count; i++)
        if (etwi_load_u16(units + 2 * i) != (uint8_t)name[i])
            return false;
    return true;
}

/* Finds an entry of the directory at `offset`; what it leads to is in `*found`. */
static bool find_entry(etw_bytes resources, uint32_t offset, const wish *wanted, uint32_t *found)
{
    etwi_cursor directory = etwi_cursor_of(resources.data, resources.size);
    etwi_take(&directory, offset);
    etwi_take(&directory, 12);
    unsigned count = etwi_u16(&directory);
    count += etwi_u16(&directory);
    bool any = false;
    for (unsigned i = 0; i < count && etwi_left(&directory) >= ENTRY_SIZE; i++) {
        const uint32_t key = etwi_u32(&directory);
        const uint32_t target = etwi_u32(&directory);
        const bool same = wanted->key.name ? key & HIGH_BIT && has_name(resources, key & ~HIGH_BIT,
                                                                        wanted->key.name)
                                           : key == wanted->key.number;
        if (same || (wanted->is_first && !any))
            *found = target;
        any = true;
        if (same)
            return true;
    }
    return any && wanted->is_first;
}

bool etwi_pe_find(const etwi_pe *pe, etwi_pe_type type, etw_bytes *out)
{
    const wish wishes[] = {
        {type, false},
        {{NULL, 1}, true},
        {{NULL, LANGUAGE_ENGLISH}, true},
    };
    if (!pe->resources.size)
        return false;
    uint32_t at = HIGH_BIT;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
        if (!(at & HIGH_BIT) || !find_entry(pe->resources, at & ~HIGH_BIT, &wishes[i], &at))
            return false;
    if (at & HIGH_BIT)
        return false;
    etwi_cursor data = etwi_slice(pe->resources.data, pe->resources.size, at, 8);
    const uint32_t address = etwi_u32(&data);
    const uint32_t size = etwi_u32(&data);
    if (data.failed || !find_address(pe, address, out) || out->size < size)
        return false;
    out->size = size;
    return true;
}
