#include "consumer/filter_regex.h"

#include "base/case.h"
#include "base/error.h"
#include "base/number.h"

#include <string.h>

enum {
    NONE = -1,
    REPEAT_MAX = 255,
    UNLIMITED = -1,
    CODE_POINT_MAX = 0x10FFFF,
};

/* A group that is open, or the whole expression. */
typedef struct group {
    int start;       /* The first state. */
    int alternative; /* The first state of the alternative that is being read. */
    int last_jump;   /* The jump at the end of the alternative before, which leads to the one before
                        that: they all get their target when the group ends. */
    uint32_t opened; /* Where the parenthesis is. */
} group;

typedef struct compiler {
    const uint32_t *pattern;
    uint32_t size, at;
    bool ignore_case;
    etw_error *error;
    int atom; /* The first state of what a quantifier would repeat, or NONE. */
    int state_count;
    unsigned range_count;
    unsigned depth;
    group groups[ETWI_REGEX_DEPTH_MAX + 1];
    etwi_regex_state states[ETWI_REGEX_STATES_MAX];
    etwi_regex_range ranges[ETWI_REGEX_RANGES_MAX];
} compiler;

static etw_status too_large(const compiler *c)
{
    return etwi_fail(c->error, ETW_E_LIMIT, c->at,
                     "the regular expression needs more than %d states", ETWI_REGEX_STATES_MAX);
}

static etw_status add_state(compiler *c, etwi_regex_op op, uint32_t value)
{
    if (c->state_count == ETWI_REGEX_STATES_MAX)
        return too_large(c);
    const etwi_regex_state state = {(uint8_t)op, false, 0, 0, value};
    c->states[c->state_count++] = state;
    return ETW_OK;
}

/* Makes room for one state; jumps are relative and never cross the place. */
static etw_status insert_split(compiler *c, int at, int to)
{
    if (c->state_count == ETWI_REGEX_STATES_MAX)
        return too_large(c);
    memmove(&c->states[at + 1], &c->states[at], (size_t)(c->state_count - at) * sizeof *c->states);
    const etwi_regex_state split = {ETWI_REGEX_SPLIT, false, 0, (int16_t)to, 0};
    c->states[at] = split;
    c->state_count++;
    return ETW_OK;
}

/* ---------------------------------------------------------------------------------- classes */

static etw_status add_range(compiler *c, uint32_t first, uint32_t last)
{
    if (c->range_count == ETWI_REGEX_RANGES_MAX)
        return etwi_fail(c->error, ETW_E_LIMIT, c->at,
                         "the classes of the regular expression have more than %d ranges",
                         ETWI_REGEX_RANGES_MAX);
    c->ranges[c->range_count].first = first;
    c->ranges[c->range_count].last = last;
    c->range_count++;
    return ETW_OK;
}

/* Adds what `\d`, `\w` and `\s` stand for; their upper case stands for all else. */
static etw_status add_shorthand(compiler *c, uint32_t letter, bool *found)
{
    static const etwi_regex_range DIGITS[] = {{'0', '9'}};
    static const etwi_regex_range WORDS[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    static const etwi_regex_range SPACES[] = {{'\t', '\r'}, {' ', ' '}};
    const uint32_t lower = etwi_lower_case(letter);
    const bool negated = letter != lower;
    const etwi_regex_range *ranges = lower == 'd' ? DIGITS : lower == 'w' ? WORDS : SPACES;
    const size_t count = lower == 'd' ? 1 : lower == 'w' ? 4 : 2;
    *found = lower == 'd' || lower == 'w' || lower == 's';
    if (!*found)
        return ETW_OK;
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (!negated)
            ETWI_TRY(add_range(c, ranges[i].first, ranges[i].last));
        else if (ranges[i].first > next)
            ETWI_TRY(add_range(c, next, ranges[i].first - 1));
        next = ranges[i].last + 1;
    }
    return negated ? add_range(c, next, CODE_POINT_MAX) : ETW_OK;
}

/* The character after a backslash, which has been read. */
static etw_status read_escape(compiler *c, uint32_t *out)
{
    if (c->at == c->size)
        return etwi_fail(c->error, ETW_E_INVALID, c->at ? c->at - 1 : 0,
                         "the regular expression ends with a backslash");
    const uint32_t letter = c->pattern[c->at++];
    *out = letter;
    if (letter == 'n')
        *out = '\n';
    else if (letter == 'r')
        *out = '\r';
    else if (letter == 't')
        *out = '\t';
    if (letter == 'x') {
        const unsigned high = c->at < c->size ? etwi_digit_of(c->pattern[c->at]) : ETWI_NO_DIGIT;
        const unsigned low =
            c->at + 1 < c->size ? etwi_digit_of(c->pattern[c->at + 1]) : ETWI_NO_DIGIT;
        if (high == ETWI_NO_DIGIT || low == ETWI_NO_DIGIT)
            return etwi_fail(c->error, ETW_E_INVALID, c->at - 1,
                             "expected two hexadecimal digits after '\\x'");
        *out = high * 16 + low;
        c->at += 2;
        return ETW_OK;
    }
    const bool is_letter = letter < 0x80 && (etwi_lower_case(letter) != etwi_upper_case(letter) ||
                                             (letter >= '0' && letter <= '9'));
    if (is_letter && *out == letter)
        return etwi_fail(c->error, ETW_E_INVALID, c->at - 1,
                         "regular expressions have no '\\%c' here", (char)letter);
    return ETW_OK;
}

/* One character of a class, or a shorthand, which adds itself. */
static etw_status read_class_char(compiler *c, uint32_t *out, bool *shorthand)
{
    *shorthand = false;
    *out = c->pattern[c->at++];
    if (*out != '\\')
        return ETW_OK;
    if (c->at < c->size) {
        ETWI_TRY(add_shorthand(c, c->pattern[c->at], shorthand));
        if (*shorthand) {
            c->at++;
            return ETW_OK;
        }
    }
    return read_escape(c, out);
}

/* `[…]`, whose bracket has been read. */
static etw_status read_class(compiler *c)
{
    const uint32_t opened = c->at - 1;
    const unsigned first = c->range_count;
    bool negated = false;
    if (c->at < c->size && c->pattern[c->at] == '^') {
        negated = true;
        c->at++;
    }
    for (bool is_first = true;; is_first = false) {
        if (c->at == c->size)
            return etwi_fail(c->error, ETW_E_INVALID, opened,
                             "the class of the regular expression has no ']'");
        if (c->pattern[c->at] == ']' && !is_first)
            break;
        uint32_t low = 0, high;
        bool shorthand;
        ETWI_TRY(read_class_char(c, &low, &shorthand));
        if (shorthand)
            continue;
        high = low;
        if (c->at + 1 < c->size && c->pattern[c->at] == '-' && c->pattern[c->at + 1] != ']') {
            c->at++;
            const uint32_t place = c->at;
            ETWI_TRY(read_class_char(c, &high, &shorthand));
            if (shorthand || high < low)
                return etwi_fail(c->error, ETW_E_INVALID, place,
                                 "the range in the class ends before it begins");
        }
        ETWI_TRY(add_range(c, low, high));
    }
    c->at++;
    ETWI_TRY(add_state(c, ETWI_REGEX_CLASS, first));
    c->states[c->state_count - 1].count = (uint16_t)(c->range_count - first);
    c->states[c->state_count - 1].negated = negated;
    return ETW_OK;
}

/* `\` outside of a class; the backslash has been read. */
static etw_status read_escaped_atom(compiler *c)
{
    const unsigned first = c->range_count;
    bool shorthand = false;
    if (c->at < c->size)
        ETWI_TRY(add_shorthand(c, c->pattern[c->at], &shorthand));
    if (shorthand) {
        c->at++;
        ETWI_TRY(add_state(c, ETWI_REGEX_CLASS, first));
        c->states[c->state_count - 1].count = (uint16_t)(c->range_count - first);
        return ETW_OK;
    }
    uint32_t value = 0;
    ETWI_TRY(read_escape(c, &value));
    return add_state(c, ETWI_REGEX_CHAR, c->ignore_case ? etwi_upper_case(value) : value);
}

/* ----------------------------------------------------------------------------- repetition */

static bool read_number(compiler *c, int *out)
{
    const uint32_t start = c->at;
    *out = 0;
    while (c->at < c->size && c->pattern[c->at] >= '0' && c->pattern[c->at] <= '9') {
        if (*out <= REPEAT_MAX)
            *out = *out * 10 + (int)(c->pattern[c->at] - '0');
        c->at++;
    }
    return c->at > start;
}

/* `{n}`, `{n,}` or `{n,m}`; the brace has been read. */
static etw_status read_bounds(compiler *c, int *min, int *max)
{
    const uint32_t opened = c->at - 1;
    bool good = read_number(c, min);
    *max = *min;
    if (good && c->at < c->size && c->pattern[c->at] == ',') {
        c->at++;
        if (!read_number(c, max))
            *max = UNLIMITED;
    }
    good = good && c->at < c->size && c->pattern[c->at] == '}';
    if (!good)
        return etwi_fail(c->error, ETW_E_INVALID, opened,
                         "expected a repetition such as {3}, {3,} or {3,5}; write \\{ for a brace");
    c->at++;
    if (*min > REPEAT_MAX || *max > REPEAT_MAX || (*max != UNLIMITED && *max < *min))
        return etwi_fail(c->error, ETW_E_INVALID, opened,
                         "the repetition must count upwards and at most to %d", REPEAT_MAX);
    return ETW_OK;
}

/* Appends a copy of `size` states; their jumps are relative. */
static etw_status append_copy(compiler *c, const etwi_regex_state *from, int size)
{
    if (c->state_count + size > ETWI_REGEX_STATES_MAX)
        return too_large(c);
    memcpy(&c->states[c->state_count], from, (size_t)size * sizeof *from);
    c->state_count += size;
    return ETW_OK;
}

/* Makes the states from `start` to the end optional, or repeats them as often as they match. */
static etw_status repeat_any(compiler *c, int start, bool many)
{
    const int size = c->state_count - start;
    ETWI_TRY(insert_split(c, start, size + 1 + many));
    if (many) {
        ETWI_TRY(add_state(c, ETWI_REGEX_JUMP, 0));
        c->states[c->state_count - 1].to = (int16_t) - (size + 1);
    }
    return ETW_OK;
}

static etw_status repeat(compiler *c, int min, int max)
{
    etwi_regex_state atom[ETWI_REGEX_STATES_MAX];
    const int start = c->atom, size = c->state_count - start;
    memcpy(atom, &c->states[start], (size_t)size * sizeof *atom);
    c->state_count = start;
    c->atom = NONE;
    for (int i = 0; i < min; i++)
        ETWI_TRY(append_copy(c, atom, size));
    const int optional = max == UNLIMITED ? 1 : max - min;
    for (int i = 0; i < optional; i++) {
        const int copy = c->state_count;
        ETWI_TRY(append_copy(c, atom, size));
        ETWI_TRY(repeat_any(c, copy, max == UNLIMITED));
    }
    return ETW_OK;
}

static etw_status read_quantifier(compiler *c, uint32_t letter)
{
    int min = letter == '+', max = letter == '?' ? 1 : UNLIMITED;
    if (c->atom == NONE)
        return etwi_fail(c->error, ETW_E_INVALID, c->at - 1,
                         "there is nothing before '%c' to repeat; write \\%c for the character",
                         (char)letter, (char)letter);
    if (letter == '{')
        ETWI_TRY(read_bounds(c, &min, &max));
    return repeat(c, min, max);
}

/* --------------------------------------------------------------------------------- groups */

static etw_status open_group(compiler *c)
{
    if (c->depth == ETWI_REGEX_DEPTH_MAX)
        return etwi_fail(c->error, ETW_E_LIMIT, c->at - 1,
                         "groups of the regular expression nest deeper than %d",
                         ETWI_REGEX_DEPTH_MAX);
    const group opened = {c->state_count, c->state_count, NONE, c->at - 1};
    c->groups[++c->depth] = opened;
    c->atom = NONE;
    if (c->at < c->size && c->pattern[c->at] == '?') {
        if (c->at + 1 == c->size || c->pattern[c->at + 1] != ':')
            return etwi_fail(c->error, ETW_E_INVALID, c->at,
                             "expected '?:'; other groups with '?' are not supported");
        c->at += 2;
    }
    return ETW_OK;
}

/* Ends an alternative: a split before it that may go to the next one, a jump behind it. */
static etw_status next_alternative(compiler *c)
{
    group *open = &c->groups[c->depth];
    const int size = c->state_count - open->alternative;
    ETWI_TRY(insert_split(c, open->alternative, size + 2));
    ETWI_TRY(add_state(c, ETWI_REGEX_JUMP, 0));
    c->states[c->state_count - 1].to = (int16_t)open->last_jump;
    open->last_jump = c->state_count - 1;
    open->alternative = c->state_count;
    c->atom = NONE;
    return ETW_OK;
}

static void close_group(compiler *c)
{
    const group *closing = &c->groups[c->depth];
    for (int jump = closing->last_jump; jump != NONE;) {
        const int before = c->states[jump].to;
        c->states[jump].to = (int16_t)(c->state_count - jump);
        jump = before;
    }
    c->atom = closing->start;
}

static etw_status read_part(compiler *c)
{
    const uint32_t letter = c->pattern[c->at++];
    const int start = c->state_count;
    switch (letter) {
    case '(':
        return open_group(c);
    case ')':
        if (!c->depth)
            return etwi_fail(c->error, ETW_E_INVALID, c->at - 1,
                             "the regular expression closes a group that is not open");
        close_group(c);
        c->depth--;
        return ETW_OK;
    case '|':
        return next_alternative(c);
    case '*':
    case '+':
    case '?':
    case '{':
        return read_quantifier(c, letter);
    case '^':
    case '$':
        c->atom = NONE;
        return add_state(c, letter == '^' ? ETWI_REGEX_BEGIN : ETWI_REGEX_END, 0);
    default:
        break;
    }
    if (letter == '[')
        ETWI_TRY(read_class(c));
    else if (letter == '\\')
        ETWI_TRY(read_escaped_atom(c));
    else if (letter == '.')
        ETWI_TRY(add_state(c, ETWI_REGEX_ANY, 0));
    else
        ETWI_TRY(add_state(c, ETWI_REGEX_CHAR, c->ignore_case ? etwi_upper_case(letter) : letter));
    c->atom = start;
    return ETW_OK;
}

static etw_status read_all(compiler *c)
{
    const group whole = {0, 0, NONE, 0};
    c->groups[0] = whole;
    while (c->at < c->size)
        ETWI_TRY(read_part(c));
    if (c->depth)
        return etwi_fail(c->error, ETW_E_INVALID, c->groups[c->depth].opened,
                         "the group of the regular expression has no ')'");
    close_group(c);
    return add_state(c, ETWI_REGEX_MATCH, 0);
}

etw_status etwi_regex_compile(const etwi_regex **out, const uint32_t *pattern, uint32_t size,
                              bool ignore_case, etwi_arena *arena, etw_error *error)
{
    compiler *c = etwi_alloc_zeroed(&arena->allocator, sizeof *c);
    if (!c)
        return etwi_fail_nomem(error);
    c->pattern = pattern;
    c->size = size;
    c->ignore_case = ignore_case;
    c->error = error;
    c->atom = NONE;
    etw_status status = read_all(c);
    etwi_regex *regex = NULL;
    if (status == ETW_OK) {
        const size_t states_size = (size_t)c->state_count * sizeof *c->states;
        const size_t ranges_size = (size_t)c->range_count * sizeof *c->ranges;
        regex = etwi_arena_alloc(arena, sizeof *regex);
        etwi_regex_state *states = etwi_arena_alloc(arena, states_size);
        etwi_regex_range *ranges = etwi_arena_alloc(arena, ranges_size + sizeof *ranges);
        if (regex && states && ranges) {
            memcpy(states, c->states, states_size);
            memcpy(ranges, c->ranges, ranges_size);
            const etwi_regex made = {states, ranges, (uint32_t)c->state_count, ignore_case};
            *regex = made;
        } else {
            status = etwi_fail_nomem(error);
        }
    }
    etwi_free(&arena->allocator, c, sizeof *c);
    *out = regex;
    return status;
}
