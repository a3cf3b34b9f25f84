/* Texts by number, as the message compiler puts them into resources. */
#ifndef ETWI_SCHEMA_MESSAGE_TABLE_H
#define ETWI_SCHEMA_MESSAGE_TABLE_H

#include "base/memory.h"

typedef struct etwi_message {
    uint32_t id;
    uint32_t order; /* In the table. */
    bool is_utf16;
    etw_bytes text; /* In the resource. */
} etwi_message;

/* The messages of a resource, sorted by number. */
typedef struct etwi_message_table {
    etw_allocator allocator;
    etwi_message *messages;
    size_t count;
    size_t capacity;
} etwi_message_table;

/*
 * Reads a resource, which has to live as long as the table; etwi_message_table_free() is due also
 * after a failure. ETW_E_CORRUPT if it is damaged; what came before the damage is there then.
 */
etw_status etwi_message_table_read(etwi_message_table *out, etw_bytes resource,
                                   const etw_allocator *allocator, etw_error *error);

void etwi_message_table_free(etwi_message_table *table);

/* The message of a number, or NULL. */
const etwi_message *etwi_message_find(const etwi_message_table *table, uint32_t id);

/* Copies the text of a message without the line break at its end. False if memory is out. */
bool etwi_message_text(const etwi_message *message, etwi_arena *arena, etw_str *out);

#endif
