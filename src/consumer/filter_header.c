/* Tests of header fields: what each type of field may be compared with, reduced to ranges of
 * numbers and lists of GUIDs wherever that can be. */
#include "base/error.h"
#include "consumer/filter_compile.h"
#include "guid/known.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One build; the structure saves passing its parts around. */
typedef struct build {
    etwi_source *source;
    etwi_comparison *comparison;
    etwi_relation relation;
    etwi_range *ranges; /* Room for one a term, or for all choices. */
    etw_guid *guids;
    size_t guid_capacity;
    etwi_test *test;
} build;

static etw_status fail_term(const build *b, const etwi_literal *literal, const char *needs)
{
    const etw_str field = b->comparison->field.text;
    const int size = (int)(literal->text.size < 40 ? literal->text.size : 40);
    return etwi_fail(b->source->error, ETW_E_INVALID, literal->column, "%.*s %s, not '%.*s'",
                     (int)field.size, field.data, needs, size, literal->text.data);
}

static etw_status fail_relation(const build *b, const char *type)
{
    const etwi_word *relation = &b->comparison->relation;
    const etw_str field = b->comparison->field.text;
    return etwi_fail(b->source->error, ETW_E_INVALID, relation->column,
                     "'%.*s' does not apply to %.*s, which is %s", (int)relation->text.size,
                     relation->text.data, (int)field.size, field.data, type);
}

static bool is_text_relation(const build *b)
{
    return b->relation >= ETWI_RELATION_CONTAINS;
}

static bool is_order(const build *b)
{
    return b->relation >= ETWI_RELATION_LESS && b->relation <= ETWI_RELATION_GREATER_EQUAL;
}

/* --------------------------------------------------------------------------------- numbers */

static int compare_ranges(const void *a, const void *b)
{
    const etwi_range *left = a, *right = b;
    return left->low < right->low ? -1 : left->low > right->low;
}

static void add_range(build *b, etwi_range range)
{
    if (range.low <= range.high)
        b->ranges[b->test->range_count++] = range;
}

/* Sorts the ranges and joins those that touch. */
static void tidy_ranges(build *b)
{
    const uint32_t count = b->test->range_count;
    uint32_t kept = 0;
    if (count)
        qsort(b->ranges, count, sizeof *b->ranges, compare_ranges);
    for (uint32_t i = 0; i < count; i++) {
        etwi_range *last = kept ? &b->ranges[kept - 1] : NULL;
        const etwi_range next = b->ranges[i];
        if (!last || (last->high < next.low && last->high + 1 < next.low))
            b->ranges[kept++] = next;
        else if (next.high > last->high)
            last->high = next.high;
    }
    b->test->ranges = b->ranges;
    b->test->range_count = kept;
}

typedef struct place {
    uint16_t offset;
    uint8_t width;
} place;

#define PLACE(member)                                                    \
    {                                                                    \
        offsetof(etw_event, member), sizeof(((etw_event *)NULL)->member) \
    }

/* Where the number of a field is, or a width of 0. */
static place place_of(unsigned field)
{
    static const place PLACES[ETWI_FILTER_PROPERTY] = {
        [ETWI_FILTER_ID] = PLACE(id),
        [ETWI_FILTER_VERSION] = PLACE(version),
        [ETWI_FILTER_OPCODE] = PLACE(opcode),
        [ETWI_FILTER_TASK] = PLACE(task),
        [ETWI_FILTER_LEVEL] = PLACE(level),
        [ETWI_FILTER_KEYWORD] = PLACE(keyword),
        [ETWI_FILTER_CHANNEL] = PLACE(channel),
        [ETWI_FILTER_PID] = PLACE(process_id),
        [ETWI_FILTER_TID] = PLACE(thread_id),
        [ETWI_FILTER_CPU] = PLACE(processor),
        [ETWI_FILTER_SIZE] = PLACE(payload_size),
        [ETWI_FILTER_KIND] = PLACE(header_kind),
    };
    return PLACES[field];
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/*
 * One range of a number that is always there, which is what nearly every filter has: a word of
 * eight bytes, a shift, a mask and a comparison, without a branch. False if it is not as simple.
 */
static bool make_quick(etwi_test *test, place at, etwi_range range)
{
    const uint64_t all = at.width ? UINT64_MAX >> (64 - 8 * at.width) : 0;
    if (!at.width || test->divisor || !is_little_endian())
        return false;
    /* What an event does not have is all ones, which is no value. */
    if (test->is_optional && (test->has_mask || test->none || range.low == all))
        return false;
    if (test->is_optional && range.high >= all)
        range.high = all - 1;
    const uint16_t last = sizeof(etw_event) - sizeof(uint64_t);
    test->kind = ETWI_TEST_NUMBER;
    test->offset = at.offset < last ? at.offset : last;
    test->shift = (uint8_t)(8 * (at.offset - test->offset));
    test->mask = test->has_mask ? test->mask & all : all;
    test->low = range.low;
    test->span = range.high - range.low;
    return true;
}

/* The quickest test for the ranges found. */
static void finish_numbers(build *b)
{
    etwi_test *test = b->test;
    tidy_ranges(b);
    if (!test->range_count && !test->is_optional)
        test->kind = ETWI_TEST_ALWAYS;
    else if (test->range_count != 1 || !make_quick(test, place_of(test->field), b->ranges[0]))
        test->kind = ETWI_TEST_NUMBERS;
}

/* `field & mask` or `field % divisor`, perhaps compared with numbers. */
static void add_any_bit(build *b)
{
    const etwi_range any_bit = {1, UINT64_MAX, false};
    add_range(b, any_bit);
}

static etw_status build_number(build *b)
{
    if (is_text_relation(b))
        return fail_relation(b, "a number");
    if (b->relation == ETWI_RELATION_PRESENT)
        add_any_bit(b);
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        const etwi_term *term = &b->comparison->terms[i];
        etwi_range range;
        if (!etwi_term_range(term, b->relation, &range))
            return fail_term(
                b, term->low.is & ETWI_LITERAL_INTEGER && term->high ? term->high : &term->low,
                "needs a whole number");
        add_range(b, range);
    }
    finish_numbers(b);
    return ETW_OK;
}

/* ----------------------------------------------------------------------------------- names */

static etw_status keep_names(build *b)
{
    if (is_order(b))
        return fail_relation(b, "a name");
    ETWI_TRY(etwi_terms_prepare(b->source, b->comparison, true));
    tidy_ranges(b);
    b->test->kind = ETWI_TEST_NAMES;
    b->test->guids = b->guids;
    b->test->terms = b->comparison->terms;
    b->test->term_count = b->comparison->term_count;
    return ETW_OK;
}

typedef struct level_name {
    const char *name;
    uint8_t level;
} level_name;

static const level_name LEVELS[] = {
    {"critical", 1},    {"error", 2},         {"warning", 3}, {"info", 4},
    {"information", 4}, {"informational", 4}, {"verbose", 5}, {"logalways", 0},
};

/* Turns the name of a level into its number; others stay names, which must be in quotes. */
static etw_status number_level(build *b, etwi_literal *literal)
{
    enum {
        COUNT = sizeof LEVELS / sizeof LEVELS[0]
    };
    const char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        names[i] = LEVELS[i].name;
        if (!etwi_same_word(literal->text, names[i]))
            continue;
        literal->is |= ETWI_LITERAL_INTEGER;
        literal->integer = LEVELS[i].level;
        return ETW_OK;
    }
    if (literal->is_quoted || literal->is & ETWI_LITERAL_INTEGER)
        return ETW_OK;
    char guess[ETWI_GUESS_SIZE];
    const int size = (int)(literal->text.size < 40 ? literal->text.size : 40);
    return etwi_fail(b->source->error, ETW_E_INVALID, literal->column, "unknown level '%.*s'%s",
                     size, literal->text.data, etwi_guess(literal->text, names, COUNT, guess));
}

static etw_status number_levels(build *b)
{
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        etwi_term *term = &b->comparison->terms[i];
        ETWI_TRY(number_level(b, &term->low));
        if (!term->high)
            continue;
        etwi_literal *high = etwi_arena_alloc(b->source->arena, sizeof *high);
        if (!high)
            return etwi_fail_nomem(b->source->error);
        *high = *term->high;
        ETWI_TRY(number_level(b, high));
        term->high = high;
    }
    return ETW_OK;
}

/* Numbers become ranges; what is left are names. */
static etw_status build_named(build *b)
{
    etwi_comparison *comparison = b->comparison;
    if (b->relation == ETWI_RELATION_PRESENT || comparison->has_mask || comparison->divisor)
        return build_number(b);
    if (is_text_relation(b))
        return keep_names(b);
    if (b->test->field == ETWI_FILTER_LEVEL)
        ETWI_TRY(number_levels(b));
    uint32_t names = 0;
    for (uint32_t i = 0; i < comparison->term_count; i++) {
        etwi_range range;
        const etwi_term *term = &comparison->terms[i];
        if (etwi_term_range(term, b->relation, &range))
            add_range(b, range);
        else if (term->high || is_order(b))
            return fail_term(b, &term->low, "has an order by number only");
        else
            comparison->terms[names++] = *term;
    }
    comparison->term_count = names;
    if (names)
        return keep_names(b);
    finish_numbers(b);
    return ETW_OK;
}

/* ----------------------------------------------------------------------------------- GUIDs */

static etw_status add_guid(build *b, const etw_guid *guid)
{
    void *guids = b->guids;
    ETWI_TRY(etwi_grow(&b->source->arena->allocator, &guids, &b->guid_capacity,
                       b->test->guid_count + 1u, sizeof *b->guids));
    b->guids = guids;
    b->guids[b->test->guid_count++] = *guid;
    return ETW_OK;
}

static void finish_guids(build *b)
{
    etwi_test *test = b->test;
    const bool is_provider = test->field == ETWI_FILTER_PROVIDER || test->field == ETWI_FILTER_GUID;
    test->kind = ETWI_TEST_GUIDS;
    test->guids = b->guids;
    if (!b->guids || test->guid_count != 1 || test->field == ETWI_FILTER_RELATED)
        return;
    /* A kernel event's header does not say this provider. */
    if (test->field == ETWI_FILTER_PROVIDER && etw_guid_equal(b->guids, &etwi_system_trace_guid))
        return;
    test->kind = ETWI_TEST_GUID;
    test->guid = b->guids[0];
    test->offset = is_provider ? offsetof(etw_event, provider) : offsetof(etw_event, activity_id);
}

static etw_status build_guid(build *b)
{
    if (b->relation != ETWI_RELATION_EQUAL)
        return fail_relation(b, "a GUID");
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        const etwi_term *term = &b->comparison->terms[i];
        if (term->high || !(term->low.is & ETWI_LITERAL_GUID))
            return fail_term(b, &term->low,
                             "needs a GUID such as 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716");
        ETWI_TRY(add_guid(b, &term->low.guid));
    }
    finish_guids(b);
    return ETW_OK;
}

/* The GUIDs that a name stands for: those of well-known providers, and the one made from it. */
static etw_status add_guids_of_name(build *b, etw_str name)
{
    size_t position = 0;
    etw_guid guid = etw_guid_from_name(name);
    ETWI_TRY(add_guid(b, &guid));
    while (etwi_guid_known_by_name(name, &position, &guid))
        ETWI_TRY(add_guid(b, &guid));
    return ETW_OK;
}

static etw_status build_provider(build *b)
{
    etwi_comparison *comparison = b->comparison;
    if (is_order(b))
        return fail_relation(b, "a name");
    if (is_text_relation(b))
        return keep_names(b);
    uint32_t names = 0;
    for (uint32_t i = 0; i < comparison->term_count; i++) {
        const etwi_term *term = &comparison->terms[i];
        if (term->high)
            return fail_term(b, &term->low, "has no order");
        if (term->low.is & ETWI_LITERAL_GUID) {
            ETWI_TRY(add_guid(b, &term->low.guid));
            continue;
        }
        ETWI_TRY(add_guids_of_name(b, term->low.text));
        comparison->terms[names++] = *term;
    }
    comparison->term_count = names;
    if (names)
        return keep_names(b);
    finish_guids(b);
    return ETW_OK;
}

/* ----------------------------------------------------------------------------------- times */

/* A time as a range of one. */
static bool time_of(const etwi_literal *literal, etwi_range *out)
{
    out->is_offset = false;
    if (literal->is & ETWI_LITERAL_TIME)
        out->low = literal->time;
    else if (literal->is & ETWI_LITERAL_INTEGER && !literal->is_negative)
        out->low = literal->integer;
    else if (literal->is & ETWI_LITERAL_OFFSET)
        out->low = (uint64_t)literal->offset, out->is_offset = true;
    else
        return false;
    out->high = out->low;
    return true;
}

static void add_time(build *b, etwi_range at)
{
    const uint64_t first = at.is_offset ? (uint64_t)INT64_MIN : 0;
    const uint64_t last = at.is_offset ? INT64_MAX : UINT64_MAX;
    switch (b->relation) {
    case ETWI_RELATION_LESS:
        if (at.low == first)
            return;
        at.high = at.low - 1;
        at.low = first;
        break;
    case ETWI_RELATION_LESS_EQUAL:
        at.low = first;
        break;
    case ETWI_RELATION_GREATER:
        if (at.low == last)
            return;
        at.low++;
        at.high = last;
        break;
    case ETWI_RELATION_GREATER_EQUAL:
        at.high = last;
        break;
    default:
        break;
    }
    b->ranges[b->test->range_count++] = at;
}

static etw_status build_time(build *b)
{
    static const char NEEDS[] = "needs a time such as 2026-11-22T18:04:05Z or +1.5s";
    if (is_text_relation(b))
        return fail_relation(b, "a time");
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        const etwi_term *term = &b->comparison->terms[i];
        etwi_range at, end;
        if (!time_of(&term->low, &at))
            return fail_term(b, &term->low, NEEDS);
        if (term->high) {
            if (!time_of(term->high, &end) || end.is_offset != at.is_offset)
                return fail_term(b, term->high, NEEDS);
            at.high = end.low;
        }
        add_time(b, at);
    }
    b->test->kind = ETWI_TEST_TIMES;
    b->test->ranges = b->ranges;
    return ETW_OK;
}

/* --------------------------------------------------------------------------------- choices */

/* The words that a field can have. */
static size_t choices_of(unsigned field, const char *names[ETW_HEADER_KIND_COUNT])
{
    static const char *const CLASSES[ETWI_CLASS_COUNT] = {"classic", "manifest", "tracelogging",
                                                          "wpp"};
    size_t count = 0;
    if (field == ETWI_FILTER_CLASS)
        for (; count < ETWI_CLASS_COUNT; count++)
            names[count] = CLASSES[count];
    else if (field == ETWI_FILTER_SOURCE)
        for (; count < ETW_SCHEMA_SOURCE_COUNT; count++)
            names[count] = etw_schema_source_name((etw_schema_source)count);
    else
        for (; count < ETW_HEADER_KIND_COUNT; count++)
            names[count] = etw_header_kind_name((etw_header_kind)count);
    return count;
}

static etw_status add_choices(build *b, const etwi_literal *literal)
{
    const char *names[ETW_HEADER_KIND_COUNT];
    const size_t count = choices_of(b->test->field, names);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const etw_str name = {names[i], strlen(names[i])};
        const etwi_range range = {i, i, false};
        if (!etwi_pattern_matches(&literal->pattern, etwi_chars_utf8(name)))
            continue;
        add_range(b, range);
        found = true;
    }
    if (found || is_text_relation(b))
        return ETW_OK;
    char guess[ETWI_GUESS_SIZE];
    const etw_str field = b->comparison->field.text;
    const int size = (int)(literal->text.size < 40 ? literal->text.size : 40);
    return etwi_fail(b->source->error, ETW_E_INVALID, literal->column, "unknown %.*s '%.*s'%s",
                     (int)field.size, field.data, size, literal->text.data,
                     etwi_guess(literal->text, names, count, guess));
}

static etw_status build_choice(build *b)
{
    if (is_order(b))
        return fail_relation(b, "a word");
    ETWI_TRY(etwi_terms_prepare(b->source, b->comparison, true));
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        const etwi_term *term = &b->comparison->terms[i];
        if (term->high)
            return fail_term(b, &term->low, "has no order");
        ETWI_TRY(add_choices(b, &term->low));
        /* Each term may choose all; joining them keeps the room. */
        tidy_ranges(b);
    }
    finish_numbers(b);
    return ETW_OK;
}

static etw_status build_flag(build *b)
{
    bool wanted[2] = {false, false};
    if (b->relation != ETWI_RELATION_EQUAL)
        return fail_relation(b, "true or false");
    for (uint32_t i = 0; i < b->comparison->term_count; i++) {
        const etwi_term *term = &b->comparison->terms[i];
        if (term->high || !(term->low.is & ETWI_LITERAL_BOOLEAN))
            return fail_term(b, &term->low, "needs true or false");
        wanted[term->low.boolean] = true;
    }
    if (wanted[0] && wanted[1]) {
        b->test->kind = ETWI_TEST_ALWAYS;
        b->test->none = !b->test->none;
        return ETW_OK;
    }
    b->test->kind = ETWI_TEST_PRESENT;
    b->test->none = wanted[0] != b->test->none;
    return ETW_OK;
}

static etw_status build_text(build *b)
{
    for (uint32_t i = 0; i < b->comparison->term_count; i++)
        if (b->comparison->terms[i].high)
            return fail_term(b, &b->comparison->terms[i].low, "has no order");
    return keep_names(b);
}

/* -------------------------------------------------------------------------------------- all */

static etw_status build_present(build *b)
{
    const etwi_word *field = &b->comparison->field;
    if (!b->test->is_optional)
        return etwi_fail(b->source->error, ETW_E_INVALID, field->column + field->text.size,
                         "expected an operator after '%.*s', which every event has",
                         (int)field->text.size, field->text.data);
    b->test->kind = ETWI_TEST_PRESENT;
    return ETW_OK;
}

static etw_status build_by_type(build *b, etwi_field_type type)
{
    const bool is_computed = b->comparison->has_mask || b->comparison->divisor;
    if (is_computed && type != ETWI_FIELD_NUMBER && type != ETWI_FIELD_NAMED) {
        static const etw_str SIGNS[] = {{"%", 1}, {"&", 1}};
        b->comparison->relation.text = SIGNS[b->comparison->has_mask];
        b->comparison->relation.column = b->comparison->mask_column;
        return fail_relation(b, "no number");
    }
    if (b->relation == ETWI_RELATION_PRESENT && !is_computed)
        return build_present(b);
    switch (type) {
    case ETWI_FIELD_NUMBER:
        return build_number(b);
    case ETWI_FIELD_NAMED:
        return build_named(b);
    case ETWI_FIELD_GUID:
        return build_guid(b);
    case ETWI_FIELD_PROVIDER:
        return build_provider(b);
    case ETWI_FIELD_TIME:
        return build_time(b);
    case ETWI_FIELD_TEXT:
        return build_text(b);
    case ETWI_FIELD_CHOICE:
        return build_choice(b);
    case ETWI_FIELD_FLAG:
        return build_flag(b);
    }
    return ETW_OK;
}

etw_status etwi_test_build_header(etwi_source *source, etwi_comparison *comparison,
                                  etwi_field_type type, etwi_test *out)
{
    etwi_arena *arena = source->arena;
    build b = {.source = source,
               .comparison = comparison,
               .relation = (etwi_relation)comparison->relation.relation,
               .test = out};
    const size_t room = comparison->term_count + 2 * (size_t)ETW_HEADER_KIND_COUNT;
    b.ranges = etwi_arena_alloc(arena, room * sizeof *b.ranges);
    if (!b.ranges)
        return etwi_fail_nomem(source->error);
    etw_status status = build_by_type(&b, type);
    /* The GUIDs grew on the heap, because a name may stand for several. */
    if (status == ETW_OK && b.guids) {
        const size_t size = out->guid_count * sizeof *b.guids;
        etw_guid *guids = etwi_arena_alloc(arena, size);
        if (guids)
            memcpy(guids, b.guids, size);
        out->guids = guids;
        status = guids ? ETW_OK : ETW_E_NOMEM;
    }
    etwi_free(&arena->allocator, b.guids, b.guid_capacity * sizeof *b.guids);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(source->error) : status;
}
