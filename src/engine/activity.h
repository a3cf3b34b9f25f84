/* The activity id of the thread that writes. */
#ifndef ETWI_ENGINE_ACTIVITY_H
#define ETWI_ENGINE_ACTIVITY_H

#include <etw/write.h>

/* Lifetime: the thread. */
const etw_guid *etwi_activity_current(void);

#endif
