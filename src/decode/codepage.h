/* The upper halves of the 8-bit code pages that ANSI strings come in. */
#ifndef ETWI_DECODE_CODEPAGE_H
#define ETWI_DECODE_CODEPAGE_H

#include <etw/property.h>

/*
 * UTF-16 units for the bytes 0x80 to 0xFF, 128 of them; the lower half is ASCII in every code page.
 * A byte that the code page does not define is U+DC00 plus the byte. 0 is Windows-1252. NULL for
 * UTF-8, which needs no table, and for code pages that are not supported.
 */
const uint16_t *etwi_code_page_high_half(unsigned code_page);

#endif
