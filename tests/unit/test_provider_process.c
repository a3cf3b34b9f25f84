/* Providers among threads. */
#include "writer_fixture.h"

#include "os/private.h"

enum {
    THREADS = 4
};

/* ---- threads --------------------------------------------------------------------------------- */

static _Atomic bool stop_writing;
static _Atomic uint64_t attempts, refused;

static void write_until_stopped(void *unused)
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
}

static void start_writers(etwi_thread **threads)
{
    stop_writing = false;
    attempts = refused = 0;
    for (unsigned i = 0; i < THREADS; i++)
        CHECK((threads[i] = etwi_thread_start(write_until_stopped, NULL)) != NULL);
}

static void stop_writers(etwi_thread *const *threads)
{
    stop_writing = true;
    for (unsigned i = 0; i < THREADS; i++)
        etwi_thread_join(threads[i]);
}

static void sessions_change_while_threads_write(void)
{
    etwi_thread *threads[THREADS];
    static live_session other;
    setup(32);
    start_writers(threads);
    for (unsigned i = 0; i < 20; i++) {
        live_start(&other, i % 2 ? ETW_CLOCK_QPC : ETW_CLOCK_SYSTEM_TIME, 4096, 16);
        live_enable_plain(&other, &demo_guid, 4, 0);
        live_enable_plain(&session, &demo_guid, (uint8_t)(i % 5), 0);
        live_stop(&other);
    }
    stop_writers(threads);
    CHECK(attempts > 0);
    teardown();
}

static void every_event_is_counted(void)
{
    etwi_thread *threads[THREADS];
    setup(64);
    start_writers(threads);
    etwi_sleep_ms(20);
    stop_writers(threads);
    const etwi_mapping_counts counts = live_counts(&session);
    CHECK_EQ(counts.events + counts.events_lost, 2 * attempts);
    CHECK(counts.events > 0);
    teardown();
}

static void write_one_in_thread(void *unused)
{
    (void)unused;
    write_one(1);
}

/* More threads than there are places for writers, one after the other. */
static void many_threads(void)
{
    enum {
        MANY = 600
    };
    setup(16);
    for (unsigned i = 0; i < MANY; i++) {
        etwi_thread *thread = etwi_thread_start(write_one_in_thread, NULL);
        REQUIRE(thread);
        etwi_thread_join(thread);
    }
    CHECK_EQ(live_counts(&session).events, MANY);
    teardown();
}

int main(void)
{
    demo_guid = etw_guid_from_name((etw_str){"Contoso.Writer", 14});
    live_alone();
    RUN(sessions_change_while_threads_write);
    RUN(every_event_is_counted);
    RUN(many_threads);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
