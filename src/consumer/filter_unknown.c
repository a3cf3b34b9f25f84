/*
 * Names that no schema has. Any name may be that of a property of some event, so a mistyped one is
 * no mistake of the expression; but if none of the schemas that came had it, somebody should know.
 */
#include "base/error.h"
#include "consumer/filter.h"

#include <string.h>

static bool same_name(etw_str a, etw_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

etw_status etwi_test_make_mark(etwi_test *test, etwi_arena *arena)
{
    size_t size = test->path_count - 1;
    for (uint32_t i = 0; i < test->path_count; i++)
        size += test->path[i].size;
    test->mark = etwi_arena_alloc_zeroed(arena, sizeof *test->mark);
    char *at = etwi_arena_alloc(arena, size ? size : 1);
    if (!test->mark || !at)
        return ETW_E_NOMEM;
    test->mark->name.data = at;
    test->mark->name.size = size;
    for (uint32_t i = 0; i < test->path_count; i++) {
        if (i)
            *at++ = '.';
        if (test->path[i].size)
            memcpy(at, test->path[i].data, test->path[i].size);
        at += test->path[i].size;
    }
    return ETW_OK;
}

/*
 * Whether one of the properties from `begin` to `end` has the first name of a path, and so on into
 * structs. Where several structs have one name, the first that goes on counts.
 */
static bool has_path(const etw_schema *schema, const etw_str *path, uint32_t count)
{
    uint32_t begin = 0, end = schema->top_level_count;
    for (uint32_t level = 0; level < count; level++) {
        const etw_property *found = NULL;
        for (uint32_t i = begin; i < end && !found; i++) {
            const etw_property *property = &schema->properties[i];
            const bool goes_on = level + 1 == count || property->member_count;
            if (goes_on && same_name(property->name, path[level]))
                found = property;
        }
        if (!found)
            return false;
        begin = found->first_member;
        end = begin + found->member_count;
    }
    return true;
}

static bool is_set(const _Atomic bool *flag)
{
    return atomic_load_explicit(flag, memory_order_relaxed);
}

void etwi_test_note(const etwi_test *test, const etw_schema *schema)
{
    etwi_property_mark *mark = test->mark;
    if (is_set(&mark->met))
        return;
    if (has_path(schema, test->path, test->path_count))
        atomic_store_explicit(&mark->met, true, memory_order_relaxed);
    else if (!is_set(&mark->missed))
        atomic_store_explicit(&mark->missed, true, memory_order_relaxed);
}

static bool is_unknown(const etwi_test *test)
{
    return test->kind == ETWI_TEST_PROPERTY && is_set(&test->mark->missed) &&
           !is_set(&test->mark->met);
}

/* Whether an earlier test asked for the same name: it was told then, or some schema has it. */
static bool is_repeated(const etw_filter *filter, size_t index)
{
    for (size_t i = 0; i < filter->test_count; i++) {
        const etwi_test *other = &filter->tests[i];
        if (i == index || other->kind != ETWI_TEST_PROPERTY ||
            !same_name(other->mark->name, filter->tests[index].mark->name))
            continue;
        if (is_set(&other->mark->met) || (i < index && is_unknown(other)))
            return true;
    }
    return false;
}

bool etw_filter_next_unknown(const etw_filter *filter, size_t *position, etw_str *name)
{
    while (*position < filter->test_count) {
        const size_t index = (*position)++;
        if (!is_unknown(&filter->tests[index]) || is_repeated(filter, index))
            continue;
        *name = filter->tests[index].mark->name;
        return true;
    }
    return false;
}
