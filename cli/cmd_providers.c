/* `etw providers`: the providers that are known, or that files describe. */
#include "catalog.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
#include "providers_live.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct providers_options {
    cli_common common; /* Must be first. */
    bool json;
    bool live;
} providers_options;

static const cli_opt options_table[] = {
    {"json", 0, CLI_OPT_FLAG, offsetof(providers_options, json), NULL,
     "one JSON object a provider and line", NULL},
    {"live", 0, CLI_OPT_FLAG, offsetof(providers_options, live), NULL,
     "only those that processes have registered now, with the processes and sessions", NULL},
    {0},
};

static const cli_example examples[] = {
    {"All providers of the kernel", "etw providers '*kernel*'"},
    {"Which provider a GUID belongs to", "etw providers e13c0d23-ccbc-4e12-931b-d9cc2eee27e4"},
    {"What a trace describes itself", "etw providers trace.etl"},
    {"Who writes events at the moment", "etw providers --live"},
    {0},
};

static const char details[] =
    "Lists everything that events may come under: what --schema and ETW_SCHEMA_PATH describe, the "
    "classes of the kernel, the system trace providers, and well-known names. With a FILE only "
    "what "
    "the FILEs and --schema describe is listed.\n\n"
    "PATTERN chooses by name or GUID; * stands for any text, ? for one character, letters may be "
    "in either case. Of several, any may match.\n\n"
    "FILE is a file that is there: a trace, a manifest, an executable file, a TMF file, a folder "
    "of "
    "such files, or - for a trace on standard input. Any other operand is a PATTERN.\n\n"
    "--live lists the providers that run: those that processes have registered, and those that "
    "sessions have enabled. All operands are PATTERNs then.";

/* The table: a line each, columns wide enough for all. */
typedef struct provider_table {
    const etw_provider_info **rows;
    size_t count;
    size_t name_width;
} provider_table;

enum {
    NAME_WIDTH_MAX = 60
};

static bool is_chosen(const cli_catalog *catalog, const etw_provider_info *provider)
{
    for (size_t i = 0; i < catalog->word_count; i++)
        if (cli_provider_is_like(provider, catalog->words[i]))
            return true;
    return catalog->word_count == 0;
}

static bool choose(provider_table *table, const cli_catalog *catalog)
{
    const size_t count = etw_provider_list_count(catalog->list);
    table->rows = calloc(count + 1, sizeof *table->rows);
    for (size_t i = 0; table->rows && i < count; i++) {
        const etw_provider_info *provider = etw_provider_list_at(catalog->list, i);
        if (!is_chosen(catalog, provider))
            continue;
        table->rows[table->count++] = provider;
        if (provider->name.size > table->name_width)
            table->name_width = provider->name.size;
    }
    if (table->name_width > NAME_WIDTH_MAX)
        table->name_width = NAME_WIDTH_MAX;
    return table->rows != NULL;
}

static void add_source(const char *name, void *user)
{
    cli_text *text = user;
    if (text->size && text->data[text->size - 1] != ' ')
        cli_text_add_char(text, ',');
    cli_text_add_z(text, name);
}

static void add_row(cli_text *text, const provider_table *table, const etw_provider_info *provider)
{
    cli_text_add_guid(text, &provider->guid);
    cli_text_add_char(text, ' ');
    const size_t start = text->size;
    cli_text_add(text, provider->name.size ? provider->name : (etw_str){"-", 1});
    cli_text_clean_from(text, start);
    while (text->size - start < table->name_width && !text->failed)
        cli_text_add_char(text, ' ');
    cli_text_printf(text, " %7" PRIu32 "  ", provider->event_count);
    cli_each_source(provider, false, add_source, text);
    cli_text_add_char(text, '\n');
}

static void add_source_json(const char *name, void *user)
{
    cli_json_string_z(user, NULL, name);
}

static void add_json(cli_text *text, const etw_provider_info *provider)
{
    cli_json_object(text, NULL);
    cli_json_guid(text, "guid", &provider->guid);
    cli_json_string(text, "name", provider->name);
    cli_json_array(text, "sources");
    cli_each_source(provider, true, add_source_json, text);
    cli_json_end_array(text);
    cli_json_number(text, "events", provider->event_count);
    cli_json_number(text, "keywords", provider->named[ETW_NAMED_KEYWORD].count);
    if (etw_guid_is_null(&provider->owner))
        cli_json_null(text, "owner");
    else
        cli_json_guid(text, "owner", &provider->owner);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}

static bool write_table(const provider_table *table, bool json)
{
    cli_text text = {0};
    if (!json && table->count)
        cli_text_printf(&text, "%-38s %-*s %7s  %s\n", "GUID", (int)table->name_width, "NAME",
                        "EVENTS", "SOURCES");
    for (size_t i = 0; i < table->count; i++) {
        if (json)
            add_json(&text, table->rows[i]);
        else
            add_row(&text, table, table->rows[i]);
    }
    const bool good = cli_out_text(&text, CLI_EXIT_OK) == CLI_EXIT_OK;
    cli_text_free(&text);
    return good;
}

static size_t count_like(const cli_catalog *catalog, const char *pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < etw_provider_list_count(catalog->list); i++)
        count += cli_provider_is_like(etw_provider_list_at(catalog->list, i), pattern);
    return count;
}

/* A word without stars may be part of names. */
static void say_no_match(const cli_catalog *catalog, const char *word)
{
    cli_text around = {0};
    cli_text_printf(&around, "*%s*%c", word, 0);
    const size_t count =
        around.failed || cli_is_pattern(word) ? 0 : count_like(catalog, around.data);
    if (count)
        cli_say("etw providers: nothing is called '%s'; '*%s*' matches %zu\n", word, word, count);
    else
        cli_say("etw providers: nothing matches '%s'\n", word);
    cli_text_free(&around);
}

static void say_nothing(const cli_catalog *catalog)
{
    if (catalog->word_count == 0)
        cli_say("etw providers: the files describe no events themselves\n");
    for (size_t i = 0; i < catalog->word_count; i++)
        say_no_match(catalog, catalog->words[i]);
}

static int list_known(const providers_options *options, const cli_args *args)
{
    cli_catalog catalog = {0};
    provider_table table = {0};
    bool good = cli_catalog_open(&catalog, args, &options->common);
    if (good && !choose(&table, &catalog)) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        good = false;
    }
    good = good && write_table(&table, options->json);
    if (good && table.count == 0 && !options->common.quiet && !catalog.input.failed)
        say_nothing(&catalog);
    free(table.rows);
    const int code = cli_catalog_exit_code(&catalog, &options->common, !good);
    cli_catalog_close(&catalog);
    return code;
}

static int run_providers(int argc, char **argv)
{
    providers_options options = {0};
    cli_args args;
    int code = cli_opt_parse(&cli_providers, argc, argv, &options, &args);
    if (code == CLI_GO_ON && options.live)
        code = cli_providers_live(&args, options.json, options.common.quiet);
    else if (code == CLI_GO_ON)
        code = list_known(&options, &args);
    cli_opt_free(&cli_providers, &options, &args);
    return code;
}

const cli_command cli_providers = {
    .name = "providers",
    .summary = "list the providers that are known, or that files describe",
    .usage = "[OPTION]... [PATTERN]... [FILE]...",
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_any_file = true,
    .run = run_providers,
};
