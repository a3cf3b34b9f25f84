/*
 * Work in several threads with results in order.
 *
 * Each thread claims a unit of events, works on it while the others work on theirs, waits until all
 * units before it are committed, and commits its own. So at most as many units are under way as
 * there are threads, which bounds memory, and a slow commit holds back all of them.
 */
#include "consumer/consumer_internal.h"

#include "base/error.h"
#include "base/options.h"
#include "os/team.h"

typedef struct line {
    etw_consumer *consumer;
    const etw_work *work;
    etwi_mutex *mutex;         /* Guards all below; held while committing. */
    etwi_condition *turned;    /* `turn` has changed, or the line has ended. */
    etw_status status;         /* ETW_OK while it goes on. */
    atomic_uint_fast64_t turn; /* The unit that commits next; may be read without the mutex. */
} line;

/* How often a thread looks whether its turn has come before it goes to sleep: some ten
 * microseconds. Units take about equally long, so it is soon, and waking up takes longer. */
enum {
    LOOKS_MAX = 500
};

static bool is_stopped(const line *l)
{
    return atomic_load_explicit(&l->consumer->stop, memory_order_relaxed);
}

/* Ends the line for all; the first reason counts. */
static void end_locked(line *l, etw_status status, const etw_error *error)
{
    if (l->status == ETW_OK) {
        l->status = status;
        if (etw_failed(status))
            l->consumer->error = *error;
    }
    etwi_condition_broadcast(l->turned);
}

static void end_line(line *l, etw_status status, const etw_error *error)
{
    etwi_mutex_lock(l->mutex);
    end_locked(l, status, error);
    etwi_mutex_unlock(l->mutex);
}

/* All batches of one unit. */
static etw_status work_on(line *l, etwi_unit *unit, void *local)
{
    etw_batch batch;
    etw_status status;
    while ((status = etwi_supply_batch(l->consumer, unit, &batch)) == ETW_OK) {
        etwi_consumer_count(l->consumer, &batch);
        if (l->work->on_batch(l->work->user, local, &batch) == ETW_FLOW_STOP)
            return ETW_STOPPED;
    }
    return status == ETW_END ? ETW_OK : status;
}

static bool is_turn(const line *l, const etwi_unit *unit)
{
    return atomic_load_explicit(&l->turn, memory_order_relaxed) == unit->number;
}

/* Waits for the turn of a unit, with the mutex held in the end. */
static void await_turn(line *l, const etwi_unit *unit)
{
    for (int looks = 0; looks < LOOKS_MAX && !is_turn(l, unit); looks++)
        etwi_spin();
    etwi_mutex_lock(l->mutex);
    while (!is_turn(l, unit) && l->status == ETW_OK)
        etwi_condition_wait(l->turned, l->mutex);
}

/* Commits a unit when its turn has come; work that commits nothing needs no turns. */
static etw_status commit(line *l, const etwi_unit *unit, void *local, etw_status status)
{
    const bool in_order = l->work->on_commit != NULL;
    if (in_order)
        await_turn(l, unit);
    else
        etwi_mutex_lock(l->mutex);
    if (l->status == ETW_OK) {
        /* What was done before the stop still counts. */
        if (in_order && !etw_failed(status) &&
            l->work->on_commit(l->work->user, local) == ETW_FLOW_STOP)
            status = ETW_STOPPED;
        atomic_store_explicit(&l->turn, unit->number + 1, memory_order_relaxed);
        etwi_consumer_report(l->consumer);
        /* An end has to be known before the next in line can take its turn. */
        if (status != ETW_OK)
            end_locked(l, status, &unit->error);
        if (in_order)
            etwi_condition_broadcast(l->turned);
    }
    etwi_mutex_unlock(l->mutex);
    return status;
}

static etw_status run_units(line *l, etwi_unit *unit, void *local)
{
    for (;;) {
        if (is_stopped(l))
            return ETW_STOPPED;
        etw_status status = etwi_supply_claim(l->consumer, unit, ETW_WAIT_FOREVER);
        if (status != ETW_OK)
            return status;
        status = work_on(l, unit, local);
        status = commit(l, unit, local, status);
        etwi_supply_release(l->consumer, unit);
        if (status != ETW_OK)
            return status;
        etwi_mutex_lock(l->mutex);
        const bool ended = l->status != ETW_OK;
        etwi_mutex_unlock(l->mutex);
        if (ended)
            return ETW_OK;
    }
}

static void run_thread(void *user, unsigned member)
{
    (void)member;
    line *l = user;
    const etw_work *work = l->work;
    etwi_unit unit;
    if (etwi_unit_init(&unit, &l->consumer->allocator) != ETW_OK) {
        etwi_fail_nomem(&unit.error);
        end_line(l, ETW_E_NOMEM, &unit.error);
        return;
    }
    void *local = work->on_thread_begin ? work->on_thread_begin(work->user) : NULL;
    etw_status status;
    if (work->on_thread_begin && !local)
        status = etwi_fail_nomem(&unit.error);
    else
        status = run_units(l, &unit, local);
    /* The end of the traces is no reason for the others to stop: they have units to commit. */
    if (status == ETW_STOPPED || etw_failed(status))
        end_line(l, status, &unit.error);
    etwi_mutex_lock(l->mutex);
    if (local && work->on_thread_end)
        work->on_thread_end(work->user, local);
    etwi_mutex_unlock(l->mutex);
    etwi_unit_free(&unit, &l->consumer->allocator);
}

static etw_status run_line(etw_consumer *consumer, const etw_work *work)
{
    line l = {consumer, work, etwi_mutex_create(), etwi_condition_create(), ETW_OK, 0};
    if (l.mutex && l.turned)
        etwi_team_run(consumer->options.threads, run_thread, &l);
    else
        l.status = etwi_fail_nomem(&consumer->error);
    etwi_mutex_destroy(l.mutex);
    etwi_condition_destroy(l.turned);
    return l.status == ETW_OK ? ETW_END : l.status;
}

etw_status etw_consumer_process(etw_consumer *consumer, const etw_work *work)
{
    etw_work ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, work, &consumer->error));
    if (!ours.on_batch || consumer->has_unit)
        return etwi_fail(&consumer->error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "no on_batch, or batches were already asked for");
    if (etw_failed(consumer->failed))
        return consumer->failed;
    etw_status status = etwi_consumer_prepare(consumer);
    if (status == ETW_OK)
        status = run_line(consumer, &ours);
    if (etw_failed(status))
        consumer->failed = status;
    return status;
}
