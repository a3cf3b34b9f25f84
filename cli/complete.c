/* `etw __complete bash|zsh|fish`: the completion script, made from the tables. */
#include "cmd.h"

#include "say.h"

#include <stdio.h>
#include <string.h>

static void print_command_names(void)
{
    const char *blank = "";
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->summary)
            continue;
        printf("%s%s", blank, cli_commands[i]->name);
        blank = " ";
    }
}

/* Text between single quotes; zsh wants brackets and colons escaped too. */
static void print_quoted(const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(escaped, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_verbs(const cli_command *command)
{
    for (size_t i = 0; command->verbs[i]; i++)
        printf("%s%s", i ? " " : "", command->verbs[i]);
}

static void print_choices(const cli_opt *opt)
{
    for (size_t i = 0; opt->choices[i]; i++)
        printf("%s%s", i ? " " : "", opt->choices[i]);
}

static void bash_option(const cli_opt *opt, void *user)
{
    (void)user;
    printf(" --%s%s", opt->name, opt->kind == CLI_OPT_FLAG ? "" : "=");
}

static void bash_choices(const cli_opt *opt, void *user)
{
    const cli_command *command = user;
    if (opt->kind != CLI_OPT_CHOICE)
        return;
    printf("    %s:--%s", command->name, opt->name);
    if (opt->letter)
        printf("|%s:-%c", command->name, opt->letter);
    printf(") COMPREPLY=($(compgen -W '");
    print_choices(opt);
    printf("' -- \"$word\")); return ;;\n");
}

static void print_bash(void)
{
    printf("# bash completion of etw\n"
           "_etw() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '");
    print_command_names();
    printf(" --help --version' -- \"$word\")); return; fi\n"
           "  case ${COMP_WORDS[1]}:$previous in\n");
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->summary)
            cli_opt_each(cli_commands[i], bash_choices, (void *)(uintptr_t)cli_commands[i]);
    printf("  esac\n  local options= other='!*.@(etl|ETL)'\n  case ${COMP_WORDS[1]} in\n"
           "    help) COMPREPLY=($(compgen -W '");
    print_command_names();
    printf("' -- \"$word\")); return ;;\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->details)
            continue;
        printf("    %s) options='", cli_commands[i]->name);
        cli_opt_each(cli_commands[i], bash_option, NULL);
        printf("'%s%s", cli_commands[i]->takes_any_file ? " other=" : "",
               cli_commands[i]->takes_no_file ? " other='*'" : "");
        if (cli_commands[i]->verbs) {
            printf("\n      if ((COMP_CWORD == 2)) && [[ $word != -* ]]; then "
                   "COMPREPLY=($(compgen -W '");
            print_verbs(cli_commands[i]);
            printf("' -- \"$word\")); return; fi");
        }
        printf(" ;;\n");
    }
    printf("  esac\n"
           "  if [[ $word == -* ]]; then\n"
           "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
           "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
           "  elif [[ $other != '*' ]]; then\n"
           "    compopt -o filenames\n"
           "    COMPREPLY=($(compgen -f -X \"$other\" -- \"$word\") $(compgen -d -- "
           "\"$word\"))\n"
           "  fi\n}\n"
           "shopt -s extglob\n"
           "complete -F _etw etw\n");
}

static bool is_path(const cli_opt *opt)
{
    return strcmp(opt->argument, "FILE") == 0 || strcmp(opt->argument, "PATH") == 0;
}

static void zsh_value(const cli_opt *opt)
{
    if (opt->kind == CLI_OPT_FLAG)
        return;
    printf(":");
    print_quoted(opt->argument, "[]:");
    if (opt->kind == CLI_OPT_CHOICE) {
        printf(":(");
        print_choices(opt);
        printf(")");
    } else if (is_path(opt)) {
        printf(":_files");
    } else {
        printf(": ");
    }
}

static void zsh_option(const cli_opt *opt, void *user)
{
    (void)user;
    const char *star = opt->kind == CLI_OPT_LIST || opt->kind == CLI_OPT_TEXTS ? "*" : "";
    const char *equals = opt->kind == CLI_OPT_FLAG ? "" : "=";
    printf(" \\\n        '%s--%s%s[", star, opt->name, equals);
    print_quoted(opt->help, "[]:");
    printf("]");
    zsh_value(opt);
    printf("'");
    if (!opt->letter)
        return;
    printf(" \\\n        '%s-%c[", star, opt->letter);
    print_quoted(opt->help, "[]:");
    printf("]");
    zsh_value(opt);
    printf("'");
}

/* What an operand is, for _arguments. */
static const char *zsh_operand(const cli_command *command)
{
    if (command->takes_no_file)
        return "name: ";
    return command->takes_any_file ? "file:_files" : "trace:_files -g \"*.(etl|ETL)\"";
}

static void print_zsh(void)
{
    printf("#compdef etw\n# zsh completion of etw\n"
           "_etw() {\n"
           "  local -a commands\n  commands=(\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->summary)
            continue;
        printf("    '%s:", cli_commands[i]->name);
        print_quoted(cli_commands[i]->summary, "");
        printf("'\n");
    }
    printf("  )\n"
           "  if ((CURRENT == 2)); then _describe command commands; return; fi\n"
           "  local command=$words[2]\n"
           "  shift words; ((CURRENT--))\n"
           "  case $command in\n    help) _describe command commands ;;\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!cli_commands[i]->details)
            continue;
        printf("    %s)\n      _arguments", cli_commands[i]->name);
        cli_opt_each(cli_commands[i], zsh_option, NULL);
        if (cli_commands[i]->verbs) {
            printf(" \\\n        '1:verb:(");
            print_verbs(cli_commands[i]);
            printf(")'");
        }
        printf(" \\\n        '*:%s' ;;\n", zsh_operand(cli_commands[i]));
    }
    printf("  esac\n}\n_etw \"$@\"\n");
}

static void fish_option(const cli_opt *opt, void *user)
{
    const cli_command *command = user;
    printf("complete -c etw -n '__fish_seen_subcommand_from %s' -l %s", command->name, opt->name);
    if (opt->letter)
        printf(" -s %c", opt->letter);
    if (opt->kind == CLI_OPT_CHOICE) {
        printf(" -x -a '");
        print_choices(opt);
        printf("'");
    } else if (opt->kind != CLI_OPT_FLAG) {
        printf(is_path(opt) ? " -r" : " -x");
    }
    printf(" -d '");
    print_quoted(opt->help, "");
    printf("'\n");
}

static void print_fish(void)
{
    printf("# fish completion of etw\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const cli_command *command = cli_commands[i];
        if (!command->summary)
            continue;
        printf("complete -c etw -f -n __fish_use_subcommand -a %s -d '", command->name);
        print_quoted(command->summary, "");
        printf("'\n");
        if (command->verbs) {
            printf("complete -c etw -n '__fish_seen_subcommand_from %s' -a '", command->name);
            print_verbs(command);
            printf("'\n");
        }
        if (command->takes_no_file)
            printf("complete -c etw -f -n '__fish_seen_subcommand_from %s'\n", command->name);
        if (command->details)
            cli_opt_each(command, fish_option, (void *)(uintptr_t)command);
    }
    printf("complete -c etw -n '__fish_seen_subcommand_from help' -f -a '");
    print_command_names();
    printf("'\n");
}

static int run_complete(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "bash") == 0)
        print_bash();
    else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
        print_zsh();
    else if (argc == 2 && strcmp(argv[1], "fish") == 0)
        print_fish();
    else {
        cli_say("etw __complete: name one shell: bash, zsh or fish\n");
        return CLI_EXIT_USAGE;
    }
    return CLI_EXIT_OK;
}

const cli_command cli_complete = {.name = "__complete", .run = run_complete};
