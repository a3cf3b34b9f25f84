/* The etw command: the table of its commands, and dispatch. */
#include "cmd.h"

#include "os.h"
#include "say.h"
#include "suggest.h"

#include <etw/base.h>

#include <stdio.h>
#include <string.h>

const cli_command *const cli_commands[] = {
    &cli_dump,   &cli_info,  &cli_stats,    &cli_providers, &cli_describe,
    &cli_schema, &cli_trace, &cli_record,   &cli_sessions,  &cli_emit,
    &cli_help,   &cli_man,   &cli_complete, NULL,
};

const cli_exit_code cli_exit_codes[] = {
    {CLI_EXIT_OK, "everything asked for was done"},
    {CLI_EXIT_FAILED,
     "a file or session could not be read, a provider is not known, or output could not be "
     "written"},
    {CLI_EXIT_USAGE, "the command line is wrong"},
    {CLI_EXIT_STRICT, "with --strict: events were lost, damaged or not decoded"},
    {0, NULL},
};

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "an unknown compiler"
#endif

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

int cli_command_unknown(const char *name)
{
    cli_suggest suggest;
    cli_suggest_begin(&suggest, (etw_str){name, strlen(name)});
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->summary)
            cli_suggest_add_z(&suggest, cli_commands[i]->name);
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    cli_say("etw: unknown command '%s'%s (see 'etw --help')\n", name,
            cli_suggest_text(&suggest, "", nearest));
    return CLI_EXIT_USAGE;
}

static int print_version(void)
{
    printf("etw %d.%d.%d (library %s, built with %s)\n", ETW_VERSION_MAJOR, ETW_VERSION_MINOR,
           ETW_VERSION_PATCH, etw_version(), COMPILER);
    return CLI_EXIT_OK;
}

static int print_main_help(void)
{
    cli_print_help(NULL);
    return CLI_EXIT_OK;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        cli_print_usage();
        return CLI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_main_help();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return print_version();
    if (argv[1][0] == '-') {
        cli_say("etw: unknown option '%s' before a command (see 'etw --help')\n", argv[1]);
        return CLI_EXIT_USAGE;
    }
    const cli_command *command = cli_command_find(argv[1]);
    return command ? command->run(argc - 1, argv + 1) : cli_command_unknown(argv[1]);
}

int cli_main(int argc, char **argv)
{
    const int code = dispatch(argc, argv);
    // What was not taken before is not flushed again.
    const bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    return is_written || code != CLI_EXIT_OK ? code : cli_stdout_failed();
}
