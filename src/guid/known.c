/* The names of well-known providers and event classes. */
#include "guid/known.h"

#include "base/case.h"
#include "guid/order.h"

typedef struct known_guid {
    etw_guid guid;
    etw_str name;
} known_guid;

/* Sorted by etwi_guid_compare(). */
#include "guid/known.inc"

const etw_guid etwi_system_trace_guid = {
    0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};
const etw_str etwi_system_trace_name = {"MSNT_SystemTrace", sizeof "MSNT_SystemTrace" - 1};

etw_str etw_guid_known_name(const etw_guid *guid)
{
    size_t low = 0;
    size_t high = sizeof known_guids / sizeof known_guids[0];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = etwi_guid_compare(&known_guids[middle].guid, guid);
        if (order == 0)
            return known_guids[middle].name;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (etw_str){NULL, 0};
}

bool etwi_guid_known_at(size_t index, etw_guid *guid, etw_str *name)
{
    if (index >= sizeof known_guids / sizeof known_guids[0])
        return false;
    *guid = known_guids[index].guid;
    *name = known_guids[index].name;
    return true;
}

static bool same_name(etw_str a, etw_str b)
{
    if (a.size != b.size)
        return false;
    /* The names of the table are ASCII. */
    for (size_t i = 0; i < a.size; i++)
        if (etwi_upper_case((uint8_t)a.data[i]) != etwi_upper_case((uint8_t)b.data[i]))
            return false;
    return true;
}

bool etwi_guid_known_by_name(etw_str name, size_t *position, etw_guid *out)
{
    while (*position < sizeof known_guids / sizeof known_guids[0]) {
        const known_guid *known = &known_guids[(*position)++];
        if (same_name(known->name, name)) {
            *out = known->guid;
            return true;
        }
    }
    return false;
}
