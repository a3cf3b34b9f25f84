/*
 * The grammar of docs/filter.md, read with two stacks instead of by recursion: operators that wait
 * for their right side, and the parts of the tree that wait for an operator.
 */
#include "base/error.h"
#include "base/text.h"
#include "consumer/filter_compile.h"

#include <string.h>

enum {
    /* On each level of parentheses at most an `or`, an `and`, a `not` and the parenthesis wait. */
    STACK_MAX = 4 * (ETWI_FILTER_DEPTH_MAX + 1),
    SHOWN_MAX = 40, /* Of a wrong word. */
};

typedef struct waiting {
    uint8_t kind; /* An etwi_word_kind. */
    uint32_t column;
} waiting;

typedef struct parser {
    etwi_source *source;
    etwi_tree tree;
    etwi_term *terms; /* Of the comparison that is being read. */
    size_t term_count, term_capacity;
    uint32_t depth;
    uint32_t waiting_count, operand_count;
    waiting waiting[STACK_MAX];
    uint32_t operands[STACK_MAX];
} parser;

static int shown(etw_str text)
{
    return (int)(text.size < SHOWN_MAX ? text.size : SHOWN_MAX);
}

/* "expected …, not 'word'" at the word. */
static etw_status fail_word(parser *p, const etwi_word *word, const char *expected,
                            const char *guess)
{
    if (word->kind == ETWI_WORD_END)
        return etwi_fail(p->source->error, ETW_E_INVALID, word->column, "expected %s", expected);
    return etwi_fail(p->source->error, ETW_E_INVALID, word->column, "expected %s, not '%.*s'%s",
                     expected, shown(word->text), word->text.data, guess);
}

/* ----------------------------------------------------------------------------- comparisons */

static etw_status read_term(parser *p, etw_str after)
{
    void *terms = p->terms;
    const etw_status status = etwi_grow(&p->source->arena->allocator, &terms, &p->term_capacity,
                                        p->term_count + 1, sizeof *p->terms);
    p->terms = terms;
    if (status != ETW_OK)
        return etwi_fail_nomem(p->source->error);
    etwi_term *term = &p->terms[p->term_count];
    term->high = NULL;
    ETWI_TRY(etwi_lex_value(p->source, after, &term->low));
    p->term_count++;
    return ETW_OK;
}

/* A value of a set, or a range. */
static etw_status read_member(parser *p, etw_str after)
{
    static const etw_str DOTS = {"..", 2};
    ETWI_TRY(read_term(p, after));
    if (!etwi_lex_dots(p->source))
        return ETW_OK;
    etwi_literal *high = etwi_arena_alloc(p->source->arena, sizeof *high);
    if (!high)
        return etwi_fail_nomem(p->source->error);
    p->terms[p->term_count - 1].high = high;
    return etwi_lex_value(p->source, DOTS, high);
}

/* { value, value..value, … } */
static etw_status read_set(parser *p)
{
    etwi_word word;
    ETWI_TRY(etwi_lex_word(p->source, &word));
    if (word.kind != ETWI_WORD_BRACE)
        return fail_word(p, &word, "'{' and a list of values", "");
    etw_str after = word.text;
    do {
        ETWI_TRY(read_member(p, after));
        ETWI_TRY(etwi_lex_word(p->source, &word));
        after = word.text;
    } while (word.kind == ETWI_WORD_COMMA);
    if (word.kind != ETWI_WORD_BRACE_END)
        return fail_word(p, &word, "',' or '}'", "");
    return ETW_OK;
}

/* The number after '&' or '%'. */
static etw_status read_mask(parser *p, const etwi_word *sign, etwi_comparison *comparison)
{
    const bool is_mask = sign->kind == ETWI_WORD_BITS;
    etwi_literal number;
    ETWI_TRY(etwi_lex_value(p->source, sign->text, &number));
    if (!(number.is & ETWI_LITERAL_INTEGER) || number.is_negative ||
        (!is_mask && number.integer == 0))
        return etwi_fail(p->source->error, ETW_E_INVALID, number.column,
                         "expected a number such as 0x10 after '%c', not '%.*s'", *sign->text.data,
                         shown(number.text), number.text.data);
    comparison->mask_column = sign->column;
    comparison->has_mask = is_mask;
    *(is_mask ? &comparison->mask : &comparison->divisor) = number.integer;
    return ETW_OK;
}

/* The operator of a comparison; none of what may also follow a field that stands alone. */
static etw_status read_relation(parser *p, etwi_comparison *comparison)
{
    uint32_t before = p->source->at;
    etwi_word *word = &comparison->relation;
    ETWI_TRY(etwi_lex_word(p->source, word));
    if (word->kind == ETWI_WORD_BITS || word->kind == ETWI_WORD_REMAINDER) {
        const etwi_word sign = *word;
        ETWI_TRY(read_mask(p, &sign, comparison));
        before = p->source->at;
        ETWI_TRY(etwi_lex_word(p->source, word));
    }
    if (word->kind == ETWI_WORD_NOT) {
        ETWI_TRY(etwi_lex_word(p->source, word));
        if (word->kind != ETWI_WORD_RELATION && word->kind != ETWI_WORD_IN)
            return fail_word(p, word, "an operator such as 'in' after 'not'", "");
        comparison->none = true;
    }
    if (word->kind == ETWI_WORD_RELATION || word->kind == ETWI_WORD_IN) {
        comparison->none = comparison->none != word->none;
        comparison->ignore_case = word->ignore_case;
        return ETW_OK;
    }
    if (word->kind == ETWI_WORD_FIELD) {
        static const char *const OPERATORS[] = {"in",       "and",        "or",       "not",
                                                "contains", "startswith", "endswith", "matches",
                                                "like",     "ieq",        "icontains"};
        char guess[ETWI_GUESS_SIZE];
        return fail_word(
            p, word, "an operator",
            etwi_guess(word->text, OPERATORS, sizeof OPERATORS / sizeof OPERATORS[0], guess));
    }
    p->source->at = before;
    memset(word, 0, sizeof *word);
    return ETW_OK;
}

static etw_status read_values(parser *p, etwi_comparison *comparison)
{
    const etwi_word *relation = &comparison->relation;
    p->term_count = 0;
    if (relation->kind == ETWI_WORD_IN) {
        ETWI_TRY(read_set(p));
    } else if (relation->kind == ETWI_WORD_RELATION) {
        ETWI_TRY(read_term(p, relation->text));
        if (etwi_lex_dots(p->source))
            return etwi_fail(
                p->source->error, ETW_E_INVALID, p->source->at - 2,
                "a range belongs into braces: in {5..9}; a text with '..' into quotes");
    }
    comparison->term_count = (uint32_t)p->term_count;
    if (!p->term_count)
        return ETW_OK;
    comparison->terms =
        etwi_arena_alloc(p->source->arena, p->term_count * sizeof *comparison->terms);
    if (!comparison->terms)
        return etwi_fail_nomem(p->source->error);
    memcpy(comparison->terms, p->terms, p->term_count * sizeof *p->terms);
    return ETW_OK;
}

static etw_status push_operand(parser *p, etw_status status, uint32_t node)
{
    if (status != ETW_OK)
        return etwi_fail_nomem(p->source->error);
    p->operands[p->operand_count++] = node;
    return ETW_OK;
}

/* A comparison, a field that stands alone, or true or false. */
static etw_status read_comparison(parser *p, const etwi_word *field)
{
    etwi_comparison comparison;
    etwi_test test;
    uint32_t node = 0;
    ETWI_TRY(etwi_source_count(p->source, field->column));
    memset(&comparison, 0, sizeof comparison);
    comparison.field = *field;
    ETWI_TRY(read_relation(p, &comparison));
    const bool alone =
        comparison.relation.kind == ETWI_WORD_END && !comparison.has_mask && !comparison.divisor;
    const bool is_true = etwi_same_word(field->text, "true");
    etw_status status;
    if (alone && !field->is_property && (is_true || etwi_same_word(field->text, "false"))) {
        status = etwi_tree_add_constant(&p->tree, is_true, &node);
    } else {
        ETWI_TRY(read_values(p, &comparison));
        ETWI_TRY(etwi_test_build(p->source, &comparison, &test));
        status = etwi_tree_add_test(&p->tree, &test, &node);
    }
    return push_operand(p, status, node);
}

/* ------------------------------------------------------------------------------- operators */

static unsigned strength(unsigned kind)
{
    return kind == ETWI_WORD_NOT ? 3 : kind == ETWI_WORD_AND ? 2 : kind == ETWI_WORD_OR ? 1 : 0;
}

/* Applies the operator on top of the stack. */
static etw_status apply(parser *p)
{
    const waiting top = p->waiting[--p->waiting_count];
    if (top.kind == ETWI_WORD_NOT) {
        etwi_tree_node *node = &p->tree.nodes[p->operands[p->operand_count - 1]];
        node->negated = !node->negated;
        return ETW_OK;
    }
    const uint32_t right = p->operands[--p->operand_count];
    const uint32_t left = p->operands[--p->operand_count];
    uint32_t joined = 0;
    const etw_status status = etwi_tree_join(
        &p->tree, top.kind == ETWI_WORD_AND ? ETWI_TREE_AND : ETWI_TREE_OR, left, right, &joined);
    return push_operand(p, status, joined);
}

static etw_status apply_stronger(parser *p, unsigned than)
{
    while (p->waiting_count && strength(p->waiting[p->waiting_count - 1].kind) >= than)
        ETWI_TRY(apply(p));
    return ETW_OK;
}

static etw_status wait(parser *p, const etwi_word *word)
{
    ETWI_TRY(etwi_source_count(p->source, word->column));
    waiting *top = p->waiting_count ? &p->waiting[p->waiting_count - 1] : NULL;
    /* Two negations are none, so a row of them needs no room. */
    if (word->kind == ETWI_WORD_NOT && top && top->kind == ETWI_WORD_NOT) {
        p->waiting_count--;
        return ETW_OK;
    }
    if (word->kind == ETWI_WORD_OPEN && p->depth++ == ETWI_FILTER_DEPTH_MAX)
        return etwi_fail(p->source->error, ETW_E_LIMIT, word->column,
                         "parentheses nest deeper than %d", ETWI_FILTER_DEPTH_MAX);
    const waiting pushed = {(uint8_t)word->kind, word->column};
    p->waiting[p->waiting_count++] = pushed;
    return ETW_OK;
}

static etw_status close_parenthesis(parser *p, const etwi_word *word)
{
    ETWI_TRY(apply_stronger(p, 1));
    if (!p->waiting_count)
        return etwi_fail(p->source->error, ETW_E_INVALID, word->column,
                         "there is no '(' for this ')'");
    p->waiting_count--;
    p->depth--;
    return ETW_OK;
}

/* Where a field is due. */
static etw_status read_operand(parser *p, bool *operand_due)
{
    etwi_word word;
    ETWI_TRY(etwi_lex_word(p->source, &word));
    if (word.kind == ETWI_WORD_NOT || word.kind == ETWI_WORD_OPEN)
        return wait(p, &word);
    if (word.kind != ETWI_WORD_FIELD)
        return fail_word(p, &word, "a field such as 'provider' or the name of a property", "");
    *operand_due = false;
    return read_comparison(p, &word);
}

/* Where `and`, `or`, a closing parenthesis or the end is due. */
static etw_status read_operator(parser *p, bool *operand_due, bool *end)
{
    etwi_word word;
    ETWI_TRY(etwi_lex_word(p->source, &word));
    switch (word.kind) {
    case ETWI_WORD_AND:
    case ETWI_WORD_OR:
        ETWI_TRY(apply_stronger(p, strength(word.kind)));
        *operand_due = true;
        return wait(p, &word);
    case ETWI_WORD_CLOSE:
        return close_parenthesis(p, &word);
    case ETWI_WORD_END:
        *end = true;
        return ETW_OK;
    default:
        return fail_word(p, &word, "'and', 'or' or the end", "");
    }
}

static etw_status read_all(parser *p)
{
    bool operand_due = true, end = false;
    while (!end)
        ETWI_TRY(operand_due ? read_operand(p, &operand_due)
                             : read_operator(p, &operand_due, &end));
    ETWI_TRY(apply_stronger(p, 1));
    if (p->waiting_count)
        return etwi_fail(p->source->error, ETW_E_INVALID, p->waiting[p->waiting_count - 1].column,
                         "this '(' is not closed");
    return ETW_OK;
}

static etw_status check_utf8(const etwi_source *source)
{
    const uint8_t *const begin = (const uint8_t *)source->text;
    const uint8_t *at = begin, *const end = begin + source->size;
    while (at < end) {
        const uint8_t *const place = at;
        if (etwi_utf8_next(&at, end) & ETWI_BAD_UTF8)
            return etwi_fail(source->error, ETW_E_INVALID, (uint64_t)(place - begin),
                             "byte 0x%02X is not valid UTF-8", *place);
    }
    return ETW_OK;
}

etw_status etwi_filter_parse(etw_filter *filter, etwi_source *source)
{
    ETWI_TRY(check_utf8(source));
    parser *p = etwi_alloc_zeroed(&source->arena->allocator, sizeof *p);
    if (!p)
        return etwi_fail_nomem(source->error);
    p->source = source;
    p->tree.allocator = source->arena->allocator;
    etw_status status = read_all(p);
    if (status == ETW_OK) {
        status = etwi_tree_emit(&p->tree, p->operands[0], filter);
        if (status != ETW_OK)
            etwi_fail_nomem(source->error);
    }
    etwi_tree_free(&p->tree);
    etwi_free(&source->arena->allocator, p->terms, p->term_capacity * sizeof *p->terms);
    etwi_free(&source->arena->allocator, p, sizeof *p);
    return status;
}
