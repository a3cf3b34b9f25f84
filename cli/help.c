/* --help, made from the tables. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

enum {
    HELP_COLUMN = 26,
    HELP_WIDTH = 96
};

/* Prints `text` broken at blanks, lines after the first one indented; the cursor is at `indent`. */
static void print_wrapped(const char *text, size_t indent)
{
    size_t column = indent;
    while (*text) {
        const size_t word = strcspn(text, " ");
        if (column > indent && column + 1 + word > HELP_WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const cli_opt *opt, void *user)
{
    (void)user;
    char left[64];
    const char short_form[] = {'-', opt->letter, ',', ' ', 0};
    const int size =
        snprintf(left, sizeof left, "  %s--%s%s%s", opt->letter ? short_form : "    ", opt->name,
                 opt->argument ? " " : "", opt->argument ? opt->argument : "");
    if (size + 2 > HELP_COLUMN)
        printf("%s\n%*s", left, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, left);
    print_wrapped(opt->help, HELP_COLUMN);
}

/* The paragraphs of `details`, each after an empty line. */
static void print_details(const char *details)
{
    char paragraph[1024];
    while (*details) {
        const char *end = strstr(details, "\n\n");
        const size_t size = end ? (size_t)(end - details) : strlen(details);
        snprintf(paragraph, sizeof paragraph, "%.*s", (int)size, details);
        putchar('\n');
        print_wrapped(paragraph, 0);
        details += size + (end ? 2 : 0);
    }
}

static void print_command_help(const cli_command *command)
{
    const char first = command->summary[0];
    printf("Usage: etw %s %s\n\n%c%s.\n", command->name, command->usage,
           first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first, command->summary + 1);
    if (command->details)
        print_details(command->details);
    printf("\nOptions:\n");
    cli_opt_each(command, print_option, NULL);
    if (command->examples)
        printf("\nExamples:\n");
    for (const cli_example *example = command->examples; example && example->what; example++)
        printf("  # %s\n  %s\n", example->what, example->line);
}

static void print_commands(FILE *out)
{
    fprintf(out, "Usage: etw COMMAND [OPTION]... [OPERAND]...\n\nCommands:\n");
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->summary)
            fprintf(out, "  %-11s%s\n", cli_commands[i]->name, cli_commands[i]->summary);
}

void cli_print_usage(void)
{
    print_commands(stderr);
    fprintf(stderr, "\nSee 'etw --help' and 'etw help COMMAND'.\n");
}

void cli_print_help(const cli_command *command)
{
    if (command) {
        print_command_help(command);
        return;
    }
    printf("etw traces programs by Event Tracing for Windows, and reads its traces (.etl), on any "
           "system.\n\n");
    print_commands(stdout);
    printf("\nOptions:\n  -h, --help      show this help\n  -V, --version   show the version\n"
           "\nExit codes:\n");
    for (const cli_exit_code *row = cli_exit_codes; row->meaning; row++)
        printf("  %d  %s\n", row->code, row->meaning);
    printf("\n'etw help COMMAND' tells all about a command.\n");
}

static int run_help(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        cli_print_help(NULL);
        return CLI_EXIT_OK;
    }
    const cli_command *command = cli_command_find(argv[1]);
    if (!command || !command->summary)
        return cli_command_unknown(argv[1]);
    cli_print_help(command);
    return CLI_EXIT_OK;
}

const cli_command cli_help = {
    .name = "help",
    .summary = "tell about a command",
    .usage = "[COMMAND]",
    .run = run_help,
};
