/* EventRegister() and what asks or tells about registrations. */
#include "provider.h"

#include <stdlib.h>

enum {
    REGISTRATIONS_MAX = 1024, /* Of one process; "EventRegister". */
    SERIAL_SHIFT = 16,
    CLASS_BINARY_TRACK = 0,
    CLASS_SET_TRAITS = 2,
    CLASS_USE_TYPES = 3,
    TRAITS_MAX = 1024,
    TRAIT_GROUP = 1,
    TRAIT_HEADER_SIZE = 3
};

static SRWLOCK lock = SRWLOCK_INIT;
static double_provider *providers[REGISTRATIONS_MAX];
static uint64_t handles[REGISTRATIONS_MAX];
static uint64_t serial;

double_provider *double_provider_find(uint64_t registration)
{
    const uint64_t index = registration & (((uint64_t)1 << SERIAL_SHIFT) - 1);
    return index < REGISTRATIONS_MAX && registration && handles[index] == registration
               ? providers[index]
               : NULL;
}

/* ---- registering ----------------------------------------------------------------------------- */

static void on_enable(void *user, const etw_control_info *info)
{
    double_provider *provider = user;
    if (!provider->callback || provider->is_quiet)
        return;
    const etwi_abi_filter filter = {(uintptr_t)info->filter_data.data,
                                    (uint32_t)info->filter_data.size, info->filter_type};
    provider->callback(&info->source, (uint32_t)info->code, info->level, info->match_any_keyword,
                       info->match_all_keyword, info->filter_type ? &filter : NULL,
                       provider->context);
}

static etw_status register_engine(double_provider *provider, const char *name,
                                  const etw_guid *group)
{
    const etw_provider_options options = {.size = sizeof options,
                                          .guid = provider->guid,
                                          .name = name,
                                          .group = group,
                                          .on_enable = on_enable,
                                          .user = provider};
    return etw_provider_register(&provider->provider, &options, NULL);
}

static uint32_t add(uint64_t *registration, double_provider *provider)
{
    AcquireSRWLockExclusive(&lock);
    uint32_t index = 0;
    while (index < REGISTRATIONS_MAX && providers[index])
        index++;
    if (index < REGISTRATIONS_MAX) {
        *registration = handles[index] = ++serial << SERIAL_SHIFT | index;
        providers[index] = provider;
    }
    ReleaseSRWLockExclusive(&lock);
    return index < REGISTRATIONS_MAX ? ERROR_SUCCESS : ERROR_NO_SYSTEM_RESOURCES;
}

static double_provider *remove_at(uint64_t registration)
{
    AcquireSRWLockExclusive(&lock);
    double_provider *found = double_provider_find(registration);
    if (found) {
        const uint64_t index = registration & (((uint64_t)1 << SERIAL_SHIFT) - 1);
        providers[index] = NULL;
        handles[index] = 0;
    }
    ReleaseSRWLockExclusive(&lock);
    return found;
}

static uint32_t register_provider(const etw_guid *guid, etwi_abi_enable_callback callback,
                                  void *context, uint64_t *registration)
{
    if (!guid || !registration)
        return ERROR_INVALID_PARAMETER;
    double_provider *provider = calloc(1, sizeof *provider);
    if (!provider)
        return ERROR_NOT_ENOUGH_MEMORY;
    provider->guid = *guid;
    provider->callback = callback;
    provider->context = context;
    // Callbacks may write already.
    uint32_t error = add(registration, provider);
    if (error) {
        free(provider);
        return error;
    }
    const etw_status status = register_engine(provider, NULL, NULL);
    if (!etw_failed(status))
        return ERROR_SUCCESS;
    free(remove_at(*registration));
    *registration = 0;
    return double_error_of(status);
}

static uint32_t unregister(uint64_t registration)
{
    double_provider *provider = remove_at(registration);
    if (!provider)
        return ERROR_INVALID_HANDLE;
    etw_provider_unregister(&provider->provider);
    free(provider);
    return ERROR_SUCCESS;
}

void double_providers_reset(void)
{
    for (uint32_t i = 0; i < REGISTRATIONS_MAX; i++)
        if (handles[i])
            unregister(handles[i]);
}

/* ---- traits ---------------------------------------------------------------------------------- */

/* The group of traits, behind their name; false if they make no sense. */
static bool read_traits(const uint8_t *traits, uint32_t size, const etw_guid **group,
                        etw_guid *place)
{
    if (size < 3 || size > TRAITS_MAX || (traits[0] | traits[1] << 8) != (int)size)
        return false;
    const uint8_t *end = traits + size;
    const uint8_t *at = memchr(traits + 2, 0, size - 2);
    if (!at)
        return false;
    at++;
    while (at < end) {
        if (end - at < TRAIT_HEADER_SIZE)
            return false;
        const unsigned chunk = at[0] | (unsigned)at[1] << 8;
        if (chunk < TRAIT_HEADER_SIZE || chunk > (size_t)(end - at))
            return false;
        if (at[2] == TRAIT_GROUP && chunk == TRAIT_HEADER_SIZE + sizeof *place) {
            memcpy(place, at + TRAIT_HEADER_SIZE, sizeof *place);
            *group = place;
        }
        at += chunk;
    }
    return true;
}

/* The engine is told a name when a provider is registered; so it is, once more. */
static uint32_t set_traits(double_provider *provider, const uint8_t *traits, uint32_t size)
{
    const etw_guid *group = NULL;
    etw_guid place;
    if (provider->has_traits)
        return ERROR_INVALID_PARAMETER;
    if (!read_traits(traits, size, &group, &place))
        return ERROR_INVALID_PARAMETER;
    provider->is_quiet = true;
    etw_provider_unregister(&provider->provider);
    const etw_status status = register_engine(provider, (const char *)traits + 2, group);
    provider->is_quiet = false;
    provider->has_traits = true;
    provider->uses_types = true;
    return double_error_of(status);
}

static uint32_t set_information(uint64_t registration, uint32_t class, const void *data,
                                uint32_t size)
{
    double_provider *provider = double_provider_find(registration);
    if (!provider)
        return ERROR_INVALID_HANDLE;
    if (size && !data)
        return ERROR_INVALID_PARAMETER;
    switch (class) {
    case CLASS_BINARY_TRACK:
        return size ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    case CLASS_SET_TRAITS:
        return set_traits(provider, data, size);
    case CLASS_USE_TYPES:
        if (size != 1)
            return ERROR_INVALID_PARAMETER;
        provider->uses_types = *(const uint8_t *)data != 0;
        return ERROR_SUCCESS;
    default:
        return ERROR_NOT_SUPPORTED;
    }
}

/* ---- what is exported ------------------------------------------------------------------------ */

DOUBLE_EXPORT(uint32_t)
EventRegister(const etw_guid *provider, etwi_abi_enable_callback callback, void *context,
              uint64_t *registration);

DOUBLE_EXPORT(uint32_t)
EventRegister(const etw_guid *provider, etwi_abi_enable_callback callback, void *context,
              uint64_t *registration)
{
    const uint64_t arguments[] = {(uintptr_t)provider, (uintptr_t)callback, (uintptr_t)context,
                                  (uintptr_t)registration};
    double_call *call = double_begin("EventRegister", arguments, 4);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    if (!double_is_scripted("EventRegister", &error))
        error = register_provider(provider, callback, context, registration);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t) EventUnregister(uint64_t registration);

DOUBLE_EXPORT(uint32_t) EventUnregister(uint64_t registration)
{
    double_call *call = double_begin("EventUnregister", &registration, 1);
    uint32_t error;
    if (!double_is_scripted("EventUnregister", &error))
        error = unregister(registration);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
EventSetInformation(uint64_t registration, uint32_t class, void *data, uint32_t size);

DOUBLE_EXPORT(uint32_t)
EventSetInformation(uint64_t registration, uint32_t class, void *data, uint32_t size)
{
    const uint64_t arguments[] = {registration, class, (uintptr_t)data, size};
    double_call *call = double_begin("EventSetInformation", arguments, 4);
    uint32_t error;
    double_keep(call, "information", data, size);
    if (!double_is_scripted("EventSetInformation", &error))
        error = set_information(registration, class, data, size);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint8_t)
EventEnabled(uint64_t registration, const etwi_abi_descriptor *descriptor);

DOUBLE_EXPORT(uint8_t)
EventEnabled(uint64_t registration, const etwi_abi_descriptor *descriptor)
{
    const uint64_t arguments[] = {registration, (uintptr_t)descriptor};
    double_call *call = double_begin("EventEnabled", arguments, 2);
    const double_provider *provider = double_provider_find(registration);
    double_keep(call, "descriptor", descriptor, sizeof *descriptor);
    return (uint8_t)double_end(
        call, provider && descriptor &&
                  etw_provider_enabled(provider->provider, descriptor->level, descriptor->keyword));
}

DOUBLE_EXPORT(uint8_t)
EventProviderEnabled(uint64_t registration, uint8_t level, uint64_t keyword);

DOUBLE_EXPORT(uint8_t)
EventProviderEnabled(uint64_t registration, uint8_t level, uint64_t keyword)
{
    const uint64_t arguments[] = {registration, level, keyword};
    double_call *call = double_begin("EventProviderEnabled", arguments, 3);
    const double_provider *provider = double_provider_find(registration);
    return (uint8_t)double_end(call, provider &&
                                         etw_provider_enabled(provider->provider, level, keyword));
}
