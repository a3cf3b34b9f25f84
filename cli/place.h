/* Showing what is wrong with something that the user wrote. */
#ifndef ETW_CLI_PLACE_H
#define ETW_CLI_PLACE_H

#include <etw/base.h>

/* Says the line, and a caret below the place that is wrong: byte `offset`. */
void cli_say_place(etw_str line, size_t offset);

#endif
