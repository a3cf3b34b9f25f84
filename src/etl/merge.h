/* Merging ascending sequences of numbers. */
#ifndef ETWI_ETL_MERGE_H
#define ETWI_ETL_MERGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Merges `count` ascending sequences: sequence i is numbers[bounds[i]] up to numbers[bounds[i +
 * 1]]. No number occurs twice. `bounds`, which are used up, are count + 1; `spare` has as much room
 * as `numbers` take.
 *
 * Returns where the result is: in `numbers` or in `spare`.
 */
uint64_t *etwi_merge(uint64_t *numbers, uint64_t *spare, uint32_t *bounds, size_t count);

#endif
