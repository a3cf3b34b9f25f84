/* The last lines of an output, for --tail. */
#ifndef ETW_CLI_DUMP_TAIL_H
#define ETW_CLI_DUMP_TAIL_H

#include "text.h"

/* Where the texts of events end, in a text that holds several of them. */
typedef struct dump_ends {
    size_t *items;
    size_t count;
    size_t capacity;
} dump_ends;

/* False if memory is out. */
bool dump_ends_add(dump_ends *ends, size_t end);

/* The texts of the last events. What is kept is bounded by twice their size. */
typedef struct dump_tail {
    uint64_t limit; /* How many events. */
    cli_text text;
    dump_ends ends;
    size_t first; /* The first event that is kept, in `ends`. */
} dump_tail;

/* Adds the texts of some events, and forgets those that are none of the last any more. False if
 * memory is out. */
bool dump_tail_add(dump_tail *tail, etw_str text, const dump_ends *ends);

/* What is kept. */
etw_str dump_tail_text(const dump_tail *tail);

void dump_tail_free(dump_tail *tail);

#endif
