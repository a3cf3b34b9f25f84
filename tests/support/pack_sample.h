/* Schemas of every shape for tests of packs. */
#ifndef ETW_TEST_PACK_SAMPLE_H
#define ETW_TEST_PACK_SAMPLE_H

#include "base/buffer.h"

#include <etw/schema.h>

/* The schemas of three providers, in the order of packs. */
const etw_schema *pack_sample_schemas(size_t *count);

/* A pack of them. `out` is empty. */
void pack_sample_write(etwi_buffer *out);

#endif
