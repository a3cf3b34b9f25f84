/* Extended data: the chain behind an EVENT_HEADER, and what classic headers keep elsewhere. */
#include "base/bytes.h"
#include "etl/layout.h"

#include <etw/event.h>

static bool next_of_chain(const etw_event *event, uint32_t *position, etw_extended *out)
{
    const uint32_t end = (uint32_t)(event->payload - event->record);
    const uint32_t at = EVENT_HEADER_SIZE + *position;
    if (at >= end)
        return false;
    const uint8_t *item = event->record + at;
    out->type = etwi_load_u16(item + EXTENDED_TYPE);
    out->data.data = item + EXTENDED_HEADER_SIZE;
    out->data.size = etwi_load_u16(item + EXTENDED_DATA_SIZE);
    *position += etwi_load_u16(item + EXTENDED_SIZE);
    return true;
}

static bool next_of_instance(const etw_event *event, uint32_t *position, etw_extended *out)
{
    if (*position || event->payload - event->record < INSTANCE_HEADER_SIZE)
        return false;
    out->type = ETW_EXTENDED_INSTANCE_INFO;
    out->data.data = event->record + INSTANCE_INFO;
    out->data.size = INSTANCE_INFO_SIZE;
    *position = 1;
    return true;
}

/* Behind a kernel header: the PEBS index if bit 15 of the version says so, then counters. */
static bool next_of_system(const etw_event *event, uint32_t *position, etw_extended *out)
{
    const unsigned version = etwi_load_u16(event->record + SYSTEM_VERSION);
    const size_t pmc_size =
        8 * (size_t)(version >> SYSTEM_VERSION_PMC_SHIFT & SYSTEM_VERSION_PMC_MASK);
    if (*position == 0) {
        *position = 1;
        if (version & SYSTEM_VERSION_PEBS) {
            out->type = ETW_EXTENDED_PEBS_INDEX;
            out->data.data = event->payload - pmc_size - 8;
            out->data.size = 8;
            return true;
        }
    }
    if (*position != 1 || !pmc_size)
        return false;
    *position = 2;
    out->type = ETW_EXTENDED_PMC_COUNTERS;
    out->data.data = event->payload - pmc_size;
    out->data.size = pmc_size;
    return true;
}

bool etw_event_next_extended(const etw_event *event, uint32_t *position, etw_extended *out)
{
    switch (event->header_kind) {
    case ETW_HEADER_EVENT32:
    case ETW_HEADER_EVENT64:
        return next_of_chain(event, position, out);
    case ETW_HEADER_INSTANCE32:
    case ETW_HEADER_INSTANCE64:
        return next_of_instance(event, position, out);
    case ETW_HEADER_SYSTEM32:
    case ETW_HEADER_SYSTEM64:
    case ETW_HEADER_COMPACT32:
    case ETW_HEADER_COMPACT64:
    case ETW_HEADER_PERFINFO32:
    case ETW_HEADER_PERFINFO64:
        return next_of_system(event, position, out);
    default:
        return false;
    }
}

bool etw_event_find_extended(const etw_event *event, etw_extended_type type, etw_bytes *out)
{
    etw_extended item;
    uint32_t position = 0;
    while (etw_event_next_extended(event, &position, &item)) {
        if (item.type == (unsigned)type) {
            *out = item.data;
            return true;
        }
    }
    return false;
}
