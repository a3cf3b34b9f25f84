/*
 * The input is a payload of a few bytes, a zero byte, and a TMF file: what it describes is also
 * used to make messages of that payload.
 */
#include "schema/store.h"
#include "schema/tmf.h"

#include "touch_schema.h"

#include <etw/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct taker {
    etwi_arena *plans;
    etw_bytes payload;
} taker;

static void make_message(const etw_schema *schema, const taker *t, unsigned pointer_size)
{
    static const etw_trace_info TRACE;
    etwi_schema ours = {.pub = *schema};
    const etw_event event = {.payload = t->payload.data,
                             .payload_size = (uint16_t)t->payload.size,
                             .pointer_size = (uint8_t)pointer_size,
                             .trace = &TRACE};
    char text[256];
    if (etwi_plan_make(&ours.plan, schema, t->plans, NULL) != ETW_OK)
        return;
    const size_t size = etw_event_message(&event, &ours.pub, NULL, text, sizeof text);
    const size_t used = strlen(text);
    fuzz_require(used <= size && used < sizeof text);
    fuzz_require(size == etw_event_message(&event, &ours.pub, NULL, NULL, 0));
}

static etw_status take(void *user, const etw_schema *schema)
{
    const taker *t = user;
    fuzz_touch_schema(schema, t->plans);
    make_message(schema, t, 4);
    make_message(schema, t, 8);
    return ETW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    const size_t payload_size = zero && zero - data < UINT16_MAX ? (size_t)(zero - data) : 0;
    const size_t start = zero ? payload_size + 1 : 0;
    const etw_bytes payload = {data, payload_size}, file = {data + start, size - start};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etwi_arena plans = {.allocator = etwi_allocator_or_default(NULL)};
    taker t = {&plans, payload};
    etw_error problem;
    etw_error error;
    etwi_tmf_probe(file);
    const etw_status status = etwi_tmf_parse(file, &arena, take, &t, &problem, &error);
    fuzz_require(status == ETW_OK || error.status == status);
    fuzz_require(problem.status == ETW_OK || problem.offset <= 3 * size);
    etwi_arena_free(&arena);
    etwi_arena_free(&plans);
    return 0;
}
