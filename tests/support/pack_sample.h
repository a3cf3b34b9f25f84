/* Schemas and definitions of providers of every shape for tests of packs. */
#ifndef ETW_TEST_PACK_SAMPLE_H
#define ETW_TEST_PACK_SAMPLE_H

#include "base/buffer.h"
#include "schema/provider.h"

/* The schemas of three providers, in the order of packs. */
const etw_schema *pack_sample_schemas(size_t *count);

/* What is said of two providers, one of which has no schemas, in the order of packs. */
const etwi_provider *pack_sample_definitions(size_t *count);

/* A pack of all. `out` is empty. */
void pack_sample_write(etwi_buffer *out);

#endif
