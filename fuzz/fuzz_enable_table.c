/*
 * Enable tables of sessions, which any process of the user may have written. What is read is
 * written again, and reads as the same.
 */
#include "engine/enable_table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Every byte that an entry leads to. */
static unsigned touch(const etwi_enable *entry)
{
    unsigned sum = entry->level;
    for (size_t i = 0; i < entry->filter_count; i++) {
        const etw_provider_filter *filter = &entry->filters[i];
        for (size_t j = 0; j < filter->id_count; j++)
            sum += filter->ids[j];
        for (size_t j = 0; j < filter->pid_count; j++)
            sum += filter->pids[j];
        for (size_t j = 0; j < filter->name_count; j++)
            for (size_t k = 0; k < filter->names[j].size; k++)
                sum += (unsigned char)filter->names[j].data[k];
        for (size_t j = 0; j < filter->data.size; j++)
            sum += filter->data.data[j];
    }
    return sum;
}

static void check(const etwi_enable_table *table)
{
    etwi_buffer bytes = {.allocator = etwi_allocator_or_default(NULL)};
    etwi_enable_table again = {.count = 0};
    require(etwi_enable_table_format(table, &bytes, NULL) == ETW_OK);
    const etw_bytes written = {(const uint8_t *)bytes.data, bytes.size};
    require(etwi_enable_table_parse(&again, written, NULL, NULL) == ETW_OK);
    require(again.count == table->count && again.changes == table->changes);
    for (size_t i = 0; i < table->count; i++) {
        require(etwi_enable_table_find(table, &table->entries[i].provider) == &table->entries[i]);
        require(touch(&again.entries[i]) == touch(&table->entries[i]));
    }
    etwi_enable_table_free(&again);
    etwi_buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    etwi_enable_table table = {.count = 0};
    if (etwi_enable_table_parse(&table, (etw_bytes){data, size}, NULL, NULL) == ETW_OK)
        check(&table);
    etwi_enable_table_free(&table);
    return 0;
}
