/*
 * Looking at the records that nearly all are, by tables instead of branches: for going through
 * records where each is looked at only briefly, a mispredicted branch is the dearest part.
 */
#ifndef ETWI_ETL_RECORD_PEEK_H
#define ETWI_ETL_RECORD_PEEK_H

#include "etl/record.h"

/* What a header type comes to, if its records have a time at a fixed place. */
typedef struct etwi_common_type {
    uint8_t kind; /* 0: not common. */
    uint8_t header_size;
    uint8_t time;
    uint8_t size_shift; /* In the first eight bytes, in bits. */
    uint32_t unusual;   /* Bits of the first four bytes that say that the header is longer. */
} etwi_common_type;

extern const etwi_common_type etwi_common_types[32];

enum {
    ETWI_MARKER = (RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) << 8,
    ETWI_MARKER_MASK = 0xFFE0, /* Flags, and the header types that there are not. */
};

/* Looks at a record of a common kind. False if it is not one, which is all that is sure then. */
static ETWI_INLINE bool etwi_record_peek_common(etwi_record_peek *out, const uint8_t *at,
                                                size_t left)
{
    if (left < 8)
        return false;
    const uint64_t start = etwi_load_u64(at);
    const etwi_common_type *common = &etwi_common_types[start >> 16 & 31];
    const uint32_t size = (uint32_t)(start >> common->size_shift) & UINT16_MAX;
    if ((start >> 16 & ETWI_MARKER_MASK) != ETWI_MARKER || !common->kind ||
        size < common->header_size || size > left || (start & common->unusual) != 0)
        return false;
    out->size = size;
    out->header_size = common->header_size;
    out->kind = (etw_header_kind)common->kind;
    out->has_time = true;
    out->raw_time = (int64_t)etwi_load_u64(at + common->time);
    return true;
}

/* Looks at any record. False if there is none. */
static ETWI_INLINE bool etwi_record_peek_any(etwi_record_peek *out, const uint8_t *at, size_t left)
{
    return etwi_record_peek_common(out, at, left) || etwi_record_peek_at(out, at, left);
}

#endif
