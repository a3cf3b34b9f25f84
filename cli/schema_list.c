/* `etw schema list`. */
#include "cmd_schema.h"

#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Schemas of one provider, of one kind and out of one file. */
typedef struct list_row {
    const etw_schema *schema; /* The first one. */
    size_t provider;          /* Counted from 0, in the order of GUIDs. */
    etw_str name;             /* Of the provider, where any of its schemas tells. */
    uint64_t count;
} list_row;

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

static int compare_texts(etw_str a, etw_str b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_rows(const void *a, const void *b)
{
    const list_row *left = a, *right = b;
    if (left->provider != right->provider)
        return left->provider < right->provider ? -1 : 1;
    if (left->schema->source != right->schema->source)
        return left->schema->source < right->schema->source ? -1 : 1;
    return compare_texts(left->schema->file, right->schema->file);
}

static bool same_row(const list_row *a, const list_row *b)
{
    return a->provider == b->provider && a->schema->source == b->schema->source &&
           same_text(a->schema->file, b->schema->file);
}

/* Rows in the order of `compare_rows`, those that are the same joined. */
static size_t make_rows(list_row *rows, const cli_schema_list *list)
{
    size_t count = 0, provider = 0;
    for (size_t i = 0; i < list->count; i++) {
        const etw_schema *schema = list->items[i];
        if (i && !etw_guid_equal(&schema->provider, &list->items[i - 1]->provider))
            provider++;
        rows[i] = (list_row){schema, provider, schema->provider_name, 1};
    }
    if (list->count)
        qsort(rows, list->count, sizeof *rows, compare_rows);
    for (size_t i = 0; i < list->count; i++) {
        if (count && same_row(&rows[count - 1], &rows[i])) {
            rows[count - 1].count++;
            if (!rows[count - 1].name.size)
                rows[count - 1].name = rows[i].name;
        } else {
            rows[count++] = rows[i];
        }
    }
    return count;
}

/* The end of the rows of the provider that begin at `first`. */
static size_t end_of_provider(const list_row *rows, size_t count, size_t first)
{
    size_t end = first + 1;
    while (end < count && rows[end].provider == rows[first].provider)
        end++;
    return end;
}

static void add_text(cli_text *text, const list_row *rows, size_t count)
{
    cli_text_printf(text, "%8s  %-12s  %s\n", "schemas", "source", "provider, file");
    for (size_t i = 0; i < count; i++) {
        const etw_schema *schema = rows[i].schema;
        cli_text_printf(text, "%8" PRIu64 "  %-12s  ", rows[i].count,
                        etw_schema_source_name((etw_schema_source)schema->source));
        const size_t start = text->size;
        cli_text_add_guid(text, &schema->provider);
        if (rows[i].name.size) {
            cli_text_add_char(text, ' ');
            cli_text_add(text, rows[i].name);
        }
        if (schema->file.size) {
            cli_text_add_z(text, ", ");
            cli_text_add(text, schema->file);
        }
        cli_text_clean_from(text, start);
        cli_text_add_char(text, '\n');
    }
}

static void add_provider(cli_text *text, const list_row *rows, size_t count)
{
    uint64_t schemas = 0;
    etw_str name = {"", 0};
    for (size_t i = count; i-- > 0;) {
        schemas += rows[i].count;
        name = rows[i].name.size ? rows[i].name : name;
    }
    cli_json_object(text, NULL);
    cli_json_guid(text, "guid", &rows[0].schema->provider);
    cli_json_string(text, "name", name);
    cli_json_number(text, "schemas", schemas);
    cli_json_array(text, "sources");
    for (size_t i = 0; i < count; i++) {
        const etw_schema *schema = rows[i].schema;
        cli_json_object(text, NULL);
        cli_json_string_z(text, "source",
                          etw_schema_source_name((etw_schema_source)schema->source));
        cli_json_string(text, "file", schema->file);
        cli_json_number(text, "schemas", rows[i].count);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
    cli_json_end_object(text);
}

static void add_json(cli_text *text, const list_row *rows, size_t count, uint64_t schemas)
{
    cli_json_object(text, NULL);
    cli_json_number(text, "schemas", schemas);
    cli_json_array(text, "providers");
    for (size_t i = 0; i < count;) {
        const size_t end = end_of_provider(rows, count, i);
        add_provider(text, rows + i, end - i);
        i = end;
    }
    cli_json_end_array(text);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}

void cli_schema_add_list(cli_text *text, const cli_schema_list *list, bool json)
{
    list_row *rows = malloc((list->count + 1) * sizeof *rows);
    if (!rows) {
        text->failed = true;
        return;
    }
    const size_t count = make_rows(rows, list);
    if (json)
        add_json(text, rows, count, list->count);
    else
        add_text(text, rows, count);
    free(rows);
}
