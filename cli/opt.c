#include "opt.h"

#include "cmd.h"
#include "say.h"
#include "suggest.h"

#include <etw/status.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The order is that of cli_common_from: the last ones are for every command. */
static const cli_opt common_options[] = {
    [CLI_COMMON_FILES] = {"recursive", 'r', CLI_OPT_FLAG, offsetof(cli_common, recursive), NULL,
                          "look for .etl files in the folders of folders too", NULL},
    {"threads", 0, CLI_OPT_NUMBER, offsetof(cli_common, threads), "N",
     "threads that work at a time; output does not depend on it (default: one for each processor)",
     NULL},
    {"memory", 0, CLI_OPT_SIZE, offsetof(cli_common, memory), "SIZE",
     "hold at most SIZE of trace buffers at a time (default: 128M)", NULL},
    [CLI_COMMON_EVENTS] = {"strict", 0, CLI_OPT_FLAG, offsetof(cli_common, strict), NULL,
                           "exit with 3 if events were lost, damaged or not decoded", NULL},
    [CLI_COMMON_SCHEMAS] = {"schema", 0, CLI_OPT_TEXTS, offsetof(cli_common, schemas), "PATH",
                            "use the schemas in PATH too: a manifest, an executable file with one, "
                            "a TMF or PDB file, a pack, or a folder of them; may be repeated; ':' "
                            "separates several, also in the variable ETW_SCHEMA_PATH",
                            NULL},
    [CLI_COMMON_ALL] = {"quiet", 'q', CLI_OPT_FLAG, offsetof(cli_common, quiet), NULL,
                        "no progress bar, and no summary of losses", NULL},
    {"help", 'h', CLI_OPT_FLAG, offsetof(cli_common, help), NULL, "show this help", NULL},
    {0},
};

/* The state of parsing one command line. */
typedef struct opt_parser {
    const cli_command *command;
    char *options;
    int argc;
    char **argv;
    int next; /* The argument to look at. */
    bool failed;
} opt_parser;

void cli_opt_each(const cli_command *command, void (*use)(const cli_opt *opt, void *user),
                  void *user)
{
    for (const cli_opt *opt = command->options; opt && opt->name; opt++)
        use(opt, user);
    for (const cli_opt *opt = &common_options[command->common]; opt->name; opt++)
        use(opt, user);
}

static const cli_opt *find_in(const cli_opt *table, etw_str name)
{
    for (; table && table->name; table++)
        if (strlen(table->name) == name.size && memcmp(table->name, name.data, name.size) == 0)
            return table;
    return NULL;
}

const cli_opt *cli_opt_find(const cli_command *command, etw_str name)
{
    const cli_opt *opt = find_in(command->options, name);
    return opt ? opt : find_in(&common_options[command->common], name);
}

static const cli_opt *find_letter(const cli_command *command, char letter)
{
    for (const cli_opt *opt = command->options; opt && opt->name; opt++)
        if (opt->letter == letter)
            return opt;
    for (const cli_opt *opt = &common_options[command->common]; opt->name; opt++)
        if (opt->letter == letter)
            return opt;
    return NULL;
}

static void suggest_option(const cli_opt *opt, void *user)
{
    cli_suggest_add_z((cli_suggest *)user, opt->name);
}

static void fail_unknown(opt_parser *parser, const char *argument)
{
    char name[64];
    snprintf(name, sizeof name, "%s", argument + strspn(argument, "-"));
    name[strcspn(name, "=")] = 0;
    cli_suggest suggest;
    cli_suggest_begin(&suggest, (etw_str){name, strlen(name)});
    cli_opt_each(parser->command, suggest_option, &suggest);
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    const char *command = parser->command->name;
    cli_say("etw %s: unknown option '%s'%s (see 'etw %s --help')\n", command, argument,
            cli_suggest_text(&suggest, "--", nearest), command);
    parser->failed = true;
}

static void fail_value(opt_parser *parser, const cli_opt *opt, const char *value,
                       const char *wanted)
{
    cli_say("etw %s: '%s' is no value for --%s: %s\n", parser->command->name, value, opt->name,
            wanted);
    parser->failed = true;
}

static void add_to_list(opt_parser *parser, cli_list *list, const char *value,
                        const char *separators)
{
    for (const char *at = value;;) {
        const size_t size = strcspn(at, separators);
        if (size > 0) {
            etw_str *items = realloc(list->items, (list->count + 1) * sizeof *items);
            if (!items) {
                cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
                parser->failed = true;
                return;
            }
            list->items = items;
            items[list->count++] = (etw_str){at, size};
        }
        if (!at[size])
            return;
        at += size + 1;
    }
}

static void set_choice(opt_parser *parser, const cli_opt *opt, const char *value)
{
    cli_suggest suggest;
    cli_suggest_begin(&suggest, (etw_str){value, strlen(value)});
    for (unsigned i = 0; opt->choices[i]; i++) {
        if (strcmp(opt->choices[i], value) == 0) {
            memcpy(parser->options + opt->offset, &i, sizeof i);
            return;
        }
        cli_suggest_add_z(&suggest, opt->choices[i]);
    }
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    cli_say("etw %s: '%s' is no value for --%s (%s)%s\n", parser->command->name, value, opt->name,
            opt->argument, cli_suggest_text(&suggest, "", nearest));
    parser->failed = true;
}

/* Stores a value; NULL for flags. */
static void set_value(opt_parser *parser, const cli_opt *opt, const char *value)
{
    void *slot = parser->options + opt->offset;
    switch (opt->kind) {
    case CLI_OPT_FLAG:
        *(bool *)slot = true;
        break;
    case CLI_OPT_TEXT:
        *(const char **)slot = value;
        break;
    case CLI_OPT_NUMBER:
        if (!cli_parse_number(value, slot))
            fail_value(parser, opt, value, "a number such as 100 is needed");
        break;
    case CLI_OPT_SIZE:
        if (!cli_parse_size(value, slot))
            fail_value(parser, opt, value, "a size such as 512K, 64M or 2G is needed");
        break;
    case CLI_OPT_DURATION:
        if (!cli_parse_duration(value, slot))
            fail_value(parser, opt, value, "a duration such as 250ms, 1.5s or 2m is needed");
        break;
    case CLI_OPT_TIME:
        if (!cli_parse_time(value, slot))
            fail_value(parser, opt, value,
                       "a time such as 2026-11-22T18:04:05Z, 1.5s after the start, or a FILETIME "
                       "is needed");
        break;
    case CLI_OPT_CHOICE:
        set_choice(parser, opt, value);
        break;
    case CLI_OPT_LIST:
        add_to_list(parser, slot, value, ",");
        break;
    case CLI_OPT_TEXTS:
        add_to_list(parser, slot, value, "");
        break;
    }
}

/* The value of an option that has none attached: the next argument. */
static void set_from_next(opt_parser *parser, const cli_opt *opt)
{
    if (parser->next >= parser->argc) {
        cli_say("etw %s: --%s needs a value: %s\n", parser->command->name, opt->name,
                opt->argument);
        parser->failed = true;
        return;
    }
    set_value(parser, opt, parser->argv[parser->next++]);
}

static void parse_long(opt_parser *parser, const char *argument)
{
    const char *name = argument + 2;
    const size_t size = strcspn(name, "=");
    const cli_opt *opt = cli_opt_find(parser->command, (etw_str){name, size});
    if (!opt) {
        fail_unknown(parser, argument);
    } else if (opt->kind == CLI_OPT_FLAG) {
        if (name[size] == '=')
            fail_value(parser, opt, name + size + 1, "the option takes none");
        else
            set_value(parser, opt, NULL);
    } else if (name[size] == '=') {
        set_value(parser, opt, name + size + 1);
    } else {
        set_from_next(parser, opt);
    }
}

/* -q, -qr, -c5, -c 5. */
static void parse_letters(opt_parser *parser, const char *argument)
{
    for (const char *at = argument + 1; *at && !parser->failed; at++) {
        const cli_opt *opt = find_letter(parser->command, *at);
        if (!opt) {
            fail_unknown(parser, argument);
        } else if (opt->kind == CLI_OPT_FLAG) {
            set_value(parser, opt, NULL);
        } else if (at[1]) {
            set_value(parser, opt, at + 1);
            return;
        } else {
            set_from_next(parser, opt);
        }
    }
}

int cli_opt_parse(const cli_command *command, int argc, char **argv, void *options, cli_args *args)
{
    opt_parser parser = {command, options, argc, argv, 1, false};
    *args = (cli_args){malloc((size_t)argc * sizeof *args->items), 0};
    if (!args->items) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        return CLI_EXIT_FAILED;
    }
    bool only_operands = false;
    while (parser.next < argc && !parser.failed) {
        const char *argument = argv[parser.next++];
        if (only_operands || argument[0] != '-' || argument[1] == 0)
            args->items[args->count++] = argument;
        else if (strcmp(argument, "--") == 0)
            only_operands = true;
        else if (argument[1] == '-')
            parse_long(&parser, argument);
        else
            parse_letters(&parser, argument);
    }
    if (parser.failed)
        return CLI_EXIT_USAGE;
    if (((const cli_common *)options)->help) {
        cli_print_help(command);
        return CLI_EXIT_OK;
    }
    return CLI_GO_ON;
}

static void free_list(const cli_opt *opt, void *user)
{
    if (opt->kind == CLI_OPT_LIST || opt->kind == CLI_OPT_TEXTS)
        free(((cli_list *)(void *)((char *)user + opt->offset))->items);
}

void cli_opt_free(const cli_command *command, void *options, cli_args *args)
{
    cli_opt_each(command, free_list, options);
    free(args->items);
    *args = (cli_args){0};
}
