/*
 * Payload filters, which TDH makes from the provider's manifest, one for each event. What it cannot
 * make is left to the consumer, which gives the same events and only costs more.
 */
#include "session/win/codes.h"
#include "session/win/filters.h"
#include "session/win/wide.h"

enum {
    EVENTS_MAX = 1024, /* That one filter is made for. */
    EVENTS_SIZE_MAX = 1 << 22,
};

typedef struct work {
    const etwi_api *api;
    const etw_guid *provider;
    const etw_provider_filter *filter;
    etwi_arena arena;
    etwi_abi_provider_events *events;
    etwi_abi_payload_predicate predicates[ETW_FILTER_PREDICATES_MAX];
    void *made[EVENTS_MAX];
    uint32_t count;
    bool is_partial; /* TDH did not make it for some event. */
} work;

/* The events of the manifest; false if there is none. */
static bool take_events(work *w)
{
    etw_guid provider = *w->provider;
    uint32_t size = 0;
    uint32_t code = w->api->TdhEnumerateManifestProviderEvents(&provider, NULL, &size);
    if (code != ETWI_WIN_INSUFFICIENT_BUFFER || size < sizeof *w->events || size > EVENTS_SIZE_MAX)
        return false;
    w->events = etwi_arena_alloc(&w->arena, size);
    if (!w->events)
        return false;
    code = w->api->TdhEnumerateManifestProviderEvents(&provider, w->events, &size);
    const size_t room = (size - offsetof(etwi_abi_provider_events, event_descriptors_array)) /
                        sizeof w->events->event_descriptors_array[0];
    return code == ETWI_WIN_OK && w->events->number_of_events <= room;
}

static bool make_predicates(work *w)
{
    for (size_t i = 0; i < w->filter->predicate_count; i++) {
        const etw_payload_predicate *const predicate = &w->filter->predicates[i];
        w->predicates[i].field_name = etwi_wide_new(&w->arena, predicate->field);
        w->predicates[i].compare_op = (uint16_t)predicate->op;
        w->predicates[i].value = etwi_wide_new(&w->arena, predicate->value);
        if (!w->predicates[i].field_name || !w->predicates[i].value)
            return false;
    }
    return true;
}

static bool is_about(const etw_provider_filter *filter, uint16_t id)
{
    for (size_t i = 0; i < filter->id_count; i++)
        if (filter->ids[i] == id)
            return true;
    return !filter->id_count;
}

/* A filter for each event; false if there are none, or too many. */
static bool make_each(work *w)
{
    for (uint32_t i = 0; i < w->events->number_of_events; i++) {
        const etwi_abi_descriptor *const event = &w->events->event_descriptors_array[i];
        void *made = NULL;
        if (!is_about(w->filter, event->id))
            continue;
        if (w->count == EVENTS_MAX)
            return false;
        const uint32_t code = w->api->TdhCreatePayloadFilter(
            w->provider, event, w->filter->any_predicate, (uint32_t)w->filter->predicate_count,
            w->predicates, &made);
        if (code == ETWI_WIN_OK && made)
            w->made[w->count++] = made;
        else
            w->is_partial = true;
    }
    return w->count > 0;
}

static bool put_together(work *w, etwi_abi_filter *out)
{
    /* One flag for each filter; it matters where several are about one event. */
    uint8_t *const match_all = etwi_arena_alloc(&w->arena, w->count);
    if (!match_all)
        return false;
    memset(match_all, 1, w->count);
    if (w->api->TdhAggregatePayloadFilters(w->count, w->made, match_all, out) != ETWI_WIN_OK) {
        *out = (etwi_abi_filter){0};
        return false;
    }
    if (out->size && out->size <= ETW_FILTER_PAYLOAD_MAX)
        return true;
    w->api->TdhCleanupPayloadEventFilterDescriptor(out);
    *out = (etwi_abi_filter){0};
    return false;
}

static bool has_functions(const etwi_api *api)
{
    return api->TdhEnumerateManifestProviderEvents && api->TdhCreatePayloadFilter &&
           api->TdhDeletePayloadFilter && api->TdhAggregatePayloadFilters &&
           api->TdhCleanupPayloadEventFilterDescriptor;
}

etwi_win_payload_result etwi_win_payload_make(etwi_abi_filter *out, const etwi_api *api,
                                              const etw_guid *provider,
                                              const etw_provider_filter *filter)
{
    etwi_win_payload_result result = {.at_consumer = true};
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    *out = (etwi_abi_filter){0};
    if (!has_functions(api))
        return result;
    work *const w = etwi_alloc_zeroed(&allocator, sizeof *w);
    if (!w)
        return result;
    w->api = api;
    w->provider = provider;
    w->filter = filter;
    w->arena.allocator = allocator;
    result.at_provider =
        take_events(w) && make_predicates(w) && make_each(w) && put_together(w, out);
    result.at_consumer = !result.at_provider || w->is_partial;
    for (uint32_t i = 0; i < w->count; i++)
        api->TdhDeletePayloadFilter(&w->made[i]);
    etwi_arena_free(&w->arena);
    etwi_free(&allocator, w, sizeof *w);
    return result;
}
