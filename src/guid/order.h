/* The order in which the generated tables hold GUIDs: that of their text. */
#ifndef ETWI_GUID_ORDER_H
#define ETWI_GUID_ORDER_H

#include <etw/guid.h>

/* Negative, zero or positive, like memcmp(). */
static inline int etwi_guid_compare(const etw_guid *a, const etw_guid *b)
{
    if (a->data1 != b->data1)
        return a->data1 < b->data1 ? -1 : 1;
    if (a->data2 != b->data2)
        return a->data2 < b->data2 ? -1 : 1;
    if (a->data3 != b->data3)
        return a->data3 < b->data3 ? -1 : 1;
    return memcmp(a->data4, b->data4, sizeof a->data4);
}

#endif
