/*
 * The four levels: one loop over batches, which does for an event what the levels that are set
 * need, and nothing else.
 */
#include "consumer/consumer_internal.h"

#include "base/error.h"
#include "base/options.h"
#include "consumer/filter.h"
#include "decode/prepare.h"
#include "schema/store.h"

typedef struct run {
    etw_consumer *consumer;
    etw_consumer_ops ops;
    bool wants_schema; /* A level from the second on is set. */
    etw_status status; /* A failure that ended the run. */
    etw_span *spans;
    size_t span_capacity;
    etw_decoded *decoded;
    uint64_t filtered, found, missing; /* In the batch at hand. */
} run;

static const etw_schema *look_up(run *r, const etw_event *event)
{
    const etw_schema *schema = etw_consumer_schema(r->consumer, event);
    r->found += schema != NULL;
    r->missing += schema == NULL;
    return schema;
}

static etw_flow fail(run *r, etw_status status)
{
    r->status = status;
    return ETW_FLOW_STOP;
}

/* Tells of a payload that does not decode to its end. */
static etw_flow report_error(run *r, const etw_event *event, const etw_schema *schema,
                             const etw_decode_error *error)
{
    if (!error || !schema || !r->ops.on_error)
        return ETW_FLOW_NEXT;
    return r->ops.on_error(r->ops.user, event, schema, error);
}

/* ------------------------------------------------------------------------------- levels */

static bool make_room(run *r, size_t count)
{
    if (count <= r->span_capacity)
        return true;
    void *memory = r->spans;
    const etw_status grown =
        etwi_grow(&r->consumer->allocator, &memory, &r->span_capacity, count, sizeof *r->spans);
    r->spans = memory;
    return grown == ETW_OK;
}

/* Puts the spans of an event to `r->spans`. */
static etw_flow find_spans(run *r, const etw_event *event, const etw_schema *schema)
{
    etw_decode_error error;
    if (!make_room(r, (size_t)schema->top_level_count + ETWI_SPAN_SLACK))
        return fail(r, etwi_fail_nomem(&r->consumer->error));
    if (etwi_prepare(event, schema, r->spans, r->span_capacity, &error) == ETW_OK)
        return ETW_FLOW_NEXT;
    return report_error(r, event, schema, &error);
}

static etw_flow level_3(run *r, const etw_event *event, const etw_schema *schema)
{
    etw_prepared prepared = {event, schema, NULL, 0};
    if (schema) {
        prepared.count = etwi_schema_of(schema)->plan.top_level_count;
        prepared.spans = etwi_static_spans(event, schema);
        if (!prepared.spans) {
            const etw_flow flow = find_spans(r, event, schema);
            if (flow != ETW_FLOW_NEXT)
                return flow;
            prepared.spans = r->spans;
        }
    }
    return r->ops.on_items(r->ops.user, &prepared);
}

static etw_flow level_4(run *r, const etw_event *event, const etw_schema *schema)
{
    if (etw_decoded_decode(r->decoded, event, schema) != ETW_OK)
        return fail(r, etwi_fail_nomem(&r->consumer->error));
    if (!r->ops.on_items) {
        const etw_flow flow = report_error(r, event, schema, etw_decoded_error(r->decoded));
        if (flow != ETW_FLOW_NEXT)
            return flow;
    }
    return r->ops.on_decoded(r->ops.user, r->decoded);
}

/* The levels from the second on. */
static etw_flow deliver_meaning(run *r, const etw_event *event, const etw_schema *schema)
{
    const etw_consumer_ops *ops = &r->ops;
    etw_flow flow = ETW_FLOW_NEXT;
    if (ops->on_schema)
        flow = ops->on_schema(ops->user, event, schema);
    if (flow == ETW_FLOW_NEXT && ops->on_items)
        flow = level_3(r, event, schema);
    if (flow == ETW_FLOW_NEXT && ops->on_decoded)
        flow = level_4(r, event, schema);
    return flow;
}

/* All levels of an event whose header the filter does not deny. */
static etw_flow deliver(run *r, const etw_event *event, etw_filter_verdict verdict)
{
    const etw_schema *schema = NULL;
    const bool is_open = verdict == ETW_FILTER_MAYBE;
    if (is_open) {
        schema = look_up(r, event);
        if (!etw_filter_match(r->ops.filter, event, schema)) {
            r->filtered++;
            return ETW_FLOW_SKIP;
        }
    }
    if (r->ops.on_record) {
        const etw_flow flow = r->ops.on_record(r->ops.user, event);
        if (flow != ETW_FLOW_NEXT)
            return flow;
    }
    if (!r->wants_schema)
        return ETW_FLOW_NEXT;
    if (!is_open)
        schema = look_up(r, event);
    return deliver_meaning(r, event, schema);
}

/* ------------------------------------------------------------------------------ batches */

static void add(atomic_uint_fast64_t *counter, uint64_t *count)
{
    if (*count)
        atomic_fetch_add_explicit(counter, *count, memory_order_relaxed);
    *count = 0;
}

static void add_counters(run *r)
{
    etwi_consumer_counters *counters = &r->consumer->counters;
    add(&counters->filtered, &r->filtered);
    add(&counters->schemas_found, &r->found);
    add(&counters->schemas_missing, &r->missing);
}

static bool is_stopped(const run *r)
{
    return atomic_load_explicit(&r->consumer->stop, memory_order_relaxed);
}

/* Level 1 alone, of all events: nothing but the calls. Returns how many were delivered; the last
 * one of them may have ended the run. */
static size_t deliver_records(run *r, const etw_batch *batch, bool *goes_on)
{
    etw_flow (*const on_record)(void *, const etw_event *) = r->ops.on_record;
    void *const user = r->ops.user;
    for (size_t i = 0; i < batch->count; i++) {
        *goes_on = on_record(user, &batch->events[i]) != ETW_FLOW_STOP && !is_stopped(r);
        if (!*goes_on)
            return i + 1;
    }
    return batch->count;
}

static size_t deliver_all(run *r, const etw_batch *batch, bool *goes_on)
{
    etw_filter_verdict verdict = ETW_FILTER_YES;
    for (size_t i = 0; i < batch->count; i++) {
        if (r->ops.filter) {
            const size_t denied =
                etwi_filter_next(r->ops.filter, batch->events + i, batch->count - i, &verdict);
            r->filtered += denied;
            i += denied;
            if (i == batch->count)
                break;
        }
        *goes_on = deliver(r, &batch->events[i], verdict) != ETW_FLOW_STOP && !is_stopped(r);
        if (!*goes_on)
            return i + 1;
    }
    return batch->count;
}

/* All events of a batch; what comes behind an event that stops the run is kept for the next one. */
static bool run_batch(run *r, const etw_batch *batch)
{
    bool goes_on = true;
    const bool is_simple = !r->ops.filter && !r->wants_schema;
    const size_t count =
        is_simple ? deliver_records(r, batch, &goes_on) : deliver_all(r, batch, &goes_on);
    if (!goes_on)
        etwi_consumer_keep(r->consumer, batch->events + count, batch->count - count);
    return goes_on;
}

static etw_status run_batches(run *r)
{
    const etw_batch *batch;
    for (;;) {
        if (is_stopped(r))
            return ETW_STOPPED;
        const etw_status status = etw_consumer_next_batch(r->consumer, &batch);
        if (status != ETW_OK)
            return status;
        const bool goes_on = run_batch(r, batch);
        add_counters(r);
        if (!goes_on)
            return etw_failed(r->status) ? r->status : ETW_STOPPED;
    }
}

static etw_status prepare(run *r)
{
    const etw_consumer_ops *ops = &r->ops;
    r->wants_schema = ops->on_schema || ops->on_items || ops->on_decoded;
    if (!ops->on_decoded)
        return ETW_OK;
    const etw_decoded_options options = {sizeof options, &r->consumer->allocator, ops->fields,
                                         ops->field_count};
    return etw_decoded_create(&r->decoded, &options, &r->consumer->error);
}

etw_status etw_consumer_run(etw_consumer *consumer, const etw_consumer_ops *ops)
{
    run r = {.consumer = consumer, .status = ETW_OK};
    ETWI_TRY(etwi_options_copy(&r.ops, sizeof r.ops, ops, &consumer->error));
    if (!r.ops.on_record && !r.ops.on_schema && !r.ops.on_items && !r.ops.on_decoded)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET, "no level is set");
    etw_status status = prepare(&r);
    if (status == ETW_OK)
        status = run_batches(&r);
    etw_decoded_destroy(&r.decoded);
    etwi_free(&consumer->allocator, r.spans, r.span_capacity * sizeof *r.spans);
    return status;
}
