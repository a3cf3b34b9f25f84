/* What `etw record` is asked for, and doing it. */
#ifndef ETW_CLI_RECORD_RUN_H
#define ETW_CLI_RECORD_RUN_H

#include "live.h"

typedef struct record_options {
    cli_common common; /* Must be first. */
    const char *path;
    const char *session;
    uint64_t duration; /* 100 ns; 0: without end. */
    uint64_t count;    /* UINT64_MAX: without end. */
    uint64_t maximum_size;
    bool circular;
    bool append;
    bool compress;
    const char *rotate;    /* As given. */
    uint64_t rotate_size;  /* Of `rotate`. */
    uint64_t rotate_count; /* 0: all are kept. */
    cli_setup setup;
} record_options;

/* The exit code. */
int cli_record_run(const record_options *options, const cli_args *args);

#endif
