/*
 * What the commands about providers look at: what the files among the operands describe, or, if
 * there are none, all that is known. The other operands are words that choose providers.
 */
#ifndef ETW_CLI_CATALOG_H
#define ETW_CLI_CATALOG_H

#include "input.h"
#include "text.h"

#include <etw/provider_info.h>

typedef struct cli_catalog {
    cli_input input;
    etw_provider_list *list;
    const char **words; /* Operands that name no file; in an array of its own. */
    size_t word_count;
    bool has_files;
} cli_catalog;

/* Reads the files. False if there is no list to show; it has been said. */
bool cli_catalog_open(cli_catalog *catalog, const cli_args *args, const cli_common *common);

/* Asks the operating system for the events of providers that it knows. True if that brought
 * something: then `list` is another one, and `providers` are gone with the old one. */
bool cli_catalog_complete(cli_catalog *catalog, const etw_provider_info *const *providers,
                          size_t count);

void cli_catalog_close(cli_catalog *catalog);

/* Whether all of a text is like a pattern, in which * stands for any text and ? for a character;
 * letters in any case. */
bool cli_is_like(etw_str text, const char *pattern);

/* Whether a word has * or ? in it. */
bool cli_is_pattern(const char *word);

/* Whether a provider's name or GUID is like a pattern. */
bool cli_provider_is_like(const etw_provider_info *provider, const char *pattern);

/* The sources that describe a provider by name: "man", …, "system"; "known" if there is nothing but
 * its name, or with `all` whenever its name is well known. */
void cli_each_source(const etw_provider_info *provider, bool all,
                     void (*use)(const char *name, void *user), void *user);

/* What a command exits with at its end. */
int cli_catalog_exit_code(const cli_catalog *catalog, const cli_common *common, bool failed);

#endif
