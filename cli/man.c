/* `etw __man [COMMAND]`: the man page, made from the tables. */
#include "cmd.h"

#include "say.h"

#include <stdio.h>
#include <string.h>

/* Text with what troff would take for a request or a hyphen escaped. */
static void print_escaped(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (text[0] == '\n' && text[1] == '\n')
            fputs("\n.PP\n", stdout), text++;
        else
            putchar(*text);
    }
}

static void print_line(const char *text)
{
    print_escaped(text);
    putchar('\n');
}

static void print_option(const cli_opt *opt, void *user)
{
    (void)user;
    printf(".TP\n");
    if (opt->letter)
        printf("\\fB\\-%c\\fR, ", opt->letter);
    printf("\\fB\\-\\-");
    print_escaped(opt->name);
    printf("\\fR");
    if (opt->argument) {
        printf(" \\fI");
        print_escaped(opt->argument);
        printf("\\fR");
    }
    putchar('\n');
    print_line(opt->help);
}

static void print_examples(const cli_example *example)
{
    if (example)
        printf(".SH EXAMPLES\n");
    for (; example && example->what; example++) {
        printf(".PP\n");
        print_escaped(example->what);
        printf(":\n.PP\n.nf\n.RS\n");
        print_line(example->line);
        printf(".RE\n.fi\n");
    }
}

static void print_exit_codes(void)
{
    printf(".SH EXIT STATUS\n");
    for (const cli_exit_code *row = cli_exit_codes; row->meaning; row++) {
        printf(".TP\n\\fB%d\\fR\n", row->code);
        print_line(row->meaning);
    }
}

static void print_command_page(const cli_command *command)
{
    char title[32];
    snprintf(title, sizeof title, "ETW-%s", command->name);
    for (char *at = title; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    printf(".TH ");
    print_escaped(title);
    printf(" 1 \"\" \"libetw\"\n.SH NAME\netw\\-%s \\- ", command->name);
    print_line(command->summary);
    printf(".SH SYNOPSIS\n\\fBetw %s\\fR ", command->name);
    print_line(command->usage);
    printf(".SH DESCRIPTION\n");
    print_line(command->details);
    printf(".SH OPTIONS\n");
    cli_opt_each(command, print_option, NULL);
    print_examples(command->examples);
    print_exit_codes();
    printf(".SH SEE ALSO\n\\fBetw\\fR(1)");
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i] != command && cli_commands[i]->details)
            printf(", \\fBetw\\-%s\\fR(1)", cli_commands[i]->name);
    putchar('\n');
}

static void print_main_page(void)
{
    printf(
        ".TH ETW 1 \"\" \"libetw\"\n.SH NAME\n"
        "etw \\- Event Tracing for Windows: trace programs, and read traces\n"
        ".SH SYNOPSIS\n\\fBetw\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...\n"
        ".SH DESCRIPTION\n"
        "etw decodes the .etl files that Windows' tracing sessions write, on any system, and\n"
        "has sessions of its own where there is no Windows: programs write events, and it prints\n"
        "or records them.\n"
        "Data goes to standard output, everything else to standard error.\n"
        ".SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->summary)
            continue;
        printf(".TP\n\\fB%s\\fR\n", cli_commands[i]->name);
        print_line(cli_commands[i]->summary);
    }
    printf(".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow a summary of the commands\n"
           ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\nshow the version and the compiler\n");
    print_exit_codes();
    printf(".SH SEE ALSO\n");
    const char *comma = "";
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->details)
            continue;
        printf("%s\\fBetw\\-%s\\fR(1)", comma, cli_commands[i]->name);
        comma = ", ";
    }
    putchar('\n');
}

static int run_man(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "etw") == 0) {
        print_main_page();
        return CLI_EXIT_OK;
    }
    const cli_command *command = cli_command_find(argv[1]);
    if (!command || !command->details)
        return cli_command_unknown(argv[1]);
    print_command_page(command);
    return CLI_EXIT_OK;
}

const cli_command cli_man = {.name = "__man", .run = run_man};
