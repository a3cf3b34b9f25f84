/* How far UTF-16 goes: every length at every alignment, up to every end. */
#include "test.h"

#include "base/scan.h"

#include <stdlib.h>

enum {
    SIZE_MAX_TRIED = 2 * ETWI_TEXT_STEP + 20,
    ALIGNMENTS = 16
};

/* Units that are not zero, though one byte of each is. */
static void fill(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (i / 2 + i) % 2 ? 0 : (uint8_t)(1 + i % 255);
}

static void check_zeros(uint8_t *data, size_t size)
{
    for (size_t zero = 0; zero + 2 <= size; zero += 2) {
        const uint8_t low = data[zero], high = data[zero + 1];
        data[zero] = data[zero + 1] = 0;
        REQUIRE(etwi_utf16_length(data, size) == zero);
        REQUIRE(etwi_utf16_length_scalar(data, size) == zero);
        data[zero] = low;
        data[zero + 1] = high;
    }
}

/* The memory ends where the text does, so that checkers see what is read behind it. */
static void check_size(size_t size, size_t alignment)
{
    uint8_t *memory = malloc(alignment + size + !(alignment + size));
    REQUIRE(memory != NULL);
    memset(memory, 0, alignment);
    uint8_t *data = memory + alignment;
    fill(data, size);
    REQUIRE(etwi_utf16_length(data, size) == size - size % 2);
    REQUIRE(etwi_utf16_length_scalar(data, size) == size - size % 2);
    check_zeros(data, size);
    free(memory);
}

static void finds_the_end_of_a_text(void)
{
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size++)
        for (size_t alignment = 0; alignment < ALIGNMENTS; alignment++)
            check_size(size, alignment);
}

/* Behind the first zero there are others. */
static void finds_the_first_zero(void)
{
    uint8_t data[SIZE_MAX_TRIED];
    for (size_t size = 2; size <= sizeof data; size++) {
        memset(data, 0, size);
        for (size_t length = 0; length + 2 <= size; length += 2) {
            REQUIRE(etwi_utf16_length(data, size) == length);
            data[length + 1] = 1;
        }
    }
}

int main(void)
{
    RUN(finds_the_end_of_a_text);
    RUN(finds_the_first_zero);
    return test_finish();
}
