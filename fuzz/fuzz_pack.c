/*
 * The first byte tells what the rest is: 0 a pack, whose head is given the checksum that it needs,
 * anything else a section of one. What a section describes is also used to decode a payload.
 */
#include "base/bytes.h"
#include "base/checksum.h"
#include "schema/pack.h"

#include "touch_schema.h"

#include <etw/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Messages use every value; that is what a payload can do to a schema. */
static void use_schema(const etwi_schema *schema, etw_bytes payload)
{
    static const etw_trace_info TRACE;
    for (unsigned pointer_size = 4; pointer_size <= 8; pointer_size += 4) {
        const etw_event event = {
            .payload = payload.data,
            .payload_size = (uint16_t)(payload.size < 512 ? payload.size : 512),
            .pointer_size = (uint8_t)pointer_size,
            .trace = &TRACE,
        };
        etw_items items;
        etw_item item;
        unsigned count = 0;
        etw_items_begin(&items, &event, &schema->pub);
        while (count++ < 10000 && etw_items_next(&items, &item))
            fuzz_require(item.data.size <= event.payload_size);
        char text[256];
        etw_event_message(&event, &schema->pub, NULL, text, sizeof text);
    }
}

static void use_section(const etwi_section *section, etw_bytes payload)
{
    etwi_arena plans = {.allocator = etwi_allocator_or_default(NULL)};
    for (uint32_t i = 0; i < section->count && i < 64; i++) {
        fuzz_touch_schema(&section->schemas[i].pub, &plans);
        fuzz_touch_str(section->schemas[i].pub.file);
        use_schema(&section->schemas[i], payload);
    }
    for (uint32_t i = 0; i < section->definition_count; i++)
        fuzz_touch_provider(&section->definitions[i]);
    etwi_arena_free(&plans);
}

static void try_section(etw_bytes bytes)
{
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etwi_section section = {.arena = &arena, .scratch = &arena};
    etw_error error;
    const etw_status status = etwi_section_decode(&section, bytes, &error);
    fuzz_require(status == ETW_OK || (status == ETW_E_CORRUPT && error.status == status));
    use_section(&section, bytes);
    etwi_arena_free(&arena);
}

static void seal(uint8_t *bytes, size_t size)
{
    if (size < ETWI_PACK_HEAD_SIZE)
        return;
    const uint64_t head = ETWI_PACK_HEAD_SIZE + (uint64_t)etwi_load_u32(bytes + 32) +
                          (uint64_t)etwi_load_u32(bytes + 12) * ETWI_PACK_ENTRY_SIZE;
    if (head > size)
        return;
    memset(bytes + ETWI_PACK_CHECKSUM_OFFSET, 0, 8);
    const uint64_t checksum = etwi_checksum(bytes, (size_t)head);
    for (unsigned i = 0; i < 8; i++)
        bytes[ETWI_PACK_CHECKSUM_OFFSET + i] = (uint8_t)(checksum >> 8 * i);
}

static void try_pack(etw_bytes bytes)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_pack *pack;
    etw_error error;
    etwi_pack_probe(bytes);
    if (etwi_pack_open_memory(&pack, bytes, &allocator, &error) != ETW_OK) {
        fuzz_require(!pack && etw_failed(error.status));
        return;
    }
    for (uint32_t i = 0; i < etwi_pack_provider_count(pack); i++) {
        etwi_arena arena = {.allocator = allocator};
        etwi_section section = {.arena = &arena, .scratch = &arena};
        const etw_guid provider = etwi_pack_provider(pack, i);
        fuzz_require(etwi_pack_find(pack, &provider) == i);
        if (etwi_pack_load(pack, i, &section, &error) == ETW_OK)
            use_section(&section, bytes);
        etwi_arena_free(&arena);
    }
    etwi_pack_close(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    if (data[0]) {
        try_section((etw_bytes){data + 1, size - 1});
        return 0;
    }
    uint8_t *copy = malloc(size);
    fuzz_require(copy != NULL);
    memcpy(copy, data, size);
    seal(copy + 1, size - 1);
    try_pack((etw_bytes){copy + 1, size - 1});
    free(copy);
    return 0;
}
