/* Checks that two schemas say the same about an event, but for what a compiled manifest lacks: the
 * name of the event (`symbol`). */
#ifndef ETW_TEST_SAME_SCHEMA_H
#define ETW_TEST_SAME_SCHEMA_H

#include "test.h"

#include <etw/schema.h>

static inline bool same_text(etw_str a, etw_str b)
{
    const bool same = a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
    if (!same)
        printf("    \"%.*s\" and \"%.*s\"\n", (int)a.size, a.data ? a.data : "", (int)b.size,
               b.data ? b.data : "");
    return same;
}

static inline void same_map(const etw_map *a, const etw_map *b)
{
    CHECK(!a == !b);
    if (!a || !b)
        return;
    CHECK(same_text(a->name, b->name));
    CHECK_EQ(a->is_bitmap, b->is_bitmap);
    REQUIRE(a->entry_count == b->entry_count);
    for (uint32_t i = 0; i < a->entry_count; i++) {
        CHECK_EQ(a->entries[i].value, b->entries[i].value);
        CHECK(same_text(a->entries[i].text, b->entries[i].text));
    }
}

static inline void same_property(const etw_property *a, const etw_property *b)
{
    CHECK(same_text(a->name, b->name));
    CHECK_EQ(a->in_type, b->in_type);
    CHECK_EQ(a->out_type, b->out_type);
    CHECK_EQ(a->flags, b->flags);
    CHECK_EQ(a->count, b->count);
    CHECK_EQ(a->length, b->length);
    CHECK_EQ(a->tags, b->tags);
    CHECK_EQ(a->first_member, b->first_member);
    CHECK_EQ(a->member_count, b->member_count);
    same_map(a->map, b->map);
}

/* Compilers may order keywords by other rules than manifests do. */
static inline bool has_keyword(const etw_schema *schema, const etw_keyword *keyword)
{
    for (uint32_t i = 0; i < schema->keyword_count; i++)
        if (schema->keywords[i].mask == keyword->mask)
            return same_text(schema->keywords[i].name, keyword->name);
    return false;
}

static inline void same_schema(const etw_schema *a, const etw_schema *b)
{
    CHECK(etw_guid_equal(&a->provider, &b->provider));
    CHECK_EQ(a->keyword, b->keyword);
    CHECK(same_text(a->provider_name, b->provider_name));
    CHECK(same_text(a->task_name, b->task_name));
    CHECK(same_text(a->opcode_name, b->opcode_name));
    CHECK(same_text(a->level_name, b->level_name));
    CHECK(same_text(a->channel_name, b->channel_name));
    CHECK(same_text(a->message, b->message));
    CHECK_EQ(a->id, b->id);
    CHECK_EQ(a->version, b->version);
    CHECK_EQ(a->task, b->task);
    CHECK_EQ(a->opcode, b->opcode);
    CHECK_EQ(a->level, b->level);
    CHECK_EQ(a->channel, b->channel);
    CHECK_EQ(a->is_classic, b->is_classic);
    CHECK_EQ(a->is_user_data, b->is_user_data);
    REQUIRE(a->keyword_count == b->keyword_count && a->property_count == b->property_count &&
            a->top_level_count == b->top_level_count);
    for (uint32_t i = 0; i < a->keyword_count; i++)
        CHECK(has_keyword(b, &a->keywords[i]));
    for (unsigned i = 0; i < a->property_count; i++)
        same_property(&a->properties[i], &b->properties[i]);
}

#endif
