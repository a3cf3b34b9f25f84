/* Compiled manifests: what is read out of one equals what the same manifest says in XML. */
#include "same_schema.h"

#include "base/memory.h"
#include "schema/wevt.h"
#include "wevt_builder.h"

#include <stdlib.h>

enum {
    SCHEMAS_MAX = 16,
};

#define GUID       "11111111-2222-3333-4444-555555555555"
#define CLASS_GUID "22222222-2222-3333-4444-555555555555"

static const char XML[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>\n"
    "<instrumentation xmlns:win='urn:win'><events>\n"
    "<provider name='Contoso-Compiled' guid='{" GUID "}'>\n"
    "<channels><channel chid='A' name='Contoso-Compiled/Admin' value='16'/></channels>"
    "<levels><level name='Loud' value='17'/></levels>"
    "<opcodes><opcode name='Ping' value='10'/></opcodes>"
    "<tasks><task name='Order' value='1' eventGUID='{" CLASS_GUID "}'/>"
    "<task name='Ship' value='2' eventGUID='{00000000-0000-0000-0000-000000000000}'/></tasks>"
    "<keywords><keyword name='Net' mask='0x1'/><keyword name='Disk' mask='0x20'/></keywords>"
    "<maps><valueMap name='Color'><map value='7' message='Blue'/><map value='1' message='Red'/>"
    "</valueMap><bitMap name='Bits'><map value='0x4' message='Four'/>"
    "<map value='0x80000000' message='High'/></bitMap></maps>"
    "<templates>"
    "<template tid='Flat'><data name='n' inType='win:UInt32' map='Color'/>"
    "<data name='s' inType='win:UnicodeString'/>"
    "<data name='raw' inType='win:Binary' length='n'/>"
    "<data name='three' inType='win:UInt16' count='3'/>"
    "<data name='many' inType='win:UInt8' count='n' map='Bits'/>"
    "<data name='fixed' inType='win:AnsiString' length='8'/></template>"
    "<template tid='Nested'><data name='count' inType='win:UInt16'/>"
    "<struct name='Pair' count='count'><data name='a' inType='win:UInt32' outType='win:PID'/>"
    "<data name='b' inType='win:UnicodeString' length='a'/></struct>"
    "<data name='tail' inType='win:GUID'/></template>"
    "<template tid='User'><data name='x' inType='win:HexInt64'/><UserData/></template>"
    "</templates><events>"
    "<event value='1' version='2' task='Order' opcode='Ping' level='win:Error' channel='A' "
    "keywords='Net Disk' template='Flat' message='Order %1 of \xC3\x84rger'/>"
    "<event value='700' task='Ship' opcode='win:Start' level='Loud' keywords='Disk' "
    "template='Nested' message='Shipped'/>"
    "<event value='3' template='User'/>"
    "<event value='4' task='Order' keywords='Disk'/>"
    "</events></provider></events></instrumentation></instrumentationManifest>";

static const wevtb_named CHANNELS[] = {{"Contoso-Compiled/Admin", 16, NULL, NULL}, {0}};
static const wevtb_named LEVELS[] = {
    {"win:Error", 2, "Error, says the table", NULL}, {"Loud", 17, NULL, NULL}, {0}};
static const wevtb_named OPCODES[] = {
    {"win:Start", 1 << 16, "Start", NULL}, {"Ping", 10 << 16 | 1, NULL, NULL}, {0}};
static const wevtb_named TASKS[] = {
    {"Order", 1, "An order", CLASS_GUID}, {NULL, 2, "Ship", NULL}, {0}};
static const wevtb_named KEYWORDS[] = {{"Net", 1, NULL, NULL}, {"Disk", 0x20, "Disks", NULL}, {0}};
static const wevtb_value COLORS[] = {{7, "Blue"}, {1, "Red"}, {9, NULL}};
static const wevtb_value BITS[] = {{4, "Four"}, {0x80000000, "High"}};
static const wevtb_map MAPS[] = {{"Color", COLORS, 3, false}, {"Bits", BITS, 2, true}, {0}};
static const wevtb_item FLAT[] = {
    {.name = "n", .count = 1, .in_type = 8, .map = 1},
    {.name = "s", .count = 1, .in_type = 1},
    {.name = "raw", .flags = WEVTB_LENGTH_INDEX, .count = 1, .in_type = 14},
    {.name = "three", .flags = WEVTB_COUNT_FIXED, .count = 3, .in_type = 6},
    {.name = "many", .flags = WEVTB_COUNT_INDEX, .in_type = 4, .map = 2},
    {.name = "fixed", .flags = WEVTB_LENGTH_FIXED, .count = 1, .length = 8, .in_type = 2},
};
static const wevtb_item NESTED[] = {
    {.name = "count", .count = 1, .in_type = 6},
    {.name = "Pair",
     .flags = WEVTB_STRUCT | WEVTB_COUNT_INDEX,
     .first_member = 3,
     .member_count = 2},
    {.name = "tail", .count = 1, .in_type = 15},
    {.name = "a", .count = 1, .in_type = 8, .out_type = 20},
    {.name = "b", .flags = WEVTB_LENGTH_INDEX, .count = 1, .length = 3, .in_type = 1},
};
static const wevtb_item USER[] = {{.name = "x", .count = 1, .in_type = 21}};
static const wevtb_template TEMPLATES[] = {
    {FLAT, 6, 6, false}, {NESTED, 3, 5, false}, {USER, 1, 1, true}, {0}};
static const wevtb_event EVENTS[] = {
    {1, 2, 1, 1, 2, 1, 1, {1, 2}, "Order %1 of \xC3\x84rger"},
    {700, 0, 0, 2, 1, 2, 2, {2}, "Shipped"},
    {.id = 3, .layout = 3},
    {.id = 4, .task = 1, .keywords = {2}},
};

static wevtb_manifest model(void)
{
    const wevtb_manifest manifest = {.guid = GUID,
                                     .name = "Contoso-Compiled",
                                     .channels = CHANNELS,
                                     .levels = LEVELS,
                                     .opcodes = OPCODES,
                                     .tasks = TASKS,
                                     .keywords = KEYWORDS,
                                     .maps = MAPS,
                                     .templates = TEMPLATES,
                                     .events = EVENTS,
                                     .event_count = 4};
    return manifest;
}

/* The schemas of one document. */
typedef struct harvest {
    etw_schema schemas[SCHEMAS_MAX];
    unsigned count;
    etwi_provider provider; /* The last one. */
    unsigned provider_count;
    etw_error problem, error;
} harvest;

static etwi_arena arena;

static etw_status take(void *user, const etw_schema *schema)
{
    harvest *h = user;
    if (h->count < SCHEMAS_MAX)
        h->schemas[h->count] = *schema;
    h->count++;
    return ETW_OK;
}

static etw_status take_provider(void *user, const etwi_provider *provider)
{
    harvest *h = user;
    h->provider = *provider;
    h->provider_count++;
    return ETW_OK;
}

static etw_status read_xml(harvest *out)
{
    const etw_bytes xml = {(const uint8_t *)XML, sizeof XML - 1};
    const etwi_taker taker = {take, take_provider, out};
    out->count = 0;
    return etwi_manifest_parse(xml, &arena, &taker, &out->problem, &out->error);
}

/* The input is in memory of exactly its size, so that sanitizers see what is read behind it. */
static etw_status read_pe(harvest *out, etw_bytes file)
{
    uint8_t *copy = malloc(file.size ? file.size : 1);
    if (file.size)
        memcpy(copy, file.data, file.size);
    const etwi_wevt_files files = {{copy, file.size}, {NULL, 0}};
    const etwi_taker taker = {take, take_provider, out};
    out->count = 0;
    const etw_status status =
        etwi_wevt_parse_pe(&files, &arena, &taker, &out->problem, &out->error);
    free(copy);
    return status;
}

static void compile(etlb_writer *file, const wevtb_manifest *manifest, bool is_64)
{
    etlb_writer resource = {0}, messages = {0};
    wevtb_compile(&resource, &messages, manifest);
    wevtb_pe(file, is_64, etlb_written(&resource), etlb_written(&messages));
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
}

static void equals_the_xml(const wevtb_manifest *manifest, bool is_64)
{
    harvest xml = {0}, compiled = {0};
    etlb_writer file = {0};
    compile(&file, manifest, is_64);
    CHECK_EQ(read_xml(&xml), ETW_OK);
    CHECK_EQ(xml.problem.status, ETW_OK);
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    if (!CHECK_EQ(compiled.problem.status, ETW_OK))
        printf("    %s\n", compiled.problem.message);
    etlb_writer_free(&file);
    REQUIRE(xml.count == 6 && compiled.count == 6);
    for (unsigned i = 0; i < xml.count; i++) {
        CHECK_EQ(compiled.schemas[i].source, ETW_SCHEMA_PE);
        same_schema(&xml.schemas[i], &compiled.schemas[i]);
    }
    etwi_arena_free(&arena);
}

static const etw_named_values *named(const harvest *from, etw_named_kind kind, uint32_t count)
{
    CHECK_EQ(from->provider.named[kind].count, count);
    return from->provider.named[kind].count == count ? &from->provider.named[kind] : NULL;
}

/* The lists are read whole, whether an event refers to their entries or not. */
static void reads_the_lists_of_names(void)
{
    harvest xml = {0}, compiled = {0};
    etlb_writer file = {0};
    const wevtb_manifest manifest = model();
    compile(&file, &manifest, true);
    CHECK_EQ(read_xml(&xml), ETW_OK);
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    etlb_writer_free(&file);
    REQUIRE(xml.provider_count == 1 && compiled.provider_count == 1);
    CHECK(etw_guid_equal(&xml.provider.guid, &compiled.provider.guid));
    CHECK_STR(compiled.provider.name, "Contoso-Compiled");
    CHECK_EQ(compiled.provider.source, ETW_SCHEMA_PE);
    CHECK_EQ(xml.provider.source, ETW_SCHEMA_MANIFEST);

    const etw_named_values *values = named(&compiled, ETW_NAMED_OPCODE, 2);
    REQUIRE(values);
    CHECK_STR(values->items[0].name, "Start");
    CHECK_EQ(values->items[0].value, 1);
    CHECK_STR(values->items[1].name, "Ping");
    CHECK_EQ(values->items[1].value, 10);
    CHECK_EQ(values->items[1].task, 1);
    values = named(&compiled, ETW_NAMED_TASK, 2);
    REQUIRE(values);
    CHECK_STR(values->items[0].message, "An order");
    CHECK_EQ(values->items[0].class_guid.data1, 0x22222222);
    CHECK_STR(values->items[1].name, "Ship");
    CHECK(etw_guid_is_null(&values->items[1].class_guid));
    values = named(&compiled, ETW_NAMED_LEVEL, 2);
    REQUIRE(values);
    CHECK_STR(values->items[0].name, "Error");
    CHECK_STR(values->items[0].message, "Error, says the table");
    CHECK_EQ(values->items[1].value, 17);

    const etw_named_values *same[] = {
        named(&xml, ETW_NAMED_KEYWORD, 2), named(&compiled, ETW_NAMED_KEYWORD, 2),
        named(&xml, ETW_NAMED_CHANNEL, 1), named(&compiled, ETW_NAMED_CHANNEL, 1)};
    for (unsigned i = 0; i < 4; i += 2)
        for (uint32_t j = 0; same[i] && same[i + 1] && j < same[i]->count; j++) {
            CHECK_EQ(same[i]->items[j].value, same[i + 1]->items[j].value);
            CHECK(same_text(same[i]->items[j].name, same[i + 1]->items[j].name));
        }
    REQUIRE(xml.provider.map_count == 2 && compiled.provider.map_count == 2);
    for (unsigned i = 0; i < 2; i++)
        same_map(xml.provider.maps[i], compiled.provider.maps[i]);
    etwi_arena_free(&arena);
}

static void equals_the_same_manifest_in_xml(void)
{
    wevtb_manifest manifest = model();
    equals_the_xml(&manifest, true);
    equals_the_xml(&manifest, false);
    manifest.name_is_message = true;
    equals_the_xml(&manifest, true);
}

static void does_without_messages(void)
{
    harvest compiled = {0};
    etlb_writer resource = {0}, messages = {0}, file = {0};
    const wevtb_manifest manifest = model();
    wevtb_compile(&resource, &messages, &manifest);
    wevtb_pe(&file, true, etlb_written(&resource), (etw_bytes){NULL, 0});
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    CHECK_EQ(compiled.count, 6);
    CHECK_EQ(compiled.schemas[0].message.size, 0);
    CHECK_EQ(compiled.schemas[0].properties[0].map->entry_count, 0);
    CHECK_STR(compiled.schemas[0].level_name, "Error");
    etlb_writer_free(&file);
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
    etwi_arena_free(&arena);
}

/* Messages may be in a file of their own. */
static void takes_messages_from_a_satellite(void)
{
    harvest xml = {0}, compiled = {0};
    etlb_writer resource = {0}, messages = {0}, file = {0}, satellite = {0};
    const wevtb_manifest manifest = model();
    wevtb_compile(&resource, &messages, &manifest);
    wevtb_pe(&file, true, etlb_written(&resource), (etw_bytes){NULL, 0});
    wevtb_pe(&satellite, false, (etw_bytes){NULL, 0}, etlb_written(&messages));
    const etwi_wevt_files files = {etlb_written(&file), etlb_written(&satellite)};
    CHECK_EQ(read_xml(&xml), ETW_OK);
    const etwi_taker taker = {take, take_provider, &compiled};
    CHECK_EQ(etwi_wevt_parse_pe(&files, &arena, &taker, NULL, NULL), ETW_OK);
    CHECK_EQ(compiled.count, 6);
    for (unsigned i = 0; i < xml.count && xml.count == compiled.count; i++)
        same_schema(&xml.schemas[i], &compiled.schemas[i]);
    etlb_writer_free(&file);
    etlb_writer_free(&satellite);
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
    etwi_arena_free(&arena);
}

/* English is taken if it is there, else the first language. */
static void takes_messages_of_any_language(void)
{
    const uint16_t languages[] = {0x407, 0x409, 0x40C};
    const char *const titles[] = {"Verschickt", "Shipped", "Envoy\xC3\xA9"};
    wevtb_texts texts[3];
    etlb_writer resource = {0}, messages[3] = {{0}, {0}, {0}}, file = {0};
    for (size_t i = 0; i < 3; i++) {
        wevtb_event events[4];
        wevtb_manifest manifest = model();
        memcpy(events, EVENTS, sizeof events);
        events[1].message = titles[i];
        manifest.events = events;
        etlb_writer_clear(&resource);
        wevtb_compile(&resource, &messages[i], &manifest);
        texts[i] = (wevtb_texts){languages[i], etlb_written(&messages[i])};
    }
    for (size_t first = 0; first < 3; first++) {
        for (size_t count = 1; first + count <= 3; count++) {
            harvest compiled = {0};
            etlb_writer_clear(&file);
            wevtb_pe_in_languages(&file, true, etlb_written(&resource), texts + first, count);
            CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
            const bool has_english = first <= 1 && first + count > 1;
            const etw_schema *shipped = &compiled.schemas[2];
            CHECK_EQ(shipped->id, 700);
            CHECK_STR(shipped->message, titles[has_english ? 1 : first]);
        }
    }
    for (size_t i = 0; i < 3; i++)
        etlb_writer_free(&messages[i]);
    etlb_writer_free(&resource);
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

/* The number of a message in the table of a manifest. */
static uint32_t id_of(const wevtb_manifest *manifest, const char *wanted)
{
    etlb_writer resource = {0}, messages = {0};
    etwi_message_table table;
    uint32_t id = 0;
    wevtb_compile(&resource, &messages, manifest);
    CHECK_EQ(etwi_message_table_read(&table, etlb_written(&messages), &arena.allocator, NULL),
             ETW_OK);
    for (size_t i = 0; i < table.count; i++) {
        etw_str text;
        if (etwi_message_text(&table.messages[i], &arena, &text) && text.size == strlen(wanted) &&
            memcmp(text.data, wanted, text.size) == 0)
            id = table.messages[i].id;
    }
    etwi_message_table_free(&table);
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
    return id;
}

static void inserts_messages_into_messages(void)
{
    harvest compiled = {0};
    etlb_writer file = {0};
    wevtb_manifest manifest = model();
    wevtb_event events[4];
    char message[200], want[200];
    memcpy(events, EVENTS, sizeof events);
    manifest.events = events;
    const uint32_t id = id_of(&manifest, "An order");
    CHECK(id != 0);
    snprintf(message, sizeof message, "%%%%%u: %%1 of 100%%%%, %%%%7%%%%%%%%%u %%", id, id);
    snprintf(want, sizeof want, "An order: %%1 of 100%%%%, %%%%7%%%%An order %%");
    events[0].message = message;
    compile(&file, &manifest, true);
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    CHECK_STR(compiled.schemas[0].message, want);
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

/* A reference is replaced also by a message that is as long as itself. */
static void inserts_messages_of_any_length(void)
{
    static const char ELEVEN[] = "Just eleven";
    harvest compiled = {0};
    etlb_writer file = {0};
    wevtb_manifest manifest = model();
    wevtb_event events[4];
    char message[32];
    memcpy(events, EVENTS, sizeof events);
    manifest.events = events;
    events[1].message = ELEVEN;
    const uint32_t id = id_of(&manifest, ELEVEN);
    CHECK(snprintf(message, sizeof message, "%%%%%u", id) == sizeof ELEVEN - 1);
    events[0].message = message;
    compile(&file, &manifest, true);
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    CHECK_STR(compiled.schemas[0].message, ELEVEN);
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

static void says_what_is_missing(void)
{
    harvest compiled = {0};
    etlb_writer file = {0};
    wevtb_pe(&file, true, (etw_bytes){NULL, 0}, (etw_bytes){NULL, 0});
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_E_UNSUPPORTED);
    CHECK_TEXT(compiled.error.message,
               "describes no events: an executable file without WEVT_TEMPLATE");
    etlb_writer_clear(&file);
    wevtb_pe(&file, false, etlb_text("WEVT, but not as we know it"), (etw_bytes){NULL, 0});
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_E_CORRUPT);
    CHECK_TEXT(compiled.error.message, "no compiled manifest in WEVT_TEMPLATE");
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

/* A damaged template leaves out its events only. */
static void leaves_out_events_that_are_damaged(void)
{
    harvest compiled = {0};
    etlb_writer file = {0};
    wevtb_manifest manifest = model();
    wevtb_item nested[5];
    memcpy(nested, NESTED, sizeof nested);
    nested[1].member_count = 3;
    wevtb_template templates[4];
    memcpy(templates, TEMPLATES, sizeof templates);
    templates[1].items = nested;
    manifest.templates = templates;
    compile(&file, &manifest, true);
    CHECK_EQ(read_pe(&compiled, etlb_written(&file)), ETW_OK);
    CHECK_EQ(compiled.count, 5);
    CHECK_EQ(compiled.problem.status, ETW_E_CORRUPT);
    CHECK_TEXT(compiled.problem.message, "struct 1 has members 3 to 6 of 5");
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

/* ---- Through the store ---- */

static etw_status add(etw_schema_store *store, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, data, size);
    const etw_bytes bytes = {copy, size};
    etw_error error;
    const etw_status status = etw_schema_store_add_memory(store, "a.dll", bytes, &error);
    if (etw_failed(status))
        CHECK(strncmp(error.message, "a.dll: ", 7) == 0);
    free(copy);
    return status;
}

static etw_status add_alone(const uint8_t *data, size_t size)
{
    etw_schema_store *store;
    if (!CHECK_EQ(etw_schema_store_create(&store, NULL, NULL), ETW_OK))
        return ETW_E_NOMEM;
    const etw_status status = add(store, data, size);
    etw_schema_store_destroy(&store);
    return status;
}

static void describes_events_of_any_trace(void)
{
    etw_schema_store *store;
    etlb_writer file = {0};
    const wevtb_manifest manifest = model();
    compile(&file, &manifest, true);
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    CHECK_EQ(add(store, file.data, file.size), ETW_OK);
    const etw_bytes xml = {(const uint8_t *)XML, sizeof XML - 1};
    CHECK_EQ(etw_schema_store_add_memory(store, "a.man", xml, NULL), ETW_OK);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_EQ(stats.schemas[ETW_SCHEMA_PE], 6);
    CHECK_EQ(stats.schemas[ETW_SCHEMA_MANIFEST_FILE], 6);
    etw_event event = {.provider = etlb_guid_of(GUID), .id = 4, .pointer_size = 8};
    const etw_schema *found;
    CHECK_EQ(etw_schema_store_find(store, &event, &found), ETW_OK);
    CHECK(found && found->source == ETW_SCHEMA_PE);
    etw_schema_store_destroy(&store);
    etlb_writer_free(&file);
}

/* ---- Hostile files ---- */

static void survives_truncation(void)
{
    etlb_writer file = {0};
    const wevtb_manifest manifest = model();
    compile(&file, &manifest, true);
    for (size_t size = 0; size < file.size; size++)
        add_alone(file.data, size);
    CHECK_EQ(add_alone(file.data, file.size), ETW_OK);
    etlb_writer_free(&file);
}

static void survives_extreme_numbers(void)
{
    etlb_writer file = {0};
    const wevtb_manifest manifest = model();
    compile(&file, &manifest, false);
    const uint32_t extremes[] = {0,
                                 1,
                                 0x7FFFFFFF,
                                 0x80000000,
                                 0xFFFFFFFF,
                                 0xFFFF,
                                 (uint32_t)file.size - 1,
                                 (uint32_t)file.size};
    for (size_t at = 0; at + 4 <= file.size; at += 2) {
        uint8_t saved[4];
        memcpy(saved, file.data + at, 4);
        for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
            etlb_patch_u32(&file, at, extremes[i]);
            add_alone(file.data, file.size);
        }
        memcpy(file.data + at, saved, 4);
    }
    CHECK_EQ(add_alone(file.data, file.size), ETW_OK);
    etlb_writer_free(&file);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(equals_the_same_manifest_in_xml);
    RUN(reads_the_lists_of_names);
    RUN(does_without_messages);
    RUN(takes_messages_from_a_satellite);
    RUN(takes_messages_of_any_language);
    RUN(inserts_messages_into_messages);
    RUN(inserts_messages_of_any_length);
    RUN(says_what_is_missing);
    RUN(leaves_out_events_that_are_damaged);
    RUN(describes_events_of_any_trace);
    RUN(survives_truncation);
    RUN(survives_extreme_numbers);
    return test_finish();
}
