/* The input is an executable file, whose compiled manifest and messages are read. */
#include "schema/wevt.h"

#include "touch_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static etw_status take(void *user, const etw_schema *schema)
{
    fuzz_touch_schema(schema, user);
    return ETW_OK;
}

static etw_status take_provider(void *user, const etwi_provider *provider)
{
    (void)user;
    fuzz_touch_provider(provider);
    return ETW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const etwi_wevt_files files = {{data, size}, {NULL, 0}};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etwi_arena plans = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_taker taker = {take, take_provider, &plans};
    etw_error problem;
    etw_error error;
    const etw_status status = etwi_wevt_parse_pe(&files, &arena, &taker, &problem, &error);
    fuzz_require(status == ETW_OK || error.status == status);
    etwi_arena_free(&arena);
    etwi_arena_free(&plans);
    return 0;
}
