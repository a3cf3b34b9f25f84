/* What a fuzz target does with a schema that a parser has accepted. */
#ifndef ETW_FUZZ_TOUCH_SCHEMA_H
#define ETW_FUZZ_TOUCH_SCHEMA_H

#include "base/text.h"
#include "schema/plan.h"
#include "schema/provider.h"

#include <stdlib.h>
#include <string.h>

static inline void fuzz_require(bool condition)
{
    if (!condition)
        abort();
}

/* Reads all of a text, which has to be well-formed UTF-8 and terminated. */
static inline void fuzz_touch_str(etw_str text)
{
    if (!text.data) {
        fuzz_require(text.size == 0);
        return;
    }
    fuzz_require(text.data[text.size] == '\0');
    const uint8_t *const end = (const uint8_t *)text.data + text.size;
    for (const uint8_t *at = (const uint8_t *)text.data; at < end;)
        fuzz_require(!(etwi_utf8_next(&at, end) & ETWI_BAD_UTF8));
}

static inline void fuzz_touch_map(const etw_map *map)
{
    fuzz_touch_str(map->name);
    for (uint32_t i = 0; i < map->entry_count; i++) {
        fuzz_touch_str(map->entries[i].text);
        fuzz_require(i == 0 || map->entries[i - 1].value < map->entries[i].value);
    }
}

static inline void fuzz_touch_property(const etw_schema *schema, unsigned index)
{
    const etw_property *property = &schema->properties[index];
    fuzz_touch_str(property->name);
    if (property->map)
        fuzz_touch_map(property->map);
    if (!(property->flags & ETW_PROPERTY_STRUCT) || !property->member_count)
        return;
    fuzz_require(property->first_member > index);
    fuzz_require(property->first_member >= schema->top_level_count);
    fuzz_require(property->first_member + property->member_count <= schema->property_count);
}

/* Reads everything that a schema points to, and makes the plan of its decoding. */
static inline void fuzz_touch_schema(const etw_schema *schema, etwi_arena *arena)
{
    fuzz_touch_str(schema->provider_name);
    fuzz_touch_str(schema->event_name);
    fuzz_touch_str(schema->task_name);
    fuzz_touch_str(schema->opcode_name);
    fuzz_touch_str(schema->level_name);
    fuzz_touch_str(schema->channel_name);
    fuzz_touch_str(schema->class_name);
    fuzz_touch_str(schema->message);
    for (uint32_t i = 0; i < schema->keyword_count; i++) {
        fuzz_touch_str(schema->keywords[i].name);
        fuzz_require(schema->keywords[i].mask != 0);
    }
    fuzz_require(schema->top_level_count <= schema->property_count);
    for (unsigned i = 0; i < schema->property_count; i++)
        fuzz_touch_property(schema, i);

    etwi_plan plan;
    etw_error error;
    const etw_status status = etwi_plan_make(&plan, schema, arena, &error);
    fuzz_require(status == ETW_OK || status == ETW_E_CORRUPT || status == ETW_E_LIMIT);
}

/* Reads everything that is said about a provider. */
static inline void fuzz_touch_provider(const etwi_provider *provider)
{
    fuzz_touch_str(provider->name);
    fuzz_touch_str(provider->message);
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++)
        for (uint32_t i = 0; i < provider->named[kind].count; i++) {
            fuzz_touch_str(provider->named[kind].items[i].name);
            fuzz_touch_str(provider->named[kind].items[i].message);
        }
    for (uint32_t i = 0; i < provider->map_count; i++)
        fuzz_touch_map(provider->maps[i]);
}

#endif
