/*
 * Looking at the records that nearly all are, by tables instead of branches: for going through
 * records where each is looked at only briefly, a mispredicted branch is the dearest part.
 */
#ifndef ETWI_ETL_RECORD_PEEK_H
#define ETWI_ETL_RECORD_PEEK_H

#include "etl/record.h"

/* Header types as bits, for what is asked of each record. */
#define ETWI_TYPE_BIT(type) (UINT32_C(1) << (type))

enum {
    ETWI_SIZE_AT_4 = ETWI_TYPE_BIT(HEADER_TYPE_SYSTEM32) | ETWI_TYPE_BIT(HEADER_TYPE_SYSTEM64) |
                     ETWI_TYPE_BIT(HEADER_TYPE_PERFINFO32) | ETWI_TYPE_BIT(HEADER_TYPE_PERFINFO64),
};

/* What a header type comes to, if its records have a time at a fixed place. */
typedef struct etwi_common_type {
    uint8_t kind; /* 0: not common. */
    uint8_t header_size;
    uint8_t time;
} etwi_common_type;

extern const etwi_common_type etwi_common_types[32];

enum {
    ETWI_MARKER = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED,
    ETWI_HAS_COUNTERS = SYSTEM_VERSION_PEBS | SYSTEM_VERSION_PMC_MASK << SYSTEM_VERSION_PMC_SHIFT,
};

/* Looks at a record of a common kind. False if it is not one, which is all that is sure then. */
static ETWI_INLINE bool etwi_record_peek_common(etwi_record_peek *out, const uint8_t *at,
                                                size_t left)
{
    if (left < 8)
        return false;
    const uint64_t start = etwi_load_u64(at);
    const unsigned type = start >> 16 & 31;
    const etwi_common_type *common = &etwi_common_types[type];
    const bool at_4 = ETWI_SIZE_AT_4 >> type & 1;
    const uint32_t size = (uint32_t)(start >> (at_4 ? 32 : 0)) & UINT16_MAX;
    if ((start >> 16 & 0xFFE0) != ETWI_MARKER << 8 || !common->kind || size < common->header_size ||
        size > left || (at_4 && start & ETWI_HAS_COUNTERS))
        return false;
    out->size = size;
    out->header_size = common->header_size;
    out->kind = (etw_header_kind)common->kind;
    out->has_time = true;
    out->raw_time = (int64_t)etwi_load_u64(at + common->time);
    return true;
}

#endif
