/* What commands that start a session share: its life, and what it says at its end. */
#ifndef ETW_CLI_LIVE_H
#define ETW_CLI_LIVE_H

#include "setup.h"
#include "specs.h"

/* A session that a command has started, or adopted. */
typedef struct cli_live {
    etw_session_options options; /* To start it with. */
    etw_session *session;        /* NULL if there is none, or none any more. */
    const char *name;
    char made_name[48]; /* If none was given. */
    bool is_adopted;    /* It was there before, and goes on afterwards. */
    cli_specs specs;
    int64_t start_ms;
    etw_session_info info; /* The last counters that are known. */
    bool was_stopped;      /* By somebody else, so that the very last ones are not. */
} cli_live;

/* Starts the session, whose providers are enabled by cli_specs_enable(). Without a name in the
 * options the command's name and the number of its process make one up. False, having said why, if
 * that failed. */
bool cli_live_start(cli_live *live, const cli_command *command);

/* Asks for the counters. False if the session is there no more. */
bool cli_live_query(cli_live *live);

/* Stops the session, which may be stopped already, unless it was adopted. False, having said why,
 * if it cannot be. */
bool cli_live_stop(cli_live *live);

/* Whether anything was lost, by the last counters. */
bool cli_live_lost(const cli_live *live);

/* "etw: NAME: 1000 events in 3.2 s, none lost", and one line for each kind of loss. */
void cli_live_say(const cli_live *live, const char *name, uint64_t events);

void cli_live_close(cli_live *live);

#endif
