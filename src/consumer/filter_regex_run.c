/* Running a regular expression: all states it may be in, one character at a time. */
#include "base/case.h"
#include "consumer/filter_regex.h"

#include <string.h>

/* States in the order they were reached, each once. */
typedef struct state_set {
    uint32_t count;
    uint16_t states[ETWI_REGEX_STATES_MAX];
} state_set;

typedef struct machine {
    const etwi_regex *regex;
    state_set now, then;
    uint32_t step;
    uint32_t reached[ETWI_REGEX_STATES_MAX]; /* The step in which a state was reached last. */
} machine;

/*
 * Adds a state and all that it leads to without a character. True if that includes the match.
 *
 * Every state is pushed at most once a step, so the stack holds them all.
 */
static bool reach(machine *m, state_set *set, uint32_t state, bool at_begin, bool at_end)
{
    uint16_t stack[ETWI_REGEX_STATES_MAX];
    uint32_t depth = 0;
    if (m->reached[state] == m->step)
        return false;
    m->reached[state] = m->step;
    stack[depth++] = (uint16_t)state;
    while (depth) {
        const uint32_t at = stack[--depth];
        const etwi_regex_state *s = &m->regex->states[at];
        uint32_t targets[2] = {0, 0};
        unsigned count = 0;
        switch (s->op) {
        case ETWI_REGEX_MATCH:
            return true;
        case ETWI_REGEX_SPLIT:
            targets[count++] = (uint32_t)((int32_t)at + s->to);
            targets[count++] = at + 1;
            break;
        case ETWI_REGEX_JUMP:
            targets[count++] = (uint32_t)((int32_t)at + s->to);
            break;
        case ETWI_REGEX_BEGIN:
            if (at_begin)
                targets[count++] = at + 1;
            break;
        case ETWI_REGEX_END:
            if (at_end)
                targets[count++] = at + 1;
            break;
        default:
            set->states[set->count++] = (uint16_t)at;
            break;
        }
        for (unsigned i = 0; i < count; i++) {
            if (m->reached[targets[i]] == m->step)
                continue;
            m->reached[targets[i]] = m->step;
            stack[depth++] = (uint16_t)targets[i];
        }
    }
    return false;
}

static bool is_in_ranges(const etwi_regex *regex, const etwi_regex_state *s, uint32_t c)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const etwi_regex_range *range = &regex->ranges[s->value + i];
        if (c >= range->first && c <= range->last)
            return true;
    }
    return false;
}

/* `upper` is the character that states of one character are compared with. */
static bool accepts(const etwi_regex *regex, const etwi_regex_state *s, uint32_t c, uint32_t upper)
{
    if (s->op == ETWI_REGEX_ANY)
        return true;
    if (s->op == ETWI_REGEX_CHAR)
        return s->value == upper;
    bool is_in = is_in_ranges(regex, s, c);
    if (!is_in && regex->ignore_case)
        is_in = is_in_ranges(regex, s, upper) || is_in_ranges(regex, s, etwi_lower_case(c));
    return is_in != s->negated;
}

bool etwi_regex_search(const etwi_regex *regex, etwi_chars text)
{
    machine m;
    m.regex = regex;
    m.now.count = 0;
    m.step = 1;
    memset(m.reached, 0, regex->state_count * sizeof m.reached[0]);
    uint32_t c = etwi_chars_next(&text);
    if (reach(&m, &m.now, 0, true, c == ETWI_CHARS_END))
        return true;
    while (c != ETWI_CHARS_END) {
        const uint32_t upper = regex->ignore_case ? etwi_upper_case(c) : c;
        const uint32_t next = etwi_chars_next(&text);
        const bool at_end = next == ETWI_CHARS_END;
        m.step++;
        m.then.count = 0;
        for (uint32_t i = 0; i < m.now.count; i++) {
            const uint32_t state = m.now.states[i];
            if (accepts(regex, &regex->states[state], c, upper) &&
                reach(&m, &m.then, state + 1, false, at_end))
                return true;
        }
        /* A match may begin at any character. */
        if (reach(&m, &m.then, 0, false, at_end))
            return true;
        m.now.count = m.then.count;
        memcpy(m.now.states, m.then.states, m.then.count * sizeof m.then.states[0]);
        c = next;
    }
    return false;
}
