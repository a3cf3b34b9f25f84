/* Views of text, compared byte by byte. */
#ifndef ETWI_BASE_STR_H
#define ETWI_BASE_STR_H

#include <etw/base.h>
#include <string.h>

/* Of a text that ends with a zero. */
static inline etw_str etwi_str_of(const char *text)
{
    return (etw_str){text, strlen(text)};
}

static inline bool etwi_str_equal(etw_str a, etw_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

/* Negative, zero or positive, like memcmp(); a text precedes what it begins. */
static inline int etwi_str_compare(etw_str a, etw_str b)
{
    const size_t shared = a.size < b.size ? a.size : b.size;
    const int order = shared ? memcmp(a.data, b.data, shared) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
