/*
 * bench_command OUTPUT COMMAND [ARGUMENT]...: runs a command and prints on standard error, as
 * series and values do, what it took: wall seconds to its first byte of output and to its end,
 * processor seconds, the most memory, write calls, and bytes of output.
 *
 * OUTPUT is where the command's output goes: `null` is /dev/null; `pipe` a pipe that is read here
 * as fast as possible, and then every write of the command counts; `-` our own standard output.
 *
 * A program of its own, because the memory of a child counts from what its parent has.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_SIZE = 1024 * 1024,
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(125);
}

/* The number behind a word of /proc/PID/io. */
static double io_counter(pid_t pid, const char *word)
{
    char path[64], line[128];
    double value = -1;
    snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, word, strlen(word)) == 0)
            value = strtod(line + strlen(word), NULL);
    if (file)
        fclose(file);
    return value;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* Reads all of a pipe; when the first byte came, and how many there were. */
static double drain(int pipe, double *bytes)
{
    char *buffer = malloc(READ_SIZE);
    double first = 0;
    ssize_t size;
    if (!buffer)
        fail("malloc");
    while ((size = read(pipe, buffer, READ_SIZE)) > 0) {
        first = *bytes == 0 ? now() : first;
        *bytes += (double)size;
    }
    free(buffer);
    return first;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: bench_command null|pipe COMMAND [ARGUMENT]...\n", stderr);
        return 125;
    }
    int ends[2] = {-1, -1};
    const int is_pipe = strcmp(argv[1], "pipe") == 0;
    const int null = open("/dev/null", O_WRONLY);
    if (null < 0 || (is_pipe && pipe(ends) != 0))
        fail("pipe");
    const double start = now();
    const pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        if (dup2(is_pipe ? ends[1] : null, STDOUT_FILENO) < 0)
            _exit(125);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    double bytes = 0, first = start;
    if (is_pipe) {
        close(ends[1]);
        first = drain(ends[0], &bytes);
    }
    siginfo_t info;
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
        fail("waitid");
    const double end = now();
    const double writes = io_counter(pid, "syscw:");
    int status;
    struct rusage usage;
    if (wait4(pid, &status, 0, &usage) != pid)
        fail("wait4");
    fprintf(stderr,
            "value\tfirst_byte\t%.6f\nvalue\twall\t%.6f\nvalue\tcpu\t%.6f\nvalue\trss_kib\t%ld\n"
            "value\twrites\t%.0f\nvalue\tbytes\t%.0f\n",
            first - start, end - start, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
            usage.ru_maxrss, writes, bytes);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
