/* System trace providers in place of the flags of the kernel's session. */
#ifndef ETWI_SESSION_KERNEL_PROVIDER_H
#define ETWI_SESSION_KERNEL_PROVIDER_H

#include <etw/guid.h>

typedef struct etwi_kernel_provider {
    etw_guid guid;
    uint64_t keywords;
} etwi_kernel_provider;

enum {
    ETWI_KERNEL_PROVIDERS_MAX = 17
};

/*
 * The providers that give the events of flags, each once, by the documentation of system providers
 * on Microsoft Learn. Sets `*unknown` to the flags that none stands for.
 */
size_t etwi_kernel_providers(etwi_kernel_provider out[ETWI_KERNEL_PROVIDERS_MAX], uint32_t flags,
                             uint32_t *unknown);

#endif
