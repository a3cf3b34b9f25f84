/* windows.h, and UTF-8 to UTF-16 and back, for the files of this folder. */
#ifndef ETW_CLI_WIN_TEXT_H
#define ETW_CLI_WIN_TEXT_H

#include "os.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

/* In memory of malloc(); NULL if the text is malformed or memory is out. */
wchar_t *cli_win_wide(const char *text);
char *cli_win_narrow(const wchar_t *text);

/* A path for the system's functions, also if it is longer than those take without a prefix. */
wchar_t *cli_win_path(const char *path);

/* Makes what the system says the reason that cli_os_failure() tells. */
void cli_win_set_failure(DWORD code);

#endif
