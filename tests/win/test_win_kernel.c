/* Sessions of Windows' kernel: which way each version goes, rundown, stacks, groups. */
#include "etw_fake.h"
#include "session/backend.h"
#include "session/kernel_provider.h"
#include "test.h"

#include <etw/kernel_flag.h>
#include <etw/kernel_session.h>

static const etw_guid system_process = {
    0x151f55dc, 0x467d, 0x471f, {0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66}};
static const etw_guid system_io = {
    0x3d5c43e3, 0x0f1c, 0x4202, {0xb8, 0x17, 0x17, 0x4c, 0x00, 0x70, 0xdc, 0x79}};
static const etw_guid system_config = {
    0xfef3a8b6, 0x318d, 0x4b67, {0xa9, 0x6a, 0x3b, 0x0f, 0x6b, 0x8f, 0x18, 0xfe}};

static etw_error error;

static etw_session *start(uint32_t build, const char *name, uint32_t flags)
{
    etw_session *session;
    fake_reset();
    fake.build = build;
    const etw_session_options options = {
        .size = sizeof options, .name = name, .kernel_flags = flags};
    memset(&error, 0, sizeof error);
    if (!CHECK_EQ(etwi_kernel_session_start_on(etwi_system_backend(), &session, &options, &error),
                  ETW_OK))
        printf("    %s\n", error.message);
    return session;
}

static uint32_t started_mode(void)
{
    return fake_u32(fake.calls[0].bytes + 64);
}

static uint32_t started_flags(void)
{
    return fake_u32(fake.calls[0].bytes + 72);
}

/* ---- starting ---- */

static void windows_7_has_one_session(void)
{
    etw_session *session = start(7601, "Mine", 0x3);
    REQUIRE(session != NULL);
    CHECK_TEXT(etw_session_name(session), "NT Kernel Logger");
    CHECK_EQ(started_mode(), 0x100);
    CHECK_EQ(started_flags(), 3);
    CHECK_EQ(fake_u32(fake.calls[0].bytes + 24), 0x9e814aad);
    CHECK_EQ(fake.count, 1);
    etw_session_close(&session);
}

static void windows_10_takes_flags_in_any_session(void)
{
    etw_session *session = start(19045, "Mine", 0x10003);
    REQUIRE(session != NULL);
    CHECK_TEXT(etw_session_name(session), "Mine");
    CHECK_EQ(started_mode(), 0x02000110);
    CHECK_EQ(started_flags(), 0x10003);
    CHECK_EQ(fake.count, 1);
    etw_session_close(&session);
}

static void windows_11_enables_providers(void)
{
    etw_session *session = start(22621, "Mine", 0x10003);
    REQUIRE(session != NULL);
    CHECK_EQ(started_mode(), 0x02000110);
    CHECK_EQ(started_flags(), 0);
    REQUIRE(fake.count == 4);
    CHECK(etw_guid_equal(&fake.calls[1].guid, &system_process));
    CHECK_EQ(fake.calls[1].any, 0x801);
    CHECK_EQ(fake.calls[1].all, 0);
    CHECK_EQ(fake.calls[1].level, 255);
    CHECK(etw_guid_equal(&fake.calls[2].guid, &system_io));
    CHECK_EQ(fake.calls[2].any, 0x200);
    CHECK(etw_guid_equal(&fake.calls[3].guid, &system_config));
    CHECK_EQ(fake.calls[3].any, 0x7F);
    /* A restart enables them again. */
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake.count, 9);
    CHECK_EQ(fake_last(0)->any, 0x7F);
    etw_session_close(&session);
    /* Who asks for the one session gets it. */
    REQUIRE((session = start(22621, "NT Kernel Logger", 0x1)) != NULL);
    CHECK_EQ(started_mode(), 0x110);
    CHECK_EQ(started_flags(), 1);
    CHECK_EQ(fake.count, 1);
    etw_session_close(&session);
}

static void a_provider_that_fails_ends_the_session(void)
{
    etw_session *session;
    fake_reset();
    fake.build = 22621;
    fake.enable_code = ETWI_WIN_ACCESS_DENIED;
    const etw_session_options options = {.size = sizeof options, .name = "Mine", .kernel_flags = 1};
    CHECK_EQ(etwi_kernel_session_start_on(etwi_system_backend(), &session, &options, &error),
             ETW_E_ACCESS);
    CHECK(session == NULL);
    CHECK(strstr(error.message, "enabling 151f55dc") != NULL);
    CHECK_EQ(error.os_code, ETWI_WIN_ACCESS_DENIED);
    CHECK_TEXT(fake_last(0)->function, "ControlTraceW");
    CHECK_EQ(fake_last(0)->code, 1);
}

static void what_cannot_be_is_refused(void)
{
    etw_session *session;
    fake_reset();
    fake.build = 22621;
    etw_session_options options = {.size = sizeof options, .name = "Mine"};
    CHECK_EQ(etwi_kernel_session_start_on(etwi_system_backend(), &session, &options, &error),
             ETW_E_INVALID);
    options.kernel_flags = 0x40000000;
    CHECK_EQ(etwi_kernel_session_start_on(etwi_system_backend(), &session, &options, &error),
             ETW_E_INVALID);
    CHECK(strstr(error.message, "0x40000000") != NULL);
    CHECK_EQ(fake.count, 0);
    CHECK_EQ(etwi_kernel_session_start_on(&etwi_portable_backend, &session, &options, &error),
             ETW_E_UNSUPPORTED);
    CHECK(session == NULL);
}

static void every_flag_has_a_provider(void)
{
    etwi_kernel_provider providers[ETWI_KERNEL_PROVIDERS_MAX];
    uint32_t unknown;
    for (size_t i = 0; i < etw_kernel_flag_count(); i++) {
        const uint32_t flags = etw_kernel_flag_at(i)->flags;
        const size_t count = etwi_kernel_providers(providers, flags, &unknown);
        CHECK_EQ(unknown, 0);
        CHECK_EQ(count, flags == 0x10000000 ? 0 : 2); /* And the configuration. */
    }
    /* GUIDs are those that the library knows by name. */
    const size_t count = etwi_kernel_providers(providers, UINT32_C(0x07FFFFFF), &unknown);
    CHECK_EQ(count, 10);
    CHECK_EQ(unknown, 0);
    for (size_t i = 0; i < count; i++) {
        const etw_str name = etw_guid_known_name(&providers[i].guid);
        CHECK(name.size > 14 && memcmp(name.data, "System", 6) == 0 &&
              memcmp(name.data + name.size - 8, "Provider", 8) == 0);
    }
}

/* ---- what else can be said ---- */

static void rundown_clears_flags_and_sets_them_again(void)
{
    etw_session *session = start(19045, "Mine", 0x3);
    REQUIRE(session != NULL);
    fake.answer.properties.enable_flags = 0x3;
    fake.answer.properties.log_file_mode = 0x02000110;
    CHECK_EQ(etw_kernel_session_rundown(session), ETW_OK);
    CHECK_EQ(fake.count, 6); /* Start; query; twice query and update. */
    CHECK_EQ(fake_last(2)->code, 2);
    CHECK_EQ(fake_u32(fake_last(2)->bytes + 72), 0);
    CHECK_EQ(fake_u32(fake_last(2)->bytes + 64), 0x02000110);
    CHECK_EQ(fake_last(0)->code, 2);
    CHECK_EQ(fake_u32(fake_last(0)->bytes + 72), 3);
    /* Without flags, providers are asked. */
    fake.answer.properties.enable_flags = 0;
    fake.guid_count = 0;
    CHECK_EQ(etw_kernel_session_rundown(session), ETW_OK);
    CHECK_EQ(fake.count, 7);
    fake.control_code = ETWI_WIN_WMI_INSTANCE_NOT_FOUND;
    CHECK_EQ(etw_kernel_session_rundown(session), ETW_E_NOT_FOUND);
    etw_session_close(&session);
}

static void stacks_are_classes_and_types(void)
{
    etw_session *session = start(19045, "Mine", 0x3);
    REQUIRE(session != NULL);
    const etw_kernel_event events[] = {{system_process, 32}, {system_io, 11}};
    CHECK_EQ(etw_kernel_session_set_stacks(session, events, 2), ETW_OK);
    const fake_call *const call = fake_last(0);
    CHECK_TEXT(call->function, "TraceSetInformation");
    CHECK_EQ(call->handle, 0x1D);
    CHECK_EQ(call->code, 3);
    CHECK_EQ(call->size, 48);
    uint8_t wanted[48] = {0};
    memcpy(wanted, &system_process, 16);
    wanted[16] = 32;
    memcpy(wanted + 24, &system_io, 16);
    wanted[40] = 11;
    CHECK(memcmp(call->bytes, wanted, sizeof wanted) == 0);
    CHECK_EQ(etw_kernel_session_set_stacks(session, NULL, 0), ETW_OK);
    CHECK_EQ(fake_last(0)->size, 0);
    static etw_kernel_event many[ETW_KERNEL_STACKS_MAX + 1];
    CHECK_EQ(etw_kernel_session_set_stacks(session, many, ETW_KERNEL_STACKS_MAX), ETW_OK);
    CHECK_EQ(fake_last(0)->size, 256 * 24);
    const unsigned count = fake.count;
    CHECK_EQ(etw_kernel_session_set_stacks(session, many, ETW_KERNEL_STACKS_MAX + 1), ETW_E_LIMIT);
    CHECK_EQ(fake.count, count);
    CHECK_EQ(etw_session_error(session)->status, ETW_E_LIMIT);
    fake.information_code = ETWI_WIN_INVALID_PARAMETER;
    CHECK_EQ(etw_kernel_session_set_stacks(session, events, 2), ETW_E_INVALID);
    CHECK(strstr(etw_session_error(session)->message, "information 3") != NULL);
    etw_session_close(&session);
}

static void groups_are_eight_masks(void)
{
    etw_session *session = start(19045, "Mine", 0x3);
    REQUIRE(session != NULL);
    uint32_t masks[ETW_KERNEL_GROUPS_SIZE] = {1, 2, 3, 4, 5, 6, 7, 0x88};
    CHECK_EQ(etw_kernel_session_set_groups(session, masks), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 4);
    CHECK_EQ(fake_last(0)->size, 32);
    CHECK(memcmp(fake_last(0)->bytes, masks, sizeof masks) == 0);
    fake.groups[7] = 0x99;
    CHECK_EQ(etw_kernel_session_groups(session, masks), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 4);
    CHECK_EQ(fake_last(0)->size, 32);
    CHECK_EQ(masks[0], 0);
    CHECK_EQ(masks[7], 0x99);
    size_t used = 0;
    uint8_t small[8];
    CHECK_EQ(
        etw_session_query_information(session, ETW_INFORMATION_VERSION, small, sizeof small, &used),
        ETW_E_INVALID);
    CHECK_EQ(used, 32);
    CHECK_EQ(fake_last(0)->code, 11);
    etw_session_close(&session);
}

int main(void)
{
    RUN(windows_7_has_one_session);
    RUN(windows_10_takes_flags_in_any_session);
    RUN(windows_11_enables_providers);
    RUN(a_provider_that_fails_ends_the_session);
    RUN(what_cannot_be_is_refused);
    RUN(every_flag_has_a_provider);
    RUN(rundown_clears_flags_and_sets_them_again);
    RUN(stacks_are_classes_and_types);
    RUN(groups_are_eight_masks);
    return test_finish();
}
