/*
 * compare_manifests PE MANIFEST [SATELLITE]: checks that the compiled manifest in an executable
 * file says what the manifest says that it was made of, and which events differ.
 * tests/corpus/real_pe.py runs it on files that are not part of the project.
 */
#include "same_schema.h"

#include "base/memory.h"
#include "os/os.h"
#include "schema/wevt.h"

#include <stdlib.h>

enum {
    SCHEMAS_MAX = 4096,
};

/* The schemas of one document. */
typedef struct harvest {
    etw_schema schemas[SCHEMAS_MAX];
    unsigned count;
} harvest;

static harvest compiled, declared;
static const char *pe_path, *manifest_path, *satellite_path;

static etw_status take(void *user, const etw_schema *schema)
{
    harvest *h = user;
    if (h->count == SCHEMAS_MAX)
        return ETW_E_LIMIT;
    h->schemas[h->count++] = *schema;
    return ETW_OK;
}

static etw_status take_provider(void *user, const etwi_provider *provider)
{
    return (void)user, (void)provider, ETW_OK;
}

static etw_bytes read_all(const char *path, etwi_arena *arena)
{
    etw_bytes bytes = {NULL, 0};
    etwi_file file;
    size_t got = 0;
    if (!path || !CHECK(etwi_file_open(&file, path, NULL) == ETW_OK))
        return bytes;
    uint8_t *data = etwi_arena_alloc(arena, (size_t)file.size);
    if (CHECK(data != NULL))
        CHECK_EQ(etwi_file_read_at(&file, 0, data, (size_t)file.size, &got, NULL), ETW_OK);
    etwi_file_close(&file);
    bytes.data = data;
    bytes.size = got;
    return bytes;
}

static const etw_schema *find(const harvest *in, const etw_schema *wanted)
{
    for (unsigned i = 0; i < in->count; i++) {
        const etw_schema *schema = &in->schemas[i];
        if (etw_guid_equal(&schema->provider, &wanted->provider) && schema->id == wanted->id &&
            schema->version == wanted->version && schema->is_classic == wanted->is_classic &&
            (!schema->is_classic || schema->opcode == wanted->opcode))
            return schema;
    }
    return NULL;
}

static void compare(const etw_schema *schema)
{
    const int bad = test_state.bad;
    const etw_schema *other = find(&compiled, schema);
    if (CHECK(other != NULL))
        same_schema(schema, other);
    if (test_state.bad != bad)
        printf("DIFFERS %.*s %u %u %u\n", (int)schema->provider_name.size,
               schema->provider_name.data, schema->id, schema->opcode, schema->version);
}

static void says_what_its_manifest_says(void)
{
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_wevt_files files = {read_all(pe_path, &arena), read_all(satellite_path, &arena)};
    const etw_bytes xml = read_all(manifest_path, &arena);
    const etwi_taker from_pe = {take, take_provider, &compiled};
    const etwi_taker from_xml = {take, take_provider, &declared};
    unsigned properties = 0;
    etw_error problem;
    CHECK_EQ(etwi_wevt_parse_pe(&files, &arena, &from_pe, &problem, NULL), ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    CHECK_EQ(etwi_manifest_parse(xml, &arena, &from_xml, &problem, NULL), ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    CHECK(compiled.count != 0);
    for (unsigned i = 0; i < declared.count; i++) {
        compare(&declared.schemas[i]);
        properties += declared.schemas[i].property_count;
    }
    printf("     %u events with %u properties\n", declared.count, properties);
    etwi_arena_free(&arena);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: compare_manifests PE MANIFEST [SATELLITE]\n", stderr);
        return 2;
    }
    pe_path = argv[1];
    manifest_path = argv[2];
    satellite_path = argc > 3 ? argv[3] : NULL;
    RUN(says_what_its_manifest_says);
    return test_finish();
}
