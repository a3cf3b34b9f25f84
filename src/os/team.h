/* A team: the same work done by several threads, the caller's among them. */
#ifndef ETWI_OS_TEAM_H
#define ETWI_OS_TEAM_H

#include "os/os.h"

enum {
    ETWI_TEAM_MAX = 64
};

/*
 * Runs `work(user, n)` in up to `threads` threads, with n from 0 (the caller) on, and returns when
 * all are done. Fewer threads run if the system has no more; the work must not depend on it.
 */
void etwi_team_run(unsigned threads, void (*work)(void *user, unsigned member), void *user);

#endif
