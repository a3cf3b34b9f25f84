/* Providers that EventRegister() has registered. */
#ifndef ETW_TESTS_WIN_DOUBLE_PROVIDER_H
#define ETW_TESTS_WIN_DOUBLE_PROVIDER_H

#include "double.h"
#include "portable_writing.h"

typedef struct double_provider {
    etw_provider *provider;
    etw_guid guid;
    etwi_abi_enable_callback callback;
    void *context;
    bool is_quiet;   /* While it is registered anew under its traits. */
    bool uses_types; /* Of data descriptors. */
    bool has_traits;
} double_provider;

/* NULL if there is none. Registrations are not ended while they are used, so no lock is needed. */
double_provider *double_provider_find(uint64_t registration);

/* The activity id of this thread. */
etw_guid *double_activity(void);

#endif
