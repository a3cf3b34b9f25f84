/* Mistakes in expressions: where they are, and what is said about them. Limits, and memory. */
#include "consumer/filter_regex.h"
#include "filter_sample.h"
#include "test.h"

#include "faulty_alloc.h"

typedef struct mistake {
    const char *text;
    int column;
    const char *message;
} mistake;

static void check_mistake(const mistake *m)
{
    etw_filter *filter;
    etw_error error = {ETW_OK, 0, 0, ""};
    const etw_status status = etw_filter_compile(&filter, m->text, NULL, &error);
    CHECK(status == ETW_E_INVALID || status == ETW_E_LIMIT);
    CHECK(error.status == status);
    CHECK(!filter);
    bool same = CHECK_EQ(error.offset, m->column);
    same &= CHECK_TEXT(error.message, m->message);
    if (!same)
        printf("    %s\n", m->text);
    etw_filter_destroy(&filter);
}

#define CHECK_MISTAKES(rows)                                                           \
    for (size_t row_index = 0; row_index < sizeof(rows) / sizeof *(rows); row_index++) \
    check_mistake(&(rows)[row_index])

static void grammar(void)
{
    static const mistake ROWS[] = {
        {"", 0, "expected a field such as 'provider' or the name of a property"},
        {"  ", 2, "expected a field such as 'provider' or the name of a property"},
        {"id ==", 5, "expected a value after '=='"},
        {"id == and", 6, "expected a value after '==', not 'and'"},
        {"id == )", 6, "expected a value after '==', not ')'"},
        {"id = 1", 3, "write '==' to compare"},
        {"id == 1 and", 11, "expected a field such as 'provider' or the name of a property"},
        {"id == 1 id == 2", 8, "expected 'and', 'or' or the end, not 'id'"},
        {"and id == 1", 0,
         "expected a field such as 'provider' or the name of a property, not 'and'"},
        {"(id == 1", 0, "this '(' is not closed"},
        {"id == 1)", 7, "there is no '(' for this ')'"},
        {"not", 3, "expected a field such as 'provider' or the name of a property"},
        {"4 == pid", 0, "expected a field or an operator, not '4'"},
        {"id == 1 | id == 2", 8, "write 'or' or '||'"},
        {"id is 1", 3, "expected an operator, not 'is'; did you mean 'in'?"},
        {"Name contain x", 5, "expected an operator, not 'contain'; did you mean 'contains'?"},
        {"Name not x", 9, "expected an operator such as 'in' after 'not', not 'x'"},
        {"id in 1", 6, "expected a field or an operator, not '1'"},
        {"id in (1)", 6, "expected '{' and a list of values, not '('"},
        {"id in {}", 7, "expected a value after '{', not '}'"},
        {"id in {1,}", 9, "expected a value after ',', not '}'"},
        {"id in {1 2}", 9, "expected a field or an operator, not '2'"},
        {"id in {1..}", 10, "expected a value after '..', not '}'"},
        {"id in {1", 8, "expected ',' or '}'"},
        {"id == 5..9", 7, "a range belongs into braces: in {5..9}; a text with '..' into quotes"},
        {"Name == \"x", 8, "the text has no closing quote"},
        {"Name == 'x", 8, "the text has no closing quote"},
        {"Name == \"C:\\Windows\"", 11,
         "'\\W' means nothing here; write '\\\\' for a backslash, or use single quotes"},
        {"Name == \"\\x4\"", 9, "expected 2 hexadecimal digits after '\\x'"},
        {"Name == \"\\uD800\"", 9,
         "half of a surrogate pair is no character; write the character itself"},
        {"`x", 0, "the name in backquotes does not end"},
        {"``", 0, "there is no name between the backquotes"},
        {"A.5", 2, "expected a name after '.'"},
        {"Name == \xFF", 8, "byte 0xFF is not valid UTF-8"},
        {"keyword & x", 10, "expected a number such as 0x10 after '&', not 'x'"},
        {"x & -1", 4, "expected a number such as 0x10 after '&', not '-1'"},
        {"x & 1 == y", 9, "bits can only be compared with a number"},
        {"x % 0", 4, "expected a number such as 0x10 after '%', not '0'"},
        {"x % y", 4, "expected a number such as 0x10 after '%', not 'y'"},
        {"x % 2 == y", 9, "a remainder can only be compared with a number"},
        {"provider % 2", 9, "'%' does not apply to provider, which is no number"},
        {"id == 18446744073709551616", 6,
         "the number does not fit 64 bits; write it in quotes to mean text"},
        {"Name == -9223372036854775809", 8,
         "the number does not fit 64 bits; write it in quotes to mean text"},
    };
    CHECK_MISTAKES(ROWS);
}

static void meaning(void)
{
    static const mistake ROWS[] = {
        {"leve == 2", 0, "unknown field 'leve'; did you mean 'level'? (data.leve is a property)"},
        {"id == 1 and providre == x", 12,
         "unknown field 'providre'; did you mean 'provider'? (data.providre is a property)"},
        {"id == x", 6, "id needs a whole number, not 'x'"},
        {"id == 1.5", 6, "id needs a whole number, not '1.5'"},
        {"id in {1, 2..z}", 13, "id needs a whole number, not 'z'"},
        {"id contains 1", 3, "'contains' does not apply to id, which is a number"},
        {"id and pid", 2, "expected an operator after 'id', which every event has"},
        {"level <= warnin", 9, "unknown level 'warnin'; did you mean 'warning'?"},
        {"level <= \"Chatty\"", 9, "level has an order by number only, not 'Chatty'"},
        {"task > abc", 7, "task has an order by number only, not 'abc'"},
        {"guid == Contoso", 8,
         "guid needs a GUID such as 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716, not 'Contoso'"},
        {"guid > null", 5, "'>' does not apply to guid, which is a GUID"},
        {"provider < x", 9, "'<' does not apply to provider, which is a name"},
        {"provider in {a..b}", 13, "provider has no order, not 'a'"},
        {"provider & 1", 9, "'&' does not apply to provider, which is no number"},
        {"time > noon", 7, "time needs a time such as 2026-11-22T18:04:05Z or +1.5s, not 'noon'"},
        {"time > 2026-02-30", 7,
         "time needs a time such as 2026-11-22T18:04:05Z or +1.5s, not '2026-02-30'"},
        {"time ~ 2026*", 5, "'~' does not apply to time, which is a time"},
        {"kind == EVENT46", 8, "unknown kind 'EVENT46'; did you mean 'EVENT64'?"},
        {"source == manifst", 10, "unknown source 'manifst'; did you mean 'manifest'?"},
        {"class == nothing", 9, "unknown class 'nothing'"},
        {"kind > event64", 5, "'>' does not apply to kind, which is a word"},
        {"classic == maybe", 11, "classic needs true or false, not 'maybe'"},
        {"classic > true", 8, "'>' does not apply to classic, which is true or false"},
        {"event > a", 6, "'>' does not apply to event, which is a name"},
    };
    CHECK_MISTAKES(ROWS);
}

static void expressions(void)
{
    static const mistake ROWS[] = {
        {"A matches '('", 11, "the group of the regular expression has no ')'"},
        {"A matches 'a)'", 12, "the regular expression closes a group that is not open"},
        {"A matches '*a'", 11,
         "there is nothing before '*' to repeat; write \\* for the character"},
        {"A matches 'a|+'", 13,
         "there is nothing before '+' to repeat; write \\+ for the character"},
        {"A matches '[a-'", 11, "the class of the regular expression has no ']'"},
        {"A matches '[z-a]'", 14, "the range in the class ends before it begins"},
        {"A matches 'a{2'", 12,
         "expected a repetition such as {3}, {3,} or {3,5}; write \\{ for a brace"},
        {"A matches 'a{3,2}'", 12, "the repetition must count upwards and at most to 255"},
        {"A matches 'a{256}'", 12, "the repetition must count upwards and at most to 255"},
        {"A matches '\\'", 11, "the regular expression ends with a backslash"},
        {"A matches '\\b'", 12, "regular expressions have no '\\b' here"},
        {"A matches '\\xg0'", 12, "expected two hexadecimal digits after '\\x'"},
        {"A matches '(?=a)'", 12, "expected '?:'; other groups with '?' are not supported"},
        {"A matches '(a{200}){200}'", 24, "the regular expression needs more than 512 states"},
    };
    CHECK_MISTAKES(ROWS);
}

static bool searches(const char *pattern, const char *text, bool ignore_case)
{
    uint32_t characters[256];
    uint32_t size = 0;
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_regex *regex;
    etw_error error;
    etwi_chars chars = etwi_chars_utf8((etw_str){pattern, strlen(pattern)});
    while ((characters[size] = etwi_chars_next(&chars)) != ETWI_CHARS_END)
        size++;
    bool found = false;
    if (CHECK(etwi_regex_compile(&regex, characters, size, ignore_case, &arena, &error) == ETW_OK))
        found = etwi_regex_search(regex, etwi_chars_utf8((etw_str){text, strlen(text)}));
    else
        printf("    %s: %s\n", pattern, error.message);
    etwi_arena_free(&arena);
    return found;
}

static void regular_expressions(void)
{
    static const struct {
        const char *pattern, *yes, *no;
    } ROWS[] = {
        {"abc", "xabcx", "abxc"},
        {"^abc$", "abc", "abcd"},
        {"a.c", "abc", "ac"},
        {"ab*c", "ac", "adc"},
        {"ab+c", "abbc", "ac"},
        {"ab?c", "abc", "abbc"},
        {"a(b|cd)e", "acde", "abcde"},
        {"^(a|b|c)$", "b", "d"},
        {"^a|b$", "xb", "xa"},
        {"^(ab){2}$", "abab", "ab"},
        {"^a{2,3}$", "aaa", "a"},
        {"^a{2,}$", "aaaaa", "a"},
        {"^a{0}b$", "b", "ab"},
        {"^a{2,3}$", "aa", "aaaa"},
        {"^[^a-c]+$", "xyz", "xbz"},
        {"^[]a]$", "]", "b"},
        {"^[a\\]-]+$", "-]a", "b"},
        {"^\\d+\\.\\d+$", "1.5", "1x5"},
        {"^\\w+\\s\\W$", "a_1 -", "a"},
        {"^\\S\\D$", "ab", "a1"},
        {"^[\\d_]+$", "1_2", "1-2"},
        {"^[^\\D]$", "5", "x"},
        {"^(?:a|)$", "", "b"},
        {"^()*$", "", "a"},
        {"^(a*)*$", "aaaa", "b"},
        {"^((a|b)*c)+$", "abcac", "ab"},
        {"\\x41\\t", "xA\t", "xA"},
        {"^ü$", "ü", "u"},
        {"^(a|b(c|d)e)f$", "bdef", "bcf"},
        {"^a\\|b$", "a|b", "a"},
        {"x*", "", NULL},
        {"", "", NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (!CHECK(searches(ROWS[i].pattern, ROWS[i].yes, false)))
            printf("    %s finds %s\n", ROWS[i].pattern, ROWS[i].yes);
        if (ROWS[i].no && !CHECK(!searches(ROWS[i].pattern, ROWS[i].no, false)))
            printf("    %s does not find %s\n", ROWS[i].pattern, ROWS[i].no);
    }
    CHECK(searches("^[A-F]+ÄB$", "abcdefäb", true));
    CHECK(!searches("^[^a]$", "A", true));
    CHECK(searches("(a*)*(a*)*(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false));
    CHECK(!searches("^(a|a|a|a)*(a|a|aa)*(a|aa)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false));
}

/* `repeat` times `part`, between `before` and `after`. */
static char *repeated(const char *before, const char *part, size_t repeat, const char *after)
{
    const size_t size = strlen(part);
    char *text = malloc(strlen(before) + repeat * size + strlen(after) + 1);
    char *at = text;
    memcpy(at, before, strlen(before));
    at += strlen(before);
    for (size_t i = 0; i < repeat; i++, at += size)
        memcpy(at, part, size);
    memcpy(at, after, strlen(after) + 1);
    return text;
}

static etw_status compile_repeated(const char *before, const char *part, size_t repeat,
                                   const char *after, etw_error *error)
{
    char *text = repeated(before, part, repeat, after);
    etw_filter *filter;
    const etw_status status = etw_filter_compile(&filter, text, NULL, error);
    etw_filter_destroy(&filter);
    free(text);
    return status;
}

static void limits(void)
{
    etw_error error;
    CHECK_EQ(compile_repeated("", "(", 64, "id == 1 or x) and y) or z))", &error), ETW_E_INVALID);
    char *text = repeated("", "(", 64, "id == 1");
    char *whole = repeated(text, ")", 64, "");
    etw_filter *filter;
    CHECK_EQ(etw_filter_compile(&filter, whole, NULL, &error), ETW_OK);
    etw_filter_destroy(&filter);
    free(text);
    free(whole);
    CHECK_EQ(compile_repeated("", "(", 65, "id", &error), ETW_E_LIMIT);
    CHECK_EQ(error.offset, 64);
    CHECK_TEXT(error.message, "parentheses nest deeper than 64");
    /* As deep as can be, with an operator of each kind waiting on each level. */
    CHECK_EQ(compile_repeated("", "x or y and not (", 64, "z", &error), ETW_E_INVALID);
    CHECK_EQ(compile_repeated("x", " and x", 2000, "", &error), ETW_OK);
    CHECK_EQ(compile_repeated("x", " or x", 2100, "", &error), ETW_E_LIMIT);
    CHECK_TEXT(error.message, "the filter has more than 4096 parts");
    CHECK_EQ(compile_repeated("id in {1", ",1", 4000, "}", &error), ETW_OK);
    CHECK_EQ(compile_repeated("id in {1", ",1", 5000, "}", &error), ETW_E_LIMIT);
    CHECK_EQ(compile_repeated("", "not ", 4000, "x", &error), ETW_OK);
    CHECK_EQ(compile_repeated("x == '", "a", 65000, "'", &error), ETW_OK);
    CHECK_EQ(compile_repeated("x == '", "a", 66000, "'", &error), ETW_E_LIMIT);
    CHECK_TEXT(error.message, "the filter is longer than 65536 bytes");
    CHECK_EQ(compile_repeated("x ~ '", "a", 1025, "'", &error), ETW_E_LIMIT);
    CHECK_EQ(compile_repeated("x matches '", "a", 1024, "'", &error), ETW_E_LIMIT);
    CHECK_EQ(compile_repeated("x matches '", "(", 33, "'", &error), ETW_E_LIMIT);
    CHECK_EQ(compile_repeated("a", ".a", 16, "", &error), ETW_OK);
    CHECK_EQ(compile_repeated("a", ".a", 17, "", &error), ETW_E_LIMIT);
}

/* Every allocation fails once; nothing leaks. */
static void memory(void)
{
    static const char TEXT[] = "provider in {Contoso, MSNT_SystemTrace} and (id in {1..5, 9} or A "
                               "contains 'x' or B matches 'a|b') and level in {info..verbose}";
    for (unsigned fail_at = 1; fail_at < 200; fail_at++) {
        faulty_alloc faulty;
        etw_error error;
        etw_filter *filter;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        const etw_filter_options options = {.size = sizeof options, .allocator = &faulty.allocator};
        const etw_status status = etw_filter_compile(&filter, TEXT, &options, &error);
        CHECK(status == (faulty.calls < fail_at ? ETW_OK : ETW_E_NOMEM));
        CHECK(status == ETW_OK || error.status == status);
        etw_filter_destroy(&filter);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
        if (status == ETW_OK)
            return;
    }
    CHECK(false && "ends");
}

int main(void)
{
    RUN(grammar);
    RUN(meaning);
    RUN(expressions);
    RUN(regular_expressions);
    RUN(limits);
    RUN(memory);
    return test_finish();
}
