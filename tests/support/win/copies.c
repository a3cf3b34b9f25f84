#include "copies.h"

#include <stdio.h>
#include <windows.h>

unsigned copies_run(const char *program, const char *argument, unsigned count)
{
    HANDLE children[COPIES_MAX];
    char command[2 * MAX_PATH];
    unsigned started = 0, good = 0;
    for (; started < count && started < COPIES_MAX; started++) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION process;
        snprintf(command, sizeof command, "\"%s\" \"%s\"", program, argument);
        if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
            break;
        CloseHandle(process.hThread);
        children[started] = process.hProcess;
    }
    for (unsigned i = 0; i < started; i++) {
        DWORD code = 1;
        WaitForSingleObject(children[i], INFINITE);
        good += GetExitCodeProcess(children[i], &code) && code == 0;
        CloseHandle(children[i]);
    }
    return good;
}
