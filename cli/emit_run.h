/* Writing the events of `etw emit`. */
#ifndef ETW_CLI_EMIT_RUN_H
#define ETW_CLI_EMIT_RUN_H

#include "emit_event.h"

typedef struct emit_run {
    etw_provider *provider;
    const char *name;     /* Of the provider. */
    uint64_t repetitions; /* Of each event. */
    uint64_t rate;        /* Events a second; 0: without pause. */
    int64_t wait_until_ms;
    int64_t start_ms;
    bool is_enabled; /* Somebody wanted an event, which is waited for once. */
    uint64_t written;
    uint64_t lost;     /* There was no room for them. */
    uint64_t unwanted; /* Nobody wanted them. */
    bool failed;       /* It has been said. */
} emit_run;

/* Registers a provider by its name or its GUID. False, having said why, if that failed. */
bool cli_emit_open(emit_run *run, const char *provider, uint64_t wait_ms);

/* Writes an event as often as it shall be, once somebody wants it. False if that failed, which was
 * said. */
bool cli_emit_write(emit_run *run, emit_event *event);

void cli_emit_close(emit_run *run);

#endif
