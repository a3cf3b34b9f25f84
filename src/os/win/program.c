#include "os/program.h"

#include "base/error.h"
#include "os/process.h"
#include "os/win/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    MESSAGE_SIZE = 200,
    EVENT_NAME_SIZE = 64,
    COMMAND_MAX = 32768, /* Characters of the longest command line. */
};

/* Names the event that the process waits for which this one goes on for. */
static const wchar_t DETACHED[] = L"ETW_DETACHED";

/* ---- command lines --------------------------------------------------------------------------- */

/* Text that grows; `size` is beyond the limit once something did not fit. */
typedef struct command_line {
    wchar_t text[COMMAND_MAX];
    size_t size;
} command_line;

static void put(command_line *line, wchar_t c, size_t count)
{
    for (; count; count--, line->size++)
        if (line->size < COMMAND_MAX)
            line->text[line->size] = c;
}

/* As the C library takes it apart: backslashes count as such but before quotes. */
static void put_argument(command_line *line, const wchar_t *argument)
{
    size_t slashes = 0;
    put(line, L'"', 1);
    for (; *argument; argument++) {
        if (*argument == L'\\') {
            slashes++;
            continue;
        }
        put(line, L'\\', *argument == L'"' ? 2 * slashes + 1 : slashes);
        put(line, *argument, 1);
        slashes = 0;
    }
    put(line, L'\\', 2 * slashes);
    put(line, L'"', 1);
}

static command_line *make_line(const char *const *arguments)
{
    command_line *line = malloc(sizeof *line);
    if (!line)
        return NULL;
    line->size = 0;
    for (; *arguments; arguments++) {
        wchar_t *wide = etwi_win_wide(*arguments);
        if (!wide)
            break;
        put(line, L' ', line->size ? 1 : 0);
        put_argument(line, wide);
        free(wide);
    }
    put(line, L'\0', 1);
    if (!*arguments && line->size <= COMMAND_MAX)
        return line;
    free(line);
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

/* Without console, input and output, and with no handle of the caller's. NULL if it failed. */
static HANDLE start(const wchar_t *path, wchar_t *line)
{
    STARTUPINFOW how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    if (!CreateProcessW(path, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &how,
                        &process))
        return NULL;
    CloseHandle(process.hThread);
    return process.hProcess;
}

static HANDLE start_program(const char *path, const char *const *arguments)
{
    HANDLE process = NULL;
    wchar_t *wide = etwi_win_path(path);
    command_line *line = make_line(arguments);
    if (wide && line)
        process = start(wide, line->text);
    const DWORD code = GetLastError();
    free(wide);
    free(line);
    SetLastError(code);
    return process;
}

etw_status etwi_program_run(const char *path, const char *const *arguments, int *exit_code,
                            etw_error *error)
{
    DWORD code = 0;
    const HANDLE process = start_program(path, arguments);
    if (!process) {
        char what[MESSAGE_SIZE];
        snprintf(what, sizeof what, "running %.150s failed", path);
        return etwi_win_fail(error, ETW_E_NOT_FOUND, GetLastError(), what);
    }
    WaitForSingleObject(process, INFINITE);
    *exit_code = GetExitCodeProcess(process, &code) ? (int)code : -1;
    CloseHandle(process);
    return ETW_OK;
}

/* ---- variables ------------------------------------------------------------------------------- */

/* Values that were handed out; each is kept once, for as long as the process lives. */
typedef struct value {
    struct value *next;
    char text[];
} value;

static SRWLOCK values_lock = SRWLOCK_INIT;
static value *values;

static const char *keep(const char *text)
{
    AcquireSRWLockExclusive(&values_lock);
    value *found = values;
    while (found && strcmp(found->text, text) != 0)
        found = found->next;
    if (!found) {
        const size_t size = strlen(text) + 1;
        found = malloc(sizeof *found + size);
        if (found) {
            memcpy(found->text, text, size);
            found->next = values;
            values = found;
        }
    }
    ReleaseSRWLockExclusive(&values_lock);
    return found ? found->text : NULL;
}

/* Programs get more rights from the system, which gives them an environment of its own. */
const char *etwi_trusted_variable(const char *name)
{
    wchar_t *wide_name = etwi_win_wide(name), *wide = NULL;
    char *text = NULL;
    const char *kept = NULL;
    const DWORD size = wide_name ? GetEnvironmentVariableW(wide_name, NULL, 0) : 0;
    const size_t text_size = 3 * (size_t)size; // UTF-8 of one unit has three bytes at most.
    if (size) {
        wide = malloc(size * sizeof *wide);
        text = malloc(text_size);
    }
    if (wide && text && GetEnvironmentVariableW(wide_name, wide, size) < size &&
        etwi_win_narrow(wide, text, text_size))
        kept = keep(text);
    free(wide_name);
    free(wide);
    free(text);
    return kept;
}

/* ---- detaching ------------------------------------------------------------------------------- */

/* There is no fork: the program is started once more, and comes here again. Ends with 0 if the new
 * process says that it is ready, with 1 if it ends before. */
static void hand_over(HANDLE ready)
{
    static wchar_t path[COMMAND_MAX], line[COMMAND_MAX];
    DWORD ended = WAIT_FAILED;
    const DWORD length = GetModuleFileNameW(NULL, path, COMMAND_MAX);
    const wchar_t *own = GetCommandLineW();
    HANDLE process = NULL;
    if (length && length < COMMAND_MAX && wcslen(own) < COMMAND_MAX) {
        wcscpy(line, own);
        process = start(path, line);
    }
    if (process) {
        const HANDLE awaited[] = {ready, process};
        ended = WaitForMultipleObjects(2, awaited, FALSE, INFINITE);
    }
    ExitProcess(ended == WAIT_OBJECT_0 ? 0 : 1);
}

/* An event that nobody else can name. */
static HANDLE make_event(wchar_t name[EVENT_NAME_SIZE])
{
    uint32_t random[4];
    if (!etwi_random_bytes(random, sizeof random))
        return NULL;
    swprintf(name, EVENT_NAME_SIZE, L"Local\\etw-%08lx%08lx%08lx%08lx", (unsigned long)random[0],
             (unsigned long)random[1], (unsigned long)random[2], (unsigned long)random[3]);
    return CreateEventW(NULL, TRUE, FALSE, name);
}

int etwi_program_detach(void)
{
    wchar_t name[EVENT_NAME_SIZE], folder[MAX_PATH + 1];
    const DWORD length = GetEnvironmentVariableW(DETACHED, name, EVENT_NAME_SIZE);
    if (!length) {
        const HANDLE ready = make_event(name);
        if (ready && SetEnvironmentVariableW(DETACHED, name))
            hand_over(ready);
        return -1;
    }
    if (length >= EVENT_NAME_SIZE)
        return -1;
    SetEnvironmentVariableW(DETACHED, NULL);
    if (GetSystemDirectoryW(folder, MAX_PATH + 1) <= MAX_PATH)
        SetCurrentDirectoryW(folder);
    const HANDLE ready = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
    return ready ? (int)(intptr_t)ready : -1;
}

void etwi_program_ready(int token)
{
    const HANDLE ready = (HANDLE)(intptr_t)token;
    SetEvent(ready);
    CloseHandle(ready);
}
