/* Letters without regard to case, where it does not depend on a language. */
#ifndef ETWI_BASE_CASE_H
#define ETWI_BASE_CASE_H

#include <etw/base.h>

/*
 * The simple upper case of Latin (ASCII, Latin-1, Extended-A), Greek and Cyrillic letters, as
 * .NET's invariant culture has it. Letters whose partner lies elsewhere (micro sign, dotless i,
 * archaic Greek), and other scripts with two cases, stay as they are.
 */
uint32_t etwi_upper_case(uint32_t code_point);

/* The letter whose upper case this is; other code points stay as they are. */
uint32_t etwi_lower_case(uint32_t code_point);

/* Whether two texts in UTF-8 are the same but for case. */
bool etwi_same_letters(etw_str a, etw_str b);

#endif
