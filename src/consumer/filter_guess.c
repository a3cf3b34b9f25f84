/* Which name a mistyped word was meant to be. */
#include "consumer/filter_compile.h"

#include <stdio.h>
#include <string.h>

enum {
    WORD_MAX = 24,
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool etwi_same_word(etw_str word, const char *name)
{
    if (strlen(name) != word.size)
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (lower(word.data[i]) != lower(name[i]))
            return false;
    return true;
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters are wrong, missing, too many or swapped with their neighbour. */
static unsigned distance(etw_str word, const char *name)
{
    const size_t size = strlen(name);
    unsigned rows[3][WORD_MAX + 1];
    if (word.size > WORD_MAX || size > WORD_MAX)
        return UINT32_MAX;
    for (unsigned j = 0; j <= size; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= word.size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= size; j++) {
            const char a = lower(word.data[i - 1]), b = lower(name[j - 1]);
            unsigned best = above[j - 1] + (a != b);
            best = min(best, min(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a == lower(name[j - 2]) && lower(word.data[i - 2]) == b)
                best = min(best, above2[j - 2] + 1);
            row[j] = best;
        }
    }
    return rows[word.size % 3][size];
}

bool etwi_is_near(etw_str word, const char *name)
{
    return distance(word, name) == 1;
}

/* An abbreviation of at least three letters is a good guess, however much is missing. */
static bool abbreviates(etw_str word, const char *name)
{
    if (word.size < 3 || word.size > strlen(name))
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (lower(word.data[i]) != lower(name[i]))
            return false;
    return true;
}

const char *etwi_guess(etw_str word, const char *const *names, size_t count,
                       char out[ETWI_GUESS_SIZE])
{
    const char *best = NULL;
    unsigned best_distance = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        const unsigned wrong = abbreviates(word, names[i]) ? 1 : distance(word, names[i]);
        if (wrong < best_distance && wrong <= 1 + word.size / 4) {
            best = names[i];
            best_distance = wrong;
        }
    }
    out[0] = '\0';
    if (best)
        snprintf(out, ETWI_GUESS_SIZE, "; did you mean '%s'?", best);
    return out;
}
