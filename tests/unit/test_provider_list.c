/* Lists of providers: what is in them, which source wins, how they are found. */
#include "test.h"

#include "faulty_alloc.h"
#include "schema/store.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define GUID       "11111111-2222-3333-4444-555555555555"
#define CLASS_GUID "22222222-2222-3333-4444-555555555555"

static const char MANIFEST[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>\n"
    "<instrumentation xmlns:win='urn:win'><events>\n"
    "<provider name='Contoso-Shop' guid='{" GUID "}' message='Contoso %1'>\n"
    "<channels><channel chid='A' type='Admin'/><importChannel chid='S' name='System'/></channels>"
    "<levels><level name='my:Loud' value='17' message='$(string.Loud)'/></levels>"
    "<opcodes><opcode name='Ping' value='10'/><opcode name='Broken' value='ten'/></opcodes>"
    "<tasks><task name='Order' value='7' eventGUID='{" CLASS_GUID "}'><opcodes>"
    "<opcode name='Pack' value='11'/></opcodes></task><task name='Unused' value='2'/></tasks>"
    "<keywords><keyword name='Disk' mask='0x20'/><keyword name='Net' mask='1' message='Network'/>"
    "</keywords>"
    "<maps><valueMap name='Zeta'><map value='7' message='Seven'/></valueMap>"
    "<bitMap name='Alpha'><map value='4' message='Four'/></bitMap></maps>"
    "<templates><template tid='T'><data name='n' inType='win:UInt32' map='Zeta'/></template>"
    "</templates><events>"
    "<event value='9' version='1' task='Order' opcode='Pack' level='win:Error' template='T'/>"
    "<event value='9' opcode='win:Start' level='my:Loud' keywords='Net win:AuditFailure'/>"
    "<event value='3' opcode='Ping' channel='S'/>"
    "</events></provider></events></instrumentation>"
    "<localization><resources culture='en-US'><stringTable><string id='Loud' value='Very loud'/>"
    "</stringTable></resources></localization></instrumentationManifest>";

static etw_schema_store *store;
static etw_provider_list *list;
static etw_error error;

static etw_guid guid_of(const char *text)
{
    etw_guid guid = {0, 0, 0, {0}};
    CHECK_EQ(etw_guid_parse(&guid, (etw_str){text, strlen(text)}, NULL), ETW_OK);
    return guid;
}

static void add(const char *name, const char *text)
{
    const etw_bytes bytes = {(const uint8_t *)text, strlen(text)};
    CHECK_EQ(etw_schema_store_add_memory(store, name, bytes, &error), ETW_OK);
}

static void make_list(bool without_builtin)
{
    const etw_provider_list_options options = {sizeof options, without_builtin};
    CHECK_EQ(etw_provider_list_create(&list, store, &options, &error), ETW_OK);
}

static void begin(void)
{
    CHECK_EQ(etw_schema_store_create(&store, NULL, &error), ETW_OK);
}

static void end(void)
{
    etw_provider_list_destroy(&list);
    etw_schema_store_destroy(&store);
    CHECK(!list && !store);
}

static const etw_provider_info *find(const char *guid_text)
{
    static const etw_provider_info nothing;
    const etw_guid guid = guid_of(guid_text);
    const etw_provider_info *info = etw_provider_list_find_guid(list, &guid);
    CHECK(info != NULL);
    return info ? info : &nothing;
}

/* The value at an index of one kind of names. */
static const etw_named_value *named(const etw_provider_info *info, etw_named_kind kind,
                                    uint32_t index)
{
    static const etw_named_value nothing;
    return index < info->named[kind].count ? &info->named[kind].items[index] : &nothing;
}

static void check_named(const etw_provider_info *info, etw_named_kind kind, uint32_t index,
                        uint64_t value, const char *name)
{
    CHECK_EQ(named(info, kind, index)->value, value);
    CHECK_STR(named(info, kind, index)->name, name);
}

static void put(const etw_schema *schema)
{
    const etwi_scope any = {NULL, ETW_NO_ID};
    etwi_store_lock(store);
    CHECK_EQ(etwi_store_put(store, schema, any, &error), ETW_OK);
    etwi_store_unlock(store);
}

/* ---- Names ---- */

static void keeps_what_a_manifest_names(void)
{
    begin();
    add("shop.man", MANIFEST);
    make_list(true);
    CHECK_EQ(etw_provider_list_count(list), 2); // The class too.
    const etw_provider_info *info = find(GUID);
    CHECK_STR(info->name, "Contoso-Shop");
    CHECK_STR(info->message, "Contoso %1");
    CHECK_EQ(info->sources, 1u << ETW_SCHEMA_MANIFEST_FILE);
    CHECK(!info->is_known && !info->is_system && etw_guid_is_null(&info->owner));

    // Keywords by mask; one that Windows predefines comes from the event.
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 3);
    check_named(info, ETW_NAMED_KEYWORD, 0, 1, "Net");
    CHECK_STR(named(info, ETW_NAMED_KEYWORD, 0)->message, "Network");
    check_named(info, ETW_NAMED_KEYWORD, 1, 0x20, "Disk");
    check_named(info, ETW_NAMED_KEYWORD, 2, (uint64_t)1 << 52, "AuditFailure");
    CHECK_EQ(info->named[ETW_NAMED_LEVEL].count, 2);
    check_named(info, ETW_NAMED_LEVEL, 0, 2, "Error");
    check_named(info, ETW_NAMED_LEVEL, 1, 17, "Loud");
    CHECK_STR(named(info, ETW_NAMED_LEVEL, 1)->message, "Very loud");
    CHECK_EQ(info->named[ETW_NAMED_TASK].count, 2);
    check_named(info, ETW_NAMED_TASK, 0, 2, "Unused");
    check_named(info, ETW_NAMED_TASK, 1, 7, "Order");
    CHECK_EQ(named(info, ETW_NAMED_TASK, 1)->class_guid.data1, 0x22222222);
    // Opcodes that go with any task, then those of tasks; an event adds no second "Ping" or "Pack".
    CHECK_EQ(info->named[ETW_NAMED_OPCODE].count, 3);
    check_named(info, ETW_NAMED_OPCODE, 0, 1, "Start");
    check_named(info, ETW_NAMED_OPCODE, 1, 10, "Ping");
    check_named(info, ETW_NAMED_OPCODE, 2, 11, "Pack");
    CHECK_EQ(named(info, ETW_NAMED_OPCODE, 2)->task, 7);
    CHECK_EQ(info->named[ETW_NAMED_CHANNEL].count, 2);
    check_named(info, ETW_NAMED_CHANNEL, 0, 8, "System");
    check_named(info, ETW_NAMED_CHANNEL, 1, 16, "A");
    REQUIRE(info->map_count == 2);
    CHECK_STR(info->maps[0]->name, "Alpha");
    CHECK_STR(info->maps[1]->name, "Zeta");
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_TEXT(stats.first_rejected.message, "shop.man: \"ten\" is no value of a opcode in line 4");
    end();
}

/* Maps of a document are all read into one list; each provider has its own of them. */
static void tells_providers_of_a_document_apart(void)
{
    static const char TWO[] =
        "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
        "<instrumentation><events><provider name='First' guid='{" GUID "}'>"
        "<maps><valueMap name='A'><map value='1' message='x'/></valueMap></maps>"
        "<tasks><task name='T' value='5'/></tasks><events><event value='1'/></events></provider>"
        "<provider name='Second' guid='{" CLASS_GUID "}'>"
        "<maps><valueMap name='B'><map value='1' message='x'/></valueMap></maps>"
        "<opcodes><opcode name='O' value='20'/></opcodes><events><event value='2'/></events>"
        "</provider></events></instrumentation></instrumentationManifest>";
    begin();
    add("two.man", TWO);
    make_list(true);
    const etw_provider_info *first = find(GUID), *second = find(CLASS_GUID);
    REQUIRE(first->map_count == 1 && second->map_count == 1);
    CHECK_STR(first->maps[0]->name, "A");
    CHECK_STR(second->maps[0]->name, "B");
    CHECK_EQ(first->named[ETW_NAMED_OPCODE].count, 0);
    CHECK_EQ(second->named[ETW_NAMED_TASK].count, 0);
    CHECK_EQ(named(second, ETW_NAMED_OPCODE, 0)->task, 0);
    end();
}

static void sorts_events(void)
{
    begin();
    add("shop.man", MANIFEST);
    make_list(true);
    const etw_provider_info *info = find(GUID);
    REQUIRE(info->event_count == 3);
    CHECK_EQ(info->events[0]->id, 3);
    CHECK_EQ(info->events[1]->id, 9);
    CHECK_EQ(info->events[1]->version, 0);
    CHECK_EQ(info->events[2]->version, 1);
    CHECK_STR(info->events[2]->properties[0].name, "n");
    end();
}

static void classes_know_their_owner(void)
{
    begin();
    add("shop.man", MANIFEST);
    make_list(true);
    const etw_provider_info *info = find(CLASS_GUID);
    const etw_guid owner = guid_of(GUID);
    CHECK(etw_guid_equal(&info->owner, &owner));
    CHECK_STR(info->name, "Order");
    CHECK_EQ(info->event_count, 1);
    CHECK_EQ(info->named[ETW_NAMED_OPCODE].count, 0);
    end();
}

static etw_schema schema_of(etw_schema_source source, uint16_t id, const char *name)
{
    const etw_schema schema = {.provider = guid_of(GUID),
                               .id = id,
                               .source = (uint8_t)source,
                               .event_name = {name, strlen(name)}};
    return schema;
}

static void put_provider(etw_schema_source source, const char *name,
                         const etw_named_value *keywords, uint32_t count)
{
    etwi_provider provider = {
        .guid = guid_of(GUID), .name = {name, strlen(name)}, .source = (uint8_t)source};
    provider.named[ETW_NAMED_KEYWORD] = (etw_named_values){keywords, count};
    etwi_store_lock(store);
    const etwi_provider *const one = &provider;
    CHECK_EQ(etwi_store_put_providers(store, &one, 1), ETW_OK);
    etwi_store_unlock(store);
}

static void the_best_source_wins(void)
{
    static const etw_named_value of_file[] = {{.value = 1, .name = NAME("File")},
                                              {.value = 2, .name = NAME("OnlyFile")}};
    static const etw_named_value of_trace[] = {{.value = 4, .name = NAME("OnlyTrace")},
                                               {.value = 1, .name = NAME("Trace")},
                                               {.value = 1, .name = NAME("Second")},
                                               {.value = 1, .name = NAME("Trace")}};
    begin();
    put_provider(ETW_SCHEMA_PE, "Of a file", of_file, 2);
    put_provider(ETW_SCHEMA_MANIFEST, "Of a trace", of_trace, 4);
    const etw_schema events[] = {
        schema_of(ETW_SCHEMA_PE, 5, "loses"), schema_of(ETW_SCHEMA_MANIFEST, 5, "wins"),
        schema_of(ETW_SCHEMA_MANIFEST, 5, "of another process"),
        schema_of(ETW_SCHEMA_PE, 6, "first file"), schema_of(ETW_SCHEMA_PE, 6, "second file")};
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++)
        put(&events[i]);
    make_list(true);
    const etw_provider_info *info = find(GUID);
    CHECK_STR(info->name, "Of a trace");
    CHECK_EQ(info->sources, 1u << ETW_SCHEMA_PE | 1u << ETW_SCHEMA_MANIFEST);
    REQUIRE(info->event_count == 3);
    CHECK_STR(info->events[0]->event_name, "wins");
    CHECK_STR(info->events[1]->event_name, "of another process");
    CHECK_STR(info->events[2]->event_name, "first file");
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 4);
    check_named(info, ETW_NAMED_KEYWORD, 0, 1, "Second");
    check_named(info, ETW_NAMED_KEYWORD, 1, 1, "Trace");
    check_named(info, ETW_NAMED_KEYWORD, 2, 2, "OnlyFile");
    check_named(info, ETW_NAMED_KEYWORD, 3, 4, "OnlyTrace");
    end();
}

/* Where nobody knows which bit each keyword has, none is listed. */
static void keywords_without_bits_are_left_out(void)
{
    static const etw_keyword vague[] = {{7, NAME("a")}, {7, NAME("b")}};
    static const etw_keyword exact[] = {{1, NAME("c")}, {4, NAME("d")}};
    begin();
    etw_schema schema = schema_of(ETW_SCHEMA_EVENT_INFO, 1, "");
    schema.keywords = vague;
    schema.keyword_count = 2;
    put(&schema);
    schema.id = 2;
    schema.keywords = exact;
    put(&schema);
    make_list(true);
    const etw_provider_info *info = find(GUID);
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 2);
    check_named(info, ETW_NAMED_KEYWORD, 0, 1, "c");
    check_named(info, ETW_NAMED_KEYWORD, 1, 4, "d");
    end();
}

static void wpp_names_no_numbers(void)
{
    begin();
    add("a.tmf",
        GUID " shop // SRC=a.c\n#typev a_c1 10 \"%0x\" // LEVEL=ERROR FLAGS=INIT FUNC=f\n{\n"
             "}\n#typev a_c2 11 \"%0y\" // LEVEL=ERROR FLAGS=INIT FUNC=g\n{\n}\n");
    make_list(true);
    const etw_provider_info *info = find(GUID);
    CHECK_STR(info->name, "shop");
    CHECK_EQ(info->event_count, 2);
    CHECK_EQ(info->named[ETW_NAMED_LEVEL].count, 0);
    CHECK_EQ(info->named[ETW_NAMED_TASK].count, 0);
    end();
}

/* ---- What is built in ---- */

static void lists_what_is_built_in(void)
{
    begin();
    CHECK_EQ(etw_provider_list_create(&list, store, NULL, &error), ETW_OK);
    const etw_provider_info *info = find("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c");
    const etw_guid system = guid_of("9e814aad-3204-11d2-9a82-006008a86939");
    CHECK_STR(info->name, "Process");
    CHECK_EQ(info->sources, 1u << ETW_SCHEMA_KERNEL);
    CHECK(info->is_known && etw_guid_equal(&info->owner, &system));
    REQUIRE(info->event_count > 5);
    CHECK_EQ(info->events[0]->opcode, 1);
    CHECK_STR(info->events[0]->opcode_name, "Start");
    for (uint32_t i = 0; i < info->event_count; i++) {
        CHECK(info->events[i]->property_count > 0 && !info->events[i]->inferred);
        CHECK(etwi_schema_of(info->events[i])->plan.steps != NULL);
    }
    info = find("3d5c43e3-0f1c-4202-b817-174c0070dc79");
    CHECK(info->is_system && info->is_known && !info->sources);
    CHECK_STR(info->name, "SystemIoProvider");
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 12);
    check_named(info, ETW_NAMED_KEYWORD, 11, 0x800, "SYSTEM_IO_KW_TIMER");
    info = find("1c95126e-7eea-49a9-a3fe-a378b03ddb4d");
    CHECK(info->is_known && !info->sources && !info->event_count);
    unsigned systems = 0;
    for (size_t i = 0; i < etw_provider_list_count(list); i++)
        systems += etw_provider_list_at(list, i)->is_system;
    CHECK_EQ(systems, 17);
    etw_provider_list_destroy(&list);
    make_list(true);
    CHECK_EQ(etw_provider_list_count(list), 0);
    end();
}

/* A lookup puts layouts into the store, some of them inferred; the list does not change by that. */
static void lookups_do_not_change_the_kernel(void)
{
    begin();
    make_list(false);
    const uint32_t before = find("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c")->event_count;
    etw_provider_list_destroy(&list);
    const etw_schema *schema;
    const uint8_t payload[200] = {0};
    const etw_event event = {.provider = guid_of("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"),
                             .opcode = 1,
                             .version = 99,
                             .flags = ETW_EVENT_CLASSIC,
                             .payload = payload,
                             .payload_size = sizeof payload,
                             .pointer_size = 8};
    CHECK_EQ(etw_schema_store_find(store, &event, &schema), ETW_OK);
    make_list(false);
    CHECK_EQ(find("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c")->event_count, before);
    end();
}

/* ---- Finding ---- */

static unsigned count_named(const char *name)
{
    unsigned count = 0;
    size_t position = 0;
    while (etw_provider_list_find_name(list, (etw_str){name, strlen(name)}, &position))
        count++;
    return count;
}

static void finds_by_name_in_any_case(void)
{
    begin();
    add("shop.man", MANIFEST);
    make_list(false);
    CHECK_EQ(count_named("contoso-SHOP"), 1);
    CHECK_EQ(count_named("Contoso"), 0);
    CHECK_EQ(count_named("Contoso-Shop2"), 0);
    CHECK_EQ(count_named("KernelTraceControl"), 3);
    CHECK_EQ(count_named(""), 0);
    const etw_guid unknown = {1, 2, 3, {4}};
    CHECK(!etw_provider_list_find_guid(list, &unknown));
    end();
}

/* A source may call a well-known provider by another name; both find it. */
static void finds_by_the_well_known_name_too(void)
{
    begin();
    etw_schema schema = schema_of(ETW_SCHEMA_MANIFEST_FILE, 1, "");
    schema.provider = guid_of("22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716");
    schema.provider_name = (etw_str)NAME("Other-Name");
    put(&schema);
    make_list(false);
    CHECK_STR(find("22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716")->name, "Other-Name");
    CHECK_EQ(count_named("other-name"), 1);
    CHECK_EQ(count_named("microsoft-windows-kernel-process"), 1);
    end();
}

static bool is_before(const etw_provider_info *a, const etw_provider_info *b)
{
    char x[64], y[64];
    snprintf(x, sizeof x, "%.*s", (int)a->name.size, a->name.data ? a->name.data : "");
    snprintf(y, sizeof y, "%.*s", (int)b->name.size, b->name.data ? b->name.data : "");
    for (char *c = x; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    for (char *c = y; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    return !y[0] || (x[0] && strcmp(x, y) <= 0);
}

static void sorts_by_name(void)
{
    begin();
    const etw_schema nameless = schema_of(ETW_SCHEMA_MANIFEST_FILE, 1, "");
    put(&nameless);
    make_list(false);
    const size_t count = etw_provider_list_count(list);
    REQUIRE(count > 100);
    for (size_t i = 1; i < count; i++)
        CHECK(is_before(etw_provider_list_at(list, i - 1), etw_provider_list_at(list, i)));
    CHECK_EQ(etw_provider_list_at(list, count - 1)->name.size, 0);
    end();
}

/* What is added later is not in a list that is there already. */
static void is_a_snapshot(void)
{
    begin();
    make_list(true);
    add("shop.man", MANIFEST);
    CHECK_EQ(etw_provider_list_count(list), 0);
    end();
}

static void refuses_options_without_a_size(void)
{
    const etw_provider_list_options options = {0, true};
    begin();
    CHECK_EQ(etw_provider_list_create(&list, store, &options, &error), ETW_E_INVALID);
    CHECK(!list);
    end();
}

static void running_out_of_memory_is_a_status(void)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    const etw_schema_store_options options = {.size = sizeof options,
                                              .allocator = &faulty.allocator};
    CHECK_EQ(etw_schema_store_create(&store, &options, &error), ETW_OK);
    add("shop.man", MANIFEST);
    const size_t live = faulty.live;
    etw_status status = ETW_E_NOMEM;
    unsigned failures = 0;
    for (unsigned call = 1; status == ETW_E_NOMEM && call < 5000; call++) {
        faulty.calls = 0;
        faulty.fail_at = call;
        status = etw_provider_list_create(&list, store, NULL, &error);
        if (status == ETW_E_NOMEM) {
            failures++;
            CHECK_EQ(error.status, ETW_E_NOMEM);
            CHECK(!list && faulty.live == live);
        }
    }
    CHECK_EQ(status, ETW_OK);
    CHECK(failures > 5);
    end();
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

int main(void)
{
    RUN(keeps_what_a_manifest_names);
    RUN(tells_providers_of_a_document_apart);
    RUN(sorts_events);
    RUN(classes_know_their_owner);
    RUN(the_best_source_wins);
    RUN(keywords_without_bits_are_left_out);
    RUN(wpp_names_no_numbers);
    RUN(lists_what_is_built_in);
    RUN(lookups_do_not_change_the_kernel);
    RUN(finds_by_name_in_any_case);
    RUN(finds_by_the_well_known_name_too);
    RUN(sorts_by_name);
    RUN(is_a_snapshot);
    RUN(refuses_options_without_a_size);
    RUN(running_out_of_memory_is_a_status);
    return test_finish();
}
