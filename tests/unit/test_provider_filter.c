/* Filters that providers apply before they write. */
#include "provider_fixture.h"

#include "os/process.h"

#include <stdlib.h>

static void filter_ids(void)
{
    static const uint16_t IDS[] = {3, 5};
    etw_provider_filter filter = {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 2};
    setup();
    enable_with_filter(&filter, 0);
    for (uint16_t id = 1; id <= 6; id++)
        write_id(id);
    CHECK_EQ(written(), 2);
    filter.exclude = true;
    enable_with_filter(&filter, 0);
    for (uint16_t id = 1; id <= 6; id++)
        write_id(id);
    CHECK_EQ(written(), 2 + 4);
    teardown();
}

static void filter_event_names(void)
{
    const etw_str names[] = {{"One", 3}, {"Three", 5}};
    etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_EVENT_NAME, .names = names, .name_count = 2, .level = 4};
    setup();
    enable_with_filter(&filter, 0);
    ETW_TL_WRITE(demo, "One", 4, 1);
    ETW_TL_WRITE(demo, "Two", 4, 1);
    ETW_TL_WRITE(demo, "Three", 5, 1); // Beyond the filter's level.
    ETW_TL_WRITE_EX(demo, "Three", 0x7F, 0, NULL, NULL, 4, 1, ETW_TL_UINT8("x", 1));
    CHECK_EQ(written(), 2);
    filter.exclude = true;
    enable_with_filter(&filter, 0);
    ETW_TL_WRITE(demo, "One", 4, 1);
    ETW_TL_WRITE(demo, "Two", 4, 1);
    ETW_TL_WRITE(demo, "On", 4, 1);
    CHECK_EQ(written(), 4);
    teardown();
}

static void filter_processes(void)
{
    const uint32_t mine[] = {1, etwi_process_id()};
    const uint32_t others[] = {1, 2};
    etw_provider_filter filter = {.type = ETW_FILTER_TYPE_PID, .pids = mine, .pid_count = 2};
    setup();
    enable_with_filter(&filter, 0);
    CHECK(etw_provider_enabled(demo, 4, 1));
    filter.pids = others;
    enable_with_filter(&filter, 0);
    CHECK(!etw_provider_enabled(demo, 4, 1));
    teardown();
}

static void filter_programs(void)
{
    char path[4096];
    etwi_program_path(path, sizeof path);
    const char *file = etwi_path_name(path);
    CHECK(strncmp(file, "test_provider_filter", 20) == 0);
    memcpy(path + (file - path), "TEST_Provider", 13);
    etw_str name = {file, strlen(file)};
    etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = &name, .name_count = 1};
    setup();
    enable_with_filter(&filter, 0);
    CHECK(etw_provider_enabled(demo, 4, 1));
    name.size--;
    enable_with_filter(&filter, 0);
    CHECK(!etw_provider_enabled(demo, 4, 1));
    teardown();
}

static bool has_stack(const etw_event *event)
{
    etw_bytes item;
    return etw_event_find_extended(event, ETW_EXTENDED_STACK_TRACE64, &item) ||
           etw_event_find_extended(event, ETW_EXTENDED_STACK_TRACE32, &item);
}

static void filter_stacks(void)
{
    static const uint16_t IDS[] = {3};
    etw_provider_filter filter = {.type = ETW_FILTER_TYPE_STACKWALK, .ids = IDS, .id_count = 1};
    setup();
    enable_with_filter(&filter, ETW_ENABLE_PROPERTY_STACK_TRACE);
    write_id(2);
    write_id(3);
    const etw_provider_filter by_level = {
        .type = ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, .level = 2, .match_any_keyword = 4};
    enable_with_filter(&by_level, ETW_ENABLE_PROPERTY_STACK_TRACE);
    write_level(2, 4);
    write_level(3, 4);
    write_level(2, 8);
    CHECK_EQ(written(), 5);
    CHECK(!has_stack(&events[0]));
    CHECK(has_stack(&events[1]));
    CHECK(has_stack(&events[2]));
    CHECK(!has_stack(&events[3]));
    CHECK(!has_stack(&events[4]));
    teardown();
}

int main(void)
{
    demo_guid = etw_guid_from_name((etw_str){"Contoso.Demo", 12});
    live_alone();
    RUN(filter_ids);
    RUN(filter_event_names);
    RUN(filter_processes);
    RUN(filter_programs);
    RUN(filter_stacks);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
