/* Insertions in the texts of messages: `%3`, `%10!08X!`. */
#ifndef ETWI_SCHEMA_INSERTION_H
#define ETWI_SCHEMA_INSERTION_H

#include <etw/base.h>

/* How a value is written, as printf spells it. */
typedef struct etwi_insertion {
    size_t size;     /* Of the whole insertion in the text. */
    unsigned number; /* Of the argument. */
    unsigned width;
    int precision;   /* -1 if there is none. */
    char conversion; /* The letter; 's' if no format is given. */
    bool is_left, is_zero_padded, has_sign, has_space, is_alternate;
    bool takes_width, takes_precision; /* `*`: from the arguments before the one that is written. */
} etwi_insertion;

/*
 * Reads the insertion at the beginning of `text`, whose number has at most `digits_max` digits.
 *
 * False if there is none. A format that makes no sense does not belong to the insertion.
 */
bool etwi_insertion_parse(etw_str text, unsigned digits_max, etwi_insertion *out);

#endif
