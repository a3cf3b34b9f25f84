#include "color.h"

#include "os.h"

#include <string.h>

#define TEXT(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define SGR(code) TEXT("\033[" code "m")

enum {
    LEVEL_COUNT = sizeof((cli_colors *)0)->levels / sizeof(etw_str)
};

static const cli_colors plain;

/* Of the sixteen colors of all terminals, those that can be read on light and on dark. */
static const cli_colors colored = {
    .time = SGR("2"),
    .event = SGR("1"),
    .property = SGR("36"),
    .error = SGR("31"),
    .levels = {TEXT(""), SGR("1;31"), SGR("31"), SGR("33"), SGR("32"), SGR("2")},
    .end = SGR("0"),
};

static bool is_set(const char *name)
{
    const char *value = cli_os_variable(name);
    return value && *value;
}

static bool is_wanted(bool is_terminal)
{
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("CLICOLOR_FORCE") && strcmp(cli_os_variable("CLICOLOR_FORCE"), "0") != 0)
        return true;
    return is_terminal && cli_os_has_colors();
}

const cli_colors *cli_colors_for(cli_color_when when, bool is_terminal)
{
    const bool wanted = when == CLI_COLOR_AUTO ? is_wanted(is_terminal) : when == CLI_COLOR_ALWAYS;
    return wanted ? &colored : &plain;
}

etw_str cli_level_color(const cli_colors *colors, unsigned level)
{
    return colors->levels[level < LEVEL_COUNT ? level : 0];
}
