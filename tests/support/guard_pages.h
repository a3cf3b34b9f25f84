/* The pages behind guard.h. */
#ifndef ETW_TEST_GUARD_PAGES_H
#define ETW_TEST_GUARD_PAGES_H

#include <etw/base.h>

size_t guard_page_size(void);

/* Whole pages of zeros, the first `size` bytes of which can be used; NULL if there is no memory. */
void *guard_pages_map(size_t size, size_t mapped);

void guard_pages_unmap(void *base, size_t mapped);

#endif
