/*
 * The input is two documents that describe events: u16 size of the first one, then both. What they
 * say is listed, and the list has to be in order.
 */
#include "base/bytes.h"
#include "guid/order.h"
#include "schema/document.h"

#include "touch_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(etw_schema_store *store, const uint8_t *data, size_t size)
{
    etw_error error;
    const etw_status status =
        etw_schema_store_add_memory(store, "input", (etw_bytes){data, size}, &error);
    fuzz_require(status == ETW_OK || error.status == status);
}

static void touch_named(const etw_named_values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        const etw_named_value *value = &values->items[i];
        fuzz_touch_str(value->name);
        fuzz_touch_str(value->message);
        fuzz_require(i == 0 || value[-1].task < value->task ||
                     (value[-1].task == value->task && value[-1].value <= value->value));
    }
}

static void touch_provider(const etw_provider_info *info, etwi_arena *plans)
{
    fuzz_touch_str(info->name);
    fuzz_touch_str(info->message);
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++)
        touch_named(&info->named[kind]);
    for (uint32_t i = 0; i < info->map_count; i++)
        fuzz_touch_map(info->maps[i]);
    for (uint32_t i = 0; i < info->event_count; i++) {
        fuzz_require(etw_guid_equal(&info->events[i]->provider, &info->guid));
        fuzz_require(info->sources >> info->events[i]->source & 1);
        fuzz_touch_schema(info->events[i], plans);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    etwi_arena plans = {.allocator = etwi_allocator_or_default(NULL)};
    const etw_provider_list_options options = {sizeof options, true};
    etw_schema_store *store = NULL;
    etw_provider_list *list = NULL;
    if (size < 2)
        return 0;
    const size_t first = etwi_load_u16(data) < size - 2 ? etwi_load_u16(data) : size - 2;
    fuzz_require(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    add(store, data + 2, first);
    add(store, data + 2 + first, size - 2 - first);
    fuzz_require(etw_provider_list_create(&list, store, &options, NULL) == ETW_OK);
    for (size_t i = 0; i < etw_provider_list_count(list); i++) {
        const etw_provider_info *info = etw_provider_list_at(list, i);
        size_t position = 0;
        fuzz_require(etw_provider_list_find_guid(list, &info->guid) == info);
        fuzz_require(!info->name.size || etw_provider_list_find_name(list, info->name, &position));
        touch_provider(info, &plans);
    }
    etw_provider_list_destroy(&list);
    etw_schema_store_destroy(&store);
    etwi_arena_free(&plans);
    return 0;
}
