/* Texts as Windows takes them: UTF-16 that ends with a zero. */
#ifndef ETWI_SESSION_WIN_WIDE_H
#define ETWI_SESSION_WIN_WIDE_H

#include "base/memory.h"
#include "session/win/etw_abi.h"

/* Writes UTF-8 as UTF-16 with its zero. False if it is not UTF-8 or does not fit in `room`
 * characters; `out` is then empty. */
bool etwi_wide(etwi_abi_char *out, size_t room, etw_str text);

/* The same in memory of an arena; NULL if it is not UTF-8 or memory is out. */
etwi_abi_char *etwi_wide_new(etwi_arena *arena, etw_str text);

/* Writes UTF-16, of at most `length` characters, as UTF-8 with its zero; what does not fit in
 * `size` bytes is cut off between characters. */
void etwi_narrow(char *out, size_t size, const etwi_abi_char *text, size_t length);

#endif
