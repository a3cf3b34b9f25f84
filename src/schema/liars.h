/* Providers whose published schema is known to differ from what they write. */
#ifndef ETWI_SCHEMA_LIARS_H
#define ETWI_SCHEMA_LIARS_H

#include "base/memory.h"

#include <etw/schema.h>

/*
 * Corrects a schema that has just been read. The one liar known: the CLR's stack walk event, which
 * declares two frames and writes as many as its property FrameCount says.
 */
etw_status etwi_correct_liar(etw_schema *schema, etwi_arena *arena);

#endif
