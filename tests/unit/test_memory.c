/* Growing arrays, arenas and output buffers, over an allocator that counts and fails. */
#include "test.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "faulty_alloc.h"

#include <stdlib.h>

static faulty_alloc faulty;

static void uses_malloc_by_default(void)
{
    const etw_allocator none = {NULL, NULL};
    const etw_allocator standard = etwi_allocator_or_default(NULL);
    CHECK(etwi_allocator_or_default(&none).resize == standard.resize);
    void *memory = etwi_alloc(&standard, 10);
    REQUIRE(memory);
    memset(memory, 1, 10);
    etwi_free(&standard, memory, 10);
    etwi_free(&standard, NULL, 0);
    uint8_t *zeroed = etwi_alloc_zeroed(&standard, 3);
    REQUIRE(zeroed);
    CHECK_EQ(zeroed[0] | zeroed[1] | zeroed[2], 0);
    etwi_free(&standard, zeroed, 3);
    faulty_alloc_init(&faulty);
    CHECK(etwi_allocator_or_default(&faulty.allocator).user == &faulty);
}

static void frees_what_has_no_size(void)
{
    faulty_alloc_init(&faulty);
    void *memory = etwi_alloc(&faulty.allocator, 0);
    CHECK(memory != NULL);
    etwi_free(&faulty.allocator, memory, 0);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

static void grows_arrays(void)
{
    faulty_alloc_init(&faulty);
    void *memory = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        REQUIRE(etwi_grow(&faulty.allocator, &memory, &capacity, i + 1, sizeof i) == ETW_OK);
        REQUIRE(capacity > i);
        ((uint32_t *)memory)[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        REQUIRE(((uint32_t *)memory)[i] == i);
    CHECK(faulty.calls < 20);
    const void *before = memory;
    CHECK_EQ(etwi_grow(&faulty.allocator, &memory, &capacity, 5, sizeof(uint32_t)), ETW_OK);
    CHECK(memory == before);
    etwi_free(&faulty.allocator, memory, capacity * sizeof(uint32_t));
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

static void keeps_arrays_that_cannot_grow(void)
{
    faulty_alloc_init(&faulty);
    void *memory = NULL;
    size_t capacity = 0;
    REQUIRE(etwi_grow(&faulty.allocator, &memory, &capacity, 1, 8) == ETW_OK);
    CHECK_EQ(capacity, 16);
    const void *before = memory;
    faulty.fail_at = faulty.calls + 1;
    CHECK_EQ(etwi_grow(&faulty.allocator, &memory, &capacity, 17, 8), ETW_E_NOMEM);
    CHECK(memory == before);
    CHECK_EQ(capacity, 16);
    CHECK_EQ(etwi_grow(&faulty.allocator, &memory, &capacity, SIZE_MAX / 8 + 1, 8), ETW_E_NOMEM);
    CHECK_EQ(etwi_grow(&faulty.allocator, &memory, &capacity, SIZE_MAX, 2), ETW_E_NOMEM);
    etwi_free(&faulty.allocator, memory, capacity * 8);
    CHECK_EQ(faulty.live, 0);
}

static void lends_from_arenas(void)
{
    faulty_alloc_init(&faulty);
    etwi_arena arena = {.allocator = faulty.allocator};
    uint8_t *last = NULL;
    for (size_t i = 0; i < 5000; i++) {
        const size_t size = i % 97;
        uint8_t *memory = etwi_arena_alloc(&arena, size);
        REQUIRE(memory || !size);
        CHECK_EQ((uintptr_t)memory % 16, 0);
        if (size)
            memset(memory, (int)i, size);
        if (last && i % 97 != 1)
            REQUIRE(last[0] == (uint8_t)(i - 1));
        last = size ? memory : NULL;
    }
    CHECK(faulty.calls < 10);
    const uint64_t calls = faulty.calls;
    uint8_t *big = etwi_arena_alloc_zeroed(&arena, 1000000);
    REQUIRE(big);
    for (size_t i = 0; i < 1000000; i++)
        REQUIRE(big[i] == 0);
    CHECK_EQ(faulty.calls, calls + 1);
    /* A large piece leaves the current chunk in use. */
    CHECK(etwi_arena_alloc(&arena, 16) != NULL);
    CHECK_EQ(faulty.calls, calls + 1);
    etwi_arena_free(&arena);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
    CHECK(etwi_arena_alloc(&arena, 16) != NULL);
    etwi_arena_free(&arena);
    CHECK_EQ(faulty.live, 0);
}

static void says_that_an_arena_is_out_of_memory(void)
{
    faulty_alloc_init(&faulty);
    etwi_arena arena = {.allocator = faulty.allocator};
    CHECK(etwi_arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(etwi_arena_alloc(&arena, SIZE_MAX - 15) == NULL);
    CHECK_EQ(faulty.calls, 0);
    CHECK(etwi_arena_alloc(&arena, SIZE_MAX - 40) == NULL);
    faulty.fail_at = faulty.calls + 1;
    faulty.fail_later_too = true;
    etw_str text = {NULL, 0};
    CHECK(etwi_arena_alloc(&arena, 1) == NULL);
    CHECK(etwi_arena_alloc_zeroed(&arena, 100000) == NULL);
    CHECK(!etwi_arena_str(&arena, &text, "abc", 3));
    faulty.fail_at = 0;
    REQUIRE(etwi_arena_str(&arena, &text, "abc", 3));
    CHECK_STR(text, "abc");
    CHECK_EQ(text.data[3], 0);
    REQUIRE(etwi_arena_str(&arena, &text, NULL, 0));
    CHECK_STR(text, "");
    etwi_arena_free(&arena);
    CHECK_EQ(faulty.live, 0);
}

static void appends_to_buffers(void)
{
    faulty_alloc_init(&faulty);
    etwi_buffer buffer = {.allocator = faulty.allocator};
    const etw_str text = {"def", 3}, none = {NULL, 0};
    ETWI_APPEND(&buffer, "abc");
    etwi_buffer_append_str(&buffer, text);
    etwi_buffer_append_str(&buffer, none);
    etwi_buffer_append_char(&buffer, 'g');
    char *at = etwi_buffer_reserve(&buffer, 1000);
    REQUIRE(at);
    memset(at, 'x', 1000);
    buffer.size += 3;
    CHECK_STR(buffer, "abcdefgxxx");
    etwi_buffer_free(&buffer);
    CHECK_EQ(buffer.size, 0);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

static void drops_what_follows_a_failure(void)
{
    faulty_alloc_init(&faulty);
    etwi_buffer buffer = {.allocator = faulty.allocator};
    ETWI_APPEND(&buffer, "abc");
    faulty.fail_at = faulty.calls + 1;
    CHECK(etwi_buffer_reserve(&buffer, 1000) == NULL);
    CHECK(buffer.failed);
    CHECK_STR(buffer, "abc");
    CHECK(!etwi_buffer_grow(&buffer, 2000));
    buffer.failed = false;
    CHECK(etwi_buffer_reserve(&buffer, SIZE_MAX) == NULL);
    CHECK(buffer.failed);
    etwi_buffer_free(&buffer);
    CHECK(!buffer.failed);
    CHECK_EQ(faulty.live, 0);
}

int main(void)
{
    RUN(uses_malloc_by_default);
    RUN(frees_what_has_no_size);
    RUN(grows_arrays);
    RUN(keeps_arrays_that_cannot_grow);
    RUN(lends_from_arenas);
    RUN(says_that_an_arena_is_out_of_memory);
    RUN(appends_to_buffers);
    RUN(drops_what_follows_a_failure);
    return test_finish();
}
