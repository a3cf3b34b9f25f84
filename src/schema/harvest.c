#include "schema/harvest.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "schema/builtin.h"
#include "schema/event_info.h"
#include "schema/liars.h"
#include "schema/manifest.h"

#include <stdlib.h>

const etw_guid etwi_event_info_class = {
    0xbbccf6c1, 0x6cd1, 0x48c4, {0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71}};

enum {
    EVENT_INFO_OPCODE = 32,
    MAP_INFO_OPCODE = 33,
    HARVEST_BYTES_MAX = 256 * 1024 * 1024,
};

/* One copied payload. */
typedef struct blob {
    uint64_t hash;
    etwi_harvest_place place;
    etw_bytes data;
    etwi_scope scope;
} blob;

/* One chunk of a manifest; chunks of one writer and time make a document. */
typedef struct chunk {
    etwi_harvest_place place;
    etw_guid provider;
    uint32_t process_id, thread_id;
    uint16_t total, number;
    uint8_t version; /* Of the event. */
    int64_t time;    /* Raw. */
    etw_bytes text;
    const etw_trace_info *trace;
} chunk;

typedef struct named_map {
    etw_guid provider;
    etw_map *map; /* In the memory of the store. */
} named_map;

struct etwi_harvest {
    etw_allocator allocator;
    etwi_arena arena;
    size_t bytes;
    uint64_t dropped; /* Descriptions beyond HARVEST_BYTES_MAX. */
    blob *infos;
    size_t info_count, info_capacity;
    blob *map_blobs;
    size_t map_blob_count, map_blob_capacity;
    chunk *chunks;
    size_t chunk_count, chunk_capacity;
    named_map *maps;
    size_t map_count, map_capacity;
    uint64_t
        *published; /* Hashes of the documents that etwi_harvest_publish_whole() is done with. */
    size_t published_count, published_capacity;
    size_t published_bytes;
};

etw_status etwi_harvest_create(etwi_harvest **out, const etw_allocator *allocator, etw_error *error)
{
    etwi_harvest *harvest = etwi_alloc_zeroed(allocator, sizeof *harvest);
    if (!harvest)
        return etwi_fail_nomem(error);
    harvest->allocator = harvest->arena.allocator = *allocator;
    *out = harvest;
    return ETW_OK;
}

void etwi_harvest_destroy(etwi_harvest **harvest)
{
    etwi_harvest *closing = *harvest;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    etwi_free(&allocator, closing->infos, closing->info_capacity * sizeof *closing->infos);
    etwi_free(&allocator, closing->map_blobs,
              closing->map_blob_capacity * sizeof *closing->map_blobs);
    etwi_free(&allocator, closing->chunks, closing->chunk_capacity * sizeof *closing->chunks);
    etwi_free(&allocator, closing->maps, closing->map_capacity * sizeof *closing->maps);
    etwi_free(&allocator, closing->published,
              closing->published_capacity * sizeof *closing->published);
    etwi_arena_free(&closing->arena);
    etwi_free(&allocator, closing, sizeof *closing);
    *harvest = NULL;
}

/* ---------------------------------------------------------------------------- gathering */

static etw_status copy_bytes(etwi_harvest *harvest, etw_bytes *out, const uint8_t *data,
                             size_t size)
{
    uint8_t *copy = etwi_arena_alloc(&harvest->arena, size);
    if (!copy)
        return ETW_E_NOMEM;
    if (size)
        memcpy(copy, data, size);
    out->data = copy;
    out->size = size;
    harvest->bytes += size;
    return ETW_OK;
}

static etw_status add_blob(etwi_harvest *harvest, blob **list, size_t *count, size_t *capacity,
                           const etw_event *event, const etwi_harvest_place *place)
{
    void *memory = *list;
    const etw_status grown =
        etwi_grow(&harvest->allocator, &memory, capacity, *count + 1, sizeof **list);
    *list = memory;
    ETWI_TRY(grown);
    blob *added = &(*list)[*count];
    added->hash = etwi_hash_bytes(0, event->payload, event->payload_size);
    added->place = *place;
    added->scope.trace = event->trace;
    added->scope.process_id = ETW_NO_ID;
    ETWI_TRY(copy_bytes(harvest, &added->data, event->payload, event->payload_size));
    (*count)++;
    return ETW_OK;
}

static etw_status add_chunk(etwi_harvest *harvest, const etw_event *event,
                            const etwi_harvest_place *place)
{
    void *memory = harvest->chunks;
    const etw_status grown = etwi_grow(&harvest->allocator, &memory, &harvest->chunk_capacity,
                                       harvest->chunk_count + 1, sizeof *harvest->chunks);
    harvest->chunks = memory;
    ETWI_TRY(grown);
    chunk *added = &harvest->chunks[harvest->chunk_count];
    added->place = *place;
    added->provider = event->provider;
    added->process_id = event->process_id;
    added->thread_id = event->thread_id;
    added->version = event->version;
    added->time = event->raw_timestamp;
    added->total = etwi_load_u16(event->payload + 4);
    added->number = etwi_load_u16(event->payload + 6);
    added->trace = event->trace;
    ETWI_TRY(copy_bytes(harvest, &added->text, event->payload + ETWI_MANIFEST_HEADER_SIZE,
                        event->payload_size - ETWI_MANIFEST_HEADER_SIZE));
    harvest->chunk_count++;
    return ETW_OK;
}

etw_status etwi_harvest_add(etwi_harvest *harvest, const etw_event *event,
                            const etwi_harvest_place *place)
{
    const bool is_manifest = !(event->flags & ETW_EVENT_CLASSIC) && etwi_is_manifest_data(event);
    const bool is_info = event->flags & ETW_EVENT_CLASSIC &&
                         etw_guid_equal(&event->provider, &etwi_event_info_class) &&
                         (event->opcode == EVENT_INFO_OPCODE || event->opcode == MAP_INFO_OPCODE);
    if (!is_manifest && !is_info)
        return ETW_OK;
    if (harvest->bytes > HARVEST_BYTES_MAX) {
        harvest->dropped++;
        return ETW_OK;
    }
    if (is_manifest)
        return add_chunk(harvest, event, place);
    if (event->opcode == EVENT_INFO_OPCODE)
        return add_blob(harvest, &harvest->infos, &harvest->info_count, &harvest->info_capacity,
                        event, place);
    return add_blob(harvest, &harvest->map_blobs, &harvest->map_blob_count,
                    &harvest->map_blob_capacity, event, place);
}

/* ------------------------------------------------------------------------- maps and infos */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_place(const etwi_harvest_place *a, const etwi_harvest_place *b)
{
    int order = compare_numbers(a->trace, b->trace);
    if (!order)
        order = compare_numbers(a->buffer, b->buffer);
    return order ? order : compare_numbers(a->record, b->record);
}

static int compare_blobs(const void *a, const void *b)
{
    const blob *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->data.size != y->data.size)
        return x->data.size < y->data.size ? -1 : 1;
    const int order = x->data.size ? memcmp(x->data.data, y->data.data, x->data.size) : 0;
    return order ? order : compare_place(&x->place, &y->place);
}

static int compare_places(const void *a, const void *b)
{
    const blob *x = a, *y = b;
    return compare_place(&x->place, &y->place);
}

/* Merging tools repeat descriptions; equal ones become one, first come first. */
static void remove_repeated(blob *blobs, size_t *count)
{
    if (!*count)
        return;
    qsort(blobs, *count, sizeof *blobs, compare_blobs);
    size_t kept = 0;
    for (size_t i = 1; i < *count; i++) {
        blob *last = &blobs[kept];
        if (blobs[i].hash == last->hash && blobs[i].data.size == last->data.size &&
            memcmp(blobs[i].data.data, last->data.data, last->data.size) == 0) {
            if (blobs[i].scope.trace != last->scope.trace)
                last->scope.trace = NULL;
            continue;
        }
        blobs[++kept] = blobs[i];
    }
    *count = kept + 1;
    qsort(blobs, *count, sizeof *blobs, compare_places);
}

static int compare_map_key(const etw_guid *provider_a, etw_str name_a, const etw_guid *provider_b,
                           etw_str name_b)
{
    const int order = memcmp(provider_a, provider_b, sizeof *provider_a);
    if (order)
        return order;
    const size_t shared = name_a.size < name_b.size ? name_a.size : name_b.size;
    const int text = shared ? memcmp(name_a.data, name_b.data, shared) : 0;
    if (text || name_a.size == name_b.size)
        return text;
    return name_a.size < name_b.size ? -1 : 1;
}

static int compare_maps(const void *a, const void *b)
{
    const named_map *x = a, *y = b;
    return compare_map_key(&x->provider, x->map->name, &y->provider, y->map->name);
}

static const etw_map *find_map(void *user, const etw_guid *provider, etw_str name)
{
    const etwi_harvest *harvest = user;
    size_t low = 0, high = harvest->map_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const named_map *map = &harvest->maps[middle];
        if (compare_map_key(&map->provider, map->map->name, provider, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == harvest->map_count)
        return NULL;
    const named_map *found = &harvest->maps[low];
    return compare_map_key(&found->provider, found->map->name, provider, name) == 0 ? found->map
                                                                                    : NULL;
}

static etw_status parse_map(etwi_harvest *harvest, etw_schema_store *store, const blob *source)
{
    etwi_cursor cursor = etwi_cursor_of(source->data.data, source->data.size);
    etwi_arena *arena = etwi_store_arena(store);
    named_map *added = &harvest->maps[harvest->map_count];
    etw_error error;
    added->provider = etwi_guid(&cursor);
    added->map = etwi_arena_alloc(arena, sizeof *added->map);
    if (!added->map)
        return ETW_E_NOMEM;
    const etw_bytes rest = {cursor.at, etwi_left(&cursor)};
    const etw_status status = etwi_event_map_parse(added->map, rest, arena, &error);
    if (status == ETW_OK)
        harvest->map_count++;
    else if (status != ETW_E_NOMEM)
        etwi_store_reject(store, &error);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status publish_maps(etwi_harvest *harvest, etw_schema_store *store)
{
    remove_repeated(harvest->map_blobs, &harvest->map_blob_count);
    void *memory = harvest->maps;
    const etw_status grown = etwi_grow(&harvest->allocator, &memory, &harvest->map_capacity,
                                       harvest->map_blob_count, sizeof *harvest->maps);
    harvest->maps = memory;
    ETWI_TRY(grown);
    for (size_t i = 0; i < harvest->map_blob_count; i++)
        ETWI_TRY(parse_map(harvest, store, &harvest->map_blobs[i]));
    if (harvest->map_count)
        qsort(harvest->maps, harvest->map_count, sizeof *harvest->maps, compare_maps);
    return ETW_OK;
}

static etw_status publish_infos(etwi_harvest *harvest, etw_schema_store *store)
{
    remove_repeated(harvest->infos, &harvest->info_count);
    for (size_t i = 0; i < harvest->info_count; i++) {
        etw_schema schema;
        etw_error error;
        etw_status status = etwi_event_info_parse(
            &schema, harvest->infos[i].data, etwi_store_arena(store), find_map, harvest, &error);
        if (status == ETW_OK)
            status = etwi_correct_liar(&schema, etwi_store_arena(store));
        if (status == ETW_OK)
            status = etwi_store_put(store, &schema, harvest->infos[i].scope, &error);
        else if (status != ETW_E_NOMEM)
            etwi_store_reject(store, &error);
        if (status == ETW_E_NOMEM)
            return status;
    }
    return ETW_OK;
}

/* ----------------------------------------------------------------------------- manifests */

/* By writer, and then by time: a thread that changes its processor writes into several buffers,
 * which come in any order. */
static int compare_chunks(const void *a, const void *b)
{
    const chunk *x = a, *y = b;
    const int order = memcmp(&x->provider, &y->provider, sizeof x->provider);
    if (order)
        return order;
    if (x->place.trace != y->place.trace)
        return compare_numbers(x->place.trace, y->place.trace);
    if (x->process_id != y->process_id)
        return x->process_id < y->process_id ? -1 : 1;
    if (x->thread_id != y->thread_id)
        return x->thread_id < y->thread_id ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return compare_place(&x->place, &y->place);
}

static bool same_writer(const chunk *a, const chunk *b)
{
    return etw_guid_equal(&a->provider, &b->provider) && a->trace == b->trace &&
           a->process_id == b->process_id && a->thread_id == b->thread_id;
}

/* How many chunks from the first on make a whole document; 0 if they do not. */
static size_t whole_document(const chunk *chunks, size_t count)
{
    const size_t total = chunks[0].total;
    if (!total || total > count)
        return 0;
    for (size_t i = 0; i < total; i++)
        if (chunks[i].number != i || chunks[i].total != total || !same_writer(&chunks[i], chunks))
            return 0;
    return total;
}

typedef struct taker {
    etw_schema_store *store;
    etwi_scope scope;
    etw_str provider_name; /* Of the first schema that was taken. */
} taker;

static etw_status take_schema(void *user, const etw_schema *schema)
{
    taker *t = user;
    etw_schema corrected = *schema;
    etw_error error;
    if (!t->provider_name.size)
        t->provider_name = schema->provider_name;
    ETWI_TRY(etwi_correct_liar(&corrected, etwi_store_arena(t->store)));
    const etw_status status = etwi_store_put(t->store, &corrected, t->scope, &error);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status take_provider(void *user, const etwi_provider *provider)
{
    const taker *t = user;
    return etwi_store_put_providers(t->store, &provider, 1);
}

/* The events that carry the manifest get a schema with the provider's name, which only the
 * manifest tells. */
static etw_status put_carrier(const taker *t, const chunk *first)
{
    etw_schema carrier = *etwi_builtin_manifest_data();
    etw_error error;
    carrier.provider = first->provider;
    carrier.provider_name = t->provider_name;
    carrier.version = first->version;
    const etw_status status = etwi_store_put(t->store, &carrier, t->scope, &error);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status publish_document(etw_schema_store *store, const chunk *first, etw_bytes xml)
{
    taker t = {store, {first->trace, first->process_id}, {NULL, 0}};
    const etwi_taker take = {take_schema, take_provider, &t};
    etw_error problem = {ETW_OK, 0, 0, ""}, error;
    const etw_status status =
        etwi_manifest_parse(xml, etwi_store_arena(store), &take, &problem, &error);
    if (etw_failed(status) && status != ETW_E_NOMEM)
        etwi_store_reject(store, &error);
    else if (problem.status != ETW_OK)
        etwi_store_reject(store, &problem);
    if (status == ETW_OK && t.provider_name.size)
        return put_carrier(&t, first);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

/* Joins the chunks of a document. */
static etw_status join(etwi_harvest *harvest, const chunk *chunks, size_t count, blob *out)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += chunks[i].text.size;
    uint8_t *text = etwi_arena_alloc(&harvest->arena, size);
    if (!text)
        return ETW_E_NOMEM;
    out->data.data = text;
    out->data.size = size;
    for (size_t i = 0; i < count; i++) {
        memcpy(text, chunks[i].text.data, chunks[i].text.size);
        text += chunks[i].text.size;
    }
    out->hash = etwi_hash_bytes(0, out->data.data, size);
    return ETW_OK;
}

static bool same_document(const blob *a, const blob *b)
{
    return a->hash == b->hash && a->data.size == b->data.size &&
           memcmp(a->data.data, b->data.data, a->data.size) == 0;
}

static etw_status publish_manifests(etwi_harvest *harvest, etw_schema_store *store)
{
    chunk *chunks = harvest->chunks;
    blob last = {0, {0, 0, 0}, {NULL, 0}, {NULL, 0}};
    const chunk *last_writer = NULL;
    if (harvest->chunk_count)
        qsort(chunks, harvest->chunk_count, sizeof *chunks, compare_chunks);
    for (size_t i = 0; i < harvest->chunk_count;) {
        const size_t count = whole_document(&chunks[i], harvest->chunk_count - i);
        if (!count) {
            /* The rest of a document that is not whole is passed over with its beginning. */
            etwi_store_note_incomplete(store);
            do
                i++;
            while (i < harvest->chunk_count && chunks[i].number != 0 &&
                   same_writer(&chunks[i], &chunks[i - 1]));
            continue;
        }
        blob document;
        ETWI_TRY(join(harvest, &chunks[i], count, &document));
        /* A process writes the same document when it is enabled and again when disabled. */
        const bool repeated = last_writer && same_document(&document, &last) &&
                              last_writer->process_id == chunks[i].process_id &&
                              last_writer->trace == chunks[i].trace &&
                              etw_guid_equal(&last_writer->provider, &chunks[i].provider);
        if (!repeated)
            ETWI_TRY(publish_document(store, &chunks[i], document.data));
        last = document;
        last_writer = &chunks[i];
        i += count;
    }
    return ETW_OK;
}

/* Whether this is the first document of that text, for the scope of its schemas. */
static etw_status note_published(etwi_harvest *harvest, const chunk *first, const blob *document,
                                 bool *is_new)
{
    uint64_t hash = etwi_hash_bytes(document->hash, &first->provider, sizeof first->provider);
    hash = etwi_hash_bytes(hash, &first->process_id, sizeof first->process_id);
    hash = etwi_hash_bytes(hash, &first->trace, sizeof first->trace);
    *is_new = true;
    for (size_t i = 0; i < harvest->published_count && *is_new; i++)
        *is_new = harvest->published[i] != hash;
    if (!*is_new)
        return ETW_OK;
    void *memory = harvest->published;
    const etw_status grown = etwi_grow(&harvest->allocator, &memory, &harvest->published_capacity,
                                       harvest->published_count + 1, sizeof *harvest->published);
    harvest->published = memory;
    ETWI_TRY(grown);
    harvest->published[harvest->published_count++] = hash;
    harvest->published_bytes += document->data.size + sizeof hash;
    return ETW_OK;
}

static etw_status publish_whole(etwi_harvest *harvest, etw_schema_store *store)
{
    chunk *chunks = harvest->chunks;
    size_t kept = 0;
    if (harvest->chunk_count)
        qsort(chunks, harvest->chunk_count, sizeof *chunks, compare_chunks);
    for (size_t i = 0; i < harvest->chunk_count;) {
        const size_t count = whole_document(&chunks[i], harvest->chunk_count - i);
        if (!count) {
            chunks[kept++] = chunks[i++];
            continue;
        }
        blob document;
        bool is_new;
        ETWI_TRY(join(harvest, &chunks[i], count, &document));
        ETWI_TRY(note_published(harvest, &chunks[i], &document, &is_new));
        if (is_new)
            ETWI_TRY(publish_document(store, &chunks[i], document.data));
        i += count;
    }
    harvest->chunk_count = kept;
    if (!kept) {
        etwi_arena_free(&harvest->arena);
        harvest->bytes = harvest->published_bytes;
    }
    return ETW_OK;
}

etw_status etwi_harvest_publish_whole(etwi_harvest *harvest, etw_schema_store *store,
                                      etw_error *error)
{
    etwi_store_lock(store);
    const etw_status status = publish_whole(harvest, store);
    etwi_store_unlock(store);
    return status == ETW_OK ? ETW_OK : etwi_fail_nomem(error);
}

etw_status etwi_harvest_publish(etwi_harvest *harvest, etw_schema_store *store, etw_error *error)
{
    etwi_store_lock(store);
    etw_status status = publish_manifests(harvest, store);
    if (status == ETW_OK)
        status = publish_maps(harvest, store);
    if (status == ETW_OK)
        status = publish_infos(harvest, store);
    if (harvest->dropped) {
        etw_error limit;
        etwi_fail(&limit, ETW_E_LIMIT, ETW_NO_OFFSET,
                  "%llu schema descriptions beyond the limit of %d MiB",
                  (unsigned long long)harvest->dropped, HARVEST_BYTES_MAX >> 20);
        etwi_store_reject(store, &limit);
    }
    etwi_store_unlock(store);
    return status == ETW_OK ? ETW_OK : etwi_fail_nomem(error);
}
