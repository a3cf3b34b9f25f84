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
 */
#ifndef ETW_CONSUMER_H
#define ETW_CONSUMER_H

#include <etw/property.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A consumer.
 *
 * Threads: one thread at a time, but for etw_consumer_stop(); etw_consumer_schema() may be called
 * by the threads of etw_consumer_process(). Different consumers are independent, even with one
 * store.
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
    bool without_schemas;     /**< Do not look for schemas in the traces. */
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

/**
 * The next events, at least one.
 *
 * The first call reads all traces once for their schemas and for the time spans of their buffers.
 * Damaged places are counted and skipped, never returned as a failure.
 *
 * @return ETW_OK, ETW_END, or a failure that etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_next_batch(etw_consumer *consumer,
                                                          const etw_batch **out);

/** What a callback wants next. */
typedef enum etw_flow {
    ETW_FLOW_NEXT = 0, /**< Go on. */
    ETW_FLOW_STOP,     /**< End here; the function that runs returns ETW_STOPPED. */
} etw_flow;

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
     * work went through on_batch() with the same `local`.
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

/** Ends etw_consumer_process() soon. May be called from any thread and from callbacks. */
ETW_API void etw_consumer_stop(etw_consumer *consumer);

/** The schema of an event that this consumer delivered, or NULL if none is known. */
ETW_API const etw_schema *etw_consumer_schema(etw_consumer *consumer, const etw_event *event);

/** The store with the schemas of the traces. Borrowed from the consumer, or the caller's own. */
ETW_API etw_schema_store *etw_consumer_schemas(etw_consumer *consumer);

/** The number of traces added. */
ETW_API size_t etw_consumer_trace_count(const etw_consumer *consumer);

/** The header of a trace; NULL if `index` is out of range. */
ETW_API const etw_trace_info *etw_consumer_trace_info(const etw_consumer *consumer, size_t index);

/**
 * The counters of a trace; complete once the traces were read, that is after the first
 * etw_consumer_next_batch(). NULL if `index` is out of range.
 */
ETW_API const etw_trace_stats *etw_consumer_trace_stats(const etw_consumer *consumer, size_t index);

/** The consumer's last failure; its status is ETW_OK if there was none. */
ETW_API const etw_error *etw_consumer_error(const etw_consumer *consumer);

#ifdef __cplusplus
}
#endif

#endif
