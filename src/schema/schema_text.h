/* Names out of untrusted schemas, copied into an arena as well-formed UTF-8. */
#ifndef ETWI_SCHEMA_TEXT_H
#define ETWI_SCHEMA_TEXT_H

#include "base/memory.h"

/*
 * Copies UTF-16LE without trailing blanks; lone surrogates become U+FFFD, an odd last byte is
 * dropped. False if memory is out.
 */
bool etwi_schema_text_utf16(etwi_arena *arena, etw_str *out, etw_bytes text);

/* Copies UTF-8; every byte that belongs to no character becomes U+FFFD. False if memory is out. */
bool etwi_schema_text_utf8(etwi_arena *arena, etw_str *out, etw_str text);

#endif
