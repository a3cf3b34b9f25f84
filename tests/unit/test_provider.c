/* Providers of one process, and the sessions that enable them. */
#include "provider_fixture.h"

#include "base/bytes.h"
#include "engine/private.h"
#include "engine/process.h"
#include "os/private.h"
#include "os/process.h"

#include <etw/session.h>
#include <stdlib.h>

enum {
    CALLS_MAX = 32
};

static const etw_guid GROUP = {0xAAAAAAAA, 1, 2, {3}};

/* ---- being enabled --------------------------------------------------------------------------- */

static void enable_before_register(void)
{
    const uint32_t number = 42;
    const etw_event_data data[] = {{(const uint8_t *)&number, 4}, {NULL, 0}};
    live_start(&session, 0, 0, 16);
    live_enable_plain(&session, &demo_guid, 4, 0);
    CHECK_EQ(ETW_TL_REGISTER(demo, NULL), ETW_OK);
    CHECK(etw_provider_enabled(demo, 4, 0x10));
    CHECK(!etw_provider_enabled(demo, 5, 0x10));
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, data, 2), ETW_OK);
    CHECK_EQ(written(), 1);
    CHECK_EQ(events[0].id, EVENT.id);
    CHECK_EQ(events[0].version, EVENT.version);
    CHECK_EQ(events[0].level, EVENT.level);
    CHECK_EQ(events[0].opcode, EVENT.opcode);
    CHECK_EQ(events[0].task, EVENT.task);
    CHECK_EQ(events[0].keyword, EVENT.keyword);
    CHECK_EQ(events[0].process_id, etwi_process_id());
    CHECK_EQ(events[0].thread_id, etwi_thread_id());
    CHECK_EQ(events[0].payload_size, 4);
    CHECK(memcmp(events[0].payload, &number, 4) == 0);
    CHECK(etw_guid_equal(&events[0].provider, &demo_guid));
    CHECK(events[0].raw_timestamp <= etwi_clock_monotonic());
    CHECK(events[0].raw_timestamp > etwi_clock_monotonic() - 10000000);
    teardown();
}

static void register_before_enable(void)
{
    REQUIRE(ETW_TL_REGISTER(demo, NULL) == ETW_OK);
    CHECK(!etw_provider_enabled(demo, 0, 0));
    live_start(&session, 0, 0, 16);
    live_enable_plain(&session, &demo_guid, 4, 0);
    CHECK(etw_provider_enabled(demo, 4, 0x10));
    ETW_TL_WRITE(demo, "Hello", 4, 1, ETW_TL_UINT32("x", 7));
    CHECK_EQ(written(), 1);
    live_disable(&session, &demo_guid, true);
    CHECK(!etw_provider_enabled(demo, 0, 0));
    ETW_TL_WRITE(demo, "Hello", 4, 1, ETW_TL_UINT32("x", 7));
    CHECK_EQ(written(), 1);
    live_stop(&session);
    ETW_TL_UNREGISTER(demo);
}

static void nobody_listens(void)
{
    etw_provider *none = NULL;
    CHECK(!etw_provider_enabled(none, 0, 0));
    ETW_TL_WRITE(none, "Hello", 4, 1, ETW_TL_UINT32("x", 7));
    etw_provider_unregister(&none);
    REQUIRE(ETW_TL_REGISTER(demo, NULL) == ETW_OK);
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, NULL, 0), ETW_OK);
    ETW_TL_UNREGISTER(demo);
    CHECK(demo == NULL);
}

static void options_are_checked(void)
{
    etw_error error = {.message = ""};
    etw_provider *made = NULL;
    char name[2000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    etw_provider_options options = {.size = sizeof options};
    CHECK_EQ(etw_provider_register(&made, &options, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "a provider needs a name or a GUID");
    options.name = name;
    CHECK_EQ(etw_provider_register(&made, &options, &error), ETW_E_LIMIT);
    options.name = NULL;
    options.guid = GROUP;
    CHECK_EQ(etw_provider_register(&made, &options, &error), ETW_OK);
    etw_provider_unregister(&made);
}

static void levels_and_keywords(void)
{
    setup();
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = demo_guid,
                                              .level = 3,
                                              .match_any_keyword = 0x30,
                                              .match_all_keyword = 0x20};
    live_enable(&session, &parameters, true);
    write_level(3, 0x20); // 1
    write_level(4, 0x20);
    write_level(3, 0x10); // Any, but not all.
    write_level(0, 0x30); // 2
    write_level(3, 0x40);
    write_level(3, 0); // 3: without keyword.
    CHECK_EQ(written(), 3);
    CHECK(!etw_provider_enabled(demo, 3, 0x40));
    CHECK(!etw_provider_enabled(demo, 4, 0x20));
    live_enable_plain(&session, &demo_guid, 0, 0); // Again, for all.
    write_level(255, UINT64_C(1) << 63);           // 4
    CHECK_EQ(written(), 4);
    enable_with_filter(NULL, ETW_ENABLE_PROPERTY_IGNORE_KEYWORD_0);
    write_level(3, 0);
    CHECK(!etw_provider_enabled(demo, 3, 0));
    write_level(3, 1); // 5
    CHECK_EQ(written(), 5);
    teardown();
}

static void groups(void)
{
    const etw_provider_options options = {
        .size = sizeof options, .name = "Member", .group = &GROUP};
    const etw_enable_parameters parameters = {
        .size = sizeof parameters,
        .provider = GROUP,
        .properties = ETW_ENABLE_PROPERTY_PROVIDER_GROUP,
    };
    etw_provider *member = NULL;
    etw_bytes traits = {NULL, 0};
    setup();
    REQUIRE(etw_provider_register(&member, &options, NULL) == ETW_OK);
    live_enable(&session, &parameters, true);
    CHECK(etw_provider_enabled(member, 1, 1));
    CHECK(!etw_provider_enabled(demo, 1, 1));
    CHECK_EQ(etw_provider_write(member, &EVENT, NULL, NULL, NULL, 0), ETW_OK);
    CHECK_EQ(written(), 1);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_PROVIDER_TRAITS, &traits));
    CHECK_EQ(traits.size, 2 + 7 + 3 + 16);
    CHECK_EQ(etwi_load_u16(traits.data), traits.size);
    CHECK(memcmp(traits.data + 2, "Member", 7) == 0);
    CHECK_EQ(etwi_load_u16(traits.data + 9), 19);
    CHECK_EQ(traits.data[11], 1);
    CHECK(memcmp(traits.data + 12, &GROUP, 16) == 0);
    etw_provider_unregister(&member);
    teardown();
}

static void eight_sessions(void)
{
    static live_session many[ETW_PROVIDER_SESSIONS_MAX];
    REQUIRE(ETW_TL_REGISTER(demo, NULL) == ETW_OK);
    for (unsigned i = 0; i < ETW_PROVIDER_SESSIONS_MAX; i++) {
        live_start(&many[i], i % 2 ? ETW_CLOCK_SYSTEM_TIME : ETW_CLOCK_QPC, 0, 8);
        live_enable_plain(&many[i], &demo_guid, (uint8_t)(i + 1), 0);
    }
    for (uint8_t level = 1; level <= 8; level++)
        write_level(level, 1);
    int64_t times[2] = {0, 0};
    for (unsigned i = 0; i < ETW_PROVIDER_SESSIONS_MAX; i++) {
        CHECK_EQ(live_events(&many[i], events, EVENTS_MAX), i + 1);
        // One time for all sessions with the same clock.
        if (i < 2)
            times[i] = events[0].raw_timestamp;
        CHECK_EQ(events[0].raw_timestamp, times[i % 2]);
    }
    for (unsigned i = 0; i < ETW_PROVIDER_SESSIONS_MAX; i++) {
        CHECK(etw_provider_enabled(demo, 8, 1));
        live_stop(&many[i]);
    }
    ETW_TL_UNREGISTER(demo);
}

/* ---- what is written ------------------------------------------------------------------------- */

static void string_events(void)
{
    static const uint8_t WANTED[] = {'h', 0, 0xE9, 0, 0x3D, 0xD8, 0x00, 0xDE, 0xFD, 0xFF, 0, 0};
    const char text[] = "h\xC3\xA9\xF0\x9F\x98\x80\xFF";
    setup();
    live_enable_plain(&session, &demo_guid, 0, 0);
    CHECK_EQ(etw_provider_write_string(demo, 4, 1, (etw_str){text, sizeof text - 1}), ETW_OK);
    CHECK_EQ(etw_provider_write_string(demo, 4, 1, (etw_str){NULL, 0}), ETW_OK);
    CHECK_EQ(written(), 2);
    CHECK(events[0].flags & ETW_EVENT_STRING_ONLY);
    CHECK_EQ(events[0].payload_size, sizeof WANTED);
    CHECK(memcmp(events[0].payload, WANTED, sizeof WANTED) == 0);
    CHECK_EQ(events[1].payload_size, 2);
    teardown();
}

static void activity_ids(void)
{
    const etw_guid first = etw_activity_id_create();
    const etw_guid second = etw_activity_id_create();
    const etw_guid none = {0, 0, 0, {0}};
    etw_guid now = etw_activity_id_get();
    etw_bytes related = {NULL, 0};
    CHECK(!etw_guid_equal(&first, &second));
    CHECK(etw_guid_equal(&now, &none));
    setup();
    live_enable_plain(&session, &demo_guid, 0, 0);
    etw_activity_id_set(&first);
    etw_provider_write(demo, &EVENT, NULL, NULL, NULL, 0);
    etw_provider_write(demo, &EVENT, &second, &first, NULL, 0);
    etw_activity_id_set(NULL);
    CHECK_EQ(written(), 2);
    CHECK(etw_guid_equal(&events[0].activity_id, &first));
    CHECK(!etw_event_find_extended(&events[0], ETW_EXTENDED_RELATED_ACTIVITY_ID, &related));
    CHECK(etw_guid_equal(&events[1].activity_id, &second));
    REQUIRE(etw_event_find_extended(&events[1], ETW_EXTENDED_RELATED_ACTIVITY_ID, &related));
    CHECK(related.size == sizeof first && memcmp(related.data, &first, sizeof first) == 0);
    teardown();
}

static void too_large(void)
{
    static uint8_t bytes[70000];
    const etw_event_data big = {bytes, sizeof bytes};
    const etw_event_data half = {bytes, 40000};
    const etw_event_data halves[] = {half, half};
    const etw_event_data fits = {bytes, 60000};
    static etw_event_data many[ETW_EVENT_DATA_MAX + 1];
    setup();
    live_enable_plain(&session, &demo_guid, 0, 0);
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, &big, 1), ETW_E_LIMIT);
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, halves, 2), ETW_E_LIMIT);
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, many, ETW_EVENT_DATA_MAX + 1),
             ETW_E_LIMIT);
    CHECK_EQ(
        etw_provider_write_string(demo, 4, 1, (etw_str){(char *)memset(bytes, 'x', 40000), 40000}),
        ETW_E_LIMIT);
    CHECK_EQ(etw_provider_write(demo, &EVENT, NULL, NULL, &fits, 1), ETW_OK);
    const etwi_mapping_counts counts = live_counts(&session);
    CHECK_EQ(counts.events, 1);
    CHECK_EQ(counts.events_lost, 4);
    CHECK_EQ(written(), 1);
    CHECK_EQ(events[0].payload_size, 60000);
    teardown();
}

static void full_sessions_lose_and_count(void)
{
    static uint8_t bytes[2000];
    const etw_event_data data = {bytes, sizeof bytes};
    unsigned lost = 0;
    REQUIRE(ETW_TL_REGISTER(demo, NULL) == ETW_OK);
    live_start(&session, 0, 4096, 4 * etwi_cpu_count());
    live_enable_plain(&session, &demo_guid, 0, 0);
    for (unsigned i = 0; i < 100; i++)
        lost += etw_provider_write(demo, &EVENT, NULL, NULL, &data, 1) == ETW_E_FULL;
    const etwi_mapping_counts counts = live_counts(&session);
    CHECK(lost > 0);
    CHECK_EQ(counts.events_lost, lost);
    CHECK_EQ(counts.events, 100 - lost);
    CHECK_EQ(written(), 100 - lost);
    teardown();
}

static __attribute__((noinline)) void write_from_here(void)
{
    write_id(1);
    __asm__ volatile("" : : : "memory"); // So that this is no tail call.
}

static void extended_data(void)
{
    const uint32_t all = ETW_ENABLE_PROPERTY_SID | ETW_ENABLE_PROPERTY_TS_ID |
                         ETW_ENABLE_PROPERTY_STACK_TRACE | ETW_ENABLE_PROPERTY_PROCESS_START_KEY |
                         ETW_ENABLE_PROPERTY_EVENT_KEY;
    const unsigned stack_type =
        sizeof(void *) == 8 ? ETW_EXTENDED_STACK_TRACE64 : ETW_EXTENDED_STACK_TRACE32;
    etw_bytes item = {NULL, 0};
    etw_bytes other = {NULL, 0};
    setup();
    enable_with_filter(NULL, all);
    write_from_here();
    write_from_here();
    CHECK_EQ(written(), 2);
    CHECK(!events[0].is_damaged);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_SID, &item));
    uint8_t user[ETWI_SID_MAX];
    CHECK_EQ(item.size, etwi_user_sid(user));
    CHECK(memcmp(item.data, user, item.size) == 0);
    CHECK(item.data[0] == 1 && item.size == 8 + 4u * item.data[1]);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_TERMINAL_SESSION_ID, &item));
    CHECK_EQ(item.size, 4);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_PROCESS_START_KEY, &item));
    CHECK_EQ(item.size, 8);
    CHECK(etwi_load_u64(item.data) != 0);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_EVENT_KEY, &item));
    REQUIRE(etw_event_find_extended(&events[1], ETW_EXTENDED_EVENT_KEY, &other));
    CHECK(etwi_load_u64(item.data) != etwi_load_u64(other.data));
    REQUIRE(etw_event_find_extended(&events[0], (etw_extended_type)stack_type, &item));
    CHECK(item.size >= 8 + sizeof(void *));
    CHECK(item.size <= 8 + 192 * sizeof(void *));
    enable_with_filter(NULL, ETW_ENABLE_PROPERTY_SID);
    write_id(2);
    CHECK_EQ(written(), 3);
    CHECK(etw_event_find_extended(&events[2], ETW_EXTENDED_SID, &item));
    CHECK(!etw_event_find_extended(&events[2], ETW_EXTENDED_EVENT_KEY, &item));
    teardown();
}

/* What sessions ask for unless they say otherwise has a way of its own. */
static void start_key_alone(void)
{
    etw_bytes item = {NULL, 0};
    setup();
    enable_with_filter(NULL, ETW_ENABLE_PROPERTY_PROCESS_START_KEY);
    ETW_TL_WRITE(demo, "Hello", 4, 1, ETW_TL_UINT32("x", 7));
    REQUIRE(written() == 1);
    REQUIRE(etw_event_find_extended(&events[0], ETW_EXTENDED_PROCESS_START_KEY, &item));
    CHECK_EQ(etwi_load_u64(item.data),
             etwi_process_start_time(etwi_process_id()) << 22 | (etwi_process_id() & 0x3FFFFF));
    CHECK(etw_event_find_extended(&events[0], ETW_EXTENDED_EVENT_SCHEMA_TL, &item));
    CHECK_EQ(events[0].payload_size, 4);
    teardown();
}

/* ---- callbacks ------------------------------------------------------------------------------- */

typedef struct call {
    etw_control_info info;
    char data[16];
} call;

static call calls[CALLS_MAX];
static _Atomic unsigned call_count;
static etw_provider *called;

static void on_enable(void *user, const etw_control_info *info)
{
    if (user != &call_count)
        return;
    const unsigned index = call_count < CALLS_MAX ? call_count : 0;
    calls[index].info = *info;
    if (info->filter_data.size && info->filter_data.size < sizeof calls[index].data)
        memcpy(calls[index].data, info->filter_data.data, info->filter_data.size);
    // A rundown: what is written here goes to the session that has just been enabled.
    if (info->code != ETW_CONTROL_DISABLE)
        ETW_TL_WRITE(called, "State", 4, 1, ETW_TL_UINT32("code", (uint32_t)info->code));
    call_count = index + 1;
}

static void callbacks(void)
{
    const etw_provider_options options = {.size = sizeof options,
                                          .name = "Contoso.Demo",
                                          .on_enable = on_enable,
                                          .user = &call_count};
    static live_session other;
    const etw_provider_filter filter = {.type = ETW_FILTER_TYPE_SCHEMATIZED,
                                        .data = {(const uint8_t *)"secret", 6}};
    call_count = 0;
    live_start(&session, 0, 0, 32);
    live_start(&other, 0, 0, 32);
    live_enable_plain(&session, &demo_guid, 3, 0x1);
    REQUIRE(etw_provider_register(&called, &options, NULL) == ETW_OK);
    CHECK_EQ(call_count, 1); // Before registering returns.
    CHECK_EQ(calls[0].info.code, ETW_CONTROL_ENABLE);
    CHECK_EQ(calls[0].info.level, 3);
    CHECK_EQ(calls[0].info.match_any_keyword, 1);
    CHECK(etw_guid_equal(&calls[0].info.source, &session.table.session));
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = demo_guid,
                                              .level = 5,
                                              .match_any_keyword = 0x2,
                                              .filters = &filter,
                                              .filter_count = 1};
    live_enable(&other, &parameters, true);
    CHECK_EQ(call_count, 2);
    CHECK_EQ(calls[1].info.level, 5);
    CHECK_EQ(calls[1].info.match_any_keyword, 3);
    CHECK_EQ(calls[1].info.filter_type, ETW_FILTER_TYPE_SCHEMATIZED);
    CHECK_TEXT(calls[1].data, "secret");
    live_enable(&other, &parameters, true); // The same once more is one more call.
    CHECK_EQ(call_count, 3);
    live_capture_state(&session, &demo_guid, true);
    CHECK_EQ(call_count, 4);
    CHECK_EQ(calls[3].info.code, ETW_CONTROL_CAPTURE_STATE);
    CHECK(etw_guid_equal(&calls[3].info.source, &session.table.session));
    live_disable(&session, &demo_guid, true);
    CHECK_EQ(call_count, 5);
    CHECK_EQ(calls[4].info.code, ETW_CONTROL_ENABLE); // Of those that are left.
    CHECK_EQ(calls[4].info.level, 5);
    live_disable(&other, &demo_guid, true);
    CHECK_EQ(call_count, 6);
    CHECK_EQ(calls[5].info.code, ETW_CONTROL_DISABLE);
    // Each enabling and the capturing wrote a state; level 4 is beyond the first session.
    CHECK_EQ(live_events(&session, events, EVENTS_MAX), 0);
    etw_provider_unregister(&called);
    live_stop(&other);
    live_stop(&session);
}

/* Enabled and asked for its state before the provider has taken a look: it is asked nevertheless.
 */
static void a_rundown_that_is_asked_at_once(void)
{
    const etw_provider_options options = {.size = sizeof options,
                                          .name = "Contoso.Demo",
                                          .on_enable = on_enable,
                                          .user = &call_count};
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = demo_guid};
    call_count = 0;
    live_start(&session, 0, 0, 32);
    REQUIRE(etw_provider_register(&called, &options, NULL) == ETW_OK);
    REQUIRE(etwi_process_lock(NULL) == ETW_OK);
    live_enable(&session, &parameters, false);
    live_capture_state(&session, &demo_guid, false);
    etwi_process_unlock();
    const etw_enable_parameters others = {.size = sizeof others, .provider = GROUP};
    live_enable(&session, &others, true);
    CHECK_EQ(call_count, 2);
    CHECK_EQ(calls[0].info.code, ETW_CONTROL_ENABLE);
    CHECK_EQ(calls[1].info.code, ETW_CONTROL_CAPTURE_STATE);
    etw_provider_unregister(&called);
    /* One that comes later was not meant. */
    call_count = 0;
    REQUIRE(etw_provider_register(&called, &options, NULL) == ETW_OK);
    CHECK_EQ(call_count, 1);
    CHECK_EQ(calls[0].info.code, ETW_CONTROL_ENABLE);
    etw_provider_unregister(&called);
    live_stop(&session);
}

/* A group is waited for as a provider is. */
static void enabling_a_group_waits(void)
{
    const etw_provider_options options = {
        .size = sizeof options, .name = "Member", .group = &GROUP};
    const etw_session_options start = {
        .size = sizeof start, .name = "groups", .backend = ETW_BACKEND_PORTABLE};
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = GROUP,
                                              .properties = ETW_ENABLE_PROPERTY_PROVIDER_GROUP,
                                              .timeout_ms = 50};
    etw_provider *member = NULL;
    etw_session *own = NULL;
    REQUIRE(etw_session_start(&own, &start, NULL) == ETW_OK);
    REQUIRE(etw_provider_register(&member, &options, NULL) == ETW_OK);
    REQUIRE(etwi_process_lock(NULL) == ETW_OK); // Nobody looks at what is enabled meanwhile.
    CHECK_EQ(etw_session_enable(own, &parameters, NULL), ETW_E_TIMEOUT);
    CHECK_EQ(etw_session_capture_state(own, &GROUP, 50), ETW_E_TIMEOUT);
    etwi_process_unlock();
    CHECK_EQ(etw_session_capture_state(own, &GROUP, 5000), ETW_OK);
    etw_provider_unregister(&member);
    CHECK_EQ(etw_session_stop(own, NULL), ETW_OK);
    etw_session_close(&own);
}

static void session_ends(void)
{
    const etw_provider_options options = {.size = sizeof options,
                                          .name = "Contoso.Demo",
                                          .on_enable = on_enable,
                                          .user = &call_count};
    call_count = 0;
    live_start(&session, 0, 0, 16);
    live_enable_plain(&session, &demo_guid, 5, 0);
    REQUIRE(etw_provider_register(&called, &options, NULL) == ETW_OK);
    CHECK_EQ(live_events(&session, events, EVENTS_MAX), 1); // Of the callback.
    live_stop(&session);
    for (unsigned i = 0; i < 1000 && call_count < 2; i++)
        etwi_sleep_ms(1);
    CHECK_EQ(call_count, 2);
    CHECK_EQ(calls[1].info.code, ETW_CONTROL_DISABLE);
    CHECK(!etw_provider_enabled(called, 0, 0));
    etw_provider_unregister(&called);
}

/* ---- private sessions ------------------------------------------------------------------------ */

static void private_sessions(void)
{
    etw_error error = {.message = ""};
    etwi_private *own = NULL;
    etwi_enable_table table;
    memset(&table, 0, sizeof table);
    etwi_mapping mapping = live_private_memory();
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = demo_guid, .level = 4};
    table.arena.allocator = etwi_allocator_or_default(NULL);
    REQUIRE(etwi_enable_table_set(&table, &parameters, &error) == ETW_OK);
    REQUIRE(etwi_private_add(&own, &mapping, &error) == ETW_OK);
    REQUIRE(etwi_private_set_enables(own, &table, &error) == ETW_OK);
    REQUIRE(ETW_TL_REGISTER(demo, NULL) == ETW_OK);
    CHECK(etw_provider_enabled(demo, 4, 1));
    write_id(1);
    etwi_mapping_counts counts;
    etwi_mapping_count(etwi_private_mapping(own), &counts);
    CHECK_EQ(counts.events, 1);
    etwi_enable_table_remove(&table, &demo_guid);
    REQUIRE(etwi_private_set_enables(own, &table, &error) == ETW_OK);
    CHECK(!etw_provider_enabled(demo, 4, 1));
    etwi_private_remove(own);
    etwi_private_release(own);
    etwi_enable_table_free(&table);
    ETW_TL_UNREGISTER(demo);
}

int main(void)
{
    demo_guid = etw_guid_from_name((etw_str){"Contoso.Demo", 12});
    live_alone();
    RUN(enable_before_register);
    RUN(register_before_enable);
    RUN(nobody_listens);
    RUN(options_are_checked);
    RUN(levels_and_keywords);
    RUN(groups);
    RUN(eight_sessions);
    RUN(string_events);
    RUN(activity_ids);
    RUN(too_large);
    RUN(full_sessions_lose_and_count);
    RUN(extended_data);
    RUN(start_key_alone);
    RUN(callbacks);
    RUN(a_rundown_that_is_asked_at_once);
    RUN(enabling_a_group_waits);
    RUN(session_ends);
    RUN(private_sessions);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
