#include "schema/message_table.h"

#include "base/bytes.h"
#include "base/error.h"
#include "schema/schema_text.h"

#include <stdlib.h>

enum {
    BLOCK_SIZE = 12,
    MESSAGE_HEADER_SIZE = 4,
    FLAG_UTF16 = 1,
};

/* Messages do not overlap in honest tables, so together they are no larger than the resource. */
typedef struct table_reader {
    etwi_message_table *table;
    etw_bytes resource;
    size_t room;
    etw_error *error;
} table_reader;

static etw_status append(etwi_message_table *table, const etwi_message *message, etw_error *error)
{
    void *memory = table->messages;
    const etw_status grown = etwi_grow(&table->allocator, &memory, &table->capacity,
                                       table->count + 1, sizeof *table->messages);
    table->messages = memory;
    if (etw_failed(grown))
        return etwi_fail_nomem(error);
    table->messages[table->count++] = *message;
    return ETW_OK;
}

static etw_status read_block(table_reader *in, uint32_t low, uint32_t high, uint32_t offset)
{
    etwi_cursor cursor = etwi_cursor_of(in->resource.data, in->resource.size);
    etwi_take(&cursor, offset);
    if (low > high)
        return etwi_fail(in->error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                         "messages 0x%X to 0x%X: the last comes before the first", low, high);
    for (uint64_t id = low; id <= high; id++) {
        const uint16_t size = etwi_u16(&cursor);
        const uint16_t flags = etwi_u16(&cursor);
        const size_t text_size = size < MESSAGE_HEADER_SIZE ? 0 : size - MESSAGE_HEADER_SIZE;
        const uint8_t *text = etwi_take(&cursor, text_size);
        if (cursor.failed || size < MESSAGE_HEADER_SIZE || size > in->room)
            return etwi_fail(in->error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "message 0x%X is not in the table of messages", (uint32_t)id);
        in->room -= size;
        const etwi_message message = {
            (uint32_t)id, (uint32_t)in->table->count, flags & FLAG_UTF16, {text, text_size}};
        ETWI_TRY(append(in->table, &message, in->error));
    }
    return ETW_OK;
}

static int compare_messages(const void *a, const void *b)
{
    const etwi_message *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

etw_status etwi_message_table_read(etwi_message_table *out, etw_bytes resource,
                                   const etw_allocator *allocator, etw_error *error)
{
    const etwi_message_table empty = {*allocator, NULL, 0, 0};
    *out = empty;
    table_reader in = {out, resource, resource.size, error};
    etwi_cursor cursor = etwi_cursor_of(resource.data, resource.size);
    const uint32_t count = etwi_u32(&cursor);
    etw_status status = ETW_OK;
    for (uint32_t i = 0; i < count && status == ETW_OK; i++) {
        if (etwi_left(&cursor) < BLOCK_SIZE) {
            status = etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                               "the table of messages ends after %u of %u blocks", i, count);
            break;
        }
        const uint32_t low = etwi_u32(&cursor);
        const uint32_t high = etwi_u32(&cursor);
        status = read_block(&in, low, high, etwi_u32(&cursor));
    }
    if (out->count)
        qsort(out->messages, out->count, sizeof *out->messages, compare_messages);
    return status;
}

void etwi_message_table_free(etwi_message_table *table)
{
    etwi_free(&table->allocator, table->messages, table->capacity * sizeof *table->messages);
    table->messages = NULL;
    table->count = table->capacity = 0;
}

const etwi_message *etwi_message_find(const etwi_message_table *table, uint32_t id)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table->messages[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && table->messages[low].id == id ? &table->messages[low] : NULL;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\r' || byte == '\n' || byte == '\t';
}

bool etwi_message_text(const etwi_message *message, etwi_arena *arena, etw_str *out)
{
    etw_bytes text = {message->text.data, 0};
    if (message->is_utf16) {
        while (text.size + 2 <= message->text.size && etwi_load_u16(text.data + text.size))
            text.size += 2;
        return etwi_schema_text_utf16(arena, out, text);
    }
    while (text.size < message->text.size && text.data[text.size])
        text.size++;
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    const etw_str ansi = {(const char *)text.data, text.size};
    return etwi_schema_text_utf8(arena, out, ansi);
}
