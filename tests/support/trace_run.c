#include "trace_run.h"

#include "json_check.h"

#include <stdlib.h>

typedef struct pipeline {
    etw_consumer *consumer;
    etw_json *json;
    uint64_t last;
    const trace_run_options *options;
} pipeline;

static etw_status write_events(pipeline *p, const etw_batch *batch, trace_run *run)
{
    etw_json_clear(p->json);
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        const etw_schema *schema = etw_consumer_schema(p->consumer, event);
        run->schemas += schema != NULL;
        run->out_of_order += event->timestamp < p->last;
        p->last = event->timestamp;
        const etw_status status = etw_json_append(p->json, event, schema);
        if (status != ETW_OK)
            return status;
    }
    const etw_str text = etw_json_text(p->json);
    run->json_bytes += text.size;
    run->events += batch->count;
    if (p->options->check_json && !json_lines_are_valid(text))
        run->bad_json++;
    return ETW_OK;
}

static etw_status open_pipeline(pipeline *p, etw_bytes trace)
{
    const etw_consumer_options options = {
        .size = sizeof options,
        .allocator = p->options->allocator,
        .order = p->options->order,
        .memory_max = p->options->memory_max,
        .buffer_size_max = p->options->buffer_size_max,
        .threads = p->options->threads,
        .without_schemas = p->options->without_schemas,
    };
    const etw_json_options json_options = {.size = sizeof json_options,
                                           .allocator = p->options->allocator};
    etw_status status = etw_consumer_create(&p->consumer, &options, NULL);
    if (status == ETW_OK)
        status = etw_json_create(&p->json, &json_options, NULL);
    if (status == ETW_OK)
        status = etw_consumer_add_memory(p->consumer, "memory", trace);
    return status;
}

trace_run trace_run_all(etw_bytes trace, const trace_run_options *options)
{
    const trace_run_options defaults = {.check_json = true};
    pipeline p = {NULL, NULL, 0, options ? options : &defaults};
    trace_run run;
    memset(&run, 0, sizeof run);
    run.status = open_pipeline(&p, trace);
    const etw_batch *batch;
    while (run.status == ETW_OK) {
        run.status = etw_consumer_next_batch(p.consumer, &batch);
        if (run.status == ETW_OK)
            run.status = write_events(&p, batch, &run);
    }
    if (p.consumer && etw_consumer_trace_count(p.consumer))
        run.stats = *etw_consumer_trace_stats(p.consumer, 0);
    if (p.json)
        run.json = *etw_json_get_stats(p.json);
    etw_json_destroy(&p.json);
    etw_consumer_destroy(&p.consumer);
    return run;
}

etw_consumer *trace_open(etw_bytes trace)
{
    etw_consumer *consumer;
    etw_error error;
    if (etw_consumer_create(&consumer, NULL, &error) != ETW_OK)
        etlb_fail("%s", error.message);
    if (etw_consumer_add_memory(consumer, "memory", trace) != ETW_OK)
        etlb_fail("%s", etw_consumer_error(consumer)->message);
    return consumer;
}

void trace_add_event(etlb_trace *trace, unsigned cpu, int64_t raw, uint16_t id)
{
    const etlb_event event = {
        .cpu = cpu,
        .timestamp = raw,
        .process_id = 100 + cpu,
        .thread_id = 200 + cpu,
        .provider = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}},
        .id = id,
    };
    const uint8_t payload[] = {(uint8_t)id, (uint8_t)(id >> 8), 3};
    const etw_bytes bytes = {payload, sizeof payload};
    etlb_event_event(trace, &event, bytes);
}

uint32_t trace_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
