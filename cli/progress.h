/*
 * The progress bar. It shows itself only if stderr is a terminal and the work lasts longer than
 * half a second. There is one terminal, so there is one bar.
 */
#ifndef ETW_CLI_PROGRESS_H
#define ETW_CLI_PROGRESS_H

#include <etw/base.h>

/* Allows the bar to appear; without this the other functions do nothing. */
void cli_progress_start(void);

/* For etw_consumer_options.on_progress. */
void cli_progress_update(void *user, uint64_t done, uint64_t total);

/* Takes the bar off the screen until the next update. */
void cli_progress_clear(void);

#endif
