/*
 * The whole way from the bytes of a trace to JSON: in time order, and in file order without a first
 * pass. Where a file is damaged they may find different numbers of events, but each has to count
 * what it delivers.
 */
#include <etw/etw.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BUFFER_SIZE_MAX = 128 * 1024, /* Small, so that no input takes long. */
    MEMORY_MAX = 1024 * 1024,
};

static void require(bool good)
{
    if (!good)
        abort();
}

static void check_event(const etw_event *event)
{
    require(event->trace != NULL);
    require(event->payload >= event->record);
    require(event->payload + event->payload_size == event->record + event->record_size);
    require(event->pointer_size == 4 || event->pointer_size == 8);
    require(event->header_kind < ETW_HEADER_KIND_COUNT);
}

/* Neither raw control characters nor unfinished lines. */
static void check_text(etw_str text)
{
    for (size_t i = 0; i < text.size; i++)
        require((uint8_t)text.data[i] >= 0x20 || text.data[i] == '\n');
    require(!text.size || text.data[text.size - 1] == '\n');
}

static void check_stats(const etw_trace_stats *stats, uint64_t delivered)
{
    uint64_t kinds = 0;
    for (size_t i = 0; i < sizeof stats->header_kinds / sizeof stats->header_kinds[0]; i++)
        kinds += stats->header_kinds[i];
    require(kinds == stats->events && delivered == stats->events);
    require(stats->compressed_buffers <= stats->buffers);
    require((stats->corrupt_regions > 0) == (stats->first_damage.status != ETW_OK));
}

static void read_trace(etw_bytes trace, etw_json *json, etw_order order)
{
    const bool by_time = order == ETW_ORDER_TIME;
    const etw_consumer_options options = {
        .size = sizeof options,
        .order = order,
        .without_schemas = !by_time,
        .buffer_size_max = BUFFER_SIZE_MAX,
        .memory_max = MEMORY_MAX,
    };
    etw_consumer *consumer;
    const etw_batch *batch;
    uint64_t count = 0, last = 0, late = 0;
    require(etw_consumer_create(&consumer, &options, NULL) == ETW_OK);
    if (etw_consumer_add_memory(consumer, "fuzz", trace) == ETW_OK) {
        etw_status status;
        while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
            etw_json_clear(json);
            for (size_t i = 0; i < batch->count; i++) {
                const etw_event *event = &batch->events[i];
                check_event(event);
                late += event->timestamp < last;
                last = event->timestamp;
                require(etw_json_append(json, event, etw_consumer_schema(consumer, event)) ==
                        ETW_OK);
            }
            check_text(etw_json_text(json));
            count += batch->count;
        }
        require(status == ETW_END);
        const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
        require(!by_time || late <= stats->late_events);
        if (by_time)
            check_stats(stats, count);
        else
            require(count == stats->events);
    } else {
        require(etw_consumer_error(consumer)->message[0] != '\0');
    }
    etw_consumer_destroy(&consumer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const etw_bytes trace = {data, size};
    const etw_json_options options = {.size = sizeof options};
    etw_json *json;
    require(etw_json_create(&json, &options, NULL) == ETW_OK);
    read_trace(trace, json, ETW_ORDER_TIME);
    read_trace(trace, json, ETW_ORDER_FILE);
    etw_json_destroy(&json);
    return 0;
}
