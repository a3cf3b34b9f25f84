#include "input.h"

#include "os.h"
#include "progress.h"
#include "say.h"
#include "schemas.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_MIN = 1 << 20 /* What a consumer wants. */
};

bool cli_input_expand(cli_input *input, const cli_command *command, const cli_args *args,
                      const cli_common *common)
{
    *input = (cli_input){0};
    if (args->count == 0) {
        cli_say("etw %s: name at least one FILE, or - for standard input (see 'etw %s --help')\n",
                command->name, command->name);
        return false;
    }
    if (common->memory && common->memory < MEMORY_MIN) {
        cli_say("etw %s: --memory needs at least 1M\n", command->name);
        return false;
    }
    if (!cli_paths_expand(&input->paths, args, common->recursive)) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        input->paths.failed = true;
    }
    input->failed = input->paths.failed;
    return true;
}

/* What is wrong with files is said once, also where each trace has a consumer of its own. */
static void add_schemas(cli_input *input, const char *paths)
{
    etw_error error;
    char place[CLI_PLACE_TEXT_SIZE];
    if (!etw_failed(etw_schema_store_add_path(input->schemas, paths, &error)))
        return;
    if (!input->schemas_said)
        cli_say("etw: %s%s\n", error.message, cli_error_place(&error, place));
    input->failed = true;
}

/* The first description of an event counts, so those of the environment come last. */
static void add_all_schemas(cli_input *input, const cli_common *common)
{
    const char *environment = cli_os_variable("ETW_SCHEMA_PATH");
    for (size_t i = 0; i < common->schemas.count; i++)
        add_schemas(input, common->schemas.items[i].data);
    if (environment && !input->ignores_environment)
        add_schemas(input, environment);
    input->schemas_said = true;
}

static bool create_consumer(cli_input *input, const cli_common *common, etw_order order)
{
    const etw_consumer_options options = {
        .size = sizeof options,
        .schemas = input->schemas,
        .order = order,
        .memory_max = common->memory,
        .threads = common->threads && common->threads < ETW_THREADS_AUTO ? (uint32_t)common->threads
                                                                         : ETW_THREADS_AUTO,
        .on_progress = cli_progress_update,
    };
    etw_error error;
    if (etw_failed(etw_consumer_create(&input->consumer, &options, &error))) {
        cli_say_error("cannot start", &error);
        return false;
    }
    return true;
}

bool cli_input_open(cli_input *input, const cli_common *common, etw_order order, size_t first,
                    size_t end)
{
    if (!cli_schemas_create(&input->schemas) || !create_consumer(input, common, order)) {
        input->failed = true;
        return false;
    }
    if (!input->only_traces)
        add_all_schemas(input, common);
    if (!common->quiet)
        cli_progress_start();
    for (size_t i = first; i < end; i++) {
        const char *path = input->paths.items[i];
        if (!etw_failed(etw_consumer_add_file(input->consumer, path)))
            continue;
        cli_say_error(strcmp(path, "-") == 0 ? "standard input" : path,
                      etw_consumer_error(input->consumer));
        input->failed = true;
    }
    return etw_consumer_trace_count(input->consumer) > 0;
}

bool cli_input_next(cli_input *input, const etw_batch **batch)
{
    const etw_status status = etw_consumer_next_batch(input->consumer, batch);
    if (etw_failed(status)) {
        cli_say_error("reading stopped", etw_consumer_error(input->consumer));
        input->failed = true;
    }
    return status == ETW_OK;
}

void cli_input_end(cli_input *input)
{
    etw_consumer_destroy(&input->consumer);
    etw_schema_store_destroy(&input->schemas);
}

void cli_input_close(cli_input *input)
{
    cli_progress_clear();
    cli_input_end(input);
    cli_paths_free(&input->paths);
}

uint64_t cli_input_time(const cli_input *input, const cli_time *time)
{
    if (!time->is_relative)
        return time->ticks;
    uint64_t start = UINT64_MAX;
    for (size_t i = 0; i < etw_consumer_trace_count(input->consumer); i++) {
        const etw_trace_info *info = etw_consumer_trace_info(input->consumer, i);
        if (info->start_time < start)
            start = info->start_time;
    }
    return start > UINT64_MAX - time->ticks ? UINT64_MAX : start + time->ticks;
}
