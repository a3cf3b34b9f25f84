#include "children.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int child_of_fork(void (*run)(void))
{
    int how = -1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how))
        return -1;
    return WEXITSTATUS(how);
}
