/*
 * Prepared properties: the spans of a segment are copied from the plan and moved to where it
 * begins; strings, which mostly end a segment, are measured to complete theirs. What is rarer is
 * taken one by one by the steps of the plan, and the rarest (structs, and arrays of anything but
 * values of fixed size) is left to the cursor, which is put where it stands.
 */
#include "decode/prepare.h"

#include "base/compiler.h"

#include "decode/measure.h"

/* How far the payload was gone through; the same that a cursor keeps. */
typedef struct walk {
    const etw_event *event;
    const etw_schema *schema;
    const etwi_plan *plan;
    etw_span *spans;
    uint32_t position;
    /* Of the properties before `seen`; the others are caught up with when somebody asks. */
    unsigned seen;
    uint32_t budget;
    etw_decode_error error;
    uint32_t references[ETWI_REFERENCES_MAX];
} walk;

static etwi_place place_of(const walk *w)
{
    const etwi_place place = {w->event->payload + w->position, w->event->payload_size - w->position,
                              w->event->pointer_size, w->references};
    return place;
}

static etw_decode_reason stop(walk *w, unsigned index, etw_decode_reason reason)
{
    w->error.reason = reason;
    w->error.offset = w->position;
    w->error.property = &w->schema->properties[index];
    return reason;
}

/* A span of a value or of an array. */
static inline etw_span span_at(uint32_t position, etw_item_kind kind, uint32_t size, uint32_t skip,
                               uint32_t data_size)
{
    const etw_span span = {.offset = (uint16_t)position,
                           .size = (uint16_t)size,
                           .data_offset = (uint16_t)(position + skip),
                           .data_size = (uint16_t)data_size,
                           .count = kind == ETW_ITEM_VALUE,
                           .kind = (uint8_t)kind};
    return span;
}

static inline etw_decode_reason take_value(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    const etwi_place place = place_of(w);
    const etwi_measure m = etwi_measure_value(&place, step);
    if (m.reason != ETW_DECODE_NONE)
        return stop(w, index, m.reason);
    w->spans[index] = span_at(w->position, ETW_ITEM_VALUE, m.size, m.skip, m.data_size);
    if (step->own_reference != ETWI_NO_REFERENCE)
        w->references[step->own_reference] = etwi_reference_of(place.at + m.skip, m.data_size);
    w->position += m.size;
    w->budget--;
    return ETW_DECODE_NONE;
}

/* An array of values of fixed size that is wholly there; false if it is anything else. */
static bool take_fixed_array(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    const etwi_place place = place_of(w);
    uint32_t count, skip;
    if (step->rule != ETWI_RULE_FIXED ||
        etwi_measure_array(&place, step, &count, &skip) != ETW_DECODE_NONE)
        return false;
    const uint64_t size = (uint64_t)count * step->width[etwi_width_index(place.pointer_size)];
    if (size > place.left - skip || count >= w->budget)
        return false;
    etw_span *span = &w->spans[index];
    *span = span_at(w->position, ETW_ITEM_ARRAY_BEGIN, skip + (uint32_t)size, skip, (uint32_t)size);
    span->count = (uint16_t)count;
    w->position += skip + (uint32_t)size;
    w->budget -= 1 + count;
    return true;
}

/* Anything, by a cursor that is put where the walk is. */
static ETWI_NOINLINE etw_decode_reason take_any(walk *w, unsigned index)
{
    const size_t references_size = w->plan->reference_count * sizeof w->references[0];
    const etw_property *property = &w->schema->properties[index];
    etw_items items;
    etw_item item;
    etw_items_begin(&items, w->event, w->schema);
    memcpy(items.references, w->references, references_size);
    items.position = w->position;
    items.budget = w->budget;
    items.frames[0].member = (uint16_t)index;
    const bool has_item = etw_items_next(&items, &item);
    if (has_item && item.property == property) {
        const uint32_t data = items.position - w->position;
        etw_items_skip(&items);
        const uint32_t size = items.position - w->position;
        etw_span *span = &w->spans[index];
        *span = span_at(w->position, item.kind, size, data, size - data);
        span->count = (uint16_t)item.count;
        span->reason = (uint8_t)items.error.reason;
    }
    memcpy(w->references, items.references, references_size);
    w->position = items.position;
    w->budget = items.budget;
    w->error = items.error;
    return items.error.reason;
}

/* What the properties before `index`, whose spans are there, leave for those behind them. */
static void catch_up(walk *w, unsigned index)
{
    if (!w->seen) {
        w->budget = etwi_budget(w->event, w->schema);
        memset(w->references, 0, w->plan->reference_count * sizeof w->references[0]);
    }
    for (unsigned i = w->seen; i < index; i++) {
        const etw_span *span = &w->spans[i];
        const unsigned slot = w->plan->steps[i].own_reference;
        w->budget -= span->kind == ETW_ITEM_VALUE ? 1u : 1u + span->count;
        if (slot != ETWI_NO_REFERENCE)
            w->references[slot] =
                etwi_reference_of(w->event->payload + span->data_offset, span->data_size);
    }
    w->seen = index + 1;
}

/* One property of any kind, by its step. */
static ETWI_NOINLINE etw_decode_reason take(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    w->spans[index].kind = ETW_ITEM_VALUE;
    catch_up(w, index);
    if (!w->budget)
        return stop(w, index, ETW_DECODE_BAD_COUNT);
    if (step->optional && w->position == w->event->payload_size) {
        w->spans[index] = span_at(w->position, ETW_ITEM_VALUE, 0, 0, 0);
        w->spans[index].reason = ETW_DECODE_ABSENT;
        w->budget--;
        return ETW_DECODE_NONE;
    }
    if (step->many == ETWI_MANY_ONE && step->rule != ETWI_RULE_STRUCT)
        return take_value(w, index);
    return step->many != ETWI_MANY_ONE && take_fixed_array(w, index) ? ETW_DECODE_NONE
                                                                     : take_any(w, index);
}

/* All properties from `first` on that could not be found. */
static void fill_missing(walk *w, unsigned first)
{
    for (unsigned i = first; i < w->schema->top_level_count; i++) {
        w->spans[i] = span_at(w->position, ETW_ITEM_VALUE, 0, 0, 0);
        w->spans[i].reason = (uint8_t)w->error.reason;
    }
}

/* Gives up at a property. An array or struct that was begun keeps what of it did decode. */
static etw_status give_up(walk *w, unsigned index)
{
    fill_missing(w, w->spans[index].kind == ETW_ITEM_VALUE ? index : index + 1);
    return ETW_E_CORRUPT;
}

/* The properties from `index` on one by one, to find the one that is not there. */
static ETWI_NOINLINE etw_status take_rest(walk *w, unsigned index, uint32_t position)
{
    w->position = position;
    for (; index < w->plan->top_level_count; index++)
        if (take(w, index) != ETW_DECODE_NONE)
            return give_up(w, index);
    return ETW_OK;
}

/* Copies ETWI_SPAN_SLACK spans that begin at `position`. */
static ETWI_INLINE void place_group(etw_span *out, const etw_span *from, uint32_t position)
{
    enum {
        WORDS = ETWI_SPAN_SLACK * sizeof(etw_span) / sizeof(uint16_t),
    };
    /* The words of four spans that tell offsets. */
    static const uint16_t moved[WORDS] = {
        0xFFFF, 0, 0xFFFF, 0, 0, 0, 0xFFFF, 0, 0xFFFF, 0, 0, 0,
        0xFFFF, 0, 0xFFFF, 0, 0, 0, 0xFFFF, 0, 0xFFFF, 0, 0, 0,
    };
    const uint8_t *source = (const uint8_t *)from;
    uint8_t *target = (uint8_t *)out;
#if defined(ETWI_HAS_SSE2)
    const __m128i all = _mm_set1_epi16((short)position);
    for (unsigned at = 0; at < sizeof moved; at += 16) {
        const __m128i by = _mm_and_si128(all, etwi_load_vector((const uint8_t *)moved + at));
        const __m128i words = _mm_add_epi16(etwi_load_vector(source + at), by);
        _mm_storeu_si128((__m128i *)(void *)(target + at), words);
    }
#else
    for (unsigned i = 0; i < WORDS; i++) {
        uint16_t word;
        memcpy(&word, source + 2 * i, sizeof word);
        word = (uint16_t)(word + (position & moved[i]));
        memcpy(target + 2 * i, &word, sizeof word);
    }
#endif
}

/* Copies spans, at least one, that begin at `position`, by groups as long as these stay before
 * `end`; what is too much is overwritten later. */
static ETWI_INLINE void place_spans(etw_span *out, const etw_span *from, unsigned count,
                                    uint32_t position, const etw_span *end)
{
    const etw_span *const out_end = out + count;
    while (end - out >= ETWI_SPAN_SLACK) {
        place_group(out, from, position);
        out += ETWI_SPAN_SLACK;
        from += ETWI_SPAN_SLACK;
        if (out >= out_end)
            return;
    }
    for (; out < out_end; out++, from++) {
        *out = *from;
        out->offset = (uint16_t)(out->offset + position);
        out->data_offset = (uint16_t)(out->data_offset + position);
    }
}

/* The value that ends a segment, if it is one of the common kinds. */
static ETWI_INLINE etwi_measure measure_ending(unsigned ending, const uint8_t *at, uint32_t left)
{
    switch (ending) {
    case ETWI_ENDING_UTF16:
        return etwi_measure_terminated(at, left, 2);
    case ETWI_ENDING_ANSI:
        return etwi_measure_terminated(at, left, 1);
    case ETWI_ENDING_COUNTED:
        return etwi_measure_counted(at, left, ETWI_RULE_COUNTED);
    default:
        return etwi_not_measured(ETW_DECODE_BAD_TYPE);
    }
}

/* All properties, segment by segment; what is not common goes through the walk. */
static etw_status take_segments(walk *w, const etw_span *end)
{
    const etwi_plan *plan = w->plan;
    const unsigned width = etwi_width_index(w->event->pointer_size);
    const uint8_t *payload = w->event->payload;
    const uint32_t size = w->event->payload_size;
    const etwi_plan_segment *segment = plan->segments;
    const etw_span *from = etwi_plan_spans(plan, width);
    etw_span *out = w->spans;
    const etw_span *const last = out + plan->top_level_count;
    uint32_t position = 0;
    for (; out < last; segment++) {
        /* Read once: the compiler has to assume that what is stored to `out` changes them. */
        const unsigned ending = segment->ending, count = segment->count;
        const uint32_t fixed_size = segment->size[width];
        if (fixed_size > size - position)
            return take_rest(w, (unsigned)(out - w->spans), position);
        place_spans(out, from, count, position, end);
        out += count;
        from += count;
        position += fixed_size;
        if (ending == ETWI_ENDING_NONE)
            break;
        const etwi_measure m = measure_ending(ending, payload + position, size - position);
        if (m.reason == ETW_DECODE_NONE) {
            out[-1].size = (uint16_t)m.size;
            out[-1].data_offset = (uint16_t)(position + m.skip);
            out[-1].data_size = (uint16_t)m.data_size;
            position += m.size;
        } else {
            const unsigned index = (unsigned)(out - w->spans) - 1;
            w->position = position;
            if (take(w, index) != ETW_DECODE_NONE)
                return give_up(w, index);
            position = w->position;
        }
    }
    return ETW_OK;
}

etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                        size_t capacity, etw_decode_error *error)
{
    walk w;
    w.event = event;
    w.schema = schema;
    w.plan = &etwi_schema_of(schema)->plan;
    w.spans = spans;
    w.seen = 0;
    w.error.reason = ETW_DECODE_NONE;
    if (event->is_damaged) {
        w.position = 0;
        w.error = (etw_decode_error){.reason = ETW_DECODE_BAD_EXTENDED};
        fill_missing(&w, 0);
        *error = w.error;
        return ETW_E_CORRUPT;
    }
    const etw_status status = take_segments(&w, spans + capacity);
    if (status != ETW_OK)
        *error = w.error;
    return status;
}

/* By groups, as long as there is room for them. */
static inline void copy_spans(etw_span *out, size_t capacity, const etw_span *from, size_t count)
{
    size_t i = 0;
    for (; i < count && capacity - i >= ETWI_SPAN_SLACK; i += ETWI_SPAN_SLACK)
        memcpy(out + i, from + i, ETWI_SPAN_SLACK * sizeof *out);
    for (; i < count; i++)
        out[i] = from[i];
}

etw_status etw_event_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                             size_t capacity, size_t *count)
{
    *count = schema ? etwi_schema_of(schema)->plan.top_level_count : 0;
    if (!schema)
        return ETW_E_NO_SCHEMA;
    if (*count > capacity)
        return ETW_E_LIMIT;
    const etw_span *ready = etwi_static_spans(event, schema);
    if (ready) {
        copy_spans(spans, capacity, ready, *count);
        return ETW_OK;
    }
    etw_decode_error error;
    return etwi_prepare(event, schema, spans, capacity, &error);
}

etw_status etw_prepared_item(const etw_prepared *prepared, size_t index, etw_item *out)
{
    if (index >= prepared->count)
        return ETW_E_NOT_FOUND;
    const etw_span *span = &prepared->spans[index];
    const bool is_value = span->kind == ETW_ITEM_VALUE;
    if (is_value && span->reason != ETW_DECODE_NONE)
        return span->reason == ETW_DECODE_ABSENT ? ETW_E_NOT_FOUND : ETW_E_CORRUPT;
    out->kind = (etw_item_kind)span->kind;
    out->property = &prepared->schema->properties[index];
    out->offset = span->offset;
    out->count = span->kind == ETW_ITEM_STRUCT_BEGIN ? 0 : span->count;
    out->is_element = false;
    out->event = prepared->event;
    out->in_type = is_value ? out->property->in_type : (uint16_t)ETW_IN_NULL;
    out->out_type = is_value ? etwi_schema_of(prepared->schema)->plan.steps[index].out_type
                             : (uint16_t)ETW_OUT_STRING;
    out->data.data = is_value ? prepared->event->payload + span->data_offset : NULL;
    out->data.size = is_value ? span->data_size : 0;
    return ETW_OK;
}
