/*
 * The records that nearly all are: of a few kinds, with a header of the usual size. Where the
 * compiler knows the kind, all questions about it are answered at compile time.
 */
#ifndef ETWI_ETL_RECORD_USUAL_H
#define ETWI_ETL_RECORD_USUAL_H

#include "etl/record.h"

/* The least size of each header kind, and where its time stamp is (0: it has none). */
static const struct {
    uint8_t size;
    uint8_t time;
} ETWI_HEADERS[ETW_HEADER_KIND_COUNT] = {
    [ETW_HEADER_SYSTEM32] = {SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_SYSTEM64] = {SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_COMPACT32] = {COMPACT_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_COMPACT64] = {COMPACT_HEADER_SIZE, SYSTEM_TIME},
    [ETW_HEADER_PERFINFO32] = {PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [ETW_HEADER_PERFINFO64] = {PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [ETW_HEADER_FULL32] = {FULL_HEADER_SIZE, FULL_TIME},
    [ETW_HEADER_FULL64] = {FULL_HEADER_SIZE, FULL_TIME},
    [ETW_HEADER_INSTANCE32] = {INSTANCE_HEADER_SIZE_OLD, FULL_TIME},
    [ETW_HEADER_INSTANCE64] = {INSTANCE_HEADER_SIZE_OLD, FULL_TIME},
    [ETW_HEADER_EVENT32] = {EVENT_HEADER_SIZE, EVENT_TIME},
    [ETW_HEADER_EVENT64] = {EVENT_HEADER_SIZE, EVENT_TIME},
    [ETW_HEADER_MESSAGE] = {MESSAGE_HEADER_SIZE, 0},
    /* Nothing public tells the layout of these three; their size is all that is used. */
    [ETW_HEADER_TIMED] = {8, 0},
    [ETW_HEADER_ERROR] = {8, 0},
    [ETW_HEADER_WNODE] = {8, 0},
    [ETW_HEADER_ULONG32] = {ULONG32_HEADER_SIZE, 0},
};

static ETWI_INLINE bool etwi_has_size_at_4(etw_header_kind kind)
{
    return kind >= ETW_HEADER_SYSTEM32 && kind <= ETW_HEADER_PERFINFO64;
}

/* Bits of the version of a kernel header that say that it is longer than usual. */
enum {
    ETWI_HAS_COUNTERS = SYSTEM_VERSION_PEBS | SYSTEM_VERSION_PMC_MASK << SYSTEM_VERSION_PMC_SHIFT,
};

/* X(name) for each usual kind. */
#define ETWI_USUAL_KINDS(X) X(EVENT64) X(EVENT32) X(PERFINFO64) X(SYSTEM64) X(FULL64)

/* The markers of usual records, as u16 at RECORD_TYPE. */
enum {
#define X(name) \
    ETWI_USUAL_##name = (RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) << 8 | HEADER_TYPE_##name,
    ETWI_USUAL_KINDS(X)
#undef X
};

static ETWI_INLINE uint32_t etwi_usual_mark(etw_header_kind kind)
{
    switch (kind) {
#define X(name)             \
    case ETW_HEADER_##name: \
        return ETWI_USUAL_##name;
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return 0;
    }
}

/* Whether a record of which these are the first eight bytes is a usual one of a kind. */
static ETWI_INLINE bool etwi_is_usual(uint64_t start, etw_header_kind kind)
{
    const uint32_t mask = UINT32_C(0xFFFF0000) | (etwi_has_size_at_4(kind) ? ETWI_HAS_COUNTERS : 0);
    return ((uint32_t)start & mask) == etwi_usual_mark(kind) << 16;
}

/* What it says of its size, which may be too small for the header, or more than there is. */
static ETWI_INLINE uint32_t etwi_stated_size(uint64_t start, etw_header_kind kind)
{
    return (uint16_t)(etwi_has_size_at_4(kind) ? start >> 8 * SYSTEM_SIZE : start);
}

/* The size of the record at `at`; 0 if it is no usual one of a kind, or does not fit. */
static ETWI_INLINE uint32_t etwi_usual_size(const uint8_t *at, const uint8_t *end,
                                            etw_header_kind kind)
{
    if (end - at < 8)
        return 0;
    const uint64_t start = etwi_load_u64(at);
    const uint32_t size = etwi_stated_size(start, kind);
    if (!etwi_is_usual(start, kind) || size < ETWI_HEADERS[kind].size || size > (size_t)(end - at))
        return 0;
    return size;
}

/* Cache lines that nearly all records of a kind fit into: kinds come in runs, so to ask for as many
 * ahead of each is to ask for what comes. A loop over exactly what is missing would cost a
 * mispredicted branch each time. */
static ETWI_INLINE int etwi_usual_lines(etw_header_kind kind)
{
    if (kind == ETW_HEADER_EVENT32 || kind == ETW_HEADER_EVENT64)
        return 7;
    return kind == ETW_HEADER_PERFINFO64 ? 1 : 2;
}

#endif
