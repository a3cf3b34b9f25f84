#include "schema/schema_table.h"

#include "base/memory.h"
#include "schema/compare.h"

enum {
    FIRST_TABLE_SIZE = 256
};

/* ------------------------------------------------------------------------------ table */

static etwi_table *create_table(const etw_allocator *allocator, size_t size)
{
    etwi_table *t = etwi_alloc_zeroed(allocator, sizeof *t + size * sizeof t->slots[0]);
    if (t)
        t->mask = size - 1;
    return t;
}

etwi_table *etwi_table_create(const etw_allocator *allocator)
{
    return create_table(allocator, FIRST_TABLE_SIZE);
}

void etwi_table_destroy(etwi_table *table, const etw_allocator *allocator)
{
    while (table) {
        etwi_table *older = table->older;
        etwi_free(allocator, table, sizeof *table + (table->mask + 1) * sizeof table->slots[0]);
        table = older;
    }
}

void etwi_table_insert(etwi_table *t, etwi_entry *e, uint64_t hash)
{
    size_t i = (size_t)hash & t->mask;
    while (atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed))
        i = (i + 1) & t->mask;
    t->slots[i].hash = hash;
    atomic_store_explicit(&t->slots[i].entry, e, memory_order_release);
    t->count++;
}

etw_status etwi_table_make_room(etwi_table *_Atomic *table, const etw_allocator *allocator)
{
    etwi_table *t = atomic_load_explicit(table, memory_order_relaxed);
    /* At most half of the slots are used. */
    if (t->count < t->mask / 2)
        return ETW_OK;
    etwi_table *grown = create_table(allocator, 2 * (t->mask + 1));
    if (!grown)
        return ETW_E_NOMEM;
    for (size_t i = 0; i <= t->mask; i++) {
        etwi_entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        if (e)
            etwi_table_insert(grown, e, t->slots[i].hash);
    }
    grown->older = t;
    atomic_store_explicit(table, grown, memory_order_release);
    return ETW_OK;
}

/* ------------------------------------------------------------------------------ entries */

enum {
    CACHE_LINE = 64
};

etwi_entry *etwi_entry_create(etwi_arena *arena, const etwi_key *k)
{
    uint8_t *memory = etwi_arena_alloc_zeroed(arena, sizeof(etwi_entry) + CACHE_LINE);
    if (!memory)
        return NULL;
    memory += (CACHE_LINE - (uintptr_t)memory % CACHE_LINE) % CACHE_LINE;
    etwi_entry *e = (etwi_entry *)(void *)memory;
    e->key = *k;
    e->provider = k->provider;
    e->number = etwi_key_number(k);
    return e;
}

void etwi_candidate_init(etwi_candidate *c, const etw_schema *schema, const etwi_plan *plan,
                         etwi_scope scope)
{
    c->schema.pub = *schema;
    c->schema.plan = *plan;
    atomic_init(&c->next, NULL);
    atomic_init(&c->trace, scope.trace);
    atomic_init(&c->process_id, scope.process_id);
}

bool etwi_entry_widen(etwi_entry *e, const etw_schema *schema, etwi_scope scope)
{
    for (etwi_candidate *c = &e->first; c;
         c = atomic_load_explicit(&c->next, memory_order_relaxed)) {
        if (!etwi_schema_equal(&c->schema.pub, schema))
            continue;
        if (atomic_load_explicit(&c->trace, memory_order_relaxed) != scope.trace)
            atomic_store_explicit(&c->trace, NULL, memory_order_relaxed);
        if (atomic_load_explicit(&c->process_id, memory_order_relaxed) != scope.process_id)
            atomic_store_explicit(&c->process_id, ETW_NO_ID, memory_order_relaxed);
        return true;
    }
    return false;
}

void etwi_entry_append(etwi_entry *e, etwi_candidate *added)
{
    atomic_store_explicit(&e->only, NULL, memory_order_release);
    etwi_candidate *last = &e->first;
    for (etwi_candidate *c = last; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
        last = c;
    atomic_store_explicit(&last->next, added, memory_order_release);
}

/* ------------------------------------------------------------------------------ choosing */

int etwi_source_rank(etw_schema_source source)
{
    switch (source) {
    case ETW_SCHEMA_KERNEL:
    case ETW_SCHEMA_TDH:
        return 0;
    case ETW_SCHEMA_MANIFEST_FILE:
    case ETW_SCHEMA_PE:
    case ETW_SCHEMA_TMF:
    case ETW_SCHEMA_EXPORTED:
        return 1;
    default:
        return 2;
    }
}

/* How near a definition is to an event: by its origin, then the event's own trace and process, and
 * those of others last. */
static int nearness(const etwi_candidate *c, const etw_event *event)
{
    const etw_trace_info *trace = atomic_load_explicit(&c->trace, memory_order_relaxed);
    const uint32_t process_id = atomic_load_explicit(&c->process_id, memory_order_relaxed);
    int score = 16 * etwi_source_rank((etw_schema_source)c->schema.pub.source);
    score += trace == event->trace ? 8 : trace ? 0 : 4;
    score += process_id == event->process_id ? 2 : process_id == ETW_NO_ID ? 1 : 0;
    return score;
}

static bool fits(const etwi_candidate *c, const etw_event *event)
{
    const etwi_plan *plan = &c->schema.plan;
    const uint32_t least = plan->size_min[etwi_width_index(event->pointer_size)];
    if (plan->fixed_size && !c->schema.pub.inferred)
        return event->payload_size == least;
    return event->payload_size >= least;
}

const etw_schema *etwi_entry_choose(etwi_entry *e, const etw_event *event)
{
    const etw_schema *only = atomic_load_explicit(&e->only, memory_order_acquire);
    if (only)
        return only;
    const etwi_candidate *best = NULL;
    int best_score = -1;
    for (etwi_candidate *c = &e->first; c;
         c = atomic_load_explicit(&c->next, memory_order_acquire)) {
        const int score = 2 * nearness(c, event) + fits(c, event);
        if (score > best_score && (fits(c, event) || !c->schema.pub.inferred)) {
            best = c;
            best_score = score;
        }
    }
    return best ? &best->schema.pub : NULL;
}
