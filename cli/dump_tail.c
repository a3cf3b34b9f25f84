#include "dump_tail.h"

#include <stdlib.h>

bool dump_ends_add(dump_ends *ends, size_t end)
{
    if (ends->count == ends->capacity) {
        const size_t capacity = ends->capacity ? 2 * ends->capacity : 64;
        size_t *items = realloc(ends->items, capacity * sizeof *items);
        if (!items)
            return false;
        ends->items = items;
        ends->capacity = capacity;
    }
    ends->items[ends->count++] = end;
    return true;
}

/* Where event `index` begins. */
static size_t begin_of(const dump_ends *ends, size_t index)
{
    return index > 0 ? ends->items[index - 1] : 0;
}

/* Moves what is kept to the front if most of the memory holds what is not. */
static void compact(dump_tail *tail)
{
    const size_t gone = begin_of(&tail->ends, tail->first);
    if (gone <= tail->text.size / 2)
        return;
    tail->text.size -= gone;
    memmove(tail->text.data, tail->text.data + gone, tail->text.size);
    tail->ends.count -= tail->first;
    for (size_t i = 0; i < tail->ends.count; i++)
        tail->ends.items[i] = tail->ends.items[tail->first + i] - gone;
    tail->first = 0;
}

bool dump_tail_add(dump_tail *tail, etw_str text, const dump_ends *ends)
{
    if (ends->count == 0 || tail->limit == 0)
        return true;
    const size_t skipped = ends->count > tail->limit ? ends->count - (size_t)tail->limit : 0;
    const size_t begin = begin_of(ends, skipped), base = tail->text.size;
    cli_text_add(&tail->text, (etw_str){text.data + begin, text.size - begin});
    for (size_t i = skipped; i < ends->count; i++)
        if (!dump_ends_add(&tail->ends, base + ends->items[i] - begin))
            return false;
    if (tail->ends.count - tail->first > tail->limit)
        tail->first = tail->ends.count - (size_t)tail->limit;
    if (!tail->text.failed)
        compact(tail);
    return !tail->text.failed;
}

etw_str dump_tail_text(const dump_tail *tail)
{
    const size_t begin = begin_of(&tail->ends, tail->first);
    if (begin == tail->text.size)
        return (etw_str){"", 0};
    return (etw_str){tail->text.data + begin, tail->text.size - begin};
}

void dump_tail_free(dump_tail *tail)
{
    cli_text_free(&tail->text);
    free(tail->ends.items);
    *tail = (dump_tail){0};
}
