#include "catalog.h"

#include "losses.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

/* A file, a folder, or standard input. */
static bool is_file(const char *word)
{
    cli_file_info info;
    return strcmp(word, "-") == 0 || cli_os_look(word, &info);
}

static bool is_folder(const char *path)
{
    cli_file_info info;
    return cli_os_look(path, &info) && info.is_folder;
}

/* ---- Files ---- */

/* A file that describes events, or else a trace. */
static void add_file(cli_catalog *catalog, const char *path)
{
    etw_schema_store *store = etw_consumer_schemas(catalog->input.consumer);
    etw_error error;
    char place[CLI_PLACE_TEXT_SIZE];
    const bool is_stdin = strcmp(path, "-") == 0;
    const etw_status status =
        is_stdin ? ETW_E_UNSUPPORTED : etw_schema_store_add_file(store, path, &error);
    if (status == ETW_E_UNSUPPORTED &&
        etw_failed(etw_consumer_add_file(catalog->input.consumer, path))) {
        cli_say_error(is_stdin ? "standard input" : path,
                      etw_consumer_error(catalog->input.consumer));
        catalog->input.failed = true;
    } else if (etw_failed(status) && status != ETW_E_UNSUPPORTED) {
        cli_say("etw: %s%s\n", error.message, cli_error_place(&error, place));
        catalog->input.failed = true;
    }
}

static void add_folder(cli_catalog *catalog, const char *path)
{
    etw_error error;
    char place[CLI_PLACE_TEXT_SIZE];
    if (!etw_failed(
            etw_schema_store_add_path(etw_consumer_schemas(catalog->input.consumer), path, &error)))
        return;
    cli_say("etw: %s%s\n", error.message, cli_error_place(&error, place));
    catalog->input.failed = true;
}

/* Traces tell what they carry while they are read. */
static void read_traces(cli_input *input)
{
    const etw_batch *batch;
    if (etw_consumer_trace_count(input->consumer) == 0)
        return;
    while (cli_input_next(input, &batch))
        for (size_t i = 0; i < batch->count; i++)
            etw_consumer_schema(input->consumer, &batch->events[i]);
}

static bool sort_operands(cli_catalog *catalog, const cli_args *args)
{
    catalog->words = calloc(args->count + 1, sizeof *catalog->words);
    if (!catalog->words)
        return false;
    for (size_t i = 0; i < args->count; i++) {
        if (is_file(args->items[i]))
            catalog->has_files = true;
        else
            catalog->words[catalog->word_count++] = args->items[i];
    }
    return true;
}

static bool add_files(cli_catalog *catalog, const cli_args *args, bool recursive)
{
    for (size_t i = 0; i < args->count; i++) {
        if (!is_file(args->items[i]))
            continue;
        if (is_folder(args->items[i]))
            add_folder(catalog, args->items[i]);
        const cli_args one = {&args->items[i], 1};
        if (!cli_paths_expand(&catalog->input.paths, &one, recursive))
            return false;
    }
    catalog->input.failed |= catalog->input.paths.failed;
    for (size_t i = 0; i < catalog->input.paths.count; i++)
        add_file(catalog, catalog->input.paths.items[i]);
    return true;
}

static bool say_no_memory(void)
{
    cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    return false;
}

static bool list_providers(cli_catalog *catalog)
{
    const etw_provider_list_options options = {sizeof options, catalog->has_files};
    etw_error error;
    if (!etw_failed(etw_provider_list_create(
            &catalog->list, etw_consumer_schemas(catalog->input.consumer), &options, &error)))
        return true;
    cli_say_error("cannot list providers", &error);
    return false;
}

bool cli_catalog_open(cli_catalog *catalog, const cli_args *args, const cli_common *common)
{
    *catalog = (cli_catalog){0};
    if (!sort_operands(catalog, args))
        return say_no_memory();
    catalog->input.ignores_environment = catalog->has_files;
    catalog->input.paths.folders_may_be_empty = true;
    cli_input_open(&catalog->input, common, ETW_ORDER_FILE, 0, 0);
    if (!catalog->input.consumer)
        return false;
    if (!add_files(catalog, args, common->recursive))
        return say_no_memory();
    read_traces(&catalog->input);
    return list_providers(catalog);
}

bool cli_catalog_complete(cli_catalog *catalog, const etw_provider_info *const *providers,
                          size_t count)
{
    etw_schema_store *store = etw_consumer_schemas(catalog->input.consumer);
    bool has_news = false;
    for (size_t i = 0; i < count; i++)
        if (providers[i]->sources >> ETW_SCHEMA_TDH & 1)
            has_news |= etw_schema_store_add_provider(store, &providers[i]->guid, NULL) == ETW_OK;
    if (!has_news)
        return false;
    etw_provider_list *old = catalog->list;
    if (!list_providers(catalog)) {
        catalog->list = old;
        return false;
    }
    etw_provider_list_destroy(&old);
    return true;
}

void cli_catalog_close(cli_catalog *catalog)
{
    etw_provider_list_destroy(&catalog->list);
    free(catalog->words);
    cli_input_close(&catalog->input);
}

int cli_catalog_exit_code(const cli_catalog *catalog, const cli_common *common, bool failed)
{
    if (!common->quiet && catalog->input.consumer)
        cli_losses_say_schemas(catalog->input.consumer);
    if (failed || !catalog->input.consumer)
        return CLI_EXIT_FAILED;
    return cli_losses_exit_code(catalog->input.consumer, NULL, common->strict,
                                catalog->input.failed);
}

/* ---- Patterns ---- */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* How many bytes the character at the beginning of a text has. */
static size_t character_size(const char *at, const char *end)
{
    size_t size = 1;
    while (at + size < end && ((uint8_t)at[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* Where a star may take more, all before it is done with; so the work is at most the product. */
bool cli_is_like(etw_str text, const char *pattern)
{
    const char *at = text.data, *const end = text.size ? text.data + text.size : text.data;
    const char *star = NULL, *star_at = NULL;
    while (at < end) {
        if (*pattern == '*') {
            star = ++pattern;
            star_at = at;
        } else if (*pattern == '?') {
            pattern++;
            at += character_size(at, end);
        } else if (*pattern && lower(*pattern) == lower(*at)) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool cli_is_pattern(const char *word)
{
    return strpbrk(word, "*?") != NULL;
}

bool cli_provider_is_like(const etw_provider_info *provider, const char *pattern)
{
    char text[ETW_GUID_TEXT_SIZE];
    const unsigned flags = *pattern == '{' ? ETW_GUID_BRACES : 0;
    const etw_str guid = {text, etw_guid_format(&provider->guid, flags, text)};
    const etw_str known = etw_guid_known_name(&provider->guid);
    return cli_is_like(guid, pattern) ||
           (provider->name.size && cli_is_like(provider->name, pattern)) ||
           (known.size && cli_is_like(known, pattern));
}

/* ---- Sources ---- */

void cli_each_source(const etw_provider_info *provider, bool all,
                     void (*use)(const char *name, void *user), void *user)
{
    for (unsigned source = 0; source < ETW_SCHEMA_SOURCE_COUNT; source++)
        if (provider->sources >> source & 1)
            use(etw_schema_source_name((etw_schema_source)source), user);
    if (provider->is_system)
        use("system", user);
    if (provider->is_known && (all || (!provider->sources && !provider->is_system)))
        use("known", user);
}
