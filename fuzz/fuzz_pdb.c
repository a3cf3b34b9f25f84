/* The input is a symbol file, whose trace messages and enumerations are read. */
#include "schema/pdb.h"

#include "touch_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static etw_status take(void *user, const etw_schema *schema)
{
    fuzz_touch_schema(schema, user);
    return ETW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const etw_bytes file = {data, size};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etwi_arena plans = {.allocator = etwi_allocator_or_default(NULL)};
    etw_error problem;
    etw_error error;
    const etw_status status = etwi_pdb_parse(file, &arena, take, &plans, &problem, &error);
    fuzz_require(status == ETW_OK || error.status == status);
    fuzz_require(problem.status == ETW_OK || problem.message[0] != '\0');
    etwi_arena_free(&arena);
    etwi_arena_free(&plans);
    return 0;
}
