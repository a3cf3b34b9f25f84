/*
 * How it works: the names of all definitions are sorted by number, and of those for one number the
 * winning definition's stay. What events are called by adds the numbers that no definition lists,
 * such as the levels and opcodes that Windows predefines.
 */
#include "schema/provider_names.h"

#include "base/error.h"
#include "base/str.h"
#include "schema/compare.h"

#include <stdlib.h>

enum {
    FIRST_FREE_OPCODE = 10, /* Lower ones mean the same for all tasks. */
    OPCODE_RECEIVE = 240,   /* So does this one. */
};

/* A name, and by which definition. */
typedef struct named_row {
    etw_named_value value;
    size_t rank;  /* 0 is the best one. */
    size_t order; /* In which they came. */
} named_row;

typedef struct map_row {
    const etw_map *map;
    size_t order;
} map_row;

typedef struct collector {
    const etw_allocator *allocator;
    named_row *rows;
    size_t count, capacity;
    map_row *maps;
    size_t map_count, map_capacity;
} collector;

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_values(const etw_named_value *a, const etw_named_value *b)
{
    const int order = compare_numbers(a->task, b->task);
    return order ? order : compare_numbers(a->value, b->value);
}

static int compare_rows(const void *a, const void *b)
{
    const named_row *x = a, *y = b;
    int order = compare_values(&x->value, &y->value);
    if (!order)
        order = compare_numbers(x->rank, y->rank);
    if (!order)
        order = etwi_str_compare(x->value.name, y->value.name);
    return order ? order : compare_numbers(x->order, y->order);
}

static int compare_map_rows(const void *a, const void *b)
{
    const map_row *x = a, *y = b;
    const int order = etwi_str_compare(x->map->name, y->map->name);
    return order ? order : compare_numbers(x->order, y->order);
}

/* ---- Names ---- */

static etw_status add_row(collector *c, const etw_named_value *value, size_t rank)
{
    void *memory = c->rows;
    const etw_status status =
        etwi_grow(c->allocator, &memory, &c->capacity, c->count + 1, sizeof *c->rows);
    c->rows = memory;
    ETWI_TRY(status);
    c->rows[c->count] = (named_row){*value, rank, c->count};
    c->count++;
    return ETW_OK;
}

/* Sorts the rows and leaves, of those for one number, the different names of the best rank. */
static void reduce_rows(collector *c)
{
    size_t kept = 0;
    size_t first = 0; /* Of the number, among those kept. */
    if (c->count)
        qsort(c->rows, c->count, sizeof *c->rows, compare_rows);
    for (size_t i = 0; i < c->count; i++) {
        const named_row *row = &c->rows[i];
        const bool is_new = !kept || compare_values(&c->rows[first].value, &row->value) != 0;
        if (is_new)
            first = kept;
        else if (c->rows[first].rank != row->rank ||
                 etwi_str_equal(c->rows[kept - 1].value.name, row->value.name))
            continue;
        c->rows[kept++] = *row;
    }
    c->count = kept;
}

/* Whether a number is among the first `count` rows, which are reduced. */
static bool is_listed(const collector *c, size_t count, const etw_named_value *value)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_values(&c->rows[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare_values(&c->rows[low].value, value) == 0;
}

/* Adds what an event is called by, if it has such a name and no definition lists the number. */
static etw_status add_name(collector *c, size_t defined, const etw_named_value *value, size_t rank)
{
    etw_named_value for_any = *value;
    for_any.task = 0;
    if (!value->name.size || is_listed(c, defined, value) || is_listed(c, defined, &for_any))
        return ETW_OK;
    return add_row(c, value, rank);
}

/* Descriptions by merging tools may not say which bit each of several keywords has; all of them
 * have the whole mask then, and tell nothing about bits. */
static bool has_masks(const etw_schema *schema)
{
    return schema->source != ETW_SCHEMA_EVENT_INFO || schema->keyword_count < 2 ||
           schema->keywords[0].mask != schema->keywords[1].mask;
}

static etw_status add_keywords(collector *c, size_t defined, const etw_schema *schema, size_t rank)
{
    for (uint32_t i = 0; has_masks(schema) && i < schema->keyword_count; i++) {
        const etw_named_value value = {.value = schema->keywords[i].mask,
                                       .name = schema->keywords[i].name};
        ETWI_TRY(add_name(c, defined, &value, rank));
    }
    return ETW_OK;
}

static bool is_predefined_opcode(uint8_t opcode)
{
    return opcode < FIRST_FREE_OPCODE || opcode == OPCODE_RECEIVE;
}

static etw_status add_names_of(collector *c, size_t defined, const etw_schema *schema,
                               etw_named_kind kind, size_t rank)
{
    etw_named_value value = {0};
    switch (kind) {
    case ETW_NAMED_LEVEL:
        value.value = schema->level;
        value.name = schema->level_name;
        break;
    case ETW_NAMED_TASK:
        value.value = schema->task;
        value.name = schema->task_name;
        break;
    case ETW_NAMED_OPCODE:
        value.value = schema->opcode;
        value.name = schema->opcode_name;
        value.task = is_predefined_opcode(schema->opcode) ? 0 : schema->task;
        break;
    case ETW_NAMED_CHANNEL:
        value.value = schema->channel;
        value.name = schema->channel_name;
        break;
    default:
        return add_keywords(c, defined, schema, rank);
    }
    return add_name(c, defined, &value, rank);
}

/* The words of WPP have no numbers, and the types of classic events are their own names. */
static bool has_numbers(const etw_schema *schema)
{
    return schema->source != ETW_SCHEMA_TMF && !schema->is_classic;
}

static etw_status collect_names(collector *c, etw_provider_info *info, etw_named_kind kind,
                                const etwi_provider *const *definitions, size_t count)
{
    c->count = 0;
    for (size_t rank = 0; rank < count; rank++) {
        const etw_named_values *values = &definitions[rank]->named[kind];
        for (uint32_t i = 0; i < values->count; i++)
            ETWI_TRY(add_row(c, &values->items[i], rank));
    }
    reduce_rows(c);
    const size_t defined = c->count;
    for (uint32_t i = 0; i < info->event_count; i++)
        if (has_numbers(info->events[i]))
            ETWI_TRY(add_names_of(c, defined, info->events[i], kind, count));
    reduce_rows(c);
    return ETW_OK;
}

static etw_status copy_names(const collector *c, etw_named_values *out, etwi_arena *arena)
{
    etw_named_value *items = etwi_arena_alloc(arena, c->count * sizeof *items);
    if (!items)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < c->count; i++)
        items[i] = c->rows[i].value;
    out->items = items;
    out->count = (uint32_t)c->count;
    return ETW_OK;
}

/* ---- Maps ---- */

static etw_status add_map(collector *c, const etw_map *map)
{
    void *memory = c->maps;
    if (!map || !map->name.size)
        return ETW_OK;
    const etw_status status =
        etwi_grow(c->allocator, &memory, &c->map_capacity, c->map_count + 1, sizeof *c->maps);
    c->maps = memory;
    ETWI_TRY(status);
    c->maps[c->map_count] = (map_row){map, c->map_count};
    c->map_count++;
    return ETW_OK;
}

static etw_status collect_maps(collector *c, const etw_provider_info *info,
                               const etwi_provider *const *definitions, size_t count)
{
    for (size_t rank = 0; rank < count; rank++)
        for (uint32_t i = 0; i < definitions[rank]->map_count; i++)
            ETWI_TRY(add_map(c, definitions[rank]->maps[i]));
    for (uint32_t i = 0; i < info->event_count; i++)
        for (unsigned j = 0; j < info->events[i]->property_count; j++)
            ETWI_TRY(add_map(c, info->events[i]->properties[j].map));
    if (c->map_count)
        qsort(c->maps, c->map_count, sizeof *c->maps, compare_map_rows);
    return ETW_OK;
}

/* Different maps of one name stay; equal ones become one. */
static etw_status copy_maps(const collector *c, etw_provider_info *info, etwi_arena *arena)
{
    const etw_map **maps = etwi_arena_alloc(arena, c->map_count * sizeof *maps);
    if (!maps)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < c->map_count; i++) {
        const etw_map *last = info->map_count ? maps[info->map_count - 1] : NULL;
        const etw_map *map = c->maps[i].map;
        if (!last || !etwi_str_equal(last->name, map->name) || !etwi_map_equal(last, map))
            maps[info->map_count++] = map;
    }
    info->maps = maps;
    return ETW_OK;
}

etw_status etwi_provider_collect(etw_provider_info *info, const etwi_provider *const *definitions,
                                 size_t count, etwi_arena *arena)
{
    collector c = {.allocator = &arena->allocator};
    etw_status status = ETW_OK;
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT && status == ETW_OK; kind++) {
        status = collect_names(&c, info, (etw_named_kind)kind, definitions, count);
        if (status == ETW_OK)
            status = copy_names(&c, &info->named[kind], arena);
    }
    if (status == ETW_OK)
        status = collect_maps(&c, info, definitions, count);
    if (status == ETW_OK)
        status = copy_maps(&c, info, arena);
    etwi_free(c.allocator, c.rows, c.capacity * sizeof *c.rows);
    etwi_free(c.allocator, c.maps, c.map_capacity * sizeof *c.maps);
    return status;
}
