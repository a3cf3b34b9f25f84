/* `etw describe`: what a provider or a file says about its events. */
#include "cmd.h"
#include "describe.h"
#include "names.h"
#include "out.h"
#include "suggest.h"

#include <stdlib.h>
#include <string.h>

typedef struct describe_options {
    cli_common common; /* Must be first. */
    bool json;
    cli_list events;
} describe_options;

static const cli_opt options_table[] = {
    {"event", 'e', CLI_OPT_LIST, offsetof(describe_options, events), "EVENT",
     "only events with the id EVENT (the type of classic ones), or with a name like EVENT, in "
     "which * and ? stand for other text; may be repeated; ',' separates several",
     NULL},
    {"json", 0, CLI_OPT_FLAG, offsetof(describe_options, json), NULL,
     "one JSON object a provider and line", NULL},
    {0},
};

static const cli_example examples[] = {
    {"A class of the kernel", "etw describe Process"},
    {"One event of a provider that a manifest describes",
     "etw describe --schema ClrEtwAll.man Microsoft-Windows-DotNETRuntime --event 1"},
    {"All that a trace says about its events", "etw describe trace.etl"},
    {"The names of all fields in a manifest",
     "etw describe --json app.man | jq -r '.events[].properties[].name' | sort -u"},
    {0},
};

static const char details[] =
    "Tells what is known about providers: their keywords, levels, tasks, opcodes, channels, value "
    "maps, and their events with message and fields.\n\n"
    "PROVIDER is a name, a GUID, or a pattern of either with * and ?; letters may be in either "
    "case. It is looked for in what --schema and ETW_SCHEMA_PATH describe, in what is built in, "
    "and on Windows in what is registered there; or, if there are FILEs, in those and in "
    "--schema.\n\n"
    "FILE is a file that is there: a trace, a manifest, an executable file, a TMF file, a folder "
    "of "
    "such files, or - for a trace on standard input. Without a PROVIDER all that FILEs and "
    "--schema "
    "describe is told.";

bool describe_is_chosen(const describe_subject *subject, const etw_schema *event)
{
    const cli_list *events = subject->events;
    bool chosen = false;
    cli_text name = {0};
    if (events->count == 0)
        return true;
    cli_add_event_name(&name, event);
    for (size_t i = 0; !chosen && i < events->count; i++) {
        cli_text pattern = {0};
        uint64_t id;
        cli_text_add(&pattern, events->items[i]);
        cli_text_add_char(&pattern, '\0');
        if (pattern.failed || name.failed)
            chosen = true; // Running out of memory is said when it is written.
        else if (cli_parse_number(pattern.data, &id))
            chosen = id == (event->is_classic ? event->opcode : event->id);
        else
            chosen = cli_is_like((etw_str){name.data, name.size}, pattern.data);
        cli_text_free(&pattern);
    }
    cli_text_free(&name);
    return chosen;
}

etw_str describe_owner_name(const describe_subject *subject)
{
    const etw_guid *owner = &subject->provider->owner;
    const etw_provider_info *info = etw_provider_list_find_guid(subject->catalog->list, owner);
    return info && info->name.size ? info->name : etw_guid_known_name(owner);
}

/* ---- Choosing providers ---- */

/* The providers to tell about, in the order in which they were asked for. */
typedef struct describe_choice {
    const etw_provider_info **items;
    size_t count, capacity;
    bool failed; /* A word stands for nothing, or memory ran out; it has been said. */
} describe_choice;

static void choose(describe_choice *choice, const etw_provider_info *provider)
{
    if (choice->count == choice->capacity) {
        const size_t capacity = choice->capacity ? 2 * choice->capacity : 64;
        const etw_provider_info **items = realloc(choice->items, capacity * sizeof *choice->items);
        if (!items) {
            cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
            choice->failed = true;
            return;
        }
        choice->items = items;
        choice->capacity = capacity;
    }
    choice->items[choice->count++] = provider;
}

static bool is_printable(etw_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((uint8_t)name.data[i] < ' ' || (uint8_t)name.data[i] > '~')
            return false;
    return true;
}

static void say_unknown(const cli_catalog *catalog, const char *word)
{
    cli_suggest suggest;
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    cli_suggest_begin(&suggest, (etw_str){word, strlen(word)});
    for (size_t i = 0; i < etw_provider_list_count(catalog->list); i++) {
        const etw_str name = etw_provider_list_at(catalog->list, i)->name;
        if (is_printable(name))
            cli_suggest_add(&suggest, name);
    }
    cli_say("etw describe: %s '%s'%s\n",
            catalog->has_files ? "the files describe no provider" : "no provider or file", word,
            cli_suggest_text(&suggest, "", nearest));
}

static void choose_word(describe_choice *choice, const cli_catalog *catalog, const char *word)
{
    const size_t before = choice->count;
    const etw_str name = {word, strlen(word)};
    etw_guid guid;
    const etw_provider_info *provider;
    if (cli_is_pattern(word)) {
        for (size_t i = 0; i < etw_provider_list_count(catalog->list); i++)
            if (cli_provider_is_like(etw_provider_list_at(catalog->list, i), word))
                choose(choice, etw_provider_list_at(catalog->list, i));
    } else if (etw_guid_parse(&guid, name, NULL) == ETW_OK) {
        provider = etw_provider_list_find_guid(catalog->list, &guid);
        if (provider)
            choose(choice, provider);
    } else {
        size_t position = 0;
        while ((provider = etw_provider_list_find_name(catalog->list, name, &position)))
            choose(choice, provider);
    }
    if (choice->count > before || choice->failed)
        return;
    say_unknown(catalog, word);
    choice->failed = true;
}

static void choose_all(describe_choice *choice, const cli_catalog *catalog)
{
    for (size_t i = 0; i < catalog->word_count; i++)
        choose_word(choice, catalog, catalog->words[i]);
    for (size_t i = 0; !catalog->word_count && i < etw_provider_list_count(catalog->list); i++)
        choose(choice, etw_provider_list_at(catalog->list, i));
}

/* ---- Writing ---- */

static bool has_chosen(const describe_subject *subject)
{
    for (uint32_t i = 0; i < subject->provider->event_count; i++)
        if (describe_is_chosen(subject, subject->provider->events[i]))
            return true;
    return false;
}

/* False if nothing more can be written. */
static bool write_provider(cli_out *out, const describe_subject *subject, bool json, bool first)
{
    cli_text text = {0};
    if (json)
        describe_add_json(&text, subject);
    else
        describe_add_text(&text, subject);
    bool good = !text.failed;
    if (!good)
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    good = good && (first || json || cli_out_write(out, "\n", 1)) &&
           cli_out_write(out, text.data, text.size);
    cli_text_free(&text);
    return good || out->closed;
}

/* Providers without any of the events that are asked for are passed over. */
static bool write_choice(const describe_options *options, const cli_catalog *catalog,
                         const describe_choice *choice)
{
    cli_out out;
    size_t written = 0;
    bool good = cli_out_open(&out, NULL);
    for (size_t i = 0; good && !out.closed && i < choice->count; i++) {
        const describe_subject subject = {catalog, choice->items[i], &options->events};
        if (options->events.count && !has_chosen(&subject))
            continue;
        good = write_provider(&out, &subject, options->json, written++ == 0);
    }
    if (cli_out_close(&out) != CLI_EXIT_OK || !good)
        return false;
    if (written == 0 && options->events.count && choice->count) {
        cli_say("etw describe: no such event\n");
        return false;
    }
    if (written == 0 && !catalog->word_count && !options->common.quiet && !catalog->input.failed)
        cli_say("etw describe: the files describe no events themselves\n");
    return true;
}

static int describe(const describe_options *options, const cli_args *args)
{
    cli_catalog catalog;
    describe_choice choice = {0};
    bool good = cli_catalog_open(&catalog, args, &options->common);
    if (good) {
        choose_all(&choice, &catalog);
        if (cli_catalog_complete(&catalog, choice.items, choice.count)) {
            choice.count = 0;
            choose_all(&choice, &catalog);
        }
        good = write_choice(options, &catalog, &choice) && !choice.failed;
    }
    const int code = cli_catalog_exit_code(&catalog, &options->common, !good);
    free(choice.items);
    cli_catalog_close(&catalog);
    return code;
}

static int run_describe(int argc, char **argv)
{
    describe_options options = {0};
    cli_args args;
    int code = cli_opt_parse(&cli_describe, argc, argv, &options, &args);
    if (code == CLI_GO_ON && args.count == 0) {
        cli_say("etw describe: name at least one PROVIDER or FILE (see 'etw describe --help')\n");
        code = CLI_EXIT_USAGE;
    }
    if (code == CLI_GO_ON)
        code = describe(&options, &args);
    cli_opt_free(&cli_describe, &options, &args);
    return code;
}

const cli_command cli_describe = {
    .name = "describe",
    .summary = "tell what a provider's events, fields and keywords are",
    .usage = "[OPTION]... PROVIDER|FILE...",
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_any_file = true,
    .run = run_describe,
};
