/* Numbers, GUIDs and encodings as text. */
#include "test.h"

#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static char text[64];

/* Ends what a writer wrote, and returns it. */
static const char *ended(char *end)
{
    *end = '\0';
    return text;
}

static void writes_unsigned_numbers(void)
{
    uint64_t number = 0;
    for (int i = 0; i < 2000; i++) {
        char want[32];
        snprintf(want, sizeof want, "%" PRIu64, number);
        REQUIRE(strcmp(ended(etwi_text_u64(text, number)), want) == 0);
        number = i % 3 ? number * 7 + (uint64_t)i : number + 99;
    }
    CHECK_TEXT(ended(etwi_text_u64(text, UINT64_MAX)), "18446744073709551615");
    CHECK_EQ(strlen(text), ETWI_U64_TEXT_MAX);
    for (uint64_t power = 1; power < UINT64_MAX / 10; power *= 10) {
        char want[32];
        snprintf(want, sizeof want, "%" PRIu64, power - 1);
        CHECK_TEXT(ended(etwi_text_u64(text, power - 1)), want);
        snprintf(want, sizeof want, "%" PRIu64, power);
        CHECK_TEXT(ended(etwi_text_u64(text, power)), want);
    }
}

static void writes_signed_numbers(void)
{
    CHECK_TEXT(ended(etwi_text_i64(text, 0)), "0");
    CHECK_TEXT(ended(etwi_text_i64(text, -1)), "-1");
    CHECK_TEXT(ended(etwi_text_i64(text, INT64_MAX)), "9223372036854775807");
    CHECK_TEXT(ended(etwi_text_i64(text, INT64_MIN)), "-9223372036854775808");
}

static void writes_padded_numbers(void)
{
    CHECK_TEXT(ended(etwi_text_padded(text, 7, 4)), "0007");
    CHECK_TEXT(ended(etwi_text_padded(text, 12345, 4)), "2345");
    CHECK_TEXT(ended(etwi_text_padded(text, 7, 0)), "");
}

static void writes_hexadecimal(void)
{
    CHECK_TEXT(ended(etwi_text_hex(text, 0)), "0x0");
    CHECK_TEXT(ended(etwi_text_hex(text, 0xF)), "0xF");
    CHECK_TEXT(ended(etwi_text_hex(text, 0x10)), "0x10");
    CHECK_TEXT(ended(etwi_text_hex(text, UINT64_MAX)), "0xFFFFFFFFFFFFFFFF");
    CHECK_EQ(strlen(text), ETWI_HEX_TEXT_MAX);
    CHECK_TEXT(ended(etwi_text_hex_padded(text, 0xAB, 8)), "0x000000AB");
    CHECK_TEXT(ended(etwi_text_hex_padded(text, 0x123456789, 4)), "0x6789");
    const uint8_t bytes[] = {0x00, 0x9A, 0xFF};
    CHECK_TEXT(ended(etwi_text_hex_bytes(text, bytes, sizeof bytes)), "009AFF");
    CHECK_TEXT(ended(etwi_text_hex_bytes(text, NULL, 0)), "");
}

static void writes_guids(void)
{
    const etw_guid guid = {
        0xE4D3EE7F, 0xC9A1, 0x5D4E, {0xB0, 0xA1, 0x8D, 0xC, 0x1F, 0x4A, 0x7E, 0}};
    CHECK_TEXT(ended(etwi_text_guid(text, &guid)), "{E4D3EE7F-C9A1-5D4E-B0A1-8D0C1F4A7E00}");
}

/* The text must read back as the same number, and no text with fewer digits may. */
static void is_shortest(double value)
{
    ended(etwi_text_double(text, value));
    char *end;
    const bool same = strtod(text, &end) == value && !*end;
    if (!CHECK(same)) {
        printf("    %s for %.17g\n", text, value);
        return;
    }
    for (int precision = 1; precision < 17; precision++) {
        char other[40];
        snprintf(other, sizeof other, "%.*g", precision, value);
        if (strtod(other, NULL) != value)
            continue;
        if (!CHECK(strlen(text) <= strlen(other)))
            printf("    %s, but %s is enough\n", text, other);
        return;
    }
}

static void writes_shortest_doubles(void)
{
    static const double VALUES[] = {0.1,
                                    1.0 / 3,
                                    1e23,
                                    123456789012345678.0,
                                    DBL_MAX,
                                    DBL_MIN,
                                    DBL_EPSILON,
                                    5e-324,
                                    1e-320,
                                    2.2250738585072011e-308,
                                    0.30000000000000004,
                                    9007199254740993.0,
                                    1e15,
                                    1e16,
                                    1e-5};
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        is_shortest(VALUES[i]);
        is_shortest(-VALUES[i]);
    }
    uint64_t bits = 0x3FF123456789ABCD;
    for (int i = 0; i < 3000; i++) {
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            is_shortest(value);
    }
    CHECK_TEXT(ended(etwi_text_double(text, 0.0)), "0");
    CHECK_TEXT(ended(etwi_text_double(text, -0.0)), "-0");
    CHECK_TEXT(ended(etwi_text_double(text, 1.5)), "1.5");
    CHECK_TEXT(ended(etwi_text_double(text, 5e-324)), "5e-324");
    CHECK_TEXT(ended(etwi_text_double(text, -DBL_MAX)), "-1.7976931348623157e+308");
    CHECK(strlen(text) <= ETWI_DOUBLE_TEXT_MAX);
}

static void writes_shortest_floats(void)
{
    CHECK_TEXT(ended(etwi_text_float(text, 0.1f)), "0.1");
    CHECK_TEXT(ended(etwi_text_float(text, 16777216.0f)), "16777216");
    CHECK_TEXT(ended(etwi_text_float(text, 3.4028235e38f)), "3.4028235e+38");
    CHECK_TEXT(ended(etwi_text_float(text, 1e-45f)), "1e-45");
    CHECK_TEXT(ended(etwi_text_float(text, -0.0f)), "-0");
    uint32_t bits = 12345;
    for (int i = 0; i < 3000; i++) {
        float value;
        bits = bits * 1664525 + 1013904223;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        ended(etwi_text_float(text, value));
        REQUIRE(strtof(text, NULL) == value);
    }
}

static void names_what_is_no_number(void)
{
    CHECK_TEXT(ended(etwi_text_double(text, (double)NAN)), "NaN");
    CHECK_TEXT(ended(etwi_text_double(text, -(double)NAN)), "NaN");
    CHECK_TEXT(ended(etwi_text_double(text, HUGE_VAL)), "Infinity");
    CHECK_TEXT(ended(etwi_text_double(text, -HUGE_VAL)), "-Infinity");
    CHECK_TEXT(ended(etwi_text_float(text, NAN)), "NaN");
    CHECK_TEXT(ended(etwi_text_float(text, HUGE_VALF)), "Infinity");
    CHECK_TEXT(ended(etwi_text_float(text, -HUGE_VALF)), "-Infinity");
}

/* Locales that write another decimal point; the last one's has two bytes. */
static void writes_points_in_every_locale(void)
{
    static const char *const LOCALES[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "ps_AF.UTF-8",
                                          "ps_AF"};
    int found = 0;
    for (size_t i = 0; i < sizeof LOCALES / sizeof LOCALES[0]; i++) {
        if (!setlocale(LC_NUMERIC, LOCALES[i]))
            continue;
        found++;
        CHECK_TEXT(ended(etwi_text_double(text, 1.25)), "1.25");
        CHECK_TEXT(ended(etwi_text_float(text, -0.5f)), "-0.5");
    }
    setlocale(LC_NUMERIC, "C");
    if (!found)
        printf("    this system has no locale with a decimal comma\n");
    CHECK_TEXT(ended(etwi_text_double(text, 1.25)), "1.25");
}

static void writes_utf8(void)
{
    CHECK_TEXT(ended(etwi_text_utf8(text, 'A')), "A");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x7F)), "\x7F");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x80)), "\xC2\x80");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x7FF)), "\xDF\xBF");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x800)), "\xE0\xA0\x80");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0xFFFF)), "\xEF\xBF\xBF");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x10000)), "\xF0\x90\x80\x80");
    CHECK_TEXT(ended(etwi_text_utf8(text, 0x10FFFF)), "\xF4\x8F\xBF\xBF");
}

static void reads_back_every_code_point(void)
{
    for (uint32_t code_point = 1; code_point <= 0x10FFFF; code_point++) {
        if ((code_point & ~0x7FFu) == 0xD800)
            continue;
        const uint8_t *end = (const uint8_t *)etwi_text_utf8(text, code_point);
        const uint8_t *at = (const uint8_t *)text;
        if (etwi_utf8_next(&at, end) != code_point || at != end) {
            CHECK_EQ(code_point, 0);
            return;
        }
    }
    CHECK(true);
}

/* Each byte of what is malformed comes back on its own, at most `good` code points come after. */
static void is_malformed(const char *bytes, size_t size)
{
    const uint8_t *at = (const uint8_t *)bytes, *end = at + size;
    const uint32_t first = etwi_utf8_next(&at, end);
    CHECK_EQ(first, ETWI_BAD_UTF8 | (uint8_t)bytes[0]);
    CHECK_EQ(at - (const uint8_t *)bytes, 1);
}

static void refuses_malformed_utf8(void)
{
    is_malformed("\x80", 1);
    is_malformed("\xBF", 1);
    is_malformed("\xC0\x80", 2); /* Overlong. */
    is_malformed("\xC1\xBF", 2);
    is_malformed("\xE0\x9F\xBF", 3);
    is_malformed("\xF0\x8F\xBF\xBF", 4);
    is_malformed("\xED\xA0\x80", 3); /* A surrogate. */
    is_malformed("\xED\xBF\xBF", 3);
    is_malformed("\xF4\x90\x80\x80", 4); /* Beyond U+10FFFF. */
    is_malformed("\xF5\x80\x80\x80", 4);
    is_malformed("\xFF", 1);
    is_malformed("\xC3", 1); /* Cut off. */
    is_malformed("\xE2\x82", 2);
    is_malformed("\xF0\x9F\x98", 3);
    is_malformed("\xC3\x41", 2); /* Not continued. */
    is_malformed("\xE2\x82\x41", 3);
    is_malformed("\xF0\x9F\x98\xC0", 4);
}

static void reads_utf16(void)
{
    /* A, EURO SIGN, U+1F600, a lone high, a lone low, a high at the end. */
    static const uint8_t UNITS[] = {0x41, 0,    0xAC, 0x20, 0x3D, 0xD8, 0x00, 0xDE,
                                    0x3D, 0xD8, 0x41, 0,    0x00, 0xDE, 0xFF, 0xDB};
    static const uint32_t WANT[] = {0x41, 0x20AC, 0x1F600, 0xD83D, 0x41, 0xDE00, 0xDBFF};
    const uint8_t *at = UNITS, *end = UNITS + sizeof UNITS;
    for (size_t i = 0; i < sizeof WANT / sizeof WANT[0]; i++)
        CHECK_EQ(etwi_utf16_next(&at, end), WANT[i]);
    CHECK(at == end);
}

int main(void)
{
    RUN(writes_unsigned_numbers);
    RUN(writes_signed_numbers);
    RUN(writes_padded_numbers);
    RUN(writes_hexadecimal);
    RUN(writes_guids);
    RUN(writes_shortest_doubles);
    RUN(writes_shortest_floats);
    RUN(names_what_is_no_number);
    RUN(writes_points_in_every_locale);
    RUN(writes_utf8);
    RUN(reads_back_every_code_point);
    RUN(refuses_malformed_utf8);
    RUN(reads_utf16);
    return test_finish();
}
