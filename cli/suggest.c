#include "suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    SHORT_WORD = 12,  /* Up to here a beginning in common says enough. */
    PREFIX_SIZE = 4,  /* Short words that begin alike by that much may be meant. */
    PART_MIN = 4,     /* From here on a part of a name is no chance. */
    RANK_MISTAKE = 2, /* Each mistake counts two, so that there are ranks between. */
    RANK_PART = 3,
    RANK_ALIKE = 5,
    RANK_NONE = 1000 /* Beyond all mistakes that names have room for. */
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* The Damerau-Levenshtein distance, in which swapped neighbours count as one mistake, and case as
 * none. */
static unsigned edit_distance(etw_str wanted, etw_str name)
{
    unsigned rows[3][CLI_SUGGEST_NAME_MAX + 1];
    for (unsigned j = 0; j <= name.size; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= wanted.size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        const char a = lower(wanted.data[i - 1]);
        row[0] = i;
        for (unsigned j = 1; j <= name.size; j++) {
            const char b = lower(name.data[j - 1]);
            unsigned best = above[j - 1] + (a != b);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            const bool swapped =
                i > 1 && j > 1 && a == lower(name.data[j - 2]) && lower(wanted.data[i - 2]) == b;
            if (swapped && above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[wanted.size % 3][name.size];
}

static bool same_letters(const char *a, const char *b, size_t size)
{
    size_t i = 0;
    while (i < size && lower(a[i]) == lower(b[i]))
        i++;
    return i == size;
}

static bool starts_alike(etw_str wanted, etw_str name)
{
    const size_t size = wanted.size < PREFIX_SIZE ? wanted.size : PREFIX_SIZE;
    return wanted.size <= SHORT_WORD && name.size >= size &&
           same_letters(wanted.data, name.data, size);
}

static bool is_part(etw_str wanted, etw_str name)
{
    for (size_t i = 0; wanted.size >= PART_MIN && i + wanted.size <= name.size; i++)
        if (same_letters(wanted.data, name.data + i, wanted.size))
            return true;
    return false;
}

/* How far a name is from what was wanted. */
static unsigned rank_of(etw_str wanted, etw_str name)
{
    if (wanted.size == 0 || wanted.size > CLI_SUGGEST_NAME_MAX || name.size == 0 ||
        name.size > CLI_SUGGEST_NAME_MAX)
        return RANK_NONE;
    const size_t far = (2 + wanted.size) / 3;
    const size_t difference =
        wanted.size > name.size ? wanted.size - name.size : name.size - wanted.size;
    // Most names are too far by their lengths alone.
    const unsigned distance = difference > far ? RANK_NONE : edit_distance(wanted, name);
    unsigned rank = distance > far ? RANK_NONE : RANK_MISTAKE * distance;
    // What contains all that was wanted, and a word that begins alike, are better guesses than
    // their distances say, if not as good as one mistake.
    if (rank > RANK_PART && is_part(wanted, name))
        rank = RANK_PART;
    if (rank > RANK_ALIKE && starts_alike(wanted, name))
        rank = RANK_ALIKE;
    return rank;
}

void cli_suggest_begin(cli_suggest *suggest, etw_str wanted)
{
    *suggest = (cli_suggest){.wanted = wanted};
}

void cli_suggest_add(cli_suggest *suggest, etw_str name)
{
    const unsigned rank = rank_of(suggest->wanted, name);
    if (rank == RANK_NONE)
        return;
    size_t at = 0;
    for (size_t i = 0; i < suggest->count; i++) {
        if (strlen(suggest->names[i]) == name.size &&
            memcmp(suggest->names[i], name.data, name.size) == 0)
            return;
        at += suggest->ranks[i] <= rank;
    }
    if (at == CLI_SUGGEST_MAX)
        return;
    suggest->count += suggest->count < CLI_SUGGEST_MAX;
    for (size_t i = suggest->count - 1; i > at; i--) {
        memcpy(suggest->names[i], suggest->names[i - 1], sizeof suggest->names[i]);
        suggest->ranks[i] = suggest->ranks[i - 1];
    }
    memcpy(suggest->names[at], name.data, name.size);
    suggest->names[at][name.size] = 0;
    suggest->ranks[at] = rank;
}

void cli_suggest_add_z(cli_suggest *suggest, const char *name)
{
    cli_suggest_add(suggest, (etw_str){name, strlen(name)});
}

bool cli_suggest_is_one_mistake(const cli_suggest *suggest)
{
    return suggest->count && suggest->ranks[0] == RANK_MISTAKE;
}

const char *cli_suggest_text(const cli_suggest *suggest, const char *prefix,
                             char out[CLI_SUGGEST_TEXT_SIZE])
{
    out[0] = 0;
    size_t used = 0, count = 0;
    // Far guesses are noise beside a near one.
    const unsigned nearest = suggest->ranks[0];
    const unsigned enough = 2 * nearest > RANK_PART ? 2 * nearest : RANK_PART;
    while (count < suggest->count && suggest->ranks[count] <= enough)
        count++;
    for (size_t i = 0; i < count; i++) {
        const char *lead = i == 0 ? "; did you mean" : i + 1 == count ? " or" : ",";
        const char *end = i + 1 == count ? "?" : "";
        used += (size_t)snprintf(out + used, CLI_SUGGEST_TEXT_SIZE - used, "%s '%s%s'%s", lead,
                                 prefix, suggest->names[i], end);
    }
    return out;
}
