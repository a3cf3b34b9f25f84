/* Says whether a text is JSON in UTF-8: a strict reader that knows nothing of our writer. */
#ifndef ETW_TEST_JSON_CHECK_H
#define ETW_TEST_JSON_CHECK_H

#include <etw/base.h>

/* True for one JSON value with nothing but blanks around it. */
bool json_is_valid(etw_str text);

/* True for lines of JSON objects, each ended by a line feed. Nothing at all is fine. */
bool json_lines_are_valid(etw_str text);

#endif
