/* Running other programs. */
#ifndef ETWI_OS_PROGRAM_H
#define ETWI_OS_PROGRAM_H

#include "os/os.h"

/*
 * Runs a program to its end, without input and output and with no signal blocked. `arguments`
 * begins with its name and ends with NULL.
 *
 * `*exit_code` is what it ended with, or -1 if it cannot be told. ETW_E_NOT_FOUND if there is no
 * such program.
 */
etw_status etwi_program_run(const char *path, const char *const *arguments, int *exit_code,
                            etw_error *error);

/* A variable of the environment that says what to run or where to store things; NULL if it is not
 * set, and in programs that have more rights than who started them. */
const char *etwi_trusted_variable(const char *name);

/*
 * Goes on in a process of its own that has left the session of terminals, the folder and all files
 * of the one that called, which waits until the new one says whether it is ready.
 *
 * Returns in the new process only, with what to call etwi_program_ready() with; -1 if there is
 * none. The old one ends, with exit code 0 if the new one was ready.
 */
int etwi_program_detach(void);
void etwi_program_ready(int token);

#endif
