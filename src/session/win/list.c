/* All sessions: QueryAllTraces. */
#include "session/win/codes.h"
#include "session/win/win_session.h"

enum {
    /* Windows takes up to so many sessions if the registry says so; the default is 64. */
    LOGGERS_MAX = 4096,
};

typedef struct blocks {
    etw_allocator allocator;
    etwi_win_block *items;
    etwi_abi_properties **pointers;
    uint32_t count;
} blocks;

static void free_blocks(blocks *b)
{
    if (b->items)
        etwi_free(&b->allocator, b->items, b->count * sizeof *b->items);
    if (b->pointers)
        etwi_free(&b->allocator, b->pointers, b->count * sizeof *b->pointers);
    b->items = NULL;
    b->pointers = NULL;
}

static bool make_blocks(blocks *b, uint32_t count)
{
    b->count = count;
    b->items = etwi_alloc(&b->allocator, count * sizeof *b->items);
    b->pointers = etwi_alloc(&b->allocator, count * sizeof *b->pointers);
    if (!b->items || !b->pointers)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        etwi_win_block_ask(&b->items[i]);
        b->pointers[i] = &b->items[i].properties;
    }
    return true;
}

/* Asks with more and more room, as sessions may start in between. */
static etw_status ask_all(blocks *b, uint32_t *found, etw_error *error)
{
    for (uint32_t room = ETW_SESSIONS_MAX;; room *= 2) {
        uint32_t count = 0;
        if (!make_blocks(b, room))
            return etwi_fail_nomem(error);
        const uint32_t code = etwi_api_get()->QueryAllTracesW(b->pointers, room, &count);
        if (code == ETWI_WIN_OK) {
            *found = count < room ? count : room;
            return ETW_OK;
        }
        if (code != ETWI_WIN_MORE_DATA || room >= LOGGERS_MAX)
            return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code, "listing sessions");
        free_blocks(b);
    }
}

etw_status etwi_win_list(etwi_session_taker take, void *user, etw_error *error)
{
    blocks b = {.allocator = etwi_allocator_or_default(NULL)};
    uint32_t count = 0;
    if (!etwi_api_get()->QueryAllTracesW)
        return etwi_api_missing("QueryAllTracesW", error);
    etw_status status = ask_all(&b, &count, error);
    for (uint32_t i = 0; status == ETW_OK && i < count; i++) {
        etw_session_info info = {.size = sizeof info};
        etwi_win_block_info(&b.items[i], &info);
        status = take(user, &info);
    }
    free_blocks(&b);
    return status;
}
