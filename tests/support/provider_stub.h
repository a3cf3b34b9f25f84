/*
 * A system with a few providers, in place of the one that the program runs on: who has registered
 * what, and which sessions enable it. For one source file of a program.
 */
#ifndef PROVIDER_STUB_H
#define PROVIDER_STUB_H

#include "session/backend.h"

#include <string.h>

typedef struct stub_provider {
    const char *guid;
    const char *name;
    uint32_t id; /* Of the process or the session. */
} stub_provider;

static const stub_provider *stub_registered, *stub_enabled;
static size_t stub_registered_count, stub_enabled_count;
static etw_status stub_status = ETW_OK; /* What looking around comes to. */

static etw_guid stub_guid(const char *text)
{
    etw_guid guid = {0, 0, 0, {0}};
    const etw_status status = etw_guid_parse(&guid, (etw_str){text, strlen(text)}, NULL);
    return status == ETW_OK ? guid : (etw_guid){0, 0, 0, {0}};
}

static etw_status stub_providers(etwi_registered_taker take, void *user, etw_error *error)
{
    (void)error;
    for (size_t i = 0; i < stub_registered_count; i++) {
        const stub_provider *p = &stub_registered[i];
        const etw_guid guid = stub_guid(p->guid);
        const etw_status status = take(user, &guid, (etw_str){p->name, strlen(p->name)}, p->id);
        if (status != ETW_OK)
            return status;
    }
    return stub_status;
}

static etw_status stub_enables(etwi_enabled_taker take, void *user, etw_error *error)
{
    (void)error;
    for (size_t i = 0; i < stub_enabled_count; i++) {
        const etw_guid guid = stub_guid(stub_enabled[i].guid);
        const etw_status status = take(user, &guid, stub_enabled[i].id);
        if (status != ETW_OK)
            return status;
    }
    return stub_status;
}

/* In place of what the library has, so that nothing else of it is there either. */
const etwi_session_backend *etwi_system_backend(void)
{
    static const etwi_session_backend stub = {
        .id = ETW_BACKEND_WINDOWS, .providers = stub_providers, .enabled = stub_enables};
    return &stub;
}

#endif
