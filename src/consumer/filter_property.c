/*
 * Tests of properties: finds the values that a path names, and compares each as what it is. A
 * number is compared exactly whatever its sign and width, a text by its code points in whatever
 * encoding it is stored, and what is neither by the text that output shows for it.
 */
#include "base/bytes.h"
#include "consumer/filter.h"
#include "decode/value.h"
#include "guid/order.h"

#include <string.h>

typedef enum order {
    ORDER_NONE, /* They have none, and are not equal. */
    ORDER_LESS,
    ORDER_EQUAL,
    ORDER_GREATER,
} order;

/* A value of an event, and its text if that had to be made. */
typedef struct operand {
    etwi_value value;
    const etw_map *map;
    uint64_t mapped; /* What the map would name. */
    etwi_chars text;
    bool has_text;
    unsigned code_page;
    char buffer[ETWI_VALUE_TEXT_MAX];
} operand;

static order order_of(int difference)
{
    return difference < 0 ? ORDER_LESS : difference > 0 ? ORDER_GREATER : ORDER_EQUAL;
}

static order order_u64(uint64_t a, uint64_t b)
{
    return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : ORDER_EQUAL;
}

static order order_real(double a, double b)
{
    return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : a == b ? ORDER_EQUAL : ORDER_NONE;
}

/* `is_signed` says how to read `number`. */
static order order_integer(uint64_t number, bool is_signed, const etwi_literal *literal)
{
    const bool is_negative = is_signed && (int64_t)number < 0;
    if (is_negative != literal->is_negative)
        return is_negative ? ORDER_LESS : ORDER_GREATER;
    if (!is_negative)
        return order_u64(number, literal->integer);
    return order_u64(literal->integer, 0 - number);
}

/* Exact, though not every integer is a double. */
static order order_integer_real(uint64_t number, bool is_signed, double real)
{
    static const double TWO_64 = 18446744073709551616.0;
    const bool is_negative = is_signed && (int64_t)number < 0;
    if (real != real)
        return ORDER_NONE;
    if (is_negative != (real < 0))
        return is_negative ? ORDER_LESS : ORDER_GREATER;
    const uint64_t magnitude = is_negative ? 0 - number : number;
    const double size = is_negative ? -real : real;
    order found = ORDER_LESS;
    if (size < TWO_64) {
        const uint64_t whole = (uint64_t)size;
        found = order_u64(magnitude, whole);
        if (found == ORDER_EQUAL && (double)whole < size)
            found = ORDER_LESS;
    }
    if (is_negative && found != ORDER_EQUAL)
        return found == ORDER_LESS ? ORDER_GREATER : ORDER_LESS;
    return found;
}

static order order_time(uint64_t time, const etwi_literal *literal, const etw_trace_info *trace)
{
    if (literal->is & ETWI_LITERAL_TIME)
        return order_u64(time, literal->time);
    if (literal->is & ETWI_LITERAL_INTEGER)
        return order_integer(time, false, literal);
    if (!(literal->is & ETWI_LITERAL_OFFSET) || !trace)
        return ORDER_NONE;
    const uint64_t start = trace->start_time;
    const bool is_before = time < start;
    if (is_before != (literal->offset < 0))
        return is_before ? ORDER_LESS : ORDER_GREATER;
    if (is_before)
        return order_u64(0 - (uint64_t)literal->offset, start - time);
    return order_u64(time - start, (uint64_t)literal->offset);
}

/* ------------------------------------------------------------------------------------ texts */

/* The text of the value, as output shows it. */
static etwi_chars text_of(operand *left)
{
    if (left->has_text)
        return left->text;
    const etwi_value *value = &left->value;
    switch (value->shape) {
    case ETWI_SHAPE_UTF16:
        left->text = etwi_chars_utf16(value->bytes);
        break;
    case ETWI_SHAPE_ANSI:
        left->text = etwi_chars_ansi(value->bytes, left->code_page);
        break;
    case ETWI_SHAPE_UTF8: {
        const etw_str text = {(const char *)value->bytes.data, value->bytes.size};
        left->text = etwi_chars_utf8(text);
        break;
    }
    case ETWI_SHAPE_BINARY:
        left->text = etwi_chars_binary(value->bytes);
        break;
    default: {
        const char *end = etwi_value_text(left->buffer, value);
        const etw_str text = {left->buffer, (size_t)(end - left->buffer)};
        left->text = etwi_chars_utf8(text);
        break;
    }
    }
    left->has_text = true;
    return left->text;
}

/* Whether a name that the map has for the value matches; of bit maps any of its bits' names. */
static bool name_matches(const operand *left, const etwi_pattern *pattern)
{
    const etw_map *map = left->map;
    for (uint32_t i = 0; map && i < map->entry_count; i++) {
        const etw_map_entry *entry = &map->entries[i];
        const bool has_bits =
            map->is_bitmap && entry->value && (left->mapped & entry->value) == entry->value;
        if ((entry->value == left->mapped || has_bits) &&
            etwi_pattern_matches(pattern, etwi_chars_utf8(entry->text)))
            return true;
    }
    return false;
}

/* --------------------------------------------------------------------------------- comparing */

static order order_number(const operand *left, bool is_signed, const etwi_literal *literal)
{
    if (literal->is & ETWI_LITERAL_INTEGER)
        return order_integer(left->value.number, is_signed, literal);
    if (literal->is & ETWI_LITERAL_REAL)
        return order_integer_real(left->value.number, is_signed, literal->real);
    return ORDER_NONE;
}

static order order_boolean(const operand *left, const etwi_literal *literal)
{
    if (literal->is & ETWI_LITERAL_BOOLEAN)
        return order_u64(left->value.number, literal->boolean);
    return order_number(left, false, literal);
}

static order order_guid(const operand *left, const etwi_literal *literal)
{
    if (!(literal->is & ETWI_LITERAL_GUID))
        return ORDER_NONE;
    const etw_guid guid = etwi_load_guid(left->value.bytes.data);
    return order_of(etwi_guid_compare(&guid, &literal->guid));
}

/* A float is compared with the float nearest to the literal: 14.9 is not the double 14.9. */
static order order_double(const operand *left, const etwi_literal *literal)
{
    if (!(literal->is & ETWI_LITERAL_REAL))
        return ORDER_NONE;
    if (left->value.shape == ETWI_SHAPE_FLOAT)
        return order_real(left->value.real, (double)(float)literal->real);
    return order_real(left->value.real, literal->real);
}

/* How a value compares with a literal, by its type. Only texts have an order as texts. */
static order compare(operand *left, const etwi_literal *literal, const etw_item *item)
{
    order found = ORDER_NONE;
    uint64_t time;
    switch (left->value.shape) {
    case ETWI_SHAPE_UNSIGNED:
    case ETWI_SHAPE_HEX:
    case ETWI_SHAPE_HEX_FIXED:
        found = order_number(left, false, literal);
        break;
    case ETWI_SHAPE_SIGNED:
        found = order_number(left, true, literal);
        break;
    case ETWI_SHAPE_BOOLEAN:
        found = order_boolean(left, literal);
        break;
    case ETWI_SHAPE_FLOAT:
    case ETWI_SHAPE_DOUBLE:
        found = order_double(left, literal);
        break;
    case ETWI_SHAPE_TIME:
        found = order_time(left->value.number, literal, item->event->trace);
        break;
    case ETWI_SHAPE_SYSTEMTIME:
        if (etw_item_filetime(item, &time) == ETW_OK)
            found = order_time(time, literal, item->event->trace);
        break;
    case ETWI_SHAPE_GUID:
        found = order_guid(left, literal);
        break;
    case ETWI_SHAPE_UTF16:
    case ETWI_SHAPE_ANSI:
    case ETWI_SHAPE_UTF8:
        return order_of(etwi_pattern_compare(&literal->pattern, text_of(left)));
    default:
        break;
    }
    if (found == ORDER_NONE && etwi_pattern_compare(&literal->pattern, text_of(left)) == 0)
        return ORDER_EQUAL;
    return found;
}

static bool is_in_order(etwi_relation relation, order found)
{
    switch (relation) {
    case ETWI_RELATION_LESS:
        return found == ORDER_LESS;
    case ETWI_RELATION_LESS_EQUAL:
        return found == ORDER_LESS || found == ORDER_EQUAL;
    case ETWI_RELATION_GREATER:
        return found == ORDER_GREATER;
    case ETWI_RELATION_GREATER_EQUAL:
        return found == ORDER_GREATER || found == ORDER_EQUAL;
    default:
        return found == ORDER_EQUAL;
    }
}

static bool term_matches(const etwi_test *test, const etwi_term *term, operand *left,
                         const etw_item *item)
{
    const etwi_relation relation = (etwi_relation)test->relation;
    const etwi_pattern *pattern = &term->low.pattern;
    if (relation >= ETWI_RELATION_CONTAINS)
        return name_matches(left, pattern) || etwi_pattern_matches(pattern, text_of(left));
    if (!term->high)
        return is_in_order(relation, compare(left, &term->low, item)) ||
               (relation == ETWI_RELATION_EQUAL && name_matches(left, pattern));
    return is_in_order(ETWI_RELATION_GREATER_EQUAL, compare(left, &term->low, item)) &&
           is_in_order(ETWI_RELATION_LESS_EQUAL, compare(left, term->high, item));
}

static bool computed_matches(const etwi_test *test, const etw_item *item)
{
    uint64_t number;
    bool is_signed;
    if (!etwi_item_integer(item, &number, &is_signed))
        return false;
    if (test->divisor && is_signed && number > INT64_MAX)
        number = 0 - number; // The remainder of a negative number has its sign, which is dropped.
    else if (item->data.size < 8)
        number &= ((uint64_t)1 << 8 * item->data.size) - 1;
    number = test->divisor ? number % test->divisor : number & test->mask;
    for (uint32_t i = 0; i < test->range_count; i++)
        if (number >= test->ranges[i].low && number <= test->ranges[i].high)
            return true;
    return false;
}

static bool value_matches(const etwi_test *test, const etw_item *found, unsigned code_page)
{
    if (test->has_mask || test->divisor)
        return computed_matches(test, found);
    if (test->relation == ETWI_RELATION_PRESENT)
        return true;
    etw_item item = *found;
    /* What output leaves out can still be asked for. */
    if (item.out_type == ETW_OUT_NO_PRINT)
        item.out_type = (uint16_t)etw_in_type_out_type(item.in_type);
    operand left;
    bool is_signed;
    left.value = etwi_value_of(&item, true);
    left.has_text = false;
    left.code_page = code_page;
    left.map = item.property ? item.property->map : NULL;
    if (left.map && !etwi_item_integer(&item, &left.mapped, &is_signed))
        left.map = NULL;
    if (left.map && item.data.size < 8)
        left.mapped &= ((uint64_t)1 << 8 * item.data.size) - 1;
    for (uint32_t i = 0; i < test->term_count; i++)
        if (term_matches(test, &test->terms[i], &left, &item))
            return true;
    return false;
}

/* ---------------------------------------------------------------------------------- finding */

static bool same_name(etw_str a, etw_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* One past the last top-level property of that name, or 0. */
static unsigned end_of_search(const etw_schema *schema, etw_str name)
{
    for (unsigned i = schema->top_level_count; i > 0; i--)
        if (same_name(schema->properties[i - 1].name, name))
            return i;
    return 0;
}

/* A walk along a path. */
typedef struct walk {
    const etwi_test *test;
    etw_items items;
    uint32_t level; /* Structs of the path that are open. */
    bool seen;      /* A value that the path names. */
    bool matched;
} walk;

/* Takes one item whose name is due at this level. */
static void take(walk *w, const etw_item *item, unsigned code_page)
{
    const bool is_last = w->level + 1 == w->test->path_count;
    if (is_last && w->test->relation == ETWI_RELATION_PRESENT && !w->test->has_mask &&
        !w->test->divisor) {
        w->matched = true;
        return;
    }
    if (item->kind == ETW_ITEM_STRUCT_BEGIN && is_last)
        etw_items_skip(&w->items);
    else if (item->kind == ETW_ITEM_STRUCT_BEGIN)
        w->level++;
    else if (item->kind == ETW_ITEM_VALUE && is_last) {
        w->seen = true;
        w->matched = value_matches(w->test, item, code_page);
    }
}

bool etwi_test_property(const etwi_test *test, const etwi_subject *subject)
{
    const etw_schema *schema = subject->schema;
    if (!schema)
        return false;
    etwi_test_note(test, schema);
    const unsigned end = end_of_search(schema, test->path[0]);
    if (!end)
        return false;
    walk w;
    etw_item item;
    w.test = test;
    w.level = 0;
    w.seen = w.matched = false;
    etw_items_begin(&w.items, subject->event, schema);
    while (!w.matched && etw_items_next(&w.items, &item)) {
        if (item.kind == ETW_ITEM_STRUCT_END)
            w.level--;
        if (item.kind == ETW_ITEM_STRUCT_END || item.kind == ETW_ITEM_ARRAY_END)
            continue;
        if (item.kind == ETW_ITEM_REMAINDER ||
            (w.level == 0 && !item.is_element && item.property >= schema->properties + end))
            break;
        /* Elements have the name of their array, which was due. */
        if (item.is_element || same_name(item.property->name, test->path[w.level]))
            take(&w, &item, subject->code_page);
        else if (item.kind != ETW_ITEM_VALUE)
            etw_items_skip(&w.items);
    }
    return test->none ? w.seen && !w.matched : w.matched;
}
