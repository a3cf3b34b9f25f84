#include "suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    SHORT_WORD = 12, /* Up to here a beginning in common says enough. */
    PART_MIN = 4,    /* From here on a part of a name is no chance. */
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* The Damerau-Levenshtein distance, in which swapped neighbours count as one mistake. */
static unsigned edit_distance(etw_str x, etw_str y)
{
    unsigned rows[3][CLI_SUGGEST_NAME_MAX + 1];
    for (unsigned j = 0; j <= y.size; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= x.size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= y.size; j++) {
            const char a = lower(x.data[i - 1]), b = lower(y.data[j - 1]);
            unsigned best = above[j - 1] + (a != b);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            const bool swapped =
                i > 1 && j > 1 && a == lower(y.data[j - 2]) && lower(x.data[i - 2]) == b;
            if (swapped && above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[x.size % 3][y.size];
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
    const size_t size = wanted.size < 4 ? wanted.size : 4;
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

void cli_suggest_begin(cli_suggest *suggest, const char *wanted)
{
    *suggest = (cli_suggest){.wanted = wanted};
}

void cli_suggest_add(cli_suggest *suggest, const char *name)
{
    cli_suggest_add_str(suggest, (etw_str){name, strlen(name)});
}

void cli_suggest_add_str(cli_suggest *suggest, etw_str name)
{
    const etw_str wanted = {suggest->wanted, strlen(suggest->wanted)};
    if (wanted.size == 0 || wanted.size > CLI_SUGGEST_NAME_MAX || name.size == 0 ||
        name.size > CLI_SUGGEST_NAME_MAX)
        return;
    const unsigned distance = edit_distance(wanted, name);
    unsigned rank = 2 * distance;
    // An abbreviation, a part, or a word that begins alike is a better guess than its distance
    // says, if not as good as one mistake.
    if (distance > 1 && (starts_alike(wanted, name) || is_part(wanted, name)))
        rank = 3;
    else if (distance > (2 + wanted.size) / 3)
        return;
    size_t at = suggest->count < CLI_SUGGEST_MAX ? suggest->count++ : CLI_SUGGEST_MAX - 1;
    if (at == CLI_SUGGEST_MAX - 1 && suggest->names[at].data && suggest->ranks[at] <= rank)
        return;
    for (; at > 0 && suggest->ranks[at - 1] > rank; at--) {
        suggest->names[at] = suggest->names[at - 1];
        suggest->ranks[at] = suggest->ranks[at - 1];
    }
    suggest->names[at] = name;
    suggest->ranks[at] = rank;
}

const char *cli_suggest_text(const cli_suggest *suggest, const char *prefix,
                             char out[CLI_SUGGEST_TEXT_SIZE])
{
    out[0] = 0;
    size_t used = 0;
    for (size_t i = 0; i < suggest->count; i++) {
        const char *lead = i == 0 ? "; did you mean" : i + 1 == suggest->count ? " or" : ",";
        const char *end = i + 1 == suggest->count ? "?" : "";
        used += (size_t)snprintf(out + used, CLI_SUGGEST_TEXT_SIZE - used, "%s '%s%.*s'%s", lead,
                                 prefix, (int)suggest->names[i].size, suggest->names[i].data, end);
    }
    return out;
}
