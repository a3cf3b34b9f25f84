/* What expressions match. */
#include "filter_sample.h"
#include "test.h"

static filter_sample sample;

/* An expression and the events of the sample that it matches, as letters: manifest, classic,
 * unknown. */
typedef struct row {
    const char *text;
    const char *matches;
} row;

static void check_row(const row *r)
{
    static const char LETTERS[] = "mcu";
    etw_filter *filter;
    etw_error error;
    if (etw_filter_compile(&filter, r->text, NULL, &error) != ETW_OK) {
        printf("%s\n    %d: %s\n", r->text, (int)error.offset, error.message);
        CHECK(error.status == ETW_OK);
        return;
    }
    for (unsigned i = 0; i < SAMPLE_EVENTS; i++) {
        const bool want = strchr(r->matches, LETTERS[i]) != NULL;
        const bool got = etw_filter_match(filter, &sample.events[i], sample.schemas[i]);
        const etw_filter_verdict verdict = etw_filter_header(filter, &sample.events[i]);
        if (!CHECK_EQ(got, want))
            printf("    event %c: %s\n", LETTERS[i], r->text);
        if (!CHECK(verdict == ETW_FILTER_MAYBE || (verdict == ETW_FILTER_YES) == want))
            printf("    header of %c: %s\n", LETTERS[i], r->text);
    }
    etw_filter_destroy(&filter);
    CHECK(!filter);
}

#define CHECK_ROWS(rows)                                                               \
    for (size_t row_index = 0; row_index < sizeof(rows) / sizeof *(rows); row_index++) \
    check_row(&(rows)[row_index])

static void header_numbers(void)
{
    static const row ROWS[] = {
        {"id == 1", "m"},
        {"id==0x1", "m"},
        {"id != 1", "cu"},
        {"id eq 1 or id eq 65535", "mu"},
        {"id > 1", "u"},
        {"id >= 65535", "u"},
        {"id < 1", "c"},
        {"id <= 1", "mc"},
        {"id in {1, 2, 5..9}", "m"},
        {"id in {0..3,65535}", "mcu"},
        {"id not in {1}", "cu"},
        {"not id in {1}", "cu"},
        {"id == -1", ""},
        {"id > -1", "mcu"},
        {"id in {-5..0}", "c"},
        {"id in {9..5}", ""},
        {"version == 2 and task == 7", "mu"},
        {"size == 2", "c"},
        {"keyword == 0x8000000000000010", "m"},
        {"keyword & 0x10", "m"},
        {"keyword & 0x30 == 0x10", "m"},
        {"id % 2", "mu"},
        {"id % 5 == 0", "cu"},
        {"id%5 in {0, 1}", "mcu"},
        {"id % 5 not in {0}", "m"},
        {"keyword % 3 == 0 and not id % 5", "cu"},
        {"pid % 7 == 2", "mu"},
        {"pid % 7", "mu"},
        {"keyword & 0x30 in {0x30,0}", "cu"},
        {"keyword & 0x8000000000000000 == 0x8000000000000000", "m"},
        {"not keyword & 0x10", "cu"},
        {"keyword > 9223372036854775808", "m"},
        {"opcode in {1..18446744073709551615}", "mcu"},
    };
    CHECK_ROWS(ROWS);
}

static void absent_fields(void)
{
    static const row ROWS[] = {
        {"pid", "mu"},
        {"not tid", "c"},
        {"cpu", "mu"},
        {"pid == 100", "mu"},
        {"pid != 100", ""},
        {"pid != 4", "mu"},
        {"not pid == 4", "mcu"},
        {"pid == 4294967295", ""},
        {"pid not in {4, 8}", "mu"},
        {"pid & 4", "mu"},
        {"cpu == 65535", ""},
        {"cpu in {1, 3}", "mu"},
        {"activity", "m"},
        {"activity == null", "cu"},
        {"activity != null", "m"},
        {"activity == 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", "m"},
        {"activity in {22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716, 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c}",
         "m"},
        {"activity not in {22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}", "m"},
        {"activity != {22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}", "m"},
        {"related", ""},
        {"related == null", "mcu"},
        {"related != null", ""},
        {"Nothing", ""},
        {"Nothing == 1", ""},
        {"Nothing != 1", ""},
        {"not Nothing == 1", "mcu"},
        {"Missing", ""},
        {"Missing != 1", ""},
    };
    CHECK_ROWS(ROWS);
}

static void header_names(void)
{
    static const row ROWS[] = {
        {"level <= warning", "cu"},
        {"level == Error", "u"},
        {"level in {critical..error}", "u"},
        {"level == \"Chatty\"", "m"},
        {"level == \"information\"", "m"},
        {"level startswith err", "u"},
        {"task == orders", "m"},
        {"task == Process", "c"},
        {"task in {Orders, 99}", "m"},
        {"task in {7, nothing}", "mu"},
        {"task != orders", "cu"},
        {"opcode == start", "mcu"},
        {"opcode == stop", ""},
        {"opcode ~ st*", "mcu"},
        {"channel == Application", "mu"},
        {"keyword == network", "m"},
        {"keyword == Storage", ""},
        {"keyword != network", "cu"},
        {"keyword in {Storage, Network}", "m"},
        {"keyword contains net", "m"},
        {"level_name == error", "u"},
        {"event == OrderPlaced", "m"},
        {"event == Orders/Start", "m"},
        {"event == process/start", "c"},
        {"event == Process", "c"},
        {"event contains proc", "c"},
        {"event", "mcu"},
        {"class == manifest", "mu"},
        {"class in {classic, wpp}", "c"},
        {"kind == event64", "mu"},
        {"kind ~ perf*", "c"},
        {"kind != event64", "c"},
        {"source == manifest", "m"},
        {"source == none", "cu"},
        {"source != kernel", "mcu"},
        {"classic", "c"},
        {"classic == false", "mu"},
        {"classic != false", "c"},
        {"classic in {true, false}", "mcu"},
        {"wpp", ""},
        {"file endswith .etl", "mc"},
        {"file ~ 'LOGS/*'", "mc"},
        {"file", "mc"},
        {"session == \"shop session\"", "mc"},
        {"session != x", "mc"},
    };
    CHECK_ROWS(ROWS);
}

static void providers(void)
{
    static const row ROWS[] = {
        {"provider == 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716", "m"},
        {"provider == {22FB2CD6-0E7B-422B-A0C7-2FAD1FD0E716}", "m"},
        {"provider == \"{22FB2CD6-0E7B-422B-A0C7-2FAD1FD0E716}\"", "m"},
        {"provider != 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716", "cu"},
        {"provider == Contoso-Sample", "m"},
        {"provider == 'contoso-sample'", "m"},
        {"provider == Microsoft-Windows-Kernel-Process", "m"},
        {"provider == MSNT_SystemTrace", "c"},
        {"provider == 9e814aad-3204-11d2-9a82-006008a86939", "c"},
        {"provider != 9e814aad-3204-11d2-9a82-006008a86939", "mu"},
        {"guid == 9e814aad-3204-11d2-9a82-006008a86939", ""},
        {"guid == 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", "c"},
        {"provider in {Contoso-Sample, 11111111-0002-0003-0405-060708090a0b}", "mu"},
        {"provider ~ contoso*", "m"},
        {"provider !~ contoso*", "cu"},
        {"provider contains Sample", "m"},
        {"guid == null", ""},
    };
    CHECK_ROWS(ROWS);
}

static void times(void)
{
    static const row ROWS[] = {
        {"time == 2026-01-05T12:00:00Z", "c"},
        {"time == 2026-01-05T13:00:02+01:00", "mu"},
        {"time < 2026-01-05T12:00:00.0000001Z", "c"},
        {"time >= \"2026-01-05 12:00\"", "mcu"},
        {"time > 2026-01-05", "mcu"},
        {"time in {2026-01-05T12:00:01Z..2026-01-05T12:00:03Z}", "mu"},
        {"time >= +2s", "m"},
        {"time < +1.5s", "c"},
        {"time in {0s..1999ms}", "c"},
        {"time >= -1s", "mc"},
        {"time < -100d", ""},
        {"time == 134120880000000000", "c"},
        {"time != +0s", "mu"},
        {"When == 2026-01-05T12:00:01.5Z", "m"},
        {"When > +1s", "m"},
        {"When < +1500ms", ""},
        {"When <= +1500ms", "m"},
        {"When > -1s", "m"},
        {"When == 134120880015000000", "m"},
        {"When startswith 2026-01-05T12:00:01.5", "m"},
    };
    CHECK_ROWS(ROWS);
}

static void property_numbers(void)
{
    static const row ROWS[] = {
        {"ProcessID", "m"},
        {"ProcessID == 4242", "m"},
        {"ProcessID == 0x1092", "m"},
        {"ProcessID == \"4242\"", "m"},
        {"ProcessID == 4242.0", "m"},
        {"ProcessID > 4241.5 and ProcessID < 4242.5", "m"},
        {"ProcessID in {1..10, 4000..5000}", "m"},
        {"ProcessID != 4242", ""},
        {"ProcessID & 2", "m"},
        {"ProcessID & 3 == 2", "m"},
        {"ProcessID & 4", ""},
        {"ProcessID < abc", ""},
        {"ProcessID != abc", "m"},
        {"Delta == -5", "m"},
        {"Delta < 0", "m"},
        {"Delta % 5 == 0", "m"},
        {"Delta % 3 == 2", "m"},
        {"Delta % 2 and Big % 5 == 0 and Big % 2", "m"},
        {"Low % 1024 == 0", "m"},
        {"Low % 3", "m"},
        {"Image % 2 == 0", ""},
        {"Ports % 9 == 8", "m"},
        {"Delta > 18446744073709551615", ""},
        {"Delta in {-10..-1}", "m"},
        {"Delta < -4.5 and Delta > -5.5", "m"},
        {"Delta & 0x80000000", "m"},
        {"Delta & 0x100000000", ""},
        {"Big == 18446744073709551615", "m"},
        {"Big == -1", ""},
        {"Big > 9223372036854775807", "m"},
        {"Big > 18446744073709551614", "m"},
        {"Big < 1.8446744073709551616e19", "m"},
        {"Low == -9223372036854775808", "m"},
        {"Low > -1e300", "m"},
        {"Ratio == 0.25", "m"},
        {"Ratio < 1", "m"},
        {"Ratio in {0.2..0.3}", "m"},
        {"Price == 14.9", "m"},
        {"Price > 14.9", ""},
        {"Flag", "m"},
        {"Flag == true", "m"},
        {"Flag == 1", "m"},
        {"Flag != false", "m"},
        {"State == Running", "m"},
        {"State == 1", "m"},
        {"State ieq running", "m"},
        {"State == running", ""},
        {"State in {Stopped, Running}", "m"},
        {"State != Stopped", "m"},
        {"State contains unn", "m"},
        {"Access == Read", "m"},
        {"Access == Write", ""},
        {"Access in {Write, Execute}", "m"},
        {"Access == 0x105", "m"},
        {"Access & 0x100", "m"},
        {"Status == 0xC0000022", "m"},
        {"Status startswith '0xC000'", "m"},
        {"Port == 443", "m"},
        {"Hidden == 3", "m"},
        {"data.id == 77", "m"},
        {"`id` == 77", "m"},
        {"`odd name` == 9", "m"},
    };
    CHECK_ROWS(ROWS);
}

static void property_texts(void)
{
    static const row ROWS[] = {
        {"Image == 'C:\\Windows\\System32\\cmd.exe'", "m"},
        {"Image == \"C:\\\\Windows\\\\System32\\\\cmd.exe\"", "m"},
        {"Image == C:\\Windows\\System32\\cmd.exe", "m"},
        {"Image == C:\\windows\\System32\\cmd.exe", ""},
        {"Image ieq C:\\windows\\system32\\CMD.exe", "m"},
        {"Image ine C:\\windows\\system32\\CMD.exe", ""},
        {"Image ~ *.EXE", "m"},
        {"Image ~ 'c:\\*\\system??\\cmd.exe'", "m"},
        {"Image ~ 'c:\\*\\system?\\cmd.exe'", ""},
        {"Image !~ *.dll", "m"},
        {"Image ~ **", "m"},
        {"Image ~ ''", ""},
        {"Image ~ c:*", "m"},
        {"Image ~ *system32*", "m"},
        {"Image ~ *system33*", ""},
        {"Image ~ *c*:*32*exe", "m"},
        {"Image ~ *c*:*32*ex", ""},
        {"Image ~ C:\\Windows\\System32\\CMD.exe", "m"},
        {"Image ~ *?.exe", "m"},
        {"Image ~ *.exe?", ""},
        {"Image like *", "m"},
        {"Image contains System", "m"},
        {"Image contains system", ""},
        {"Image icontains SYSTEM", "m"},
        {"Image contains ''", "m"},
        {"Image startswith C:", "m"},
        {"Image istartswith c:\\w", "m"},
        {"Image endswith .exe", "m"},
        {"Image endswith .exe.exe", ""},
        {"Image iendswith CMD.EXE", "m"},
        {"Image not contains notepad", "m"},
        {"Image matches '\\\\[a-z]+\\.exe$'", "m"},
        {"Image matches \"^[CD]:.*(cmd|sh)[.]exe$\"", "m"},
        {"Image matches '^cmd'", ""},
        {"Image imatches 'WINDOWS.SYSTEM\\d{2}'", "m"},
        {"Image iin {a, 'c:\\windows\\system32\\CMD.EXE'}", "m"},
        {"Image > B", "m"},
        {"Image in {a, B..D}", "m"},
        {"Image < B", ""},
        {"Image == ''", ""},
        {"Name == Mütze", "m"},
        {"Name ieq MÜTZE", "m"},
        {"Name == \"M\\u00FCtze\"", "m"},
        {"Name == \"M\\xFCtze\"", "m"},
        {"Name ~ m?tze", "m"},
        {"Cart == 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", "m"},
        {"Cart != null", "m"},
        {"Cart == null", ""},
        {"Cart icontains 'FE05-11d0'", "m"},
        {"Cart in {null, {3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C}}", "m"},
        {"Cart not in {null}", "m"},
        {"Image not startswith D:", "m"},
        {"Image not endswith .EXE", "m"},
        {"Image not iendswith .EXE", ""},
        {"Image not matches '[.]dll$'", "m"},
        {"Image not imatches 'CMD'", ""},
        {"Image ge C and Image le D and Image gt C and Image lt D", "m"},
        {"Address == 10.0.0.1", "m"},
        {"Address startswith 10.", "m"},
        {"Address != 10.0.0.2", "m"},
        {"User == S-1-5-18", "m"},
        {"Blob == 0xADF00D", "m"},
        {"Blob endswith 0D", "m"},
    };
    CHECK_ROWS(ROWS);
}

static void nested(void)
{
    static const row ROWS[] = {
        {"Ports == 443", "m"},
        {"Ports == 444", ""},
        {"Ports != 443", ""},
        {"Ports != 444", "m"},
        {"Ports in {79..81}", "m"},
        {"None", "m"},
        {"None == 1", ""},
        {"None != 1", ""},
        {"Adapters", "m"},
        {"Adapters.Mtu > 1500", "m"},
        {"Adapters.Mtu > 9000", ""},
        {"Adapters.Label == Loopback", "m"},
        {"Adapters.`Label` == eth0", "m"},
        {"data.Adapters.Mtu == 1500", "m"},
        {"Adapters.Mtu.Depth", ""},
        {"Adapters.Nothing", ""},
        {"Adapters == 1500", ""},
        {"Mtu == 1500", ""},
        {"Box.Depth == -1", "m"},
        {"Box.Depth", "m"},
        {"Box", "m"},
    };
    CHECK_ROWS(ROWS);
}

static void logic(void)
{
    static const row ROWS[] = {
        {"true", "mcu"},
        {"false", ""},
        {"not true or id == 1", "m"},
        {"id == 1 || id == 0 && classic", "mc"},
        {"(id == 1 or id == 0) and classic", "c"},
        {"!(id == 1 or classic)", "u"},
        {"not not not classic", "mu"},
        {"not (Flag == true and not (classic or State == Stopped))", "cu"},
        {"((((id == 1))))", "m"},
        {"id == 1 and Flag == true or classic and not pid", "mc"},
        {"not (id == 1 and (task == orders or true)) and not false", "cu"},
        {"provider == \"Microsoft-Windows-Kernel-Process\" and id in {1,2,5..9} and "
         "(level <= warning or Image ~ \"*.exe\") and not pid == 4",
         "m"},
    };
    CHECK_ROWS(ROWS);
}

static etw_filter_verdict verdict_of(const char *text, unsigned event)
{
    etw_filter *filter;
    if (etw_filter_compile(&filter, text, NULL, NULL) != ETW_OK)
        return (etw_filter_verdict)-1;
    const etw_filter_verdict verdict = etw_filter_header(filter, &sample.events[event]);
    etw_filter_destroy(&filter);
    return verdict;
}

static void headers_decide(void)
{
    CHECK_EQ(verdict_of("id == 1", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("id == 2", 0), ETW_FILTER_NO);
    CHECK_EQ(verdict_of("Flag == true", 0), ETW_FILTER_MAYBE);
    CHECK_EQ(verdict_of("not Flag == true", 0), ETW_FILTER_MAYBE);
    CHECK_EQ(verdict_of("Flag == true and id == 2", 0), ETW_FILTER_NO);
    CHECK_EQ(verdict_of("Flag == true or id == 1", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("not (Flag == true and id == 2)", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("not (Flag == true or id == 1)", 0), ETW_FILTER_NO);
    CHECK_EQ(verdict_of("provider == Microsoft-Windows-Kernel-Process", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("provider != Microsoft-Windows-Kernel-Process", 0), ETW_FILTER_NO);
    CHECK_EQ(verdict_of("provider == Contoso-Sample", 0), ETW_FILTER_MAYBE);
    CHECK_EQ(verdict_of("provider == MSNT_SystemTrace", 1), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("task in {7, x}", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("source == manifest", 0), ETW_FILTER_MAYBE);
    CHECK_EQ(verdict_of("file ~ *.etl", 0), ETW_FILTER_YES);
    CHECK_EQ(verdict_of("(Flag or id == 1) and (Flag or id == 2)", 0), ETW_FILTER_MAYBE);
    CHECK_EQ(verdict_of("level <= warning", 0), ETW_FILTER_NO);
}

/* Expressions made at random from parts that are known, unknown and negated. */
static void headers_never_contradict(void)
{
    static const char *const PARTS[] = {
        "id == 1",          "Flag == true",       "classic",      "task == orders",
        "State == Stopped", "level <= warning",   "Ports == 443", "provider == Contoso-Sample",
        "pid != 100",       "source == kernel",   "Missing != 1", "activity == null",
        "time >= +1s",      "keyword == network", "true",         "Image ~ *.exe",
    };
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[2048];
        size_t size = 0;
        unsigned open = 0;
        const unsigned count = 1 + round % 12;
        for (unsigned i = 0; i < count; i++) {
            seed = seed * 1664525u + 1013904223u;
            const unsigned r = seed >> 8;
            const bool opens = (r & 3) == 0 && open < 8;
            size += (size_t)snprintf(text + size, sizeof text - size, "%s%s%s%s",
                                     i == 0  ? ""
                                     : r & 4 ? " and "
                                             : " or ",
                                     r & 8 ? "not " : "", opens ? "(" : "", PARTS[r >> 4 & 15]);
            open += opens;
            if (open && (r & 0x300) == 0) {
                size += (size_t)snprintf(text + size, sizeof text - size, ")");
                open--;
            }
        }
        while (open--)
            size += (size_t)snprintf(text + size, sizeof text - size, ")");
        etw_filter *filter;
        REQUIRE(etw_filter_compile(&filter, text, NULL, NULL) == ETW_OK);
        for (unsigned i = 0; i < SAMPLE_EVENTS; i++) {
            const etw_filter_verdict verdict = etw_filter_header(filter, &sample.events[i]);
            const bool match = etw_filter_match(filter, &sample.events[i], sample.schemas[i]);
            if (!CHECK(verdict == ETW_FILTER_MAYBE || (verdict == ETW_FILTER_YES) == match))
                printf("    %s\n", text);
        }
        etw_filter_destroy(&filter);
    }
}

enum {
    POOL_SIZE = 64,
    POOL_TEXT_MAX = 512,
};

/* An expression and what it must say about each event. */
typedef struct known {
    char text[POOL_TEXT_MAX];
    bool truth[SAMPLE_EVENTS];
} known;

static void join_known(known *out, const known *a, const known *b, unsigned how)
{
    static const char *const BEFORE[] = {"(", "(", "not (", "not (("};
    static const char *const BETWEEN[] = {") and (", ") or (", ") and ", ") or not ("};
    static const char *const AFTER[] = {")", ")", "", "))"};
    known made;
    const bool is_simple = !strpbrk(b->text, "(");
    if (how == 2 && (!is_simple || strstr(b->text, " or ") || strstr(b->text, " and ")))
        how = 0;
    const int size = snprintf(made.text, sizeof made.text, "%s%s%s%s%s", BEFORE[how], a->text,
                              BETWEEN[how], b->text, AFTER[how]);
    if (size < 0 || (size_t)size >= sizeof made.text)
        return;
    for (unsigned i = 0; i < SAMPLE_EVENTS; i++) {
        const bool x = a->truth[i], y = b->truth[i];
        made.truth[i] = how == 0 ? x && y : how == 1 ? x || y : how == 2 ? !x && y : !(x || !y);
    }
    *out = made;
}

/* Random expressions whose truth is known from that of their parts. */
static void operators_join(void)
{
    static const struct {
        const char *text, *matches;
    } PARTS[] = {{"id == 1", "m"},          {"Flag == true", "m"}, {"classic", "c"},
                 {"level == error", "u"},   {"true", "mcu"},       {"false", ""},
                 {"event == Process", "c"}, {"pid != 4", "mu"}};
    static known pool[POOL_SIZE];
    uint32_t seed = 5;
    for (unsigned round = 0; round < 20000; round++) {
        if (round % 200 < POOL_SIZE) {
            known *fresh = &pool[round % 200];
            const unsigned part = round % 8;
            snprintf(fresh->text, sizeof fresh->text, "%s", PARTS[part].text);
            for (unsigned i = 0; i < SAMPLE_EVENTS; i++)
                fresh->truth[i] = strchr(PARTS[part].matches, "mcu"[i]) != NULL;
            continue;
        }
        seed = seed * 1664525u + 1013904223u;
        known *out = &pool[seed >> 8 & 63];
        join_known(out, &pool[seed >> 14 & 63], &pool[seed >> 20 & 63], seed >> 26 & 3);
        etw_filter *filter;
        REQUIRE(etw_filter_compile(&filter, out->text, NULL, NULL) == ETW_OK);
        for (unsigned i = 0; i < SAMPLE_EVENTS; i++)
            if (!CHECK_EQ(etw_filter_match(filter, &sample.events[i], sample.schemas[i]),
                          out->truth[i]))
                printf("    event %u: %s\n", i, out->text);
        etw_filter_destroy(&filter);
    }
}

static void code_pages(void)
{
    const etw_filter_options options = {.size = sizeof options, .code_page = 437};
    const etw_filter_options bad = {.size = sizeof bad, .code_page = 12345};
    etw_filter *filter;
    REQUIRE(etw_filter_compile(&filter, "Name == M\xE2\x81\xBFtze", &options, NULL) == ETW_OK);
    CHECK(etw_filter_match(filter, &sample.events[0], sample.schemas[0]));
    etw_filter_destroy(&filter);
    etw_filter_destroy(&filter);
    CHECK_EQ(etw_filter_compile(&filter, "id == 1", &bad, NULL), ETW_E_INVALID);
    CHECK(!filter);
}

int main(void)
{
    if (!filter_sample_make(&sample))
        return 1;
    RUN(header_numbers);
    RUN(absent_fields);
    RUN(header_names);
    RUN(providers);
    RUN(times);
    RUN(property_numbers);
    RUN(property_texts);
    RUN(nested);
    RUN(logic);
    RUN(headers_decide);
    RUN(headers_never_contradict);
    RUN(operators_join);
    RUN(code_pages);
    filter_sample_free(&sample);
    return test_finish();
}
