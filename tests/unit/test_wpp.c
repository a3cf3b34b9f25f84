/* WPP from the bytes of a trace to texts: messages with all combinations of options. */
#include "test.h"

#include "trace_run.h"

#include <etw/message.h>

#define MESSAGE_GUID "4857fab7-1162-3184-360b-cdd863ddf4ea"

enum {
    NUMBER = 14,
    OPTIONS_COUNT = 0x100, /* All combinations of eight bits. */
};

static const char TMF[] =
    MESSAGE_GUID " shop // SRC=Cart.cpp MJ= MN=\n"
                 "#typev Cart_cpp28 14 \"%0%!LEVEL! %!FLAGS! %!FUNC!: n=%10!d! p=%11!p! %12!s!\" "
                 "//   LEVEL=ERR FLAGS=NET FUNC=pay\n"
                 "{\nn, ItemLong -- 10\np, ItemPtr -- 11\nname, ItemString -- 12\n}\n";

static unsigned pointer_size_of(unsigned options)
{
    return options & ETLB_MESSAGE_POINTER64 || !(options & ETLB_MESSAGE_POINTER32) ? 8 : 4;
}

static void add_message(etlb_trace *trace, unsigned options)
{
    etlb_writer payload = {.pointer_size = pointer_size_of(options)};
    const etlb_event event = {.timestamp = etlb_options_of(trace)->start_raw + options,
                              .process_id = 11,
                              .thread_id = 12,
                              .provider = etlb_guid_of(MESSAGE_GUID),
                              .message_number = NUMBER,
                              .options = (uint16_t)options};
    etlb_u32(&payload, options);
    etlb_ptr(&payload, 0xABC);
    etlb_asciiz(&payload, "tea");
    etlb_event_message(trace, &event, etlb_written(&payload));
    etlb_writer_free(&payload);
}

/* Only the GUID finds a message; a component id tells another one. */
static void check_event(etw_consumer *consumer, const etw_event *event, unsigned options)
{
    char text[128], want[128];
    const etw_schema *schema = etw_consumer_schema(consumer, event);
    const bool has_guid = options & ETLB_MESSAGE_GUID && !(options & ETLB_MESSAGE_COMPONENT_ID);
    const bool has_ids = options & ETLB_MESSAGE_SYSTEM_INFO;
    CHECK_EQ(event->id, NUMBER);
    CHECK_EQ(event->pointer_size, pointer_size_of(options));
    CHECK_EQ(event->process_id, has_ids ? 11 : ETW_NO_ID);
    CHECK_EQ(event->thread_id, has_ids ? 12 : ETW_NO_ID);
    if (!CHECK_EQ(schema != NULL, has_guid) || !schema)
        return;
    CHECK_STR(schema->class_name, "Cart.cpp:28");
    etw_event_message(event, schema, NULL, text, sizeof text);
    snprintf(want, sizeof want, "ERR NET pay: n=%u p=%0*X tea", options,
             2 * (int)pointer_size_of(options), 0xABC);
    CHECK_TEXT(text, want);
}

static void decodes_messages_of_all_options(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    for (unsigned i = 0; i < OPTIONS_COUNT; i++)
        add_message(trace, i);
    etw_schema_store *store;
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    const etw_bytes tmf = {(const uint8_t *)TMF, sizeof TMF - 1};
    CHECK_EQ(etw_schema_store_add_memory(store, "shop.tmf", tmf, NULL), ETW_OK);
    const etw_consumer_options with = {
        .size = sizeof with, .schemas = store, .order = ETW_ORDER_FILE};
    etw_consumer *consumer;
    REQUIRE(etw_consumer_create(&consumer, &with, NULL) == ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "memory", etlb_finish(trace)), ETW_OK);
    const etw_batch *batch;
    unsigned count = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            if (batch->events[i].flags & ETW_EVENT_TRACE_MESSAGE)
                check_event(consumer, &batch->events[i], count++);
    CHECK_EQ(count, OPTIONS_COUNT);
    etw_consumer_destroy(&consumer);
    etw_schema_store_destroy(&store);
    etlb_destroy(trace);
}

static void says_where_messages_come_from(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    add_message(trace, ETLB_MESSAGE_GUID | ETLB_MESSAGE_TIMESTAMP);
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_bytes tmf = {(const uint8_t *)TMF, sizeof TMF - 1};
    CHECK_EQ(etw_schema_store_add_memory(etw_consumer_schemas(consumer), "a.tmf", tmf, NULL),
             ETW_OK);
    etw_json *json;
    REQUIRE(etw_json_create(&json, NULL, NULL) == ETW_OK);
    const etw_batch *batch;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            CHECK_EQ(etw_json_append(json, &batch->events[i],
                                     etw_consumer_schema(consumer, &batch->events[i])),
                     ETW_OK);
    const etw_str text = etw_json_text(json);
    static char copy[1 << 16];
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    CHECK(
        strstr(copy, "\"EventName\":\"pay\",\"Source\":\"Cart.cpp:28\",\"EventGuid\":\"{4857FAB7"));
    CHECK(strstr(copy, "\"Level\":{\"Value\":0,\"Name\":\"ERR\"}"));
    CHECK(strstr(copy, "\"Task\":{\"Value\":0,\"Name\":\"NET\"}"));
    CHECK(strstr(copy, "\"Name\":\"shop\""));
    etw_json_destroy(&json);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

int main(void)
{
    RUN(decodes_messages_of_all_options);
    RUN(says_where_messages_come_from);
    return test_finish();
}
