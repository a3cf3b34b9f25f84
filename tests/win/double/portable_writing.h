/* The portable engine's way of writing events, under the public names that it has where there is no
 * other one. */
#ifndef ETW_TESTS_WIN_DOUBLE_PORTABLE_WRITING_H
#define ETW_TESTS_WIN_DOUBLE_PORTABLE_WRITING_H

#include <etw/write.h>

#endif
