/* What the consumer offers for sessions. */
#include "base/case.h"
#include "base/error.h"
#include "base/options.h"
#include "base/str.h"
#include "consumer/live.h"
#include "os/os.h"

#include <string.h>

/* ------------------------------------------------------------------------------- sources */

etw_status etwi_consumer_add_live(etw_consumer *consumer, const char *name,
                                  const etw_live_options *options, const etwi_live_backend *backend)
{
    etw_live_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, &consumer->error));
    ETWI_TRY(etwi_consumer_reserve_trace(consumer));
    if (!consumer->live)
        ETWI_TRY(etwi_live_feed_create(&consumer->live, consumer));
    ETWI_TRY(etwi_live_source_add(consumer->live, name, &ours, backend, &consumer->error));
    consumer->traces[consumer->trace_count++] =
        (etwi_trace_number){true, consumer->live->source_count - 1};
    return ETW_OK;
}

etw_status etw_consumer_add_session(etw_consumer *consumer, const char *name,
                                    const etw_live_options *options)
{
    const etwi_live_backend *backend =
        etwi_live_backend_of(options ? options->backend : ETW_BACKEND_DEFAULT);
    if (!backend)
        return etwi_fail(&consumer->error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "session '%s': this library has no sessions of that backend", name);
    return etwi_consumer_add_live(consumer, name, options, backend);
}

static bool ends_in_etl(const char *name)
{
    static const etw_str SUFFIX = {".etl", 4};
    const size_t size = strlen(name);
    return size >= SUFFIX.size && etwi_same_letters(etwi_str_of(name + size - SUFFIX.size), SUFFIX);
}

static bool is_file(const char *name)
{
    etwi_path_info info;
    if (strcmp(name, "-") == 0)
        return true;
    return ends_in_etl(name) && (strpbrk(name, "/\\") || etwi_path_look(name, &info));
}

etw_status etw_consumer_add(etw_consumer *consumer, const char *name,
                            const etw_live_options *options)
{
    return is_file(name) ? etw_consumer_add_file(consumer, name)
                         : etw_consumer_add_session(consumer, name, options);
}

/* ------------------------------------------------------------------------------- the end */

void etw_consumer_finish(etw_consumer *consumer, const char *name, uint32_t timeout_ms)
{
    etwi_live_feed *feed = consumer->live;
    if (!feed)
        return;
    const uint64_t by = timeout_ms == ETW_WAIT_FOREVER ? UINT64_MAX : etwi_now_ms() + timeout_ms;
    for (size_t i = 0; i < feed->source_count; i++)
        if (!name || etwi_same_letters(feed->sources[i]->name, etwi_str_of(name)))
            atomic_store(&feed->sources[i]->finish_by, by);
    etwi_live_feed_wake(feed);
}

/* -------------------------------------------------------------------------------- losses */

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void tell_of_session(etwi_live_source *source, etw_trace_losses *out)
{
    const etwi_live_losses *losses = &source->losses;
    etw_session_info session;
    etwi_live_source_query(source, &session); // What was known before stays if it is gone.
    out->received = load(&losses->received);
    out->notices_events = load(&losses->notices[0]);
    out->notices_buffers = load(&losses->notices[1]);
    out->notices_files = load(&losses->notices[2]);
    out->marked_events = load(&losses->marked_events);
    out->marked_buffers = load(&losses->marked_buffers);
    out->attached_events = load(&losses->attached_events);
    out->attached_buffers = load(&losses->attached_buffers);
    out->session_events = load(&losses->session_events);
    out->session_buffers = load(&losses->session_buffers);
}

static void tell_of_file(etwi_reader *reader, etw_trace_losses *out)
{
    const etw_trace_info *info = etwi_reader_info(reader);
    const etw_trace_stats *stats = etwi_reader_stats(reader);
    out->received = stats->events;
    out->marked_events = stats->events_lost_flags;
    out->marked_buffers = stats->buffers_lost_flags;
    out->header_events = info->events_lost;
    out->header_buffers = info->buffers_lost;
}

etw_status etw_consumer_get_losses(etw_consumer *consumer, size_t index, etw_trace_losses *out)
{
    etw_trace_losses losses = {0};
    if (index >= consumer->trace_count)
        return ETW_E_NOT_FOUND;
    const etwi_trace_number *trace = &consumer->traces[index];
    if (trace->is_live)
        tell_of_session(consumer->live->sources[trace->number], &losses);
    else
        tell_of_file(consumer->readers[trace->number], &losses);
    return etwi_options_give(out, &losses, sizeof losses);
}
