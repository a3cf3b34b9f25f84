/* The symbols of common status codes. */
#ifndef ETWI_DECODE_STATUS_CODES_H
#define ETWI_DECODE_STATUS_CODES_H

#include <etw/base.h>

/* Each is empty if the table has no symbol for the number. */
etw_str etwi_ntstatus_symbol(uint32_t number);
etw_str etwi_win32_symbol(uint32_t number);
/* Of HRESULTs that wrap a Win32 error (0x8007xxxx) the symbol of that. */
etw_str etwi_hresult_symbol(uint32_t number);

#endif
