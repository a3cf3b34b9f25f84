#include "children.h"

#include <stdio.h>

int child_of_fork(void (*run)(void))
{
    (void)run;
    printf("SKIPPED: there are no forks\n");
    return 0;
}
