/* TRACE_EVENT_INFO if the first byte is even, EVENT_MAP_INFO if it is odd; the rest is the blob. */
#include "schema/event_info.h"

#include "touch_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const etw_map *find_map(void *user, const etw_guid *provider, etw_str name)
{
    static const etw_map EMPTY = {{"", 0}, NULL, 0, false};
    (void)user;
    (void)provider;
    fuzz_touch_str(name);
    return name.size & 1 ? &EMPTY : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const etw_bytes blob = {data + 1, size - 1};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etw_error error;
    etw_schema schema;
    etw_map map;
    if (data[0] & 1) {
        if (etwi_event_map_parse(&map, blob, &arena, &error) == ETW_OK)
            fuzz_touch_map(&map);
    } else if (etwi_event_info_parse(&schema, blob, &arena, find_map, NULL, &error) == ETW_OK) {
        fuzz_touch_schema(&schema, &arena);
    }
    etwi_arena_free(&arena);
    return 0;
}
