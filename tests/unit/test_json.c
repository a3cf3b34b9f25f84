/* Events as lines of JSON: one golden line for each kind of event, and all that can go wrong. */
#include "test.h"

#include "json_check.h"
#include "schema/store.h"
#include "trace_run.h"

#include <math.h>

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define NO_GUID  "{00000000-0000-0000-0000-000000000000}"
#define PROVIDER "{11223344-5566-7788-090A-0B0C0D0E0F10}"
#define TIME     "\"TimeCreated\":{\"SystemTime\":\"2026-01-05T12:00:00.0000005Z\"}"
#define CORRELATION \
    "\"Correlation\":{\"ActivityID\":\"" NO_GUID "\",\"RelatedActivityID\":\"" NO_GUID "\"}"
#define EXECUTION(process, thread)                                                        \
    "\"Execution\":{\"ProcessID\":" process ",\"ThreadID\":" thread ",\"ProcessorID\":0," \
    "\"KernelTime\":0,\"UserTime\":0}"
#define NO_KEYWORDS "\"Keywords\":{\"Mask\":\"0x0000000000000000\",\"Name\":[]}"
#define NUMBERS(level, level_name, opcode, opcode_name, task, task_name) \
    "\"Level\":{\"Value\":" level ",\"Name\":\"" level_name "\"},"       \
    "\"Opcode\":{\"Value\":" opcode ",\"Name\":\"" opcode_name "\"},"    \
    "\"Task\":{\"Value\":" task ",\"Name\":\"" task_name "\"}"

static const etw_guid PROVIDER_GUID = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_bytes NOTHING = {NULL, 0};

static etlb_trace *trace;
static etlb_writer payload;
static etw_json_options options;
static etwi_schema schema;
static etwi_arena arena;

static etlb_event begin(void)
{
    const etlb_options trace_options = etlb_default_options();
    trace = etlb_create(&trace_options);
    etlb_writer_clear(&payload);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    const etlb_event event = {.timestamp = trace_options.start_raw + 5,
                              .process_id = 10,
                              .thread_id = 11,
                              .provider = PROVIDER_GUID,
                              .id = 7};
    return event;
}

/* Makes `schema` of top-level properties. */
static void use(const etw_property *properties, size_t count)
{
    etw_error error;
    memset(&schema, 0, sizeof schema);
    schema.pub.properties = properties;
    schema.pub.property_count = schema.pub.top_level_count = (uint16_t)count;
    schema.pub.source = ETW_SCHEMA_MANIFEST;
    CHECK_EQ(etwi_plan_make(&schema.plan, &schema.pub, &arena, &error), ETW_OK);
}

/* Writes the event behind the header of the trace, with `schema` or what the store knows. */
static void write_event(bool with_schema, etlb_writer *out)
{
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_batch *batch;
    etw_json *json;
    etlb_writer_clear(out);
    CHECK_EQ(etw_json_create(&json, &options, NULL), ETW_OK);
    if (CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_OK) && CHECK_EQ(batch->count, 2)) {
        const etw_event *event = &batch->events[1];
        const etw_schema *used = with_schema ? &schema.pub : etw_consumer_schema(consumer, event);
        CHECK_EQ(etw_json_append(json, event, used), ETW_OK);
        const etw_str line = etw_json_text(json);
        CHECK(json_lines_are_valid(line));
        etlb_raw(out, line.data, line.size);
    }
    etw_json_destroy(&json);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

static void is_line(bool with_schema, const char *want)
{
    etlb_writer line = {0};
    write_event(with_schema, &line);
    CHECK_STR(line, want);
    etlb_writer_free(&line);
}

/* Looks for a part of the line. */
static void has(bool with_schema, const char *part)
{
    etlb_writer line = {0};
    write_event(with_schema, &line);
    etlb_u8(&line, 0);
    if (!CHECK(strstr((const char *)line.data, part) != NULL))
        printf("    no %s\n    in %s", part, (const char *)line.data);
    etlb_writer_free(&line);
}

/* ------------------------------------------------------------------------- kinds of events */

static void writes_unknown_events(void)
{
    const etlb_event event = begin();
    etlb_u16(&payload, 0xCDAB);
    etlb_event_event(trace, &event, etlb_written(&payload));
    is_line(false, "{\"System\":{\"Channel\":\"\",\"EventID\":7,\"EventGuid\":\"" NO_GUID
                   "\"," CORRELATION "," EXECUTION("10", "11") "," NO_KEYWORDS "," NUMBERS(
                       "0", "LogAlways", "0", "Info", "0",
                       "") ",\"Provider\":{\"Guid\":"
                           "\"" PROVIDER "\",\"Name\":\"\"}," TIME "},\"Payload\":\"0xABCD\"}\n");
}

static void writes_described_events(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("a"),
         .in_type = ETW_IN_INT16,
         .flags = ETW_PROPERTY_FIXED_COUNT,
         .count = 2}};
    static const etw_keyword KEYWORDS[] = {{1, NAME("K1")}, {2, NAME("K2")}, {6, NAME("K6")}};
    etlb_event event = begin();
    event.level = 4;
    event.opcode = 1;
    event.task = 3;
    event.version = 2;
    event.channel = 16;
    event.keyword = 0x8000000000000003;
    event.activity_id = PROVIDER_GUID;
    event.kernel_time = 5;
    event.user_time = 6;
    etlb_raw(&payload, "\7\1\0\xFF\xFF", 5);
    etlb_event_event(trace, &event, etlb_written(&payload));
    use(PROPERTIES, 2);
    schema.pub.provider_name = (etw_str)NAME("Contoso");
    schema.pub.task_name = (etw_str)NAME("Work");
    schema.pub.opcode_name = (etw_str)NAME("Begin");
    schema.pub.channel_name = (etw_str)NAME("Admin");
    schema.pub.event_name = (etw_str)NAME("Began");
    schema.pub.keywords = KEYWORDS;
    schema.pub.keyword_count = 3;
    is_line(true,
            "{\"EventData\":{\"n\":7,\"a\":[1,-1]},\"System\":{\"Channel\":\"Admin\",\"EventID\":7,"
            "\"Version\":2,\"EventName\":\"Began\",\"EventGuid\":\"" NO_GUID
            "\",\"Correlation\":{\"ActivityID\":\"" PROVIDER "\",\"RelatedActivityID\":\"" NO_GUID
            "\"},\"Execution\":{\"ProcessID\":10,"
            "\"ThreadID\":11,\"ProcessorID\":0,\"KernelTime\":5,\"UserTime\":6},\"Keywords\":"
            "{\"Mask\":\"0x8000000000000003\",\"Name\":[\"K1\",\"K2\"]}," NUMBERS(
                "4", "Informational", "1", "Begin", "3",
                "Work") ",\"Provider\":{\"Guid\":"
                        "\"" PROVIDER "\",\"Name\":\"Contoso\"}," TIME "}}\n");
}

static void writes_kernel_events(void)
{
    etlb_event event = begin();
    event.group = 5;
    event.type = 0xFE; /* No such type. */
    event.version = 2;
    etlb_u8(&payload, 1);
    etlb_event_perfinfo(trace, &event, etlb_written(&payload));
    has(false, "\"Provider\":{\"Guid\":\"{9E814AAD-3204-11D2-9A82-006008A86939}\","
               "\"Name\":\"MSNT_SystemTrace\"}");
    event = begin();
    event.group = 15;
    event.type = 46;
    event.version = 2;
    etlb_u64(&payload, 0x1234);
    etlb_u32(&payload, 9);
    etlb_u32(&payload, 1);
    etlb_event_perfinfo(trace, &event, etlb_written(&payload));
    has(false, "\"EventGuid\":\"{CE1DBFB4-137E-4DA6-87B0-3F59AA102CBC}\"");
}

static void writes_messages(void)
{
    etlb_event event = begin();
    event.options = ETLB_MESSAGE_GUID | ETLB_MESSAGE_TIMESTAMP;
    event.message_number = 42;
    etlb_event_message(trace, &event, NOTHING);
    is_line(false, "{\"System\":{\"Channel\":\"\",\"EventID\":42,\"EventGuid\":\"" PROVIDER
                   "\"," CORRELATION "," EXECUTION("0", "0") "," NO_KEYWORDS "," NUMBERS(
                       "0", "", "0", "", "0", "") ",\"Provider\":{\"Guid\":\"" PROVIDER
                                                  "\",\"Name\":\"\"}," TIME "}}\n");
}

static void writes_strings_only(void)
{
    etlb_event event = begin();
    event.flags = ETW_EVENT_STRING_ONLY;
    etlb_utf16z(&payload, "hi");
    etlb_event_event(trace, &event, etlb_written(&payload));
    has(false, "{\"EventData\":{\"String\":\"hi\"},\"System\":");
    event = begin();
    event.flags = ETW_EVENT_PRIVATE_SESSION;
    event.kernel_time = 77;
    etlb_event_event(trace, &event, NOTHING);
    has(false, "\"ThreadID\":11,\"ProcessorTime\":77,\"ProcessorID\":0,\"KernelTime\":0");
}

/* -------------------------------------------------------------------------------- values */

/* One property of a type, whose payload was written already. */
static void has_value(uint16_t in_type, uint16_t out_type, const char *want)
{
    char part[256];
    const etw_property properties[] = {
        {.name = NAME("p"), .in_type = in_type, .out_type = out_type, .count = 1}};
    etlb_writer written = payload;
    memset(&payload, 0, sizeof payload);
    const etw_json_options kept = options;
    const etlb_event event = begin();
    options = kept;
    options.size = sizeof options;
    etlb_event_event(trace, &event, etlb_written(&written));
    etlb_writer_free(&written);
    use(properties, 1);
    snprintf(part, sizeof part, "{\"EventData\":{\"p\":%s},", want);
    has(true, part);
}

static void escapes_text(void)
{
    memset(&options, 0, sizeof options);
    for (uint16_t unit = 1; unit < 0x80; unit++)
        etlb_u16(&payload, unit);
    has_value(ETW_IN_UNICODE_STRING, 0,
              "\"\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000B\\f\\r\\u000E"
              "\\u000F\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019"
              "\\u001A\\u001B\\u001C\\u001D\\u001E\\u001F !\\\"#$%&'()*+,-./0123456789:;<=>?@"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7F\"");
    etlb_u16(&payload, 0xD83D);
    etlb_u16(&payload, 0xDE00);
    etlb_u16(&payload, 0xD83D);
    etlb_u16(&payload, 'x');
    etlb_u16(&payload, 0xDE00);
    has_value(ETW_IN_UNICODE_STRING, 0, "\"\xF0\x9F\x98\x80\\uD83Dx\\uDE00\"");
    etlb_raw(&payload, "a\x80\x81\n", 4);
    has_value(ETW_IN_ANSI_STRING, 0, "\"a\xE2\x82\xAC\\uDC81\\n\"");
    etlb_raw(&payload, "\xC3\xA4\xC3\xED\xA0\x80\"", 7);
    has_value(ETW_IN_ANSI_STRING, ETW_OUT_UTF8, "\"\xC3\xA4\\uDCC3\\uDCED\\uDCA0\\uDC80\\\"\"");
}

static void writes_numbers(void)
{
    memset(&options, 0, sizeof options);
    etlb_f64(&payload, (double)NAN);
    has_value(ETW_IN_DOUBLE, 0, "\"NaN\"");
    etlb_f32(&payload, -HUGE_VALF);
    has_value(ETW_IN_FLOAT, 0, "\"-Infinity\"");
    etlb_f64(&payload, 1e300);
    has_value(ETW_IN_DOUBLE, 0, "1e+300");
    etlb_u64(&payload, UINT64_MAX);
    has_value(ETW_IN_UINT64, 0, "18446744073709551615");
    options.int64_strings = true;
    etlb_u64(&payload, UINT64_MAX);
    has_value(ETW_IN_INT64, 0, "\"-1\"");
    etlb_u32(&payload, 5);
    has_value(ETW_IN_UINT32, 0, "5");
    options.int64_strings = false;
    etlb_u32(&payload, 1);
    has_value(ETW_IN_BOOLEAN, 0, "true");
    etlb_u64(&payload, 0x1F);
    has_value(ETW_IN_POINTER, 0, "\"0x1F\"");
    etlb_u32(&payload, 0xC0000022);
    has_value(ETW_IN_UINT32, ETW_OUT_NTSTATUS, "\"0xC0000022\"");
    options.format.code_page = 437;
    etlb_u8(&payload, 0x84);
    has_value(ETW_IN_ANSI_STRING, 0, "\"\xC3\xA4\"");
}

static void leaves_out_what_is_not_asked_for(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("a"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("b"), .in_type = ETW_IN_UINT8, .count = 3},
        {.name = NAME("c"), .in_type = ETW_IN_UINT8, .out_type = ETW_OUT_NO_PRINT, .count = 1},
        {.name = NAME("a"), .in_type = ETW_IN_UINT8, .count = 1}};
    static const etw_str FIELDS[] = {NAME("a"), NAME("zz")};
    for (unsigned selected = 0; selected < 2; selected++) {
        const etlb_event event = begin();
        etlb_raw(&payload, "\1\2\3\4\5\6", 6);
        etlb_event_event(trace, &event, etlb_written(&payload));
        use(PROPERTIES, 4);
        options.fields = FIELDS;
        options.field_count = selected ? 2 : 0;
        has(true, selected ? "{\"EventData\":{\"a\":1,\"a\":6},\"System\""
                           : "{\"EventData\":{\"a\":1,\"b\":[2,3,4],\"a\":6},\"System\"");
    }
    const etlb_event event = begin();
    etlb_event_event(trace, &event, NOTHING);
    use(NULL, 0);
    schema.pub.is_user_data = true;
    has(true, "{\"System\":");
}

/* ----------------------------------------------------------------------------- problems */

static void says_what_did_not_decode(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("w"), .in_type = ETW_IN_UINT32, .count = 1}};
    etlb_event event = begin();
    etlb_raw(&payload, "\7\1\2", 3);
    etlb_event_event(trace, &event, etlb_written(&payload));
    use(PROPERTIES, 2);
    has(true, "},\"Payload\":\"0x0102\",\"DecodeErrors\":[{\"Property\":\"w\",\"Offset\":1,"
              "\"Reason\":\"the payload ends inside the value\"}]}\n");
    event = begin();
    etlb_raw(&payload, "\7\1\2\3\4\xAA", 6);
    etlb_event_event(trace, &event, etlb_written(&payload));
    use(PROPERTIES, 2);
    schema.pub.is_user_data = true;
    has(true, "{\"UserData\":{\"n\":7,\"w\":67305985},");
    event = begin();
    etlb_raw(&payload, "\7\1\2\3\4\xAA", 6);
    etlb_event_event(trace, &event, etlb_written(&payload));
    use(PROPERTIES, 2);
    has(true, "}},\"Trailing\":\"0xAA\"}\n");
}

static void counts_what_it_wrote(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT16, .count = 1}};
    etw_json *json;
    begin();
    use(PROPERTIES, 1);
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    static const uint8_t bytes[8] = {1};
    const etw_trace_info info = {.pointer_size = 8};
    for (uint16_t size = 0; size < 6; size++) {
        const etw_event event = {.payload = bytes,
                                 .record = bytes,
                                 .payload_size = size,
                                 .trace = &info,
                                 .pointer_size = 8,
                                 .header_kind = ETW_HEADER_TIMED};
        CHECK_EQ(etw_json_append(json, &event, size % 5 ? &schema.pub : NULL), ETW_OK);
    }
    const etw_json_stats *stats = etw_json_get_stats(json);
    CHECK_EQ(stats->events, 6);
    CHECK_EQ(stats->without_schema, 2);
    CHECK_EQ(stats->decoded, 3);
    CHECK_EQ(stats->errors, 1);
    CHECK_EQ(stats->trailing, 2);
    CHECK_EQ(stats->trailing_bytes, 3);
    CHECK(json_lines_are_valid(etw_json_text(json)));
    etw_json_clear(json);
    CHECK_EQ(etw_json_text(json).size, 0);
    etw_json_destroy(&json);
    etlb_destroy(trace);
}

/* ------------------------------------------------------------------------- extended data */

static void writes_extended_data(void)
{
    uint8_t sid[12] = {1, 1, 0, 0, 0, 0, 0, 5, 18}, longs[24] = {1, [8] = 2, [16] = 3};
    const uint8_t minus[8] = {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const etlb_item items[] = {
        {ETW_EXTENDED_RELATED_ACTIVITY_ID, {longs, 16}},
        {ETW_EXTENDED_SID, {sid, 12}},
        {ETW_EXTENDED_TERMINAL_SESSION_ID, {longs, 4}},
        {ETW_EXTENDED_INSTANCE_INFO, {longs, 24}},
        {ETW_EXTENDED_STACK_TRACE64, {longs, 24}},
        {ETW_EXTENDED_STACK_TRACE32, {longs, 16}},
        {ETW_EXTENDED_STACK_KEY64, {longs, 16}},
        {ETW_EXTENDED_STACK_KEY32, {longs, 16}},
        {ETW_EXTENDED_PEBS_INDEX, {longs, 8}},
        {ETW_EXTENDED_PMC_COUNTERS, {longs, 24}},
        {ETW_EXTENDED_PSM_KEY, {longs, 2}},
        {ETW_EXTENDED_EVENT_KEY, {longs, 8}},
        {ETW_EXTENDED_PROCESS_START_KEY, {longs, 8}},
        {ETW_EXTENDED_CONTROL_GUID, {longs, 16}},
        {ETW_EXTENDED_CONTAINER_ID, {longs, 16}},
        {ETW_EXTENDED_QPC_DELTA, {minus, 8}},
        {0x77, {longs, 1}},
        {ETW_EXTENDED_EVENT_KEY, {longs, 7}}, /* Too short. */
    };
    etlb_event event = begin();
    event.items = items;
    event.item_count = sizeof items / sizeof items[0];
    etlb_event_event(trace, &event, NOTHING);
    has(false,
        "},\"ExtendedData\":{\"SID\":\"S-1-5-18\",\"TerminalSessionID\":1,\"InstanceInfo\":"
        "{\"InstanceId\":1,\"ParentInstanceId\":0,\"ParentGuid\":"
        "\"{00000002-0000-0000-0300-000000000000}\"},\"PebsIndex\":1,\"PmcCounters\":[1,2,3],"
        "\"PsmKey\":\"0x0100\",\"EventKey\":1,\"ProcessStartKey\":1,\"ControlGuid\":"
        "\"{00000001-0000-0000-0200-000000000000}\",\"ContainerId\":"
        "\"{00000001-0000-0000-0200-000000000000}\",\"QpcDelta\":-2,\"StackTrace\":[{\"MatchId\":"
        "\"0x1\",\"Addresses\":[\"0x2\",\"0x3\"]},{\"MatchId\":\"0x1\",\"Addresses\":[\"0x2\","
        "\"0x0\"]}],\"StackKey\":[{\"MatchId\":\"0x1\",\"Key\":\"0x2\"},{\"MatchId\":\"0x1\","
        "\"Key\":\"0x2\"}],\"Unknown\":[{\"Type\":119,\"Data\":\"0x01\"},{\"Type\":10,\"Data\":"
        "\"0x01000000000000\"}]}}\n");
    event = begin();
    event.items = items;
    event.item_count = 1;
    etlb_event_event(trace, &event, NOTHING);
    has(false, "\"RelatedActivityID\":\"{00000001-0000-0000-0200-000000000000}\"}");
}

/* Random payloads over every in-type: the output is always JSON. */
static void is_always_json(void)
{
    enum {
        SIZE = 64
    };
    const etw_trace_info info = {.pointer_size = 8};
    uint32_t state = 4711;
    etw_json *json;
    begin();
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    for (unsigned type = 0; type < 311; type = type == 26 ? 300 : type + 1) {
        for (unsigned out_type = 0; out_type < 40; out_type++) {
            const etw_property properties[] = {
                {.name = NAME("a\"\\\n\xFF"),
                 .in_type = (uint16_t)type,
                 .out_type = (uint16_t)out_type,
                 .count = (uint16_t)(trace_random(&state) % 3)},
                {.name = NAME("b"), .in_type = (uint16_t)type, .count = 1, .length = 5}};
            uint8_t bytes[SIZE];
            for (size_t i = 0; i < SIZE; i++)
                bytes[i] = (uint8_t)(trace_random(&state) >> 9 & trace_random(&state) >> 17);
            use(properties, 2);
            const etw_event event = {.payload = bytes,
                                     .record = bytes,
                                     .payload_size = (uint16_t)(trace_random(&state) % SIZE),
                                     .trace = &info,
                                     .pointer_size = 8,
                                     .header_kind = ETW_HEADER_TIMED};
            etw_json_clear(json);
            CHECK(etw_json_append(json, &event, &schema.pub) == ETW_OK);
            if (!CHECK(json_lines_are_valid(etw_json_text(json))))
                printf("    in-type %u, out-type %u: %s", type, out_type, etw_json_text(json).data);
        }
    }
    etw_json_destroy(&json);
    etlb_destroy(trace);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(writes_unknown_events);
    RUN(writes_described_events);
    RUN(writes_kernel_events);
    RUN(writes_messages);
    RUN(writes_strings_only);
    RUN(escapes_text);
    RUN(writes_numbers);
    RUN(leaves_out_what_is_not_asked_for);
    RUN(says_what_did_not_decode);
    RUN(counts_what_it_wrote);
    RUN(writes_extended_data);
    RUN(is_always_json);
    etwi_arena_free(&arena);
    etlb_writer_free(&payload);
    return test_finish();
}
