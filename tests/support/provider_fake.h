/*
 * A system with a few providers, in place of the one that the program runs on: who has registered
 * what, and which sessions enable it. For one source file of a program.
 */
#ifndef PROVIDER_FAKE_H
#define PROVIDER_FAKE_H

#include "session/backend.h"

#include <string.h>

typedef struct fake_provider {
    const char *guid;
    const char *name;
    uint32_t id; /* Of the process or the session. */
} fake_provider;

static const fake_provider *fake_registered, *fake_enabled;
static size_t fake_registered_count, fake_enabled_count;
static etw_status fake_status = ETW_OK; /* What looking around comes to. */

static etw_guid fake_guid(const char *text)
{
    etw_guid guid = {0, 0, 0, {0}};
    const etw_status status = etw_guid_parse(&guid, (etw_str){text, strlen(text)}, NULL);
    return status == ETW_OK ? guid : (etw_guid){0, 0, 0, {0}};
}

static etw_status fake_providers(etwi_registered_taker take, void *user, etw_error *error)
{
    (void)error;
    for (size_t i = 0; i < fake_registered_count; i++) {
        const fake_provider *p = &fake_registered[i];
        const etw_guid guid = fake_guid(p->guid);
        const etw_status status = take(user, &guid, (etw_str){p->name, strlen(p->name)}, p->id);
        if (status != ETW_OK)
            return status;
    }
    return fake_status;
}

static etw_status fake_enables(etwi_enabled_taker take, void *user, etw_error *error)
{
    (void)error;
    for (size_t i = 0; i < fake_enabled_count; i++) {
        const etw_guid guid = fake_guid(fake_enabled[i].guid);
        const etw_status status = take(user, &guid, fake_enabled[i].id);
        if (status != ETW_OK)
            return status;
    }
    return fake_status;
}

/* In place of what the library has, so that nothing else of it is there either. */
const etwi_session_backend *etwi_system_backend(void)
{
    static const etwi_session_backend fake = {
        .id = ETW_BACKEND_WINDOWS, .providers = fake_providers, .enabled = fake_enables};
    return &fake;
}

#endif
