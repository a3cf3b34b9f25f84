/*
 * Events with fields of every kind, written by the macros. Both a C and a C++ file compile this, as
 * TRACELOGGING_EVENTS, and test_tracelogging_write compares what they write.
 */
#ifndef TRACELOGGING_EVENTS_H
#define TRACELOGGING_EVENTS_H

#include <etw/tracelogging.h>

#ifdef __cplusplus
extern "C" {
#endif

void write_events_of_c(etw_provider *provider);
void write_events_of_cxx(etw_provider *provider);

#ifdef __cplusplus
}
#endif

#ifdef TRACELOGGING_EVENTS

static const etw_guid GUID = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
static const etw_guid RELATED = {9, 8, 7, {6}};
static const uint8_t SID[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
static const uint8_t IPV6[16] = {0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint16_t UTF16[] = {'w', 'i', 'd', 0xE9, 0};
/* 2026-01-05T12:30:45.678. */
static const uint16_t SYSTEMTIME[8] = {2026, 1, 1, 5, 12, 30, 45, 678};

static void write_numbers(etw_provider *provider)
{
    ETW_TL_WRITE(provider, "Nothing", 4, 0);
    ETW_TL_WRITE(provider, "Integers", 1, 0x1, ETW_TL_INT8("i8", -8), ETW_TL_UINT8("u8", 200),
                 ETW_TL_INT16("i16", -16000), ETW_TL_UINT16("u16", 60000), ETW_TL_INT32("i32", -32),
                 ETW_TL_UINT32("u32", 4000000000u), ETW_TL_INT64("i64", -64),
                 ETW_TL_UINT64("u64", UINT64_MAX));
    ETW_TL_WRITE(provider, "Others", 2, 0x2, ETW_TL_HEX8("x8", 0x1F), ETW_TL_HEX16("x16", 0x1F2E),
                 ETW_TL_HEX32("x32", 0x1F2E3Du), ETW_TL_HEX64("x64", UINT64_C(0x1122334455)),
                 ETW_TL_FLOAT("f", 1.5f), ETW_TL_DOUBLE("d", -2.25), ETW_TL_BOOL32("yes", 2 > 1),
                 ETW_TL_BOOL8("no", 2 < 1), ETW_TL_CHAR8("c8", 'x'), ETW_TL_CHAR16("c16", 0xE9),
                 ETW_TL_PID("pid", 1234), ETW_TL_TID("tid", 5678), ETW_TL_WIN32_ERROR("win32", 5),
                 ETW_TL_NTSTATUS("nt", 1), ETW_TL_HRESULT("hr", 0),
                 ETW_TL_POINTER("ptr", (const void *)0),
                 ETW_TL_FILETIME("time", UINT64_C(134120718000000000)));
}

static void write_texts(etw_provider *provider)
{
    static const char BYTES[] = "counted";
    const char *const none = NULL;
    ETW_TL_WRITE(provider, "Texts", 3, 0x4, ETW_TL_UTF8("utf8", "caf\xC3\xA9"),
                 ETW_TL_UTF8("none", none), ETW_TL_ANSI("ansi", "plain"),
                 ETW_TL_UTF16("utf16", UTF16), ETW_TL_JSON("json", "{\"a\":1}"),
                 ETW_TL_XML("xml", "<a/>"), ETW_TL_COUNTED_UTF8("n8", BYTES, 5),
                 ETW_TL_COUNTED_ANSI("nansi", BYTES, 3), ETW_TL_COUNTED_UTF16("n16", UTF16, 2));
    ETW_TL_WRITE(provider, "Blobs", 3, 0x4, ETW_TL_BINARY("bin", BYTES, 3),
                 ETW_TL_GUID("guid", &GUID), ETW_TL_SID("sid", SID), ETW_TL_IPV4("v4", 0x0100007Fu),
                 ETW_TL_IPV6("v6", IPV6), ETW_TL_PORT("port", 0x5000),
                 ETW_TL_SYSTEMTIME("system", SYSTEMTIME));
}

static void write_shapes(etw_provider *provider)
{
    static const int32_t NUMBERS[] = {1, -2, 3};
    static const uint16_t FIXED[] = {4, 5};
    static const double DOUBLES[] = {0.5, 0.25};
    ETW_TL_WRITE(provider, "Arrays", 4, 0x8, ETW_TL_INT32_ARRAY("numbers", NUMBERS, 3),
                 ETW_TL_INT32_ARRAY("empty", NUMBERS, 0),
                 ETW_TL_FIXED_ARRAY("fixed", ETW_IN_UINT16, uint16_t, FIXED, 2),
                 ETW_TL_DOUBLE_ARRAY("doubles", DOUBLES, 2), ETW_TL_GUID_ARRAY("guids", &GUID, 1));
    ETW_TL_WRITE(provider, "Structs", 4, 0x8, ETW_TL_STRUCT("outer", 2), ETW_TL_UINT8("a", 1),
                 ETW_TL_STRUCT("inner", 1), ETW_TL_UINT8("b", 2), ETW_TL_UINT8("after", 3));
    ETW_TL_WRITE_EX(provider, "Everything", 0x0ABCDEF, 1, &GUID, &RELATED, 5, 0x10,
                    ETW_TL_UINT32("x", 7));
}

static void write_all(etw_provider *provider)
{
    write_numbers(provider);
    write_texts(provider);
    write_shapes(provider);
}

#endif

#endif
