#include "schema/plan.h"

#include "base/error.h"
#include "schema/types.h"

/* The rule of each in-type where the schema gives no length, and the width of fixed ones. */
typedef struct type_rule {
    uint8_t rule;
    uint8_t width[2];
} type_rule;

static const type_rule TDH_RULES[] = {
    [ETW_IN_NULL] = {ETWI_RULE_BAD_TYPE, {0, 0}},
    [ETW_IN_UNICODE_STRING] = {ETWI_RULE_UTF16_Z, {0, 0}},
    [ETW_IN_ANSI_STRING] = {ETWI_RULE_ANSI_Z, {0, 0}},
    [ETW_IN_INT8] = {ETWI_RULE_FIXED, {1, 1}},
    [ETW_IN_UINT8] = {ETWI_RULE_FIXED, {1, 1}},
    [ETW_IN_INT16] = {ETWI_RULE_FIXED, {2, 2}},
    [ETW_IN_UINT16] = {ETWI_RULE_FIXED, {2, 2}},
    [ETW_IN_INT32] = {ETWI_RULE_FIXED, {4, 4}},
    [ETW_IN_UINT32] = {ETWI_RULE_FIXED, {4, 4}},
    [ETW_IN_INT64] = {ETWI_RULE_FIXED, {8, 8}},
    [ETW_IN_UINT64] = {ETWI_RULE_FIXED, {8, 8}},
    [ETW_IN_FLOAT] = {ETWI_RULE_FIXED, {4, 4}},
    [ETW_IN_DOUBLE] = {ETWI_RULE_FIXED, {8, 8}},
    [ETW_IN_BOOLEAN] = {ETWI_RULE_FIXED, {4, 4}},
    [ETW_IN_BINARY] = {ETWI_RULE_LENGTH, {0, 0}},
    [ETW_IN_GUID] = {ETWI_RULE_FIXED, {16, 16}},
    [ETW_IN_POINTER] = {ETWI_RULE_FIXED, {4, 8}},
    [ETW_IN_FILETIME] = {ETWI_RULE_FIXED, {8, 8}},
    [ETW_IN_SYSTEMTIME] = {ETWI_RULE_FIXED, {16, 16}},
    [ETW_IN_SID] = {ETWI_RULE_SID, {0, 0}},
    [ETW_IN_HEX_INT32] = {ETWI_RULE_FIXED, {4, 4}},
    [ETW_IN_HEX_INT64] = {ETWI_RULE_FIXED, {8, 8}},
    [ETW_IN_MANIFEST_COUNTED_STRING] = {ETWI_RULE_COUNTED, {0, 0}},
    [ETW_IN_MANIFEST_COUNTED_ANSI_STRING] = {ETWI_RULE_COUNTED, {0, 0}},
    [ETW_IN_RESERVED24] = {ETWI_RULE_BAD_TYPE, {0, 0}},
    [ETW_IN_MANIFEST_COUNTED_BINARY] = {ETWI_RULE_COUNTED, {0, 0}},
};

static const type_rule WBEM_RULES[] = {
    [ETW_IN_COUNTED_STRING - 300] = {ETWI_RULE_COUNTED, {0, 0}},
    [ETW_IN_COUNTED_ANSI_STRING - 300] = {ETWI_RULE_COUNTED, {0, 0}},
    [ETW_IN_REVERSED_COUNTED_STRING - 300] = {ETWI_RULE_COUNTED_BE, {0, 0}},
    [ETW_IN_REVERSED_COUNTED_ANSI_STRING - 300] = {ETWI_RULE_COUNTED_BE, {0, 0}},
    [ETW_IN_NON_NULL_TERMINATED_STRING - 300] = {ETWI_RULE_REST, {0, 0}},
    [ETW_IN_NON_NULL_TERMINATED_ANSI_STRING - 300] = {ETWI_RULE_REST, {0, 0}},
    [ETW_IN_UNICODE_CHAR - 300] = {ETWI_RULE_FIXED, {2, 2}},
    [ETW_IN_ANSI_CHAR - 300] = {ETWI_RULE_FIXED, {1, 1}},
    [ETW_IN_SIZE_T - 300] = {ETWI_RULE_FIXED, {4, 8}},
    [ETW_IN_HEX_DUMP - 300] = {ETWI_RULE_COUNTED32, {0, 0}},
    [ETW_IN_WBEM_SID - 300] = {ETWI_RULE_WBEM_SID, {0, 0}},
};

static type_rule rule_of(unsigned in_type)
{
    const type_rule bad = {ETWI_RULE_BAD_TYPE, {0, 0}};
    if (in_type < sizeof TDH_RULES / sizeof TDH_RULES[0])
        return TDH_RULES[in_type];
    if (in_type >= 300 && in_type - 300 < sizeof WBEM_RULES / sizeof WBEM_RULES[0])
        return WBEM_RULES[in_type - 300];
    return bad;
}

/* Whether a property can hold the count or length of others: one plain integer. */
static bool can_be_referenced(const etw_property *property)
{
    if (property->flags &
            (ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX | ETW_PROPERTY_FIXED_COUNT |
             ETW_PROPERTY_INLINE_COUNT | ETW_PROPERTY_COUNT_TO_END) ||
        property->count > 1)
        return false;
    return (property->in_type >= ETW_IN_INT8 && property->in_type <= ETW_IN_UINT64) ||
           property->in_type == ETW_IN_HEX_INT32 || property->in_type == ETW_IN_HEX_INT64;
}

/* The slot in which the property `holder` leaves its value for the property `user`. */
static uint8_t reference_to(etwi_step *steps, const etw_schema *schema, unsigned holder,
                            unsigned user, unsigned *reference_count)
{
    if (holder >= user || !can_be_referenced(&schema->properties[holder]))
        return ETWI_NO_REFERENCE;
    if (steps[holder].own_reference == ETWI_NO_REFERENCE && *reference_count < ETWI_REFERENCES_MAX)
        steps[holder].own_reference = (uint8_t)(*reference_count)++;
    return steps[holder].own_reference;
}

static void set_many(etwi_step *step, const etw_property *property)
{
    step->count = property->count;
    if (property->flags & ETW_PROPERTY_INLINE_COUNT)
        step->many = ETWI_MANY_INLINE;
    else if (property->flags & ETW_PROPERTY_COUNT_TO_END)
        /* Only elements of one size tell how many of them there are. */
        step->many = rule_of(property->in_type).rule == ETWI_RULE_FIXED &&
                             !(property->flags & ETW_PROPERTY_STRUCT)
                         ? ETWI_MANY_TO_END
                         : ETWI_MANY_BAD_REFERENCE;
    else if (property->flags & ETW_PROPERTY_COUNT_INDEX)
        step->many = ETWI_MANY_REFERENCE;
    else if (property->flags & ETW_PROPERTY_FIXED_COUNT || property->count > 1)
        step->many = ETWI_MANY_FIXED;
    else
        step->many = ETWI_MANY_ONE;
}

static void set_rule(etwi_step *step, const etw_property *property)
{
    const type_rule rule = rule_of(property->in_type);
    const bool takes_length = property->in_type == ETW_IN_UNICODE_STRING ||
                              property->in_type == ETW_IN_ANSI_STRING ||
                              property->in_type == ETW_IN_BINARY;
    const bool has_length =
        property->length ||
        (property->flags & (ETW_PROPERTY_LENGTH_INDEX | ETW_PROPERTY_FIXED_LENGTH));
    step->rule = rule.rule;
    step->width[0] = rule.width[0];
    step->width[1] = rule.width[1];
    step->unit = property->in_type == ETW_IN_UNICODE_STRING ? 2 : 1;
    step->length = property->length;
    step->out_type = (uint16_t)etwi_resolve_out_type(property->in_type, property->out_type);
    if (property->flags & ETW_PROPERTY_TO_END)
        /* Texts and bytes can be of any length, other values cannot. */
        step->rule = takes_length ? ETWI_RULE_REST : ETWI_RULE_BAD_TYPE;
    else if (takes_length && has_length)
        step->rule = ETWI_RULE_LENGTH;
    else if (property->in_type == ETW_IN_BINARY && property->out_type == ETW_OUT_IPV6) {
        step->rule = ETWI_RULE_FIXED;
        step->width[0] = step->width[1] = 16;
    }
}

static void make_step(etwi_step *steps, const etw_schema *schema, unsigned index,
                      unsigned *reference_count)
{
    const etw_property *property = &schema->properties[index];
    etwi_step *step = &steps[index];
    step->optional = (property->flags & ETW_PROPERTY_OPTIONAL) != 0;
    step->is_binary = property->in_type == ETW_IN_BINARY;
    set_many(step, property);
    if (property->flags & ETW_PROPERTY_STRUCT)
        step->rule = ETWI_RULE_STRUCT;
    else
        set_rule(step, property);
    if (step->many == ETWI_MANY_REFERENCE) {
        step->count_reference =
            reference_to(steps, schema, property->count, index, reference_count);
        if (step->count_reference == ETWI_NO_REFERENCE)
            step->many = ETWI_MANY_BAD_REFERENCE;
    }
    if (step->rule == ETWI_RULE_LENGTH && property->flags & ETW_PROPERTY_LENGTH_INDEX) {
        step->length_reference =
            reference_to(steps, schema, property->length, index, reference_count);
        if (step->length_reference == ETWI_NO_REFERENCE)
            step->rule = ETWI_RULE_BAD_REFERENCE;
    }
}

/* Members lie behind their struct, so structs cannot contain themselves; and they nest no deeper
 * than the decoder can follow. */
static etw_status check_structs(const etw_schema *schema, etwi_arena *arena, etw_error *error)
{
    if (schema->top_level_count > schema->property_count)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                         "more top-level properties than there are");
    uint8_t *depths = etwi_arena_alloc_zeroed(arena, schema->property_count);
    if (!depths)
        return etwi_fail_nomem(error);
    for (unsigned i = 0; i < schema->property_count; i++) {
        const etw_property *property = &schema->properties[i];
        if (!(property->flags & ETW_PROPERTY_STRUCT))
            continue;
        const unsigned end = (unsigned)property->first_member + property->member_count;
        if (property->first_member <= i || end > schema->property_count)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "struct %u has members %u to %u of %u", i, property->first_member, end,
                             schema->property_count);
        if (depths[i] >= ETW_STRUCT_DEPTH_MAX)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "structs nest too deep");
        for (unsigned member = property->first_member; member < end; member++)
            if (depths[member] <= depths[i])
                depths[member] = (uint8_t)(depths[i] + 1);
    }
    return ETW_OK;
}

static uint32_t saturating_product(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

static uint32_t saturating_sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* The least size of one value; structs take it from `sizes`, where their members are done. */
static uint32_t value_size_min(const etw_schema *schema, const etwi_step *steps, unsigned index,
                               unsigned width, const uint32_t *sizes)
{
    const etwi_step *step = &steps[index];
    const etw_property *property = &schema->properties[index];
    uint32_t size = 0;
    switch (step->rule) {
    case ETWI_RULE_FIXED:
        return step->width[width];
    case ETWI_RULE_LENGTH:
        return step->length_reference == ETWI_NO_REFERENCE ? (uint32_t)step->length * step->unit
                                                           : 0;
    case ETWI_RULE_COUNTED:
    case ETWI_RULE_COUNTED_BE:
        return 2;
    case ETWI_RULE_COUNTED32:
    case ETWI_RULE_WBEM_SID:
        return 4;
    case ETWI_RULE_SID:
        return 8;
    case ETWI_RULE_STRUCT:
        for (unsigned i = 0; i < property->member_count; i++)
            size = saturating_sum(size, sizes[property->first_member + i]);
        return size;
    default:
        return 0;
    }
}

/* Fills in size_min and fixed_size, from the last property to the first: members before structs. */
static bool measure(etwi_plan *plan, const etwi_step *steps, const etw_schema *schema,
                    etwi_arena *arena)
{
    const unsigned count = schema->property_count;
    uint32_t *sizes = etwi_arena_alloc(arena, count * sizeof *sizes);
    if (!sizes)
        return false;
    plan->fixed_size = true;
    for (unsigned width = 0; width < 2; width++) {
        plan->size_min[width] = 0;
        for (unsigned i = count; i-- > 0;) {
            const etwi_step *step = &steps[i];
            const uint32_t one = value_size_min(schema, steps, i, width, sizes);
            const bool fixed_count = step->many == ETWI_MANY_ONE || step->many == ETWI_MANY_FIXED;
            const uint32_t elements = step->many == ETWI_MANY_ONE ? 1 : step->count;
            sizes[i] = step->optional || !fixed_count ? 0 : saturating_product(one, elements);
            plan->fixed_size &=
                !step->optional && fixed_count &&
                (step->rule == ETWI_RULE_FIXED || step->rule == ETWI_RULE_STRUCT ||
                 (step->rule == ETWI_RULE_LENGTH && step->length_reference == ETWI_NO_REFERENCE));
            if (i < schema->top_level_count)
                plan->size_min[width] = saturating_sum(plan->size_min[width], sizes[i]);
        }
    }
    return true;
}

/* The bytes of a property that has as many in every payload, or UINT32_MAX. */
static uint32_t static_size(const etwi_step *step, const etw_property *property, unsigned width)
{
    if (step->optional || (step->many != ETWI_MANY_ONE && step->many != ETWI_MANY_FIXED))
        return UINT32_MAX;
    if (step->rule == ETWI_RULE_FIXED)
        return step->width[width] * (step->many == ETWI_MANY_ONE ? 1u : step->count);
    /* Texts of fixed length end at their first zero. */
    if (step->many == ETWI_MANY_ONE && step->rule == ETWI_RULE_LENGTH &&
        step->length_reference == ETWI_NO_REFERENCE && property->in_type == ETW_IN_BINARY)
        return step->length;
    return UINT32_MAX;
}

static etwi_ending ending_of(const etwi_step *step)
{
    if (step->many != ETWI_MANY_ONE || step->optional || step->own_reference != ETWI_NO_REFERENCE)
        return ETWI_ENDING_ANY;
    switch (step->rule) {
    case ETWI_RULE_UTF16_Z:
        return ETWI_ENDING_UTF16;
    case ETWI_RULE_ANSI_Z:
        return ETWI_ENDING_ANSI;
    case ETWI_RULE_COUNTED:
        return ETWI_ENDING_COUNTED;
    default:
        return ETWI_ENDING_ANY;
    }
}

static etw_span span_of(const etwi_step *step, uint32_t offset, uint32_t size)
{
    const bool is_value = step->many == ETWI_MANY_ONE;
    const etw_span span = {.offset = (uint16_t)offset,
                           .size = (uint16_t)size,
                           .data_offset = (uint16_t)offset,
                           .data_size = (uint16_t)size,
                           .count = is_value ? 1 : step->count,
                           .kind = is_value ? ETW_ITEM_VALUE : ETW_ITEM_ARRAY_BEGIN};
    return span;
}

/* The properties from `first` on that have a fixed size, and are not too large together. */
static etwi_plan_segment measure_segment(const etwi_step *steps, const etw_schema *schema,
                                         unsigned first)
{
    etwi_plan_segment segment = {.ending = ETWI_ENDING_NONE};
    for (unsigned i = first; i < schema->top_level_count; i++) {
        /* With the wider pointers all are at least as large. */
        const uint32_t size = static_size(&steps[i], &schema->properties[i], 1);
        if (size > (uint32_t)(UINT16_MAX - segment.size[1])) {
            segment.ending = (uint8_t)ending_of(&steps[i]);
            segment.count++;
            break;
        }
        const uint32_t narrow = static_size(&steps[i], &schema->properties[i], 0);
        segment.size[0] = (uint16_t)(segment.size[0] + narrow);
        segment.size[1] = (uint16_t)(segment.size[1] + size);
        segment.count++;
    }
    return segment;
}

/* The segments, if `out` is not NULL; how many there are. */
static unsigned divide(etwi_plan_segment *out, const etwi_step *steps, const etw_schema *schema)
{
    unsigned count = 0;
    unsigned first = 0;
    do {
        const etwi_plan_segment segment = measure_segment(steps, schema, first);
        if (out)
            out[count] = segment;
        count++;
        first += segment.count;
    } while (first < schema->top_level_count);
    return count;
}

static void fill_spans(etw_span *spans, const etwi_plan *plan, const etw_schema *schema,
                       unsigned width)
{
    const etwi_plan_segment *segment = plan->segments;
    for (unsigned index = 0; index < schema->top_level_count; segment++) {
        uint32_t offset = 0;
        for (const unsigned end = index + segment->count; index < end; index++) {
            const etwi_step *step = &plan->steps[index];
            const bool is_ending = index + 1 == end && segment->ending != ETWI_ENDING_NONE;
            const uint32_t size =
                is_ending ? 0 : static_size(step, &schema->properties[index], width);
            spans[index] = span_of(step, offset, size);
            offset += size;
        }
    }
}

/* Fills in what is known of the places of properties without looking at a payload. Segments and
 * spans stand together, to be in the caches together. */
static bool locate(etwi_plan *plan, const etw_schema *schema, etwi_arena *arena)
{
    const size_t segment_count = divide(NULL, plan->steps, schema);
    const size_t span_count = 2 * (size_t)schema->top_level_count + ETWI_SPAN_SLACK;
    etwi_plan_segment *segments = etwi_arena_alloc_zeroed(arena, segment_count * sizeof *segments +
                                                                     span_count * sizeof(etw_span));
    if (!segments)
        return false;
    divide(segments, plan->steps, schema);
    etw_span *spans = (etw_span *)(segments + segment_count);
    plan->segments = segments;
    plan->spans = spans;
    plan->static_size[0] = segments[0].size[0];
    plan->static_size[1] = segments[0].size[1];
    plan->is_static = segments[0].ending == ETWI_ENDING_NONE;
    fill_spans(spans, plan, schema, 1);
    fill_spans(spans + schema->top_level_count, plan, schema, 0);
    return true;
}

etw_status etwi_plan_make(etwi_plan *out, const etw_schema *schema, etwi_arena *arena,
                          etw_error *error)
{
    ETWI_TRY(check_structs(schema, arena, error));
    etwi_step *steps = etwi_arena_alloc_zeroed(arena, schema->property_count * sizeof *steps);
    if (!steps)
        return etwi_fail_nomem(error);
    for (unsigned i = 0; i < schema->property_count; i++) {
        steps[i].count_reference = ETWI_NO_REFERENCE;
        steps[i].length_reference = ETWI_NO_REFERENCE;
        steps[i].own_reference = ETWI_NO_REFERENCE;
    }
    unsigned reference_count = 0;
    for (unsigned i = 0; i < schema->property_count; i++)
        make_step(steps, schema, i, &reference_count);
    out->steps = steps;
    out->reference_count = reference_count;
    out->top_level_count = schema->top_level_count;
    return measure(out, steps, schema, arena) && locate(out, schema, arena)
               ? ETW_OK
               : etwi_fail_nomem(error);
}
