#include "schema/tmf_items.h"

#include "base/error.h"
#include "schema/insertion.h"
#include "schema/schema_text.h"
#include "schema/value_map.h"
#include "schema/wpp.h"

enum {
    BAD_IN_TYPE = UINT16_MAX,
};

typedef struct item_type {
    const char *name;
    uint16_t in_type;
    uint16_t out_type;
    uint16_t length; /* In bytes, of types whose in-type does not tell. */
    uint16_t show;   /* An etwi_wpp_show. */
} item_type;

/* The names without their prefix "Item". */
static const item_type ITEM_TYPES[] = {
    {"Char", ETW_IN_INT8, 0, 0, ETWI_WPP_NUMBER},
    {"UChar", ETW_IN_UINT8, 0, 0, ETWI_WPP_NUMBER},
    {"Short", ETW_IN_INT16, 0, 0, ETWI_WPP_NUMBER},
    {"UShort", ETW_IN_UINT16, 0, 0, ETWI_WPP_NUMBER},
    {"Long", ETW_IN_INT32, 0, 0, ETWI_WPP_NUMBER},
    {"ULong", ETW_IN_UINT32, 0, 0, ETWI_WPP_NUMBER},
    {"ULongX", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0, ETWI_WPP_NUMBER},
    {"LongLong", ETW_IN_INT64, 0, 0, ETWI_WPP_NUMBER},
    {"LongLongX", ETW_IN_UINT64, ETW_OUT_HEX_INT64, 0, ETWI_WPP_NUMBER},
    {"LongLongXX", ETW_IN_UINT64, ETW_OUT_HEX_INT64, 0, ETWI_WPP_NUMBER},
    {"LongLongO", ETW_IN_UINT64, 0, 0, ETWI_WPP_NUMBER},
    {"ULongLong", ETW_IN_UINT64, 0, 0, ETWI_WPP_NUMBER},
    {"Double", ETW_IN_DOUBLE, 0, 0, ETWI_WPP_VALUE},
    {"Ptr", ETW_IN_POINTER, 0, 0, ETWI_WPP_NUMBER},
    {"String", ETW_IN_ANSI_STRING, 0, 0, ETWI_WPP_VALUE},
    {"RString", ETW_IN_ANSI_STRING, 0, 0, ETWI_WPP_VALUE},
    {"WString", ETW_IN_UNICODE_STRING, 0, 0, ETWI_WPP_VALUE},
    {"RWString", ETW_IN_UNICODE_STRING, 0, 0, ETWI_WPP_VALUE},
    {"PString", ETW_IN_COUNTED_ANSI_STRING, 0, 0, ETWI_WPP_VALUE},
    {"PWString", ETW_IN_COUNTED_STRING, 0, 0, ETWI_WPP_VALUE},
    {"HexDump", ETW_IN_MANIFEST_COUNTED_BINARY, 0, 0, ETWI_WPP_HIDDEN},
    {"Guid", ETW_IN_GUID, 0, 0, ETWI_WPP_VALUE},
    {"CLSID", ETW_IN_GUID, 0, 0, ETWI_WPP_VALUE},
    {"IID", ETW_IN_GUID, 0, 0, ETWI_WPP_VALUE},
    {"LIBID", ETW_IN_GUID, 0, 0, ETWI_WPP_VALUE},
    {"Sid", ETW_IN_SID, 0, 0, ETWI_WPP_VALUE},
    {"Timestamp", ETW_IN_FILETIME, 0, 0, ETWI_WPP_VALUE},
    {"TimeDelta", ETW_IN_INT64, 0, 0, ETWI_WPP_DELTA},
    {"WaitTime", ETW_IN_INT64, 0, 0, ETWI_WPP_DELTA},
    {"IPAddr", ETW_IN_UINT32, ETW_OUT_IPV4, 0, ETWI_WPP_VALUE},
    {"Port", ETW_IN_UINT16, ETW_OUT_PORT, 0, ETWI_WPP_VALUE},
    {"IPV6Addr", ETW_IN_BINARY, ETW_OUT_IPV6, 16, ETWI_WPP_VALUE},
    {"MACAddr", ETW_IN_BINARY, 0, 6, ETWI_WPP_VALUE},
    {"NTSTATUS", ETW_IN_UINT32, ETW_OUT_NTSTATUS, 0, ETWI_WPP_NTSTATUS},
    {"NDIS_STATUS", ETW_IN_UINT32, ETW_OUT_NTSTATUS, 0, ETWI_WPP_NTSTATUS},
    {"HRESULT", ETW_IN_INT32, ETW_OUT_HRESULT, 0, ETWI_WPP_HRESULT},
    {"WINERROR", ETW_IN_UINT32, ETW_OUT_WIN32_ERROR, 0, ETWI_WPP_WINERROR},
    {"NDIS_OID", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0, ETWI_WPP_HEX},
    {"Enum", ETW_IN_UINT32, 0, 0, ETWI_WPP_ENUM},
    {"FlagsEnum", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0, ETWI_WPP_FLAGS},
    {"ListByte", ETW_IN_UINT8, 0, 0, ETWI_WPP_LIST},
    {"ListShort", ETW_IN_UINT16, 0, 0, ETWI_WPP_LIST},
    {"ListLong", ETW_IN_UINT32, 0, 0, ETWI_WPP_LIST},
    {"SetByte", ETW_IN_UINT8, ETW_OUT_HEX_INT8, 0, ETWI_WPP_SET},
    {"SetShort", ETW_IN_UINT16, ETW_OUT_HEX_INT16, 0, ETWI_WPP_SET},
    {"SetLong", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0, ETWI_WPP_SET},
    {"Char4", ETW_IN_ANSI_STRING, 0, 4, ETWI_WPP_VALUE},
};

/* ------------------------------------------------------------------------------- maps */

void etwi_tmf_enums_free(etwi_tmf_enums *enums)
{
    const etw_allocator *allocator = &enums->names.allocator;
    etwi_name_table_free(&enums->names);
    etwi_free(allocator, enums->maps, enums->capacity * sizeof *enums->maps);
}

static etw_map *make_map(const etwi_tmf_enums *enums, etw_map_entry *entries, uint32_t count)
{
    etw_map *map = etwi_arena_alloc_zeroed(enums->arena, sizeof *map);
    if (!map || !etwi_map_entries_sort(entries, &count, &enums->arena->allocator))
        return NULL;
    map->entries = entries;
    map->entry_count = count;
    return map;
}

/* How many lines the block has at whose beginning the lines are. */
static size_t count_block(etwi_tmf_lines lines)
{
    etw_str line;
    size_t count = 0;
    while (etwi_tmf_next(&lines, &line) && !etwi_tmf_is(line, "}"))
        count++;
    return count;
}

/* `label,0x5`; without a number the one that follows the last. */
static bool read_label(const etwi_tmf_enums *enums, etw_str line, uint64_t next, etw_map_entry *out)
{
    const size_t comma = etwi_tmf_find_last(line, ",");
    etw_str label = line, number;
    out->value = next;
    if (comma != SIZE_MAX) {
        etwi_tmf_split(line, comma, 1, &label, &number);
        number = etwi_tmf_trim(number);
        if (number.size && !etwi_tmf_number(number, &out->value))
            label = line;
    }
    out->value &= UINT32_MAX; /* Enumerations are stored in four bytes. */
    return etwi_schema_text_utf8(enums->arena, &out->text, etwi_tmf_trim(label));
}

static etw_status add_enum(etwi_tmf_enums *enums, etw_str name, etw_map_entry *entries,
                           uint32_t count)
{
    etw_map *map = make_map(enums, entries, count);
    etw_map *bits = etwi_arena_alloc_zeroed(enums->arena, sizeof *bits);
    if (!map || !bits || !etwi_schema_text_utf8(enums->arena, &map->name, name))
        return ETW_E_NOMEM;
    *bits = *map;
    bits->is_bitmap = true;
    ETWI_TRY(etwi_grow(&enums->names.allocator, (void **)&enums->maps, &enums->capacity,
                       enums->count + 2, sizeof *enums->maps));
    etwi_name *slot = etwi_name_put(&enums->names, 0, map->name);
    if (!slot)
        return ETW_E_NOMEM;
    if (slot->value == ETWI_NO_VALUE) {
        slot->value = (uint32_t)enums->count;
        enums->maps[enums->count++] = map;
        enums->maps[enums->count++] = bits;
    }
    return ETW_OK;
}

etw_status etwi_tmf_read_enum(etwi_tmf_enums *enums, etw_str line, etwi_tmf_lines *lines,
                              etw_error *error)
{
    const etw_str name = etwi_tmf_word(&line);
    const size_t line_count = count_block(*lines);
    if (line_count > UINT16_MAX)
        return etwi_fail(error, ETW_E_LIMIT, (uint64_t)(lines->at - lines->start),
                         "an enumeration of more than %u labels", (unsigned)UINT16_MAX);
    etw_map_entry *entries = etwi_arena_alloc(enums->arena, line_count * sizeof *entries);
    if (!entries)
        return etwi_fail_nomem(error);
    uint32_t count = 0;
    while (etwi_tmf_next(lines, &line) && !etwi_tmf_is(line, "}")) {
        if (etwi_tmf_is(line, "{"))
            continue;
        const uint64_t next = count ? entries[count - 1].value + 1 : 0;
        if (!read_label(enums, line, next, &entries[count++]))
            return etwi_fail_nomem(error);
    }
    if (!name.size)
        return ETW_OK;
    return add_enum(enums, name, entries, count) == ETW_OK ? ETW_OK : etwi_fail_nomem(error);
}

/* The map of a list of labels between commas: their indexes, or bits. NULL if memory is out. */
static const etw_map *list_map(const etwi_tmf_enums *enums, etw_str list, bool is_bitmap)
{
    size_t count = 1;
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == ',';
    if (is_bitmap && count > 32)
        count = 32;
    etw_map_entry *entries = etwi_arena_alloc(enums->arena, count * sizeof *entries);
    for (size_t i = 0; entries && i < count; i++) {
        const char *comma = list.size ? memchr(list.data, ',', list.size) : NULL;
        etw_str label = list;
        if (comma)
            etwi_tmf_split(list, (size_t)(comma - list.data), 1, &label, &list);
        entries[i].value = is_bitmap ? (uint64_t)1 << i : i;
        if (!etwi_schema_text_utf8(enums->arena, &entries[i].text, etwi_tmf_trim(label)))
            return NULL;
    }
    etw_map *map = entries ? make_map(enums, entries, (uint32_t)count) : NULL;
    if (map)
        map->is_bitmap = is_bitmap;
    return map;
}

static etw_status set_map(const etwi_tmf_enums *enums, etwi_wpp_show show, etw_str list,
                          etw_property *out)
{
    if (show == ETWI_WPP_LIST || show == ETWI_WPP_SET) {
        out->map = list_map(enums, list, show == ETWI_WPP_SET);
        return out->map ? ETW_OK : ETW_E_NOMEM;
    }
    if (show == ETWI_WPP_ENUM || show == ETWI_WPP_FLAGS) {
        const uint32_t index = etwi_name_find(&enums->names, 0, list);
        if (index != ETWI_NO_VALUE)
            out->map = enums->maps[index + (show == ETWI_WPP_FLAGS)];
    }
    return ETW_OK;
}

/* ------------------------------------------------------------------------------ types */

/* The letter of the first format that the message gives for an argument; 's' if there is none. */
static char conversion_of(etw_str format, unsigned number)
{
    while (format.size) {
        const char *percent = memchr(format.data, '%', format.size);
        if (!percent)
            break;
        etwi_insertion insertion = {.size = 2};
        format.size -= (size_t)(percent - format.data);
        format.data = percent;
        if (etwi_insertion_parse(format, ETWI_WPP_DIGITS_MAX, &insertion) &&
            insertion.number == number)
            return insertion.conversion;
        const size_t size = insertion.size ? insertion.size : 2;
        if (size >= format.size)
            break;
        format.data += size;
        format.size -= size;
    }
    return 's';
}

/* Macros give the same type to signed and unsigned arguments; the format tells them apart. */
static void set_integer(etw_property *out, char conversion)
{
    static const uint16_t HEX[] = {ETW_OUT_HEX_INT8, ETW_OUT_HEX_INT16, ETW_OUT_HEX_INT32,
                                   ETW_OUT_HEX_INT64};
    if (out->in_type < ETW_IN_INT8 || out->in_type > ETW_IN_UINT64)
        return;
    const unsigned width = (out->in_type - ETW_IN_INT8) / 2;
    const bool is_hex = conversion == 'x' || conversion == 'X' || conversion == 'p';
    if (is_hex || conversion == 'u' || conversion == 'o')
        out->in_type = (uint16_t)(ETW_IN_UINT8 + 2 * width);
    if (is_hex)
        out->out_type = HEX[width];
    else if ((conversion == 'c' || conversion == 'C') && width < 2)
        out->out_type = ETW_OUT_STRING;
}

static const item_type *find_type(etw_str name)
{
    for (size_t i = 0; i < sizeof ITEM_TYPES / sizeof ITEM_TYPES[0]; i++)
        if (etwi_tmf_is(name, ITEM_TYPES[i].name))
            return &ITEM_TYPES[i];
    return NULL;
}

etw_status etwi_tmf_item(const etwi_tmf_enums *enums, etw_str type, unsigned number, etw_str format,
                         etw_property *out)
{
    etw_str name = type, list = {NULL, 0};
    const char *open = type.size ? memchr(type.data, '(', type.size) : NULL;
    if (open) {
        etwi_tmf_split(type, (size_t)(open - type.data), 1, &name, &list);
        const size_t close = etwi_tmf_find_last(list, ")");
        list.size = close == SIZE_MAX ? list.size : close;
        list = etwi_tmf_trim(list);
    }
    name = etwi_tmf_trim(name);
    if (etwi_tmf_starts(name, "Item")) {
        name.data += 4;
        name.size -= 4;
    }
    const item_type *item = find_type(name);
    out->in_type = item ? item->in_type : BAD_IN_TYPE;
    out->count = 1;
    out->tags = etwi_wpp_tags(number, ETWI_WPP_VALUE);
    if (!item)
        return ETW_OK;
    out->out_type = item->out_type;
    out->length = item->length;
    out->flags = item->length ? ETW_PROPERTY_FIXED_LENGTH : 0;
    out->tags = etwi_wpp_tags(number, (etwi_wpp_show)item->show);
    if (item->show == ETWI_WPP_NUMBER)
        set_integer(out, conversion_of(format, number));
    return set_map(enums, (etwi_wpp_show)item->show, list, out);
}
