#include "engine/enable_table.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "guid/order.h"
#include "os/output.h"
#include "os/private.h"

#include <stdio.h>

/*
 * All numbers are little-endian, nothing is aligned:
 *
 *     magic, changes, session GUID, number of entries
 *     for each entry: see write_entry(); for each of its filters: see write_filter()
 */
enum {
    MAGIC = 0x45575445, /* "ETWE" */
    PATH_MAX_SIZE = 1024,
};

/* ---- reading --------------------------------------------------------------------------------- */

/* Room for elements of which each takes at least one of the bytes that are left, so that no number
 * in the input makes memory grow beyond the input's own size. */
static void *room_for(etwi_arena *arena, etwi_cursor *from, size_t count, size_t size)
{
    void *room = count <= etwi_left(from) ? etwi_arena_alloc_zeroed(arena, count * size) : NULL;
    if (!room)
        from->failed = true;
    return room;
}

static void read_lists(etw_provider_filter *out, etwi_cursor *from, etwi_arena *arena)
{
    uint16_t *ids = room_for(arena, from, out->id_count, sizeof *ids);
    for (size_t i = 0; i < out->id_count && !from->failed; i++)
        ids[i] = etwi_u16(from);
    uint32_t *pids = room_for(arena, from, out->pid_count, sizeof *pids);
    for (size_t i = 0; i < out->pid_count && !from->failed; i++)
        pids[i] = etwi_u32(from);
    etw_str *names = room_for(arena, from, out->name_count, sizeof *names);
    for (size_t i = 0; i < out->name_count && !from->failed; i++) {
        names[i].size = etwi_u16(from);
        names[i].data = (const char *)etwi_take(from, names[i].size);
    }
    out->ids = ids;
    out->pids = pids;
    out->names = names;
}

static void read_filter(etw_provider_filter *out, etwi_cursor *from, etwi_arena *arena)
{
    out->type = etwi_u32(from);
    out->exclude = etwi_u8(from) != 0;
    out->level = etwi_u8(from);
    out->match_any_keyword = etwi_u64(from);
    out->match_all_keyword = etwi_u64(from);
    out->id_count = etwi_u16(from);
    out->pid_count = etwi_u16(from);
    out->name_count = etwi_u16(from);
    out->data.size = etwi_u32(from);
    read_lists(out, from, arena);
    out->data.data = etwi_take(from, out->data.size);
}

static void read_entry(etwi_enable *out, etwi_cursor *from, etwi_arena *arena)
{
    out->provider = etwi_guid(from);
    out->match_any_keyword = etwi_u64(from);
    out->match_all_keyword = etwi_u64(from);
    out->properties = etwi_u32(from);
    out->change = etwi_u32(from);
    out->capture = etwi_u32(from);
    out->level = etwi_u8(from);
    out->filter_count = etwi_u8(from);
    etw_provider_filter *filters = room_for(arena, from, out->filter_count, sizeof *filters);
    for (size_t i = 0; i < out->filter_count && !from->failed; i++)
        read_filter(&filters[i], from, arena);
    out->filters = filters;
}

/* The bytes belong to the table already. */
static bool read_table(etwi_enable_table *table, etwi_cursor *from)
{
    const uint32_t magic = etwi_u32(from);
    table->changes = etwi_u32(from);
    table->session = etwi_guid(from);
    const uint32_t count = etwi_u32(from);
    if (magic != MAGIC || count > ETWI_ENABLE_ENTRIES_MAX)
        return false;
    table->entries = room_for(&table->arena, from, count, sizeof *table->entries);
    for (size_t i = 0; i < count && !from->failed; i++) {
        read_entry(&table->entries[i], from, &table->arena);
        // They are searched by halves.
        if (i &&
            etwi_guid_compare(&table->entries[i - 1].provider, &table->entries[i].provider) >= 0)
            from->failed = true;
    }
    table->count = from->failed ? 0 : count;
    return !from->failed;
}

static void reset(etwi_enable_table *table, const etw_allocator *allocator)
{
    etwi_enable_table_free(table);
    table->arena.allocator = etwi_allocator_or_default(allocator);
    table->session = (etw_guid){0};
    table->changes = 0;
}

etw_status etwi_enable_table_parse(etwi_enable_table *out, etw_bytes bytes,
                                   const etw_allocator *allocator, etw_error *error)
{
    reset(out, allocator);
    if (!bytes.size)
        return ETW_OK;
    uint8_t *copy = etwi_arena_alloc(&out->arena, bytes.size);
    if (!copy)
        return etwi_fail_nomem(error);
    memcpy(copy, bytes.data, bytes.size);
    etwi_cursor from = etwi_cursor_of(copy, bytes.size);
    if (read_table(out, &from))
        return ETW_OK;
    etwi_enable_table_free(out);
    return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "the enable table is damaged");
}

static etw_status read_file(etwi_enable_table *out, const etwi_file *file,
                            const etw_allocator *allocator, etw_error *error)
{
    if (file->size > ETWI_ENABLE_TABLE_MAX)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "the enable table is too large");
    const etw_allocator memory = etwi_allocator_or_default(allocator);
    const size_t size = (size_t)file->size;
    uint8_t *bytes = etwi_alloc(&memory, size);
    if (!bytes)
        return etwi_fail_nomem(error);
    size_t got = 0;
    etw_status status = etwi_file_read_at(file, 0, bytes, size, &got, error);
    if (status == ETW_OK)
        status = etwi_enable_table_parse(out, (etw_bytes){bytes, got}, allocator, error);
    etwi_free(&memory, bytes, size);
    return status;
}

static void table_path(char out[PATH_MAX_SIZE], const char *folder, const char *suffix)
{
    snprintf(out, PATH_MAX_SIZE, "%s/enable%s", folder, suffix);
}

etw_status etwi_enable_table_read(etwi_enable_table *out, const char *folder,
                                  const etw_allocator *allocator, etw_error *error)
{
    char path[PATH_MAX_SIZE];
    etwi_file file;
    reset(out, allocator);
    table_path(path, folder, "");
    const etw_status status = etwi_private_open(&file, path, 0, error);
    if (status == ETW_E_NOT_FOUND)
        return ETW_OK;
    ETWI_TRY(status);
    const etw_status read = read_file(out, &file, allocator, error);
    etwi_file_close(&file);
    return read;
}

void etwi_enable_table_free(etwi_enable_table *table)
{
    etwi_arena_free(&table->arena);
    table->entries = NULL;
    table->count = 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put(etwi_buffer *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    etwi_buffer_append(out, bytes, size);
}

static void put_guid(etwi_buffer *out, const etw_guid *guid)
{
    put(out, guid->data1, 4);
    put(out, guid->data2, 2);
    put(out, guid->data3, 2);
    etwi_buffer_append(out, guid->data4, sizeof guid->data4);
}

static void write_filter(etwi_buffer *out, const etw_provider_filter *filter)
{
    put(out, filter->type, 4);
    put(out, filter->exclude, 1);
    put(out, filter->level, 1);
    put(out, filter->match_any_keyword, 8);
    put(out, filter->match_all_keyword, 8);
    put(out, filter->id_count, 2);
    put(out, filter->pid_count, 2);
    put(out, filter->name_count, 2);
    put(out, filter->data.size, 4);
    for (size_t i = 0; i < filter->id_count; i++)
        put(out, filter->ids[i], 2);
    for (size_t i = 0; i < filter->pid_count; i++)
        put(out, filter->pids[i], 4);
    for (size_t i = 0; i < filter->name_count; i++) {
        put(out, filter->names[i].size, 2);
        etwi_buffer_append_str(out, filter->names[i]);
    }
    etwi_buffer_append(out, filter->data.data, filter->data.size);
}

static void write_entry(etwi_buffer *out, const etwi_enable *entry)
{
    put_guid(out, &entry->provider);
    put(out, entry->match_any_keyword, 8);
    put(out, entry->match_all_keyword, 8);
    put(out, entry->properties, 4);
    put(out, entry->change, 4);
    put(out, entry->capture, 4);
    put(out, entry->level, 1);
    put(out, entry->filter_count, 1);
    for (size_t i = 0; i < entry->filter_count; i++)
        write_filter(out, &entry->filters[i]);
}

etw_status etwi_enable_table_format(const etwi_enable_table *table, etwi_buffer *out,
                                    etw_error *error)
{
    put(out, MAGIC, 4);
    put(out, table->changes, 4);
    put_guid(out, &table->session);
    put(out, table->count, 4);
    for (size_t i = 0; i < table->count; i++)
        write_entry(out, &table->entries[i]);
    if (out->failed)
        return etwi_fail_nomem(error);
    if (out->size > ETWI_ENABLE_TABLE_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the session enables more than a table holds");
    return ETW_OK;
}

/* Written beside, then renamed: whoever dies in between leaves the old table. Controllers of one
 * session take turns, so the name beside is nobody else's. */
static etw_status replace_file(const char *folder, const etwi_buffer *bytes, etw_error *error)
{
    char path[PATH_MAX_SIZE], beside[PATH_MAX_SIZE];
    etwi_file file;
    table_path(path, folder, "");
    table_path(beside, folder, ".new");
    etwi_file_remove(beside);
    ETWI_TRY(etwi_private_open(&file, beside, ETWI_OPEN_NEW, error));
    etw_status status = etwi_output_write_at(&file, 0, bytes->data, bytes->size, error);
    etwi_file_close(&file);
    if (status == ETW_OK && !etwi_file_rename(beside, path))
        status = etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "replacing %s failed", path);
    if (status != ETW_OK)
        etwi_file_remove(beside);
    return status;
}

etw_status etwi_enable_table_write(const etwi_enable_table *table, const char *folder,
                                   etw_error *error)
{
    etwi_buffer bytes = {.allocator = table->arena.allocator};
    etw_status status = etwi_enable_table_format(table, &bytes, error);
    if (status == ETW_OK)
        status = replace_file(folder, &bytes, error);
    etwi_buffer_free(&bytes);
    return status;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Where the provider is, or would be. */
static size_t place_of(const etwi_enable_table *table, const etw_guid *provider)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (etwi_guid_compare(&table->entries[middle].provider, provider) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

etwi_enable *etwi_enable_table_find(const etwi_enable_table *table, const etw_guid *provider)
{
    const size_t place = place_of(table, provider);
    return place < table->count && etw_guid_equal(&table->entries[place].provider, provider)
               ? &table->entries[place]
               : NULL;
}

/* A place for a new provider. */
static etwi_enable *insert(etwi_enable_table *table, const etw_guid *provider)
{
    const size_t place = place_of(table, provider);
    const size_t behind = table->count - place;
    etwi_enable *entries =
        etwi_arena_alloc_zeroed(&table->arena, (table->count + 1) * sizeof *entries);
    if (!entries)
        return NULL;
    if (table->count) {
        memcpy(entries, table->entries, place * sizeof *entries);
        memcpy(entries + place + 1, table->entries + place, behind * sizeof *entries);
    }
    table->entries = entries;
    table->count++;
    entries[place].provider = *provider;
    return &entries[place];
}

etw_status etwi_enable_table_set(etwi_enable_table *table, const etw_enable_parameters *parameters,
                                 etw_error *error)
{
    etw_provider_filter *filters = NULL;
    size_t filter_count = 0;
    if (parameters->filter_count > ETW_FILTERS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %d filters",
                         ETW_FILTERS_MAX);
    filters = etwi_arena_alloc_zeroed(&table->arena, sizeof *filters * ETW_FILTERS_MAX);
    if (!filters)
        return etwi_fail_nomem(error);
    for (size_t i = 0; i < parameters->filter_count; i++) {
        if (parameters->filters[i].type == ETW_FILTER_TYPE_PAYLOAD)
            continue;
        ETWI_TRY(etwi_enable_filter_copy(&filters[filter_count], &parameters->filters[i],
                                         &table->arena, error));
        filter_count++;
    }
    etwi_enable *entry = etwi_enable_table_find(table, &parameters->provider);
    if (!entry && table->count >= ETWI_ENABLE_ENTRIES_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the session enables %d providers already", ETWI_ENABLE_ENTRIES_MAX);
    if (!entry)
        entry = insert(table, &parameters->provider);
    if (!entry)
        return etwi_fail_nomem(error);
    entry->match_any_keyword = parameters->match_any_keyword;
    entry->match_all_keyword = parameters->match_all_keyword;
    entry->properties = parameters->properties;
    entry->level = parameters->level;
    entry->change = ++table->changes;
    entry->filters = filters;
    entry->filter_count = filter_count;
    return ETW_OK;
}

bool etwi_enable_table_remove(etwi_enable_table *table, const etw_guid *provider)
{
    etwi_enable *entry = etwi_enable_table_find(table, provider);
    if (!entry)
        return false;
    const size_t behind = (size_t)(table->entries + table->count - entry) - 1;
    memmove(entry, entry + 1, behind * sizeof *entry);
    table->count--;
    return true;
}
