/*
 * bench_levels MEGABYTES ROUNDS [TRACE.etl]: the levels of consuming a trace that lies in memory,
 * in the order of the file, in turns with summing its bytes.
 *
 * The trace is a mixed one, or an uncompressed one that is given and repeated.
 */
#include "big_trace.h"
#include "harness.h"
#include "mixed_schema.h"
#include "mixed_trace.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct bench {
    etw_bytes trace;
    etw_schema_store *schemas;
    etw_filter *filter;
    uint64_t events;     /* Of the trace. */
    uint64_t properties; /* That level 3 has found. */
    uint64_t kept;       /* By the filter. */
} bench;

static harness_result sum_bytes(void *context)
{
    const bench *b = context;
    uint64_t sums[8] = {0};
    const uint8_t *data = b->trace.data;
    for (size_t at = 0; at + 64 <= b->trace.size; at += 64)
        for (int i = 0; i < 8; i++) {
            uint64_t word;
            memcpy(&word, data + at + 8 * i, sizeof word);
            sums[i] += word;
        }
    harness_result r = {0, b->trace.size, 0};
    for (int i = 0; i < 8; i++)
        r.work += sums[i];
    return r;
}

/* ------------------------------------------------------------------------------ batches */

static etw_consumer *open_trace(bench *b)
{
    return harness_open(b->trace, b->schemas, ETW_ORDER_FILE);
}

static harness_result level_1_batch(void *context)
{
    bench *b = context;
    etw_consumer *consumer = open_trace(b);
    const etw_batch *batch;
    harness_result r = {0, b->trace.size, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += batch->events[i].timestamp ^ batch->events[i].process_id;
    }
    harness_close(consumer);
    return r;
}

static harness_result level_2_batch(void *context)
{
    bench *b = context;
    etw_consumer *consumer = open_trace(b);
    const etw_batch *batch;
    harness_result r = {0, b->trace.size, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += (uintptr_t)etw_consumer_schema(consumer, &batch->events[i]);
    }
    harness_close(consumer);
    return r;
}

/* Where all properties are. */
static harness_result level_3_batch(void *context)
{
    static etw_span spans[UINT16_MAX];
    bench *b = context;
    etw_consumer *consumer = open_trace(b);
    const etw_batch *batch;
    harness_result r = {0, b->trace.size, 0};
    b->properties = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            size_t count = 0;
            etw_event_prepare(event, etw_consumer_schema(consumer, event), spans, UINT16_MAX,
                              &count);
            b->properties += count;
            r.work += count ? spans[count - 1].offset + spans[count - 1].size : 0u;
        }
    }
    harness_close(consumer);
    return r;
}

/* Item by item with the cursor. */
static harness_result level_3_cursor(void *context)
{
    bench *b = context;
    etw_consumer *consumer = open_trace(b);
    const etw_batch *batch;
    etw_items items;
    etw_item item;
    harness_result r = {0, b->trace.size, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            etw_items_begin(&items, event, etw_consumer_schema(consumer, event));
            while (etw_items_next(&items, &item))
                r.work += item.offset + item.data.size;
        }
    }
    harness_close(consumer);
    return r;
}

/* Through a queue to this thread; the figure is of both threads together. */
static harness_result level_1_queue(void *context)
{
    bench *b = context;
    etw_consumer *consumer = open_trace(b);
    etw_queue *queue;
    const etw_batch *batch;
    harness_result r = {0, b->trace.size, 0};
    harness_require(etw_queue_create(&queue, NULL, NULL) == ETW_OK &&
                        etw_queue_start(queue, consumer) == ETW_OK,
                    "no queue");
    while (etw_queue_next(queue, &batch, ETW_WAIT_FOREVER) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += batch->events[i].timestamp ^ batch->events[i].process_id;
        etw_queue_release(queue, batch);
    }
    etw_queue_destroy(&queue);
    harness_close(consumer);
    return r;
}

/* ---------------------------------------------------------------------------- callbacks */

static etw_flow take_record(void *user, const etw_event *event)
{
    harness_result *r = user;
    r->events++;
    r->work += event->timestamp ^ event->process_id;
    return ETW_FLOW_NEXT;
}

static etw_flow take_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    harness_result *r = user;
    r->events++;
    r->work += event->timestamp ^ (uintptr_t)schema;
    return ETW_FLOW_NEXT;
}

static etw_flow take_items(void *user, const etw_prepared *prepared)
{
    harness_result *r = user;
    const size_t count = prepared->count;
    r->events++;
    r->work += count ? prepared->spans[count - 1].offset + prepared->spans[count - 1].size : 0u;
    return ETW_FLOW_NEXT;
}

static etw_flow take_decoded(void *user, etw_decoded *decoded)
{
    harness_result *r = user;
    size_t count;
    const etw_item *items = etw_decoded_items(decoded, &count);
    r->events++;
    r->work += count ? items[count - 1].offset : 0u;
    return ETW_FLOW_NEXT;
}

static harness_result run(bench *b, etw_consumer_ops ops)
{
    harness_result r = {0, b->trace.size, 0};
    etw_consumer *consumer = open_trace(b);
    ops.size = sizeof ops;
    ops.user = &r;
    harness_require(etw_consumer_run(consumer, &ops) == ETW_END, "the trace was not read");
    harness_close(consumer);
    return r;
}

static harness_result level_1_callback(void *context)
{
    const etw_consumer_ops ops = {.on_record = take_record};
    return run(context, ops);
}

static harness_result level_2_callback(void *context)
{
    const etw_consumer_ops ops = {.on_schema = take_schema};
    return run(context, ops);
}

static harness_result level_3_callback(void *context)
{
    const etw_consumer_ops ops = {.on_items = take_items};
    return run(context, ops);
}

static harness_result level_4_decoded(void *context)
{
    const etw_consumer_ops ops = {.on_decoded = take_decoded};
    return run(context, ops);
}

/* One event of a hundred reaches the callback. */
static harness_result level_1_filter(void *context)
{
    bench *b = context;
    const etw_consumer_ops ops = {.on_record = take_record, .filter = b->filter};
    harness_result r = run(b, ops);
    b->kept = r.events;
    r.events = b->events;
    return r;
}

/* -------------------------------------------------------------------------------------- */

static etw_bytes read_file(const char *path)
{
    etw_bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    harness_require(file && fseek(file, 0, SEEK_END) == 0, "the trace cannot be read");
    bytes.size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = harness_checked(malloc(bytes.size));
    harness_require(fread(data, 1, bytes.size, file) == bytes.size, "the trace cannot be read");
    bytes.data = data;
    fclose(file);
    return bytes;
}

/* One pass that gathers the schemas of a trace into a store. */
static void learn_schemas(etw_schema_store *store, etw_bytes trace)
{
    const etw_consumer_options options = {.size = sizeof options, .schemas = store};
    etw_consumer *consumer;
    const etw_batch *batch;
    harness_require(etw_consumer_create(&consumer, &options, NULL) == ETW_OK, "no consumer");
    harness_require(etw_consumer_add_memory(consumer, "small", trace) == ETW_OK,
                    "the trace cannot be used");
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        continue;
    harness_close(consumer);
}

/* One event of a hundred of a mixed trace has this provider and id. */
static etw_filter *make_filter(void)
{
    const mixed_schema schema = mixed_schema_make(0, 6);
    char guid[ETW_GUID_TEXT_SIZE], text[128];
    etw_filter *filter;
    etw_guid_format(&schema.provider, 0, guid);
    snprintf(text, sizeof text, "provider == %s and id == %u", guid, (unsigned)schema.id);
    harness_require(etw_filter_compile(&filter, text, NULL, NULL) == ETW_OK,
                    "the filter was not understood");
    return filter;
}

int main(int argc, char **argv)
{
    harness_require(argc >= 3, "usage: bench_levels MEGABYTES ROUNDS [TRACE.etl]");
    const harness_size size = harness_arguments(argv[1], argv[2]);
    bench b = {.schemas = harness_schemas()};
    if (argc > 3) {
        const etw_bytes small = read_file(argv[3]);
        learn_schemas(b.schemas, small);
        b.trace = big_trace_make(small, size.bytes);
    } else {
        b.trace = mixed_trace_in_memory(MIXED_PLAIN, size.bytes);
    }
    harness_require(b.trace.size > 0, "the trace cannot be used");
    b.filter = make_filter();
    b.events = level_1_batch(&b).events;
    const harness_variant variants[] = {
        {"sum", sum_bytes, &b},
        {"level1.batch", level_1_batch, &b},
        {"level1.callback", level_1_callback, &b},
        {"level1.filter", level_1_filter, &b},
        {"level2.batch", level_2_batch, &b},
        {"level2.callback", level_2_callback, &b},
        {"level3.batch", level_3_batch, &b},
        {"level3.callback", level_3_callback, &b},
        {"level3.cursor", level_3_cursor, &b},
        {"level4.decoded", level_4_decoded, &b},
        {"level1.queue", level_1_queue, &b},
    };
    harness_run(variants, sizeof variants / sizeof *variants, size.rounds);
    harness_value("properties", (double)b.properties);
    harness_value("kept", (double)b.kept);
    return 0;
}
