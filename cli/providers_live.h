/* The providers that processes have registered now. */
#ifndef ETW_CLI_PROVIDERS_LIVE_H
#define ETW_CLI_PROVIDERS_LIVE_H

#include "opt.h"

/* Lists those that match one of the patterns, or all if there is none. The exit code. */
int cli_providers_live(const cli_args *patterns, bool json, bool quiet);

#endif
