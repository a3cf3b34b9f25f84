/* The four levels: what they are given, what they cost, and how they end. */
#include "sample_trace.h"
#include "test.h"

#include <etw/consumer.h>
#include <etw/sink.h>

#include <stdlib.h>

typedef struct tally {
    etw_consumer *consumer;
    uint64_t records, schemas, items, decoded, errors;
    uint64_t without_schema, properties;
    uint64_t stop_at;   /* Record that stops the run, counted from 1. */
    etw_flow at_record; /* What level 1 returns for odd events. */
    bool stops_consumer;
    const etw_event *last;
} tally;

static etlb_writer trace;

static etw_consumer *open_trace(bool without_schemas)
{
    const etw_consumer_options options = {.size = sizeof options,
                                          .without_schemas = without_schemas};
    const etw_bytes bytes = {trace.data, trace.size};
    etw_consumer *consumer = NULL;
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "sample", bytes), ETW_OK);
    return consumer;
}

static uint64_t count_events(void)
{
    etw_consumer *consumer = open_trace(false);
    const etw_batch *batch;
    uint64_t events = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        events += batch->count;
    etw_consumer_destroy(&consumer);
    return events;
}

static etw_consumer_stats stats_of(etw_consumer *consumer)
{
    etw_consumer_stats stats = {.size = sizeof stats};
    CHECK_EQ(etw_consumer_get_stats(consumer, &stats), ETW_OK);
    CHECK_EQ(stats.size, sizeof stats);
    return stats;
}

static etw_flow on_record(void *user, const etw_event *event)
{
    tally *t = user;
    t->last = event;
    t->records++;
    if (t->stops_consumer)
        etw_consumer_stop(t->consumer);
    if (t->records == t->stop_at)
        return ETW_FLOW_STOP;
    return t->records % 2 ? t->at_record : ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    tally *t = user;
    CHECK(event == t->last);
    t->schemas++;
    t->without_schema += !schema;
    return ETW_FLOW_NEXT;
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    tally *t = user;
    CHECK(prepared->event == t->last);
    CHECK_EQ(prepared->count, prepared->schema ? prepared->schema->top_level_count : 0);
    t->items++;
    t->properties += prepared->count;
    return ETW_FLOW_NEXT;
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    tally *t = user;
    CHECK(etw_decoded_event(decoded) == t->last);
    t->decoded++;
    return ETW_FLOW_NEXT;
}

static etw_flow on_error(void *user, const etw_event *event, const etw_schema *schema,
                         const etw_decode_error *error)
{
    tally *t = user;
    CHECK(event == t->last && schema && error->reason != ETW_DECODE_NONE);
    t->errors++;
    return ETW_FLOW_NEXT;
}

static void all_levels_see_all_events(void)
{
    const uint64_t events = count_events();
    tally t = {.consumer = open_trace(false)};
    const etw_consumer_ops ops = {.size = sizeof ops,
                                  .user = &t,
                                  .on_record = on_record,
                                  .on_schema = on_schema,
                                  .on_items = on_items,
                                  .on_decoded = on_decoded,
                                  .on_error = on_error};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    CHECK(events > 1000);
    CHECK_EQ(t.records, events);
    CHECK_EQ(t.schemas, events);
    CHECK_EQ(t.items, events);
    CHECK_EQ(t.decoded, events);
    CHECK(t.properties > events);
    const etw_consumer_stats stats = stats_of(t.consumer);
    CHECK_EQ(stats.events, events);
    CHECK_EQ(stats.schemas_missing, t.without_schema);
    CHECK_EQ(stats.schemas_found, events - t.without_schema);
    CHECK_EQ(stats.filtered, 0);
    CHECK(stats.batches > 1 && stats.batches <= events);
    CHECK(stats.bytes > trace.size / 2 && stats.bytes <= trace.size);
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    CHECK_EQ(t.records, events);
    etw_consumer_destroy(&t.consumer);
}

static void records_need_no_schemas(void)
{
    tally t = {.consumer = open_trace(false)};
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &t, .on_record = on_record};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    const etw_consumer_stats stats = stats_of(t.consumer);
    CHECK(t.records > 1000);
    CHECK_EQ(stats.schemas_found + stats.schemas_missing, 0);
    etw_consumer_destroy(&t.consumer);
}

static void skipping_ends_the_levels_of_an_event(void)
{
    tally t = {.consumer = open_trace(false), .at_record = ETW_FLOW_SKIP};
    const etw_consumer_ops ops = {
        .size = sizeof ops, .user = &t, .on_record = on_record, .on_decoded = on_decoded};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    CHECK_EQ(t.decoded, t.records / 2);
    const etw_consumer_stats stats = stats_of(t.consumer);
    CHECK_EQ(stats.schemas_found + stats.schemas_missing, t.decoded);
    etw_consumer_destroy(&t.consumer);
}

static void goes_on_after_a_stop(void)
{
    const uint64_t events = count_events();
    for (uint64_t stop_at = 1; stop_at < 600; stop_at += 51) {
        tally t = {.consumer = open_trace(false), .stop_at = stop_at};
        const etw_consumer_ops ops = {.size = sizeof ops, .user = &t, .on_record = on_record};
        CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_STOPPED);
        CHECK_EQ(t.records, stop_at);
        CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
        CHECK_EQ(t.records, events);
        CHECK_EQ(stats_of(t.consumer).events, events);
        etw_consumer_destroy(&t.consumer);
    }
}

static void stops_on_request(void)
{
    tally t = {.consumer = open_trace(false), .stops_consumer = true};
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &t, .on_record = on_record};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_STOPPED);
    CHECK_EQ(t.records, 1);
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_STOPPED);
    CHECK_EQ(t.records, 1);
    etw_consumer_destroy(&t.consumer);
}

static tally run_filtered(const char *text, etw_consumer_stats *stats)
{
    etw_filter *filter = NULL;
    tally t = {.consumer = open_trace(false)};
    CHECK_EQ(etw_filter_compile(&filter, text, NULL, NULL), ETW_OK);
    const etw_consumer_ops ops = {
        .size = sizeof ops, .user = &t, .filter = filter, .on_record = on_record};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    *stats = stats_of(t.consumer);
    etw_consumer_destroy(&t.consumer);
    etw_filter_destroy(&filter);
    return t;
}

static void filters_before_the_levels(void)
{
    const uint64_t events = count_events();
    etw_consumer_stats stats;
    const tally by_header = run_filtered("opcode == 1", &stats);
    CHECK(by_header.records > 0 && by_header.records < events);
    CHECK_EQ(stats.filtered, events - by_header.records);
    CHECK_EQ(stats.schemas_found + stats.schemas_missing, 0);
    const tally by_property = run_filtered("opcode == 1 and ProcessId > 0", &stats);
    CHECK(by_property.records > 0 && by_property.records <= by_header.records);
    CHECK_EQ(stats.filtered, events - by_property.records);
    CHECK_EQ(stats.schemas_found + stats.schemas_missing, by_header.records);
}

static void refuses_what_makes_no_sense(void)
{
    etw_consumer *consumer = open_trace(true);
    const etw_consumer_ops none = {.size = sizeof none}, no_size = {.on_record = on_record};
    CHECK_EQ(etw_consumer_run(consumer, &none), ETW_E_INVALID);
    CHECK_EQ(etw_consumer_error(consumer)->status, ETW_E_INVALID);
    CHECK_EQ(etw_consumer_run(consumer, &no_size), ETW_E_INVALID);
    etw_consumer_stats stats = {.size = 0};
    CHECK_EQ(etw_consumer_get_stats(consumer, &stats), ETW_E_INVALID);
    etw_consumer_destroy(&consumer);
}

int main(void)
{
    sample_trace_build(&trace, SAMPLE_COMPRESSED);
    RUN(all_levels_see_all_events);
    RUN(records_need_no_schemas);
    RUN(skipping_ends_the_levels_of_an_event);
    RUN(goes_on_after_a_stop);
    RUN(stops_on_request);
    RUN(filters_before_the_levels);
    RUN(refuses_what_makes_no_sense);
    etlb_writer_free(&trace);
    return test_finish();
}
