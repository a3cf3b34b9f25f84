/* Colors for people: only on a terminal, unless it is asked for. */
#ifndef ETW_CLI_COLOR_H
#define ETW_CLI_COLOR_H

#include <etw/base.h>

typedef enum cli_color_when {
    CLI_COLOR_AUTO,
    CLI_COLOR_ALWAYS,
    CLI_COLOR_NEVER,
} cli_color_when;

/* What to write before a thing, and after it; all empty where there are no colors. */
typedef struct cli_colors {
    etw_str time;
    etw_str event;
    etw_str property;
    etw_str error;
    etw_str levels[6]; /* Of events, from 0 to verbose. */
    etw_str end;
} cli_colors;

/*
 * The colors to use for an output. CLI_COLOR_AUTO follows the environment (no-color.org,
 * bixense.com/clicolors): NO_COLOR forbids them, CLICOLOR_FORCE wants them everywhere, and else
 * they are for terminals that are not dumb.
 */
const cli_colors *cli_colors_for(cli_color_when when, bool is_terminal);

/* The color of a level. */
etw_str cli_level_color(const cli_colors *colors, unsigned level);

#endif
