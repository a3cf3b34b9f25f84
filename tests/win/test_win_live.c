/* Sessions of Windows as sources: how they are opened, what becomes of events, how they end. */
#include "live_fake_win.h"
#include "test.h"

#include "base/bytes.h"
#include "consumer/live.h"
#include "os/private.h"

#include <stdlib.h>

static etw_consumer *create(void)
{
    etw_consumer *consumer = NULL;
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    return consumer;
}

static etw_status add(etw_consumer *consumer, etw_live_options options)
{
    options.size = sizeof options;
    options.backend = ETW_BACKEND_WINDOWS;
    return etw_consumer_add_session(consumer, "s\xC3\xBC\xC3\x9F", &options);
}

static etw_consumer *attach(void)
{
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, (etw_live_options){0}), ETW_OK);
    return consumer;
}

/* ------------------------------------------------------------------------------- opening */

static void opens_a_session_in_real_time_with_raw_times(void)
{
    fake_windows_reset();
    etw_consumer *consumer = attach();
    const etwi_abi_logfile *with = &windows.opened_with;
    CHECK_EQ(windows.opened, 1);
    CHECK_TEXT(windows.name, "s\xFC\xDF");
    CHECK(!with->log_file_name);
    CHECK_EQ(with->process_trace_mode, 0x10001100);
    CHECK(with->buffer_callback && with->event_record_callback && with->context);
    CHECK_EQ(with->is_kernel_trace, 0);
    const etw_trace_info *info = etw_consumer_trace_info(consumer, 0);
    CHECK_STR(info->session_name, "s\xC3\xBC\xC3\x9F");
    CHECK_EQ(info->clock.type, ETW_CLOCK_QPC);
    CHECK_EQ(info->clock.frequency, 10000000);
    CHECK(llabs(etwi_clock_monotonic() - info->clock.start_raw) < 10 * 10000000);
    CHECK(etwi_clock_filetime() - info->clock.start_time < 10 * 10000000);
    CHECK_EQ(info->processor_count, 8);
    CHECK_EQ(info->buffer_size, 65536);
    CHECK_EQ(info->os_major, 10);
    CHECK_EQ(info->os_minor, 0);
    CHECK_EQ(info->layout_major, 1);
    CHECK_EQ(info->layout_minor, 5);
    CHECK_EQ(info->os_build, 19041);
    CHECK_EQ(info->pointer_size, 8);
    CHECK_EQ(info->timer_resolution, 156250);
    CHECK_EQ(info->boot_time, 134000000000000000);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.processed, 1);
    CHECK(!windows.was_asked_wrongly);
    CHECK_EQ(windows.closed, 1);
    CHECK_EQ(windows.closed_trace, TRACE);
}

static void measures_by_the_clock_of_the_session(void)
{
    fake_windows_reset();
    windows.clock = ETW_CLOCK_SYSTEM_TIME;
    etw_consumer *consumer = attach();
    const etw_clock *clock = &etw_consumer_trace_info(consumer, 0)->clock;
    CHECK_EQ(clock->type, ETW_CLOCK_SYSTEM_TIME);
    CHECK_EQ(clock->frequency, 10000000);
    etw_consumer_destroy(&consumer);
    fake_windows_reset();
    windows.frequency = 3579545;
    consumer = attach();
    clock = &etw_consumer_trace_info(consumer, 0)->clock;
    CHECK_EQ(clock->frequency, 3579545);
    CHECK(llabs(etwi_clock_monotonic() / 10000000 - clock->start_raw / 3579545) < 10);
    etw_consumer_destroy(&consumer);
}

static void expect_failure(etw_status status, const char *message)
{
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, (etw_live_options){0}), status);
    CHECK(strstr(etw_consumer_error(consumer)->message, message));
    if (!strstr(etw_consumer_error(consumer)->message, message))
        printf("    %s\n", etw_consumer_error(consumer)->message);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.processed, 0);
}

static void explains_why_a_session_cannot_be_opened(void)
{
    fake_windows_reset();
    windows.query_status = ETW_E_NOT_FOUND;
    expect_failure(ETW_E_NOT_FOUND, "no session");
    CHECK_EQ(windows.opened, 0);
    fake_windows_reset();
    windows.session.mode = ETW_MODE_SEQUENTIAL;
    expect_failure(ETW_E_INVALID, "no real-time mode");
    CHECK_EQ(windows.opened, 0);
    fake_windows_reset();
    windows.open_error = CODE_ACCESS_DENIED;
    expect_failure(ETW_E_ACCESS, "Performance Log Users");
    fake_windows_reset();
    windows.open_error = CODE_INVALID_PARAMETER;
    expect_failure(ETW_E_INVALID, "session");
    fake_windows_reset();
    windows.open_error = CODE_INSTANCE_NOT_FOUND;
    expect_failure(ETW_E_NOT_FOUND, "no such session");
    fake_windows_reset();
    static const etwi_api nothing;
    etwi_api_use(&nothing);
    expect_failure(ETW_E_UNSUPPORTED, "OpenTraceW");
    etwi_api_use(&fake_windows_table);
}

static void who_may_not_query_may_consume(void)
{
    fake_windows_reset();
    windows.query_status = ETW_E_ACCESS;
    etw_consumer *consumer = attach();
    CHECK_EQ(windows.opened, 1);
    etw_consumer_destroy(&consumer);
}

static void waits_for_the_header_of_a_session_that_starts(void)
{
    fake_windows_reset();
    windows.empty_headers = 2;
    etw_consumer *consumer = attach();
    CHECK_EQ(windows.opened, 3);
    CHECK_EQ(windows.closed, 2);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.closed, 3);
    fake_windows_reset();
    windows.empty_headers = 1000;
    expect_failure(ETW_E_NOT_FOUND, "being started");
    CHECK_EQ(windows.opened, windows.closed);
}

/* -------------------------------------------------------------------------------- events */

static void hands_on_events(void)
{
    const etw_batch *batch;
    fake_windows_reset();
    etw_consumer *consumer = attach();
    etwi_abi_record events[3] = {fake_windows_event(1, 0), fake_windows_event(2, 5),
                                 fake_windows_event(3, 0)};
    uint32_t payload = 0xABCD;
    for (int i = 1; i < 3; i++) /* They may be as quick as the clock. */
        events[i].event_header.time_stamp = events[0].event_header.time_stamp + i;
    events[1].user_data = &payload;
    events[1].user_data_length = sizeof payload;
    fake_windows_call_back(events, 3, 2);
    for (uint16_t got = 0; got < 3;) {
        REQUIRE(CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK));
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            got++;
            CHECK_EQ(event->id, got);
            CHECK_EQ(event->processor, got == 2 ? 5 : 0);
            CHECK_EQ(event->logger_id, 7);
            CHECK_EQ(event->raw_timestamp, events[got - 1].event_header.time_stamp);
            CHECK(event->flags & ETW_EVENT_PROCESSOR_INDEX);
            if (got == 2)
                CHECK_EQ(etwi_load_u32(event->payload), payload);
        }
    }
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
    CHECK_EQ(stats->events, 3);
    while (stats->buffers < 2 && etw_consumer_wait_batch(consumer, &batch, 50) == ETW_AGAIN)
        etwi_sleep_ms(1);
    CHECK_EQ(stats->buffers, 2);
    etw_consumer_destroy(&consumer);
}

static void counts_losses(void)
{
    const etw_batch *batch;
    static uint8_t large[UINT16_MAX];
    fake_windows_reset();
    etw_consumer *consumer = attach();
    etwi_abi_record events[4] = {fake_windows_event(0, 0), fake_windows_event(0, 0),
                                 fake_windows_event(7, 0), fake_windows_event(8, 0)};
    events[0].event_header.provider_id = events[1].event_header.provider_id = etwi_lost_event_class;
    events[0].event_header.flags = events[1].event_header.flags =
        ETW_EVENT_64_BIT | ETW_EVENT_CLASSIC;
    events[0].event_header.event_descriptor.opcode = ETWI_LOST_EVENT;
    events[1].event_header.event_descriptor.opcode = ETWI_LOST_BUFFER;
    events[2].user_data = large;
    events[2].user_data_length = UINT16_MAX; /* No record can hold it. */
    fake_windows_call_back(events, 4, 1);
    REQUIRE(CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK));
    CHECK_EQ(batch->count, 1);
    CHECK_EQ(batch->events[0].id, 8);
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, 0, &losses), ETW_OK);
    CHECK_EQ(losses.notices_buffers, 1);
    CHECK_EQ(losses.attached_events, 1);
    CHECK(losses.notices_events >= 1);
    etw_consumer_destroy(&consumer);
}

static etwi_abi_record many[20000];
static uint8_t bulk[1000];

/* More than there is room for on the way. */
static void make_many(void)
{
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        many[i] = fake_windows_event((uint16_t)i, i & 1);
        many[i].event_header.time_stamp += (int64_t)i;
        many[i].user_data = bulk;
        many[i].user_data_length = sizeof bulk;
    }
}

static void the_callback_waits_for_a_slow_consumer(void)
{
    const etw_batch *batch;
    const size_t count = sizeof many / sizeof many[0];
    fake_windows_reset();
    etw_consumer *consumer = attach();
    make_many();
    fake_windows_call_back(many, count, 1);
    size_t before, delivered = 0;
    do {
        before = delivered;
        etwi_sleep_ms(50);
        fake_windows_enter();
        delivered = windows.delivered;
        fake_windows_leave();
    } while (!delivered || before != delivered);
    CHECK(delivered < count);
    for (size_t got = 0; got < count;) {
        REQUIRE(CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK));
        for (size_t i = 0; i < batch->count; i++, got++)
            if (batch->events[i].id != (uint16_t)got)
                CHECK_EQ(batch->events[i].id, got);
    }
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, 0, &losses), ETW_OK);
    CHECK_EQ(losses.attached_events, 0);
    CHECK_EQ(losses.received, count);
    etw_consumer_destroy(&consumer);
}

/* ------------------------------------------------------------------------------- the end */

static void lets_go_while_the_callback_waits(void)
{
    fake_windows_reset();
    etw_consumer *consumer = attach();
    make_many();
    fake_windows_call_back(many, sizeof many / sizeof many[0], 1);
    etwi_sleep_ms(20);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.closed, 1);
    CHECK_EQ(windows.refused, 1); /* The callback of buffers wanted no more. */
    /* What had been read was called back with nevertheless. */
    CHECK_EQ(windows.delivered, sizeof many / sizeof many[0]);
}

static void ends_with_the_session(void)
{
    const etw_batch *batch;
    static const uint32_t GOOD[] = {0, CODE_CANCELLED, CODE_INSTANCE_NOT_FOUND};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        fake_windows_reset();
        etw_consumer *consumer = attach();
        const etwi_abi_record event = fake_windows_event(1, 0);
        fake_windows_call_back(&event, 1, 1);
        fake_windows_enter();
        windows.result = GOOD[i];
        windows.is_stopped = true;
        fake_windows_leave();
        CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK);
        CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_END);
        CHECK_EQ(windows.closed, 1);
        etw_consumer_destroy(&consumer);
        CHECK_EQ(windows.closed, 1);
    }
}

static void tells_why_processing_failed(void)
{
    const etw_batch *batch;
    fake_windows_reset();
    etw_consumer *consumer = attach();
    fake_windows_enter();
    windows.result = CODE_ACCESS_DENIED;
    windows.is_stopped = true;
    fake_windows_leave();
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_E_ACCESS);
    CHECK(strstr(etw_consumer_error(consumer)->message, "access denied"));
    etw_consumer_destroy(&consumer);
}

static void attaches_to_the_next_session_of_that_name(void)
{
    const etw_batch *batch;
    fake_windows_reset();
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, (etw_live_options){.reattach = true}), ETW_OK);
    const etwi_abi_record events[2] = {fake_windows_event(1, 0), fake_windows_event(2, 0)};
    fake_windows_call_back(&events[0], 1, 1);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK);
    fake_windows_enter();
    windows.is_stopped = true;
    windows.query_status = ETW_E_NOT_FOUND;
    fake_windows_leave();
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 200), ETW_AGAIN);
    CHECK_EQ(windows.closed, 1);
    fake_windows_enter();
    windows.is_stopped = false;
    windows.query_status = ETW_OK;
    windows.empty_headers = 1; /* It is just being restarted. */
    fake_windows_leave();
    fake_windows_call_back(&events[1], 1, 1);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK);
    CHECK_EQ(batch->events[0].id, 2);
    CHECK_EQ(windows.opened, 3);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.closed, 3);
}

static etwi_abi_record flushed;

static void bring_flushed(void)
{
    flushed = fake_windows_event(9, 0);
    flushed.event_header.time_stamp -= 10000;
    fake_windows_call_back(&flushed, 1, 1);
}

static void finishing_brings_what_is_still_in_buffers(void)
{
    const etw_batch *batch;
    fake_windows_reset();
    windows.on_flush = bring_flushed;
    etw_consumer *consumer = attach();
    etw_consumer_finish(consumer, NULL, 5000);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK);
    CHECK_EQ(batch->count, 1);
    CHECK_EQ(batch->events[0].id, 9);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_END);
    CHECK_EQ(windows.flushes, 1);
    CHECK(!windows.was_asked_wrongly);
    etw_consumer_destroy(&consumer);
}

static void stop_later(void *argument)
{
    etwi_sleep_ms(30);
    etw_consumer_stop(argument);
}

static void stops_from_another_thread(void)
{
    const etw_batch *batch;
    fake_windows_reset();
    etw_consumer *consumer = attach();
    etwi_thread *thread = etwi_thread_start(stop_later, consumer);
    REQUIRE(thread);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_STOPPED);
    etwi_thread_join(thread);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(windows.closed, 1);
}

int main(void)
{
    RUN(opens_a_session_in_real_time_with_raw_times);
    RUN(measures_by_the_clock_of_the_session);
    RUN(explains_why_a_session_cannot_be_opened);
    RUN(who_may_not_query_may_consume);
    RUN(waits_for_the_header_of_a_session_that_starts);
    RUN(hands_on_events);
    RUN(counts_losses);
    RUN(the_callback_waits_for_a_slow_consumer);
    RUN(lets_go_while_the_callback_waits);
    RUN(ends_with_the_session);
    RUN(tells_why_processing_failed);
    RUN(attaches_to_the_next_session_of_that_name);
    RUN(finishing_brings_what_is_still_in_buffers);
    RUN(stops_from_another_thread);
    fake_windows_free();
    return test_finish();
}
