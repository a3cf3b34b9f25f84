/* The event classes of the kernel, which its records name by the number of a group. */
#ifndef ETWI_ETL_KERNEL_GROUPS_H
#define ETWI_ETL_KERNEL_GROUPS_H

#include <etw/guid.h>

enum {
    ETWI_GROUP_PROCESS = 0x03,
    ETWI_GROUP_IMAGE = 0x14,
    ETWI_GROUP_UNKNOWN = 0x1F, /* Of no class. */
    /* Loading an image is an event of the process group, but of the image class. */
    ETWI_PROCESS_TYPE_LOAD_IMAGE = 10,
};

extern const etw_guid etwi_kernel_groups[ETWI_GROUP_UNKNOWN + 1];

#endif
