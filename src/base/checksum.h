/*
 * A checksum of what is stored in files: XXH64 with seed 0, as its specification says
 * (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). It finds damage, not forgery.
 */
#ifndef ETWI_BASE_CHECKSUM_H
#define ETWI_BASE_CHECKSUM_H

#include <etw/base.h>

uint64_t etwi_checksum(const void *data, size_t size);

#endif
