#include "schemas.h"

#include "os.h"
#include "say.h"

#include <etw/consumer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOLDER_SIZE = 4096
};

/* NULL if nothing is to be kept. */
static const char *cache_folder(char out[FOLDER_SIZE])
{
    const char *own = cli_os_variable("ETW_SCHEMA_CACHE");
    char base[FOLDER_SIZE];
    int size = 0;
    if (own && strcmp(own, "off") == 0)
        return NULL;
    if (own && *own)
        size = snprintf(out, FOLDER_SIZE, "%s", own);
    else if (cli_os_cache_folder(base, sizeof base))
        size = snprintf(out, FOLDER_SIZE, "%s/etw", base);
    return size > 0 && size < FOLDER_SIZE ? out : NULL;
}

static bool say_no_memory(void)
{
    cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    return false;
}

bool cli_schemas_create(etw_schema_store **out)
{
    char folder[FOLDER_SIZE];
    const etw_schema_store_options options = {.size = sizeof options,
                                              .cache_folder = cache_folder(folder)};
    return etw_schema_store_create(out, &options, NULL) == ETW_OK || say_no_memory();
}

/* ---- Reading ---- */

/* Those of TraceLogging events come by being looked up. */
static bool read_events(etw_consumer *consumer, const char *path)
{
    const etw_batch *batch;
    etw_status status = ETW_OK;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            etw_consumer_schema(consumer, &batch->events[i]);
    if (status != ETW_END)
        cli_say_error(path, etw_consumer_error(consumer));
    return status == ETW_END;
}

/* False in `*is_trace` if it is none. */
static bool read_trace(etw_schema_store *store, const char *path, const cli_common *common,
                       bool *is_trace)
{
    const etw_consumer_options options = {
        .size = sizeof options,
        .schemas = store,
        .order = ETW_ORDER_FILE,
        .memory_max = common->memory,
    };
    etw_consumer *consumer;
    if (etw_failed(etw_consumer_create(&consumer, &options, NULL)))
        return say_no_memory();
    *is_trace = !etw_failed(etw_consumer_add_file(consumer, path));
    const bool good = *is_trace && read_events(consumer, path);
    etw_consumer_destroy(&consumer);
    return good;
}

static void say_failure(const etw_error *error)
{
    char place[CLI_PLACE_TEXT_SIZE];
    cli_say("etw: %s%s\n", error->message, cli_error_place(error, place));
}

bool cli_schemas_read(cli_schema_list *list, const char *path, const cli_common *common)
{
    etw_error error;
    bool is_trace = false;
    // Nothing is compiled for the next time: what is wanted here are the sources.
    const etw_schema_store_options options = {.size = sizeof options};
    if (!list->store && etw_schema_store_create(&list->store, &options, NULL) != ETW_OK)
        return say_no_memory();
    const bool good = read_trace(list->store, path, common, &is_trace);
    if (is_trace)
        return good;
    if (!etw_failed(etw_schema_store_add_path(list->store, path, &error)))
        return true;
    say_failure(&error);
    return false;
}

/* ---- Listing ---- */

static etw_status take(void *user, const etw_schema *schema)
{
    cli_schema_list *list = user;
    // What is built in is in no file and no trace.
    if (schema->source == ETW_SCHEMA_KERNEL || schema->source == ETW_SCHEMA_BUILTIN)
        return ETW_OK;
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 256;
        const etw_schema **items = realloc((void *)list->items, capacity * sizeof *items);
        if (!items)
            return ETW_E_NOMEM;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = schema;
    return ETW_OK;
}

bool cli_schemas_list(cli_schema_list *list)
{
    list->count = 0;
    return etw_schema_store_visit(list->store, take, list) == ETW_OK || say_no_memory();
}

void cli_schemas_free(cli_schema_list *list)
{
    free((void *)list->items);
    etw_schema_store_destroy(&list->store);
    *list = (cli_schema_list){0};
}
