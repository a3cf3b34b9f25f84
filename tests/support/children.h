/* Processes that tests make of themselves. */
#ifndef ETW_TEST_CHILDREN_H
#define ETW_TEST_CHILDREN_H

/* Runs something in the child of a fork; what it exits with, or -1. 0 as well where there are no
 * forks, which is printed. */
int child_of_fork(void (*run)(void));

/* Runs this program again with other arguments, which end with NULL; what it exits with, or -1. Its
 * output is not seen. */
int child_again(const char *const *arguments);

#endif
