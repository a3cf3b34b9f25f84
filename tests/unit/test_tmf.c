/* TMF files, written as text in the tests. */
#include "document_fixture.h"
#include "faulty_alloc.h"

#include "schema/schema_text.h"
#include "schema/store.h"
#include "schema/tmf.h"
#include "schema/wpp.h"

#define HEAD         "4857fab7-1162-3184-360b-cdd863ddf4ea shop // SRC=Cart.cpp MJ= MN=\n"
#define TYPE(format) "#typev Cart_cpp28 14 \"" format "\" //   LEVEL=ERR FLAGS=NET FUNC=main\n"

static void reads_a_message(void)
{
    const etw_schema *s = only("// PDB:  shop.pdb\r\n" HEAD TYPE(
        "%0st=%10!s! n=%11!x!") "{\r\n"
                                "status, ItemNTSTATUS -- 10\r\n"
                                "f(a, \"b, ItemLong -- 9\"), ItemLong -- 11\r\n"
                                "}\r\n");
    REQUIRE(s->property_count == 2);
    CHECK_EQ(s->provider.data1, 0x4857fab7);
    CHECK_EQ(s->id, 14);
    CHECK_EQ(s->source, ETW_SCHEMA_TMF);
    CHECK(!s->is_classic);
    CHECK_STR(s->provider_name, "shop");
    CHECK_STR(s->event_name, "main");
    CHECK_STR(s->level_name, "ERR");
    CHECK_STR(s->task_name, "NET");
    CHECK_STR(s->class_name, "Cart.cpp:28");
    CHECK_STR(s->message, "%0st=%10!s! n=%11!x!");
    CHECK_EQ(s->top_level_count, 2);
    CHECK_STR(s->properties[0].name, "status");
    CHECK_EQ(s->properties[0].in_type, ETW_IN_UINT32);
    CHECK_EQ(s->properties[0].out_type, ETW_OUT_NTSTATUS);
    CHECK_EQ(etwi_wpp_argument(&s->properties[0]), 10);
    CHECK_STR(s->properties[1].name, "arg11");
    CHECK_EQ(s->properties[1].in_type, ETW_IN_UINT32);
    CHECK_EQ(s->properties[1].out_type, ETW_OUT_HEX_INT32);
}

static void reads_what_lines_may_lack(void)
{
    const etw_schema *s = only(HEAD "#type tag 1 \"say \\\"hi\\\" // no\"\n");
    CHECK_STR(s->message, "say \\\"hi\\\" // no");
    CHECK_EQ(s->property_count, 0);
    CHECK_STR(s->event_name, "");
    s = only(HEAD "#typev tag 2 \"\" //   FUNC=operator\"\" _kg\n{\n}\n");
    CHECK_STR(s->message, "");
    CHECK_STR(s->event_name, "operator\"\" _kg");
    s = only("4857fab7-1162-3184-360b-cdd863ddf4ea\n#typev tag 3 \"x\"\n{\nItemLong -- 10\n}\n");
    CHECK_STR(s->provider_name, "");
    CHECK_STR(s->properties[0].name, "arg10");
}

/* A tag names a line of the file above it, or of another one. */
static void tells_where_messages_are(void)
{
    static const struct {
        const char *file, *tag, *want;
    } CASES[] = {
        {"// SRC=my-file.cpp MJ= MN=", "my_file_cpp7", "my-file.cpp:7"},
        {"// SRC=a.c", "a_c12", "a.c:12"},
        {"// SRC=a.c MJ= MN=", "a_c", "a_c"},
        {"// SRC=a.c MJ= MN=", "a_cpp12", "a_cpp12"},
        {"// SRC=a.c MJ= MN=", "b_c12", "b_c12"},
        {"// SRC= MJ= MN=", "b_c12", "b_c12"},
        {"", "b_c12", "b_c12"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "4857fab7-1162-3184-360b-cdd863ddf4ea shop %s\n#typev %s 1 \"\"\n", CASES[i].file,
                 CASES[i].tag);
        CHECK_STR(only(text)->class_name, CASES[i].want);
    }
}

static void names_arguments_once(void)
{
    const etw_schema *s = only(HEAD TYPE("x") "{\ni, ItemLong -- 10\ni, ItemLong -- 11\n"
                                              "a.b, ItemLong -- 12\n9i, ItemLong -- 13\n}\n");
    REQUIRE(s->property_count == 4);
    CHECK_STR(s->properties[0].name, "i");
    CHECK_STR(s->properties[1].name, "arg11");
    CHECK_STR(s->properties[2].name, "arg12");
    CHECK_STR(s->properties[3].name, "arg13");
}

static void knows_item_types(void)
{
    static const struct {
        const char *item;
        const char *format;
        uint16_t in, out, length;
    } CASES[] = {
        {"ItemChar", "d", ETW_IN_INT8, 0, 0},
        {"ItemChar", "c", ETW_IN_INT8, ETW_OUT_STRING, 0},
        {"ItemUChar", "02X", ETW_IN_UINT8, ETW_OUT_HEX_INT8, 0},
        {"ItemShort", "hd", ETW_IN_INT16, 0, 0},
        {"ItemShort", "hu", ETW_IN_UINT16, 0, 0},
        {"ItemLong", "d", ETW_IN_INT32, 0, 0},
        {"ItemLong", "u", ETW_IN_UINT32, 0, 0},
        {"ItemLong", "08X", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0},
        {"ItemULongX", "s", ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0},
        {"ItemLongLong", "I64d", ETW_IN_INT64, 0, 0},
        {"ItemLongLongXX", "012I64X", ETW_IN_UINT64, ETW_OUT_HEX_INT64, 0},
        {"ItemLongLongO", "I64o", ETW_IN_UINT64, 0, 0},
        {"ItemDouble", "g", ETW_IN_DOUBLE, 0, 0},
        {"ItemPtr", "p", ETW_IN_POINTER, 0, 0},
        {"ItemRString", "s", ETW_IN_ANSI_STRING, 0, 0},
        {"ItemRWString", "s", ETW_IN_UNICODE_STRING, 0, 0},
        {"ItemPString", "s", ETW_IN_COUNTED_ANSI_STRING, 0, 0},
        {"ItemPWString", "s", ETW_IN_COUNTED_STRING, 0, 0},
        {"ItemHexDump", "s", ETW_IN_MANIFEST_COUNTED_BINARY, 0, 0},
        {"ItemIID", "s", ETW_IN_GUID, 0, 0},
        {"ItemSid", "s", ETW_IN_SID, 0, 0},
        {"ItemTimestamp", "s", ETW_IN_FILETIME, 0, 0},
        {"ItemIPAddr", "s", ETW_IN_UINT32, ETW_OUT_IPV4, 0},
        {"ItemPort", "s", ETW_IN_UINT16, ETW_OUT_PORT, 0},
        {"ItemIPV6Addr", "s", ETW_IN_BINARY, ETW_OUT_IPV6, 16},
        {"ItemMACAddr", "s", ETW_IN_BINARY, 0, 6},
        {"ItemHRESULT", "s", ETW_IN_INT32, ETW_OUT_HRESULT, 0},
        {"ItemChar4", "s", ETW_IN_ANSI_STRING, 0, 4},
        {"ItemNobodyKnows", "s", UINT16_MAX, 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, HEAD TYPE("%%10!%s!") "{\nx, %s -- 10\n}\n", CASES[i].format,
                 CASES[i].item);
        const etw_schema *s = only(text);
        REQUIRE(s->property_count == 1);
        CHECK_EQ(s->properties[0].in_type, CASES[i].in);
        CHECK_EQ(s->properties[0].out_type, CASES[i].out);
        CHECK_EQ(s->properties[0].length, CASES[i].length);
    }
}

static void makes_maps(void)
{
    const etw_schema *s = only(HEAD TYPE("x") "{\na, ItemListByte(Low, APC,DPC) -- 10\n"
                                              "b, ItemSetLong(r,w) -- 11\n"
                                              "c, ItemEnum(n::Color) -- 12\n"
                                              "d, ItemFlagsEnum(n::Color) -- 13\n"
                                              "e, ItemEnum(None) -- 14\n}\n"
                                              "#enumv n::Color\n{\nBlue,0x4\nRed, 1\nGreen\n}\n");
    REQUIRE(s->property_count == 5);
    const etw_map *map = s->properties[0].map;
    REQUIRE(map && map->entry_count == 3);
    CHECK_STR(map->entries[1].text, "APC");
    CHECK(!map->is_bitmap);
    map = s->properties[1].map;
    REQUIRE(map && map->entry_count == 2 && map->is_bitmap);
    CHECK_EQ(map->entries[1].value, 2);
    map = s->properties[2].map;
    REQUIRE(map && map->entry_count == 3 && !map->is_bitmap);
    CHECK_STR(map->name, "n::Color");
    CHECK_EQ(map->entries[1].value, 2);
    CHECK_STR(map->entries[1].text, "Green");
    CHECK_STR(map->entries[2].text, "Blue");
    CHECK(s->properties[3].map && s->properties[3].map->is_bitmap);
    CHECK(!s->properties[4].map);
}

/* Text in UTF-16, of either order. */
static etw_bytes wide(const char *text, bool is_big_endian)
{
    static uint8_t bytes[2048];
    size_t size = 2;
    bytes[0] = is_big_endian ? 0xFE : 0xFF;
    bytes[1] = is_big_endian ? 0xFF : 0xFE;
    for (; *text; text++, size += 2) {
        bytes[size + is_big_endian] = (uint8_t)*text;
        bytes[size + !is_big_endian] = 0;
    }
    const etw_bytes all = {bytes, size};
    return all;
}

static void reads_encodings(void)
{
    static const char TEXT[] = HEAD TYPE("a%10!d!") "{\ni, ItemLong -- 10\n}\n";
    for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
        const etw_bytes bytes = wide(TEXT, is_big_endian);
        CHECK(etwi_tmf_probe(bytes));
        CHECK_EQ(parse_bytes(bytes.data, bytes.size), ETW_OK);
        CHECK_EQ(schema_count, 1);
        CHECK_STR(schemas[0].message, "a%10!d!");
        CHECK_EQ(schemas[0].property_count, 1);
    }
    CHECK_STR(only("\xEF\xBB\xBF" HEAD TYPE("\xE2\x82\xAC \xFF"))->message,
              "\xE2\x82\xAC \xEF\xBF\xBD");
}

static void probes(void)
{
    static const char *const OTHERS[] = {"",         "#",          "x #typev a 1",
                                         "<xml/>",   "#typevv 1",  "\xFF\xFE",
                                         "\xFE\xFF", "\xFE\xFF\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        const etw_bytes bytes = {(const uint8_t *)OTHERS[i], strlen(OTHERS[i])};
        CHECK(!etwi_tmf_probe(bytes));
    }
    static const char GOOD[] = "// x\r\n" HEAD "#typev a 1 \"\"";
    const etw_bytes bytes = {(const uint8_t *)GOOD, sizeof GOOD - 1};
    CHECK(etwi_tmf_probe(bytes));
    CHECK_EQ(parse("nothing\n"), ETW_E_UNSUPPORTED);
    CHECK_EQ(parse(""), ETW_E_UNSUPPORTED);
}

static void leaves_out_faulty_messages(void)
{
    static const struct {
        const char *text;
        size_t offset;
    } FAULTY[] = {
        {"#typev tag 70000 \"x\"\n", 7},
        {"#typev tag \"x\"\n", 7},
        {"#typev tag 1 x\n", 7},
        {"#typev tag 1 \"x\n", 7},
        {"#typev\n", 6},
        {"#typev tag 1 \"x\"\n{\nlong\n}\n", 19},
        {"#typev tag 1 \"x\"\n{\nx, ItemLong -- ten\n}\n", 19},
        {"#typev tag 1 \"x\"\n{\nx, ItemLong -- 70000\n}\n", 19},
    };
    for (size_t i = 0; i < sizeof FAULTY / sizeof FAULTY[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, HEAD "%s" TYPE("good"), FAULTY[i].text);
        CHECK_EQ(parse(text), ETW_OK);
        CHECK_EQ(problem.status, ETW_E_CORRUPT);
        CHECK_EQ(problem.offset, strlen(HEAD) + FAULTY[i].offset);
        CHECK_EQ(schema_count, 1);
        CHECK_STR(schemas[0].message, "good");
    }
    CHECK_EQ(parse(TYPE("x")), ETW_OK);
    CHECK_EQ(schema_count, 0);
    CHECK_EQ(problem.status, ETW_E_CORRUPT);
    CHECK_EQ(parse(HEAD TYPE("x") "{\nx, ItemLong -- 10\n"), ETW_OK);
    CHECK_EQ(problem.status, ETW_E_TRUNCATED);
}

static void limits_arguments(void)
{
    static char text[1 << 16];
    size_t size = (size_t)snprintf(text, sizeof text, "%s", HEAD TYPE("x") "{\n");
    for (int i = 0; i < 257; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "x, ItemLong -- %d\n", 10 + i);
    CHECK_EQ(parse_bytes(text, size), ETW_OK);
    CHECK_EQ(problem.status, ETW_E_LIMIT);
    CHECK_EQ(schema_count, 0);
}

static const etw_schema *find(etw_schema_store *store, uint16_t id, uint16_t flags)
{
    static const etw_trace_info TRACE;
    const etw_event event = {
        .provider = {0x4857fab7, 0x1162, 0x3184, {0x36, 0x0b, 0xcd, 0xd8, 0x63, 0xdd, 0xf4, 0xea}},
        .id = id,
        .flags = flags,
        .pointer_size = 8,
        .trace = &TRACE};
    const etw_schema *schema = NULL;
    const etw_status status = etw_schema_store_find(store, &event, &schema);
    CHECK_EQ(status, schema ? ETW_OK : ETW_E_NO_SCHEMA);
    return schema;
}

static void serves_messages_only(void)
{
    static const char TEXT[] = HEAD TYPE("x");
    const etw_bytes bytes = {(const uint8_t *)TEXT, sizeof TEXT - 1};
    etw_schema_store *store;
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    CHECK_EQ(etw_schema_store_add_memory(store, "shop.tmf", bytes, &error), ETW_OK);
    CHECK_EQ(etw_schema_store_add_memory(store, "again.tmf", bytes, &error), ETW_OK);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_TMF], 1);
    const etw_schema *schema = find(store, 14, ETW_EVENT_TRACE_MESSAGE);
    CHECK(schema && schema->source == ETW_SCHEMA_TMF);
    CHECK(!find(store, 13, ETW_EVENT_TRACE_MESSAGE));
    CHECK(!find(store, 14, 0));
    CHECK(!find(store, 14, ETW_EVENT_CLASSIC));
    etw_schema_store_destroy(&store);
}

static void survives_failing_memory(void)
{
    static const char TEXT[] = HEAD TYPE("x") "{\na, ItemListByte(b,a) -- 10\n"
                                              "c, ItemEnum(E) -- 11\n}\n#enumv E\n{\nb,2\na,1\n}\n";
    const etw_bytes text = {(const uint8_t *)TEXT, sizeof TEXT - 1};
    bool done = false;
    for (uint64_t fail_at = 1; !done && fail_at < 200; fail_at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        etwi_arena poor = {.allocator = faulty.allocator};
        schema_count = 0;
        const etw_status status = etwi_tmf_parse(text, &poor, take, NULL, &problem, &error);
        done = faulty.calls < fail_at;
        CHECK_EQ(status, done ? ETW_OK : ETW_E_NOMEM);
        etwi_arena_free(&poor);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK(done);
}

int main(void)
{
    open_fixture(etwi_tmf_parse);
    RUN(reads_a_message);
    RUN(reads_what_lines_may_lack);
    RUN(tells_where_messages_are);
    RUN(names_arguments_once);
    RUN(knows_item_types);
    RUN(makes_maps);
    RUN(reads_encodings);
    RUN(probes);
    RUN(leaves_out_faulty_messages);
    RUN(limits_arguments);
    RUN(serves_messages_only);
    RUN(survives_failing_memory);
    return close_fixture();
}
