/*
 * The schema store from the inside: how sources add schemas, and the compiled form that the
 * decoder runs.
 */
#ifndef ETWI_SCHEMA_STORE_H
#define ETWI_SCHEMA_STORE_H

#include "base/memory.h"
#include "schema/plan.h"
#include "schema/provider.h"

#include <etw/schema.h>

/*
 * A schema as the store holds it. The plan, which most events need and nothing else, stands before
 * the public part, from whose pointer the decoder gets to it without a lookup.
 */
typedef struct etwi_schema {
    etwi_plan plan;
    etw_schema pub;
} etwi_schema;

/* Whose events a schema describes. Where several definitions of a key differ, the nearest wins:
 * those out of traces before those of files, and these before what is built in; then same trace
 * and process, same trace, any. */
typedef struct etwi_scope {
    const etw_trace_info *trace; /* NULL: of any trace. */
    uint32_t process_id;         /* ETW_NO_ID: of any process. */
} etwi_scope;

/* Sources call these between lock and unlock. */
void etwi_store_lock(etw_schema_store *store);
void etwi_store_unlock(etw_schema_store *store);

/* Memory that lives as long as the store. */
etwi_arena *etwi_store_arena(etw_schema_store *store);

/*
 * Adds a schema under (provider, id or opcode, version, classic). The structure is copied; what it
 * points to must live as long as the store (its arena, or static data). A definition that equals
 * one already there costs nothing.
 *
 * Returns ETW_OK, ETW_E_NOMEM, or ETW_E_CORRUPT for a schema that makes no sense, which is counted
 * as rejected and explained in `error`.
 */
etw_status etwi_store_put(etw_schema_store *store, const etw_schema *schema, etwi_scope scope,
                          etw_error *error);

/* Keeps what sources say about providers, all of it or nothing; as etwi_store_put(), but there is
 * nothing to check. */
etw_status etwi_store_put_providers(etw_schema_store *store, const etwi_provider *const *providers,
                                    size_t count);

/* What has been kept so, the first one first. Between lock and unlock. */
const etwi_provider_node *etwi_store_providers(const etw_schema_store *store);

/* Adds all definitions of one key, which apply to any trace and process, at once: no thread sees
 * some of them only. They are not counted. ETW_OK or ETW_E_NOMEM; then they may be added again. */
etw_status etwi_store_put_all(etw_schema_store *store, const etwi_schema *const *schemas,
                              size_t count);

/* Takes a definition and the trace it is for, NULL if it is for any; a failure is passed on. */
typedef etw_status (*etwi_candidate_taker)(void *user, const etw_schema *schema,
                                           const etw_trace_info *trace);

/* Hands out all that is in the store, what is built in as far as it was used; definitions of one
 * key one after the other as they were added, keys in any order. Between lock and unlock. */
etw_status etwi_store_each(const etw_schema_store *store, etwi_candidate_taker take, void *user);

/* What etw_schema_store_find() finds, or NULL. */
const etw_schema *etwi_store_schema(etw_schema_store *store, const etw_event *event);

/* The counters. */
etw_schema_store_stats *etwi_store_stats(etw_schema_store *store);

/* A trace is gone: no later one, which may have its address, is taken for it. Not between lock and
 * unlock. */
void etwi_store_forget_trace(etw_schema_store *store, const etw_trace_info *trace);

/*
 * Which source wins: the one with the highest rank. What travelled in a trace was written beside
 * the events (2); what is given from outside may be of another version, but is chosen on purpose
 * (1); what is built in, or what the system knows, is for want of anything better (0).
 */
int etwi_source_rank(etw_schema_source source);

/* Counts a description that could not be read at all. */
void etwi_store_reject(etw_schema_store *store, const etw_error *error);

/* Counts an EventSource manifest some of whose chunks never came. */
void etwi_store_note_incomplete(etw_schema_store *store);

static inline const etwi_schema *etwi_schema_of(const etw_schema *schema)
{
    return (const etwi_schema *)(const void *)((const char *)schema - offsetof(etwi_schema, pub));
}

#endif
