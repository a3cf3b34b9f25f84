#include "win/text.h"

#include <io.h>
#include <string.h>

bool cli_os_is_terminal(int descriptor)
{
    // _isatty() takes NUL for a terminal too.
    DWORD mode;
    return GetConsoleMode((HANDLE)_get_osfhandle(descriptor), &mode);
}

bool cli_os_has_colors(void)
{
    const char *terminal = cli_os_variable("TERM");
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) &&
           mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

int64_t cli_os_now_ms(void)
{
    return (int64_t)GetTickCount64();
}
