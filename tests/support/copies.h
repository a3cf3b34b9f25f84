/* Runs of the test program itself, as processes of their own. */
#ifndef ETW_TEST_COPIES_H
#define ETW_TEST_COPIES_H

#include <etw/base.h>

enum {
    COPIES_MAX = 16
};

/* Starts that many copies with one argument at once and waits for them. How many exited with 0. */
unsigned copies_run(const char *program, const char *argument, unsigned count);

#endif
