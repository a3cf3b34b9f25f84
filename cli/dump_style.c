#include "dump_style.h"

#include "cmd.h"
#include "dump.h"
#include "unknown.h"

const char *const dump_format_names[] = {"json", "text", "csv", "json-compact", NULL};
const char *const dump_color_names[] = {"auto", "always", "never", NULL};

/* In the order of their names. */
static const dump_format *const formats[] = {&dump_json, &dump_text, &dump_csv, &dump_json_compact};

const dump_format *dump_format_of(const dump_style *style)
{
    return formats[style->format];
}

static bool is_csv(const dump_style *style)
{
    return dump_format_of(style) == &dump_csv;
}

static bool check_code_page(const dump_style *style, const cli_command *command)
{
    const uint64_t page = style->code_page;
    if (page <= UINT32_MAX && etw_code_page_supported((unsigned)page))
        return true;
    cli_say("etw %s: code page %llu is not supported; use 65001 (UTF-8), 437, 850, 852, 855, 857, "
            "866, 874, 28591 or 1250 to 1258\n",
            command->name, (unsigned long long)page);
    return false;
}

/* The names of --fields are those of columns only where there are columns. */
static bool check_fields(const dump_style *style)
{
    dump_column column;
    for (size_t i = 0; is_csv(style) && i < style->fields.count; i++)
        if (!dump_column_make(&column, &style->fields, i))
            return false;
    return true;
}

bool dump_style_check(const dump_style *style, const cli_command *command)
{
    return check_code_page(style, command) && check_fields(style);
}

void dump_style_say_unknown(const dump_style *style, const cli_command *command,
                            const cli_filter *filter, etw_schema_store *store,
                            const etw_json_stats *counts)
{
    if (counts->events >= style->count)
        return;
    cli_unknown_in_filter(command, filter, store);
    for (size_t i = 0; counts->events && i < style->fields.count; i++) {
        dump_column column = {.property = style->fields.items[i]};
        if (!is_csv(style) || (dump_column_make(&column, &style->fields, i) && column.path_count))
            cli_unknown_field(command, column.property, is_csv(style), store);
    }
}
