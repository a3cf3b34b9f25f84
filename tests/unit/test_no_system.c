/* What only Windows has, elsewhere. */
#include "test.h"

#include <etw/access.h>
#include <etw/autologger.h>
#include <etw/kernel_session.h>

static const etw_guid some_guid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static etw_error error;

static void there_are_no_autologgers(void)
{
    const etw_session_options session = {.size = sizeof session, .name = "Boot"};
    const etw_autologger_options options = {.size = sizeof options, .session = &session};
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = some_guid};
    CHECK_EQ(etw_autologger_create(&options, &error), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "only Windows has autologgers");
    CHECK_EQ(etw_autologger_find("Boot", NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_autologger_enable("Boot", &parameters, NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_autologger_disable("Boot", &some_guid, NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_autologger_delete("Boot", NULL), ETW_E_UNSUPPORTED);
}

static void there_are_no_rights(void)
{
    char text[16];
    CHECK_EQ(etw_access_query(&some_guid, text, sizeof text, NULL, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_access_set(&some_guid, "D:", NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_access_add(&some_guid, NULL, 0, true, NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_access_remove(&some_guid, NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_privilege_enable("SeSystemProfilePrivilege", NULL), ETW_E_UNSUPPORTED);
}

static void there_are_no_sessions_of_the_kernel(void)
{
    etw_session *session;
    const etw_session_options options = {
        .size = sizeof options, .name = "Kernel", .kernel_flags = 1};
    CHECK_EQ(etw_kernel_session_start(&session, &options, &error), ETW_E_UNSUPPORTED);
    CHECK(session == NULL);
    CHECK(strstr(error.message, "only Windows") != NULL);
}

int main(void)
{
    RUN(there_are_no_autologgers);
    RUN(there_are_no_rights);
    RUN(there_are_no_sessions_of_the_kernel);
    return test_finish();
}
