/* Providers among signals, and the threads that signals could go to. */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "writer_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static _Atomic uint64_t signal_writes;

static void write_in_handler(int number)
{
    (void)number;
    write_one(1000);
    signal_writes++;
}

static void signal_handlers_write(void)
{
    struct sigaction action;
    struct sigaction before;
    memset(&action, 0, sizeof action);
    action.sa_handler = write_in_handler;
    setup(64);
    sigaction(SIGALRM, &action, &before);
    const struct itimerval often = {{0, 100}, {0, 100}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    signal_writes = 0;
    CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
    uint64_t own = 0;
    for (; signal_writes < 200; own++)
        write_one((uint32_t)own);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    const etwi_mapping_counts counts = live_counts(&session);
    CHECK_EQ(counts.events + counts.events_lost, own + signal_writes);
    teardown();
}

static volatile sig_atomic_t handled;

static void note_signal(int number)
{
    (void)number;
    handled++;
}

/* A signal for the process goes to a thread of the program, never to one of the library. */
static void signals_are_the_programs(void)
{
    struct sigaction action;
    struct sigaction before;
    sigset_t blocked, old, pending;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    setup(8);
    sigaction(SIGUSR1, &action, &before);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &blocked, &old);
    kill(getpid(), SIGUSR1);
    usleep(2000);
    CHECK_EQ(handled, 0);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGUSR1));
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    CHECK_EQ(handled, 1);
    sigaction(SIGUSR1, &before, NULL);
    teardown();
}

static unsigned thread_count(void)
{
    char line[256];
    unsigned count = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Threads:", 8) == 0)
            count = (unsigned)strtoul(line + 8, NULL, 10);
    }
    if (file)
        fclose(file);
    return count;
}

static void nothing_stays(void)
{
    const unsigned before = thread_count();
    setup(8);
    CHECK_EQ(thread_count(), before + 1);
    teardown();
    CHECK_EQ(thread_count(), before);
}

int main(void)
{
    demo_guid = etw_guid_from_name((etw_str){"Contoso.Writer", 14});
    live_alone();
    RUN(signal_handlers_write);
    RUN(signals_are_the_programs);
    RUN(nothing_stays);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
