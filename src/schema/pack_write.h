/* Writing packs. */
#ifndef ETWI_SCHEMA_PACK_WRITE_H
#define ETWI_SCHEMA_PACK_WRITE_H

#include "base/buffer.h"
#include "schema/pack.h"

/* What goes into a pack. */
typedef struct etwi_pack_content {
    const etw_schema *const *schemas; /* By provider; within one in the order they shall have. */
    size_t count;
    const etwi_provider *const *definitions; /* The same. */
    size_t definition_count;
    const etwi_pack_summary *summary; /* But for the schemas by source, which are counted. */
} etwi_pack_content;

/* Appends a pack to `out`, which is empty. ETW_E_NOMEM, or ETW_E_LIMIT if it would be too large
 * for the numbers of the format. The same content makes the same bytes. */
etw_status etwi_pack_write(etwi_buffer *out, const etwi_pack_content *content, etw_error *error);

#endif
