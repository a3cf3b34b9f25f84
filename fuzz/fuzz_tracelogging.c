/* The first byte is the size of the provider traits, which follow; the rest is the metadata. */
#include "schema/tracelogging.h"

#include "touch_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const etw_event EVENT;
    if (size == 0 || data[0] > size - 1)
        return 0;
    const etw_bytes traits = {data + 1, data[0]};
    const etw_bytes metadata = {data + 1 + data[0], size - 1 - data[0]};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etw_error error;
    etw_schema schema;
    if (etwi_tracelogging_parse(&schema, &EVENT, metadata, traits, &arena, &error) == ETW_OK)
        fuzz_touch_schema(&schema, &arena);
    else
        fuzz_require(error.status == ETW_E_CORRUPT && error.offset <= metadata.size);
    etwi_arena_free(&arena);
    return 0;
}
