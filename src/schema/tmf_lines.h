/* The lines of TMF files, and the words in them. */
#ifndef ETWI_SCHEMA_TMF_LINES_H
#define ETWI_SCHEMA_TMF_LINES_H

#include <etw/base.h>

typedef struct etwi_tmf_lines {
    const char *start;
    const char *at;
    const char *end;
} etwi_tmf_lines;

/* The next line that is neither empty nor a comment, without the blanks around it. */
bool etwi_tmf_next(etwi_tmf_lines *lines, etw_str *line);

/* Text without blanks before and behind. */
etw_str etwi_tmf_trim(etw_str text);

bool etwi_tmf_starts(etw_str text, const char *word);
bool etwi_tmf_is(etw_str text, const char *word);

/* Takes the word before the first blank off `*text`, and the blanks too. */
etw_str etwi_tmf_word(etw_str *text);

/* Where the last `word` in the text begins, or SIZE_MAX. */
size_t etwi_tmf_find_last(etw_str text, const char *word);

/* Splits text at a position; `behind` starts `skip` bytes after it. */
void etwi_tmf_split(etw_str text, size_t at, size_t skip, etw_str *before, etw_str *behind);

/* A number, decimal or hexadecimal after 0x, with or without a minus sign; all of the text. */
bool etwi_tmf_number(etw_str text, uint64_t *out);

#endif
