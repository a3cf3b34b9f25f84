/* The traces that a command reads: its operands, opened in one consumer. */
#ifndef ETW_CLI_INPUT_H
#define ETW_CLI_INPUT_H

#include "cmd.h"
#include "paths.h"

#include <etw/consumer.h>

typedef struct cli_input {
    cli_paths paths;
    etw_schema_store *schemas; /* Of the consumer. */
    etw_consumer *consumer;    /* NULL if it could not be made. */
    bool failed;               /* Some file could not be read; it has been said. */
    bool schemas_said;         /* What is wrong with --schema has been said. */
    bool only_traces;          /* No schemas but those of the traces. */
    bool ignores_environment;  /* No schemas from ETW_SCHEMA_PATH. */
} cli_input;

/* Expands the operands. False with a usage error if there are none. */
bool cli_input_expand(cli_input *input, const cli_command *command, const cli_args *args,
                      const cli_common *common);

/* Makes a consumer and adds the paths from `first` to before `end`. False if none could be. */
bool cli_input_open(cli_input *input, const cli_common *common, etw_order order, size_t first,
                    size_t end);

/* The next events; false at the end and after a failure, which is said. */
bool cli_input_next(cli_input *input, const etw_batch **batch);

/* Ends the consumer, so that others of the paths can be opened. */
void cli_input_end(cli_input *input);

void cli_input_close(cli_input *input);

/* FILETIME of an option: relative times count from the earliest start of the traces. */
uint64_t cli_input_time(const cli_input *input, const cli_time *time);

#endif
