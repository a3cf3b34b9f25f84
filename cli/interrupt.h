/*
 * Ctrl-C, and other ways of asking a command to end, for commands that have to clean up. The first
 * one is noted, the second one kills.
 */
#ifndef ETW_CLI_INTERRUPT_H
#define ETW_CLI_INTERRUPT_H

#include <etw/base.h>

/* From now on signals do not end the process by themselves. */
void cli_interrupt_catch(void);

/* What the first one calls, in its handler; NULL for nothing. If there was one already, it is
 * called here. */
void cli_interrupt_call(void (*wake)(void *user), void *user);

bool cli_interrupted(void);

#endif
