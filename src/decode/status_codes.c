#include "decode/status_codes.h"

typedef struct status_code {
    uint32_t number;
    etw_str symbol;
} status_code;

#include "decode/status_codes.inc"

#define HRESULT_OF_WIN32 0x80070000u

static etw_str find(const status_code *codes, size_t count, uint32_t number)
{
    const etw_str none = {NULL, 0};
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (codes[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && codes[low].number == number ? codes[low].symbol : none;
}

etw_str etwi_ntstatus_symbol(uint32_t number)
{
    return find(ntstatus_codes, sizeof ntstatus_codes / sizeof ntstatus_codes[0], number);
}

etw_str etwi_win32_symbol(uint32_t number)
{
    return find(win32_codes, sizeof win32_codes / sizeof win32_codes[0], number);
}

etw_str etwi_hresult_symbol(uint32_t number)
{
    const etw_str symbol =
        find(hresult_codes, sizeof hresult_codes / sizeof hresult_codes[0], number);
    if (!symbol.size && (number & 0xFFFF0000u) == HRESULT_OF_WIN32)
        return etwi_win32_symbol(number & 0xFFFF);
    return symbol;
}
