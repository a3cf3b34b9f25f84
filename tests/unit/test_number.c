/* Whole numbers as people write them. */
#include "test.h"

#include "base/number.h"

typedef struct row {
    const char *text;
    uint64_t value;
} row;

static etwi_number parse(const char *text, uint64_t maximum)
{
    return etwi_number_parse((etw_str){text, strlen(text)}, maximum);
}

static void numbers(void)
{
    static const row ROWS[] = {
        {"0", 0},
        {"42", 42},
        {"0x2A", 42},
        {"0X2a", 42},
        {"0o52", 42},
        {"0O52", 42},
        {"052", 42},
        {"0_52", 42},
        {"0b101010", 42},
        {"0B10_1010", 42},
        {"0x_2a", 42},
        {"1_000", 1000},
        {"00", 0},
        {"18446744073709551615", UINT64_MAX},
        {"0xffff_ffff_ffff_ffff", UINT64_MAX},
        {"01777777777777777777777", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const etwi_number number = parse(ROWS[i].text, UINT64_MAX);
        if (!CHECK(number.problem == NULL) || !CHECK_EQ(number.value, ROWS[i].value))
            printf("    %s: %s\n", ROWS[i].text, number.problem ? number.problem : "");
    }
}

static void limits(void)
{
    CHECK(parse("255", 255).problem == NULL);
    CHECK(parse("256", 255).problem != NULL);
    CHECK(parse("0x100", 255).problem != NULL);
    CHECK(parse("9", 5).problem != NULL);
    CHECK(parse("18446744073709551616", UINT64_MAX).problem != NULL);
    CHECK(parse("0x1_0000_0000_0000_0000", UINT64_MAX).problem != NULL);
    CHECK_EQ(parse("1256", 255).at, 0);
}

static void mistakes(void)
{
    static const row ROWS[] = {
        /* And where. */
        {"", 0},   {"0x", 2},   {"0b", 2},   {"x", 0},   {"-1", 0},  {"+1", 0},
        {"1 ", 1}, {"08", 1},   {"0b12", 3}, {"0xg", 2}, {"_1", 0},  {"1_", 1},
        {"0_", 1}, {"1__2", 2}, {"0x_", 3},  {"1.5", 1}, {"1e3", 1}, {"0x__1", 3},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const etwi_number number = parse(ROWS[i].text, UINT64_MAX);
        if (!CHECK(number.problem != NULL) || !CHECK_EQ(number.at, ROWS[i].value))
            printf("    '%s': %s\n", ROWS[i].text, number.problem ? number.problem : "");
    }
}

int main(void)
{
    RUN(numbers);
    RUN(limits);
    RUN(mistakes);
    return test_finish();
}
