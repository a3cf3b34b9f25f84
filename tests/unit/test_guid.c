/* GUIDs: text both ways, derived GUIDs, known names. */
#include "guid/order.h"
#include "test.h"

#include <etw/guid.h>
#include <stdlib.h>

static const etw_guid SAMPLE = {
    0xe4d3ee7f, 0xc9a1, 0x5d4e, {0xb0, 0xa1, 0x8d, 0x0c, 0x1f, 0x4a, 0x7e, 0x21}};

static etw_str str_of(const char *text)
{
    return (etw_str){text, strlen(text)};
}

static void parses_all_forms(void)
{
    static const char *const FORMS[] = {
        "e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21",
        "E4D3EE7F-C9A1-5D4E-B0A1-8D0C1F4A7E21",
        "{e4d3EE7F-c9a1-5D4E-b0a1-8d0C1f4a7e21}",
    };
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        etw_guid guid = {0};
        CHECK_EQ(etw_guid_parse(&guid, str_of(FORMS[i]), NULL), ETW_OK);
        CHECK(etw_guid_equal(&guid, &SAMPLE));
    }
}

/* The text is copied to a block of its exact size, so that the sanitizer sees reads past its end.
 */
static void check_bad(const char *text, uint64_t column, const char *message)
{
    const size_t size = strlen(text);
    char *copy = malloc(size + (size == 0));
    if (!CHECK(copy != NULL))
        return;
    memcpy(copy, text, size);
    etw_guid guid = SAMPLE;
    etw_error error = {0};
    CHECK_EQ(etw_guid_parse(&guid, (etw_str){copy, size}, &error), ETW_E_INVALID);
    CHECK_EQ(error.status, ETW_E_INVALID);
    CHECK_EQ(error.offset, column);
    CHECK_TEXT(error.message, message);
    CHECK(etw_guid_equal(&guid, &SAMPLE));
    CHECK_EQ(etw_guid_parse(&guid, (etw_str){copy, size}, NULL), ETW_E_INVALID);
    free(copy);
}

static void names_the_bad_column(void)
{
    check_bad("", 0, "GUID is empty");
    check_bad("e4d3ee7f", 8, "GUID ends after 8 characters instead of 36");
    check_bad("e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e2", 35,
              "GUID ends after 35 characters instead of 36");
    check_bad("{", 1, "GUID ends after 1 characters instead of 38");
    check_bad("g4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21", 0,
              "GUID has 'g' in column 0 instead of a hexadecimal digit");
    check_bad("e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e2:", 35,
              "GUID has ':' in column 35 instead of a hexadecimal digit");
    check_bad("{e4d3ee7f-c9-15d4e-b0a1-8d0c1f4a7e21}", 12,
              "GUID has '-' in column 12 instead of a hexadecimal digit");
    check_bad("e4d3ee7fc9a15d4eb0a18d0c1f4a7e21", 8,
              "GUID has 'c' in column 8 instead of a hyphen");
    check_bad("e4d3ee7f-c9a1-5d4e-b0a1+8d0c1f4a7e21", 23,
              "GUID has '+' in column 23 instead of a hyphen");
    check_bad("e4d3\xC3\xA9"
              "7f-c9a1-5d4e-b0a1-8d0c1f4a7e21",
              4, "GUID has byte 0xC3 in column 4 instead of a hexadecimal digit");
}

static void names_mismatched_braces(void)
{
    check_bad("{e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21", 37, "GUID has no closing brace");
    check_bad("{e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21)", 37,
              "GUID has ')' in column 37 instead of a closing brace");
    check_bad("e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21}", 36,
              "GUID has a closing brace without an opening one");
    check_bad("e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e210", 36, "GUID has 37 characters instead of 36");
    check_bad("{e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21} ", 38,
              "GUID has 39 characters instead of 38");
}

static void rejects_every_truncation(void)
{
    static const char FULL[] = "{e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21}";
    for (size_t size = 0; size < sizeof FULL - 1; size++) {
        etw_guid guid;
        etw_error error = {0};
        CHECK_EQ(etw_guid_parse(&guid, (etw_str){FULL, size}, &error), ETW_E_INVALID);
        CHECK_EQ(error.offset, size);
    }
}

static void formats_with_flags(void)
{
    char text[ETW_GUID_TEXT_SIZE];
    CHECK_EQ(etw_guid_format(&SAMPLE, 0, text), 36);
    CHECK_TEXT(text, "e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21");
    CHECK_EQ(etw_guid_format(&SAMPLE, ETW_GUID_UPPER, text), 36);
    CHECK_TEXT(text, "E4D3EE7F-C9A1-5D4E-B0A1-8D0C1F4A7E21");
    CHECK_EQ(etw_guid_format(&SAMPLE, ETW_GUID_BRACES, text), 38);
    CHECK_TEXT(text, "{e4d3ee7f-c9a1-5d4e-b0a1-8d0c1f4a7e21}");
    CHECK_EQ(etw_guid_format(&SAMPLE, ETW_GUID_BRACES | ETW_GUID_UPPER, text), 38);
    CHECK_TEXT(text, "{E4D3EE7F-C9A1-5D4E-B0A1-8D0C1F4A7E21}");
}

static void knows_the_null_guid(void)
{
    const etw_guid null_guid = {0, 0, 0, {0}};
    const etw_guid last_bit = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};
    CHECK(etw_guid_is_null(&null_guid));
    CHECK(!etw_guid_is_null(&last_bit));
    CHECK(!etw_guid_is_null(&SAMPLE));
}

static void orders_like_text(void)
{
    const etw_guid sorted[] = {
        {0, 0, 0, {0}}, {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0xFF}},
        {0, 0, 1, {0}}, {0, 1, 0, {0}},
        {1, 0, 0, {0}}, {0x01000000, 0, 0, {0}},
    };
    for (size_t a = 0; a < sizeof sorted / sizeof sorted[0]; a++)
        for (size_t b = 0; b < sizeof sorted / sizeof sorted[0]; b++) {
            const int order = etwi_guid_compare(&sorted[a], &sorted[b]);
            CHECK((order < 0) == (a < b) && (order == 0) == (a == b));
        }
}

static void check_name(const char *name, const char *guid_text)
{
    char text[ETW_GUID_TEXT_SIZE];
    const etw_guid guid = etw_guid_from_name(str_of(name));
    etw_guid_format(&guid, 0, text);
    CHECK_TEXT(text, guid_text);
}

/* The first five are published; from MyCompany on they were computed with Python's hashlib. */
static void derives_guids_from_names(void)
{
    check_name("Microsoft-Diagnostics-DiagnosticSource", "adb401e1-5296-51f8-c125-5fda75826144");
    check_name("System.Runtime", "49592c0f-5a05-516d-aa4b-a64e02026c89");
    check_name("Microsoft-System-Net-Http", "bdd9a83e-1929-5482-0d73-2fe5e1c0e16d");
    check_name("Microsoft-Antimalware-Scan-Interface", "2a576b87-09a7-520e-c21a-4942f0271d67");
    check_name("Microsoft-Windows-Threat-Intelligence", "f4e1897c-bb5d-5668-f1d8-040f4d8dd344");
    // Public traces hold events of these providers, which say both their name and their GUID.
    check_name("PerfView", "a8a71ac1-040f-54a2-07ca-00a89b5ab761");
    check_name("Atum-Hw3d", "2c759654-e0cc-5e69-a99d-480ab2fa0c64");
    check_name("Microsoft.Windows.UpdateReserveManager", "6a5ccfd4-cf02-5640-0b5f-d2e031258f16");
    check_name("Microsoft.Windows.WaaSMedic.Local", "30d25124-a468-505c-de82-8411646eb8b5");
    check_name("JohnLudlow.TerrainGeneration2D.Performance",
               "550bde9a-7248-5bfa-8400-3572cf6fb950");
    check_name("MyCompany", "659518be-d338-564b-2759-c63c10ef82e2");
    check_name("mycompany", "659518be-d338-564b-2759-c63c10ef82e2");
    check_name("", "4445ee6c-fd5a-5b15-047a-5866ffa76aa6");
    check_name("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
               "bce3abed-9419-5109-ce20-1b1a668cd4fb");
    check_name("Überprüfung", "1a0c40a2-d003-5cce-4faf-f97c6992eb40");
}

static void check_same_case(const char *lower, const char *upper)
{
    const etw_guid a = etw_guid_from_name(str_of(lower));
    const etw_guid b = etw_guid_from_name(str_of(upper));
    CHECK(etw_guid_equal(&a, &b));
}

static void upper_cases_names(void)
{
    check_same_case("abcxyz", "ABCXYZ");
    check_same_case("àöøþÿ", "ÀÖØÞŸ");
    check_same_case("āįĳķĺňŋŷźž", "ĀĮĲĶĹŇŊŶŹŽ");
    check_same_case("άέήίαρςσϋόύώ", "ΆΈΉΊΑΡΣΣΫΌΎΏ");
    check_same_case("аяѐџѡҁ", "АЯЀЏѠҀ");
    // These look like neighbours of the ranges and have no partner there.
    const etw_guid times = etw_guid_from_name(str_of("×"));
    const etw_guid divided = etw_guid_from_name(str_of("÷"));
    CHECK(!etw_guid_equal(&times, &divided));
    // Outside of the basic plane: two units that stay as they are.
    check_name("\xF0\x9F\x98\x80", "1e70abc6-ecea-57b2-193b-86b4419aa8fb");
}

static void survives_malformed_names(void)
{
    // Every bad byte counts as one replacement character.
    check_same_case("a\xFFz", "A\xEF\xBF\xBDZ");
    check_same_case("\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD");
    const etw_guid none = etw_guid_from_name((etw_str){NULL, 0});
    const etw_guid empty = etw_guid_from_name(str_of(""));
    CHECK(etw_guid_equal(&none, &empty));
}

static void check_known(const char *guid_text, const char *name)
{
    etw_guid guid;
    if (CHECK_EQ(etw_guid_parse(&guid, str_of(guid_text), NULL), ETW_OK))
        CHECK_STR(etw_guid_known_name(&guid), name);
}

static void knows_names(void)
{
    check_known("9e814aad-3204-11d2-9a82-006008a86939", "MSNT_SystemTrace");
    check_known("68fdd900-4a3e-11d1-84f4-0000f80464e3", "EventTrace");
    check_known("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", "Process");
    check_known("3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c", "Thread");
    check_known("b3e675d7-2554-4f18-830b-2762732560de", "KernelTraceControl");
    check_known("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4", "Microsoft-Windows-DotNETRuntime");
    check_known("22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716", "Microsoft-Windows-Kernel-Process");
    check_known("adb401e1-5296-51f8-c125-5fda75826144", "Microsoft-Diagnostics-DiagnosticSource");
    check_known("434286f7-6f1b-45bb-b37e-95f623046c7c", "SystemSyscallProvider");
    // The first and the last row of the table.
    check_known("0063715b-eeda-4007-9429-ad526f62696e", "Microsoft-Windows-Services");
    check_known("fef3a8b6-318d-4b67-a96a-3b0f6b8f18fe", "SystemConfigProvider");
    check_known("2ff3e6b7-cb90-4700-9621-443f389734ed", "Microsoft-Windows-Kernel-WDI");
    check_known("315a8872-923e-4ea2-9889-33cd4754bf64", "Microsoft-Windows-Immersive-Shell");
    check_known("a8a71ac1-040f-54a2-07ca-00a89b5ab761", "PerfView");
}

static void admits_unknown_guids(void)
{
    const etw_guid low = {0, 0, 0, {0}};
    const etw_guid high = {0xFFFFFFFF, 0xFFFF, 0xFFFF, {0xFF}};
    CHECK_EQ(etw_guid_known_name(&low).size, 0);
    CHECK_EQ(etw_guid_known_name(&high).size, 0);
    CHECK_EQ(etw_guid_known_name(&SAMPLE).size, 0);
}

int main(void)
{
    RUN(parses_all_forms);
    RUN(names_the_bad_column);
    RUN(names_mismatched_braces);
    RUN(rejects_every_truncation);
    RUN(formats_with_flags);
    RUN(knows_the_null_guid);
    RUN(orders_like_text);
    RUN(derives_guids_from_names);
    RUN(upper_cases_names);
    RUN(survives_malformed_names);
    RUN(knows_names);
    RUN(admits_unknown_guids);
    return test_finish();
}
