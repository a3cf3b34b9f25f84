/* Messages of manifests and of WPP, with values from payloads before a guard page. */
#include "items_fixture.h"

#include "schema/insertion.h"

#include <etw/message.h>
#include <etw/sink.h>

static char text[4096];

static const char *message_of(const etw_schema *of)
{
    const etw_bytes bytes = guard_copy(&area, etlb_written(&payload));
    event.payload = event.record = bytes.data;
    event.payload_size = event.record_size = (uint16_t)bytes.size;
    event.trace = &TRACE;
    const size_t size = etw_event_message(&event, of, NULL, text, sizeof text);
    CHECK_EQ(size, strlen(text));
    CHECK_EQ(etw_event_message(&event, of, NULL, NULL, 0), size);
    return text;
}

/* ------------------------------------------------------------------------------ manifests */

static const etw_map_entry COLORS[] = {{1, NAME("red")}, {2, NAME("green")}, {4, NAME("blue")}};
static const etw_map COLOR = {NAME("Color"), COLORS, 3, false};
static const etw_map BITS = {NAME("Bits"), COLORS, 3, true};
static const etw_property PROPERTIES[] = {
    {.name = NAME("Count"), .in_type = ETW_IN_INT32, .count = 1},
    {.name = NAME("Name"), .in_type = ETW_IN_UNICODE_STRING, .count = 1},
    {.name = NAME("Color"), .in_type = ETW_IN_UINT8, .count = 1, .map = &COLOR},
    {.name = NAME("Bits"), .in_type = ETW_IN_UINT8, .count = 1, .map = &BITS},
    {.name = NAME("Array"), .in_type = ETW_IN_UINT8, .count = 3},
    {.name = NAME("Last"), .in_type = ETW_IN_UINT16, .count = 1},
};

static const char *manifest(const char *message)
{
    USE(PROPERTIES);
    schema.pub.source = ETW_SCHEMA_MANIFEST;
    schema.pub.message = (etw_str){message, strlen(message)};
    etlb_u32(&payload, 0xFFFFFFF6);
    etlb_utf16z(&payload, "caf\xC3\xA9");
    etlb_u8(&payload, 2);
    etlb_u8(&payload, 5);
    etlb_raw(&payload, "\1\2\3", 3);
    return message_of(&schema.pub);
}

static void fills_in_values(void)
{
    CHECK_TEXT(manifest("Count is %1."), "Count is -10.");
    CHECK_TEXT(manifest("%2 %3 %4"), "caf\xC3\xA9 green red | blue");
    CHECK_TEXT(manifest("%5|%1%2"), "1, 2, 3|-10caf\xC3\xA9");
    CHECK_TEXT(manifest(""), "");
    CHECK_TEXT(manifest("no values"), "no values");
}

static void leaves_what_is_missing(void)
{
    CHECK_TEXT(manifest("%6 %7!x! %99"), "%6 %7!x! %99");
}

static void knows_escapes(void)
{
    CHECK_TEXT(manifest("a%nb%tc%%d%be%!f%.g%rh"), "a\nb\tc%d e!f.g\rh");
    CHECK_TEXT(manifest("a%0b"), "a");
    CHECK_TEXT(manifest("%%1 100%"), "%1 100%");
    CHECK_TEXT(manifest("%\xC3\xA9"), "\xC3\xA9");
    CHECK_TEXT(manifest("%100"), "%100");
}

static void knows_formats(void)
{
    CHECK_TEXT(manifest("%1!d!|%1!6d!|%1!-6d!|%1!06d!"), "-10|   -10|-10   |-00010");
    CHECK_TEXT(manifest("%1!u!|%1!x!|%1!#X!|%1!.5d!"), "4294967286|fffffff6|0XFFFFFFF6|-00010");
    CHECK_TEXT(manifest("%3!d!|%3!+d!|%3! d!|%3!03o!|%4!08X!"), "2|+2| 2|002|00000005");
    CHECK_TEXT(manifest("[%2!s!|%2!6s!|%2!-6s!|%2!.3s!|%2!S!]"),
               "[caf\xC3\xA9|  caf\xC3\xA9|caf\xC3\xA9  |caf|caf\xC3\xA9]");
    CHECK_TEXT(manifest("%1!q! %1! %1!"), "-10!q! -10! -10!");
    CHECK_TEXT(manifest("%1!I64d! %1!ld! %1!hs! %1!hhd! %1!zd!"), "-10 -10 -10 -10 -10");
    CHECK_TEXT(manifest("%2!d!"), "caf\xC3\xA9");
}

/* "%1!*.*s! %4 %5!*s!" of FormatMessage's documentation, and what C does with negative numbers. */
static void takes_widths_from_arguments(void)
{
    static const etw_property PARTS[] = {
        {.name = NAME("Width"), .in_type = ETW_IN_INT32, .count = 1},
        {.name = NAME("Precision"), .in_type = ETW_IN_INT32, .count = 1},
        {.name = NAME("Name"), .in_type = ETW_IN_UNICODE_STRING, .count = 1},
        {.name = NAME("Other"), .in_type = ETW_IN_UNICODE_STRING, .count = 1},
        {.name = NAME("Last"), .in_type = ETW_IN_INT8, .count = 1},
    };
    static const struct {
        int32_t width, precision;
        const char *message, *want;
    } CASES[] = {
        {4, 2, "%1!*.*s! %4 %1!*d!", "  Bi Bob    2"},
        {-4, -1, "[%1!*.*s!] [%1!-*d!]", "[Bill] [-1  ]"},
        {6, 2, "[%2!*s!]", "[Bill]"},
        {6, 2, "[%2!.*s!] [%1!*s!]", "[Bi] [     2]"},
        {6, 2, "%3!*s! %5!*d! %4!.*s! %5", "%3!*s! %5!*d! %4!.*s! 7"},
        {INT32_MIN, INT32_MAX, "%2!.*s!", "Bill"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        USE(PARTS);
        schema.pub.source = ETW_SCHEMA_MANIFEST;
        schema.pub.message = (etw_str){CASES[i].message, strlen(CASES[i].message)};
        etlb_u32(&payload, (uint32_t)CASES[i].width);
        etlb_u32(&payload, (uint32_t)CASES[i].precision);
        etlb_utf16z(&payload, "Bill");
        etlb_utf16z(&payload, "Bob");
        etlb_u8(&payload, 7);
        CHECK_TEXT(message_of(&schema.pub), CASES[i].want);
    }
}

static void cuts_whole_characters(void)
{
    char small[16];
    manifest("\xE2\x82\xAC%2%1");
    for (size_t size = 1; size < sizeof small; size++) {
        memset(small, '#', sizeof small);
        CHECK_EQ(etw_event_message(&event, &schema.pub, NULL, small, size), 11);
        const size_t length = strlen(small);
        CHECK(length < size && length + 3 >= (size < 12 ? size : 12));
        CHECK(memcmp(small, text, length) == 0);
        CHECK(((uint8_t)text[length] & 0xC0) != 0x80);
    }
}

static void has_none(void)
{
    CHECK_EQ(etw_event_message(&event, NULL, NULL, text, sizeof text), 0);
    CHECK_TEXT(text, "");
    manifest("%1");
    event.is_damaged = 1;
    CHECK_EQ(etw_event_message(&event, &schema.pub, NULL, text, sizeof text), 2);
    CHECK_TEXT(text, "%1");
    event.is_damaged = 0;
}

/* A message that repeats a long value ends growing at some time. */
static void stays_bounded(void)
{
    static char many[60000];
    for (size_t i = 0; i < sizeof many; i += 2)
        memcpy(many + i, "%1", 2);
    static const etw_property ALL[] = {
        {.name = NAME("All"), .in_type = ETW_IN_ANSI_STRING, .count = 1}};
    USE(ALL);
    schema.pub.message = (etw_str){many, sizeof many};
    etlb_fill(&payload, 'x', 65000);
    begin();
    CHECK(etw_event_message(&event, &schema.pub, NULL, text, sizeof text) < 2000000);
}

/* ------------------------------------------------------------------------------------ WPP */

static etw_schema_store *store;

/* The message of one argument of a type, over the payload written so far. */
static const char *wpp(const char *item_type, const char *format)
{
    static const etw_guid GUID = {
        0x4857fab7, 0x1162, 0x3184, {0x36, 0x0b, 0xcd, 0xd8, 0x63, 0xdd, 0xf4, 0xea}};
    char tmf[1024];
    const int size = snprintf(tmf, sizeof tmf,
                              "4857fab7-1162-3184-360b-cdd863ddf4ea shop // SRC=a.c MJ= MN=\n"
                              "#typev a_c1 10 \"%s\" //   LEVEL=ERR FLAGS=NET FUNC=main\n"
                              "{\nx, %s -- 10\n}\n"
                              "#enumv Color\n{\nRed,0x1\nGreen,0x2\nBlue,0x4\n}\n",
                              format, item_type);
    const etw_bytes bytes = {(const uint8_t *)tmf, (size_t)size};
    const etw_schema *found = NULL;
    etw_schema_store_destroy(&store);
    CHECK_EQ(etw_schema_store_create(&store, NULL, NULL), ETW_OK);
    CHECK_EQ(etw_schema_store_add_memory(store, "a.tmf", bytes, NULL), ETW_OK);
    event.provider = GUID;
    event.id = 10;
    event.flags = ETW_EVENT_TRACE_MESSAGE;
    CHECK_EQ(etw_schema_store_find(store, &event, &found), ETW_OK);
    event.flags = 0;
    return message_of(found);
}

static const char *wpp_number(const char *item_type, const char *format, uint64_t number,
                              size_t size)
{
    etlb_writer_clear(&payload);
    etlb_raw(&payload, &number, size);
    return wpp(item_type, format);
}

static void shows_integers_of_wpp(void)
{
    static const struct {
        const char *type, *format;
        uint64_t number;
        size_t size;
        const char *want;
    } CASES[] = {
        {"ItemChar", "%10!d!", 0xFF, 1, "-1"},
        {"ItemChar", "%10!c!", 'A', 1, "A"},
        {"ItemUChar", "%10!02X!", 0xA, 1, "0A"},
        {"ItemUChar", "%10!d!", 0xFF, 1, "255"},
        {"ItemShort", "%10!hd!", 0xFFFE, 2, "-2"},
        {"ItemUShort", "%10!u!", 0xFFFE, 2, "65534"},
        {"ItemLong", "%10!d!", 0xFFFFFFFF, 4, "-1"},
        {"ItemLong", "%10!u!", 0xFFFFFFFF, 4, "4294967295"},
        {"ItemLong", "%10!x!", 0xBEEF, 4, "beef"},
        {"ItemULong", "%10!d!", 0xFFFFFFFF, 4, "-1"},
        {"ItemULongX", "%10!08X!", 0xBEEF, 4, "0000BEEF"},
        {"ItemLongLong", "%10!I64d!", UINT64_MAX, 8, "-1"},
        {"ItemLongLongX", "%10!I64x!", 0xDEADBEEFCAFE, 8, "deadbeefcafe"},
        {"ItemLongLongXX", "%10!012I64X!", 0xBEEF, 8, "00000000BEEF"},
        {"ItemLongLongO", "%10!I64o!", 8, 8, "10"},
        {"ItemULongLong", "%10!I64u!", UINT64_MAX, 8, "18446744073709551615"},
        {"ItemPtr", "0x%10!p!", 0x7FF012345678, 8, "0x00007FF012345678"},
        {"ItemNTSTATUS", "%10!s!", 0xC000000F, 4, "0xc000000f(STATUS_NO_SUCH_FILE)"},
        {"ItemNTSTATUS", "%10!s!", 0xC00FFFFF, 4, "0xc00fffff"},
        {"ItemNTSTATUS", "%10!x!", 0xC000000F, 4, "c000000f"},
        {"ItemHRESULT", "%10!s!", 0x80070002, 4, "0x80070002(ERROR_FILE_NOT_FOUND)"},
        {"ItemHRESULT", "%10!s!", 0x80004005, 4, "0x80004005(E_FAIL)"},
        {"ItemWINERROR", "%10!s!", 5, 4, "5(ERROR_ACCESS_DENIED)"},
        {"ItemNDIS_STATUS", "%10!s!", 0, 4, "0x00000000(STATUS_SUCCESS)"},
        {"ItemNDIS_OID", "%10!s!", 0x10106, 4, "0x00010106"},
        {"ItemEnum(Color)", "%10!s!", 2, 4, "Green"},
        {"ItemEnum(Color)", "%10!s!", 3, 4, "3"},
        {"ItemFlagsEnum(Color)", "%10!s!", 5, 4, "Red | Blue(0x5)"},
        {"ItemFlagsEnum(Color)", "%10!s!", 0, 4, "(0x0)"},
        {"ItemListByte(Low,APC,DPC)", "%10!s!", 2, 1, "0x00000002(DPC)"},
        {"ItemListShort(a,b)", "%10!s!", 9, 2, "0x00000009"},
        {"ItemListLong(false,true)", "%10!s!", 1, 4, "0x00000001(true)"},
        {"ItemSetByte(1,2,3)", "%10!s!", 5, 1, "[1,3]"},
        {"ItemSetShort(1,2)", "%10!s!", 0, 2, "[]"},
        {"ItemSetLong(1,2)", "%10!s!", 3, 4, "[1,2]"},
        {"ItemTimeDelta", "%10!s!", 50000000, 8, "5.000s"},
        {"ItemWaitTime", "%10!s!", (uint64_t)-12340000, 8, "-1.234s"},
        {"ItemTimestamp", "%10!s!", 134120880000000001, 8, "2026-01-05T12:00:00.0000001Z"},
        {"ItemIPAddr", "%10!s!", 0x0100007F, 4, "127.0.0.1"},
        {"ItemPort", "%10!s!", 0xBB01, 2, "443"},
        {"ItemChar4", "%10!s!", 0x41424752, 4, "RGBA"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        CHECK_TEXT(wpp_number(CASES[i].type, CASES[i].format, CASES[i].number, CASES[i].size),
                   CASES[i].want);
    event.pointer_size = 4;
    CHECK_TEXT(wpp_number("ItemPtr", "%10!p!", 0xABC, 4), "00000ABC");
    event.pointer_size = 8;
}

static void shows_other_items_of_wpp(void)
{
    static const uint32_t IDS[] = {32, 544};
    const etw_guid guid = etlb_guid_of("11223344-5566-7788-99aa-bbccddeeff00");
    etlb_writer_clear(&payload);
    etlb_f64(&payload, -1.5);
    CHECK_TEXT(wpp("ItemDouble", "%10!s!|%10!.2f!|%10!e!|%10!8g!|%10!G!"),
               "-1.5|-1.50|-1.500000e+00|    -1.5|-1.5");
    etlb_writer_clear(&payload);
    etlb_asciiz(&payload, "caf\xE9");
    CHECK_TEXT(wpp("ItemString", "%10!s!"), "caf\xC3\xA9");
    CHECK_TEXT(wpp("ItemRString", "[%10!.2s!]"), "[ca]");
    etlb_writer_clear(&payload);
    etlb_utf16z(&payload, "root");
    CHECK_TEXT(wpp("ItemWString", "%10!-6s!|"), "root  |");
    CHECK_TEXT(wpp("ItemRWString", "%10!s!"), "root");
    etlb_writer_clear(&payload);
    etlb_utf16_counted(&payload, "wide");
    CHECK_TEXT(wpp("ItemPWString", "%10!s!"), "wide");
    etlb_writer_clear(&payload);
    etlb_ascii_counted(&payload, "narrow");
    CHECK_TEXT(wpp("ItemPString", "%10!s!"), "narrow");
    CHECK_TEXT(wpp("ItemHexDump", "[%10!s!]"), "[]");
    etlb_writer_clear(&payload);
    etlb_guid(&payload, &guid);
    static const char *const GUIDS[] = {"ItemGuid", "ItemCLSID", "ItemIID", "ItemLIBID"};
    for (size_t i = 0; i < sizeof GUIDS / sizeof GUIDS[0]; i++)
        CHECK_TEXT(wpp(GUIDS[i], "%10!s!"), "{11223344-5566-7788-99AA-BBCCDDEEFF00}");
    CHECK_TEXT(wpp("ItemIPV6Addr", "%10!s!"), "4433:2211:6655:8877:99aa:bbcc:ddee:ff00");
    CHECK_TEXT(wpp("ItemMACAddr", "%10!s!"), "0x443322116655");
    etlb_writer_clear(&payload);
    etlb_sid(&payload, 5, IDS, 2);
    CHECK_TEXT(wpp("ItemSid", "%10!s!"), "S-1-5-32-544");
}

static void shows_components_of_wpp(void)
{
    CHECK_TEXT(wpp_number("ItemLong", "%0[%!FUNC!] %!LEVEL! %!FLAGS! %!COMPNAME! %10!d! 5%%", 7, 4),
               "[main] ERR NET shop 7 5%");
    CHECK_TEXT(wpp_number("ItemLong", "%!NONE! %11!d! %1!d! 100%", 7, 4),
               "%!NONE! %11!d! %1!d! 100%");
    etlb_writer_clear(&payload);
    CHECK_TEXT(wpp("ItemLong", "%10!d!"), "%10!d!");
    CHECK_TEXT(wpp_number("ItemLong", "%10!*d!", 7, 4), "%10!*d!");
    CHECK_TEXT(wpp_number("ItemNobodyKnows", "%10!d!", 7, 4), "%10!d!");
}

/* ----------------------------------------------------------------------------------- JSON */

static void writes_messages_as_json(void)
{
    const etw_json_options options = {.size = sizeof options, .message = true};
    etw_json *json;
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    manifest("say \"%2\"");
    CHECK_EQ(etw_json_append(json, &event, &schema.pub), ETW_OK);
    etw_str line = etw_json_text(json);
    char copy[4096];
    snprintf(copy, sizeof copy, "%.*s", (int)line.size, line.data);
    CHECK(strstr(copy, "},\"Message\":\"say \\\"caf\xC3\xA9\\\"\",\"DecodeErrors\":[") ||
          strstr(copy, "},\"Message\":\"say \\\"caf\xC3\xA9\\\"\"}\n"));
    etw_json_clear(json);
    static char longer[3000];
    memset(longer, 'y', sizeof longer);
    schema.pub.message = (etw_str){longer, sizeof longer};
    CHECK_EQ(etw_json_append(json, &event, &schema.pub), ETW_OK);
    CHECK(etw_json_text(json).size > sizeof longer);
    etw_json_clear(json);
    CHECK_EQ(etw_json_append(json, &event, NULL), ETW_OK);
    line = etw_json_text(json);
    snprintf(copy, sizeof copy, "%.*s", (int)line.size, line.data);
    CHECK(!strstr(copy, "Message"));
    etw_json_destroy(&json);
}

int main(void)
{
    open_fixture();
    RUN(fills_in_values);
    RUN(leaves_what_is_missing);
    RUN(knows_escapes);
    RUN(knows_formats);
    RUN(takes_widths_from_arguments);
    RUN(cuts_whole_characters);
    RUN(has_none);
    RUN(stays_bounded);
    RUN(shows_integers_of_wpp);
    RUN(shows_other_items_of_wpp);
    RUN(shows_components_of_wpp);
    RUN(writes_messages_as_json);
    etw_schema_store_destroy(&store);
    close_fixture();
    return test_finish();
}
