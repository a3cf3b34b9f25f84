/* ProcessTrace(). */
#include "trace.h"

#include "base/buffer.h"

enum {
    FEED_BATCH = 512 /* Events that the double calls a buffer. */
};

/* What one call works on. */
typedef struct processing {
    double_trace *traces[DOUBLE_TRACES_MAX];
    uint32_t count;
    uint64_t begin, end; /* FILETIME; 0 if not limited. */
} processing;

static void deliver(double_trace *trace, const etw_event *event)
{
    double_record_fill(&trace->record, event, trace->is_raw);
    trace->record.record.user_context = trace->logfile.context;
    trace->on_record(&trace->record.record);
}

/* After each buffer; false if the consumer wants no more. */
static bool tell_buffer(double_trace *trace, const etw_batch *batch)
{
    etwi_abi_logfile *logfile = &trace->logfile;
    size_t filled = 0;
    for (size_t i = 0; i < batch->count; i++)
        filled += batch->events[i].record_size;
    logfile->buffers_read++;
    logfile->filled = (uint32_t)filled;
    if (batch->count)
        logfile->current_time = (int64_t)batch->events[batch->count - 1].timestamp;
    return !logfile->buffer_callback || logfile->buffer_callback(logfile);
}

static uint32_t deliver_batch(double_trace *trace, const etw_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        deliver(trace, &batch->events[i]);
    return tell_buffer(trace, batch) ? ERROR_SUCCESS : ERROR_CANCELLED;
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* The events of a file in memory, so that repeating them costs little. */
typedef struct loaded {
    etwi_buffer events, bytes;
} loaded;

/* Where records and payloads are among the bytes is kept as if it was a pointer until all are
 * there. */
static void load_event(loaded *out, const etw_event *event)
{
    static const uint8_t padding[8] = {0};
    etw_event copy = *event;
    const size_t place = out->bytes.size;
    copy.record = (const uint8_t *)(uintptr_t)place;
    copy.payload = copy.record + (event->payload - event->record);
    etwi_buffer_append(&out->bytes, event->record, event->record_size);
    etwi_buffer_append(&out->bytes, padding, (8 - event->record_size % 8u) % 8);
    etwi_buffer_append(&out->events, &copy, sizeof copy);
}

static etw_event *loaded_events(loaded *out, size_t *count)
{
    etw_event *events = (etw_event *)(void *)out->events.data;
    *count = out->events.size / sizeof *events;
    for (size_t i = 0; i < *count; i++) {
        events[i].payload = (const uint8_t *)out->bytes.data + (uintptr_t)events[i].payload;
        events[i].record = (const uint8_t *)out->bytes.data + (uintptr_t)events[i].record;
    }
    return events;
}

static uint32_t load(loaded *out, const char *path)
{
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = true};
    const etw_batch *batch;
    etw_consumer *consumer;
    uint32_t error = ERROR_SUCCESS;
    memset(out, 0, sizeof *out);
    out->events.allocator = out->bytes.allocator = etwi_allocator_or_default(NULL);
    if (etw_failed(etw_consumer_create(&consumer, &options, NULL)))
        return ERROR_OUTOFMEMORY;
    if (etw_failed(etw_consumer_add_file(consumer, path)))
        error = ERROR_BAD_PATHNAME;
    while (!error && etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            load_event(out, &batch->events[i]);
    etw_consumer_destroy(&consumer);
    return out->events.failed || out->bytes.failed ? ERROR_OUTOFMEMORY : error;
}

/* What stands in for the kernel. */
static uint32_t deliver_feed(double_trace *trace)
{
    loaded all;
    size_t count = 0;
    uint32_t error = load(&all, trace->feed.path);
    const etw_event *events = error ? NULL : loaded_events(&all, &count);
    for (uint32_t i = 0; i < trace->feed.repeats; i++) {
        for (size_t at = 0; at < count && !error && !trace->is_closing; at += FEED_BATCH) {
            const etw_batch batch = {events + at,
                                     count - at < FEED_BATCH ? count - at : (size_t)FEED_BATCH};
            error = deliver_batch(trace, &batch);
        }
    }
    etwi_buffer_free(&all.events);
    etwi_buffer_free(&all.bytes);
    return error;
}

static uint32_t process_session(double_trace *trace)
{
    const etw_batch *batch;
    uint32_t error = trace->is_fed ? deliver_feed(trace) : ERROR_SUCCESS;
    while (!error) {
        const etw_status status = etw_consumer_next_batch(trace->consumer, &batch);
        if (status != ETW_OK)
            return etw_failed(status) ? double_error_of(status) : ERROR_SUCCESS;
        error = deliver_batch(trace, batch);
    }
    return error;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Makes sure that there is an event at hand; false at the end. */
static bool has_event(double_trace *trace, uint32_t *error)
{
    if (trace->batch && trace->index < trace->batch->count)
        return true;
    if (trace->batch && !tell_buffer(trace, trace->batch))
        *error = ERROR_CANCELLED;
    trace->batch = NULL;
    trace->index = 0;
    return !*error && !trace->is_closing &&
           etw_consumer_next_batch(trace->consumer, &trace->batch) == ETW_OK;
}

static uint32_t process_files(processing *work)
{
    uint32_t error = ERROR_SUCCESS;
    for (uint32_t i = 0; i < work->count; i++)
        if (etw_failed(etw_consumer_set_time_range(work->traces[i]->consumer, work->begin,
                                                   work->end ? work->end + 1 : 0)))
            return ERROR_INVALID_PARAMETER;
    for (;;) {
        double_trace *first = NULL;
        for (uint32_t i = 0; i < work->count; i++) {
            double_trace *trace = work->traces[i];
            if (!has_event(trace, &error))
                continue;
            if (!first || trace->batch->events[trace->index].timestamp <
                              first->batch->events[first->index].timestamp)
                first = trace;
        }
        if (!first || error)
            return error;
        deliver(first, &first->batch->events[first->index++]);
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

static uint64_t filetime(const void *time)
{
    FILETIME value;
    if (!time)
        return 0;
    memcpy(&value, time, sizeof value);
    return (uint64_t)value.dwHighDateTime << 32 | value.dwLowDateTime;
}

/* Finds the traces. Under the lock. */
static uint32_t gather(processing *work, const uint64_t *handles)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < work->count; i++) {
        double_trace *trace = double_trace_find(handles[i]);
        if (!trace || trace->is_processing)
            return ERROR_INVALID_HANDLE;
        work->traces[i] = trace;
        live += trace->is_real_time;
    }
    return live && work->count > 1 ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
}

static void finish(processing *work)
{
    double_trace_lock();
    for (uint32_t i = 0; i < work->count; i++) {
        double_trace *trace = work->traces[i];
        trace->is_processing = false;
        trace->batch = NULL;
        if (trace->is_closing)
            double_trace_destroy(trace);
    }
    double_trace_unlock();
}

static uint32_t process(const uint64_t *handles, uint32_t count, const void *start, const void *end)
{
    processing work = {.count = count, .begin = filetime(start), .end = filetime(end)};
    if (count == 0 || count > DOUBLE_TRACES_MAX)
        return ERROR_BAD_LENGTH;
    if (!handles)
        return ERROR_INVALID_PARAMETER;
    if (work.end && work.end < work.begin)
        return ERROR_INVALID_TIME;
    double_trace_lock();
    const uint32_t error = gather(&work, handles);
    for (uint32_t i = 0; i < count && !error; i++)
        work.traces[i]->is_processing = true;
    double_trace_unlock();
    if (error)
        return error;
    const uint32_t result =
        work.traces[0]->is_real_time ? process_session(work.traces[0]) : process_files(&work);
    finish(&work);
    return result;
}

DOUBLE_EXPORT(uint32_t)
ProcessTrace(uint64_t *handles, uint32_t count, const void *start, const void *end);

DOUBLE_EXPORT(uint32_t)
ProcessTrace(uint64_t *handles, uint32_t count, const void *start, const void *end)
{
    const uint64_t arguments[] = {(uintptr_t)handles, count, (uintptr_t)start, (uintptr_t)end};
    double_call *call = double_begin("ProcessTrace", arguments, 4);
    uint32_t error;
    if (handles && count <= DOUBLE_TRACES_MAX)
        double_keep(call, "handles", handles, count * sizeof *handles);
    double_keep(call, "start", start, sizeof(FILETIME));
    double_keep(call, "end", end, sizeof(FILETIME));
    if (!double_is_scripted("ProcessTrace", &error))
        error = process(handles, count, start, end);
    return double_end(call, error);
}
