/* Memory that may not be there, and what is known of this program. There is no fork here. */
#include "os/process.h"
#include "os/win/win.h"

#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,       /* The smallest there is. */
    PATH_SIZE = 32768, /* Characters of the longest path. */
};

/* FlushProcessWriteBuffers() does it, but does not say whether: where it does nothing, as in Wine,
 * events of sessions that have ended would be written into memory that is gone. Writers pay for a
 * fence instead. */
bool etwi_threads_barrier_prepare(void)
{
    return false;
}

bool etwi_threads_barrier(void)
{
    return false;
}

void etwi_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before, (void)in_parent, (void)in_child;
}

/* Only the child of a fork has memory to replace. */
void etwi_shared_replace(void *memory, uint64_t size)
{
    (void)memory, (void)size;
}

size_t etwi_memory_peek(const void *from, void *out, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const char *at = (const char *)from + got;
        const size_t to_page = PAGE - (uintptr_t)at % PAGE, left = size - got;
        const size_t piece = left < to_page ? left : to_page;
        SIZE_T copied = 0;
        if (!ReadProcessMemory(GetCurrentProcess(), at, (char *)out + got, piece, &copied))
            break;
        got += copied;
    }
    return got;
}

void etwi_program_path(char *out, size_t size)
{
    wchar_t *wide = malloc(PATH_SIZE * sizeof *wide);
    const DWORD length = wide ? GetModuleFileNameW(NULL, wide, PATH_SIZE) : 0;
    if (!length || length >= PATH_SIZE || !etwi_win_narrow(wide, out, size))
        out[0] = '\0';
    free(wide);
}

uint32_t etwi_login_session(void)
{
    DWORD session = 0;
    return ProcessIdToSessionId(GetCurrentProcessId(), &session) ? session : 0;
}

size_t etwi_user_sid(uint8_t out[ETWI_SID_MAX])
{
    etwi_win_user me;
    const DWORD size = etwi_win_user_look(&me) ? GetLengthSid(me.user.User.Sid) : 0;
    if (size > ETWI_SID_MAX)
        return 0;
    if (size)
        memcpy(out, me.user.User.Sid, size);
    return size;
}

bool etwi_random_bytes(void *out, size_t size)
{
    return size <= UINT32_MAX &&
           BCryptGenRandom(NULL, out, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) >= 0;
}
