/* Filling the table of functions from DLLs. */
#include "os/win/win.h"
#include "session/win/api.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Newer versions of Windows have in sechost most of what Windows 7 has in advapi32. */
static wchar_t etw_dlls[] = L"sechost.dll;advapi32.dll;tdh.dll";
/* These have nothing of ETW under the names that we look for. */
static wchar_t other_dlls[] = L"ntdll.dll;kernel32.dll";

static void fill_from(etwi_api *table, HMODULE dll)
{
    for (size_t i = 0; i < etwi_api_row_count; i++) {
        char *const place = (char *)table + etwi_api_rows[i].offset;
        FARPROC function;
        memcpy(&function, place, sizeof function);
        if (!function)
            function = GetProcAddress(dll, etwi_api_rows[i].name);
        memcpy(place, &function, sizeof function);
    }
}

/* Loads the DLLs of a list. Names without a folder are looked for with `flags`. */
static void load_list(etwi_api *table, wchar_t *list, DWORD flags)
{
    wchar_t *rest = list;
    while (rest) {
        wchar_t *const name = rest;
        rest = wcschr(name, L';');
        if (rest)
            *rest++ = L'\0';
        const HMODULE dll = *name ? LoadLibraryExW(name, NULL, flags) : NULL;
        if (dll)
            fill_from(table, dll); /* It stays for as long as the process. */
    }
}

/* The variable's value in memory of malloc(), NULL if it is not set or empty. */
static wchar_t *listed_dlls(void)
{
    const DWORD size = GetEnvironmentVariableW(L"ETW_API_DLLS", NULL, 0);
    wchar_t *list = size > 1 ? malloc(size * sizeof *list) : NULL;
    if (list && GetEnvironmentVariableW(L"ETW_API_DLLS", list, size) < size)
        return list;
    free(list);
    return NULL;
}

/* What Wine has of ETW reports success and does nothing, or ends the process. */
static bool is_wine(void)
{
    const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

void etwi_api_load(etwi_api *table)
{
    wchar_t *const listed = listed_dlls();
    if (listed)
        load_list(table, listed, 0);
    else if (!is_wine())
        load_list(table, etw_dlls, LOAD_LIBRARY_SEARCH_SYSTEM32);
    free(listed);
    load_list(table, other_dlls, LOAD_LIBRARY_SEARCH_SYSTEM32);
}
