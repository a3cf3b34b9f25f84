/* Who has registered and who enables providers: EnumerateTraceGuidsEx. */
#include "session/win/codes.h"
#include "session/win/win_session.h"

#include <string.h>

enum {
    LIST_SIZE = 1 << 16, /* First guesses. */
    INFO_SIZE = 1 << 12,
    SIZE_MAX_TOLD = 1 << 26,
};

/* An answer that grows until it is complete. */
typedef struct answer {
    etw_allocator allocator;
    uint8_t *data;
    uint32_t room, size;
} answer;

static void free_answer(answer *a)
{
    if (a->data)
        etwi_free(&a->allocator, a->data, a->room);
    a->data = NULL;
}

static bool make_room(answer *a, uint32_t room)
{
    if (a->data && a->room >= room)
        return true;
    free_answer(a);
    a->data = etwi_alloc(&a->allocator, room);
    a->room = room;
    return a->data != NULL;
}

/* Asks, as often as the answer has grown in between. */
static etw_status ask(answer *a, uint32_t kind, const etw_guid *guid, uint32_t *code,
                      etw_error *error)
{
    etw_guid asked = guid ? *guid : (etw_guid){0};
    uint32_t room = guid ? INFO_SIZE : LIST_SIZE;
    for (;;) {
        uint32_t used = 0;
        if (!make_room(a, room))
            return etwi_fail_nomem(error);
        *code = etwi_api_get()->EnumerateTraceGuidsEx(
            kind, guid ? &asked : NULL, guid ? sizeof asked : 0, a->data, a->room, &used);
        a->size = used < a->room ? used : a->room;
        if (*code != ETWI_WIN_INSUFFICIENT_BUFFER && *code != ETWI_WIN_MORE_DATA)
            return ETW_OK;
        if (a->room >= SIZE_MAX_TOLD)
            return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, *code, "listing providers");
        room = used > a->room && used <= SIZE_MAX_TOLD ? used : a->room * 2;
    }
}

/* ---- what is in an answer ---- */

/* Takes one process's registration, and the sessions that enable it. */
typedef struct visitor {
    etwi_registered_taker take_provider;
    etwi_enabled_taker take_enabled;
    void *user;
} visitor;

static etw_status visit_instance(const visitor *v, const etw_guid *guid,
                                 const etwi_abi_instance_info *instance, const uint8_t *enables)
{
    if (v->take_provider)
        return v->take_provider(v->user, guid, (etw_str){NULL, 0}, instance->pid);
    for (uint32_t i = 0; i < instance->enable_count; i++) {
        etwi_abi_enable_info enable;
        memcpy(&enable, enables + i * sizeof enable, sizeof enable);
        if (enable.is_enabled)
            ETWI_TRY(v->take_enabled(v->user, guid, enable.logger_id));
    }
    return ETW_OK;
}

/* TRACE_GUID_INFO, then instances, each with what enables it. What does not fit in the answer ends
 * it. */
static etw_status visit_answer(const visitor *v, const etw_guid *guid, const answer *a)
{
    etwi_abi_guid_info info;
    size_t at = sizeof info;
    if (a->size < sizeof info)
        return ETW_OK;
    memcpy(&info, a->data, sizeof info);
    for (uint32_t i = 0; i < info.instance_count; i++) {
        etwi_abi_instance_info instance;
        if (at > a->size || a->size - at < sizeof instance)
            return ETW_OK;
        memcpy(&instance, a->data + at, sizeof instance);
        const size_t left = a->size - at - sizeof instance;
        if (instance.enable_count > left / sizeof(etwi_abi_enable_info))
            return ETW_OK;
        ETWI_TRY(visit_instance(v, guid, &instance, a->data + at + sizeof instance));
        if (!instance.next_offset)
            return ETW_OK;
        at += instance.next_offset;
    }
    return ETW_OK;
}

/* A GUID that has gone, or that this user may not look at, has nothing to show. */
static etw_status visit_guid(const visitor *v, const etw_guid *guid, answer *a, etw_error *error)
{
    uint32_t code;
    ETWI_TRY(ask(a, ETWI_ABI_INFO_GUID, guid, &code, error));
    return code == ETWI_WIN_OK ? visit_answer(v, guid, a) : ETW_OK;
}

static etw_status visit_all(const visitor *v, answer *guids, answer *one, etw_error *error)
{
    uint32_t code;
    if (!etwi_api_get()->EnumerateTraceGuidsEx)
        return etwi_api_missing("EnumerateTraceGuidsEx", error);
    ETWI_TRY(ask(guids, ETWI_ABI_INFO_GUID_LIST, NULL, &code, error));
    ETWI_TRY(etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code, "listing providers"));
    for (size_t at = 0; guids->size - at >= sizeof(etw_guid); at += sizeof(etw_guid)) {
        etw_guid guid;
        memcpy(&guid, guids->data + at, sizeof guid);
        ETWI_TRY(visit_guid(v, &guid, one, error));
    }
    return ETW_OK;
}

static etw_status visit(const visitor *v, etw_error *error)
{
    answer guids = {.allocator = etwi_allocator_or_default(NULL)};
    answer one = {.allocator = guids.allocator};
    const etw_status status = visit_all(v, &guids, &one, error);
    free_answer(&guids);
    free_answer(&one);
    return status;
}

etw_status etwi_win_providers(etwi_registered_taker take, void *user, etw_error *error)
{
    const visitor v = {.take_provider = take, .user = user};
    return visit(&v, error);
}

/* A session that enables a provider of several processes comes once. */
typedef struct once {
    etwi_enabled_taker take;
    void *user;
    etw_guid guid;
    uint8_t seen[(1 << 16) / 8];
} once;

static etw_status take_once(void *user, const etw_guid *guid, uint32_t logger_id)
{
    once *const o = user;
    const uint16_t id = (uint16_t)logger_id;
    const uint8_t bit = (uint8_t)(1u << id % 8);
    if (!etw_guid_equal(&o->guid, guid)) {
        memset(o->seen, 0, sizeof o->seen);
        o->guid = *guid;
    }
    if (o->seen[id / 8] & bit)
        return ETW_OK;
    o->seen[id / 8] |= bit;
    return o->take(o->user, guid, id);
}

etw_status etwi_win_enabled(etwi_enabled_taker take, void *user, etw_error *error)
{
    once o = {.take = take, .user = user};
    const visitor v = {.take_enabled = take_once, .user = &o};
    return visit(&v, error);
}
