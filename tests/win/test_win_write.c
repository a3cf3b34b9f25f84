/*
 * Providers with Windows: what EventRegister(), EventSetInformation(), EventWriteTransfer() and
 * their kin are given, byte by byte, and what is made of their answers and calls back.
 */
#include "test.h"

#include "session/win/api.h"

#include <etw/write.h>

#include <stdlib.h>

enum {
    HANDLE = 0x7711,
    DATA_MAX = 128,
    BYTES_MAX = 256,

    CODE_NOT_ENOUGH_MEMORY = 8,
    CODE_INVALID_HANDLE = 6,
    CODE_MORE_DATA = 234,
    CODE_ARITHMETIC_OVERFLOW = 534,
    CODE_LOG_FILE_FULL = 1502,
};

static const etw_guid GUID = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_guid GROUP = {0xAABBCCDD, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const etw_guid SESSION = {0x5E551017, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

/* What was asked of Windows. */
static struct windows {
    etw_guid guid;
    etwi_abi_enable_callback callback;
    void *context;
    unsigned registered, unregistered;
    uint64_t unregistered_handle;
    uint32_t register_code;
    bool enables_at_once; /* Calls back before it returns. */
    /* EventSetInformation */
    unsigned set_count;
    uint32_t set_class[4], set_size[4];
    uint8_t set_data[4][BYTES_MAX];
    /* EventWriteTransfer */
    unsigned written;
    uint32_t write_code;
    uint64_t handle;
    etwi_abi_descriptor descriptor;
    bool has_activity, has_related;
    etw_guid activity, related;
    uint32_t count;
    bool has_data;
    etwi_abi_data data[DATA_MAX];
    /* EventWriteString */
    unsigned strings;
    uint8_t level;
    uint64_t keyword;
    etwi_abi_char text[64];
    /* EventActivityIdControl */
    uint32_t activity_code;
    etw_guid thread_activity;
} windows;

static etw_error error;

/* ---- The table. ---- */

static void enable(uint32_t code, uint8_t level, uint64_t any, uint64_t all,
                   const etwi_abi_filter *filter)
{
    windows.callback(&SESSION, code, level, any, all, filter, windows.context);
}

static uint32_t ETWI_ABI_CALL event_register(const etw_guid *provider,
                                             etwi_abi_enable_callback callback, void *context,
                                             uint64_t *registration)
{
    windows.registered++;
    windows.guid = *provider;
    windows.callback = callback;
    windows.context = context;
    if (windows.register_code)
        return windows.register_code;
    *registration = HANDLE;
    if (windows.enables_at_once)
        enable(1, 4, 0x10, 0, NULL);
    return 0;
}

static uint32_t ETWI_ABI_CALL event_unregister(uint64_t registration)
{
    windows.unregistered++;
    windows.unregistered_handle = registration;
    return 0;
}

static uint32_t ETWI_ABI_CALL set_information(uint64_t registration, uint32_t class, void *data,
                                              uint32_t size)
{
    const unsigned i = windows.set_count++;
    CHECK_EQ(registration, HANDLE);
    if (i < 4 && size <= BYTES_MAX) {
        windows.set_class[i] = class;
        windows.set_size[i] = size;
        memcpy(windows.set_data[i], data, size);
    }
    return 0;
}

static uint32_t ETWI_ABI_CALL write_transfer(uint64_t registration,
                                             const etwi_abi_descriptor *descriptor,
                                             const etw_guid *activity, const etw_guid *related,
                                             uint32_t count, etwi_abi_data *data)
{
    windows.written++;
    windows.handle = registration;
    windows.descriptor = *descriptor;
    windows.has_activity = activity;
    windows.has_related = related;
    if (activity)
        windows.activity = *activity;
    if (related)
        windows.related = *related;
    windows.count = count;
    windows.has_data = data;
    if (count && count <= DATA_MAX)
        memcpy(windows.data, data, count * sizeof *data);
    return windows.write_code;
}

static uint32_t ETWI_ABI_CALL write_string(uint64_t registration, uint8_t level, uint64_t keyword,
                                           const etwi_abi_char *text)
{
    windows.strings++;
    windows.handle = registration;
    windows.level = level;
    windows.keyword = keyword;
    for (size_t i = 0; i < sizeof windows.text / sizeof windows.text[0]; i++) {
        windows.text[i] = text[i];
        if (!text[i])
            break;
    }
    return windows.write_code;
}

static uint32_t ETWI_ABI_CALL control_activity(uint32_t code, etw_guid *activity)
{
    windows.activity_code = code;
    if (code == 1)
        *activity = windows.thread_activity;
    else if (code == 2)
        windows.thread_activity = *activity;
    else
        *activity = GROUP;
    return 0;
}

static etwi_api table;

/* Takes the place of the library's. */
void etwi_api_load(etwi_api *unused)
{
    (void)unused;
}

/* ---- What tests do. ---- */

static void reset(void)
{
    memset(&windows, 0, sizeof windows);
    table = (etwi_api){.EventRegister = event_register,
                       .EventUnregister = event_unregister,
                       .EventSetInformation = set_information,
                       .EventWriteTransfer = write_transfer,
                       .EventWriteString = write_string,
                       .EventActivityIdControl = control_activity};
    etwi_api_use(&table);
}

static etw_control_info told[8];
static uint8_t told_filter[16];
static unsigned told_count;

static void take_control(void *user, const etw_control_info *info)
{
    (void)user;
    if (info->filter_data.size <= sizeof told_filter && info->filter_data.size)
        memcpy(told_filter, info->filter_data.data, info->filter_data.size);
    if (told_count < 8)
        told[told_count++] = *info;
}

static etw_provider *open_provider(const char *name, const etw_guid *guid, const etw_guid *group)
{
    etw_provider *provider = NULL;
    etw_provider_options options = {
        .size = sizeof options, .name = name, .group = group, .on_enable = take_control};
    if (guid)
        options.guid = *guid;
    told_count = 0;
    CHECK_EQ(etw_provider_register(&provider, &options, &error), ETW_OK);
    return provider;
}

static const etw_event_descriptor EVENT = {101, 2, 16, 4, 5, 606, 0x10};

static void registers_with_windows_and_describes_itself(void)
{
    static const uint8_t traits[] =
        "\x1C\0Contos\0\x13\0\x01\xDD\xCC\xBB\xAA\1\0\2\0\3\4\5\6\7\b\t\n";
    reset();
    etw_provider *provider = open_provider("Contos", &GUID, &GROUP);
    REQUIRE(provider);
    CHECK_EQ(windows.registered, 1);
    CHECK(etw_guid_equal(&windows.guid, &GUID));
    CHECK(windows.callback && windows.context);
    CHECK_EQ(windows.set_count, 2);
    CHECK_EQ(windows.set_class[0], 2); /* EventProviderSetTraits. */
    CHECK_EQ(windows.set_size[0], sizeof traits - 1);
    CHECK(memcmp(windows.set_data[0], traits, sizeof traits - 1) == 0);
    CHECK_EQ(windows.set_class[1], 3); /* EventProviderUseDescriptorType. */
    CHECK_EQ(windows.set_size[1], 1);
    CHECK_EQ(windows.set_data[1][0], 1);
    etw_provider_unregister(&provider);
    CHECK_EQ(windows.unregistered, 1);
    CHECK_EQ(windows.unregistered_handle, HANDLE);
}

static void without_traits_nothing_is_set(void)
{
    reset();
    etw_provider *provider = open_provider(NULL, &GUID, NULL);
    CHECK_EQ(windows.registered, 1);
    CHECK_EQ(windows.set_count, 0);
    etw_provider_unregister(&provider);
    reset();
    table.EventSetInformation = NULL; /* Windows 7. */
    provider = open_provider("Contos", NULL, NULL);
    CHECK_EQ(windows.registered, 1);
    etw_provider_unregister(&provider);
    CHECK_EQ(windows.unregistered, 1);
}

static void is_enabled_by_calls_back(void)
{
    static const uint8_t blob[4] = {1, 2, 3, 4};
    const etwi_abi_filter filter = {(uintptr_t)blob, sizeof blob, UINT32_C(0x80000000)};
    reset();
    etw_provider *provider = open_provider("Contos", &GUID, NULL);
    CHECK(!etw_provider_enabled(provider, 0, 0));
    enable(1, 4, 0x10, 0x10, &filter);
    CHECK(etw_provider_enabled(provider, 4, 0x10));
    CHECK(etw_provider_enabled(provider, 4, 0));
    CHECK(!etw_provider_enabled(provider, 5, 0x10));
    CHECK(!etw_provider_enabled(provider, 4, 0x20));
    CHECK_EQ(told_count, 1);
    CHECK_EQ(told[0].code, ETW_CONTROL_ENABLE);
    CHECK_EQ(told[0].level, 4);
    CHECK_EQ(told[0].match_any_keyword, 0x10);
    CHECK_EQ(told[0].match_all_keyword, 0x10);
    CHECK(etw_guid_equal(&told[0].source, &SESSION));
    CHECK_EQ(told[0].filter_type, 0x80000000);
    CHECK_EQ(told[0].filter_data.size, sizeof blob);
    CHECK(memcmp(told_filter, blob, sizeof blob) == 0);
    enable(2, 4, 0x10, 0, NULL);
    CHECK_EQ(told[1].code, ETW_CONTROL_CAPTURE_STATE);
    CHECK(etw_provider_enabled(provider, 4, 0x10));
    enable(1, 0, 0, 0, NULL); /* All levels and keywords. */
    CHECK(etw_provider_enabled(provider, 255, UINT64_C(1) << 63));
    enable(0, 0, 0, 0, NULL);
    CHECK(!etw_provider_enabled(provider, 0, 0));
    CHECK_EQ(told[3].code, ETW_CONTROL_DISABLE);
    enable(77, 1, 1, 1, NULL); /* A code of some later version. */
    CHECK_EQ(told_count, 4);
    etw_provider_unregister(&provider);
}

static void may_be_enabled_while_it_registers(void)
{
    reset();
    windows.enables_at_once = true;
    etw_provider *provider = open_provider("Contos", &GUID, NULL);
    CHECK(etw_provider_enabled(provider, 4, 0x10));
    CHECK_EQ(told_count, 1);
    etw_provider_unregister(&provider);
}

static void writes_events_as_they_are(void)
{
    static const uint8_t first[] = {1, 2, 3}, second[] = {4};
    const etw_event_data data[] = {{first, sizeof first}, {NULL, 0}, {second, sizeof second}};
    reset();
    etw_provider *provider = open_provider("Contos", &GUID, NULL);
    CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, data, 3), ETW_OK);
    CHECK_EQ(windows.written, 0); /* Nobody listens. */
    enable(1, 4, 0x10, 0, NULL);
    CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, data, 3), ETW_OK);
    CHECK_EQ(windows.written, 1);
    CHECK_EQ(windows.handle, HANDLE);
    CHECK(memcmp(&windows.descriptor, &EVENT, sizeof EVENT) == 0);
    CHECK(!windows.has_activity && !windows.has_related);
    CHECK_EQ(windows.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(windows.data[i].ptr, (uintptr_t)data[i].data);
        CHECK_EQ(windows.data[i].size, data[i].size);
        CHECK_EQ(windows.data[i].type, 0);
        CHECK_EQ(windows.data[i].reserved1 | windows.data[i].reserved2, 0);
    }
    CHECK_EQ(etw_provider_write(provider, &EVENT, &GUID, &GROUP, NULL, 0), ETW_OK);
    CHECK(windows.has_activity && etw_guid_equal(&windows.activity, &GUID));
    CHECK(windows.has_related && etw_guid_equal(&windows.related, &GROUP));
    CHECK_EQ(windows.count, 0);
    CHECK(!windows.has_data);
    const etw_event_descriptor verbose = {.level = 5, .keyword = 0x10};
    CHECK_EQ(etw_provider_write(provider, &verbose, NULL, NULL, NULL, 0), ETW_OK);
    CHECK_EQ(windows.written, 2);
    etw_provider_unregister(&provider);
}

static void describes_events_before_their_payload(void)
{
    static const uint8_t description[] = {5, 0, 0, 'E', 0}, payload[] = {7, 8};
    const etw_event_data data[] = {{payload, sizeof payload}};
    const etw_described_event event = {EVENT, {description, sizeof description}};
    reset();
    etw_provider *provider = open_provider("Contos", NULL, NULL);
    enable(1, 5, 0, 0, NULL);
    CHECK_EQ(etw_provider_write_described(provider, &event, NULL, NULL, data, 1), ETW_OK);
    CHECK_EQ(windows.count, 3);
    CHECK_EQ(windows.data[0].type, 2); /* EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA. */
    CHECK_EQ(windows.data[0].size, 9);
    CHECK(memcmp((const void *)(uintptr_t)windows.data[0].ptr, "\x09\0Contos", 9) == 0);
    CHECK_EQ(windows.data[1].type, 1); /* …_EVENT_METADATA. */
    CHECK_EQ(windows.data[1].ptr, (uintptr_t)description);
    CHECK_EQ(windows.data[1].size, sizeof description);
    CHECK_EQ(windows.data[2].type, 0);
    CHECK_EQ(windows.data[2].ptr, (uintptr_t)payload);
    etw_provider_unregister(&provider);
}

static void takes_as_many_pieces_as_windows_does(void)
{
    static const uint8_t description[] = {5, 0, 0, 'E', 0};
    static const etw_event_data data[ETW_EVENT_DATA_MAX + 1];
    const etw_described_event event = {EVENT, {description, sizeof description}};
    const etw_event_data large = {description, 100000};
    reset();
    etw_provider *provider = open_provider("Contos", NULL, NULL);
    enable(1, 5, 0, 0, NULL);
    CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, data, 128), ETW_OK);
    CHECK_EQ(windows.count, 128);
    CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, data, 129), ETW_E_LIMIT);
    CHECK_EQ(etw_provider_write_described(provider, &event, NULL, NULL, data, 126), ETW_OK);
    CHECK_EQ(windows.count, 128);
    CHECK_EQ(etw_provider_write_described(provider, &event, NULL, NULL, data, 127), ETW_E_LIMIT);
    CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, &large, 1), ETW_E_LIMIT);
    CHECK_EQ(windows.written, 2);
    etw_provider_unregister(&provider);
}

static void writes_strings(void)
{
    reset();
    etw_provider *provider = open_provider("Contos", NULL, NULL);
    enable(1, 5, 0, 0, NULL);
    CHECK_EQ(etw_provider_write_string(provider, 3, 0x20, (etw_str){"h\xC3\xA9!", 4}), ETW_OK);
    CHECK_EQ(windows.strings, 1);
    CHECK_EQ(windows.written, 0);
    CHECK_EQ(windows.handle, HANDLE);
    CHECK_EQ(windows.level, 3);
    CHECK_EQ(windows.keyword, 0x20);
    CHECK_EQ(windows.text[0], 'h');
    CHECK_EQ(windows.text[1], 0xE9);
    CHECK_EQ(windows.text[2], '!');
    CHECK_EQ(windows.text[3], 0);
    table.EventWriteString = NULL;
    CHECK_EQ(etw_provider_write_string(provider, 3, 0x20, (etw_str){"h", 1}), ETW_E_UNSUPPORTED);
    etw_provider_unregister(&provider);
}

static void tells_what_became_of_an_event(void)
{
    static const struct {
        uint32_t code;
        etw_status status;
    } cases[] = {
        {0, ETW_OK},
        {CODE_MORE_DATA, ETW_E_LIMIT},
        {CODE_ARITHMETIC_OVERFLOW, ETW_E_LIMIT},
        {CODE_NOT_ENOUGH_MEMORY, ETW_E_FULL},
        {CODE_LOG_FILE_FULL, ETW_E_FULL},
        {CODE_INVALID_HANDLE, ETW_E_NOT_FOUND},
    };
    reset();
    etw_provider *provider = open_provider("Contos", NULL, NULL);
    enable(1, 5, 0, 0, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        windows.write_code = cases[i].code;
        CHECK_EQ(etw_provider_write(provider, &EVENT, NULL, NULL, NULL, 0), cases[i].status);
    }
    etw_provider_unregister(&provider);
}

static void fails_if_windows_refuses(void)
{
    etw_provider *provider;
    const etw_provider_options options = {.size = sizeof options, .name = "Contos"};
    reset();
    windows.register_code = CODE_NOT_ENOUGH_MEMORY;
    CHECK_EQ(etw_provider_register(&provider, &options, &error), ETW_E_NOMEM);
    CHECK(!provider);
    CHECK_EQ(error.os_code, CODE_NOT_ENOUGH_MEMORY);
    CHECK_EQ(windows.unregistered, 0);
}

static void threads_have_the_activities_of_windows(void)
{
    reset();
    etw_activity_id_set(&GUID);
    CHECK_EQ(windows.activity_code, 2);
    CHECK(etw_guid_equal(&windows.thread_activity, &GUID));
    windows.thread_activity = SESSION; /* Set by something else in the process. */
    etw_guid id = etw_activity_id_get();
    CHECK_EQ(windows.activity_code, 1);
    CHECK(etw_guid_equal(&id, &SESSION));
    id = etw_activity_id_create();
    CHECK_EQ(windows.activity_code, 3);
    CHECK(etw_guid_equal(&id, &GROUP));
    table.EventActivityIdControl = NULL;
    id = etw_activity_id_get();
    CHECK(etw_guid_equal(&id, &GUID));
    id = etw_activity_id_create();
    CHECK(!etw_guid_is_null(&id) && !etw_guid_equal(&id, &GROUP));
    etw_activity_id_set(NULL);
}

int main(void)
{
    RUN(registers_with_windows_and_describes_itself);
    RUN(without_traits_nothing_is_set);
    RUN(is_enabled_by_calls_back);
    RUN(may_be_enabled_while_it_registers);
    RUN(writes_events_as_they_are);
    RUN(describes_events_before_their_payload);
    RUN(takes_as_many_pieces_as_windows_does);
    RUN(writes_strings);
    RUN(tells_what_became_of_an_event);
    RUN(fails_if_windows_refuses);
    RUN(threads_have_the_activities_of_windows);
    return test_finish();
}
