/* What the macros of <etw/tracelogging.h> and the builder write, read by our own decoder. */
#define TRACELOGGING_EVENTS
#include "test.h"

#include "live_session.h"
#include "tracelogging_events.h"

#include <etw/event_builder.h>
#include <etw/sink.h>
#include <stdlib.h>

enum {
    EVENTS_MAX = 16
};

static etw_provider *provider;
static live_session session;

void write_events_of_c(etw_provider *to)
{
    write_all(to);
}

static etw_str text_of(const char *text)
{
    return (etw_str){text, strlen(text)};
}

/* The data of an event as JSON: what stands behind "EventData":. */
static void check_data(const etw_event *event, const char *name, const char *data)
{
    char wanted[2048];
    etw_schema_store *store = NULL;
    etw_json *json = NULL;
    const etw_schema *schema = NULL;
    const etw_schema_store_options store_options = {.size = sizeof store_options};
    const etw_json_options options = {.size = sizeof options};
    REQUIRE(etw_schema_store_create(&store, &store_options, NULL) == ETW_OK);
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_schema_store_find(store, event, &schema), ETW_OK);
    if (CHECK(schema != NULL)) {
        CHECK_EQ(schema->source, ETW_SCHEMA_TRACELOGGING);
        CHECK_STR(schema->event_name, name);
        CHECK_STR(schema->provider_name, "Contoso.TraceLogging");
    }
    CHECK_EQ(etw_json_append(json, event, schema), ETW_OK);
    const etw_str line = etw_json_text(json);
    snprintf(wanted, sizeof wanted, *data ? "{\"EventData\":{%s}" : "{\"System\"%s", data);
    if (!CHECK(line.size > strlen(wanted) && memcmp(line.data, wanted, strlen(wanted)) == 0))
        printf("    got  %.*s\n    want %s\n", (int)line.size, line.data, wanted);
    etw_json_destroy(&json);
    etw_schema_store_destroy(&store);
}

static const etw_event *all_of(etw_event *events, size_t count)
{
    CHECK_EQ(live_events(&session, events, EVENTS_MAX), count);
    return events;
}

static void setup(void)
{
    const etw_provider_options options = {.size = sizeof options, .name = "Contoso.TraceLogging"};
    const etw_guid guid = etw_guid_from_name(text_of(options.name));
    live_start(&session, 0, 0, 16);
    live_enable_plain(&session, &guid, 0, 0);
    CHECK_EQ(etw_provider_register(&provider, &options, NULL), ETW_OK);
}

static void teardown(void)
{
    etw_provider_unregister(&provider);
    live_stop(&session);
}

static void macros(void)
{
    etw_event events[EVENTS_MAX];
    setup();
    write_events_of_c(provider);
    const etw_event *event = all_of(events, 8);
    check_data(event++, "Nothing", "");
    check_data(event++, "Integers",
               "\"i8\":-8,\"u8\":200,\"i16\":-16000,\"u16\":60000,\"i32\":-32,\"u32\":4000000000,"
               "\"i64\":-64,\"u64\":18446744073709551615");
    check_data(event++, "Others",
               "\"x8\":\"0x1F\",\"x16\":\"0x1F2E\",\"x32\":\"0x1F2E3D\","
               "\"x64\":\"0x1122334455\",\"f\":1.5,\"d\":-2.25,\"yes\":true,"
               "\"no\":false,\"c8\":\"x\",\"c16\":\"\xC3\xA9\",\"pid\":1234,\"tid\":5678,"
               "\"win32\":\"0x00000005\",\"nt\":\"0x00000001\",\"hr\":\"0x00000000\","
               "\"ptr\":\"0x0\",\"time\":\"2026-01-05T07:30:00.0000000Z\"");
    check_data(
        event++, "Texts",
        "\"utf8\":\"caf\xC3\xA9\",\"none\":\"\",\"ansi\":\"plain\",\"utf16\":\"wid\xC3\xA9\","
        "\"json\":\"{\\\"a\\\":1}\",\"xml\":\"<a/>\",\"n8\":\"count\",\"nansi\":\"cou\","
        "\"n16\":\"wi\"");
    check_data(event++, "Blobs",
               "\"bin\":\"0x636F75\","
               "\"guid\":\"{11223344-5566-7788-0102-030405060708}\","
               "\"sid\":\"S-1-5-32-544\",\"v4\":\"127.0.0.1\",\"v6\":\"2001:db8::1\","
               "\"port\":80,\"system\":\"2026-01-05T12:30:45.6780000Z\"");
    check_data(event++, "Arrays",
               "\"numbers\":[1,-2,3],\"empty\":[],\"fixed\":[4,5],"
               "\"doubles\":[0.5,0.25],"
               "\"guids\":[\"{11223344-5566-7788-0102-030405060708}\"]");
    check_data(event++, "Structs", "\"outer\":{\"a\":1,\"inner\":{\"b\":2}},\"after\":3");
    check_data(event, "Everything", "\"x\":7");
    CHECK_EQ(event->level, 5);
    CHECK_EQ(event->opcode, 1);
    CHECK_EQ(event->keyword, 0x10);
    CHECK_EQ(event->channel, 11);
    CHECK_EQ(event->pointer_size, sizeof(void *));
    CHECK(etw_guid_equal(&event->activity_id, &GUID));
    etw_bytes related = {NULL, 0};
    CHECK(etw_event_find_extended(event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &related));
    CHECK(related.size == sizeof RELATED && memcmp(related.data, &RELATED, sizeof RELATED) == 0);
    teardown();
}

/* Tags of an event are seven bits a byte, the most significant ones first. */
static void event_tags(void)
{
    etw_event events[EVENTS_MAX];
    etw_bytes description = {NULL, 0};
    setup();
    ETW_TL_WRITE_EX(provider, "Tags", 0x0ABCDEF, 0, NULL, NULL, 4, 0, ETW_TL_UINT8("x", 1));
    const etw_event *event = all_of(events, 1);
    REQUIRE(etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &description));
    const uint8_t wanted[] = {14, 0, 0x85, 0xAF, 0x9B, 0x6F, 'T', 'a', 'g', 's', 0, 'x', 0, 4};
    CHECK_EQ(description.size, sizeof wanted);
    CHECK(memcmp(description.data, wanted, sizeof wanted) == 0);
    teardown();
}

static void c_and_cxx_write_the_same(void)
{
    etw_event events[EVENTS_MAX];
    setup();
    write_events_of_c(provider);
    write_events_of_cxx(provider);
    all_of(events, 16);
    for (unsigned i = 0; i < 8; i++) {
        const etw_event *a = &events[i];
        const etw_event *b = &events[i + 8];
        CHECK_EQ(a->record_size, b->record_size);
        const size_t behind_header = a->record_size - 80u;
        CHECK(memcmp(a->record + 80, b->record + 80, behind_header) == 0);
    }
    teardown();
}

static void values_are_evaluated_if_enabled(void)
{
    unsigned calls = 0;
    setup();
    ETW_TL_WRITE(provider, "Counted", 4, 0, ETW_TL_UINT32("x", ++calls));
    CHECK_EQ(calls, 1);
    teardown();
    ETW_TL_WRITE(provider, "Counted", 4, 0, ETW_TL_UINT32("x", ++calls));
    CHECK_EQ(calls, 1);
}

typedef struct sample {
    const char *type, *value, *json;
} sample;

static etw_event_builder builder;
static uint8_t description_memory[4096], payload_memory[4096];

static void begin_event(const char *name)
{
    etw_event_builder_init(&builder, description_memory, sizeof description_memory, payload_memory,
                           sizeof payload_memory);
    CHECK_EQ(etw_event_builder_begin(&builder, text_of(name), 0), ETW_OK);
}

static void builder_types(void)
{
    static const sample SAMPLES[] = {
        {"i8", "-128", "-128"},
        {"u8", "0xff", "255"},
        {"i16", "-5", "-5"},
        {"u32", "7", "7"},
        {"i64", "-9223372036854775808", "-9223372036854775808"},
        {"u64", "18446744073709551615", "18446744073709551615"},
        {"f64", "0.25", "0.25"},
        {"f64", "-7", "-7"},
        {"f64", "1e-3", "0.001"},
        {"f32", "+.5", "0.5"},
        {"f32", "-Infinity", "\"-Infinity\""},
        {"bool", "true", "true"},
        {"str", "caf\xC3\xA9", "\"caf\xC3\xA9\""},
        {"str16", "caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\""},
        {"bin", "0aFF", "\"0x0AFF\""},
        {"guid", "11223344-5566-7788-0102-030405060708",
         "\"{11223344-5566-7788-0102-030405060708}\""},
        {"ipv4", "127.0.0.1", "\"127.0.0.1\""},
        {"ipv6", "2001:db8::1", "\"2001:db8::1\""},
        {"ipv6", "::", "\"::\""},
        {"ipv6", "::ffff:1.2.3.4", "\"::ffff:1.2.3.4\""},
        {"port", "80", "80"},
        {"sid", "S-1-5-32-544", "\"S-1-5-32-544\""},
        {"filetime", "2026-01-05T12:00:00.5Z", "\"2026-01-05T12:00:00.5000000Z\""},
        {"filetime", "2024-02-29T23:59:59Z", "\"2024-02-29T23:59:59.0000000Z\""},
        {"u32[]", "1,2,3", "[1,2,3]"},
        {"u32[]", "", "[]"},
    };
    const etw_event_descriptor descriptor = {.channel = ETW_TL_CHANNEL, .level = 4};
    for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
        const sample *s = &SAMPLES[i];
        etw_error error = {.message = ""};
        etw_event events[EVENTS_MAX];
        char data[256];
        setup();
        begin_event("Built");
        CHECK_EQ(etw_event_builder_add_text(&builder, text_of("x"), text_of(s->type),
                                            text_of(s->value), &error),
                 ETW_OK);
        CHECK_TEXT(error.message, "");
        CHECK_EQ(etw_event_builder_write(&builder, provider, &descriptor, NULL, NULL), ETW_OK);
        snprintf(data, sizeof data, "\"x\":%s", s->json);
        check_data(all_of(events, 1), "Built", data);
        teardown();
    }
}

static void builder_structs_and_tags(void)
{
    etw_event events[EVENTS_MAX];
    const etw_event_descriptor descriptor = {.channel = ETW_TL_CHANNEL, .level = 4};
    const uint8_t one = 1;
    setup();
    begin_event("Nested");
    etw_event_builder_begin_struct(&builder, text_of("outer"));
    etw_event_builder_add(&builder, text_of("a"), ETW_IN_UINT8, 0, 0x1234);
    etw_event_builder_put(&builder, &one, 1);
    etw_event_builder_begin_struct(&builder, text_of("inner"));
    etw_event_builder_add(&builder, text_of("b"), ETW_IN_UINT8, ETW_TL_OUT_HEX, 0);
    etw_event_builder_put(&builder, &one, 1);
    CHECK_EQ(etw_event_builder_write(&builder, provider, &descriptor, NULL, NULL), ETW_E_INVALID);
    CHECK_EQ(etw_event_builder_end_struct(&builder), ETW_OK);
    CHECK_EQ(etw_event_builder_end_struct(&builder), ETW_OK);
    CHECK_EQ(etw_event_builder_write(&builder, provider, &descriptor, NULL, NULL), ETW_OK);
    check_data(all_of(events, 1), "Nested", "\"outer\":{\"a\":1,\"inner\":{\"b\":\"0x1\"}}");
    teardown();
}

static void builder_refuses(void)
{
    static const sample BAD[] = {
        {"u8", "256", NULL},
        {"u8", "-1", NULL},
        {"u8", "", NULL},
        {"i8", "128", NULL},
        {"i8", "-129", NULL},
        {"u32", "12x", NULL},
        {"u99", "1", NULL},
        {"str[]", "a", NULL},
        {"bool", "maybe", NULL},
        {"bin", "abc", NULL},
        {"bin", "zz", NULL},
        {"guid", "no", NULL},
        {"ipv4", "1.2.3", NULL},
        {"ipv4", "1.2.3.256", NULL},
        {"ipv6", "1::2::3", NULL},
        {"ipv6", "1:2:3", NULL},
        {"ipv6", "", NULL},
        {"port", "65536", NULL},
        {"sid", "S-1", NULL},
        {"filetime", "2026-13-01T00:00:00Z", NULL},
        {"f64", "1.5x", NULL},
        {"u32[]", "1,,2", NULL},
        {"char", "ab", NULL},
        {"u64", "18446744073709551616", NULL},
        {"f64", "", NULL},
        {"f64", " 1", NULL},
        {"f64", "0x10", NULL},
        {"f64", "1e999", NULL},
        {"f32", "1e39", NULL},
        {"f64", "1,5", NULL},
        {"ipv4", "1.2.3.4.", NULL},
        {"sid", "S-1-5-18-", NULL},
        {"filetime", "2026-02-29T00:00:00Z", NULL},
        {"filetime", "2026-04-31T00:00:00Z", NULL},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        etw_error error = {.message = ""};
        begin_event("Bad");
        CHECK(etw_failed(etw_event_builder_add_text(
            &builder, text_of("field"), text_of(BAD[i].type), text_of(BAD[i].value), &error)));
        if (!CHECK(strstr(error.message, "field") != NULL))
            printf("    %s=%s\n", BAD[i].type, BAD[i].value);
    }
}

static void builder_is_bounded(void)
{
    uint8_t description[16], payload[4];
    etw_event_builder_init(&builder, description, sizeof description, payload, sizeof payload);
    CHECK_EQ(etw_event_builder_add(&builder, text_of("x"), ETW_IN_UINT8, 0, 0), ETW_E_INVALID);
    CHECK_EQ(etw_event_builder_begin(&builder, text_of("Name"), 0), ETW_OK);
    CHECK_EQ(etw_event_builder_put(&builder, "12345", 5), ETW_E_FULL);
    CHECK_EQ(etw_event_builder_put(&builder, "1", 1), ETW_E_FULL);
    CHECK_EQ(etw_event_builder_begin(&builder, text_of("A name that is too long"), 0), ETW_E_FULL);
    CHECK_EQ(etw_event_builder_begin(&builder, text_of("Name"), 0), ETW_OK);
    CHECK_EQ(etw_event_builder_end_struct(&builder), ETW_E_INVALID);
}

int main(void)
{
    live_alone();
    RUN(macros);
    RUN(event_tags);
    RUN(c_and_cxx_write_the_same);
    RUN(values_are_evaluated_if_enabled);
    RUN(builder_types);
    RUN(builder_structs_and_tags);
    RUN(builder_refuses);
    RUN(builder_is_bounded);
    CHECK_EQ(live_alone_end(), 0);
    return test_finish();
}
