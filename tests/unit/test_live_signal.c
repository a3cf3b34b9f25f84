/* Consuming a session of the engine until a signal comes. */
#define _XOPEN_SOURCE 700

#include "engine_world.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static etw_consumer *to_stop;

static void on_alarm(int number)
{
    (void)number;
    etw_consumer_finish(to_stop, NULL, 1000);
}

/* The handler runs in the thread that waits, or in any other one. */
static void finishes_in_a_signal_handler(void)
{
    const etw_batch *batch;
    const struct itimerval soon = {{0, 0}, {0, 30000}};
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const etw_session_options options = {.size = sizeof options, .name = "live-signal"};
    const etw_live_options live = {.size = sizeof live, .reattach = true};
    etw_session *session;
    REQUIRE(etw_session_start(&session, &options, NULL) == ETW_OK);
    REQUIRE(etw_consumer_create(&to_stop, NULL, NULL) == ETW_OK);
    REQUIRE(etw_consumer_add_session(to_stop, options.name, &live) == ETW_OK);
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
    CHECK_EQ(etw_consumer_next_batch(to_stop, &batch), ETW_END);
    etw_consumer_destroy(&to_stop);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

int main(void)
{
    world_begin();
    RUN(finishes_in_a_signal_handler);
    const int failed = test_finish();
    return !world_end() || failed;
}
