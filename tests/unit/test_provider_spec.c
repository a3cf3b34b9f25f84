/* Provider strings: what they mean, and where they are wrong. */
#include "test.h"

#include "faulty_alloc.h"
#include "provider_fake.h"
#include "schema/store.h"

#include <etw/provider.h>
#include <stdlib.h>

#define GUID    "11111111-2222-3333-4444-555555555555"
#define KERNEL  "edd08927-9cc4-4e65-b970-c2560fb5c289" /* Microsoft-Windows-Kernel-File */
#define PROCESS "151f55dc-467d-471f-83b5-5f889d46ff66" /* SystemProcessProvider */

static const char MANIFEST[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>\n"
    "<instrumentation xmlns:win='urn:win'><events>\n"
    "<provider name='Contoso-Shop' guid='{" GUID "}'>\n"
    "<levels><level name='Loud' value='17'/></levels>"
    "<keywords><keyword name='Disk' mask='0x20'/><keyword name='Net' mask='1'/>"
    "<keyword name='stack' mask='0x400'/><keyword name='One, two' mask='8'/></keywords>"
    "<events><event value='9'/></events></provider></events></instrumentation>"
    "</instrumentationManifest>";

static etw_schema_store *store;
static etw_provider_list *known;
static etw_provider_spec *spec;
static const etw_enable_parameters *parameters;
static etw_error error;

static void parse(const char *text)
{
    static const etw_enable_parameters NOTHING;
    const etw_provider_spec_options options = {sizeof options, NULL, known};
    etw_provider_spec_destroy(&spec);
    const etw_status status = etw_provider_spec_parse(&spec, text, &options, &error);
    if (!CHECK_EQ(status, ETW_OK))
        printf("    %s\n    column %d: %s\n", text, (int)error.offset, error.message);
    parameters = status == ETW_OK ? etw_provider_spec_parameters(spec) : &NOTHING;
}

static const etw_provider_filter *filter_at(size_t index)
{
    static const etw_provider_filter NOTHING;
    return CHECK(index < parameters->filter_count) ? &parameters->filters[index] : &NOTHING;
}

static void check_guid(const char *text)
{
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(&parameters->provider, 0, guid);
    CHECK_TEXT(guid, text);
}

static void check_numbers(unsigned level, uint64_t any, uint64_t all, uint32_t properties)
{
    CHECK_EQ(parameters->level, level);
    CHECK_EQ(parameters->match_any_keyword, any);
    CHECK_EQ(parameters->match_all_keyword, all);
    CHECK_EQ(parameters->properties, properties);
}

/* ---- The provider ---- */

static void providers(void)
{
    parse("Microsoft-Windows-Kernel-File");
    check_guid(KERNEL);
    CHECK_TEXT(etw_provider_spec_name(spec), "Microsoft-Windows-Kernel-File");
    CHECK_EQ(parameters->size, sizeof *parameters);
    check_numbers(255, UINT64_MAX, 0, ETW_ENABLE_PROPERTY_PROCESS_START_KEY);
    CHECK_EQ(parameters->filter_count, 0);

    parse("microsoft-windows-KERNEL-file");
    check_guid(KERNEL);
    parse("{EDD08927-9CC4-4E65-B970-C2560FB5C289}");
    check_guid(KERNEL);
    parse("0a0b0c0d-9CC4-4E65-B970-C2560FB5C289:3"); // Registered nowhere.
    check_guid("0a0b0c0d-9cc4-4e65-b970-c2560fb5c289");
    CHECK_EQ(parameters->level, 3);
    parse("*MyCompany.MyComponent");
    CHECK_TEXT(etw_provider_spec_name(spec), "MyCompany.MyComponent");
    const etw_guid hashed = etw_guid_from_name((etw_str){"mycompany.mycomponent", 21});
    CHECK(etw_guid_equal(&parameters->provider, &hashed));
    parse("contoso-shop");
    check_guid(GUID);
}

static void names_in_quotes(void)
{
    parse("\"IIS: WWW Server\":2");
    check_guid("3a2a4e84-4c21-4981-ae10-3fda0d9b0f83");
    CHECK_TEXT(etw_provider_spec_name(spec), "IIS: WWW Server");
    CHECK_EQ(parameters->level, 2);
    parse("'IIS: WWW Server'");
    check_guid("3a2a4e84-4c21-4981-ae10-3fda0d9b0f83");
    parse("*'it''s: \"x\"'");
    CHECK_TEXT(etw_provider_spec_name(spec), "it's: \"x\"");
    parse("*O'Neil"); // Quotes count only in front.
    CHECK_TEXT(etw_provider_spec_name(spec), "O'Neil");
}

/* ---- Positions ---- */

static void positions(void)
{
    parse(KERNEL ":10");
    check_numbers(10, UINT64_MAX, 0, 0x80);
    parse(KERNEL ":0xf");
    CHECK_EQ(parameters->level, 15);
    parse(KERNEL ":017");
    CHECK_EQ(parameters->level, 15);
    parse(KERNEL ":0b1_1");
    CHECK_EQ(parameters->level, 3);
    parse(KERNEL ":4:1,2,3");
    CHECK_EQ(filter_at(0)->type, ETW_FILTER_TYPE_EVENT_ID);
    CHECK(!filter_at(0)->exclude);
    CHECK_EQ(filter_at(0)->id_count, 3);
    CHECK_EQ(filter_at(0)->ids[2], 3);
    parse(KERNEL ":::0x42");
    check_numbers(255, 0x42, 0, 0x80);
    CHECK_EQ(parameters->filter_count, 0);
    parse(KERNEL ":4::0x42:0x13_37");
    check_numbers(4, 0x42, 0x1337, 0x80);
    parse(KERNEL "::::0o17");
    check_numbers(255, UINT64_MAX, 15, 0x80);
    parse(KERNEL "::::");
    check_numbers(255, UINT64_MAX, 0, 0x80);
    parse(KERNEL ":0:!5..7,0x10:0");
    check_numbers(0, 0, 0, 0x80);
    CHECK(filter_at(0)->exclude);
    CHECK_EQ(filter_at(0)->id_count, 4);
    CHECK_EQ(filter_at(0)->ids[1], 6);
    CHECK_EQ(filter_at(0)->ids[3], 16);
    parse(KERNEL "::0..63"); // As many as there may be; those that come twice count once.
    CHECK_EQ(filter_at(0)->id_count, 64);
    parse(KERNEL "::5,5,0..7,5");
    CHECK_EQ(filter_at(0)->id_count, 8);
    CHECK_EQ(filter_at(0)->ids[0], 5);
}

static void names_of_numbers(void)
{
    parse(KERNEL ":Verbose");
    CHECK_EQ(parameters->level, 5);
    parse(KERNEL ":logalways");
    CHECK_EQ(parameters->level, 0);
    parse(KERNEL ":INFORMATION");
    CHECK_EQ(parameters->level, 4);
    parse("Contoso-Shop:loud::Disk,net,0x1000:Net");
    check_numbers(17, 0x1021, 1, 0x80);
    parse("Contoso-Shop:::Disk|Net");
    CHECK_EQ(parameters->match_any_keyword, 0x21);
    parse("Contoso-Shop:::'One, two','stack'");
    CHECK_EQ(parameters->match_any_keyword, 0x408);
    parse("SystemProcessProvider:::SYSTEM_PROCESS_KW_GENERAL,thread");
    CHECK_EQ(parameters->match_any_keyword, 0x801);
    parse("System Process Provider:any=loader");
    check_guid(PROCESS);
    CHECK_EQ(parameters->match_any_keyword, 0x1000);
    CHECK_TEXT(etw_provider_spec_name(spec), "System Process Provider");
}

/* ---- Suffixes ---- */

static void properties(void)
{
    parse(KERNEL ":stack");
    CHECK_EQ(parameters->properties, 0x84);
    parse(KERNEL ":4:SID:session:event_key");
    check_numbers(4, UINT64_MAX, 0, 0x183);
    parse(KERNEL ":properties=stack,sid");
    CHECK_EQ(parameters->properties, 5);
    parse(KERNEL ":properties=0");
    CHECK_EQ(parameters->properties, 0);
    parse(KERNEL ":stack:properties=0x100|enable_silos:group");
    CHECK_EQ(parameters->properties, 0x524);
    parse(KERNEL ":psm_key:ignore_keyword_0:enable_keyword_0:exclude_inprivate:"
                 "source_container_tracking:start_key");
    CHECK_EQ(parameters->properties, 0xad8);
}

static void named_values(void)
{
    parse(KERNEL ":LEVEL=error:any=3:all=0x1:event=!7");
    check_numbers(2, 3, 1, 0x80);
    CHECK_EQ(filter_at(0)->ids[0], 7);
    CHECK(filter_at(0)->exclude);
    parse(KERNEL ":4:any=3");
    check_numbers(4, 3, 0, 0x80);
}

static void filters_of_processes(void)
{
    parse(KERNEL ":pid=1,0x10;3:exe=a.exe;b c.exe,'d,e.exe':container={" GUID "}:"
                 "package=Contoso.App_1.0.0.0_x64__abc:app=App");
    CHECK_EQ(parameters->filter_count, 5);
    CHECK_EQ(filter_at(0)->type, ETW_FILTER_TYPE_PID);
    CHECK_EQ(filter_at(0)->pid_count, 3);
    CHECK_EQ(filter_at(0)->pids[1], 16);
    CHECK_EQ(filter_at(1)->type, ETW_FILTER_TYPE_EXECUTABLE_NAME);
    CHECK_EQ(filter_at(1)->name_count, 3);
    CHECK_STR(filter_at(1)->names[1], "b c.exe");
    CHECK_STR(filter_at(1)->names[2], "d,e.exe");
    CHECK_EQ(filter_at(2)->type, ETW_FILTER_TYPE_CONTAINER);
    CHECK_STR(filter_at(2)->names[0], "{" GUID "}");
    CHECK_EQ(filter_at(3)->type, ETW_FILTER_TYPE_PACKAGE_ID);
    CHECK_EQ(filter_at(4)->type, ETW_FILTER_TYPE_PACKAGE_APP_ID);
}

static void filters_of_events(void)
{
    parse(KERNEL ":name=!Foo,\"Bar: baz\":stackwalk=!1..3:stackwalk_name=Hot:"
                 "stackwalk_level=!warning/0x30,1/2");
    CHECK_EQ(parameters->filter_count, 4);
    CHECK_EQ(filter_at(0)->type, ETW_FILTER_TYPE_EVENT_NAME);
    CHECK(filter_at(0)->exclude);
    CHECK_STR(filter_at(0)->names[1], "Bar: baz");
    CHECK_EQ(filter_at(0)->level, 255);
    CHECK_EQ(filter_at(0)->match_any_keyword, UINT64_MAX);
    CHECK_EQ(filter_at(1)->type, ETW_FILTER_TYPE_STACKWALK);
    CHECK_EQ(filter_at(1)->id_count, 3);
    CHECK_EQ(filter_at(2)->type, ETW_FILTER_TYPE_STACKWALK_NAME);
    CHECK_EQ(filter_at(3)->type, ETW_FILTER_TYPE_STACKWALK_LEVEL_KW);
    CHECK_EQ(filter_at(3)->level, 3);
    CHECK_EQ(filter_at(3)->match_any_keyword, 0x31);
    CHECK_EQ(filter_at(3)->match_all_keyword, 2);
    CHECK(filter_at(3)->exclude);
    CHECK_EQ(parameters->properties, 0x84);

    parse(KERNEL ":schematized=0x00aaFF:filter=0x80000001/0102");
    CHECK_EQ(filter_at(0)->type, ETW_FILTER_TYPE_SCHEMATIZED);
    CHECK_EQ(filter_at(0)->data.size, 3);
    CHECK_EQ(filter_at(0)->data.data[1], 0xaa);
    CHECK_EQ(filter_at(1)->type, ETW_FILTER_TYPE_SYSTEM_FLAGS);
    CHECK_EQ(filter_at(1)->data.data[1], 2);
}

static void check_predicate(size_t index, const char *field, int op, const char *value)
{
    static const etw_payload_predicate NOTHING;
    const etw_provider_filter *filter = filter_at(0);
    const etw_payload_predicate *got =
        CHECK(index < filter->predicate_count) ? &filter->predicates[index] : &NOTHING;
    CHECK_STR(got->field, field);
    CHECK_EQ(got->op, op);
    CHECK_STR(got->value, value);
}

static void payloads(void)
{
    parse(KERNEL
          ":payload=Size>=4096 and Path contains \"a: b\" and Kind isnot x and n between 1,5 "
          "and m NOTBETWEEN 2,3 and k%7:stack");
    CHECK_EQ(filter_at(0)->type, ETW_FILTER_TYPE_PAYLOAD);
    CHECK_EQ(filter_at(0)->predicate_count, 6);
    CHECK(!filter_at(0)->any_predicate);
    check_predicate(0, "Size", ETW_PAYLOAD_GE, "4096");
    check_predicate(1, "Path", ETW_PAYLOAD_CONTAINS, "a: b");
    check_predicate(2, "Kind", ETW_PAYLOAD_IS_NOT, "x");
    check_predicate(3, "n", ETW_PAYLOAD_BETWEEN, "1,5");
    check_predicate(4, "m", ETW_PAYLOAD_NOT_BETWEEN, "2,3");
    check_predicate(5, "k", ETW_PAYLOAD_MODULO, "7");
    CHECK_EQ(parameters->properties, 0x84);

    parse(KERNEL ":payload=12,14..15/ A==1 or B!=-2 or C<3 or D<=4 or E>5 or 'F G' is h or I "
                 "notcontains j or K==l");
    CHECK_EQ(filter_at(0)->id_count, 3);
    CHECK_EQ(filter_at(0)->ids[2], 15);
    CHECK(filter_at(0)->any_predicate);
    check_predicate(0, "A", ETW_PAYLOAD_EQ, "1");
    check_predicate(1, "B", ETW_PAYLOAD_NE, "-2");
    check_predicate(2, "C", ETW_PAYLOAD_LT, "3");
    check_predicate(3, "D", ETW_PAYLOAD_LE, "4");
    check_predicate(4, "E", ETW_PAYLOAD_GT, "5");
    check_predicate(5, "F G", ETW_PAYLOAD_IS, "h");
    check_predicate(6, "I", ETW_PAYLOAD_DOES_NOT_CONTAIN, "j");
}

/* ---- Mistakes ---- */

typedef struct mistake {
    const char *text;
    int column;
    etw_status status;
    const char *message; /* A part of it. */
} mistake;

#define BAD  ETW_E_INVALID
#define MANY ETW_E_LIMIT

static const mistake MISTAKES[] = {
    {"", 0, BAD, "expected the name or GUID"},
    {":4", 0, BAD, "expected the name or GUID"},
    {"*", 1, BAD, "expected the name or GUID"},
    {"''", 0, BAD, "expected the name or GUID"},
    {"No-Such-Provider:4", 0, ETW_E_NOT_FOUND, "'No-Such-Provider'"},
    {"Thread", 0, ETW_E_NOT_FOUND, "class of the kernel's events"},
    {"{11111111-2222-3333-4444-55555555555x}", 36, BAD, ""},
    {"11111111-2222-3333-4444-55555555555x", 0, ETW_E_NOT_FOUND, "nobody knows"},
    {"'Contoso-Shop", 0, BAD, "not closed"},
    {"'Contoso-Shop'x:4", 14, BAD, "not 'x'"},
    {"Shop\xff", 4, BAD, "UTF-8"},
    {"*A:256", 3, BAD, "level '256': the number is too large"},
    {"*A:-1", 3, BAD, "unknown level '-1'"},
    {"*A:erro", 3, BAD, "unknown level 'erro'"},
    {"*A:4x", 4, BAD, "level '4x': this is no digit"},
    {"*A:08", 4, BAD, "this is no digit"},
    {"*A:0x", 5, BAD, "there is no number"},
    {"*A:1__2", 5, BAD, "underscore"},
    {"*A:12_", 5, BAD, "underscore"},
    {"*A: 4", 3, BAD, "unknown level ' 4'"},
    {"*A:4:x", 5, BAD, "event id 'x'"},
    {"*A:4:1,,2", 7, BAD, "expected an event id"},
    {"*A:4:1,", 7, BAD, "expected an event id"},
    {"*A:4:!", 6, BAD, "expected an event id"},
    {"*A:4:65536", 5, BAD, "too large"},
    {"*A:4:1, 2", 7, BAD, "this is no digit"},
    {"*A:4:5..2", 5, BAD, "ends before it begins"},
    {"*A:4:5..", 8, BAD, "there is no number"},
    {"*A:4:..5", 5, BAD, "there is no number"},
    {"*A:4:1,0..64", 7, MANY, "at most 64 event ids"},
    {"*A:4:0..65535", 5, MANY, "at most 64 event ids"},
    {"*A:::Net", 5, BAD, "'Net' is no keyword of 'A', whose keywords"},
    {"Contoso-Shop:::Nett", 15, BAD, "'Nett' is no keyword of 'Contoso-Shop'"},
    {"*A:::0x1_0000_0000_0000_0000", 5, BAD, "too large"},
    {"*A:::1,", 7, BAD, "expected a keyword"},
    {"*A::::1:2", 8, BAD, "only level"},
    {"*A:::::", 7, BAD, "only level"},
    {"*A:stack:4", 9, BAD, "come before"},
    {"*A:stack:", 9, BAD, "come before"},
    {"*A:pid", 6, BAD, "expected '=' and a value after 'pid'"},
    {"*A:pids=4", 3, BAD, "unknown suffix 'pids'"},
    {"*A:pid=", 7, BAD, "expected a process id"},
    {"*A:pid=1,2,3,4,5,6,7,8,9", 23, MANY, "at most 8 process ids"},
    {"*A:pid=4294967296", 7, BAD, "too large"},
    {"*A:pid=1:pid=2", 9, BAD, "'pid' is given twice"},
    {"*A:4:1:event=2", 7, BAD, "'event' is given twice"},
    {"*A:4:level=3", 5, BAD, "'level' is given twice"},
    {"*A:exe=a.exe,", 13, BAD, "expected a name"},
    {"*A:exe='a.exe'b", 14, BAD, "not 'b'"},
    {"*A:exe='a;b'", 7, BAD, "semicolon"},
    {"*A:container=x", 13, BAD, "'x' is no GUID"},
    {"*A:properties=stak", 14, BAD, "unknown property 'stak'"},
    {"*A:properties=", 14, BAD, "expected a property"},
    {"*A:stackwalk_level=9/1/2/3", 24, BAD, "not '/'"},
    {"*A:stackwalk_level=x", 19, BAD, "unknown level"},
    {"*A:schematized=abc", 18, BAD, "one digit only"},
    {"*A:schematized=0xzz", 17, BAD, "hexadecimal"},
    {"*A:schematized=0x", 15, BAD, "no data"},
    {"*A:filter=5", 11, BAD, "expected '/'"},
    {"*A:filter=0x80000200/00", 10, BAD, "data have no meaning"},
    {"*A:filter=0x80000000/00:schematized=01", 36, BAD, "filter 0 is of the same type"},
    {"*A:payload=", 11, BAD, "expected the name of a field"},
    {"*A:payload=x", 12, BAD, "expected an operator"},
    {"*A:payload=x=5", 12, BAD, "expected an operator"},
    {"*A:payload=x==", 14, BAD, "expected a value"},
    {"*A:payload=x==5 y", 16, BAD, "expected 'and'"},
    {"*A:payload=x==5 and y==6 or z==7", 25, BAD, "not both"},
    {"*A:payload=x between 5", 11, BAD, "two with a comma"},
    {"*A:payload=x%0", 11, BAD, "above zero"},
    {"*A:payload=70000/x==1", 11, BAD, "too large"},
    {"*A:payload=a==1 or b==1 or c==1 or d==1 or e==1 or f==1 or g==1 or h==1 or i==1", 72, MANY,
     "at most 8 conditions"},
    {"*A::1:pid=1:exe=a:name=b:payload=x==1:stackwalk=1:stackwalk_name=b:container=" GUID
     ":package=p",
     122, MANY, "at most 8 filters"},
};

static void says_what_is_wrong_and_where(void)
{
    const etw_provider_spec_options options = {sizeof options, NULL, known};
    for (size_t i = 0; i < sizeof MISTAKES / sizeof MISTAKES[0]; i++) {
        const mistake *m = &MISTAKES[i];
        etw_provider_spec *out;
        const etw_status status = etw_provider_spec_parse(&out, m->text, &options, &error);
        CHECK(out == NULL);
        if (!CHECK_EQ(status, m->status) || !CHECK_EQ(error.offset, m->column) ||
            !CHECK(strstr(error.message, m->message) != NULL))
            printf("    %s\n    column %d: %s\n", m->text, (int)error.offset, error.message);
        CHECK_EQ(etw_provider_spec_parse(&out, m->text, &options, NULL), m->status);
    }
}

static void limits_of_sizes(void)
{
    enum {
        SIZE = 70000
    };
    char *text = malloc(SIZE + 1);
    REQUIRE(text != NULL);
    memset(text, 'a', SIZE);
    text[SIZE] = '\0';
    etw_provider_spec *out;
    CHECK_EQ(etw_provider_spec_parse(&out, text, NULL, &error), ETW_E_LIMIT);
    CHECK_EQ(error.offset, 65536);
    // 20 bytes of header and a zero leave 4075 for one name.
    memcpy(text, "*A:name=", 8);
    text[8 + 4075] = '\0';
    CHECK_EQ(etw_provider_spec_parse(&out, text, NULL, &error), ETW_OK);
    etw_provider_spec_destroy(&out);
    text[8 + 4075] = 'a';
    text[8 + 4076] = '\0';
    CHECK_EQ(etw_provider_spec_parse(&out, text, NULL, &error), ETW_E_LIMIT);
    CHECK_EQ(error.offset, 8);
    // Two bytes a character, and the zero: 511 fit into 1024.
    memcpy(text, "*A:exe=a", 8);
    text[7 + 511] = '\0';
    CHECK_EQ(etw_provider_spec_parse(&out, text, NULL, &error), ETW_OK);
    etw_provider_spec_destroy(&out);
    text[7 + 511] = 'a';
    text[7 + 512] = '\0';
    CHECK_EQ(etw_provider_spec_parse(&out, text, NULL, &error), ETW_E_LIMIT);
    CHECK(strstr(error.message, "1026 bytes, of at most 1024") != NULL);
    free(text);
}

static void survives_lack_of_memory(void)
{
    static const char TEXT[] = "*'A':4:1,2:0:0:pid=1:exe='a',b:name=x:payload=9/x==1 and y is 'z':"
                               "stackwalk_level=4/1:schematized=00";
    faulty_alloc faulty;
    const etw_provider_spec_options options = {sizeof options, &faulty.allocator, known};
    etw_status status = ETW_E_NOMEM;
    unsigned failures = 0;
    for (uint64_t fail_at = 1; status == ETW_E_NOMEM; fail_at++) {
        etw_provider_spec *out;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        status = etw_provider_spec_parse(&out, TEXT, &options, &error);
        failures += status != ETW_OK;
        CHECK(!out == (status != ETW_OK));
        etw_provider_spec_destroy(&out);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK_EQ(status, ETW_OK);
    CHECK(failures >= 2);
}

int main(void)
{
    const etw_bytes manifest = {(const uint8_t *)MANIFEST, sizeof MANIFEST - 1};
    if (etw_schema_store_create(&store, NULL, &error) != ETW_OK ||
        etw_schema_store_add_memory(store, "shop.man", manifest, &error) != ETW_OK ||
        etw_provider_list_create(&known, store, NULL, &error) != ETW_OK) {
        printf("%s\n", error.message);
        return 1;
    }
    RUN(providers);
    RUN(names_in_quotes);
    RUN(positions);
    RUN(names_of_numbers);
    RUN(properties);
    RUN(named_values);
    RUN(filters_of_processes);
    RUN(filters_of_events);
    RUN(payloads);
    RUN(says_what_is_wrong_and_where);
    RUN(limits_of_sizes);
    RUN(survives_lack_of_memory);
    etw_provider_spec_destroy(&spec);
    etw_provider_list_destroy(&known);
    etw_schema_store_destroy(&store);
    return test_finish();
}
