#include "os.h"

#include <signal.h>

int main(int argc, char **argv)
{
    // A reader that has seen enough, like head, is no failure: writing then says EPIPE.
    signal(SIGPIPE, SIG_IGN);
    return cli_main(argc, argv);
}
