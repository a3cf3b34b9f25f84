/*
 * The enable table of a session: which providers it wants, and how. It is the truth; providers
 * derive what they do from the tables of all sessions.
 *
 * A table is a file in the folder of its session that is replaced as a whole, so that readers see
 * one state or the next, also if the controller dies in between. The bytes are input like any
 * other: a table that does not read is no table.
 */
#ifndef ETWI_ENGINE_ENABLE_TABLE_H
#define ETWI_ENGINE_ENABLE_TABLE_H

#include "base/buffer.h"

#include <etw/session.h>

enum {
    ETWI_ENABLE_ENTRIES_MAX = 4096, /* Providers that one session enables. */
    ETWI_ENABLE_TABLE_MAX = 16 * 1024 * 1024,
};

/* One provider that a session enables. */
typedef struct etwi_enable {
    etw_guid provider;
    uint64_t match_any_keyword, match_all_keyword;
    uint32_t properties;
    uint32_t change;  /* Another number after each enabling: callbacks run though all is equal. */
    uint32_t capture; /* Another number each time that the state is to be captured. */
    uint8_t level;
    const etw_provider_filter *filters; /* All but those of payloads, which consumers apply. */
    size_t filter_count;
} etwi_enable;

/* Zero-initialise. The entries are valid until it is freed or read again. */
typedef struct etwi_enable_table {
    etwi_arena arena;
    etw_guid session;     /* What callbacks are told as the source. */
    uint32_t changes;     /* Made so far; the next entry's `change` or `capture`. */
    etwi_enable *entries; /* By GUID. */
    size_t count;
} etwi_enable_table;

/* Reads a table from the bytes of its file. ETW_E_CORRUPT if it is none. */
etw_status etwi_enable_table_parse(etwi_enable_table *out, etw_bytes bytes,
                                   const etw_allocator *allocator, etw_error *error);

/* Reads the table of a session's folder. One that is not there yet is empty. */
etw_status etwi_enable_table_read(etwi_enable_table *out, const char *folder,
                                  const etw_allocator *allocator, etw_error *error);

/* Appends the bytes of a table. ETW_E_LIMIT if it has become too large. */
etw_status etwi_enable_table_format(const etwi_enable_table *table, etwi_buffer *out,
                                    etw_error *error);

/* Replaces the table of a session's folder. */
etw_status etwi_enable_table_write(const etwi_enable_table *table, const char *folder,
                                   etw_error *error);

/* The entry of a provider, or NULL. */
etwi_enable *etwi_enable_table_find(const etwi_enable_table *table, const etw_guid *provider);

/* Adds or replaces the entry of a provider. ETW_E_LIMIT for filters or providers beyond limits; the
 * table is as it was then. */
etw_status etwi_enable_table_set(etwi_enable_table *table, const etw_enable_parameters *parameters,
                                 etw_error *error);

/* False if the provider has no entry. */
bool etwi_enable_table_remove(etwi_enable_table *table, const etw_guid *provider);

void etwi_enable_table_free(etwi_enable_table *table);

/* Copies a filter without its predicates. ETW_E_LIMIT if it exceeds what a filter may hold. */
etw_status etwi_enable_filter_copy(etw_provider_filter *out, const etw_provider_filter *filter,
                                   etwi_arena *arena, etw_error *error);

/* Which filters are applied by providers, and which are left to the consumer. */
void etwi_enable_report(const etw_enable_parameters *parameters, etw_enable_report *report);

#endif
