/**
 * @file
 * A queue of batches between a thread that reads traces and threads that use their events.
 *
 *     etw_queue_create(&queue, NULL, &error);
 *     etw_queue_start(queue, consumer);
 *     while (etw_queue_next(queue, &batch, ETW_WAIT_FOREVER) == ETW_OK) {
 *         for (size_t i = 0; i < batch->count; i++)
 *             use(&batch->events[i]);
 *         etw_queue_release(queue, batch);
 *     }
 *     etw_queue_destroy(&queue);
 *     etw_consumer_destroy(&consumer);
 */
#ifndef ETW_QUEUE_H
#define ETW_QUEUE_H

#include <etw/consumer.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A bounded queue of batches, filled once by one consumer, which it must not outlive.
 *
 * Threads: all functions but create, destroy and start may be called from any thread.
 */
typedef struct etw_queue etw_queue;

/** What happens to a batch for which there is no room. */
typedef enum etw_queue_policy {
    ETW_QUEUE_BLOCK = 0, /**< The reading thread waits. */
    ETW_QUEUE_DROP,      /**< It is dropped, and its events are counted. */
} etw_queue_policy;

/** Zero is the default of every member but `size`. */
typedef struct etw_queue_options {
    size_t size; /**< sizeof(etw_queue_options). */
    const etw_allocator *allocator;
    /** Batches in the queue and in use by those who took them, up to 256. Default: 16. Their
     *  buffers stay in memory; the consumer's memory_max has to allow for one buffer each. More
     *  than all threads together take at a time. */
    uint32_t capacity;
    /** For sessions: while the reading thread waits nothing is taken out of them, and they count
     *  what they lose; what is dropped here is counted here. */
    etw_queue_policy policy;
} etw_queue_options;

/**
 * Creates an empty queue; nothing is allocated later.
 *
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters.
 */
ETW_API ETW_MUST_CHECK etw_status etw_queue_create(etw_queue **out,
                                                   const etw_queue_options *options,
                                                   etw_error *error);

/** Ends the reading thread, takes all batches back, and sets `*queue` to NULL. NULL is fine. No
 * other thread may use the queue any more. */
ETW_API void etw_queue_destroy(etw_queue **queue);

/**
 * Starts a thread that fills the queue. Until it has ended, only etw_consumer_stop(),
 * etw_consumer_finish(), etw_consumer_schema(), etw_consumer_get_stats() and
 * etw_consumer_get_losses() may be called for the consumer.
 *
 * @return ETW_OK, ETW_E_INVALID if the queue was used already, or ETW_E_NOMEM if the system has no
 *         more threads.
 */
ETW_API ETW_MUST_CHECK etw_status etw_queue_start(etw_queue *queue, etw_consumer *consumer);

/**
 * Fills the queue in the thread that calls it.
 *
 * @return ETW_END, ETW_STOPPED, or a failure that etw_consumer_error() explains.
 */
ETW_API ETW_MUST_CHECK etw_status etw_consumer_run_to_queue(etw_consumer *consumer,
                                                            etw_queue *queue);

/**
 * Takes the next batch out of the queue. It is valid until etw_queue_release().
 *
 * @return ETW_OK, ETW_AGAIN if there is none in time, ETW_END after the last one, ETW_STOPPED
 *         if the queue or its consumer was stopped, ETW_E_LIMIT if the queue waits for the release
 *         of batches that are all in use, or the failure that ended the reading.
 */
ETW_API ETW_MUST_CHECK etw_status etw_queue_next(etw_queue *queue, const etw_batch **out,
                                                 uint32_t timeout_ms);

/** Gives a batch back. NULL is fine. */
ETW_API void etw_queue_release(etw_queue *queue, const etw_batch *batch);

/** Ends the reading. Batches in the queue are still delivered. */
ETW_API void etw_queue_stop(etw_queue *queue);

/** Ends the reading, and drops the batches in the queue without counting them as dropped. */
ETW_API void etw_queue_abort(etw_queue *queue);

/** Counters of a queue. */
typedef struct etw_queue_stats {
    size_t size;      /**< sizeof(etw_queue_stats), set by the caller. */
    uint64_t events;  /**< That were put into the queue. */
    uint64_t batches; /**< That were put into the queue. */
    uint64_t dropped_events;
    uint64_t dropped_batches;
    uint64_t waits;   /**< How often the reading thread had to wait for room. */
    uint64_t waiting; /**< Batches in the queue now. */
} etw_queue_stats;

/** Fills in the counters; ETW_E_INVALID if `size` is not set. */
ETW_API etw_status etw_queue_get_stats(etw_queue *queue, etw_queue_stats *out);

#ifdef __cplusplus
}
#endif

#endif
