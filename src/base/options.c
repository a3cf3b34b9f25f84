#include "base/options.h"

#include "base/error.h"

#include <string.h>

etw_status etwi_options_copy(void *ours, size_t our_size, const void *theirs, etw_error *error)
{
    memset(ours, 0, our_size);
    memcpy(ours, &our_size, sizeof our_size);
    if (!theirs)
        return ETW_OK;
    size_t their_size;
    memcpy(&their_size, theirs, sizeof their_size);
    if (their_size < sizeof their_size)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "options without a size");
    const uint8_t *bytes = theirs;
    for (size_t i = our_size; i < their_size; i++)
        if (bytes[i])
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                             "options of a newer version of the library");
    memcpy(ours, theirs, their_size < our_size ? their_size : our_size);
    memcpy(ours, &our_size, sizeof our_size);
    return ETW_OK;
}

etw_status etwi_options_give(void *theirs, const void *ours, size_t our_size)
{
    size_t their_size;
    memcpy(&their_size, theirs, sizeof their_size);
    if (their_size < sizeof their_size)
        return ETW_E_INVALID;
    memcpy(theirs, ours, their_size < our_size ? their_size : our_size);
    memcpy(theirs, &their_size, sizeof their_size);
    return ETW_OK;
}
