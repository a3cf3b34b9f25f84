/*
 * How many bytes the next value or array of a payload takes: the one implementation of the rules of
 * a plan, inline for the cursor over items and for the writers that run over whole payloads.
 */
#ifndef ETWI_DECODE_MEASURE_H
#define ETWI_DECODE_MEASURE_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/scan.h"
#include "schema/plan.h"

#include <etw/property.h>

enum {
    ETWI_SID_HEADER_SIZE = 8,
    ETWI_SID_REVISION = 1,
    ETWI_SID_AUTHORITIES_MAX = 15,
};

/* How many items an event may have: values of no size could be repeated without end, and no honest
 * event has that many. */
static inline uint32_t etwi_budget(const etw_event *event, const etw_schema *schema)
{
    return 2 * (uint32_t)event->payload_size + 4 * (uint32_t)schema->property_count + 1024;
}

/* What a rule found: how many bytes to consume, and which of them are the value. */
typedef struct etwi_measure {
    uint32_t size;
    uint32_t skip; /* Bytes before the value: counts, token headers. */
    uint32_t data_size;
    etw_decode_reason reason;
} etwi_measure;

/* Where a value stands, and what decides on its size. */
typedef struct etwi_place {
    const uint8_t *at;
    uint32_t left;
    unsigned pointer_size;
    const uint32_t *references;
} etwi_place;

static inline etwi_measure etwi_measured(uint32_t size, uint32_t skip, uint32_t data_size)
{
    const etwi_measure m = {size, skip, data_size, ETW_DECODE_NONE};
    return m;
}

static inline etwi_measure etwi_not_measured(etw_decode_reason reason)
{
    const etwi_measure m = {0, 0, 0, reason};
    return m;
}

/* The size of a valid SID at `at`, or 0. */
static inline uint32_t etwi_sid_size(const uint8_t *at, uint32_t left)
{
    if (left < ETWI_SID_HEADER_SIZE || at[0] != ETWI_SID_REVISION ||
        at[1] > ETWI_SID_AUTHORITIES_MAX)
        return 0;
    const uint32_t size = ETWI_SID_HEADER_SIZE + 4 * (uint32_t)at[1];
    return size <= left ? size : 0;
}

static inline uint32_t etwi_cut_at_zero(const uint8_t *at, uint32_t size, unsigned unit)
{
    if (unit == 2)
        return (uint32_t)etwi_utf16_length(at, size);
    const uint8_t *zero = size ? (const uint8_t *)memchr(at, 0, size) : NULL;
    return zero ? (uint32_t)(zero - at) : size;
}

/* A string up to its zero; the last one of an event may lack it. */
static inline etwi_measure etwi_measure_terminated(const uint8_t *at, uint32_t left, unsigned unit)
{
    if (!left)
        return etwi_not_measured(ETW_DECODE_ABSENT);
    const uint32_t text = etwi_cut_at_zero(at, left, unit);
    const uint32_t size = text + unit <= left ? text + unit : text;
    return etwi_measured(size, 0, text);
}

static inline etwi_measure etwi_measure_length(const etwi_place *place, const etwi_step *step)
{
    const uint64_t units = step->length_reference == ETWI_NO_REFERENCE
                               ? step->length
                               : place->references[step->length_reference];
    const uint64_t size = units * step->unit;
    if (size > place->left)
        return etwi_not_measured(place->left || !size ? ETW_DECODE_BAD_LENGTH : ETW_DECODE_ABSENT);
    const uint32_t text =
        step->is_binary ? (uint32_t)size : etwi_cut_at_zero(place->at, (uint32_t)size, step->unit);
    return etwi_measured((uint32_t)size, 0, text);
}

static inline etwi_measure etwi_measure_counted(const uint8_t *at, uint32_t left, unsigned rule)
{
    const uint32_t prefix = rule == ETWI_RULE_COUNTED32 ? 4 : 2;
    if (left < prefix)
        return etwi_not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
    const uint32_t size = rule == ETWI_RULE_COUNTED      ? etwi_load_u16(at)
                          : rule == ETWI_RULE_COUNTED_BE ? etwi_load_u16be(at)
                                                         : etwi_load_u32(at);
    if (size > left - prefix)
        return etwi_not_measured(ETW_DECODE_BAD_LENGTH);
    return etwi_measured(prefix + size, prefix, size);
}

/*
 * The SID of a classic event comes behind a TOKEN_USER of two pointers, or is missing and then four
 * zero bytes stand for it. Some writers leave the TOKEN_USER zero, so a valid SID behind it
 * decides.
 */
static inline etwi_measure etwi_measure_wbem_sid(const etwi_place *place)
{
    const uint32_t token = 2 * place->pointer_size;
    const uint32_t left = place->left;
    if (left < 4)
        return etwi_not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
    const uint32_t size = left > token ? etwi_sid_size(place->at + token, left - token) : 0;
    if (size && place->at[token + 1])
        return etwi_measured(token + size, token, size);
    if (etwi_load_u32(place->at) == 0)
        return etwi_measured(4, 4, 0);
    return etwi_not_measured(ETW_DECODE_BAD_SID);
}

/* One value of any rule but ETWI_RULE_STRUCT. */
static ETWI_INLINE etwi_measure etwi_measure_value(const etwi_place *place, const etwi_step *step)
{
    const uint32_t left = place->left;
    uint32_t size;
    switch (step->rule) {
    case ETWI_RULE_FIXED:
        size = step->width[etwi_width_index(place->pointer_size)];
        if (size > left)
            return etwi_not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
        return etwi_measured(size, 0, size);
    case ETWI_RULE_UTF16_Z:
        return etwi_measure_terminated(place->at, left, 2);
    case ETWI_RULE_ANSI_Z:
        return etwi_measure_terminated(place->at, left, 1);
    case ETWI_RULE_LENGTH:
        return etwi_measure_length(place, step);
    case ETWI_RULE_COUNTED:
    case ETWI_RULE_COUNTED_BE:
    case ETWI_RULE_COUNTED32:
        return etwi_measure_counted(place->at, left, step->rule);
    case ETWI_RULE_REST:
        return etwi_measured(left, 0, left);
    case ETWI_RULE_SID:
        size = etwi_sid_size(place->at, left);
        if (size)
            return etwi_measured(size, 0, size);
        return etwi_not_measured(left >= ETWI_SID_HEADER_SIZE ? ETW_DECODE_BAD_SID
                                 : left                       ? ETW_DECODE_SHORT
                                                              : ETW_DECODE_ABSENT);
    case ETWI_RULE_WBEM_SID:
        return etwi_measure_wbem_sid(place);
    case ETWI_RULE_BAD_REFERENCE:
        return etwi_not_measured(ETW_DECODE_BAD_REFERENCE);
    default:
        return etwi_not_measured(ETW_DECODE_BAD_TYPE);
    }
}

/* How many elements an array has, and the size of a count that stands before them. */
static inline etw_decode_reason etwi_measure_array(const etwi_place *place, const etwi_step *step,
                                                   uint32_t *count, uint32_t *skip)
{
    const uint32_t left = place->left;
    *skip = 0;
    switch (step->many) {
    case ETWI_MANY_FIXED:
        *count = step->count;
        return ETW_DECODE_NONE;
    case ETWI_MANY_REFERENCE:
        *count = place->references[step->count_reference];
        return *count > left ? ETW_DECODE_BAD_COUNT : ETW_DECODE_NONE;
    case ETWI_MANY_INLINE:
        if (left < 2)
            return left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT;
        *count = etwi_load_u16(place->at);
        *skip = 2;
        return ETW_DECODE_NONE;
    case ETWI_MANY_TO_END:
        *count = left / step->width[etwi_width_index(place->pointer_size)];
        return ETW_DECODE_NONE;
    default:
        return ETW_DECODE_BAD_REFERENCE;
    }
}

/* An integer as the count or length that other properties take from it. */
static inline uint32_t etwi_reference_of(const uint8_t *data, uint32_t size)
{
    uint64_t value = 0;
    for (uint32_t i = size < 8 ? size : 8; i-- > 0;)
        value = value << 8 | data[i];
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

#endif
