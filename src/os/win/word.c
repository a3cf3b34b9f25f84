/*
 * Waiting for a word of memory to change. The system watches addresses of one process: who waits
 * is woken at once by his own process through the same mapping, and looks by himself for what
 * others have changed, after pauses that get longer.
 */
#include "os/win/win.h"

#include <stdatomic.h>

enum {
    PAUSE_MS_MIN = 1,
    PAUSE_MS_MAX = 10,
};

static bool has_changed(_Atomic uint32_t *const *words, const uint32_t *seen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (atomic_load(words[i]) != seen[i])
            return true;
    return false;
}

void etwi_words_wait(_Atomic uint32_t *const *words, const uint32_t *seen, size_t count,
                     uint32_t timeout_ms, bool is_shared)
{
    const uint64_t begin = etwi_now_ms();
    const bool looks = is_shared || count > 1;
    uint32_t pause = PAUSE_MS_MIN;
    while (count && !has_changed(words, seen, count)) {
        const uint64_t waited = etwi_now_ms() - begin;
        if (waited >= timeout_ms && timeout_ms != UINT32_MAX)
            return;
        uint32_t left = timeout_ms == UINT32_MAX ? INFINITE : timeout_ms - (uint32_t)waited;
        if (looks && left > pause)
            left = pause;
        uint32_t old = seen[0];
        if (WaitOnAddress((volatile VOID *)words[0], &old, sizeof old, left))
            return; // Whoever wakes need not have changed it.
        pause = pause < PAUSE_MS_MAX ? pause + 1 : PAUSE_MS_MAX;
    }
}

void etwi_word_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t timeout_ms, bool is_shared)
{
    etwi_words_wait(&word, &seen, 1, timeout_ms, is_shared);
}

void etwi_word_wake(_Atomic uint32_t *word, bool is_shared)
{
    (void)is_shared;
    WakeByAddressAll((PVOID)word);
}
