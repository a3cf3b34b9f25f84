/* mkdtemp(), setenv(), symlink() */
#define _DEFAULT_SOURCE 1

#include "scratch.h"

#include "etl_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const scratch_null_device = "/dev/null";

void scratch_create(char path[SCRATCH_PATH_SIZE], const char *name)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, SCRATCH_PATH_SIZE, "%s/%s-XXXXXX", base && *base ? base : "/tmp", name);
    if (!mkdtemp(path))
        etlb_fail("cannot make the folder %s", path);
}

void scratch_make_folder(const char *path)
{
    if (mkdir(path, 0700) != 0)
        etlb_fail("cannot make the folder %s", path);
}

bool scratch_link_folder(const char *path, const char *folder)
{
    if (symlink(folder, path) != 0)
        etlb_fail("cannot make the link %s", path);
    return true;
}

void scratch_date(const char *path, int64_t seconds)
{
    const struct timespec times[2] = {{(time_t)seconds, 0}, {(time_t)seconds, 0}};
    if (utimensat(AT_FDCWD, path, times, 0) != 0)
        etlb_fail("cannot date %s", path);
}

uint64_t scratch_identity(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_ino : 0;
}

void scratch_cut(const char *path, uint64_t size)
{
    if (truncate(path, (off_t)size) != 0)
        etlb_fail("cannot cut %s", path);
}

bool scratch_remove(const char *path)
{
    struct stat info;
    return remove(path) == 0 || lstat(path, &info) != 0;
}

void scratch_set_variable(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        etlb_fail("cannot set %s", name);
}

void scratch_sleep_us(unsigned duration_us)
{
    nanosleep(
        &(struct timespec){(time_t)(duration_us / 1000000), (long)(duration_us % 1000000) * 1000},
        NULL);
}
