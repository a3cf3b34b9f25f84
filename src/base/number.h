/* Numbers as people write them in options and specifications. */
#ifndef ETWI_BASE_NUMBER_H
#define ETWI_BASE_NUMBER_H

#include <etw/base.h>

enum {
    ETWI_NO_DIGIT = 16, /* Not less than any base there is. */
};

/* The value of a decimal or hexadecimal digit, or ETWI_NO_DIGIT. */
static inline unsigned etwi_digit_of(uint32_t character)
{
    const uint32_t lower = character | 0x20;
    if (character >= '0' && character <= '9')
        return character - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : ETWI_NO_DIGIT;
}

typedef struct etwi_number {
    uint64_t value;
    const char *problem; /* Why the text is no number; NULL if it is one. */
    size_t at;           /* Where in the text the problem is. */
} etwi_number;

/*
 * Reads a decimal number, or one with 0x, 0o, 0b or a leading 0 (octal) in front, in either case.
 * Underscores may stand between digits, and between such a prefix and the digits. No signs, no
 * blanks.
 */
etwi_number etwi_number_parse(etw_str text, uint64_t maximum);

/*
 * Reads decimal digits with a point, an exponent, both or neither, in every locale. No sign, no
 * blanks, 64 characters at most. What is larger than any number is infinity. False for other text.
 */
bool etwi_real_parse(etw_str text, double *out);

#endif
