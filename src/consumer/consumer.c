/*
 * The consumer: opens traces, has their schemas harvested, and merges their events by time.
 *
 * Each trace delivers batches in its own order already, so merging means looking at the next event
 * of each. Traces of one machine and boot are measured by one clock: their own start times were
 * rounded separately and would shuffle events of different traces by some microseconds.
 */
#include <etw/consumer.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "etl/reader.h"
#include "schema/builtin.h"
#include "schema/harvest.h"

#include <string.h>

enum {
    BUFFER_SIZE_MAX_DEFAULT = 16 * 1024 * 1024,
    BUFFER_SIZE_MIN = 1024,
    MEMORY_MAX_DEFAULT = 128 * 1024 * 1024,
    MEMORY_MAX_MIN = 1024 * 1024,
    BATCH_EVENTS = 512,
};

/* One trace, and its events that were read but not delivered. */
typedef struct source {
    etwi_reader *reader;
    etw_batch batch;
    size_t at;
    bool ended;
} source;

struct etw_consumer {
    etw_allocator allocator;
    etw_consumer_options options;
    etw_schema_store *schemas;
    bool owns_schemas;
    bool prepared;     /* The first pass is done. */
    etw_status failed; /* A failure that ended the consumer. */
    source *sources;
    size_t source_count, source_capacity;
    etw_event *events; /* Merged, where there are several traces. */
    etw_batch batch;
    uint64_t scanned; /* Bytes of the traces that the first pass has finished. */
    uint64_t total;   /* Bytes of all traces. */
    etwi_harvest *harvest;
    etw_error error;
};

etw_status etw_consumer_create(etw_consumer **out, const etw_consumer_options *options,
                               etw_error *error)
{
    *out = NULL;
    etw_consumer_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    if (!ours.buffer_size_max)
        ours.buffer_size_max = BUFFER_SIZE_MAX_DEFAULT;
    if (!ours.memory_max)
        ours.memory_max = MEMORY_MAX_DEFAULT;
    if (ours.buffer_size_max < BUFFER_SIZE_MIN || ours.memory_max < MEMORY_MAX_MIN ||
        ours.order > ETW_ORDER_FILE)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "buffer_size_max, memory_max or order is out of range");
    etw_consumer *consumer = etwi_alloc_zeroed(&allocator, sizeof *consumer);
    if (!consumer)
        return etwi_fail_nomem(error);
    consumer->allocator = allocator;
    consumer->options = ours;
    consumer->schemas = ours.schemas;
    if (!consumer->schemas) {
        const etw_schema_store_options store_options = {sizeof store_options, &allocator};
        const etw_status status =
            etw_schema_store_create(&consumer->schemas, &store_options, error);
        if (status != ETW_OK) {
            etw_consumer_destroy(&consumer);
            return status;
        }
        consumer->owns_schemas = true;
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
    for (size_t i = 0; i < closing->source_count; i++)
        etwi_reader_close(&closing->sources[i].reader);
    etwi_free(&allocator, closing->sources, closing->source_capacity * sizeof *closing->sources);
    etwi_free(&allocator, closing->events, BATCH_EVENTS * sizeof *closing->events);
    etwi_harvest_destroy(&closing->harvest);
    if (closing->owns_schemas)
        etw_schema_store_destroy(&closing->schemas);
    etwi_free(&allocator, closing, sizeof *closing);
    *consumer = NULL;
}

/* ------------------------------------------------------------------------------- sources */

static etw_status add(etw_consumer *consumer, const char *path, const etw_bytes *memory)
{
    if (consumer->prepared)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "traces must be added before the first batch");
    void *grown = consumer->sources;
    const etw_status status = etwi_grow(&consumer->allocator, &grown, &consumer->source_capacity,
                                        consumer->source_count + 1, sizeof *consumer->sources);
    consumer->sources = grown;
    if (status != ETW_OK)
        return etwi_fail_nomem(&consumer->error);
    const etwi_reader_options options = {consumer->allocator, consumer->options.buffer_size_max,
                                         consumer->options.memory_max};
    source *added = &consumer->sources[consumer->source_count];
    memset(added, 0, sizeof *added);
    ETWI_TRY(etwi_reader_open(&added->reader, path, memory, &options, &consumer->error));
    consumer->source_count++;
    consumer->total += etwi_reader_info(added->reader)->file_size;
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
    return consumer->source_count;
}

const etw_trace_info *etw_consumer_trace_info(const etw_consumer *consumer, size_t index)
{
    return index < consumer->source_count ? etwi_reader_info(consumer->sources[index].reader)
                                          : NULL;
}

const etw_trace_stats *etw_consumer_trace_stats(const etw_consumer *consumer, size_t index)
{
    return index < consumer->source_count ? etwi_reader_stats(consumer->sources[index].reader)
                                          : NULL;
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
    const etw_schema *schema;
    return etw_schema_store_find(consumer->schemas, event, &schema) == ETW_OK ? schema : NULL;
}

/* ---------------------------------------------------------------------------- first pass */

/* Traces whose performance counters count the same ticks: of one machine, since one boot. */
static bool same_clock(const etw_trace_info *a, const etw_trace_info *b)
{
    return a->clock.type == ETW_CLOCK_QPC && b->clock.type == ETW_CLOCK_QPC &&
           a->clock.frequency == b->clock.frequency && a->boot_time == b->boot_time;
}

static void share_clocks(etw_consumer *consumer)
{
    for (size_t i = 1; i < consumer->source_count; i++) {
        const etw_trace_info *info = etwi_reader_info(consumer->sources[i].reader);
        for (size_t j = 0; j < i; j++) {
            const etw_trace_info *earlier = etwi_reader_info(consumer->sources[j].reader);
            if (same_clock(earlier, info)) {
                etwi_reader_set_clock(consumer->sources[i].reader, &earlier->clock);
                break;
            }
        }
    }
}

static etw_status on_schema_event(void *user, const etw_event *event)
{
    etw_consumer *consumer = user;
    return etwi_harvest_add(consumer->harvest, event);
}

/* The scan is the first half of the work, delivering the events the second. */
static void report(etw_consumer *consumer, uint64_t done)
{
    consumer->options.on_progress(consumer->options.user, done, 2 * consumer->total);
}

static void on_scan_progress(void *user, uint64_t offset)
{
    etw_consumer *consumer = user;
    report(consumer, consumer->scanned + offset);
}

static etw_status scan_all(etw_consumer *consumer)
{
    const etwi_reader_interest interest = {&etwi_event_info_class, 1, ETWI_MANIFEST_EVENT_ID};
    const etwi_reader_visitor visitor = {
        consumer, consumer->options.without_schemas ? NULL : &interest, on_schema_event,
        consumer->options.on_progress ? on_scan_progress : NULL};
    for (size_t i = 0; i < consumer->source_count; i++) {
        etwi_reader *reader = consumer->sources[i].reader;
        ETWI_TRY(etwi_reader_scan(reader, &visitor, &consumer->error));
        consumer->scanned += etwi_reader_info(reader)->file_size;
    }
    return ETW_OK;
}

static etw_status prepare(etw_consumer *consumer)
{
    share_clocks(consumer);
    ETWI_TRY(etwi_harvest_create(&consumer->harvest, &consumer->allocator, &consumer->error));
    ETWI_TRY(scan_all(consumer));
    ETWI_TRY(etwi_harvest_publish(consumer->harvest, consumer->schemas, &consumer->error));
    etwi_harvest_destroy(&consumer->harvest);
    if (consumer->source_count > 1) {
        consumer->events =
            etwi_alloc(&consumer->allocator, BATCH_EVENTS * sizeof *consumer->events);
        if (!consumer->events)
            return etwi_fail_nomem(&consumer->error);
    }
    return ETW_OK;
}

/* -------------------------------------------------------------------------------- merging */

static etw_status refill(etw_consumer *consumer, source *from)
{
    const etw_status status =
        etwi_reader_next(from->reader, consumer->options.order, &from->batch, &consumer->error);
    from->at = 0;
    from->ended = status == ETW_END;
    return etw_failed(status) ? status : ETW_OK;
}

/* Whether an event comes before another of an earlier source: by time, and where the clock of both
 * is finer than a FILETIME, by that clock. */
static bool comes_before(const etw_event *later_source, const etw_event *earlier_source)
{
    if (later_source->timestamp != earlier_source->timestamp)
        return later_source->timestamp < earlier_source->timestamp;
    return same_clock(later_source->trace, earlier_source->trace) &&
           later_source->raw_timestamp < earlier_source->raw_timestamp;
}

/* The source whose event comes next: the earliest, and of equals the one that was added first. In
 * file order the first one that has any. */
static source *next_source(etw_consumer *consumer)
{
    source *best = NULL;
    for (size_t i = 0; i < consumer->source_count; i++) {
        source *candidate = &consumer->sources[i];
        if (candidate->ended)
            continue;
        if (consumer->options.order == ETW_ORDER_FILE)
            return candidate;
        if (!best ||
            comes_before(&candidate->batch.events[candidate->at], &best->batch.events[best->at]))
            best = candidate;
    }
    return best;
}

/* A source is refilled when a batch starts, not when it runs dry inside of one: the events that
 * were merged before still point into its buffers. */
static etw_status merge(etw_consumer *consumer)
{
    for (size_t i = 0; i < consumer->source_count; i++) {
        source *from = &consumer->sources[i];
        if (!from->ended && from->at == from->batch.count)
            ETWI_TRY(refill(consumer, from));
    }
    size_t count = 0;
    while (count < BATCH_EVENTS) {
        source *from = next_source(consumer);
        if (!from)
            break;
        consumer->events[count++] = from->batch.events[from->at++];
        if (from->at == from->batch.count)
            break;
    }
    consumer->batch.events = consumer->events;
    consumer->batch.count = count;
    return count ? ETW_OK : ETW_END;
}

static void report_delivery(etw_consumer *consumer)
{
    if (!consumer->options.on_progress)
        return;
    uint64_t done = consumer->total;
    for (size_t i = 0; i < consumer->source_count; i++)
        done += etwi_reader_position(consumer->sources[i].reader);
    report(consumer, done);
}

static etw_status next_batch(etw_consumer *consumer)
{
    if (!consumer->prepared) {
        consumer->prepared = true;
        ETWI_TRY(prepare(consumer));
    }
    if (consumer->source_count == 1)
        return etwi_reader_next(consumer->sources[0].reader, consumer->options.order,
                                &consumer->batch, &consumer->error);
    return merge(consumer);
}

etw_status etw_consumer_next_batch(etw_consumer *consumer, const etw_batch **out)
{
    *out = NULL;
    if (etw_failed(consumer->failed))
        return consumer->failed;
    const etw_status status = next_batch(consumer);
    if (etw_failed(status)) {
        consumer->failed = status;
        if (consumer->error.status != status)
            etwi_fail(&consumer->error, status, ETW_NO_OFFSET, "%s", etw_status_text(status));
        return status;
    }
    report_delivery(consumer);
    if (status == ETW_OK)
        *out = &consumer->batch;
    return status;
}
