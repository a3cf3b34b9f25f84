/* Providers of compiled manifests: the lists of names that they define. */
#include "schema/wevt_model.h"

#include "schema/manifest_words.h"

enum {
    ELEMENT_HEADER_SIZE = 12,
    MAP_OFFSET_SIZE = 4,
    OPCODE_SHIFT = 16, /* Above the task that the opcode belongs to. */
};

/* Where definitions of one kind keep what. */
typedef struct list_rule {
    char signature[5];
    uint8_t value_at;
} list_rule;

static const list_rule LISTS[ETW_NAMED_KIND_COUNT] = {
    [ETW_NAMED_KEYWORD] = {"KEYW", 0}, [ETW_NAMED_LEVEL] = {"LEVL", 0},
    [ETW_NAMED_TASK] = {"TASK", 0},    [ETW_NAMED_OPCODE] = {"OPCO", 0},
    [ETW_NAMED_CHANNEL] = {"CHAN", 8},
};

/* The entries of the list at an offset, each of `size` bytes; none if it is empty or damaged. */
static const uint8_t *find_entries(etwi_wevt *in, uint32_t offset, size_t size, uint32_t *count)
{
    const uint8_t *header = etwi_wevt_at(in, offset, ELEMENT_HEADER_SIZE);
    *count = header && etwi_load_u32(header + 4) ? etwi_load_u32(header + 8) : 0;
    const uint8_t *entries =
        etwi_wevt_at(in, (uint64_t)offset + ELEMENT_HEADER_SIZE, (uint64_t)*count * size);
    if (!entries && *count) {
        etwi_fault(etwi_wevt_place(in, offset), "a list of %u names is not in the resource",
                   *count);
        *count = 0;
    }
    return entries;
}

static etw_status read_value(etwi_wevt *in, etw_named_kind kind, const uint8_t *entry,
                             etw_named_value *out)
{
    const etwi_wevt_rule *rule = &etwi_wevt_rules[kind];
    const uint8_t *value = entry + LISTS[kind].value_at;
    etw_named_value read = {0};
    read.value = kind == ETW_NAMED_KEYWORD ? etwi_load_u64(value) : etwi_load_u32(value);
    if (kind == ETW_NAMED_OPCODE) {
        read.task = (uint16_t)read.value;
        read.value >>= OPCODE_SHIFT;
    } else if (kind == ETW_NAMED_TASK) {
        read.class_guid = etwi_load_guid(entry + 8);
    }
    ETWI_TRY(etwi_wevt_text(in, entry + rule->name_at, &read.name));
    ETWI_TRY(etwi_wevt_message(in, entry + rule->message_at, &read.message));
    // What has no name is called by its message, as in events.
    read.name = read.name.size ? etwi_manifest_local(read.name) : read.message;
    *out = read;
    return ETW_OK;
}

static etw_status read_list(etwi_wevt *in, uint32_t offset, etw_named_kind kind,
                            etw_named_values *out)
{
    const size_t size = etwi_wevt_rules[kind].size;
    uint32_t count;
    const uint8_t *entries = find_entries(in, offset, size, &count);
    ETWI_TRY(etwi_wevt_charge(in, (uint64_t)count * sizeof *out->items));
    etw_named_value *items = etwi_arena_alloc(in->arena, count * sizeof *items);
    if (!items)
        return etwi_fail_nomem(in->error);
    for (uint32_t i = 0; i < count; i++)
        ETWI_TRY(read_value(in, kind, entries + i * size, &items[i]));
    out->items = items;
    out->count = count;
    return ETW_OK;
}

static etw_status read_maps(etwi_wevt *in, uint32_t offset, etwi_provider *out)
{
    uint32_t count;
    const uint8_t *entries = find_entries(in, offset, MAP_OFFSET_SIZE, &count);
    ETWI_TRY(etwi_wevt_charge(in, (uint64_t)count * sizeof *out->maps));
    const etw_map **maps = etwi_arena_alloc(in->arena, count * sizeof *maps);
    if (!maps)
        return etwi_fail_nomem(in->error);
    out->map_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        ETWI_TRY(
            etwi_wevt_get_map(in, entries + (size_t)i * MAP_OFFSET_SIZE, &maps[out->map_count]));
        out->map_count += maps[out->map_count] != NULL;
    }
    out->maps = maps;
    return ETW_OK;
}

etw_status etwi_wevt_read_list(etwi_wevt *in, uint32_t offset, etwi_provider *out)
{
    const uint8_t *signature = etwi_wevt_at(in, offset, 4);
    if (!signature)
        return ETW_OK;
    if (memcmp(signature, "MAPS", 4) == 0)
        return read_maps(in, offset, out);
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++)
        if (memcmp(signature, LISTS[kind].signature, 4) == 0)
            return read_list(in, offset, (etw_named_kind)kind, &out->named[kind]);
    return ETW_OK;
}
