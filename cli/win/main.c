#include "win/text.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

#if defined(__MINGW32__)
// Patterns are ours to expand: some are no paths.
int _dowildcard = 0;
#endif

int wmain(int argc, wchar_t **argv);

/* Bytes go out as they are, and consoles read them as UTF-8 with sequences for colours. */
static void prepare_output(int descriptor, DWORD handle_name)
{
    const HANDLE handle = GetStdHandle(handle_name);
    DWORD mode;
    _setmode(descriptor, _O_BINARY);
    if (GetConsoleMode(handle, &mode))
        SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

int wmain(int argc, wchar_t **argv)
{
    char **narrow = calloc((size_t)argc + 1, sizeof *narrow);
    bool good = narrow != NULL;
    const UINT code_page = GetConsoleOutputCP();
    for (int i = 0; good && i < argc; i++) {
        narrow[i] = cli_win_narrow(argv[i]);
        good = narrow[i] != NULL;
    }
    SetConsoleOutputCP(CP_UTF8);
    prepare_output(1, STD_OUTPUT_HANDLE);
    prepare_output(2, STD_ERROR_HANDLE);
    const int code = good ? cli_main(argc, narrow) : EXIT_FAILURE;
    // The console belongs to the shell, which may want its own encoding back.
    if (code_page)
        SetConsoleOutputCP(code_page);
    for (int i = 0; narrow && i < argc; i++)
        free(narrow[i]);
    free(narrow);
    return code;
}
