/* `etw schema`: packs of schemas, made, looked at and compared. */
#include "cmd_schema.h"

#include "cmd.h"
#include "input.h"
#include "out.h"

#include <inttypes.h>
#include <string.h>

typedef struct schema_options {
    cli_common common; /* Must be first. */
    const char *output;
    bool json;
} schema_options;

static const cli_opt options_table[] = {
    {"output", 'o', CLI_OPT_TEXT, offsetof(schema_options, output), "FILE",
     "of build and export: the pack to write", NULL},
    {"json", 0, CLI_OPT_FLAG, offsetof(schema_options, json), NULL,
     "of list and diff: one JSON object", NULL},
    {0},
};

static const cli_example examples[] = {
    {"Compile a folder of manifests, and use it",
     "etw schema build schemas/ -o all.pack && etw dump --schema all.pack trace.etl"},
    {"Take along what a merged trace says of its providers",
     "etw schema export merged.etl -o mine.pack"},
    {"The providers of a pack by number of events",
     "etw schema list --json all.pack | jq -c '.providers | sort_by(-.schemas)[] | [.schemas, "
     ".name]'"},
    {"What a new version of a manifest changes", "etw schema diff old.man new.man"},
    {0},
};

static const char *const verbs[] = {"build", "export", "list", "diff", NULL};

static const char details[] =
    "A pack is one file with the schemas of many, compiled: it opens at once however much is in"
    " it, and is given to --schema like any other file.\n\n"
    "build PATH... -o FILE writes a pack of manifests, executable files, TMF and PDB files, "
    "packs and folders of them. What cannot be used is reported and left out; the exit code is "
    "1 then.\n\n"
    "export TRACE... -o FILE writes a pack of what travels in traces: manifests of EventSources"
    " and the descriptions that merging tools add. With it other traces of the same providers "
    "decode. TraceLogging is left out: each of its events describes itself.\n\n"
    "list PATH... shows the providers of packs, files, folders and traces, how many schemas "
    "each has, and which sources they come from.\n\n"
    "diff A B shows which providers, events and fields are in one of two packs, files, folders "
    "or traces only, or differ. The exit code is 0 if nothing does, 1 if something does, and 2 "
    "if one of them could not be read.";

static int fail_usage(const char *what)
{
    cli_say("etw schema: %s (see 'etw schema --help')\n", what);
    return CLI_EXIT_USAGE;
}

static void say_rejected(const etw_schema_store *store, const schema_options *options)
{
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    if (stats.rejected && !options->common.quiet)
        cli_say("etw: %" PRIu64 " malformed schema%s not used; first: %s\n", stats.rejected,
                stats.rejected == 1 ? "" : "s", stats.first_rejected.message);
}

static bool save(etw_schema_store *store, const schema_options *options)
{
    etw_error error;
    if (!etw_failed(etw_schema_store_save(store, options->output, &error)))
        return true;
    cli_say_error(options->output, &error);
    return false;
}

/* ---- The verbs; `args` are their operands ---- */

static int run_build(const schema_options *options, const cli_args *args)
{
    etw_error error;
    etw_schema_store *store;
    if (etw_failed(etw_schema_store_create(&store, NULL, &error))) {
        cli_say_error("cannot start", &error);
        return CLI_EXIT_FAILED;
    }
    bool good = true;
    for (size_t i = 0; i < args->count; i++) {
        char place[CLI_PLACE_TEXT_SIZE];
        if (!etw_failed(etw_schema_store_add_path(store, args->items[i], &error)))
            continue;
        cli_say("etw: %s%s\n", error.message, cli_error_place(&error, place));
        good = false;
    }
    good = save(store, options) && good;
    say_rejected(store, options);
    etw_schema_store_destroy(&store);
    return good ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static int run_export(const schema_options *options, const cli_args *args)
{
    cli_input input = {0};
    const etw_batch *batch;
    bool good = cli_input_expand(&input, &cli_schema, args, &options->common);
    if (!good)
        return CLI_EXIT_USAGE;
    input.only_traces = true;
    good = cli_input_open(&input, &options->common, ETW_ORDER_FILE, 0, input.paths.count);
    if (good) {
        // The schemas are gathered before the first events come.
        cli_input_next(&input, &batch);
        good = !input.failed && save(input.schemas, options);
        say_rejected(input.schemas, options);
    }
    cli_input_close(&input);
    return good ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static int run_list(const schema_options *options, const cli_args *args)
{
    cli_schema_list list = {0};
    cli_text text = {0};
    bool good = true;
    for (size_t i = 0; i < args->count; i++)
        good = cli_schemas_read(&list, args->items[i], &options->common) && good;
    int code = CLI_EXIT_FAILED;
    if (list.store && cli_schemas_list(&list)) {
        say_rejected(list.store, options);
        cli_schema_add_list(&text, &list, options->json);
        code = cli_out_text(&text, good ? CLI_EXIT_OK : CLI_EXIT_FAILED);
    }
    cli_text_free(&text);
    cli_schemas_free(&list);
    return code;
}

/* As diff(1) has it: 1 is a difference, so trouble is 2. */
static int run_diff(const schema_options *options, const cli_args *args)
{
    cli_schema_list a = {0}, b = {0};
    cli_text text = {0};
    int code = CLI_EXIT_USAGE;
    if (cli_schemas_read(&a, args->items[0], &options->common) &&
        cli_schemas_read(&b, args->items[1], &options->common) && cli_schemas_list(&a) &&
        cli_schemas_list(&b)) {
        bool equal;
        cli_schema_add_diff(&text, &a, &b, options->json, &equal);
        const bool written = cli_out_text(&text, CLI_EXIT_OK) == CLI_EXIT_OK;
        code = !written ? CLI_EXIT_USAGE : equal ? 0 : 1;
    }
    cli_text_free(&text);
    cli_schemas_free(&a);
    cli_schemas_free(&b);
    return code;
}

static int run_verb(const schema_options *options, const cli_args *args)
{
    if (args->count == 0)
        return fail_usage("name what to do: build, export, list or diff");
    const char *verb = args->items[0];
    const cli_args rest = {args->items + 1, args->count - 1};
    const bool writes = strcmp(verb, "build") == 0 || strcmp(verb, "export") == 0;
    if (!writes && strcmp(verb, "list") != 0 && strcmp(verb, "diff") != 0) {
        cli_say("etw schema: unknown verb '%s'; there are build, export, list and diff\n", verb);
        return CLI_EXIT_USAGE;
    }
    if (rest.count == 0 || (strcmp(verb, "diff") == 0 && rest.count != 2))
        return fail_usage(strcmp(verb, "diff") == 0 ? "diff compares two"
                                                    : "name at least one FILE");
    if (writes != (options->output != NULL))
        return fail_usage(writes ? "build and export need --output FILE"
                                 : "only build and export take --output");
    if (writes && options->json)
        return fail_usage("only list and diff take --json");
    if (writes)
        return verb[0] == 'b' ? run_build(options, &rest) : run_export(options, &rest);
    return verb[0] == 'l' ? run_list(options, &rest) : run_diff(options, &rest);
}

static int run_schema(int argc, char **argv)
{
    schema_options options = {0};
    cli_args args;
    int code = cli_opt_parse(&cli_schema, argc, argv, &options, &args);
    if (code == CLI_GO_ON)
        code = run_verb(&options, &args);
    cli_opt_free(&cli_schema, &options, &args);
    return code;
}

const cli_command cli_schema = {
    .name = "schema",
    .summary = "build packs of schemas, export, list and compare schemas",
    .usage = "build|export|list|diff [OPTION]... FILE...",
    .verbs = verbs,
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_any_file = true,
    .run = run_schema,
};
