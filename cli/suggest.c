#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_MAX_LENGTH = 32
};

/* The Damerau-Levenshtein distance, in which swapped neighbours count as one mistake. */
static unsigned edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[3][NAME_MAX_LENGTH + 1];
    for (unsigned j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_size; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

void cli_suggest_begin(cli_suggest *suggest, const char *wanted)
{
    *suggest = (cli_suggest){.wanted = wanted};
}

void cli_suggest_add(cli_suggest *suggest, const char *name)
{
    const size_t wanted_size = strlen(suggest->wanted), size = strlen(name);
    if (wanted_size == 0 || wanted_size > NAME_MAX_LENGTH || size > NAME_MAX_LENGTH)
        return;
    unsigned distance = edit_distance(suggest->wanted, wanted_size, name, size);
    // An abbreviation, or a word that begins alike, is a better guess than its distance says.
    if (strncmp(suggest->wanted, name, wanted_size < 4 ? wanted_size : 4) == 0)
        distance = 1;
    if (distance > (2 + wanted_size) / 3)
        return;
    size_t at = suggest->count < CLI_SUGGEST_MAX ? suggest->count++ : CLI_SUGGEST_MAX - 1;
    if (at == CLI_SUGGEST_MAX - 1 && suggest->names[at] && suggest->distances[at] <= distance)
        return;
    for (; at > 0 && suggest->distances[at - 1] > distance; at--) {
        suggest->names[at] = suggest->names[at - 1];
        suggest->distances[at] = suggest->distances[at - 1];
    }
    suggest->names[at] = name;
    suggest->distances[at] = distance;
}

const char *cli_suggest_text(const cli_suggest *suggest, const char *prefix,
                             char out[CLI_SUGGEST_TEXT_SIZE])
{
    out[0] = 0;
    size_t used = 0;
    for (size_t i = 0; i < suggest->count; i++) {
        const char *lead = i == 0 ? "; did you mean" : i + 1 == suggest->count ? " or" : ",";
        const char *end = i + 1 == suggest->count ? "?" : "";
        used += (size_t)snprintf(out + used, CLI_SUGGEST_TEXT_SIZE - used, "%s '%s%s'%s", lead,
                                 prefix, suggest->names[i], end);
    }
    return out;
}
