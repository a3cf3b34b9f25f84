#include "base/case.h"

#include "base/text.h"

/* Lower-case letters of which every `step`-th one, from `first` to `last`, lies `delta` from its
 * upper-case letter. */
typedef struct case_range {
    uint16_t first;
    uint16_t last;
    uint16_t step;
    int16_t delta;
} case_range;

static const case_range ranges[] = {
    {'a', 'z', 1, -32},       {0x00E0, 0x00F6, 1, -32}, {0x00F8, 0x00FE, 1, -32},
    {0x00FF, 0x00FF, 1, 121}, {0x0101, 0x012F, 2, -1},  {0x0133, 0x0137, 2, -1},
    {0x013A, 0x0148, 2, -1},  {0x014B, 0x0177, 2, -1},  {0x017A, 0x017E, 2, -1},
    {0x03AC, 0x03AC, 1, -38}, {0x03AD, 0x03AF, 1, -37}, {0x03B1, 0x03C1, 1, -32},
    {0x03C2, 0x03C2, 1, -31}, {0x03C3, 0x03CB, 1, -32}, {0x03CC, 0x03CC, 1, -64},
    {0x03CD, 0x03CE, 1, -63}, {0x0430, 0x044F, 1, -32}, {0x0450, 0x045F, 1, -80},
    {0x0461, 0x0481, 2, -1},
};

enum {
    RANGE_COUNT = sizeof ranges / sizeof ranges[0],
    FINAL_SIGMA = 0x03C2, /* A second lower case of sigma. */
};

static int is_in(const case_range *range, uint32_t lower)
{
    return lower >= range->first && lower <= range->last &&
           (lower - range->first) % range->step == 0;
}

uint32_t etwi_upper_case(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'a' && code_point <= 'z' ? code_point - 32 : code_point;
    for (size_t i = 0; i < RANGE_COUNT; i++)
        if (is_in(&ranges[i], code_point))
            return (uint32_t)((int32_t)code_point + ranges[i].delta);
    return code_point;
}

uint32_t etwi_lower_case(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        const uint32_t lower = (uint32_t)((int32_t)code_point - ranges[i].delta);
        if (is_in(&ranges[i], lower) && lower != FINAL_SIGMA)
            return lower;
    }
    return code_point;
}

bool etwi_same_letters(etw_str a, etw_str b)
{
    const uint8_t *x = (const uint8_t *)a.data, *y = (const uint8_t *)b.data;
    const uint8_t *const x_end = x ? x + a.size : x, *const y_end = y ? y + b.size : y;
    while (x < x_end && y < y_end)
        if (etwi_upper_case(etwi_utf8_next(&x, x_end)) !=
            etwi_upper_case(etwi_utf8_next(&y, y_end)))
            return false;
    return x == x_end && y == y_end;
}
