#include "contract.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    PATIENCE_MS = 5000,
    PATH_SIZE = 600
};

const etwi_api *contract_api;
const double_script *contract_script;
const etw_guid contract_provider = {
    0x9C0F3B1A, 0x5A0E, 0x4C0D, {0x8E, 0x11, 0x2D, 0x37, 0x5B, 0x92, 0x41, 0x60}};

static HMODULE double_dll;
static char folder[PATH_SIZE / 2];

static void give_up(const char *what)
{
    printf("FAIL %s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

void contract_begin(int argc, char **argv)
{
    char temporary[MAX_PATH], path[PATH_SIZE];
    if (argc < 2) {
        printf("usage: %s etw_double.dll|--real\n", argv[0]);
        exit(2);
    }
    GetTempPathA(sizeof temporary, temporary);
    snprintf(folder, sizeof folder, "%setw-contract-%lu", temporary,
             (unsigned long)GetCurrentProcessId());
    if (!CreateDirectoryA(folder, NULL))
        give_up(folder);
    if (strcmp(argv[1], "--real") != 0) {
        snprintf(path, sizeof path, "%s\\run", folder);
        SetEnvironmentVariableA("ETW_RUNTIME_DIR", path);
        SetEnvironmentVariableA("ETW_API_DLLS", argv[1]);
        double_dll = LoadLibraryA(argv[1]);
        if (!double_dll)
            give_up(argv[1]);
        const FARPROC getter = GetProcAddress(double_dll, DOUBLE_SCRIPT_NAME);
        if (!getter)
            give_up(DOUBLE_SCRIPT_NAME);
        contract_script = ((double_script_getter)(void (*)(void))getter)();
        contract_script->reset();
    }
    contract_api = etwi_api_get();
}

static void remove_folder(const char *path)
{
    char pattern[PATH_SIZE], inner[PATH_SIZE];
    WIN32_FIND_DATAA found;
    snprintf(pattern, sizeof pattern, "%s\\*", path);
    const HANDLE find = FindFirstFileA(pattern, &found);
    if (find == INVALID_HANDLE_VALUE)
        return;
    do {
        if (strcmp(found.cFileName, ".") == 0 || strcmp(found.cFileName, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s\\%s", path, found.cFileName);
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            remove_folder(inner);
        else
            DeleteFileA(inner);
    } while (FindNextFileA(find, &found));
    FindClose(find);
    RemoveDirectoryA(path);
}

bool contract_end(void)
{
    if (contract_script)
        contract_script->reset();
    remove_folder(folder);
    return GetFileAttributesA(folder) == INVALID_FILE_ATTRIBUTES;
}

void *contract_function(const char *name)
{
    FARPROC found = double_dll ? GetProcAddress(double_dll, name) : NULL;
    if (!double_dll)
        found = GetProcAddress(LoadLibraryA("advapi32.dll"), name);
    void *function;
    memcpy(&function, &found, sizeof function);
    return function;
}

uint32_t contract_last_error(void)
{
    return GetLastError();
}

etwi_abi_char *contract_wide(const char *text)
{
    static etwi_abi_char texts[8][2048];
    static unsigned next;
    etwi_abi_char *out = texts[next++ % 8];
    if (!MultiByteToWideChar(CP_UTF8, 0, text, -1, (wchar_t *)out, 2048))
        give_up(text);
    return out;
}

bool contract_is(const etwi_abi_char *text, const char *expected)
{
    return wcscmp((const wchar_t *)text, (const wchar_t *)contract_wide(expected)) == 0;
}

const char *contract_path(const char *name)
{
    static char paths[8][PATH_SIZE];
    static unsigned next;
    char *out = paths[next++ % 8];
    snprintf(out, PATH_SIZE, "%s\\%s", folder, name);
    return out;
}

void contract_block_for(contract_block *out, uint32_t mode, const char *file)
{
    memset(out, 0, sizeof *out);
    out->properties.wnode.buffer_size = sizeof *out;
    out->properties.wnode.flags = ETWI_ABI_WNODE_TRACED_GUID;
    out->properties.wnode.client_context = 1;
    out->properties.buffer_size = 64;
    out->properties.minimum_buffers = 4;
    out->properties.maximum_buffers = 16;
    out->properties.flush_timer = 1;
    out->properties.log_file_mode = mode;
    out->properties.logger_name_offset = offsetof(contract_block, name);
    if (!file)
        return;
    out->properties.log_file_name_offset = offsetof(contract_block, file);
    wcscpy_s((wchar_t *)out->file, 1024, (const wchar_t *)contract_wide(file));
}

uint64_t contract_start(const char *name)
{
    contract_block block;
    uint64_t handle = 0;
    contract_block_for(&block, 0x100, NULL);
    return contract_api->StartTraceW(&handle, contract_wide(name), &block.properties) ? 0 : handle;
}

uint32_t contract_stop(const char *name)
{
    contract_block block;
    contract_block_for(&block, 0, NULL);
    return contract_api->ControlTraceW(0, contract_wide(name), &block.properties, 1);
}

uint32_t contract_enable(uint64_t session, const etw_guid *provider,
                         etwi_abi_enable_parameters *parameters)
{
    return contract_api->EnableTraceEx2(session, provider, 1, 5, 0x10, 0, PATIENCE_MS, parameters);
}

struct contract_thread {
    HANDLE handle;
    uint32_t (*run)(void *user);
    void *user;
    uint32_t result;
};

static DWORD WINAPI run_thread(void *user)
{
    contract_thread *thread = user;
    thread->result = thread->run(thread->user);
    return 0;
}

contract_thread *contract_spawn(uint32_t (*run)(void *user), void *user)
{
    contract_thread *thread = calloc(1, sizeof *thread);
    if (!thread)
        give_up("memory");
    thread->run = run;
    thread->user = user;
    thread->handle = CreateThread(NULL, 0, run_thread, thread, 0, NULL);
    if (!thread->handle)
        give_up("a thread");
    return thread;
}

uint32_t contract_join(contract_thread *thread)
{
    const DWORD waited = WaitForSingleObject(thread->handle, 4 * PATIENCE_MS);
    const uint32_t result = waited == WAIT_OBJECT_0 ? thread->result : UINT32_MAX;
    CloseHandle(thread->handle);
    if (waited == WAIT_OBJECT_0)
        free(thread);
    return result;
}

void contract_sleep(uint32_t ms)
{
    Sleep(ms);
}

bool contract_wait(bool (*done)(void *user), void *user)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        if (done(user))
            return true;
        Sleep(5);
    }
    return done(user);
}

uint8_t *contract_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    if (data && fread(data, 1, *size, file) != *size)
        *size = 0;
    fclose(file);
    return data;
}
