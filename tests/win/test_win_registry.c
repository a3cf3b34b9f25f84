/* Autologgers in the registry, and rights of providers, as a program of Windows writes them. */
#include "etw_fake.h"
#include "session/backend.h"
#include "test.h"

#include <etw/access.h>
#include <etw/autologger.h>

#include <windows.h>

static const etw_guid provider = {0xABCDEF01, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static etw_error error;

#define ROOT     L"SYSTEM\\CurrentControlSet\\Control\\WMI\\Autologger\\libetw-test"
#define PROVIDER ROOT L"\\{ABCDEF01-0002-0003-0405-060708090A0B}"

/* ---- autologgers ---- */

static bool has_value(const wchar_t *path, const wchar_t *name, DWORD type, const void *bytes,
                      DWORD size)
{
    BYTE got[256];
    DWORD got_type = 0, got_size = sizeof got;
    const LSTATUS code =
        RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_ANY, &got_type, got, &got_size);
    return CHECK_EQ(code, 0) && CHECK_EQ(got_type, type) && CHECK_EQ(got_size, size) &&
           CHECK(memcmp(got, bytes, size) == 0);
}

static void has_u32(const wchar_t *path, const wchar_t *name, DWORD value)
{
    has_value(path, name, REG_DWORD, &value, sizeof value);
}

static etw_status create(void)
{
    const etw_session_options session = {
        .size = sizeof session, .name = "libetw-test", .guid = provider, .buffer_size = 64 * 1024};
    const etw_autologger_options options = {
        .size = sizeof options, .session = &session, .is_off = true};
    memset(&error, 0, sizeof error);
    return etw_autologger_create(&options, &error);
}

static void autologgers_are_keys(void)
{
    etw_autologger_delete("libetw-test", NULL);
    CHECK_EQ(etw_autologger_find("libetw-test", &error), ETW_E_NOT_FOUND);
    CHECK(strstr(error.message, "Autologger\\libetw-test") != NULL);
    if (!CHECK_EQ(create(), ETW_OK))
        printf("    %s\n", error.message);
    static const wchar_t guid[] = L"{ABCDEF01-0002-0003-0405-060708090A0B}";
    has_value(ROOT, L"Guid", REG_SZ, guid, sizeof guid);
    has_u32(ROOT, L"Start", 0);
    has_u32(ROOT, L"LogFileMode", 0x100);
    has_u32(ROOT, L"BufferSize", 64);
    CHECK_EQ(etw_autologger_find("LIBETW-TEST", NULL), ETW_OK);
    CHECK_EQ(create(), ETW_E_EXISTS);
    CHECK(strstr(error.message, "\"libetw-test\"") != NULL);
}

static void providers_are_keys_in_them(void)
{
    static const uint16_t ids[] = {0x102};
    const etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 1};
    etw_enable_parameters parameters = {.size = sizeof parameters,
                                        .provider = provider,
                                        .level = 4,
                                        .match_any_keyword = 0x10,
                                        .match_all_keyword = 0x10,
                                        .filters = &filter,
                                        .filter_count = 1};
    const uint64_t keyword = 0x10;
    CHECK_EQ(etw_autologger_enable("libetw-test", &parameters, &error), ETW_OK);
    has_u32(PROVIDER, L"Enabled", 1);
    has_u32(PROVIDER, L"EnableLevel", 4);
    has_value(PROVIDER, L"MatchAnyKeyword", REG_QWORD, &keyword, sizeof keyword);
    has_value(PROVIDER, L"MatchAllKeyword", REG_QWORD, &keyword, sizeof keyword);
    has_value(PROVIDER, L"FilterData", REG_BINARY,
              "\x10\0\0\0\0\0\0\0\x06\0\0\0\0\x02\0\x80\1\0\1\0\2\1", 22);
    /* What is enabled again has what was asked for last, and no more. */
    parameters.match_all_keyword = 0;
    parameters.filter_count = 0;
    CHECK_EQ(etw_autologger_enable("libetw-test", &parameters, &error), ETW_OK);
    CHECK_EQ(
        RegGetValueW(HKEY_LOCAL_MACHINE, PROVIDER, L"FilterData", RRF_RT_ANY, NULL, NULL, NULL),
        ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegGetValueW(HKEY_LOCAL_MACHINE, PROVIDER, L"MatchAllKeyword", RRF_RT_ANY, NULL, NULL,
                          NULL),
             ERROR_FILE_NOT_FOUND);
    CHECK_EQ(etw_autologger_enable("libetw-none", &parameters, &error), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_autologger_disable("libetw-test", &provider, &error), ETW_OK);
    CHECK_EQ(etw_autologger_disable("libetw-test", &provider, &error), ETW_E_NOT_FOUND);
}

static void deleting_removes_all(void)
{
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = provider};
    CHECK_EQ(etw_autologger_enable("libetw-test", &parameters, &error), ETW_OK);
    CHECK_EQ(etw_autologger_delete("libetw-test", &error), ETW_OK);
    CHECK_EQ(etw_autologger_delete("libetw-test", &error), ETW_E_NOT_FOUND);
    HKEY key;
    CHECK_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROVIDER, 0, KEY_READ, &key), ERROR_FILE_NOT_FOUND);
}

/* ---- rights ---- */

typedef struct access_call {
    etw_guid guid;
    uint32_t operation, rights;
    uint8_t allow;
    BYTE sid[64];
    DWORD sid_size;
} access_call;

static access_call calls[8];
static unsigned call_count;
static uint32_t access_code;
static BYTE descriptor[256];
static uint32_t descriptor_size;

static uint32_t ETWI_ABI_CALL access_control(etw_guid *guid, uint32_t operation, void *sid,
                                             uint32_t rights, uint8_t allow)
{
    access_call *const call = &calls[call_count++ % 8];
    *call = (access_call){.guid = *guid, .operation = operation, .rights = rights, .allow = allow};
    call->sid_size = GetLengthSid(sid);
    CopySid(sizeof call->sid, call->sid, sid);
    return access_code;
}

static uint32_t ETWI_ABI_CALL access_query(etw_guid *guid, void *out, uint32_t *size)
{
    const uint32_t room = *size;
    (void)guid;
    *size = descriptor_size;
    if (access_code)
        return access_code;
    if (!out || room < descriptor_size)
        return ETWI_WIN_MORE_DATA;
    memcpy(out, descriptor, descriptor_size);
    return 0;
}

static uint32_t ETWI_ABI_CALL access_remove(etw_guid *guid)
{
    calls[call_count++ % 8] = (access_call){.guid = *guid};
    return access_code;
}

static void begin_access(void)
{
    fake_reset();
    fake_api.EventAccessControl = access_control;
    fake_api.EventAccessQuery = access_query;
    fake_api.EventAccessRemove = access_remove;
    call_count = 0;
    access_code = 0;
    memset(&error, 0, sizeof error);
}

/* The SID of the group Administrators, S-1-5-32-544. */
static const BYTE administrators[] = {1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 0x20, 2, 0, 0};

static void somebody_is_added(void)
{
    begin_access();
    CHECK_EQ(etw_access_add(&provider, "BA", ETW_ACCESS_GUID_ENABLE, true, &error), ETW_OK);
    CHECK(etw_guid_equal(&calls[0].guid, &provider));
    CHECK_EQ(calls[0].operation, 2); /* EventSecurityAddDACL */
    CHECK_EQ(calls[0].rights, 0x80);
    CHECK_EQ(calls[0].allow, 1);
    CHECK_EQ(calls[0].sid_size, sizeof administrators);
    CHECK(memcmp(calls[0].sid, administrators, sizeof administrators) == 0);
    CHECK_EQ(etw_access_add(&provider, "S-1-5-32-544", 0, false, &error), ETW_OK);
    CHECK_EQ(calls[1].rights, 0x121FFF);
    CHECK_EQ(calls[1].allow, 0);
    CHECK(memcmp(calls[1].sid, administrators, sizeof administrators) == 0);
    CHECK_EQ(etw_access_add(&provider, NULL, 1, true, &error), ETW_OK); /* This user. */
    CHECK_EQ(call_count, 3);
    CHECK(calls[2].sid_size >= 8);
    CHECK_EQ(etw_access_add(&provider, "nobody", 1, true, &error), ETW_E_INVALID);
    CHECK_EQ(call_count, 3);
    access_code = ETWI_WIN_ACCESS_DENIED;
    CHECK_EQ(etw_access_add(&provider, "BA", 1, true, &error), ETW_E_ACCESS);
    CHECK_EQ(error.os_code, 5);
    CHECK_EQ(etw_access_remove(&provider, &error), ETW_E_ACCESS);
    access_code = 0;
    CHECK_EQ(etw_access_remove(&provider, &error), ETW_OK);
}

static void a_string_replaces_the_list(void)
{
    begin_access();
    CHECK_EQ(etw_access_set(&provider, "D:(A;;0x80;;;BA)(D;;0x400;;;S-1-5-32-544)", &error),
             ETW_OK);
    REQUIRE(call_count == 2);
    CHECK_EQ(calls[0].operation, 0); /* EventSecuritySetDACL */
    CHECK_EQ(calls[0].rights, 0x80);
    CHECK_EQ(calls[0].allow, 1);
    CHECK(memcmp(calls[0].sid, administrators, sizeof administrators) == 0);
    CHECK_EQ(calls[1].operation, 2);
    CHECK_EQ(calls[1].rights, 0x400);
    CHECK_EQ(calls[1].allow, 0);
    CHECK_EQ(etw_access_set(&provider, "what", &error), ETW_E_INVALID);
    CHECK_EQ(etw_access_set(&provider, "D:", &error), ETW_E_INVALID);
    CHECK_EQ(call_count, 2);
}

static void rights_are_told_as_a_string(void)
{
    begin_access();
    char text[64];
    size_t length = 0;
    /* A self-relative descriptor with one entry: Administrators may do 0x80. */
    static const BYTE bytes[] = {1, 0, 4, 0x80, 0,  0, 0, 0, 0, 0, 0, 0, 0,  0, 0,    0, 20, 0,
                                 0, 0, 2, 0,    32, 0, 1, 0, 0, 0, 0, 0, 24, 0, 0x80, 0, 0,  0};
    memcpy(descriptor, bytes, sizeof bytes);
    memcpy(descriptor + sizeof bytes, administrators, sizeof administrators);
    descriptor_size = sizeof bytes + sizeof administrators;
    CHECK_EQ(etw_access_query(&provider, text, sizeof text, &length, &error), ETW_OK);
    CHECK(strncmp(text, "D:(A;;", 6) == 0 && strstr(text, ";;;BA)") != NULL);
    CHECK_EQ(length, strlen(text));
    CHECK_EQ(etw_access_query(&provider, text, 4, &length, &error), ETW_E_FULL);
    CHECK(length > 4);
    descriptor_size = 0; /* Windows keeps nothing. */
    CHECK_EQ(etw_access_query(&provider, text, sizeof text, NULL, &error), ETW_E_NOT_FOUND);
    access_code = ETWI_WIN_ACCESS_DENIED;
    CHECK_EQ(etw_access_query(&provider, text, sizeof text, NULL, &error), ETW_E_ACCESS);
    fake_api.EventAccessQuery = NULL;
    CHECK_EQ(etw_access_query(&provider, text, sizeof text, NULL, &error), ETW_E_UNSUPPORTED);
}

static void privileges_are_turned_on(void)
{
    CHECK_EQ(etw_privilege_enable("SeSystemProfilePrivilege", &error), ETW_OK);
    CHECK_EQ(etw_privilege_enable("SeNoSuchPrivilege", &error), ETW_E_INVALID);
}

/* ---- the table ---- */

/* Functions of ETW are there or not: Wine has none that works. */
static void the_table_is_filled_from_the_system(void)
{
    etwi_api_use(NULL);
    const etwi_api *const api = etwi_api_get();
    CHECK(api == etwi_api_get());
    CHECK(api->GetLastError && api->RtlGetVersion);
    CHECK(etwi_api_build() >= 7600);
    CHECK_EQ(api->StartTraceW != NULL, api->ControlTraceW != NULL);
    CHECK_EQ(api->StartTraceW != NULL, etwi_system_backend() != NULL);
}

int main(void)
{
    RUN(autologgers_are_keys);
    RUN(providers_are_keys_in_them);
    RUN(deleting_removes_all);
    RUN(somebody_is_added);
    RUN(a_string_replaces_the_list);
    RUN(rights_are_told_as_a_string);
    RUN(privileges_are_turned_on);
    RUN(the_table_is_filled_from_the_system);
    return test_finish();
}
