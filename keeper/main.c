/*
 * etw-keeper FOLDER: copies the buffers of a session, whose folder that is, into its log file until
 * the session is stopped. Started by the library, in a process of its own; see engine/keeper.h.
 */
#include "engine/keeper.h"
#include "os/program.h"

static void ready(void *user)
{
    etwi_program_ready(*(const int *)user);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    int token = etwi_program_detach();
    if (token < 0)
        return 1;
    return etwi_keeper_main(arguments[1], ready, &token, NULL) == ETW_OK ? 0 : 1;
}
