/**
 * @file
 * The consumer: traces in, events in time order out.
 *
 *     etw_consumer *consumer;
 *     const etw_batch *batch;
 *     etw_consumer_create(&consumer, NULL, &error);
 *     etw_consumer_add_file(consumer, "trace.etl");
 *     while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
 *         for (size_t i = 0; i < batch->count; i++)
 *             use(&batch->events[i]);
 *     etw_consumer_destroy(&consumer);
 *
 * Traces are .etl files and running sessions, in any number and mixture; docs/consumer.md tells
 * what is special about sessions.
 */
#ifndef ETW_CONSUMER_H
#define ETW_CONSUMER_H

#include <etw/decoded.h>
#include <etw/filter.h>
#include <etw/property.h>
#include <etw/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A consumer.
 *
 * Threads: one thread at a time, but for etw_consumer_stop(), etw_consumer_finish() and
 * etw_consumer_get_losses(); etw_consumer_schema() may be called by the threads of
 * etw_consumer_process(), and of a queue. Different consumers are independent, even with one store.
 */
typedef struct etw_consumer etw_consumer;

/** In which order events come. */
typedef enum etw_order {
    ETW_ORDER_TIME = 0, /**< A stable sort by time over all traces. */
    ETW_ORDER_FILE,     /**< As stored, trace after trace; cheaper. */
} etw_order;

/** As many threads as the process may use processors. */
#define ETW_THREADS_AUTO UINT32_MAX

/** Zero is the default of every member but `size`. */
typedef struct etw_consumer_options {
    size_t size; /**< sizeof(etw_consumer_options). */
    const etw_allocator *allocator;
    etw_schema_store *schemas; /**< Borrowed; by default the consumer has its own. */
    etw_order order;
    /** Do not look for schemas in the traces. Files then are read only once, and their buffers are
     * ordered by their first events, unless a time range is set: where a buffer has an event before
     * its first one, and a later event was delivered already, it comes late and is counted. */
    bool without_schemas;
    uint32_t buffer_size_max; /**< Bytes. Larger buffers count as damage. Default: 16 MiB. */
    uint64_t memory_max;      /**< Bytes of trace buffers held at a time. Default: 128 MiB. */
    /** Threads that may read and decompress, the caller's included; by default only that one. */
    uint32_t threads;
    /** Called now and then during long work with bytes done and to do; may be NULL. */
    void (*on_progress)(void *user, uint64_t done, uint64_t total);
    void *user;
} etw_consumer_options;

/** Events. Lifetime: until the next call of etw_consumer_next_batch() or the consumer's end. */
typedef struct etw_batch {
    const etw_event *events;
    size_t count;
} etw_batch;

/**
 * Creates a consumer without sources.
 *
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_create(etw_consumer **out,
                                                      const etw_consumer_options *options,
                                                      etw_error *error);

/** Destroys the consumer and sets `*consumer` to NULL. NULL is fine. */
ETW_API void etw_consumer_destroy(etw_consumer **consumer);

/**
 * Adds an .etl file. Its header is read now, its events when they are asked for.
 *
 * A pipe is copied to an unnamed temporary file first, because time order needs the whole trace.
 *
 * @param path "-" is standard input.
 * @return ETW_OK or a failure that etw_consumer_error() explains; the consumer stays usable.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_add_file(etw_consumer *consumer, const char *path);

/**
 * Adds a trace held in memory.
 *
 * @param name For messages and etw_trace_info.path; copied.
 * @param data Must outlive the consumer.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_add_memory(etw_consumer *consumer, const char *name,
                                                          etw_bytes data);

/** What becomes of a source that is a session. */
typedef enum etw_live_state {
    ETW_LIVE_WAITING = 0, /**< There is no session of that name, and one is waited for. */
    ETW_LIVE_ATTACHED,    /**< Its events come. */
    ETW_LIVE_ENDED,       /**< It was stopped, or the consumer finished with it. */
} etw_live_state;

/** How the events of a session are consumed. Zero is the default of every member but `size`. */
typedef struct etw_live_options {
    size_t size; /**< sizeof(etw_live_options). */
    etw_backend backend;
    /** Events may be handed out so much later, for the sake of less work; 0: at once. */
    uint32_t latency_ms;
    bool wait;     /**< If there is no session of that name, wait for one. */
    bool reattach; /**< When the session is stopped, wait for the next one of that name. */
    /** Hand out RT_LostEvent events (provider {6a399ae0-4bc6-4de9-870b-3657f8947e7e}), which by
     *  default are only counted. The portable engine has none; they are made where it lost. */
    bool with_loss_events;
    /** Called in the thread that consumes when the state changes; may be NULL. */
    void (*on_state)(void *user, etw_live_state state);
    void *user;
} etw_live_options;

/**
 * Adds a session, whose events come as they are written, until it is stopped.
 *
 * @param name    Compared without regard to case; copied.
 * @param options NULL for the defaults.
 * @return ETW_OK, ETW_E_NOT_FOUND if there is no such session, or another failure that
 *         etw_consumer_error() explains; the consumer stays usable.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_add_session(etw_consumer *consumer, const char *name,
                                                           const etw_live_options *options);

/**
 * Adds what a user may have meant: "-" and a name that ends in .etl, in any case, are a file if it
 * exists or the name has a folder in it; all else is a session.
 *
 * @param options Of a session; NULL for the defaults.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_add(etw_consumer *consumer, const char *name,
                                                   const etw_live_options *options);

/**
 * Limits the consumer to a span of time: events outside are not delivered, and buffers that hold
 * none of it are not read a second time. Counters of traces count all that is in them nevertheless.
 *
 * @param begin FILETIME of the first events wanted; 0 for the beginning.
 * @param end   FILETIME of the first events not wanted any more; 0 for all.
 * @return ETW_OK, or ETW_E_INVALID after the first batch.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_set_time_range(etw_consumer *consumer,
                                                              uint64_t begin, uint64_t end);

/**
 * A time from which on the traces hold at least `count` events: where a reader of the last ones
 * has to begin. Reads the traces once, as the first batch would.
 *
 * @param out FILETIME; 0 if there are fewer events.
 * @return ETW_OK, ETW_E_INVALID for a consumer of sessions, or in file order without schemas, or
 *         after the first batch, or a failure that etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_tail_time(etw_consumer *consumer, uint64_t count,
                                                         uint64_t *out);

/**
 * The next events, at least one. Of sessions they are waited for.
 *
 * The first call reads all files once for their schemas and for the time spans of their buffers,
 * unless the options say without schemas.
 * Damaged places are counted and skipped, never returned as a failure.
 *
 * @return ETW_OK, ETW_END, ETW_STOPPED if a consumer of sessions was stopped, or a failure that
 *         etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_next_batch(etw_consumer *consumer,
                                                          const etw_batch **out);

/** No limit of time. */
#define ETW_WAIT_FOREVER UINT32_MAX

/**
 * The same, but waits so long at the most.
 *
 * @return As etw_consumer_next_batch(), or ETW_AGAIN if no event came in time.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_wait_batch(etw_consumer *consumer,
                                                          const etw_batch **out,
                                                          uint32_t timeout_ms);

/** What a callback wants next. */
typedef enum etw_flow {
    ETW_FLOW_NEXT = 0, /**< Go on. */
    ETW_FLOW_STOP,     /**< End here; the function that runs returns ETW_STOPPED. */
    ETW_FLOW_SKIP,     /**< Of levels: no further levels for this event. Elsewhere as NEXT. */
} etw_flow;

/**
 * The four levels at which events may be consumed, each deeper and dearer than the one before it.
 * A level costs nothing unless it or a later one is set: schemas are looked up only for the second
 * and later ones, and for filters that the header does not decide.
 *
 * For each event the levels are called in their order, while they return ETW_FLOW_NEXT. What they
 * are given is valid during the call; events and schemas live on as elsewhere, until the next batch
 * and as long as their store.
 *
 * Zero is the default of every member but `size`.
 */
typedef struct etw_consumer_ops {
    size_t size; /**< sizeof(etw_consumer_ops). */
    void *user;
    const etw_filter *filter; /**< Other events reach no level. Borrowed. */
    /** Level 1: the header, and the payload as bytes. */
    etw_flow (*on_record)(void *user, const etw_event *event);
    /** Level 2: what the event means; `schema` is NULL if none is known. */
    etw_flow (*on_schema)(void *user, const etw_event *event, const etw_schema *schema);
    /** Level 3: where each property is. No spans if there is no schema. */
    etw_flow (*on_items)(void *user, const etw_prepared *prepared);
    /** Level 4: all values. No items but the remainder if there is no schema. */
    etw_flow (*on_decoded)(void *user, etw_decoded *decoded);
    /**
     * Called before the first of the levels 3 and 4 that is set, for a payload that does not decode
     * to its end, but not for want of a schema. ETW_FLOW_NEXT delivers what did decode.
     */
    etw_flow (*on_error)(void *user, const etw_event *event, const etw_schema *schema,
                         const etw_decode_error *error);
    /** If not empty: level 4 decodes only the top-level properties of these names. Borrowed. */
    const etw_str *fields;
    size_t field_count;
} etw_consumer_ops;

/**
 * Runs the remaining events of the consumer through the levels, in the thread that calls it.
 *
 * After ETW_FLOW_STOP it may be called again, and goes on with the next event.
 *
 * @return ETW_END when there are no more events, ETW_STOPPED after ETW_FLOW_STOP or
 *         etw_consumer_stop(), or a failure that etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_run(etw_consumer *consumer,
                                                   const etw_consumer_ops *ops);

/**
 * Work on batches in several threads whose results come in order: formatting, compressing, sending.
 * Zero is the default of every member but `size` and `on_batch`.
 */
typedef struct etw_work {
    size_t size; /**< sizeof(etw_work). */
    void *user;
    /** Makes what one thread needs for itself; NULL for failure, which ends the work. */
    void *(*on_thread_begin)(void *user);
    /** Frees it. Called by each thread when it ends, one at a time, after its last commit. */
    void (*on_thread_end)(void *user, void *local);
    /** Called in several threads at the same time. `local` is what on_thread_begin() returned. */
    etw_flow (*on_batch)(void *user, void *local, const etw_batch *batch);
    /**
     * Called in one thread at a time, in the order of the events, after the batches of a unit of
     * work went through on_batch() with the same `local`. NULL: threads need not wait for their
     * turns, which is quicker where only the whole counts.
     */
    etw_flow (*on_commit)(void *user, void *local);
} etw_work;

/**
 * Runs all events of the consumer through some work, with the consumer's number of threads. The
 * order of commits, and of events within them, does not depend on that number.
 *
 * @return ETW_END when all events were delivered, ETW_STOPPED after ETW_FLOW_STOP or
 *         etw_consumer_stop(), or a failure that etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_process(etw_consumer *consumer,
                                                       const etw_work *work);

/** Ends etw_consumer_run(), etw_consumer_process() and the filling of a queue soon, whatever is
 * still to come, and all waiting for sessions at once. May be called from any thread, from
 * callbacks and from signal handlers. */
ETW_API void etw_consumer_stop(etw_consumer *consumer);

/**
 * Lets sessions come to their end: what was written before this call is delivered still, then they
 * are no longer sources, and a consumer without other ones has its ETW_END. Does not wait. May be
 * called as etw_consumer_stop().
 *
 * @param name       NULL: all sessions.
 * @param timeout_ms What has not been taken out of a session after so long is left there.
 */
ETW_API void etw_consumer_finish(etw_consumer *consumer, const char *name, uint32_t timeout_ms);

/** The schema of an event that this consumer delivered, or NULL if none is known. */
ETW_API const etw_schema *etw_consumer_schema(etw_consumer *consumer, const etw_event *event);

/** The store with the schemas of the traces. Borrowed from the consumer, or the caller's own. */
ETW_API etw_schema_store *etw_consumer_schemas(etw_consumer *consumer);

/** The number of traces added. */
ETW_API size_t etw_consumer_trace_count(const etw_consumer *consumer);

/** The header of a trace; NULL if `index` is out of range. Of a session: what the header of its
 * file would say; without clock and times as long as it is waited for. */
ETW_API const etw_trace_info *etw_consumer_trace_info(const etw_consumer *consumer, size_t index);

/**
 * The counters of a trace; of a file complete once it was read, that is after the first
 * etw_consumer_next_batch(), or without schemas at the end; of a session those of the events
 * delivered so far. NULL if `index` is out of range.
 */
ETW_API const etw_trace_stats *etw_consumer_trace_stats(const etw_consumer *consumer, size_t index);

/** All that is known of the losses of a trace. What one source says repeats another in part: they
 * are not to be added up. */
typedef struct etw_trace_losses {
    size_t size;       /**< sizeof(etw_trace_losses), set by the caller. */
    uint64_t received; /**< Events of the trace that were delivered. */
    /** RT_LostEvent events by kind; each may stand for many lost events. */
    uint64_t notices_events, notices_buffers, notices_files;
    /** Buffers with a mark that events, or buffers, were lost before them. */
    uint64_t marked_events, marked_buffers;
    /** Files: by the account of the header. */
    uint64_t header_events, header_buffers;
    /** Sessions: lost while this consumer was attached. */
    uint64_t attached_events, attached_buffers;
    /** Sessions: by their own account since they were started (etw_session_query); as it was last
     *  known if the session is gone. */
    uint64_t session_events, session_buffers;
} etw_trace_losses;

/**
 * Fills in what is known of the losses of a trace. From any thread once the first batch is there.
 *
 * @return ETW_OK, ETW_E_NOT_FOUND if `index` is out of range, or ETW_E_INVALID if `size` is not
 *         set.
 */
ETW_API etw_status etw_consumer_get_losses(etw_consumer *consumer, size_t index,
                                           etw_trace_losses *out);

/** What a consumer has done so far. */
typedef struct etw_consumer_stats {
    size_t size;              /**< sizeof(etw_consumer_stats), set by the caller. */
    uint64_t events;          /**< Events in the batches delivered. */
    uint64_t filtered;        /**< Of these, events that the filter of etw_consumer_run() denied. */
    uint64_t schemas_found;   /**< Events for which etw_consumer_run() found a schema. */
    uint64_t schemas_missing; /**< Events for which it looked for one in vain. */
    uint64_t batches;
    uint64_t bytes; /**< Of files: buffers whose events were delivered; of sessions: events. */
} etw_consumer_stats;

/**
 * Fills in the counters. From any thread once the first batch is there.
 *
 * @return ETW_OK, or ETW_E_INVALID if `size` is not set.
 */
ETW_API etw_status etw_consumer_get_stats(etw_consumer *consumer, etw_consumer_stats *out);

/** The consumer's last failure; its status is ETW_OK if there was none. */
ETW_API const etw_error *etw_consumer_error(const etw_consumer *consumer);

#ifdef __cplusplus
}
#endif

#endif
