/* Code pages: which there are, and what their bytes mean. */
#include "decode/codepage.h"
#include "test.h"

static const unsigned WITH_TABLE[] = {0,    437,  850,  852,  855,  857,  866,  874,  28591,
                                      1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258};

static void supports_what_is_documented(void)
{
    for (size_t i = 0; i < sizeof WITH_TABLE / sizeof WITH_TABLE[0]; i++) {
        CHECK(etw_code_page_supported(WITH_TABLE[i]));
        CHECK(etwi_code_page_high_half(WITH_TABLE[i]) != NULL);
    }
    CHECK(etw_code_page_supported(ETW_CODE_PAGE_UTF8));
    CHECK(etwi_code_page_high_half(ETW_CODE_PAGE_UTF8) == NULL);
}

static void rejects_everything_else(void)
{
    static const unsigned OTHERS[] = {1,    932,   936,   1249,         1259,
                                      1200, 65000, 65002, 65536 + 1252, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        CHECK(!etw_code_page_supported(OTHERS[i]));
        CHECK(etwi_code_page_high_half(OTHERS[i]) == NULL);
    }
    unsigned count = 0;
    for (unsigned number = 0; number < 65536; number++)
        count += etw_code_page_supported(number);
    CHECK_EQ(count, sizeof WITH_TABLE / sizeof WITH_TABLE[0] + 1);
}

/* One telling byte of each page, from the mapping tables at unicode.org. */
static void maps_bytes(void)
{
    static const struct {
        unsigned code_page;
        unsigned byte;
        unsigned unit;
    } BYTES[] = {
        {437, 0x80, 0x00C7},  {437, 0xE0, 0x03B1},   {437, 0xFF, 0x00A0},   {850, 0xD5, 0x0131},
        {852, 0x88, 0x0142},  {855, 0x80, 0x0452},   {857, 0x98, 0x0130},   {866, 0x80, 0x0410},
        {874, 0xA1, 0x0E01},  {28591, 0x80, 0x0080}, {28591, 0xFF, 0x00FF}, {1250, 0x8A, 0x0160},
        {1251, 0xC0, 0x0410}, {1252, 0x80, 0x20AC},  {1252, 0x9F, 0x0178},  {1252, 0xE9, 0x00E9},
        {1253, 0xE1, 0x03B1}, {1254, 0xFD, 0x0131},  {1255, 0xE0, 0x05D0},  {1256, 0xC7, 0x0627},
        {1257, 0xE0, 0x0105}, {1258, 0xFE, 0x20AB},
    };
    for (size_t i = 0; i < sizeof BYTES / sizeof BYTES[0]; i++) {
        const uint16_t *units = etwi_code_page_high_half(BYTES[i].code_page);
        if (CHECK(units != NULL))
            CHECK_EQ(units[BYTES[i].byte - 0x80], BYTES[i].unit);
    }
}

static void escapes_undefined_bytes(void)
{
    static const uint8_t UNDEFINED_1252[] = {0x81, 0x8D, 0x8F, 0x90, 0x9D};
    const uint16_t *units = etwi_code_page_high_half(1252);
    REQUIRE(units != NULL);
    for (size_t i = 0; i < sizeof UNDEFINED_1252; i++)
        CHECK_EQ(units[UNDEFINED_1252[i] - 0x80], 0xDC00 + UNDEFINED_1252[i]);
    unsigned escaped = 0;
    for (unsigned i = 0; i < 128; i++)
        escaped += (units[i] & 0xFC00) == 0xDC00;
    CHECK_EQ(escaped, sizeof UNDEFINED_1252);
}

static void escapes_only_with_the_byte_itself(void)
{
    for (size_t i = 0; i < sizeof WITH_TABLE / sizeof WITH_TABLE[0]; i++) {
        const uint16_t *units = etwi_code_page_high_half(WITH_TABLE[i]);
        REQUIRE(units != NULL);
        for (unsigned byte = 0x80; byte < 0x100; byte++) {
            const unsigned unit = units[byte - 0x80];
            const bool is_surrogate = (unit & 0xF800) == 0xD800;
            CHECK(unit >= 0x80 && (!is_surrogate || unit == 0xDC00 + byte));
        }
    }
}

static void defaults_to_1252(void)
{
    CHECK(etwi_code_page_high_half(ETW_CODE_PAGE_DEFAULT) == etwi_code_page_high_half(1252));
}

int main(void)
{
    RUN(supports_what_is_documented);
    RUN(rejects_everything_else);
    RUN(maps_bytes);
    RUN(escapes_undefined_bytes);
    RUN(escapes_only_with_the_byte_itself);
    RUN(defaults_to_1252);
    return test_finish();
}
