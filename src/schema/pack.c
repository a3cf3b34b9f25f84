#include "schema/pack.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/error.h"
#include "guid/order.h"

#include <stdatomic.h>

enum {
    FANOUT = 256, /* Providers by the first byte of their GUIDs' text. */
};

typedef struct entry {
    etw_guid provider;
    uint64_t offset;
    uint64_t size;
    uint64_t checksum;
    atomic_bool is_loaded;
} entry;

struct etwi_pack {
    etw_allocator allocator;
    etwi_file file;
    bool has_file;
    uint8_t *memory; /* Instead of a file. */
    uint64_t size;
    etwi_pack_summary summary;
    uint32_t entry_count;
    entry *entries;
    uint32_t fanout[FANOUT + 1]; /* The first entry of each byte. */
};

bool etwi_pack_probe(etw_bytes bytes)
{
    return bytes.size >= ETWI_PACK_MAGIC_SIZE &&
           memcmp(bytes.data, ETWI_PACK_MAGIC, ETWI_PACK_MAGIC_SIZE) == 0;
}

static etw_status read_at(const etwi_pack *pack, uint64_t offset, uint8_t *out, size_t size,
                          etw_error *error)
{
    size_t got = size;
    if (offset > pack->size || size > pack->size - offset)
        return etwi_fail(error, ETW_E_TRUNCATED, offset, "the pack ends early");
    if (pack->has_file)
        ETWI_TRY(etwi_file_read_at(&pack->file, offset, out, size, &got, error));
    else
        memcpy(out, pack->memory + offset, size);
    if (got != size)
        return etwi_fail(error, ETW_E_TRUNCATED, offset + got, "the pack has become shorter");
    return ETW_OK;
}

/* -------------------------------------------------------------------------------- opening */

/* Messages go to terminals. */
static void read_message(etwi_cursor *cursor, etw_error *out)
{
    const size_t size = etwi_u16(cursor);
    const uint8_t *text = etwi_take(cursor, size);
    size_t kept = 0;
    for (size_t i = 0; text && i < size && kept + 1 < sizeof out->message; i++)
        out->message[kept++] = (char)(text[i] < ' ' || text[i] == 0x7F ? '?' : text[i]);
    out->message[kept] = '\0';
}

static void read_problem(etwi_cursor *cursor, etwi_pack_problem *out)
{
    out->count = etwi_u64(cursor);
    out->first.status = (etw_status)(int32_t)etwi_u32(cursor);
    out->first.os_code = (int32_t)etwi_u32(cursor);
    out->first.offset = etwi_u64(cursor);
    read_message(cursor, &out->first);
    /* Nothing else is a failure that somebody could be told. */
    if (!out->count || !etw_failed(out->first.status))
        *out = (etwi_pack_problem){0};
}

static bool read_summary(etwi_cursor *cursor, etwi_pack_summary *out)
{
    for (unsigned i = 0; i < ETWI_PACK_SOURCES_MAX; i++)
        out->schemas[i] = etwi_u64(cursor);
    read_problem(cursor, &out->failures);
    read_problem(cursor, &out->rejected);
    return !cursor->failed;
}

/* Entries have to be in order, or they could not be found; `*offset` is that of the section. */
static bool read_entry(etwi_pack *pack, etwi_cursor *cursor, uint32_t index, uint64_t *offset)
{
    entry *e = &pack->entries[index];
    e->provider = etwi_guid(cursor);
    e->offset = *offset;
    e->size = etwi_u64(cursor);
    e->checksum = etwi_u64(cursor);
    atomic_init(&e->is_loaded, false);
    pack->fanout[(e->provider.data1 >> 24) + 1] = index + 1;
    if (cursor->failed || e->size > pack->size - *offset)
        return false;
    *offset += e->size;
    return !index || etwi_guid_compare(&e[-1].provider, &e->provider) < 0;
}

static etw_status read_directory(etwi_pack *pack, etwi_cursor *cursor, uint64_t offset,
                                 etw_error *error)
{
    pack->entries = etwi_alloc_zeroed(&pack->allocator, pack->entry_count * sizeof *pack->entries);
    if (!pack->entries && pack->entry_count)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < pack->entry_count; i++)
        if (!read_entry(pack, cursor, i, &offset))
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "the directory of the pack makes no sense");
    /* Bytes that no provider has begin where the one before them ends. */
    for (unsigned i = 1; i <= FANOUT; i++)
        if (pack->fanout[i] < pack->fanout[i - 1])
            pack->fanout[i] = pack->fanout[i - 1];
    return ETW_OK;
}

/* The parts of the head. */
typedef struct head {
    uint32_t version;
    uint32_t entry_count;
    uint64_t file_size;
    uint64_t stamp;
    uint32_t summary_size;
    uint64_t checksum;
    size_t size; /* With summary and directory. */
} head;

static etw_status read_head(const etwi_pack *pack, head *out, etw_error *error)
{
    uint8_t bytes[ETWI_PACK_HEAD_SIZE];
    ETWI_TRY(read_at(pack, 0, bytes, sizeof bytes, error));
    etwi_cursor cursor = etwi_cursor_of(bytes, sizeof bytes);
    if (!etwi_pack_probe((etw_bytes){bytes, sizeof bytes}))
        return etwi_fail(error, ETW_E_UNSUPPORTED, 0, "not a pack");
    etwi_take(&cursor, ETWI_PACK_MAGIC_SIZE);
    out->version = etwi_u32(&cursor);
    out->entry_count = etwi_u32(&cursor);
    out->file_size = etwi_u64(&cursor);
    out->stamp = etwi_u64(&cursor);
    out->summary_size = etwi_u32(&cursor);
    etwi_u32(&cursor);
    out->checksum = etwi_u64(&cursor);
    if (out->version != ETWI_PACK_VERSION)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETWI_PACK_MAGIC_SIZE,
                         "a pack of version %u; this library reads version %u",
                         (unsigned)out->version, (unsigned)ETWI_PACK_VERSION);
    if (out->file_size != pack->size)
        return etwi_fail(error, ETW_E_TRUNCATED, pack->size, "the pack is not complete");
    const uint64_t size = ETWI_PACK_HEAD_SIZE + (uint64_t)out->summary_size +
                          (uint64_t)out->entry_count * ETWI_PACK_ENTRY_SIZE;
    if (size > pack->size)
        return etwi_fail(error, ETW_E_CORRUPT, 0, "the head of the pack is damaged");
    out->size = (size_t)size;
    return ETW_OK;
}

/* Everything before the sections, in memory at `bytes`. */
static etw_status read_front(etwi_pack *pack, const head *h, uint8_t *bytes, etw_error *error)
{
    ETWI_TRY(read_at(pack, 0, bytes, h->size, error));
    memset(bytes + ETWI_PACK_CHECKSUM_OFFSET, 0, sizeof h->checksum);
    if (etwi_checksum(bytes, h->size) != h->checksum)
        return etwi_fail(error, ETW_E_CORRUPT, 0, "the head of the pack is damaged");
    etwi_cursor summary = etwi_slice(bytes, h->size, ETWI_PACK_HEAD_SIZE, h->summary_size);
    if (!read_summary(&summary, &pack->summary))
        return etwi_fail(error, ETW_E_CORRUPT, ETWI_PACK_HEAD_SIZE,
                         "the summary of the pack makes no sense");
    pack->summary.stamp = h->stamp;
    pack->entry_count = h->entry_count;
    etwi_cursor directory = etwi_cursor_of(bytes, h->size);
    etwi_take(&directory, ETWI_PACK_HEAD_SIZE + (size_t)h->summary_size);
    return read_directory(pack, &directory, h->size, error);
}

static etw_status open_pack(etwi_pack *pack, etw_error *error)
{
    head h;
    ETWI_TRY(read_head(pack, &h, error));
    uint8_t *bytes = etwi_alloc(&pack->allocator, h.size);
    if (!bytes)
        return etwi_fail_nomem(error);
    const etw_status status = read_front(pack, &h, bytes, error);
    etwi_free(&pack->allocator, bytes, h.size);
    return status;
}

static etw_status finish(etwi_pack **out, etwi_pack *pack, etw_error *error)
{
    const etw_status status = open_pack(pack, error);
    if (etw_failed(status))
        etwi_pack_close(&pack);
    *out = pack;
    return status;
}

etw_status etwi_pack_open(etwi_pack **out, etwi_file *file, const etw_allocator *allocator,
                          etw_error *error)
{
    *out = NULL;
    etwi_pack *pack = etwi_alloc_zeroed(allocator, sizeof *pack);
    if (!pack) {
        etwi_file_close(file);
        return etwi_fail_nomem(error);
    }
    pack->allocator = *allocator;
    pack->file = *file;
    pack->has_file = true;
    pack->size = file->size;
    return finish(out, pack, error);
}

etw_status etwi_pack_open_memory(etwi_pack **out, etw_bytes bytes, const etw_allocator *allocator,
                                 etw_error *error)
{
    *out = NULL;
    etwi_pack *pack = etwi_alloc_zeroed(allocator, sizeof *pack);
    if (!pack)
        return etwi_fail_nomem(error);
    pack->allocator = *allocator;
    pack->size = bytes.size;
    pack->memory = etwi_alloc(allocator, bytes.size);
    if (!pack->memory && bytes.size) {
        etwi_pack_close(&pack);
        return etwi_fail_nomem(error);
    }
    if (bytes.size)
        memcpy(pack->memory, bytes.data, bytes.size);
    return finish(out, pack, error);
}

void etwi_pack_close(etwi_pack **pack)
{
    etwi_pack *closing = *pack;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    if (closing->has_file)
        etwi_file_close(&closing->file);
    else
        etwi_free(&allocator, closing->memory, (size_t)closing->size);
    etwi_free(&allocator, closing->entries, closing->entry_count * sizeof *closing->entries);
    etwi_free(&allocator, closing, sizeof *closing);
    *pack = NULL;
}

/* -------------------------------------------------------------------------------- looking */

const etwi_pack_summary *etwi_pack_get_summary(const etwi_pack *pack)
{
    return &pack->summary;
}

uint32_t etwi_pack_provider_count(const etwi_pack *pack)
{
    return pack->entry_count;
}

etw_guid etwi_pack_provider(const etwi_pack *pack, uint32_t index)
{
    return pack->entries[index].provider;
}

uint32_t etwi_pack_find(const etwi_pack *pack, const etw_guid *provider)
{
    uint32_t low = pack->fanout[provider->data1 >> 24];
    uint32_t high = pack->fanout[(provider->data1 >> 24) + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = etwi_guid_compare(&pack->entries[middle].provider, provider);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ETWI_PACK_NO_PROVIDER;
}

bool etwi_pack_is_loaded(const etwi_pack *pack, uint32_t index)
{
    return atomic_load_explicit(&pack->entries[index].is_loaded, memory_order_acquire);
}

void etwi_pack_set_loaded(etwi_pack *pack, uint32_t index)
{
    atomic_store_explicit(&pack->entries[index].is_loaded, true, memory_order_release);
}

etw_status etwi_pack_load(const etwi_pack *pack, uint32_t index, etwi_section *out,
                          etw_error *error)
{
    const entry *e = &pack->entries[index];
    const size_t size = (size_t)e->size;
    uint8_t *bytes = size == e->size ? etwi_arena_alloc(out->arena, size) : NULL;
    if (!bytes)
        return etwi_fail_nomem(error);
    ETWI_TRY(read_at(pack, e->offset, bytes, size, error));
    if (etwi_checksum(bytes, size) != e->checksum)
        return etwi_fail(error, ETW_E_CORRUPT, e->offset, "a section of the pack is damaged");
    out->provider = e->provider;
    const etw_status status = etwi_section_decode(out, (etw_bytes){bytes, size}, error);
    if (status == ETW_E_CORRUPT && error)
        error->offset = e->offset;
    return status;
}
