/*
 * spend WAY SCHEMAS.etl TRACE.etl: reads a trace in one way and prints the number of its events.
 *
 * The schemas are learned from another trace first, which takes the same time however long the
 * trace is: what two traces of different lengths take more or less is what events cost.
 */
#include <etw/etw.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static etw_schema_store *schemas;
static uint64_t events;
static volatile uint64_t used; /* So that nothing is left out. */

static void fail(const char *what)
{
    fprintf(stderr, "spend: %s\n", what);
    exit(1);
}

static etw_consumer *open_trace(const char *path, etw_order order, bool learn)
{
    const etw_consumer_options options = {
        .size = sizeof options, .schemas = schemas, .order = order, .without_schemas = !learn};
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_file(consumer, path) != ETW_OK)
        fail("a trace cannot be opened");
    return consumer;
}

static void read_batches(etw_consumer *consumer)
{
    const etw_batch *batch;
    uint64_t sum = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            sum += batch->events[i].timestamp ^ batch->events[i].process_id;
    }
    used = sum;
}

/* Callbacks ------------------------------------------------------------------------------------ */

static etw_flow on_record(void *user, const etw_event *event)
{
    *(uint64_t *)user += event->timestamp ^ event->process_id;
    events++;
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    *(uint64_t *)user += schema != NULL;
    return on_record(user, event);
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    if (prepared->count)
        *(uint64_t *)user += prepared->spans[prepared->count - 1].offset;
    return on_record(user, prepared->event);
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    size_t count;
    const etw_item *items = etw_decoded_items(decoded, &count);
    *(uint64_t *)user += count ? items[count - 1].offset : 0;
    return on_record(user, etw_decoded_event(decoded));
}

static void run(etw_consumer *consumer, etw_consumer_ops ops)
{
    uint64_t sum = 0;
    ops.size = sizeof ops;
    ops.user = &sum;
    if (etw_consumer_run(consumer, &ops) != ETW_END)
        fail("a trace cannot be read");
    used = sum;
}

static void run_level_1(etw_consumer *consumer)
{
    run(consumer, (etw_consumer_ops){.on_record = on_record});
}

static void run_level_2(etw_consumer *consumer)
{
    run(consumer, (etw_consumer_ops){.on_schema = on_schema});
}

static void run_level_3(etw_consumer *consumer)
{
    run(consumer, (etw_consumer_ops){.on_items = on_items});
}

static void run_level_4(etw_consumer *consumer)
{
    run(consumer, (etw_consumer_ops){.on_decoded = on_decoded});
}

/* Of all events only few pass; what is counted is all of them. */
static void run_filter(etw_consumer *consumer)
{
    etw_filter *filter;
    if (etw_filter_compile(&filter, "id == 1 and level <= 4 and tid == 107", NULL, NULL) != ETW_OK)
        fail("no filter");
    run(consumer, (etw_consumer_ops){.on_record = on_record, .filter = filter});
    etw_consumer_stats stats = {.size = sizeof stats};
    if (etw_consumer_get_stats(consumer, &stats) != ETW_OK || stats.filtered >= stats.events)
        fail("the filter lets nothing pass");
    events = stats.events;
    etw_filter_destroy(&filter);
}

/* JSON ----------------------------------------------------------------------------------------- */

static void write_json(etw_consumer *consumer, etw_json_profile profile)
{
    const etw_json_options options = {.size = sizeof options, .profile = profile};
    etw_json *json;
    const etw_batch *batch;
    if (etw_json_create(&json, &options, NULL) != ETW_OK)
        fail("no JSON writer");
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            if (etw_json_append(json, event, etw_consumer_schema(consumer, event)) != ETW_OK)
                fail("no JSON");
        }
        used = etw_json_text(json).size;
        etw_json_clear(json);
    }
    etw_json_destroy(&json);
}

static void write_full_json(etw_consumer *consumer)
{
    write_json(consumer, ETW_JSON_FULL);
}

static void write_compact_json(etw_consumer *consumer)
{
    write_json(consumer, ETW_JSON_COMPACT);
}

static const struct {
    const char *name;
    etw_order order;
    void (*read)(etw_consumer *consumer);
} WAYS[] = {
    {"batches", ETW_ORDER_FILE, read_batches},
    {"time", ETW_ORDER_TIME, read_batches},
    {"level-1", ETW_ORDER_FILE, run_level_1},
    {"level-2", ETW_ORDER_FILE, run_level_2},
    {"level-3", ETW_ORDER_FILE, run_level_3},
    {"level-4", ETW_ORDER_FILE, run_level_4},
    {"filter", ETW_ORDER_FILE, run_filter},
    {"json", ETW_ORDER_FILE, write_full_json},
    {"json-compact", ETW_ORDER_FILE, write_compact_json},
};

int main(int argc, char **argv)
{
    if (argc != 4 || etw_schema_store_create(&schemas, NULL, NULL) != ETW_OK)
        fail("usage: spend WAY SCHEMAS.etl TRACE.etl");
    etw_consumer *consumer = open_trace(argv[2], ETW_ORDER_FILE, true);
    read_batches(consumer);
    etw_consumer_destroy(&consumer);
    events = 0;
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (strcmp(argv[1], WAYS[i].name) == 0) {
            consumer = open_trace(argv[3], WAYS[i].order, false);
            WAYS[i].read(consumer);
            etw_consumer_destroy(&consumer);
            etw_schema_store_destroy(&schemas);
            printf("%" PRIu64 "\n", events);
            return 0;
        }
    fail("there is no such way");
}
