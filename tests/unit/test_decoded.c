/* Decoded events: the items of the cursor, fields, properties of the user's own, and JSON. */
#include "sample_trace.h"
#include "test.h"

#include "etl_metadata.h"
#include "faulty_alloc.h"

#include <etw/consumer.h>
#include <etw/sink.h>

#include <stdlib.h>

static etlb_writer sample;

static etw_consumer *open_bytes(etw_bytes bytes)
{
    etw_consumer *consumer = NULL;
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "sample", bytes), ETW_OK);
    return consumer;
}

static etw_consumer *open_sample(void)
{
    const etw_bytes bytes = {sample.data, sample.size};
    return open_bytes(bytes);
}

/* What the tests of the whole sample share. */
typedef struct world {
    etw_consumer *consumer;
    etw_json *plain, *mine;
    uint64_t events, customs, errors;
} world;

static world open_world(const etw_json_options *options)
{
    world w = {open_sample(), NULL, NULL, 0, 0, 0};
    CHECK_EQ(etw_json_create(&w.plain, options, NULL), ETW_OK);
    CHECK_EQ(etw_json_create(&w.mine, options, NULL), ETW_OK);
    return w;
}

static void close_world(world *w)
{
    etw_json_destroy(&w->plain);
    etw_json_destroy(&w->mine);
    etw_consumer_destroy(&w->consumer);
}

static void compare_items(const etw_decoded *decoded)
{
    size_t count, i = 0;
    const etw_item *all = etw_decoded_items(decoded, &count);
    etw_items items;
    etw_item item;
    etw_items_begin(&items, etw_decoded_event(decoded), etw_decoded_schema(decoded));
    for (; etw_items_next(&items, &item); i++)
        CHECK(i < count && all[i].kind == item.kind && all[i].property == item.property &&
              all[i].offset == item.offset && all[i].data.data == item.data.data &&
              all[i].data.size == item.data.size && all[i].count == item.count);
    CHECK_EQ(i, count);
    CHECK_EQ(etw_items_error(&items) != NULL, etw_decoded_error(decoded) != NULL);
}

static etw_flow compare_event(void *user, etw_decoded *decoded)
{
    world *w = user;
    compare_items(decoded);
    etw_json_clear(w->plain);
    etw_json_clear(w->mine);
    CHECK_EQ(etw_json_append(w->plain, etw_decoded_event(decoded), etw_decoded_schema(decoded)),
             ETW_OK);
    CHECK_EQ(etw_json_append_decoded(w->mine, decoded), ETW_OK);
    const etw_str want = etw_json_text(w->plain), got = etw_json_text(w->mine);
    CHECK(want.size == got.size && memcmp(want.data, got.data, got.size) == 0);
    w->events++;
    return ETW_FLOW_NEXT;
}

static void equals_cursor_and_json(void)
{
    world w = open_world(NULL);
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &w, .on_decoded = compare_event};
    CHECK_EQ(etw_consumer_run(w.consumer, &ops), ETW_END);
    CHECK(w.events > 1000);
    close_world(&w);
}

/* -------------------------------------------------------------------- the user's properties */

/* The line of the event with this in its data, made from the plain one. */
static void insert_expected(char *out, size_t size, etw_str line, const char *custom)
{
    static const char END[] = "},\"System\":";
    const char *text = line.data;
    const char *end = NULL;
    for (size_t i = 0; i + sizeof END - 1 <= line.size && !end; i++)
        if (memcmp(text + i, END, sizeof END - 1) == 0)
            end = text + i;
    if (end)
        snprintf(out, size, "%.*s,%s%.*s", (int)(end - text), text, custom,
                 (int)(text + line.size - end), end);
    else
        snprintf(out, size, "{\"EventData\":{%s},%.*s", custom, (int)line.size - 1, text + 1);
}

static etw_flow add_customs(void *user, etw_decoded *decoded)
{
    static char expected[200000];
    world *w = user;
    etw_str name, text;
    CHECK(!etw_decoded_custom(decoded, 0, &name, &text));
    CHECK_EQ(etw_decoded_set(decoded, "my \"name\"", "old"), ETW_OK);
    CHECK_EQ(etw_decoded_set(decoded, "second", "2\n"), ETW_OK);
    CHECK_EQ(etw_decoded_set(decoded, "my \"name\"", "a\\b"), ETW_OK);
    CHECK(etw_decoded_custom(decoded, 1, &name, &text));
    CHECK_STR(name, "second");
    CHECK_STR(text, "2\n");
    CHECK(!etw_decoded_custom(decoded, 2, &name, &text));
    etw_json_clear(w->plain);
    etw_json_clear(w->mine);
    CHECK_EQ(etw_json_append(w->plain, etw_decoded_event(decoded), etw_decoded_schema(decoded)),
             ETW_OK);
    CHECK_EQ(etw_json_append_decoded(w->mine, decoded), ETW_OK);
    insert_expected(expected, sizeof expected, etw_json_text(w->plain),
                    "\"my \\\"name\\\"\":\"a\\\\b\",\"second\":\"2\\n\"");
    if (CHECK_STR(etw_json_text(w->mine), expected))
        w->customs++;
    const etw_schema *schema = etw_decoded_schema(decoded);
    if (schema && schema->top_level_count)
        CHECK_EQ(etw_decoded_set(decoded, schema->properties[0].name.data, ""), ETW_E_INVALID);
    return ETW_FLOW_NEXT;
}

static void writes_properties_of_the_user(void)
{
    world w = open_world(NULL);
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &w, .on_decoded = add_customs};
    CHECK_EQ(etw_consumer_run(w.consumer, &ops), ETW_END);
    CHECK(w.customs > 1000);
    close_world(&w);
}

/* -------------------------------------------------------------------------------- fields */

static const etw_str FIELDS[] = {{"ProcessId", 9}, {"ImageFileName", 13}};

static etw_flow check_fields(void *user, etw_decoded *decoded)
{
    world *w = user;
    size_t count;
    const etw_item *items = etw_decoded_items(decoded, &count);
    const etw_schema *schema = etw_decoded_schema(decoded);
    for (size_t i = 0; i < count; i++)
        CHECK(items[i].kind == ETW_ITEM_REMAINDER ||
              (items[i].kind == ETW_ITEM_VALUE &&
               (items[i].property->name.size == 9 || items[i].property->name.size == 13)));
    const etw_item *found = etw_decoded_find(decoded, "ProcessId");
    const int index = schema ? etw_schema_find_property(schema, FIELDS[0]) : -1;
    if (index >= 0) {
        etw_item item;
        const bool is_there =
            etw_event_item(etw_decoded_event(decoded), schema, (unsigned)index, &item) == ETW_OK;
        CHECK_EQ(found != NULL, is_there);
        CHECK(!found || found->data.data == item.data.data);
        w->customs++;
    } else {
        CHECK(!found);
    }
    CHECK(!etw_decoded_find(decoded, "CommandLine"));
    w->events++;
    return ETW_FLOW_NEXT;
}

static void decodes_only_what_is_asked_for(void)
{
    world w = open_world(NULL);
    const etw_consumer_ops ops = {.size = sizeof ops,
                                  .user = &w,
                                  .on_decoded = check_fields,
                                  .fields = FIELDS,
                                  .field_count = 2};
    CHECK_EQ(etw_consumer_run(w.consumer, &ops), ETW_END);
    CHECK(w.events > 1000 && w.customs > 10 && w.customs < w.events);
    close_world(&w);
}

/* -------------------------------------------------------------------------------- errors */

static void add_event(etlb_trace *trace, const void *payload, size_t size)
{
    etlb_writer metadata = {0};
    const size_t start = etlb_tl_begin(&metadata, "Event", 0);
    etlb_tl_scalar(&metadata, "A", ETW_IN_UINT32, 0);
    etlb_tl_scalar(&metadata, "B", ETW_IN_UINT32, 0);
    etlb_tl_end(&metadata, start);
    const etlb_item tl = {ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(&metadata)};
    const etw_bytes bytes = {payload, size};
    const etlb_event event = {.timestamp = 10,
                              .provider = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}},
                              .channel = 11,
                              .items = &tl,
                              .item_count = 1};
    etlb_event_event(trace, &event, bytes);
    etlb_writer_free(&metadata);
}

static etw_flow count_error(void *user, const etw_event *event, const etw_schema *schema,
                            const etw_decode_error *error)
{
    world *w = user;
    CHECK(event->payload_size == 6 && schema);
    CHECK_EQ(error->reason, ETW_DECODE_SHORT);
    CHECK_EQ(error->offset, 4);
    CHECK_STR(error->property->name, "B");
    w->errors++;
    return w->errors == 1 ? ETW_FLOW_NEXT : ETW_FLOW_SKIP;
}

static etw_flow count_items(void *user, const etw_prepared *prepared)
{
    world *w = user;
    CHECK(prepared->schema != NULL);
    w->customs++;
    return ETW_FLOW_NEXT;
}

static etw_flow count_decoded(void *user, etw_decoded *decoded)
{
    world *w = user;
    CHECK(etw_decoded_find(decoded, "A") != NULL);
    w->events++;
    return ETW_FLOW_NEXT;
}

static void reports_errors_once(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    add_event(trace, "abcdef", 6);
    add_event(trace, "abcdefgh", 8);
    add_event(trace, "abcdef", 6);
    const etw_bytes bytes = etlb_finish(trace);
    etw_filter *filter = NULL;
    CHECK_EQ(etw_filter_compile(&filter, "class == tracelogging", NULL, NULL), ETW_OK);
    for (int levels = 0; levels < 3; levels++) {
        world w = {open_bytes(bytes), NULL, NULL, 0, 0, 0};
        const etw_consumer_ops ops = {.size = sizeof ops,
                                      .user = &w,
                                      .filter = filter,
                                      .on_items = levels == 0 ? NULL : count_items,
                                      .on_decoded = levels == 1 ? NULL : count_decoded,
                                      .on_error = count_error};
        CHECK_EQ(etw_consumer_run(w.consumer, &ops), ETW_END);
        CHECK_EQ(w.errors, 2);
        CHECK_EQ(w.customs, levels == 0 ? 0 : 2);
        CHECK_EQ(w.events, levels == 1 ? 0 : 2);
        etw_consumer_destroy(&w.consumer);
    }
    etw_filter_destroy(&filter);
    etlb_destroy(trace);
}

/* -------------------------------------------------------------------------------- memory */

static void decode_all(etw_decoded *decoded, etw_consumer *consumer)
{
    const etw_batch *batch;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            CHECK_EQ(etw_decoded_decode(decoded, event, etw_consumer_schema(consumer, event)),
                     ETW_OK);
            CHECK_EQ(etw_decoded_set(decoded, "Note of mine", "text"), ETW_OK);
        }
}

static void allocates_nothing_once_it_is_warm(void)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    const etw_decoded_options options = {.size = sizeof options, .allocator = &faulty.allocator};
    etw_decoded *decoded;
    REQUIRE(etw_decoded_create(&decoded, &options, NULL) == ETW_OK);
    uint64_t calls[2];
    for (int pass = 0; pass < 2; pass++) {
        etw_consumer *consumer = open_sample();
        decode_all(decoded, consumer);
        calls[pass] = faulty.calls;
        etw_consumer_destroy(&consumer);
    }
    CHECK_EQ(calls[0], calls[1]);
    CHECK(calls[0] < 20);
    etw_decoded_destroy(&decoded);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

static void survives_want_of_memory(void)
{
    etw_consumer *consumer = open_sample();
    const etw_batch *batch;
    REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
    for (uint64_t fail_at = 1; fail_at < 6; fail_at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        const etw_decoded_options options = {.size = sizeof options,
                                             .allocator = &faulty.allocator};
        etw_decoded *decoded;
        etw_status status = etw_decoded_create(&decoded, &options, NULL);
        if (status == ETW_OK)
            status = etw_decoded_decode(decoded, &batch->events[0], NULL);
        if (status == ETW_OK)
            status = etw_decoded_set(decoded, "name", "text");
        CHECK_EQ(status, fail_at <= 4 ? ETW_E_NOMEM : ETW_OK);
        etw_decoded_destroy(&decoded);
        CHECK_EQ(faulty.live, 0);
    }
    etw_consumer_destroy(&consumer);
}

int main(void)
{
    sample_trace_build(&sample, SAMPLE_PLAIN);
    RUN(equals_cursor_and_json);
    RUN(writes_properties_of_the_user);
    RUN(decodes_only_what_is_asked_for);
    RUN(reports_errors_once);
    RUN(allocates_nothing_once_it_is_warm);
    RUN(survives_want_of_memory);
    etlb_writer_free(&sample);
    return test_finish();
}
