/*
 * Regular expressions that cannot explode: a small dialect, compiled to a non-deterministic
 * automaton whose states all advance together (Thompson), so that a search takes at most the
 * product of both lengths.
 *
 * Characters, `.`, classes `[a-z]` and `[^a-z]`, `\d \w \s \D \W \S`, `^ $`, groups `( )` and
 * `(?: )`, `|`, and `* + ? {n} {n,} {n,m}`. A backslash takes the meaning from what follows; `\n
 * \r \t` and `\xHH` are characters. No back-references, no look-around.
 */
#ifndef ETWI_CONSUMER_FILTER_REGEX_H
#define ETWI_CONSUMER_FILTER_REGEX_H

#include "base/memory.h"
#include "consumer/filter_text.h"

enum {
    ETWI_REGEX_STATES_MAX = 512,
    ETWI_REGEX_RANGES_MAX = 512,
    ETWI_REGEX_DEPTH_MAX = 32,
};

typedef enum etwi_regex_op {
    ETWI_REGEX_CHAR,  /* `value`. */
    ETWI_REGEX_ANY,   /* Any character. */
    ETWI_REGEX_CLASS, /* `count` ranges from `value` on. */
    ETWI_REGEX_SPLIT, /* Goes on at the next state and at `to`. */
    ETWI_REGEX_JUMP,  /* Goes on at `to`. */
    ETWI_REGEX_BEGIN,
    ETWI_REGEX_END,
    ETWI_REGEX_MATCH,
} etwi_regex_op;

typedef struct etwi_regex_state {
    uint8_t op;
    bool negated;   /* Of classes. */
    uint16_t count; /* Of classes. */
    int16_t to;     /* Relative to this state. */
    uint32_t value;
} etwi_regex_state;

typedef struct etwi_regex_range {
    uint32_t first, last;
} etwi_regex_range;

typedef struct etwi_regex {
    const etwi_regex_state *states;
    const etwi_regex_range *ranges;
    uint32_t state_count;
    bool ignore_case;
} etwi_regex;

/*
 * Compiles `size` code points into the arena.
 *
 * ETW_E_INVALID or ETW_E_LIMIT with `error->offset` the index of the character that is wrong, or
 * ETW_E_NOMEM.
 */
etw_status etwi_regex_compile(const etwi_regex **out, const uint32_t *pattern, uint32_t size,
                              bool ignore_case, etwi_arena *arena, etw_error *error);

/* Whether the expression matches anywhere in the text. */
bool etwi_regex_search(const etwi_regex *regex, etwi_chars text);

#endif
