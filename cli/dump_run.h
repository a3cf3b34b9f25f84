/* What `etw dump` reads, and reading it. */
#ifndef ETW_CLI_DUMP_RUN_H
#define ETW_CLI_DUMP_RUN_H

#include "cmd.h"
#include "dump_style.h"
#include "input.h"
#include "out.h"

typedef struct dump_options {
    cli_common common; /* Must be first. */
    dump_style style;
    bool unordered;
    uint64_t tail; /* UINT64_MAX: all. */
    cli_time begin;
    cli_time end;
    uint64_t duration;
    cli_filter_options filter;
} dump_options;

/* Formats the events of an input and writes them. False if that ended early, which was said, or if
 * the reader of the output has gone. */
bool dump_run(const dump_options *options, const cli_filter *filter, cli_input *input, cli_out *out,
              etw_json_stats *counts);

#endif
