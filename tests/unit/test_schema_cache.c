/* The cache of sources of schemas: when it is used, when it is made anew, and that it is never in
 * the way. */
#include "test.h"

#include "copies.h"
#include "etl_builder.h"
#include "faulty_alloc.h"
#include "scratch.h"

#include "os/os.h"

#include <etw/schema.h>
#include <stdlib.h>

#define GUID       "11111111-2222-3333-4444-555555555555"
#define OTHER_GUID "11111111-2222-3333-4444-666666666666"

enum {
    PATH_SIZE = SCRATCH_PATH_SIZE,
    PROCESSES = 8,
    OLD = 1000000000, /* Seconds since 1970. */
};

static const char *program;
static char folder[PATH_SIZE], cache[PATH_SIZE];
static etw_schema_store *store;
static etw_error error;

static const char *path_of(const char *name)
{
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const char *text, int64_t time)
{
    FILE *file = fopen(path_of(name), "wb");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        etlb_fail("cannot write %s", path_of(name));
    scratch_date(path_of(name), time);
}

static void put_manifest(const char *name, const char *guid, const char *task, int64_t time)
{
    char text[1024];
    snprintf(text, sizeof text,
             "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
             "<instrumentation><events><provider name='Contoso' guid='{%s}'><tasks>"
             "<task name='%s' value='1'/></tasks><events><event value='1' task='%s'/></events>"
             "</provider></events></instrumentation></instrumentationManifest>",
             guid, task, task);
    put_file(name, text, time);
}

static void open_with(const char *cache_folder)
{
    const etw_schema_store_options options = {.size = sizeof options, .cache_folder = cache_folder};
    etw_schema_store_destroy(&store);
    if (etw_schema_store_create(&store, &options, NULL) != ETW_OK)
        etlb_fail("no store");
}

/* Adds the folder to a new store. */
static etw_status add(const char *name)
{
    open_with(cache);
    return etw_schema_store_add_path(store, path_of(name), &error);
}

static const etw_schema *find_of(const char *guid)
{
    static const etw_schema NONE;
    const etw_event event = {.provider = etlb_guid_of(guid), .id = 1, .pointer_size = 8};
    const etw_schema *found;
    return etw_schema_store_find(store, &event, &found) == ETW_OK ? found : &NONE;
}

/* The only file of the cache, for `use`; how many there are. */
static char cache_file[2 * PATH_SIZE];
static unsigned cache_files, temporary_files;

static etw_status take_name(void *user, const char *name, const etwi_path_info *info)
{
    (void)user;
    (void)info;
    snprintf(cache_file, sizeof cache_file, "%s/%s", cache, name);
    cache_files++;
    temporary_files += strstr(name, ".tmp") != NULL;
    return ETW_OK;
}

static unsigned list_cache(void)
{
    cache_files = temporary_files = 0;
    etwi_folder_list(cache, take_name, NULL, NULL);
    return cache_files;
}

static etw_status remove_name(void *user, const char *name, const etwi_path_info *info)
{
    take_name(user, name, info);
    scratch_remove(cache_file);
    return ETW_OK;
}

static void clear_cache(void)
{
    etwi_folder_list(cache, remove_name, NULL, NULL);
}

/* Tells whether the file was replaced. */
static uint64_t cache_identity(void)
{
    return list_cache() == 1 ? scratch_identity(cache_file) : 0;
}

static void is_made_and_used(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "Old", OLD);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "Old");
    CHECK_EQ(list_cache(), 1);
    CHECK(strstr(cache_file, "/schemas-") != NULL);
    // The file has other words now and looks the same: they are not read.
    put_manifest("s/a.man", GUID, "New", OLD);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "Old");
    CHECK_STR(find_of(GUID)->file, path_of("s/a.man"));
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST_FILE], 1);
    // Without, they are.
    open_with(NULL);
    CHECK_EQ(etw_schema_store_add_path(store, path_of("s"), &error), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "New");
    CHECK_EQ(list_cache(), 1);
}

static void is_made_anew_when_sources_change(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "One", OLD);
    CHECK_EQ(add("s"), ETW_OK);
    put_manifest("s/a.man", GUID, "Two", OLD + 1);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "Two");
    put_manifest("s/a.man", GUID, "Three", OLD + 1);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "Three");
    put_manifest("s/b.man", OTHER_GUID, "Four", OLD);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(OTHER_GUID)->task_name, "Four");
    scratch_remove(path_of("s/b.man"));
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_EQ(find_of(OTHER_GUID)->source, ETW_SCHEMA_NONE);
    CHECK_EQ(list_cache(), 1);
}

static void is_not_made_of_files_that_may_still_change(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "Now", etwi_now_ns() / 1000000000);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "Now");
    CHECK_EQ(list_cache(), 0);
}

static void tells_what_is_wrong_every_time(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "One", OLD);
    put_file("s/b.man", "<a xmlns='http://schemas.microsoft.com/win/2004/08/events'>", OLD);
    put_file("s/c.man",
             "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
             "<instrumentation><events><provider name='X' guid='{" OTHER_GUID "}'><templates>"
             "<template tid='T'><data name='n' inType='win:Nothing'/></template></templates>"
             "<events><event value='1' template='T'/></events></provider></events>"
             "</instrumentation></instrumentationManifest>",
             OLD);
    char first[sizeof error.message] = "";
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQ(add("s"), ETW_E_CORRUPT);
        CHECK(strstr(error.message, "s/b.man: ") != NULL);
        CHECK(error.offset != ETW_NO_OFFSET);
        CHECK_STR(find_of(GUID)->task_name, "One");
        const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
        CHECK_EQ(stats.rejected, 1);
        CHECK(strstr(stats.first_rejected.message, "s/c.man: ") != NULL);
        if (i)
            CHECK_TEXT(error.message, first);
        memcpy(first, error.message, sizeof first);
        CHECK_EQ(list_cache(), 1);
    }
    scratch_remove(path_of("s/b.man"));
    scratch_remove(path_of("s/c.man"));
}

static void flip_bit(long place)
{
    FILE *file = fopen(cache_file, "r+b");
    if (!file)
        etlb_fail("cannot open %s", cache_file);
    fseek(file, place, place < 0 ? SEEK_END : SEEK_SET);
    const int byte = fgetc(file);
    fseek(file, -1, SEEK_CUR);
    fputc(byte ^ 4, file);
    fclose(file);
}

static void is_replaced_when_it_is_damaged(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "One", OLD);
    // In the head, in the summary, in a section.
    static const long PLACES[] = {3, 9, 60, -30};
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        CHECK_EQ(add("s"), ETW_OK);
        const uint64_t before = cache_identity();
        CHECK(before != 0);
        flip_bit(PLACES[i]);
        CHECK_EQ(add("s"), ETW_OK);
        CHECK_STR(find_of(GUID)->task_name, "One");
        CHECK_EQ(etw_schema_store_get_stats(store).rejected, 0);
        const uint64_t after = cache_identity();
        CHECK(after != 0);
        // What is there now is good.
        CHECK_EQ(add("s"), ETW_OK);
        CHECK_STR(find_of(GUID)->task_name, "One");
        CHECK(cache_identity() == after);
    }
    scratch_cut(cache_file, 40);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "One");
}

static void is_not_in_the_way_when_it_cannot_be(void)
{
    put_manifest("s/a.man", GUID, "One", OLD);
    open_with(path_of("s/a.man/cache"));
    CHECK_EQ(etw_schema_store_add_path(store, path_of("s"), &error), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "One");
    open_with(cache);
    CHECK_EQ(etw_schema_store_add_path(store, path_of("none"), &error), ETW_E_NOT_FOUND);
}

/* Every file and folder that is named has its own; packs need none. */
static void serves_files_and_leaves_packs_alone(void)
{
    clear_cache();
    put_manifest("s/a.man", GUID, "One", OLD);
    CHECK_EQ(add("s/a.man"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "One");
    CHECK_EQ(list_cache(), 1);
    CHECK_EQ(etw_schema_store_save(store, path_of("a.pack"), &error), ETW_OK);
    CHECK_EQ(add("a.pack"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "One");
    CHECK_EQ(list_cache(), 1);
    // In a folder they are sources like others.
    CHECK_EQ(etw_schema_store_save(store, path_of("s/b.pack"), &error), ETW_OK);
    scratch_remove(path_of("a.pack"));
    put_manifest("s/a.man", OTHER_GUID, "Two", OLD);
    CHECK_EQ(add("s"), ETW_OK);
    CHECK_STR(find_of(GUID)->task_name, "One");
    CHECK_STR(find_of(OTHER_GUID)->task_name, "Two");
    scratch_remove(path_of("s/b.pack"));
}

static void name_folders(const char *parent)
{
    snprintf(folder, sizeof folder, "%s", parent);
    snprintf(cache, sizeof cache, "%.400s/deep/cache", folder);
}

/* What each of the processes does. */
static int use_the_cache(const char *parent)
{
    name_folders(parent);
    const bool good = add("s") == ETW_OK && find_of(GUID)->task_name.size == 3;
    etw_schema_store_destroy(&store);
    return good ? 0 : 1;
}

/* Whether all processes that start at once get everything right. */
static void serves_several_processes(void)
{
    put_manifest("s/a.man", GUID, "One", OLD);
    for (unsigned round = 0; round < 10; round++) {
        clear_cache();
        CHECK_EQ(copies_run(program, folder, PROCESSES), PROCESSES);
        CHECK_EQ(list_cache(), 1);
        CHECK_EQ(temporary_files, 0);
    }
}

static void survives_lack_of_memory(void)
{
    unsigned failures = 0, good = 0;
    for (uint64_t at = 1; at < 400; at += 3) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        clear_cache();
        const etw_schema_store_options options = {
            .size = sizeof options, .allocator = &faulty.allocator, .cache_folder = cache};
        etw_schema_store *ours;
        REQUIRE(etw_schema_store_create(&ours, &options, NULL) == ETW_OK);
        faulty.fail_at = faulty.calls + at;
        const etw_status status = etw_schema_store_add_path(ours, path_of("s"), &error);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        failures += status != ETW_OK;
        good += status == ETW_OK;
        etw_schema_store_destroy(&ours);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK(failures > 5);
    CHECK(good > 5);
}

int main(int argc, char **argv)
{
    char parent[SCRATCH_PATH_SIZE];
    if (argc > 1)
        return use_the_cache(argv[1]);
    program = argv[0];
    scratch_create(parent, "etw-cache");
    name_folders(parent);
    scratch_make_folder(path_of("s"));
    RUN(is_made_and_used);
    RUN(is_made_anew_when_sources_change);
    RUN(is_not_made_of_files_that_may_still_change);
    RUN(tells_what_is_wrong_every_time);
    RUN(is_replaced_when_it_is_damaged);
    RUN(is_not_in_the_way_when_it_cannot_be);
    RUN(serves_files_and_leaves_packs_alone);
    RUN(serves_several_processes);
    RUN(survives_lack_of_memory);
    etw_schema_store_destroy(&store);
    clear_cache();
    static const char *const NAMES[] = {"s/a.man", "s", "deep/cache", "deep"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        scratch_remove(path_of(NAMES[i]));
    return scratch_remove(folder) ? test_finish() : 1;
}
