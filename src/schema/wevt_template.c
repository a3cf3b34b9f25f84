/*
 * Templates and maps of compiled manifests. The items of a template have the order of its
 * properties: members of structs follow all others, and references are indexes.
 */
#include "schema/manifest_words.h"
#include "schema/value_map.h"
#include "schema/wevt_model.h"

enum {
    TEMPLATE_HEADER_SIZE = 40,
    ITEM_SIZE = 20,
    MAP_HEADER_SIZE = 20,
    MAP_ENTRY_SIZE = 8,
    TEMPLATE_USER_DATA = 2,

    ITEM_STRUCT = 1,
    ITEM_LENGTH_INDEX = 4,
    ITEM_COUNT_FIXED = 8,
    ITEM_COUNT_INDEX = 0x10,
};

/* ---- Maps ---- */

/* Values without a text are left out: their number says more. */
static etw_status read_map(etwi_wevt *in, uint32_t offset, const uint8_t *header, etw_map *map)
{
    const uint32_t count = etwi_load_u32(header + 16);
    const uint8_t *values =
        etwi_wevt_at(in, (uint64_t)offset + MAP_HEADER_SIZE, (uint64_t)count * MAP_ENTRY_SIZE);
    if (!values)
        return etwi_fault(etwi_wevt_place(in, offset),
                          "the %u values of a map are not in the resource", count);
    ETWI_TRY(etwi_wevt_charge(in, (uint64_t)count * MAP_ENTRY_SIZE));
    ETWI_TRY(etwi_wevt_text(in, header + 8, &map->name));
    etw_map_entry *entries = etwi_arena_alloc(in->arena, count * sizeof *entries);
    if (!entries)
        return etwi_fail_nomem(in->error);
    for (uint32_t i = 0; i < count; i++) {
        etw_map_entry entry = {etwi_load_u32(values + (size_t)i * MAP_ENTRY_SIZE), {NULL, 0}};
        ETWI_TRY(etwi_wevt_message(in, values + (size_t)i * MAP_ENTRY_SIZE + 4, &entry.text));
        if (entry.text.size)
            entries[map->entry_count++] = entry;
    }
    map->entries = entries;
    map->is_bitmap = memcmp(header, "BMAP", 4) == 0;
    if (!etwi_map_entries_sort(entries, &map->entry_count, &in->arena->allocator))
        return etwi_fail_nomem(in->error);
    return ETW_OK;
}

/* A map that is not there only costs the names of values, not the template. */
etw_status etwi_wevt_get_map(etwi_wevt *in, const uint8_t *field, const etw_map **out)
{
    const uint32_t offset = etwi_load_u32(field);
    *out = NULL;
    if (!offset)
        return ETW_OK;
    const uint32_t found = etwi_wevt_known(in, ETWI_WEVT_MAP, field, 4);
    if (found != ETWI_NO_VALUE) {
        *out = ((const etw_map **)in->maps.items)[found];
        return ETW_OK;
    }
    const uint8_t *header = etwi_wevt_at(in, offset, MAP_HEADER_SIZE);
    if (!header || (memcmp(header, "VMAP", 4) != 0 && memcmp(header, "BMAP", 4) != 0)) {
        etwi_fault(etwi_wevt_place(in, offset), "there is no map where a property names one");
    } else {
        etw_map *map = etwi_arena_alloc_zeroed(in->arena, sizeof *map);
        if (!map)
            return etwi_fail_nomem(in->error);
        const etw_status status = read_map(in, offset, header, map);
        if (etw_failed(status) && status != ETW_E_CORRUPT)
            return status;
        *out = etw_failed(status) ? NULL : map;
    }
    const etw_bytes key = {field, 4};
    return etwi_wevt_remember(in, ETWI_WEVT_MAP, key, &in->maps, (const void *)out, sizeof *out);
}

/* ---- Templates ---- */

static void read_extents(const uint8_t *item, uint32_t flags, etw_property *property)
{
    const uint16_t count = etwi_load_u16(item + 12);
    const uint16_t length = etwi_load_u16(item + 14);
    property->count = 1;
    if (flags & ITEM_COUNT_INDEX) {
        property->flags |= ETW_PROPERTY_COUNT_INDEX;
        property->count = count;
    } else if (flags & ITEM_COUNT_FIXED || count > 1) {
        property->flags |= ETW_PROPERTY_FIXED_COUNT;
        property->count = count;
    }
    // Lengths of other types are what the type says; a length of 0 declares nothing.
    if (!etwi_manifest_has_length(property->in_type))
        return;
    if (flags & ITEM_LENGTH_INDEX) {
        property->flags |= ETW_PROPERTY_LENGTH_INDEX;
        property->length = length;
    } else if (length) {
        property->flags |= ETW_PROPERTY_FIXED_LENGTH;
        property->length = length;
    }
}

static etw_status read_item(etwi_wevt *in, const uint8_t *item, etw_property *property)
{
    const uint32_t flags = etwi_load_u32(item);
    ETWI_TRY(etwi_wevt_text(in, item + 16, &property->name));
    if (flags & ITEM_STRUCT) {
        property->flags |= ETW_PROPERTY_STRUCT;
        property->first_member = etwi_load_u16(item + 4);
        property->member_count = etwi_load_u16(item + 6);
    } else {
        property->in_type = item[4];
        property->out_type = item[5] ? item[5] : (uint16_t)etw_in_type_out_type(property->in_type);
        ETWI_TRY(etwi_wevt_get_map(in, item + 8, &property->map));
    }
    read_extents(item, flags, property);
    return ETW_OK;
}

static bool members_make_sense(const etwi_wevt_template *built, unsigned index)
{
    const etw_property *property = &built->properties[index];
    if (!(property->flags & ETW_PROPERTY_STRUCT))
        return true;
    return property->member_count && property->first_member > index &&
           property->first_member >= built->top_level_count &&
           property->first_member + property->member_count <= built->property_count;
}

static etw_status read_items(etwi_wevt *in, const uint8_t *items, etwi_wevt_template *out)
{
    const unsigned count = out->property_count;
    etw_property *properties = etwi_arena_alloc_zeroed(in->arena, count * sizeof *properties);
    if (!properties)
        return etwi_fail_nomem(in->error);
    out->properties = properties;
    for (unsigned i = 0; i < count; i++)
        ETWI_TRY(read_item(in, items + (size_t)i * ITEM_SIZE, &properties[i]));
    for (unsigned i = 0; i < count; i++)
        if (!members_make_sense(out, i))
            return etwi_fault(etwi_wevt_place(in, (uint64_t)(items - in->data.data)),
                              "struct %u has members "
                              "%u to %u of %u",
                              i, properties[i].first_member,
                              properties[i].first_member + properties[i].member_count, count);
    return ETW_OK;
}

static etw_status read_template(etwi_wevt *in, uint32_t offset, etwi_wevt_template *out)
{
    const uint8_t *header = etwi_wevt_at(in, offset, TEMPLATE_HEADER_SIZE);
    if (!header || memcmp(header, "TEMP", 4) != 0)
        return etwi_fault(etwi_wevt_place(in, offset),
                          "there is no template where an event names one");
    const uint32_t top_level = etwi_load_u32(header + 8);
    const uint32_t count = etwi_load_u32(header + 12);
    const uint8_t *items =
        etwi_wevt_at(in, etwi_load_u32(header + 16), (uint64_t)count * ITEM_SIZE);
    if (count >= UINT16_MAX || top_level > count || (count && !items))
        return etwi_fault(etwi_wevt_place(in, offset), "a template of %u properties is damaged",
                          count);
    ETWI_TRY(etwi_wevt_charge(in, (uint64_t)count * ITEM_SIZE));
    out->property_count = (uint16_t)count;
    out->top_level_count = (uint16_t)top_level;
    out->is_user_data = etwi_load_u32(header + 20) == TEMPLATE_USER_DATA;
    return count ? read_items(in, items, out) : ETW_OK;
}

etw_status etwi_wevt_get_template(etwi_wevt *in, const uint8_t *field, etwi_wevt_template *out)
{
    const etwi_wevt_template none = {NULL, 0, 0, false, false};
    const uint32_t offset = etwi_load_u32(field);
    *out = none;
    if (!offset)
        return ETW_OK;
    const uint32_t found = etwi_wevt_known(in, ETWI_WEVT_TEMPLATE, field, 4);
    if (found != ETWI_NO_VALUE) {
        *out = ((const etwi_wevt_template *)in->templates.items)[found];
        return out->is_broken ? ETW_E_CORRUPT : ETW_OK;
    }
    const etw_status status = read_template(in, offset, out);
    if (etw_failed(status) && status != ETW_E_CORRUPT)
        return status;
    out->is_broken = etw_failed(status);
    const etw_bytes key = {field, 4};
    ETWI_TRY(etwi_wevt_remember(in, ETWI_WEVT_TEMPLATE, key, &in->templates, out, sizeof *out));
    return status;
}
