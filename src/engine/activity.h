/* The activity id of the thread that writes. */
#ifndef ETWI_ENGINE_ACTIVITY_H
#define ETWI_ENGINE_ACTIVITY_H

#include "base/compiler.h"

#include <etw/write.h>

extern ETWI_THREAD_LOCAL etw_guid etwi_activity_current;

#endif
