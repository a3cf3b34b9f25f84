/* Files and folders with schemas. */
#include "test.h"

#include "scratch.h"
#include "wevt_builder.h"

#include "os/os.h"

#include <etw/schema.h>
#include <stdlib.h>

#define GUID "11111111-2222-3333-4444-555555555555"

enum {
    PATH_SIZE = SCRATCH_PATH_SIZE
};

static char folder[PATH_SIZE];
static etw_schema_store *store;
static etw_error error;

static const char *path_of(const char *name)
{
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, etw_bytes bytes)
{
    FILE *file = fopen(path_of(name), "wb");
    if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0)
        etlb_fail("cannot write %s", path_of(name));
}

/* A manifest of one event. */
static void put_manifest(const char *name, unsigned id, const char *task)
{
    char text[1024];
    snprintf(text, sizeof text,
             "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
             "<instrumentation><events><provider name='Contoso' guid='{" GUID "}'><tasks>"
             "<task name='%s' value='1'/></tasks><events><event value='%u' task='%s'/></events>"
             "</provider></events></instrumentation></instrumentationManifest>",
             task, id, task);
    put_file(name, etlb_text(text));
}

/* An executable file with one event, and its messages in another file. */
static void put_executable(const char *name, const char *satellite)
{
    static const wevtb_event EVENTS[] = {{.id = 9, .message = "Nine"}};
    const wevtb_manifest manifest = {
        .guid = GUID, .name = "Contoso", .events = EVENTS, .event_count = 1};
    etlb_writer resource = {0}, messages = {0}, file = {0};
    wevtb_compile(&resource, &messages, &manifest);
    wevtb_pe(&file, true, etlb_written(&resource), (etw_bytes){NULL, 0});
    put_file(name, etlb_written(&file));
    etlb_writer_clear(&file);
    wevtb_pe(&file, true, (etw_bytes){NULL, 0}, etlb_written(&messages));
    put_file(satellite, etlb_written(&file));
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
    etlb_writer_free(&file);
}

/* What describes an event now; a schema without names if nothing does. */
static const etw_schema *find(uint16_t id)
{
    static const etw_schema NONE;
    const etw_event event = {.provider = etlb_guid_of(GUID), .id = id, .pointer_size = 8};
    const etw_schema *found;
    return etw_schema_store_find(store, &event, &found) == ETW_OK ? found : &NONE;
}

static void begin(void)
{
    etw_schema_store_destroy(&store);
    if (etw_schema_store_create(&store, NULL, NULL) != ETW_OK)
        etlb_fail("no store");
}

static void adds_a_file(void)
{
    begin();
    CHECK_EQ(etw_schema_store_add_file(store, path_of("b/1.man"), &error), ETW_OK);
    CHECK_STR(find(1)->task_name, "One");
    CHECK_EQ(find(1)->source, ETW_SCHEMA_MANIFEST_FILE);
    CHECK_EQ(etw_schema_store_add_file(store, path_of("b/note"), &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "b/note: describes no events") != NULL);
    CHECK_EQ(etw_schema_store_add_file(store, path_of("none"), &error), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_schema_store_add_file(store, path_of("b"), NULL), ETW_E_INVALID);
}

static void adds_folders_in_the_order_of_paths(void)
{
    begin();
    CHECK_EQ(etw_schema_store_add_path(store, path_of("b"), &error), ETW_OK);
    CHECK_STR(find(1)->task_name, "One");
    CHECK_STR(find(2)->task_name, "Deep");
    CHECK_STR(find(9)->message, "Nine");
    CHECK_EQ(find(9)->source, ETW_SCHEMA_PE);
    CHECK_EQ(find(3)->source, ETW_SCHEMA_NONE); // It is in a hidden file.
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST_FILE], 3);
}

static void adds_lists_and_goes_on_after_failures(void)
{
    begin();
    char list[5 * PATH_SIZE];
    const char c = ETWI_PATH_LIST_SEPARATOR;
    snprintf(list, sizeof list, "%c%s/none%c%c%s/a.man%c%s/b/deep%c%s/b%c", c, folder, c, c, folder,
             c, folder, c, folder, c);
    CHECK_EQ(etw_schema_store_add_path(store, list, &error), ETW_E_NOT_FOUND);
    CHECK(strstr(error.message, "none: ") != NULL);
    CHECK(strstr(error.message, "(and 1 more)") != NULL);
    CHECK_STR(find(1)->task_name, "Other");
    CHECK_STR(find(2)->task_name, "Deep");
    CHECK_EQ(etw_schema_store_add_path(store, "", NULL), ETW_OK);
    CHECK_EQ(etw_schema_store_add_path(store, list, NULL), ETW_E_NOT_FOUND);
}

static void says_where_long_paths_end(void)
{
    begin();
    char name[400];
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 6, "/none", 6);
    // Names may not be that long, or there is nothing of that name.
    const etw_status status = etw_schema_store_add_file(store, name, &error);
    CHECK(status == ETW_E_IO || status == ETW_E_NOT_FOUND);
    CHECK(strncmp(error.message, "...xxx", 6) == 0);
    CHECK(strstr(error.message, "x/none: ") != NULL);
}

static void make_folders(void)
{
    scratch_create(folder, "etw-schemas");
    scratch_make_folder(path_of("b"));
    scratch_make_folder(path_of("b/deep"));
    scratch_make_folder(path_of("b/en-US"));
    put_manifest("b/1.man", 1, "One");
    put_manifest("b/deep/1.man", 1, "Other");
    put_manifest("b/deep/2.man", 2, "Deep");
    put_manifest("b/.3.man", 3, "Hidden");
    put_file("b/note", etlb_text("Nothing of interest."));
    put_file("a.man", etlb_text("<a xmlns='http://schemas.microsoft.com/win/2004/08/events'>"));
    put_executable("b/nine.dll", "b/en-US/nine.dll.mui");
    // Leads in a circle if it is followed.
    if (!scratch_link_folder(path_of("b/deep/link"), folder))
        printf("    this user may make no links\n");
}

static void remove_folders(void)
{
    static const char *const NAMES[] = {
        "b/deep/link", "b/deep/1.man", "b/deep/2.man",         "b/deep",  "b/1.man", "b/.3.man",
        "b/note",      "b/nine.dll",   "b/en-US/nine.dll.mui", "b/en-US", "b",       "a.man"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        scratch_remove(path_of(NAMES[i]));
    scratch_remove(folder);
}

int main(void)
{
    make_folders();
    RUN(adds_a_file);
    RUN(adds_folders_in_the_order_of_paths);
    RUN(adds_lists_and_goes_on_after_failures);
    RUN(says_where_long_paths_end);
    etw_schema_store_destroy(&store);
    remove_folders();
    return test_finish();
}
