/* Look-up of code pages in the generated tables. */
#include "decode/codepage.h"

enum {
    DEFAULT_CODE_PAGE = 1252,
    HIGH_HALF_COUNT = 128,
};

typedef struct code_page_table {
    uint16_t number;
    uint16_t units[HIGH_HALF_COUNT];
} code_page_table;

#include "decode/codepage.inc"

const uint16_t *etwi_code_page_high_half(unsigned code_page)
{
    const unsigned number = code_page == ETW_CODE_PAGE_DEFAULT ? DEFAULT_CODE_PAGE : code_page;
    for (size_t i = 0; i < sizeof code_pages / sizeof code_pages[0]; i++)
        if (code_pages[i].number == number)
            return code_pages[i].units;
    return NULL;
}

bool etw_code_page_supported(unsigned code_page)
{
    return code_page == ETW_CODE_PAGE_UTF8 || etwi_code_page_high_half(code_page) != NULL;
}
