/* Values as text, and typed getters: every shape that a pair of types can take. */
#include "test.h"

#include "etl_writer.h"

#include <etw/property.h>
#include <math.h>

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const etw_map_entry ENTRIES[] = {
    {1, NAME("One")}, {2, NAME("Two")}, {6, NAME("Six")}, {0xFFFFFFFF, NAME("All")}};
static const etw_map VALUES = {NAME("values"), ENTRIES, 4, false};
static const etw_map BITS = {NAME("bits"), ENTRIES, 3, true};
static const etw_trace_info TRACE = {.clock = {ETW_CLOCK_QPC, 10000000, 1000, 134120880000000000}};
static const etw_event EVENT = {.trace = &TRACE, .pointer_size = 8};

static etlb_writer bytes;
static etw_property property;
static char text[1024];

static etw_item item_of(uint16_t in_type, uint16_t out_type)
{
    const etw_item item = {.kind = ETW_ITEM_VALUE,
                           .in_type = in_type,
                           .out_type = out_type,
                           .property = &property,
                           .data = etlb_written(&bytes),
                           .event = &EVENT};
    return item;
}

/* The text of the bytes written so far, which are then forgotten. */
static const char *text_in(uint16_t in_type, uint16_t out_type, const etw_format *format)
{
    const etw_item item = item_of(in_type, out_type);
    const size_t size = etw_item_text(&item, format, text, sizeof text);
    CHECK_EQ(size, strlen(text));
    etlb_writer_clear(&bytes);
    return text;
}

static const char *text_of(uint16_t in_type, uint16_t out_type)
{
    return text_in(in_type, out_type, NULL);
}

static const char *number_text(uint16_t in_type, uint16_t out_type, uint64_t number, size_t size)
{
    etlb_u64(&bytes, number);
    bytes.size = size;
    return text_of(in_type, out_type);
}

/* CHECK_TEXT() looks twice at what it is given. */
static void shows(const char *got, const char *want)
{
    CHECK_TEXT(got, want);
}

static void shows_integers(void)
{
    static const struct {
        uint16_t in, out;
        uint8_t size;
        uint64_t number;
        const char *want;
    } CASES[] = {
        {ETW_IN_INT8, ETW_OUT_BYTE, 1, 0xFF, "-1"},
        {ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE, 1, 0xFF, "255"},
        {ETW_IN_UINT8, ETW_OUT_BYTE, 1, 0x80, "-128"},
        {ETW_IN_UINT8, ETW_OUT_HEX_INT8, 1, 0xA, "0xA"},
        {ETW_IN_INT8, ETW_OUT_HEX_INT8, 1, 0xFF, "0xFF"},
        {ETW_IN_INT8, ETW_OUT_STRING, 1, 'x', "x"},
        {ETW_IN_INT16, ETW_OUT_SHORT, 2, 0x8000, "-32768"},
        {ETW_IN_INT16, ETW_OUT_UNSIGNED_SHORT, 2, 0x8000, "32768"},
        {ETW_IN_UINT16, ETW_OUT_PORT, 2, 0xBB01, "443"},
        {ETW_IN_UINT16, ETW_OUT_HEX_INT16, 2, 0, "0x0"},
        {ETW_IN_INT32, ETW_OUT_INT, 4, 0x80000000, "-2147483648"},
        {ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 4, 0xFFFFFFFF, "4294967295"},
        {ETW_IN_UINT32, ETW_OUT_IPV4, 4, 0x0100007F, "127.0.0.1"},
        {ETW_IN_UINT32, ETW_OUT_PID, 4, 77, "77"},
        {ETW_IN_INT32, ETW_OUT_HRESULT, 4, 0x80070005, "0x80070005"},
        {ETW_IN_UINT32, ETW_OUT_NTSTATUS, 4, 5, "0x00000005"},
        {ETW_IN_UINT32, ETW_OUT_WIN32_ERROR, 4, 5, "0x00000005"},
        {ETW_IN_UINT32, ETW_OUT_BOOLEAN, 4, 2, "true"},
        {ETW_IN_INT64, ETW_OUT_LONG, 8, UINT64_MAX, "-1"},
        {ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG, 8, UINT64_MAX, "18446744073709551615"},
        {ETW_IN_UINT64, ETW_OUT_HEX_INT64, 8, UINT64_MAX, "0xFFFFFFFFFFFFFFFF"},
        {ETW_IN_UINT64, ETW_OUT_DATETIME, 8, 134120880000000001, "2026-01-05T12:00:00.0000001Z"},
        {ETW_IN_UINT64, ETW_OUT_ETW_TIME, 8, 1005, "2026-01-05T12:00:00.0000005Z"},
        {ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN, 4, 0, "false"},
        {ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN, 4, 0x100, "true"},
        {ETW_IN_POINTER, ETW_OUT_HEX_INT64, 4, 0xFFFF0000, "0xFFFF0000"},
        {ETW_IN_POINTER, ETW_OUT_CODE_POINTER, 8, 0x7FF, "0x00000000000007FF"},
        {ETW_IN_POINTER, ETW_OUT_CODE_POINTER, 4, 0x7FF, "0x000007FF"},
        {ETW_IN_SIZE_T, ETW_OUT_HEX_INT64, 8, 16, "0x10"},
        {ETW_IN_HEX_INT32, ETW_OUT_HEX_INT32, 4, 0xDEAD, "0xDEAD"},
        {ETW_IN_HEX_INT64, ETW_OUT_HEX_INT64, 8, 0xDEAD, "0xDEAD"},
        {ETW_IN_FILETIME, ETW_OUT_DATETIME, 8, 0, "1601-01-01T00:00:00.0000000Z"},
        {ETW_IN_UNICODE_CHAR, ETW_OUT_STRING, 2, 0x20AC, "\xE2\x82\xAC"},
        {ETW_IN_ANSI_CHAR, ETW_OUT_STRING, 1, 0x80, "\xE2\x82\xAC"},
        {ETW_IN_UINT32, ETW_OUT_NO_PRINT, 4, 5, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        shows(number_text(CASES[i].in, CASES[i].out, CASES[i].number, CASES[i].size),
              CASES[i].want);
}

static void shows_reals(void)
{
    etlb_f32(&bytes, 0.1f);
    shows(text_of(ETW_IN_FLOAT, ETW_OUT_FLOAT), "0.1");
    etlb_f64(&bytes, -2.5e-7);
    shows(text_of(ETW_IN_DOUBLE, ETW_OUT_DOUBLE), "-2.5e-07");
    etlb_f64(&bytes, (double)NAN);
    shows(text_of(ETW_IN_DOUBLE, ETW_OUT_DOUBLE), "NaN");
    etlb_f32(&bytes, -HUGE_VALF);
    shows(text_of(ETW_IN_FLOAT, ETW_OUT_FLOAT), "-Infinity");
}

static void shows_mapped_values(void)
{
    const etw_format raw = {.size = sizeof raw, .raw_values = true};
    property.map = &VALUES;
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 6, 4), "Six");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 3, 4), "3");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_HEX_INT32, 0x30, 4), "0x30");
    shows(number_text(ETW_IN_INT32, ETW_OUT_INT, 0xFFFFFFFF, 4), "All");
    shows(number_text(ETW_IN_INT64, ETW_OUT_LONG, UINT64_MAX, 8), "-1");
    etlb_u32(&bytes, 6);
    shows(text_in(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, &raw), "6");
    property.map = &BITS;
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 3, 4), "One | Two");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 6, 4), "Six");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 0x81, 4), "One | 0x80");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 0, 4), "0");
    shows(number_text(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 0x80, 4), "128");
    etlb_u32(&bytes, 3);
    shows(text_in(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, &raw), "3");
    property.map = NULL;
}

/* ---------------------------------------------------------------------------- addresses, ids */

static const char *ipv6_text(const char *groups)
{
    for (; *groups; groups += groups[4] ? 5 : 4) {
        unsigned value = 0;
        sscanf(groups, "%4x", &value);
        etlb_u16be(&bytes, (uint16_t)value);
    }
    return text_of(ETW_IN_BINARY, ETW_OUT_IPV6);
}

static void shows_ipv6_as_rfc5952_has_it(void)
{
    shows(ipv6_text("0000:0000:0000:0000:0000:0000:0000:0000"), "::");
    shows(ipv6_text("0000:0000:0000:0000:0000:0000:0000:0001"), "::1");
    shows(ipv6_text("fe80:0000:0000:0000:0000:0000:0000:0000"), "fe80::");
    shows(ipv6_text("2001:0db8:0000:0000:0001:0000:0000:0001"), "2001:db8::1:0:0:1");
    shows(ipv6_text("2001:0db8:0000:0001:0001:0001:0001:0001"), "2001:db8:0:1:1:1:1:1");
    shows(ipv6_text("2001:0000:0000:0001:0000:0000:0000:0001"), "2001:0:0:1::1");
    shows(ipv6_text("0001:0002:0003:0004:0005:0006:0007:0008"), "1:2:3:4:5:6:7:8");
    shows(ipv6_text("ABCD:0002:0003:0004:0005:0006:0000:0000"), "abcd:2:3:4:5:6::");
    shows(ipv6_text("0000:0000:0003:0004:0005:0006:0007:0008"), "::3:4:5:6:7:8");
    shows(ipv6_text("0000:0000:0000:0000:0000:ffff:c0a8:0001"), "::ffff:192.168.0.1");
    shows(ipv6_text("0001:0002"), "0x00010002"); /* Not an address. */
}

static void shows_sockets(void)
{
    etlb_u16(&bytes, 2);
    etlb_u16be(&bytes, 443);
    etlb_u32(&bytes, 0x0100000A);
    shows(text_of(ETW_IN_BINARY, ETW_OUT_SOCKET_ADDRESS), "10.0.0.1:443");
    for (uint32_t scope = 0; scope < 6; scope += 3) {
        etlb_u16(&bytes, 23);
        etlb_u16be(&bytes, 80);
        etlb_u32(&bytes, 9);
        etlb_u16be(&bytes, 0xFE80);
        etlb_fill(&bytes, 0, 13);
        etlb_u8(&bytes, 1);
        etlb_u32(&bytes, scope);
        shows(text_of(ETW_IN_BINARY, ETW_OUT_SOCKET_ADDRESS),
              scope ? "[fe80::1%3]:80" : "[fe80::1]:80");
    }
    etlb_u16(&bytes, 23);
    etlb_u16(&bytes, 1);
    shows(text_of(ETW_IN_BINARY, ETW_OUT_SOCKET_ADDRESS), "0x17000100");
    etlb_u16(&bytes, 77);
    etlb_fill(&bytes, 0, 6);
    shows(text_of(ETW_IN_BINARY, ETW_OUT_SOCKET_ADDRESS), "0x4D00000000000000");
}

static void shows_sids(void)
{
    static const uint32_t IDS[15] = {21, 4294967295, 0, 1, 1001};
    etlb_sid(&bytes, 5, IDS, 5);
    shows(text_of(ETW_IN_SID, ETW_OUT_STRING), "S-1-5-21-4294967295-0-1-1001");
    etlb_sid(&bytes, 0x123456789ABC, IDS, 1);
    shows(text_of(ETW_IN_SID, ETW_OUT_STRING), "S-1-0x123456789ABC-21");
    etlb_sid(&bytes, 16, IDS, 0);
    shows(text_of(ETW_IN_SID, ETW_OUT_STRING), "S-1-16");
    shows(text_of(ETW_IN_WBEM_SID, ETW_OUT_STRING), "");
    etlb_sid(&bytes, 0xFFFFFFFFFFFF, IDS, 15);
    CHECK_EQ(strlen(text_of(ETW_IN_SID, ETW_OUT_STRING)), 2 + 1 + 15 + 15 * 2 + 1 + 9 + 3);
}

static void shows_times_and_guids(void)
{
    etlb_systemtime(&bytes, 134120880001230000);
    shows(text_of(ETW_IN_SYSTEMTIME, ETW_OUT_DATETIME), "2026-01-05T12:00:00.1230000Z");
    etlb_fill(&bytes, 0xFF, 16); /* Not a date at all. */
    shows(text_of(ETW_IN_SYSTEMTIME, ETW_OUT_DATETIME),
          "65535-65535-65535T65535:65535:65535.655350000Z");
    const etw_guid guid = {0xA, 0xB, 0xC, {1, 2, 3, 4, 5, 6, 7, 8}};
    etlb_guid(&bytes, &guid);
    shows(text_of(ETW_IN_GUID, ETW_OUT_GUID), "{0000000A-000B-000C-0102-030405060708}");
    etlb_raw(&bytes, "\0\xFF", 2);
    shows(text_of(ETW_IN_BINARY, ETW_OUT_HEX_BINARY), "0x00FF");
    shows(text_of(ETW_IN_BINARY, ETW_OUT_HEX_BINARY), "0x");
}

/* ---------------------------------------------------------------------------------- text */

static void shows_text(void)
{
    etlb_utf16(&bytes, "a\xE2\x82\xAC\xF0\x9F\x98\x80");
    shows(text_of(ETW_IN_UNICODE_STRING, ETW_OUT_STRING), "a\xE2\x82\xAC\xF0\x9F\x98\x80");
    etlb_u16(&bytes, 0xD800);
    etlb_u16(&bytes, 'x');
    etlb_u16(&bytes, 0xDFFF);
    etlb_u8(&bytes, 'y'); /* Half a unit. */
    shows(text_of(ETW_IN_UNICODE_STRING, ETW_OUT_STRING), "\\uD800x\\uDFFF");
    etlb_raw(&bytes, "a\x80\x81", 3);
    shows(text_of(ETW_IN_ANSI_STRING, ETW_OUT_STRING), "a\xE2\x82\xAC\\uDC81");
    etlb_raw(&bytes, "\xC3\xA4\xFF", 3);
    shows(text_of(ETW_IN_ANSI_STRING, ETW_OUT_UTF8), "\xC3\xA4\\uDCFF");
    const etw_format utf8 = {.size = sizeof utf8, .code_page = ETW_CODE_PAGE_UTF8};
    etlb_raw(&bytes, "\xC3\xA4", 2);
    shows(text_in(ETW_IN_ANSI_STRING, ETW_OUT_STRING, &utf8), "\xC3\xA4");
    const etw_format oem = {.size = sizeof oem, .code_page = 437};
    etlb_u8(&bytes, 0x84);
    shows(text_in(ETW_IN_ANSI_STRING, ETW_OUT_STRING, &oem), "\xC3\xA4");
    shows(text_of(ETW_IN_UNICODE_STRING, ETW_OUT_STRING), "");
}

static void cuts_at_whole_characters(void)
{
    etlb_utf16(&bytes, "a\xE2\x82\xAC\xF0\x9F\x98\x80!");
    const etw_item item = item_of(ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    static const uint8_t LENGTHS[] = {0, 0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (size_t size = 0; size < sizeof LENGTHS; size++) {
        char cut[16];
        memset(cut, 'z', sizeof cut);
        CHECK_EQ(etw_item_text(&item, NULL, size ? cut : NULL, size), 9);
        if (size)
            CHECK_EQ(strlen(cut), LENGTHS[size]);
        CHECK_EQ(cut[size], 'z');
    }
    etlb_writer_clear(&bytes);
}

static void shows_nothing_for_marks(void)
{
    etw_item item = item_of(ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT);
    item.kind = ETW_ITEM_ARRAY_BEGIN;
    CHECK_EQ(etw_item_text(&item, NULL, text, sizeof text), 0);
    uint64_t number;
    CHECK_EQ(etw_item_u64(&item, &number), ETW_E_TYPE);
    CHECK_EQ(etw_item_filetime(&item, &number), ETW_E_TYPE);
    etlb_u16(&bytes, 0xABCD);
    item = item_of(ETW_IN_BINARY, ETW_OUT_HEX_BINARY);
    item.kind = ETW_ITEM_REMAINDER;
    item.property = NULL;
    CHECK_EQ(etw_item_text(&item, NULL, text, sizeof text), 6);
    CHECK_TEXT(text, "0xCDAB");
    etlb_writer_clear(&bytes);
}

int main(void)
{
    RUN(shows_integers);
    RUN(shows_reals);
    RUN(shows_mapped_values);
    RUN(shows_ipv6_as_rfc5952_has_it);
    RUN(shows_sockets);
    RUN(shows_sids);
    RUN(shows_times_and_guids);
    RUN(shows_text);
    RUN(cuts_at_whole_characters);
    RUN(shows_nothing_for_marks);
    etlb_writer_free(&bytes);
    return test_finish();
}
