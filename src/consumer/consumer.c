/*
 * The consumer: opens traces, has their schemas harvested, and delivers their events.
 *
 * Traces of one machine and boot are measured by one clock: their own start times were rounded
 * separately and would shuffle events of different traces by some microseconds.
 */
#include "consumer/live.h"

#include "base/error.h"
#include "base/options.h"
#include "schema/builtin.h"

enum {
    BUFFER_SIZE_MAX_DEFAULT = 16 * 1024 * 1024,
    BUFFER_SIZE_MIN = 1024,
    MEMORY_MAX_DEFAULT = 128 * 1024 * 1024,
    MEMORY_MAX_MIN = 1024 * 1024,
    THREADS_MAX = 64,
};

static etw_status check_options(etw_consumer_options *options, etw_error *error)
{
    if (!options->buffer_size_max)
        options->buffer_size_max = BUFFER_SIZE_MAX_DEFAULT;
    if (!options->memory_max)
        options->memory_max = MEMORY_MAX_DEFAULT;
    if (!options->threads)
        options->threads = 1;
    if (options->threads == ETW_THREADS_AUTO)
        options->threads = etwi_processor_count();
    if (options->threads > THREADS_MAX)
        options->threads = THREADS_MAX;
    if (options->buffer_size_max < BUFFER_SIZE_MIN || options->memory_max < MEMORY_MAX_MIN ||
        options->order > ETW_ORDER_FILE)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "buffer_size_max, memory_max or order is out of range");
    return ETW_OK;
}

static etw_status take_store(etw_consumer *consumer, etw_error *error)
{
    consumer->schemas = consumer->options.schemas;
    if (consumer->schemas)
        return ETW_OK;
    const etw_schema_store_options options = {.size = sizeof options,
                                              .allocator = &consumer->allocator};
    ETWI_TRY(etw_schema_store_create(&consumer->schemas, &options, error));
    consumer->owns_schemas = true;
    return ETW_OK;
}

etw_status etw_consumer_create(etw_consumer **out, const etw_consumer_options *options,
                               etw_error *error)
{
    *out = NULL;
    etw_consumer_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    ETWI_TRY(check_options(&ours, error));
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_consumer *consumer = etwi_alloc_zeroed(&allocator, sizeof *consumer);
    if (!consumer)
        return etwi_fail_nomem(error);
    consumer->allocator = allocator;
    consumer->options = ours;
    consumer->range = ETWI_ALL_TIME;
    atomic_init(&consumer->stop, false);
    etw_status status = take_store(consumer, error);
    if (status == ETW_OK && etwi_unit_init(&consumer->unit, &allocator) != ETW_OK)
        status = etwi_fail_nomem(error);
    if (status != ETW_OK) {
        etw_consumer_destroy(&consumer);
        return status;
    }
    *out = consumer;
    return ETW_OK;
}

void etw_consumer_destroy(etw_consumer **consumer)
{
    etw_consumer *closing = *consumer;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    if (closing->has_unit)
        etwi_supply_release(closing, &closing->unit);
    etwi_unit_free(&closing->unit, &allocator);
    etwi_live_feed_destroy(&closing->live);
    etwi_feed_destroy(&closing->feed);
    for (size_t i = 0; i < closing->reader_count; i++) {
        if (!closing->owns_schemas)
            etwi_store_forget_trace(closing->schemas, etwi_reader_info(closing->readers[i]));
        etwi_reader_close(&closing->readers[i]);
    }
    etwi_free(&allocator, closing->readers, closing->reader_capacity * sizeof *closing->readers);
    etwi_free(&allocator, closing->traces, closing->trace_capacity * sizeof *closing->traces);
    etwi_harvest_destroy(&closing->harvest);
    if (closing->owns_schemas)
        etw_schema_store_destroy(&closing->schemas);
    etwi_free(&allocator, closing, sizeof *closing);
    *consumer = NULL;
}

/* ------------------------------------------------------------------------------- sources */

etw_status etwi_consumer_reserve_trace(etw_consumer *consumer)
{
    if (consumer->scanned)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "traces must be added before the first batch");
    void *grown = consumer->traces;
    const etw_status status = etwi_grow(&consumer->allocator, &grown, &consumer->trace_capacity,
                                        consumer->trace_count + 1, sizeof *consumer->traces);
    consumer->traces = grown;
    return status == ETW_OK ? ETW_OK : etwi_fail_nomem(&consumer->error);
}

static etw_status add(etw_consumer *consumer, const char *path, const etw_bytes *memory)
{
    ETWI_TRY(etwi_consumer_reserve_trace(consumer));
    void *grown = consumer->readers;
    const etw_status status = etwi_grow(&consumer->allocator, &grown, &consumer->reader_capacity,
                                        consumer->reader_count + 1, sizeof *consumer->readers);
    consumer->readers = grown;
    if (status != ETW_OK)
        return etwi_fail_nomem(&consumer->error);
    etwi_reader **added = &consumer->readers[consumer->reader_count];
    ETWI_TRY(etwi_reader_open(added, path, memory, consumer->options.buffer_size_max,
                              &consumer->allocator, &consumer->error));
    consumer->traces[consumer->trace_count++] =
        (etwi_trace_number){false, consumer->reader_count++};
    consumer->total += etwi_reader_info(*added)->file_size;
    return ETW_OK;
}

etw_status etw_consumer_add_file(etw_consumer *consumer, const char *path)
{
    return add(consumer, path, NULL);
}

etw_status etw_consumer_add_memory(etw_consumer *consumer, const char *name, etw_bytes data)
{
    return add(consumer, name, &data);
}

size_t etw_consumer_trace_count(const etw_consumer *consumer)
{
    return consumer->trace_count;
}

const etw_trace_info *etw_consumer_trace_info(const etw_consumer *consumer, size_t index)
{
    if (index >= consumer->trace_count)
        return NULL;
    const etwi_trace_number *trace = &consumer->traces[index];
    return trace->is_live ? &consumer->live->sources[trace->number]->info->trace
                          : etwi_reader_info(consumer->readers[trace->number]);
}

const etw_trace_stats *etw_consumer_trace_stats(const etw_consumer *consumer, size_t index)
{
    if (index >= consumer->trace_count)
        return NULL;
    const etwi_trace_number *trace = &consumer->traces[index];
    return trace->is_live ? &consumer->live->sources[trace->number]->stats
                          : etwi_reader_stats(consumer->readers[trace->number]);
}

const etw_error *etw_consumer_error(const etw_consumer *consumer)
{
    return &consumer->error;
}

etw_schema_store *etw_consumer_schemas(etw_consumer *consumer)
{
    return consumer->schemas;
}

const etw_schema *etw_consumer_schema(etw_consumer *consumer, const etw_event *event)
{
    return etwi_store_schema(consumer->schemas, event);
}

/* ---------------------------------------------------------------------------- first pass */

/* Traces whose performance counters count the same ticks: of one machine, since one boot. */
static bool same_counter(const etw_trace_info *a, const etw_trace_info *b)
{
    return a->clock.type == ETW_CLOCK_QPC && b->clock.type == ETW_CLOCK_QPC &&
           a->clock.frequency == b->clock.frequency && a->boot_time == b->boot_time;
}

static void share_clocks(etw_consumer *consumer)
{
    for (size_t i = 1; i < consumer->reader_count; i++) {
        const etw_trace_info *info = etwi_reader_info(consumer->readers[i]);
        for (size_t j = 0; j < i; j++) {
            const etw_trace_info *earlier = etwi_reader_info(consumer->readers[j]);
            if (same_counter(earlier, info)) {
                etwi_reader_set_clock(consumer->readers[i], &earlier->clock);
                break;
            }
        }
    }
}

/* The reader that is being scanned, for its visitor. */
typedef struct scan_user {
    etw_consumer *consumer;
    size_t reader;
} scan_user;

static etw_status on_schema_event(void *user, const etw_event *event,
                                  const etwi_record_place *place)
{
    const scan_user *scan = user;
    const etwi_harvest_place where = {scan->reader, place->buffer, place->record};
    return etwi_harvest_add(scan->consumer->harvest, event, &where);
}

/* The first pass is the first half of the work, delivering the events the second. */
static void report(etw_consumer *consumer, uint64_t done)
{
    consumer->options.on_progress(consumer->options.user, done, 2 * consumer->total);
}

static void on_scan_progress(void *user, uint64_t bytes)
{
    const scan_user *scan = user;
    report(scan->consumer, scan->consumer->scanned_bytes + bytes);
}

/* Goes through all traces, for their schemas too if there is a harvest. */
static etw_status scan_all(etw_consumer *consumer)
{
    const etwi_reader_interest interest = {&etwi_event_info_class, ETWI_MANIFEST_EVENT_ID};
    for (size_t i = 0; i < consumer->reader_count; i++) {
        scan_user scan = {consumer, i};
        const etwi_reader_visitor visitor = {
            &scan, consumer->harvest ? &interest : NULL, on_schema_event,
            consumer->options.on_progress ? on_scan_progress : NULL};
        ETWI_TRY(etwi_reader_scan(consumer->readers[i], consumer->options.threads, &visitor,
                                  &consumer->error));
        consumer->scanned_bytes += etwi_reader_info(consumer->readers[i])->file_size;
    }
    return ETW_OK;
}

static etw_status find_beginnings(etw_consumer *consumer)
{
    for (size_t i = 0; i < consumer->reader_count; i++)
        ETWI_TRY(etwi_reader_scan(consumer->readers[i], consumer->options.threads, NULL,
                                  &consumer->error));
    return ETW_OK;
}

static etw_status harvest_schemas(etw_consumer *consumer)
{
    ETWI_TRY(etwi_harvest_create(&consumer->harvest, &consumer->allocator, &consumer->error));
    ETWI_TRY(scan_all(consumer));
    ETWI_TRY(etwi_harvest_publish(consumer->harvest, consumer->schemas, &consumer->error));
    etwi_harvest_destroy(&consumer->harvest);
    return ETW_OK;
}

/* Order needs the times of all buffers; schemas may come after the events they describe. */
static bool needs_scan(const etw_consumer *consumer)
{
    return !consumer->options.without_schemas || consumer->options.order == ETW_ORDER_TIME;
}

/* Does the first pass, once. `fully` if it is to find out the latest time of each buffer, or how
 * many events there are. */
static etw_status scan_once(etw_consumer *consumer, bool fully)
{
    if (consumer->scanned)
        return ETW_OK;
    consumer->scanned = true;
    share_clocks(consumer);
    if (!needs_scan(consumer))
        return ETW_OK;
    if (!consumer->options.without_schemas)
        return harvest_schemas(consumer);
    return fully ? scan_all(consumer) : find_beginnings(consumer);
}

static etw_status create_feed(etw_consumer *consumer)
{
    const etwi_feed_options options = {
        .allocator = consumer->allocator,
        .readers = consumer->readers,
        .reader_count = consumer->reader_count,
        .order = consumer->options.order,
        .scanned = needs_scan(consumer),
        .threads = consumer->options.threads,
        .memory_max = consumer->options.memory_max,
        .range = consumer->range,
        .keys_are_times = consumer->live != NULL,
    };
    return etwi_feed_create(&consumer->feed, &options, &consumer->error);
}

etw_status etwi_consumer_prepare(etw_consumer *consumer)
{
    if (consumer->is_prepared)
        return ETW_OK;
    ETWI_TRY(scan_once(consumer, !etwi_time_range_is_all(&consumer->range)));
    if (!consumer->live || consumer->reader_count)
        ETWI_TRY(create_feed(consumer));
    if (consumer->live)
        etwi_live_feed_begin(consumer->live, consumer->feed);
    consumer->is_prepared = true;
    return ETW_OK;
}

/* ---------------------------------------------------------------------------- spans of time */

static etw_status fail_begun(etw_consumer *consumer)
{
    return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                     "spans of time are chosen before the first batch");
}

etw_status etw_consumer_set_time_range(etw_consumer *consumer, uint64_t begin, uint64_t end)
{
    if (consumer->is_prepared)
        return fail_begun(consumer);
    consumer->range = (etwi_time_range){begin, end ? end : UINT64_MAX};
    return ETW_OK;
}

/* A failure of the first pass ends the consumer, whoever asked for it. */
etw_status etw_consumer_tail_time(etw_consumer *consumer, uint64_t count, uint64_t *out)
{
    *out = 0;
    if (consumer->is_prepared)
        return fail_begun(consumer);
    if (!needs_scan(consumer))
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the last events are not known in file order without schemas");
    if (consumer->live)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the last events of a session are not known before it is stopped");
    if (etw_failed(consumer->failed))
        return consumer->failed;
    etw_status status = scan_once(consumer, true);
    if (status == ETW_OK) {
        status = etwi_time_of_last(consumer->readers, consumer->reader_count, count,
                                   &consumer->allocator, out);
        return status == ETW_OK ? ETW_OK : etwi_fail_nomem(&consumer->error);
    }
    consumer->failed = status;
    return status;
}

/* ----------------------------------------------------------------------------- batches */

void etwi_consumer_report(etw_consumer *consumer)
{
    /* With sessions nobody knows how much there is to do. */
    if (consumer->options.on_progress && !consumer->live)
        report(consumer, consumer->total + etwi_feed_position(consumer->feed));
}

/* The next events of the unit at hand, or of the next one. */
static etw_status next_batch(etw_consumer *consumer, uint32_t timeout_ms)
{
    ETWI_TRY(etwi_consumer_prepare(consumer));
    for (;;) {
        etw_status status = ETW_END;
        if (consumer->has_unit)
            status = etwi_supply_batch(consumer, &consumer->unit, &consumer->batch);
        if (status != ETW_END)
            return status;
        if (consumer->has_unit)
            etwi_supply_release(consumer, &consumer->unit);
        consumer->has_unit = false;
        status = etwi_supply_claim(consumer, &consumer->unit, timeout_ms);
        if (status != ETW_OK)
            return status;
        consumer->has_unit = true;
        etwi_consumer_report(consumer);
    }
}

etw_status etw_consumer_next_batch(etw_consumer *consumer, const etw_batch **out)
{
    return etw_consumer_wait_batch(consumer, out, ETW_WAIT_FOREVER);
}

etw_status etw_consumer_wait_batch(etw_consumer *consumer, const etw_batch **out,
                                   uint32_t timeout_ms)
{
    *out = NULL;
    if (consumer->has_rest) {
        consumer->has_rest = false;
        *out = &consumer->batch;
        return ETW_OK;
    }
    if (etw_failed(consumer->failed))
        return consumer->failed;
    const etw_status status = next_batch(consumer, timeout_ms);
    if (etw_failed(status)) {
        consumer->failed = status;
        if (consumer->unit.error.status == status)
            consumer->error = consumer->unit.error;
        if (consumer->error.status != status)
            etwi_fail(&consumer->error, status, ETW_NO_OFFSET, "%s", etw_status_text(status));
    }
    if (status == ETW_OK) {
        etwi_consumer_count(consumer, &consumer->batch);
        *out = &consumer->batch;
    }
    return status;
}

void etwi_consumer_keep(etw_consumer *consumer, const etw_event *events, size_t count)
{
    consumer->batch.events = events;
    consumer->batch.count = count;
    consumer->has_rest = count != 0;
}

void etw_consumer_stop(etw_consumer *consumer)
{
    atomic_store(&consumer->stop, true);
    if (consumer->live)
        etwi_live_feed_wake(consumer->live);
}

/* ------------------------------------------------------------------------------ counters */

void etwi_consumer_count(etw_consumer *consumer, const etw_batch *batch)
{
    atomic_fetch_add_explicit(&consumer->counters.events, batch->count, memory_order_relaxed);
    atomic_fetch_add_explicit(&consumer->counters.batches, 1, memory_order_relaxed);
}

etw_status etw_consumer_get_stats(etw_consumer *consumer, etw_consumer_stats *out)
{
    const etwi_consumer_counters *counters = &consumer->counters;
    const etw_consumer_stats stats = {
        .events = atomic_load_explicit(&counters->events, memory_order_relaxed),
        .filtered = atomic_load_explicit(&counters->filtered, memory_order_relaxed),
        .schemas_found = atomic_load_explicit(&counters->schemas_found, memory_order_relaxed),
        .schemas_missing = atomic_load_explicit(&counters->schemas_missing, memory_order_relaxed),
        .batches = atomic_load_explicit(&counters->batches, memory_order_relaxed),
        .bytes = etwi_supply_position(consumer),
    };
    return etwi_options_give(out, &stats, sizeof stats);
}
