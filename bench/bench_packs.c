/*
 * What packs cost: opening one, the first event of a provider, events whose schema is known, and
 * events that nothing describes, without and with a pack.
 *
 * The pack is made here: 1,000 providers with 50 events each.
 */
#include "schema/pack_write.h"
#include "schema/packs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS = 31,
    LOOKUPS = 1000000,
    PROVIDERS = 1000,
    EVENTS = 50,
    FIELDS = 6,
};

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare_times(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *times)
{
    qsort(times, ROUNDS, sizeof *times, compare_times);
    return times[ROUNDS / 2];
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_packs: %s\n", what);
    exit(1);
}

static etw_schema_store *open_store(void)
{
    etw_schema_store *store;
    if (etw_schema_store_create(&store, NULL, NULL) != ETW_OK)
        fail("no store");
    return store;
}

/* Made-up schemas, one provider after the other. */
static void write_pack(const char *path)
{
    static const etw_str NAMES[FIELDS] = {{"Count", 5}, {"Path", 4},   {"Address", 7},
                                          {"Port", 4},  {"Status", 6}, {"Time", 4}};
    static etw_property fields[FIELDS];
    static etw_schema schemas[PROVIDERS * EVENTS];
    static const etw_schema *list[PROVIDERS * EVENTS];
    for (unsigned i = 0; i < FIELDS; i++)
        fields[i] = (etw_property){.name = NAMES[i], .in_type = ETW_IN_UINT32, .count = 1};
    for (uint32_t i = 0; i < PROVIDERS * EVENTS; i++) {
        schemas[i] = (etw_schema){.provider = {i / EVENTS * 4000000, 1, 2, {3, 4, 5, 6, 7, 8, 9}},
                                  .provider_name = {"Contoso", 7},
                                  .properties = fields,
                                  .property_count = FIELDS,
                                  .top_level_count = (uint16_t)(1 + i % FIELDS),
                                  .id = (uint16_t)(i % EVENTS),
                                  .source = ETW_SCHEMA_MANIFEST_FILE};
        schemas[i].property_count = schemas[i].top_level_count;
        list[i] = &schemas[i];
    }
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_pack_summary summary = {0};
    const etwi_pack_content content = {
        .schemas = list, .count = PROVIDERS * EVENTS, .summary = &summary};
    if (etwi_pack_write(&image, &content, NULL) != ETW_OK ||
        etwi_file_replace(path, image.data, image.size, NULL) != ETW_OK)
        fail("the pack cannot be written");
    etwi_buffer_free(&image);
}

static void add(etw_schema_store *store, const char *path)
{
    etw_error error;
    if (etw_schema_store_add_file(store, path, &error) != ETW_OK)
        fail(error.message);
}

/* Nanoseconds of a lookup. */
static double time_lookups(etw_schema_store *store, const etw_event *event)
{
    const etw_schema *schema;
    const double start = now_us();
    for (unsigned i = 0; i < LOOKUPS; i++)
        etw_schema_store_find(store, event, &schema);
    return (now_us() - start) * 1000 / LOOKUPS;
}

static void measure(const char *path)
{
    double opening[ROUNDS], first[ROUNDS];
    etw_event known = {.pointer_size = 8}, unknown = {.provider = {1, 2, 3, {4}}};
    uint32_t providers = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        etwi_file file;
        etwi_pack *pack;
        etw_schema_store *store = open_store();
        double start = now_us();
        const etw_allocator allocator = etwi_allocator_or_default(NULL);
        if (etwi_file_open(&file, path, NULL) != ETW_OK ||
            etwi_pack_open(&pack, &file, &allocator, NULL) != ETW_OK)
            fail("the pack cannot be opened");
        opening[i] = now_us() - start;
        providers = etwi_pack_provider_count(pack);
        known.provider = etwi_pack_provider(pack, i * providers / ROUNDS);
        etwi_packs_add(store, pack, &(etwi_pack_origin){.name = path});
        start = now_us();
        const etw_schema *schema;
        etw_schema_store_find(store, &known, &schema);
        first[i] = now_us() - start;
        etw_schema_store_destroy(&store);
    }
    printf("a pack of %u providers\n", (unsigned)providers);
    printf("  opening                     %9.1f us\n", median(opening));
    printf("  first event of a provider   %9.1f us\n", median(first));
    etw_schema_store *without = open_store(), *with = open_store();
    add(with, path);
    printf("  event without schema        %9.1f ns without packs, %.1f ns with this one\n",
           time_lookups(without, &unknown), time_lookups(with, &unknown));
    printf("  event of the pack, known    %9.1f ns\n", time_lookups(with, &known));
    etw_schema_store_destroy(&without);
    etw_schema_store_destroy(&with);
}

int main(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/bench_packs.pack", folder && *folder ? folder : "/tmp");
    write_pack(path);
    measure(path);
    return remove(path) != 0;
}
