/* Who is there, and what names mean. */
#include "test.h"

#include "provider_fake.h"

#include <etw/provider.h>

#define A     "11111111-0000-0000-0000-000000000001"
#define B     "11111111-0000-0000-0000-000000000002"
#define C     "11111111-0000-0000-0000-000000000003"
#define PROC  "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716" /* Microsoft-Windows-Kernel-Process */
#define TRACE "9e814aad-3204-11d2-9a82-006008a86939"

static const fake_provider REGISTERED[] = {
    {B, "Beta", 30},  {A, "Alpha", 20}, {A, "", 10},
    {A, "Alpha", 20}, {C, "Beta", 30},  {PROC, "", 7},
};
static const fake_provider ENABLED[] = {
    {A, "", 5}, {"44444444-0000-0000-0000-000000000000", "", 3}, {A, "", 2}};

static etw_error error;

static void begin(void)
{
    fake_status = ETW_OK;
    fake_registered = REGISTERED;
    fake_registered_count = sizeof REGISTERED / sizeof REGISTERED[0];
    fake_enabled = ENABLED;
    fake_enabled_count = sizeof ENABLED / sizeof ENABLED[0];
}

static void lists_providers_by_guid(void)
{
    etw_registered_list *list;
    begin();
    CHECK_EQ(etw_registered_list_create(&list, &error), ETW_OK);
    CHECK_EQ(etw_registered_list_count(list), 5);
    const etw_registered_provider *a = etw_registered_list_at(list, 0);
    CHECK_STR(a->name, "Alpha");
    CHECK_EQ(a->process_count, 2);
    CHECK_EQ(a->process_ids[0], 10);
    CHECK_EQ(a->process_ids[1], 20);
    CHECK_EQ(a->session_count, 2);
    CHECK_EQ(a->logger_ids[0], 2);
    CHECK_EQ(a->logger_ids[1], 5);
    CHECK_STR(etw_registered_list_at(list, 1)->name, "Beta");
    CHECK_EQ(etw_registered_list_at(list, 1)->session_count, 0);
    const etw_registered_provider *known = etw_registered_list_at(list, 3);
    CHECK_STR(known->name, "Microsoft-Windows-Kernel-Process");
    CHECK_EQ(known->process_ids[0], 7);
    const etw_registered_provider *enabled = etw_registered_list_at(list, 4);
    CHECK_EQ(enabled->process_count, 0);
    CHECK_EQ(enabled->logger_ids[0], 3);
    CHECK_EQ(enabled->name.size, 0);
    etw_registered_list_destroy(&list);
    CHECK(!list);
    etw_registered_list_destroy(&list);
}

static void passes_failures_on(void)
{
    etw_registered_list *list;
    begin();
    fake_status = ETW_E_ACCESS;
    CHECK_EQ(etw_registered_list_create(&list, &error), ETW_E_ACCESS);
    CHECK(!list);
    begin();
    fake_registered_count = fake_enabled_count = 0;
    CHECK_EQ(etw_registered_list_create(&list, &error), ETW_OK);
    CHECK_EQ(etw_registered_list_count(list), 0);
    etw_registered_list_destroy(&list);
}

static void check_name(const char *name, const char *want)
{
    char text[ETW_GUID_TEXT_SIZE];
    etw_guid guid = {0, 0, 0, {0}};
    if (!CHECK_EQ(etw_provider_resolve(&guid, name, NULL, &error), ETW_OK))
        printf("    %s: %s\n", name, error.message);
    etw_guid_format(&guid, 0, text);
    CHECK_TEXT(text, want);
}

static void resolves_names(void)
{
    begin();
    check_name("alpha", A);
    check_name("microsoft-windows-kernel-process", PROC);
    check_name("{" A "}", A);
    check_name(C, C);
    check_name("Windows Kernel Trace", TRACE);
    check_name("msnt_systemtrace", TRACE);
    check_name("System IO Filter Provider", "fbd09363-9e22-4661-b8bf-e7a34b535b8c");
    check_name("SystemSyscallProvider", "434286f7-6f1b-45bb-b37e-95f623046c7c");
    check_name("System Timer Provider", "4f061568-e215-499f-ab2e-eda0ae890a5b");
    // The name that Microsoft's documentation of the scheme hashes.
    check_name("*MyCompany.MyComponent", "ce5fa4ea-ab00-5402-8b76-9f76ac858fb5");
    // The names of the library work without the engine.
    fake_status = ETW_E_ACCESS;
    check_name("microsoft-windows-kernel-process", PROC);
}

static void what_runs_comes_before_what_is_known(void)
{
    static const fake_provider OWN[] = {{A, "Microsoft-Windows-Kernel-Process", 1},
                                        {B, "Process", 1}};
    fake_status = ETW_OK;
    fake_registered = OWN;
    fake_registered_count = 2;
    check_name("Microsoft-Windows-Kernel-Process", A);
    check_name("Process", B);
}

static void says_why_a_name_does_not_do(void)
{
    etw_guid guid;
    begin();
    CHECK_EQ(etw_provider_resolve(&guid, "Beta", NULL, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "several providers are called 'Beta': " B ", " C "; give the GUID");
    CHECK_EQ(etw_provider_resolve(&guid, "Process", NULL, &error), ETW_E_NOT_FOUND);
    CHECK(strstr(error.message, "class of the kernel's events") != NULL);
    CHECK_EQ(etw_provider_resolve(&guid, "Nobody", NULL, &error), ETW_E_NOT_FOUND);
    CHECK(strstr(error.message, "'*Nobody'") != NULL);
    CHECK_EQ(etw_provider_resolve(&guid, "", NULL, &error), ETW_E_INVALID);
    CHECK_EQ(etw_provider_resolve(&guid, "*", NULL, &error), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_provider_resolve(&guid, "{1111}", NULL, NULL), ETW_E_INVALID);
}

static void knows_who_is_known(void)
{
    begin();
    CHECK(etw_provider_is_known("Alpha", NULL));
    CHECK(etw_provider_is_known(A, NULL));
    CHECK(etw_provider_is_known("{" PROC "}", NULL));
    CHECK(etw_provider_is_known("Microsoft-Windows-DNS-Client", NULL));
    CHECK(etw_provider_is_known(TRACE, NULL));
    CHECK(!etw_provider_is_known("Nobody", NULL));
    CHECK(!etw_provider_is_known("55555555-0000-0000-0000-000000000000", NULL));
    CHECK(!etw_provider_is_known("3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c", NULL)); // A class.
    CHECK(!etw_provider_is_known("", NULL));
    CHECK(!etw_provider_is_known("*Alpha", NULL));
}

int main(void)
{
    RUN(lists_providers_by_guid);
    RUN(passes_failures_on);
    RUN(resolves_names);
    RUN(what_runs_comes_before_what_is_known);
    RUN(says_why_a_name_does_not_do);
    RUN(knows_who_is_known);
    return test_finish();
}
