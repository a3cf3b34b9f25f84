/*
 * Look-up in the generated tables of kernel event classes. A schema is put together on request from
 * the class, its GUID and the names of the type: the tables hold each of them once.
 */
#include "schema/kernel.h"

#include "guid/known.h"
#include "guid/order.h"

typedef struct kernel_guid {
    etw_guid guid;
    etw_str provider_name;
} kernel_guid;

typedef struct kernel_class {
    etw_str name;
    const etw_property *properties;
    uint16_t property_count;
    uint16_t top_level_count;
} kernel_class;

/* Which class describes a type: sorted by GUID, type, version (newest first), preference. */
typedef struct kernel_key {
    uint8_t guid_index;
    uint8_t opcode;
    uint8_t version;
    uint16_t class_index;
} kernel_key;

typedef struct kernel_name {
    uint8_t guid_index;
    uint8_t opcode;
    etw_str task;
    etw_str opcode_name;
} kernel_name;

#include "schema/kernel.inc"

enum {
    GUID_COUNT = sizeof kernel_guids / sizeof kernel_guids[0],
    KEY_COUNT = sizeof kernel_keys / sizeof kernel_keys[0],
    NAME_COUNT = sizeof kernel_names / sizeof kernel_names[0],
    GUID_UNKNOWN = GUID_COUNT,
};

/* A part of kernel_keys. */
typedef struct key_range {
    const kernel_key *begin;
    const kernel_key *end;
} key_range;

static unsigned find_guid(const etw_guid *guid)
{
    unsigned low = 0;
    unsigned high = GUID_COUNT;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const int order = etwi_guid_compare(&kernel_guids[middle].guid, guid);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return GUID_UNKNOWN;
}

/* GUID and type as one number that sorts like the tables. */
static unsigned rank_of(unsigned guid_index, unsigned opcode)
{
    return guid_index << 8 | opcode;
}

/* The first key of at least that rank, or the end of the table. */
static const kernel_key *lower_bound(unsigned rank)
{
    unsigned low = 0;
    unsigned high = KEY_COUNT;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const kernel_key *key = &kernel_keys[middle];
        if (rank_of(key->guid_index, key->opcode) < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return kernel_keys + low;
}

static key_range keys_of_type(unsigned guid_index, unsigned opcode)
{
    const unsigned rank = rank_of(guid_index, opcode);
    return (key_range){lower_bound(rank), lower_bound(rank + 1)};
}

static key_range keys_of_guid(unsigned guid_index)
{
    return (key_range){lower_bound(rank_of(guid_index, 0)),
                       lower_bound(rank_of(guid_index + 1, 0))};
}

static const kernel_name *find_name(unsigned guid_index, unsigned opcode)
{
    const unsigned rank = rank_of(guid_index, opcode);
    unsigned low = 0;
    unsigned high = NAME_COUNT;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const unsigned found =
            rank_of(kernel_names[middle].guid_index, kernel_names[middle].opcode);
        if (found == rank)
            return &kernel_names[middle];
        if (found < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_system_trace(etw_str provider_name)
{
    const etw_str name = etwi_system_trace_name;
    return provider_name.size == name.size && memcmp(provider_name.data, name.data, name.size) == 0;
}

/* The schema of a type whose layout is that of `key`, which may belong to another type. */
static etw_schema make_schema(const kernel_key *key, uint8_t opcode, bool inferred)
{
    const kernel_guid *guid = &kernel_guids[key->guid_index];
    const kernel_class *class = &kernel_classes[key->class_index];
    const kernel_name *name = find_name(key->guid_index, opcode);
    etw_schema schema = {
        .provider = guid->guid,
        .provider_name = guid->provider_name,
        .class_name = class->name,
        .properties = class->properties,
        .property_count = class->property_count,
        .top_level_count = class->top_level_count,
        .version = key->version,
        .opcode = opcode,
        .source = ETW_SCHEMA_KERNEL,
        .is_classic = true,
        .inferred = inferred,
    };
    if (is_system_trace(guid->provider_name))
        schema.owner = etwi_system_trace_guid;
    if (name) {
        schema.task_name = name->task;
        schema.opcode_name = name->opcode_name;
    }
    return schema;
}

/* True if some version of the class declares both types together. */
static bool are_siblings(unsigned guid_index, unsigned opcode, unsigned other_opcode)
{
    const key_range ours = keys_of_type(guid_index, opcode);
    const key_range theirs = keys_of_type(guid_index, other_opcode);
    for (const kernel_key *a = ours.begin; a < ours.end; a++)
        for (const kernel_key *b = theirs.begin; b < theirs.end; b++)
            if (a->class_index == b->class_index)
                return true;
    return false;
}

/* True if one of the schemas has the layout of that class. */
static bool has_class(const etw_schema *schemas, unsigned count, unsigned class_index)
{
    for (unsigned i = 0; i < count; i++)
        if (schemas[i].class_name.data == kernel_classes[class_index].name.data)
            return true;
    return false;
}

static unsigned find_siblings(unsigned guid_index, uint8_t opcode, uint8_t version, etw_schema *out)
{
    const key_range all = keys_of_guid(guid_index);
    unsigned count = 0;
    for (const kernel_key *key = all.begin; key < all.end && count < ETWI_KERNEL_LAYOUTS_MAX; key++)
        if (key->version == version && !has_class(out, count, key->class_index) &&
            are_siblings(guid_index, opcode, key->opcode))
            out[count++] = make_schema(key, opcode, true);
    return count;
}

unsigned etwi_kernel_find(const etw_guid *class_guid, uint8_t opcode, uint8_t version,
                          etw_schema out[ETWI_KERNEL_LAYOUTS_MAX])
{
    const unsigned guid_index = find_guid(class_guid);
    if (guid_index == GUID_UNKNOWN)
        return 0;
    const key_range keys = keys_of_type(guid_index, opcode);
    unsigned count = 0;
    bool exact = false;
    // Versions come newest first, so what is exact precedes what is older.
    for (const kernel_key *key = keys.begin; key < keys.end; key++) {
        if (key->version > version)
            continue;
        if (count == ETWI_KERNEL_LAYOUTS_MAX || (exact && key->version < version))
            break;
        exact = key->version == version;
        out[count++] = make_schema(key, opcode, !exact);
    }
    return count ? count : find_siblings(guid_index, opcode, version, out);
}

unsigned etwi_kernel_count(void)
{
    return KEY_COUNT;
}

etw_schema etwi_kernel_at(unsigned index)
{
    const kernel_key *key = &kernel_keys[index];
    return make_schema(key, key->opcode, false);
}

void etwi_kernel_names(const etw_guid *class_guid, uint8_t opcode, etw_str *task,
                       etw_str *opcode_name)
{
    const unsigned guid_index = find_guid(class_guid);
    const kernel_name *name = guid_index == GUID_UNKNOWN ? NULL : find_name(guid_index, opcode);
    *task = name ? name->task : (etw_str){NULL, 0};
    *opcode_name = name ? name->opcode_name : (etw_str){NULL, 0};
}

bool etwi_kernel_is_class(const etw_guid *guid)
{
    const unsigned index = find_guid(guid);
    return index != GUID_UNKNOWN && kernel_guids[index].provider_name.size > 0;
}
