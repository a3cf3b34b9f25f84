/* Providers in the children of forks, however they are made, and in what they become. */
#define _DEFAULT_SOURCE 1 /* syscall(). */

#include "writer_fixture.h"

#include "engine/card.h"
#include "os/os.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    THREADS = 4,
    EVENTS_MAX = 4096
};

static etw_event events[EVENTS_MAX];

/* Waits for a child; its exit code, or -1. */
static int code_of(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static size_t count_of_process(size_t count, uint32_t process_id)
{
    size_t found = 0;
    for (size_t i = 0; i < count && i < EVENTS_MAX; i++)
        found += events[i].process_id == process_id;
    return found;
}

static _Atomic bool stop_writing;
static _Atomic uint64_t attempts, refused;

static void *write_until_stopped(void *unused)
{
    (void)unused;
    uint64_t tried = 0;
    uint64_t failed = 0;
    while (!stop_writing) {
        failed += write_one((uint32_t)tried) != ETW_OK;
        tried++;
        ETW_TL_WRITE(demo, "Described", 4, 1, ETW_TL_UINT32("x", (uint32_t)tried));
    }
    attempts += tried;
    refused += failed;
    return NULL;
}

static void start_writers(pthread_t *threads)
{
    stop_writing = false;
    attempts = refused = 0;
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, write_until_stopped, NULL), 0);
}

static void stop_writers(const pthread_t *threads)
{
    stop_writing = true;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- forks ----------------------------------------------------------------------------------- */

static etw_status count_card(void *user, const etwi_card_view *card)
{
    (void)card;
    ++*(unsigned *)user;
    return ETW_OK;
}

static unsigned card_count(void)
{
    unsigned count = 0;
    CHECK_EQ(etwi_cards_list(session.registry, count_card, &count, NULL), ETW_OK);
    return count;
}

/* What a child does: it writes an event, is enabled like its parent, and ends like a program. */
static int child_writes(void)
{
    if (write_one(2) != ETW_OK)
        return 1;
    if (card_count() != 2)
        return 2;
    ETW_TL_UNREGISTER(demo);
    return card_count() == 1 ? 0 : 3;
}

static void child_of_fork(void)
{
    setup(32);
    write_one(1);
    const pid_t child = fork();
    if (child == 0)
        _exit(child_writes());
    CHECK_EQ(code_of(child), 0);
    write_one(3);
    const size_t count = live_events(&session, events, EVENTS_MAX);
    CHECK_EQ(count, 3);
    CHECK_EQ(count_of_process(count, (uint32_t)child), 1);
    CHECK_EQ(card_count(), 1);
    teardown();
}

/* Enabling reaches a child that has not written yet with its first event. */
static void child_is_enabled_later(void)
{
    int go[2];
    char byte = 0;
    CHECK_EQ(ETW_TL_REGISTER(demo, NULL), ETW_OK);
    REQUIRE(pipe(go) == 0);
    const pid_t child = fork();
    if (child == 0) {
        if (read(go[0], &byte, 1) != 1)
            _exit(4);
        ETW_TL_WRITE(demo, "FromChild", 4, 1, ETW_TL_UINT32("x", 1));
        const bool is_enabled = etw_provider_enabled(demo, 4, 1);
        ETW_TL_UNREGISTER(demo);
        _exit(is_enabled ? 0 : 5);
    }
    live_start(&session, 0, 0, 16);
    live_enable_plain(&session, &demo_guid, 0, 0);
    CHECK_EQ(write(go[1], &byte, 1), 1);
    CHECK_EQ(code_of(child), 0);
    const size_t count = live_events(&session, events, EVENTS_MAX);
    CHECK_EQ(count_of_process(count, (uint32_t)child), 1);
    close(go[0]);
    close(go[1]);
    teardown();
}

/* A child that is made without the C library's knowledge. */
static void child_of_raw_fork(void)
{
#if defined(SYS_fork)
    setup(32);
    const pid_t child = (pid_t)syscall(SYS_fork);
    if (child == 0) {
        write_one(2);
        _exit(0);
    }
    CHECK_EQ(code_of(child), 0);
    const size_t count = live_events(&session, events, EVENTS_MAX);
    CHECK_EQ(count, 1);
    CHECK_EQ(count_of_process(count, (uint32_t)child), 1);
    teardown();
#else
    CHECK(true);
#endif
}

static void children_while_threads_write(void)
{
    enum {
        CHILDREN = 10
    };
    pthread_t threads[THREADS];
    setup(64);
    start_writers(threads);
    for (unsigned i = 0; i < CHILDREN; i++) {
        const pid_t child = fork();
        if (child == 0) {
            const etw_status status = write_one(2);
            ETW_TL_UNREGISTER(demo);
            _exit(status == ETW_OK || status == ETW_E_FULL ? 0 : 1);
        }
        CHECK_EQ(code_of(child), 0);
    }
    stop_writers(threads);
    const etwi_mapping_counts counts = live_counts(&session);
    CHECK_EQ(counts.events + counts.events_lost, 2 * attempts + CHILDREN);
    teardown();
}

static pid_t forked_in_handler;

static void fork_in_handler(int number)
{
    (void)number;
    const pid_t child = fork();
    if (child)
        forked_in_handler = child;
}

/* A handler that interrupts a write and forks: the child goes on with that write, and with the
 * session's memory as its parent had it. */
static void child_of_handler(void)
{
    struct sigaction action;
    struct sigaction before;
    memset(&action, 0, sizeof action);
    action.sa_handler = fork_in_handler;
    setup(64);
    const pid_t parent = getpid();
    sigaction(SIGALRM, &action, &before);
    for (unsigned i = 0; i < 30; i++) {
        const struct itimerval once = {{0, 0}, {0, 50 + (int)i}};
        forked_in_handler = 0;
        setitimer(ITIMER_REAL, &once, NULL);
        while (!forked_in_handler && getpid() == parent)
            write_one(i);
        if (getpid() != parent) {
            const etw_status status = write_one(1);
            ETW_TL_UNREGISTER(demo);
            _exit(status == ETW_OK || status == ETW_E_FULL ? 0 : 1);
        }
        CHECK_EQ(code_of(forked_in_handler), 0);
    }
    sigaction(SIGALRM, &before, NULL);
    const size_t count = live_events(&session, events, EVENTS_MAX);
    for (size_t i = 0; i < count && i < EVENTS_MAX; i++)
        CHECK_EQ(events[i].payload_size, 4);
    teardown();
}

/* Another program has no provider: neither card nor client of the session are left. */
static void other_program(void)
{
    setup(16);
    const pid_t child = fork();
    if (child == 0) {
        write_one(2);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    CHECK_EQ(code_of(child), 0);
    CHECK_EQ(card_count(), 1);
    CHECK_EQ(live_events(&session, events, EVENTS_MAX), 1);
    teardown();
}

int main(void)
{
    demo_guid = etw_guid_from_name((etw_str){"Contoso.Writer", 14});
    live_alone();
    RUN(child_of_fork);
    RUN(child_is_enabled_later);
    RUN(child_of_raw_fork);
    RUN(children_while_threads_write);
    RUN(child_of_handler);
    RUN(other_program);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
