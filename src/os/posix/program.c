/* For close_range(), which leaves no file of the caller open, and secure_getenv(). */
#define _GNU_SOURCE 1

#include "os/program.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* No input, no output, no signal blocked or ignored: what the caller had is not the program's. */
static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!code)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    for (int fd = 0; fd < 3 && !code; fd++)
        code = posix_spawn_file_actions_addopen(files, fd, "/dev/null", O_RDWR, 0);
    return code;
}

static int start(pid_t *child, const char *path, const char *const *arguments)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&files);
    if (code)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code) {
        posix_spawn_file_actions_destroy(&files);
        return code;
    }
    code = prepare(&files, &attributes);
    if (!code)
        code = posix_spawn(child, path, &files, &attributes, (char *const *)(void *)arguments,
                           environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

etw_status etwi_program_run(const char *path, const char *const *arguments, int *exit_code,
                            etw_error *error)
{
    pid_t child;
    const int code = start(&child, path, arguments);
    if (code)
        return etwi_fail_os(error, ETW_E_NOT_FOUND, code, "running %s failed", path);
    int how = 0;
    pid_t ended;
    do
        ended = waitpid(child, &how, 0);
    while (ended < 0 && errno == EINTR);
    // A program that ignores SIGCHLD, or waits for all its children, has taken it already.
    *exit_code = ended == child && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    return ETW_OK;
}

const char *etwi_trusted_variable(const char *name)
{
#if defined(__APPLE__)
    return issetugid() ? NULL : getenv(name);
#else
    return secure_getenv(name);
#endif
}

/* Ends with 0 if the new process says that it is ready, with 1 if it ends before. */
static void wait_for_ready(int from)
{
    char said;
    ssize_t got;
    do
        got = read(from, &said, 1);
    while (got < 0 && errno == EINTR);
    _exit(got == 1 ? 0 : 1);
}

static void close_all_but(int kept)
{
    const int moved = dup2(kept, 3);
    if (moved != kept)
        close(kept);
    if (close_range(4, ~0u, 0) != 0)
        for (int fd = 4; fd < 1024; fd++)
            close(fd);
}

int etwi_program_detach(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    const pid_t child = fork();
    if (child < 0)
        return -1;
    if (child > 0) {
        close(ends[1]);
        wait_for_ready(ends[0]);
    }
    close(ends[0]);
    close_all_but(ends[1]);
    setsid();
    return chdir("/") == 0 ? 3 : -1;
}

void etwi_program_ready(int token)
{
    const char ready = 1;
    ssize_t written;
    do
        written = write(token, &ready, 1);
    while (written < 0 && errno == EINTR);
    close(token);
}
