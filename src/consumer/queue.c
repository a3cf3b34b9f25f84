/*
 * The queue of batches.
 *
 * The reading thread claims units of events and hands their batches on in slots, each with an array
 * of events of its own. A unit keeps the buffers in memory that events point into; it goes back to
 * the feed when the reading thread and all slots with its batches are done with it. So there are as
 * many units as slots, and one more for the reading thread, and nothing is allocated on the way.
 */
#include "base/error.h"
#include "base/options.h"
#include "consumer/consumer_internal.h"
#include "os/os.h"

#include <etw/queue.h>

enum {
    CAPACITY_DEFAULT = 16,
    CAPACITY_MAX = 256,
    /* How often a reading thread that waits for room looks whether its consumer was stopped. */
    STOP_INTERVAL_MS = 20,
};

/* A unit, and how many need it. */
typedef struct shared_unit {
    etwi_unit unit;
    uint32_t users;
} shared_unit;

typedef struct slot {
    etw_batch batch;
    etw_event *events; /* Those of the batch, or spare ones. */
    shared_unit *unit;
    bool is_taken; /* By a caller of etw_queue_next(). */
} slot;

struct etw_queue {
    etw_allocator allocator;
    etw_queue_options options;
    shared_unit *units; /* `capacity` + 1 */
    slot *slots;        /* `capacity` */
    etwi_thread *thread;
    etwi_mutex *mutex;       /* Guards all below, and what slots and units say of their use. */
    etwi_condition *arrived; /* A batch has come, or the end. */
    etwi_condition *freed;   /* A slot is free again, or reading shall end. */
    etw_consumer *consumer;  /* NULL: not filled yet. */
    uint32_t *line;          /* Indices of slots: a ring of those that wait, in order. */
    uint32_t line_first, line_count;
    uint32_t taken_count;
    bool is_stopped;
    bool is_aborted;
    bool has_ended;
    etw_status status; /* How reading ended. */
    etw_queue_stats stats;
};

/* -------------------------------------------------------------------------- construction */

static bool allocate(etw_queue *queue)
{
    const uint32_t capacity = queue->options.capacity;
    const etw_allocator *allocator = &queue->allocator;
    queue->mutex = etwi_mutex_create();
    queue->arrived = etwi_condition_create();
    queue->freed = etwi_condition_create();
    queue->units = etwi_alloc_zeroed(allocator, (capacity + 1) * sizeof *queue->units);
    queue->slots = etwi_alloc_zeroed(allocator, capacity * sizeof *queue->slots);
    queue->line = etwi_alloc(allocator, capacity * sizeof *queue->line);
    if (!queue->mutex || !queue->arrived || !queue->freed || !queue->units || !queue->slots ||
        !queue->line)
        return false;
    for (uint32_t i = 0; i <= capacity; i++)
        if (etwi_unit_init(&queue->units[i].unit, allocator) != ETW_OK)
            return false;
    for (uint32_t i = 0; i < capacity; i++) {
        queue->slots[i].events =
            etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *queue->slots[i].events);
        if (!queue->slots[i].events)
            return false;
    }
    return true;
}

etw_status etw_queue_create(etw_queue **out, const etw_queue_options *options, etw_error *error)
{
    *out = NULL;
    etw_queue_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    if (!ours.capacity)
        ours.capacity = CAPACITY_DEFAULT;
    if (ours.capacity > CAPACITY_MAX || ours.policy > ETW_QUEUE_DROP)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "a capacity of %u batches or policy %u is out of range", ours.capacity,
                         (unsigned)ours.policy);
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_queue *queue = etwi_alloc_zeroed(&allocator, sizeof *queue);
    if (!queue)
        return etwi_fail_nomem(error);
    queue->allocator = allocator;
    queue->options = ours;
    if (!allocate(queue)) {
        etw_queue_destroy(&queue);
        return etwi_fail_nomem(error);
    }
    *out = queue;
    return ETW_OK;
}

/* With the mutex held. Releasing takes the locks of the feed, which never take ours. */
static void let_go(etw_queue *queue, shared_unit *unit)
{
    if (!--unit->users)
        etwi_supply_release(queue->consumer, &unit->unit);
}

static void free_slots(etw_queue *queue)
{
    const etw_allocator *allocator = &queue->allocator;
    const uint32_t capacity = queue->options.capacity;
    for (uint32_t i = 0; queue->slots && i < capacity; i++) {
        if (queue->slots[i].unit)
            let_go(queue, queue->slots[i].unit);
        etwi_free(allocator, queue->slots[i].events,
                  ETWI_UNIT_EVENTS * sizeof *queue->slots[i].events);
    }
    for (uint32_t i = 0; queue->units && i <= capacity; i++)
        etwi_unit_free(&queue->units[i].unit, allocator);
    etwi_free(allocator, queue->slots, capacity * sizeof *queue->slots);
    etwi_free(allocator, queue->units, (capacity + 1) * sizeof *queue->units);
    etwi_free(allocator, queue->line, capacity * sizeof *queue->line);
}

void etw_queue_destroy(etw_queue **queue)
{
    etw_queue *closing = *queue;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    if (closing->thread) {
        etw_queue_abort(closing);
        etwi_thread_join(closing->thread);
    }
    free_slots(closing);
    etwi_condition_destroy(closing->arrived);
    etwi_condition_destroy(closing->freed);
    etwi_mutex_destroy(closing->mutex);
    etwi_free(&allocator, closing, sizeof *closing);
    *queue = NULL;
}

/* ------------------------------------------------------------------------------- reading */

/* With the mutex held. */
static bool must_stop(const etw_queue *queue)
{
    return queue->is_stopped || atomic_load_explicit(&queue->consumer->stop, memory_order_relaxed);
}

static shared_unit *take_unit(etw_queue *queue)
{
    shared_unit *unit = NULL;
    etwi_mutex_lock(queue->mutex);
    for (uint32_t i = 0; i <= queue->options.capacity && !unit; i++)
        if (!queue->units[i].users)
            unit = &queue->units[i];
    unit->users = 1;
    etwi_mutex_unlock(queue->mutex);
    return unit;
}

/* A slot for the next batch, or NULL. With the mutex held. */
static slot *find_free(etw_queue *queue)
{
    for (uint32_t i = 0; i < queue->options.capacity; i++)
        if (!queue->slots[i].unit)
            return &queue->slots[i];
    return NULL;
}

/* With the mutex held. */
static slot *wait_for_free(etw_queue *queue)
{
    slot *found = find_free(queue);
    queue->stats.waits += !found;
    while (!found && !must_stop(queue)) {
        /* Those who wait for a batch must learn that none can come. */
        etwi_condition_broadcast(queue->arrived);
        etwi_condition_wait_until(queue->freed, queue->mutex, etwi_now_ms() + STOP_INTERVAL_MS);
        found = find_free(queue);
    }
    return found;
}

static void enqueue(etw_queue *queue, slot *s, shared_unit *unit, size_t count)
{
    etw_event *events = unit->unit.events;
    unit->unit.events = s->events;
    s->events = events;
    s->batch.events = events;
    s->batch.count = count;
    s->unit = unit;
    unit->users++;
    const uint32_t capacity = queue->options.capacity;
    queue->line[(queue->line_first + queue->line_count++) % capacity] =
        (uint32_t)(s - queue->slots);
    queue->stats.events += count;
    queue->stats.batches++;
    etwi_condition_broadcast(queue->arrived);
}

/* Hands a batch on, or drops it. */
static etw_status pass(etw_queue *queue, shared_unit *unit, const etw_batch *batch)
{
    etwi_consumer_count(queue->consumer, batch);
    etwi_mutex_lock(queue->mutex);
    slot *s = queue->options.policy == ETW_QUEUE_BLOCK ? wait_for_free(queue) : find_free(queue);
    const etw_status status = must_stop(queue) ? ETW_STOPPED : ETW_OK;
    if (s && status == ETW_OK) {
        enqueue(queue, s, unit, batch->count);
    } else if (status == ETW_OK) {
        queue->stats.dropped_events += batch->count;
        queue->stats.dropped_batches++;
    }
    etwi_mutex_unlock(queue->mutex);
    return status;
}

/* All batches of the next unit. */
static etw_status read_unit(etw_queue *queue)
{
    shared_unit *unit = take_unit(queue);
    etw_batch batch;
    etw_status status = etwi_supply_claim(queue->consumer, &unit->unit, ETW_WAIT_FOREVER);
    const bool is_claimed = status == ETW_OK;
    while (status == ETW_OK) {
        status = etwi_supply_batch(queue->consumer, &unit->unit, &batch);
        if (status == ETW_OK)
            status = pass(queue, unit, &batch);
    }
    if (etw_failed(status)) {
        queue->consumer->error = unit->unit.error;
        if (queue->consumer->error.status != status)
            etwi_fail(&queue->consumer->error, status, ETW_NO_OFFSET, "%s",
                      etw_status_text(status));
    }
    etwi_mutex_lock(queue->mutex);
    if (is_claimed)
        let_go(queue, unit);
    else
        unit->users = 0;
    etwi_mutex_unlock(queue->mutex);
    /* Of a claim: whoever interrupts it has something to say that is asked for before the next. */
    return (is_claimed && status == ETW_END) || status == ETW_AGAIN ? ETW_OK : status;
}

static void end(etw_queue *queue, etw_status status)
{
    etwi_mutex_lock(queue->mutex);
    queue->has_ended = true;
    queue->status = status;
    if (etw_failed(status))
        queue->consumer->failed = status;
    etwi_condition_broadcast(queue->arrived);
    etwi_mutex_unlock(queue->mutex);
}

static etw_status fill(etw_queue *queue)
{
    etw_status status = etwi_consumer_prepare(queue->consumer);
    while (status == ETW_OK) {
        etwi_mutex_lock(queue->mutex);
        const bool stops = must_stop(queue);
        etwi_mutex_unlock(queue->mutex);
        status = stops ? ETW_STOPPED : read_unit(queue);
        if (status == ETW_OK)
            etwi_consumer_report(queue->consumer);
    }
    end(queue, status);
    return status;
}

/* A queue is filled once, and by a consumer that has not been used otherwise. */
static etw_status connect(etw_queue *queue, etw_consumer *consumer)
{
    if (etw_failed(consumer->failed))
        return consumer->failed;
    etwi_mutex_lock(queue->mutex);
    const bool is_used = queue->consumer != NULL || consumer->has_unit || consumer->has_rest;
    if (!is_used)
        queue->consumer = consumer;
    etwi_mutex_unlock(queue->mutex);
    return is_used ? ETW_E_INVALID : ETW_OK;
}

etw_status etw_consumer_run_to_queue(etw_consumer *consumer, etw_queue *queue)
{
    const etw_status status = connect(queue, consumer);
    if (status == ETW_E_INVALID)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the queue was used already, or batches were asked for");
    return status == ETW_OK ? fill(queue) : status;
}

static void run_thread(void *argument)
{
    fill(argument);
}

etw_status etw_queue_start(etw_queue *queue, etw_consumer *consumer)
{
    ETWI_TRY(connect(queue, consumer));
    queue->thread = etwi_thread_start(run_thread, queue);
    if (queue->thread)
        return ETW_OK;
    end(queue, ETW_E_NOMEM);
    return etwi_fail_nomem(&consumer->error);
}

/* --------------------------------------------------------------------------------- using */

/* Why there is no batch now, or ETW_AGAIN if one may come. With the mutex held. */
static etw_status reason_for_none(const etw_queue *queue)
{
    if (queue->is_aborted)
        return ETW_STOPPED;
    if (queue->has_ended)
        return queue->status;
    if (queue->taken_count == queue->options.capacity)
        return ETW_E_LIMIT;
    return ETW_AGAIN;
}

static const etw_batch *take_first(etw_queue *queue)
{
    slot *s = &queue->slots[queue->line[queue->line_first]];
    queue->line_first = (queue->line_first + 1) % queue->options.capacity;
    queue->line_count--;
    queue->taken_count++;
    s->is_taken = true;
    return &s->batch;
}

etw_status etw_queue_next(etw_queue *queue, const etw_batch **out, uint32_t timeout_ms)
{
    *out = NULL;
    const uint64_t deadline = etwi_now_ms() + timeout_ms;
    etwi_mutex_lock(queue->mutex);
    etw_status status = ETW_AGAIN;
    while (!queue->line_count && (status = reason_for_none(queue)) == ETW_AGAIN) {
        if (timeout_ms == ETW_WAIT_FOREVER)
            etwi_condition_wait(queue->arrived, queue->mutex);
        else if (etwi_now_ms() < deadline)
            etwi_condition_wait_until(queue->arrived, queue->mutex, deadline);
        else
            break;
    }
    if (queue->line_count) {
        *out = take_first(queue);
        status = ETW_OK;
    }
    etwi_mutex_unlock(queue->mutex);
    return status;
}

static void free_slot(etw_queue *queue, slot *s)
{
    let_go(queue, s->unit);
    s->unit = NULL;
    s->is_taken = false;
    etwi_condition_broadcast(queue->freed);
}

void etw_queue_release(etw_queue *queue, const etw_batch *batch)
{
    if (!batch)
        return;
    etwi_mutex_lock(queue->mutex);
    for (uint32_t i = 0; i < queue->options.capacity; i++)
        if (&queue->slots[i].batch == batch && queue->slots[i].is_taken) {
            queue->taken_count--;
            free_slot(queue, &queue->slots[i]);
        }
    etwi_mutex_unlock(queue->mutex);
}

void etw_queue_stop(etw_queue *queue)
{
    etwi_mutex_lock(queue->mutex);
    queue->is_stopped = true;
    etwi_condition_broadcast(queue->freed);
    if (queue->consumer)
        etwi_supply_interrupt(queue->consumer);
    etwi_mutex_unlock(queue->mutex);
}

void etw_queue_abort(etw_queue *queue)
{
    etwi_mutex_lock(queue->mutex);
    queue->is_stopped = queue->is_aborted = true;
    for (; queue->line_count; queue->line_count--) {
        free_slot(queue, &queue->slots[queue->line[queue->line_first]]);
        queue->line_first = (queue->line_first + 1) % queue->options.capacity;
    }
    etwi_condition_broadcast(queue->freed);
    etwi_condition_broadcast(queue->arrived);
    if (queue->consumer)
        etwi_supply_interrupt(queue->consumer);
    etwi_mutex_unlock(queue->mutex);
}

etw_status etw_queue_get_stats(etw_queue *queue, etw_queue_stats *out)
{
    etwi_mutex_lock(queue->mutex);
    etw_queue_stats stats = queue->stats;
    stats.waiting = queue->line_count;
    etwi_mutex_unlock(queue->mutex);
    return etwi_options_give(out, &stats, sizeof stats);
}
