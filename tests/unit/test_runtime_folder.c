/* Folders that sessions must not be in. */
#define _XOPEN_SOURCE 700

#include "engine_world.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void folders_of_others_are_refused(void)
{
    etw_error error;
    etwi_registry *registry = NULL;
    char kept[300], path[300];
    snprintf(kept, sizeof kept, "%s", getenv("ETW_RUNTIME_DIR"));
    snprintf(path, sizeof path, "%s", world_path("open"));
    mkdir(path, 0755);
    chmod(path, 0755);
    setenv("ETW_RUNTIME_DIR", path, 1);
    CHECK_EQ(etwi_registry_open(&registry, NULL, &error), ETW_E_ACCESS);
    CHECK(strstr(error.message, "ETW_RUNTIME_DIR") != NULL);
    chmod(path, 0700);
    if (geteuid() == 0) {
        CHECK_EQ(chown(path, 65534, 65534), 0);
        CHECK_EQ(etwi_registry_open(&registry, NULL, &error), ETW_E_ACCESS);
        CHECK_EQ(chown(path, 0, 0), 0);
    } else {
        printf("SKIPPED: a folder of another user needs root\n");
    }
    snprintf(path, sizeof path, "%s", world_path("link"));
    CHECK_EQ(symlink(world_path("open"), path), 0);
    setenv("ETW_RUNTIME_DIR", path, 1);
    CHECK_EQ(etwi_registry_open(&registry, NULL, &error), ETW_E_ACCESS);
    CHECK_EQ(unlink(path), 0);
    setenv("ETW_RUNTIME_DIR", kept, 1);
}

static void links_in_the_folder_are_not_followed(void)
{
    etwi_registry *registry = NULL;
    char kept[300];
    snprintf(kept, sizeof kept, "%s", getenv("ETW_RUNTIME_DIR"));
    setenv("ETW_RUNTIME_DIR", world_path("linked"), 1);
    CHECK_EQ(mkdir(world_path("linked"), 0700), 0);
    CHECK_EQ(symlink("/etc/passwd", world_path("linked/registry")), 0);
    CHECK_EQ(etwi_registry_open(&registry, NULL, NULL), ETW_E_ACCESS);
    CHECK_EQ(unlink(world_path("linked/registry")), 0);
    setenv("ETW_RUNTIME_DIR", kept, 1);
}

/* Nor does a link lead two sessions to one log file. */
static void linked_log_files_are_those_of_one_session(void)
{
    char path[300], linked[300];
    snprintf(path, sizeof path, "%s", world_path("one.etl"));
    snprintf(linked, sizeof linked, "%s", world_path("linked.etl"));
    const etw_session_options first = world_options("first", path, 0);
    const etw_session_options second = world_options("second", linked, 0);
    etwi_engine_session *session = world_start(&first), *other = NULL;
    etw_error error;
    REQUIRE(session);
    CHECK_EQ(symlink(path, linked), 0);
    CHECK_EQ(etwi_engine_start(&other, &second, &error), ETW_E_ACCESS);
    CHECK(strstr(error.message, "is the log file of session") != NULL);
    CHECK(!other);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK_EQ(unlink(linked), 0);
}

int main(void)
{
    world_begin();
    RUN(folders_of_others_are_refused);
    RUN(links_in_the_folder_are_not_followed);
    RUN(linked_log_files_are_those_of_one_session);
    const int failed = test_finish();
    return !world_end() || failed;
}
