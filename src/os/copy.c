#include "base/error.h"
#include "os/output.h"
#include "os/private.h"

static etw_status copy_blocks(const etwi_file *to, const etwi_file *from, etw_error *error)
{
    uint8_t block[64 * 1024];
    size_t got = 1;
    for (uint64_t at = 0; got; at += got) {
        ETWI_TRY(etwi_file_read_at(from, at, block, sizeof block, &got, error));
        ETWI_TRY(etwi_output_write_at(to, at, block, got, error));
    }
    return ETW_OK;
}

etw_status etwi_file_copy(const etwi_file *from, const char *to, etw_error *error)
{
    etwi_file copy;
    ETWI_TRY(etwi_output_open(&copy, to, ETWI_OUTPUT_NEW, error));
    const etw_status status = copy_blocks(&copy, from, error);
    etwi_file_close(&copy);
    if (status != ETW_OK)
        etwi_file_remove(to);
    return status;
}
