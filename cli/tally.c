#include "tally.h"

#include "names.h"

#include <stdlib.h>
#include <string.h>

void tally_begin(tally_counts *tally)
{
    memset(tally, 0, sizeof *tally);
    tally->rows.entry_size = sizeof(tally_row);
    tally->rows.key_size = sizeof(tally_key);
    tally->errors.entry_size = sizeof(tally_error);
    tally->errors.key_size = sizeof(tally_error_key);
}

void tally_end(tally_counts *tally)
{
    cli_table_free(&tally->rows);
    cli_table_free(&tally->errors);
}

static bool add_error(tally_counts *tally, size_t row, const etw_decode_error *error)
{
    const tally_error_key key = {
        .property = error->property,
        .row = (uint32_t)row,
        .reason = (uint32_t)error->reason,
    };
    tally_error *entry = cli_table_get(&tally->errors, &key);
    if (entry)
        entry->count++;
    return entry != NULL;
}

/* Walks all values of an event and counts how that ended. */
static bool decode(tally_counts *tally, tally_row *row, const etw_event *event,
                   const etw_schema *schema)
{
    etw_items items;
    etw_item item;
    size_t rest = 0;
    etw_items_begin(&items, event, schema);
    while (etw_items_next(&items, &item))
        if (item.kind == ETW_ITEM_REMAINDER)
            rest = item.data.size;
    const etw_decode_error *error = etw_items_error(&items);
    if (error) {
        row->errors++;
        tally->total.errors++;
        const size_t index = (size_t)(row - (tally_row *)cli_table_at(&tally->rows, 0));
        return add_error(tally, index, error);
    }
    row->decoded++;
    tally->total.decoded++;
    if (rest) {
        row->trailing++;
        tally->total.trailing++;
        tally->trailing_bytes += rest;
    }
    return true;
}

bool tally_add(tally_counts *tally, const etw_event *event, const etw_schema *schema)
{
    const tally_key key = {
        .provider = event->provider,
        .schema = schema,
        .id = event->id,
        .task = event->task,
        .version = event->version,
        .opcode = event->opcode,
        .class = (uint8_t)cli_event_class_of(event, schema),
    };
    tally_row *row = cli_table_get(&tally->rows, &key);
    if (!row)
        return false;
    row->count++;
    row->bytes += event->record_size;
    tally->total.count++;
    tally->total.bytes += event->record_size;
    tally->by_source[schema ? schema->source : ETW_SCHEMA_NONE]++;
    if (tally->first_time == 0 || event->timestamp < tally->first_time)
        tally->first_time = event->timestamp;
    if (event->timestamp > tally->last_time)
        tally->last_time = event->timestamp;
    if (schema)
        return decode(tally, row, event, schema);
    tally->without_schema++;
    return true;
}
