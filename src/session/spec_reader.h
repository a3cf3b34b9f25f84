/*
 * Reading a provider string from left to right: texts, lists and numbers up to the signs that end
 * them, and the filters that are made of them. The grammar is in docs/providers.md.
 */
#ifndef ETWI_SESSION_SPEC_READER_H
#define ETWI_SESSION_SPEC_READER_H

#include "base/memory.h"

#include <etw/provider.h>

enum {
    ETWI_SPEC_SIZE_MAX = 64 * 1024,
    ETWI_SPEC_SHOWN_MAX = 60, /* Of a wrong word, in a message. */
};

/* What separates the parts of a list. */
#define ETWI_SPEC_LIST ",;"

/* A name or value as it was written. */
typedef struct etwi_spec_word {
    etw_str text; /* Without quotes. */
    size_t column;
    bool is_quoted;
} etwi_spec_word;

typedef struct etwi_spec_reader {
    const char *text;
    size_t size, at;
    etwi_arena *arena; /* Of all that parameters and filters point to. */
    etw_error *error;
    const etw_provider_list *known;
    etw_str name; /* Of the provider, for messages. */
    etw_enable_parameters *parameters;
    etw_provider_filter *filters; /* Room for ETW_FILTERS_MAX. */
    size_t filter_count;
    size_t filter_column; /* Of the filter that is being read. */
    uint32_t properties;  /* That suffixes name. */
    bool set_properties;  /* They are all; the default is none of them. */
} etwi_spec_reader;

/* A length for "%.*s". */
int etwi_spec_shown(etw_str text);

/* Whether everything up to a colon or the end has been read. */
bool etwi_spec_is_end(const etwi_spec_reader *r);

/* Moves on over one of some signs, if it is next. */
bool etwi_spec_skip(etwi_spec_reader *r, const char *signs);

/*
 * Reads a word in quotes, or up to one of the signs or a colon. Behind quotes, one of the signs, a
 * colon or the end has to follow.
 *
 * @param what What is expected, for messages; an empty word is an error.
 */
etw_status etwi_spec_read(etwi_spec_reader *r, const char *signs, const char *what,
                          etwi_spec_word *out);

/* The number that a word is. */
etw_status etwi_spec_number(const etwi_spec_reader *r, const etwi_spec_word *word, const char *what,
                            uint64_t maximum, uint64_t *out);

/* Reads a list of ids and ranges of them, up to a colon or, if it is not 0, to `end`. */
etw_status etwi_spec_read_ids(etwi_spec_reader *r, char end, etw_provider_filter *filter);

/* A filter of that type, which etwi_spec_keep_filter() adds to the others once it is read. */
etw_status etwi_spec_new_filter(etwi_spec_reader *r, uint32_t type, etw_provider_filter **out);
etw_status etwi_spec_keep_filter(etwi_spec_reader *r);

/* ---- spec_words.c: names for numbers ---- */

/* The bit of etw_enable_parameters.properties of that name, or 0. */
uint32_t etwi_spec_property(etw_str name);

/* Reads a level, by number or name. */
etw_status etwi_spec_read_level(etwi_spec_reader *r, const char *signs, uint8_t *out);

/* Reads keywords, numbers and names, and joins their bits. */
etw_status etwi_spec_read_keywords(etwi_spec_reader *r, const char *signs, uint64_t *out);

/* Reads the names or numbers of properties. */
etw_status etwi_spec_read_properties(etwi_spec_reader *r);

/* ---- spec_filters.c, spec_payload.c: what makes a filter of the rest of a suffix ---- */

etw_status etwi_spec_read_event_ids(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_pids(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_names(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_stack_level(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_data(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_raw(etwi_spec_reader *r, uint32_t type);
etw_status etwi_spec_read_payload(etwi_spec_reader *r, uint32_t type);

#endif
