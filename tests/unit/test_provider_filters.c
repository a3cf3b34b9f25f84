/* Filters: their limits, and the bytes that Windows takes them in. */
#include "test.h"

#include "session/filter_blob.h"

#include <etw/provider.h>

static const uint16_t IDS[65] = {1, 2};
static const uint32_t PIDS[9] = {4, 0x01020304};
static const etw_str NAMES[] = {{"a.exe", 5}, {"\xC3\xA4\xF0\x9F\x98\x80", 6}};

static etw_error error;

/* ---- Limits ---- */

static void check_one(const etw_provider_filter *filter, etw_status status, const char *message)
{
    CHECK_EQ(etw_provider_filters_check(filter, 1, &error), status);
    if (status != ETW_OK)
        CHECK_TEXT(error.message, message);
    CHECK_EQ(etw_provider_filters_check(filter, 1, NULL), status);
}

static void ids(void)
{
    etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 64, .exclude = true};
    check_one(&filter, ETW_OK, "");
    filter.id_count = 65;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (event ids): 65 event ids, of at most 64");
    filter.type = ETW_FILTER_TYPE_STACKWALK;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (stacks by id): 65 event ids, of at most 64");
    filter.id_count = 0;
    check_one(&filter, ETW_E_INVALID, "filter 0 (stacks by id): there are no event ids in it");
}

static void processes(void)
{
    etw_provider_filter filter = {.type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 8};
    check_one(&filter, ETW_OK, "");
    filter.pid_count = 9;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (process ids): 9 process ids, of at most 8");
    filter.pid_count = 0;
    check_one(&filter, ETW_E_INVALID, "filter 0 (process ids): there are no process ids in it");
    filter.pid_count = 1;
    filter.exclude = true;
    check_one(&filter, ETW_E_INVALID, "filter 0 (process ids): excludes have no meaning in it");
}

static void check_name(uint32_t type, const char *name, size_t size, etw_status status,
                       const char *message)
{
    const etw_str names[] = {{"good", 4}, {name, size}};
    const etw_provider_filter filter = {.type = type, .names = names, .name_count = 2};
    check_one(&filter, status, message);
}

static void names(void)
{
    static const uint32_t EXE = ETW_FILTER_TYPE_EXECUTABLE_NAME, NAME = ETW_FILTER_TYPE_EVENT_NAME;
    check_name(EXE, "a", 1, ETW_OK, "");
    check_name(EXE, "", 0, ETW_E_INVALID, "filter 0 (executables): name 1 is empty");
    check_name(EXE, "a\0b", 3, ETW_E_INVALID, "filter 0 (executables): name 1 has a zero in it");
    check_name(EXE, "a;b", 3, ETW_E_INVALID,
               "filter 0 (executables): name 1 has a semicolon in it");
    check_name(EXE, "\xff", 1, ETW_E_INVALID, "filter 0 (executables): name 1 is not valid UTF-8");
    check_name(NAME, "a;b", 3, ETW_OK, "");
    check_name(NAME, "a\0", 2, ETW_E_INVALID, "filter 0 (event names): name 1 has a zero in it");
    check_name(ETW_FILTER_TYPE_CONTAINER, "x", 1, ETW_E_INVALID,
               "filter 0 (containers): 'good' is no GUID of a container");
    const etw_provider_filter none = {.type = EXE};
    check_one(&none, ETW_E_INVALID, "filter 0 (executables): there are no names in it");
}

static void check_size(uint32_t type, size_t most, etw_status status, const char *message)
{
    static char text[5000];
    static uint8_t bytes[5000];
    memset(text, 'a', sizeof text);
    for (size_t size = most; size <= most + 1; size++) {
        const etw_str name = {text, size};
        const bool is_data = type == ETW_FILTER_TYPE_SCHEMATIZED;
        const etw_provider_filter filter = {.type = type,
                                            .names = is_data ? NULL : &name,
                                            .name_count = !is_data,
                                            .data = {bytes, is_data ? size : 0}};
        check_one(&filter, size == most ? ETW_OK : status, message);
    }
}

static void sizes(void)
{
    check_size(ETW_FILTER_TYPE_SCHEMATIZED, 1024, ETW_E_LIMIT,
               "filter 0 (schematized): 1025 bytes, of at most 1024");
    check_size(ETW_FILTER_TYPE_PACKAGE_ID, 511, ETW_E_LIMIT,
               "filter 0 (packages): 1026 bytes, of at most 1024");
    check_size(ETW_FILTER_TYPE_STACKWALK_NAME, 4075, ETW_E_LIMIT,
               "filter 0 (stacks by name): 4097 bytes, of at most 4096");
}

static void check_predicate(const char *field, int op, const char *value, etw_status status,
                            const char *message)
{
    const etw_payload_predicate predicate = {
        {field, strlen(field)}, (etw_payload_operator)op, {value, strlen(value)}};
    const etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &predicate, .predicate_count = 1};
    check_one(&filter, status, message);
}

static void payloads(void)
{
    check_predicate("x", ETW_PAYLOAD_EQ, "1", ETW_OK, "");
    check_predicate("", ETW_PAYLOAD_EQ, "1", ETW_E_INVALID, "filter 0 (payload): field 0 is empty");
    check_predicate("x", ETW_PAYLOAD_IS, "", ETW_E_INVALID, "filter 0 (payload): value 0 is empty");
    check_predicate("x", 9, "1", ETW_E_INVALID, "filter 0 (payload): 9 is no operator");
    check_predicate("x", 32, "1", ETW_E_INVALID, "filter 0 (payload): 32 is no operator");
    static const char *const PAIRS[] = {"1", "1,", ",1", "1,2,3"};
    for (size_t i = 0; i < 4; i++)
        check_predicate("x", ETW_PAYLOAD_BETWEEN, PAIRS[i], ETW_E_INVALID,
                        "filter 0 (payload): value 0 has to be two with a comma between");
    check_predicate("x", ETW_PAYLOAD_NOT_BETWEEN, "1,2", ETW_OK, "");
    static const char *const DIVISORS[] = {"0", "-1", "x", "18446744073709551616"};
    for (size_t i = 0; i < 4; i++)
        check_predicate("x", ETW_PAYLOAD_MODULO, DIVISORS[i], ETW_E_INVALID,
                        "filter 0 (payload): value 0 has to be a whole number above zero");
    check_predicate("x", ETW_PAYLOAD_MODULO, "18446744073709551615", ETW_OK, "");

    etw_payload_predicate predicates[9];
    static char long_text[4096];
    memset(long_text, 'v', sizeof long_text);
    for (size_t i = 0; i < 9; i++)
        predicates[i] = (etw_payload_predicate){{"f", 1}, ETW_PAYLOAD_EQ, {long_text, 4095}};
    etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = predicates, .predicate_count = 1};
    check_one(&filter, ETW_OK, "");
    filter.predicate_count = 2;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (payload): 8192 bytes, of at most 4096");
    filter.predicate_count = 9;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (payload): 9 predicates, of at most 8");
    filter.predicate_count = 0;
    check_one(&filter, ETW_E_INVALID, "filter 0 (payload): there are no predicates in it");
    filter.predicate_count = 1;
    filter.ids = IDS;
    filter.id_count = 65;
    check_one(&filter, ETW_E_LIMIT, "filter 0 (payload): 65 event ids, of at most 64");
}

static void together(void)
{
    etw_provider_filter filters[9] = {{.type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 1},
                                      {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 1},
                                      {.type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 1}};
    CHECK_EQ(etw_provider_filters_check(filters, 0, &error), ETW_OK);
    CHECK_EQ(etw_provider_filters_check(filters, 2, &error), ETW_OK);
    CHECK_EQ(etw_provider_filters_check(filters, 3, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "filter 2 (process ids): filter 0 is of the same type");
    static const uint8_t DATA[] = {1};
    for (uint32_t i = 0; i < 9; i++)
        filters[i] = (etw_provider_filter){.type = 0x90000000 + i, .data = {DATA, 1}};
    CHECK_EQ(etw_provider_filters_check(filters, 8, &error), ETW_OK);
    CHECK_EQ(etw_provider_filters_check(filters, 9, &error), ETW_E_LIMIT);
    CHECK_TEXT(error.message, "filter 8 (raw): a provider has at most 8 filters");
    filters[1].type = ETW_FILTER_TYPE_NONE;
    CHECK_EQ(etw_provider_filters_check(filters, 2, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "filter 1 (raw): it has no type");
    filters[1] = (etw_provider_filter){
        .type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 1, .pids = PIDS, .pid_count = 1};
    CHECK_EQ(etw_provider_filters_check(filters, 2, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "filter 1 (event ids): process ids have no meaning in it");
    const etw_provider_filter level = {.type = ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, .exclude = true};
    CHECK_EQ(etw_provider_filters_check(&level, 1, &error), ETW_OK);
    const etw_provider_filter empty = {.type = ETW_FILTER_TYPE_SCHEMATIZED};
    check_one(&empty, ETW_E_INVALID, "filter 0 (schematized): there is no data in it");
}

/* ---- Bytes ---- */

static void check_hex(const etwi_buffer *buffer, const char *want)
{
    char text[1024] = "";
    for (size_t i = 0; i < buffer->size && 2 * i + 3 < sizeof text; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)(uint8_t)buffer->data[i]);
    CHECK_TEXT(text, want);
}

static void check_blob(const etw_provider_filter *filter, const char *want)
{
    etwi_buffer buffer = {.allocator = etwi_allocator_or_default(NULL)};
    CHECK_EQ(etw_provider_filters_check(filter, 1, &error), ETW_OK);
    CHECK_EQ(etwi_filter_blob_append(&buffer, filter, &error), ETW_OK);
    CHECK_EQ(buffer.size, etwi_filter_blob_size(filter));
    check_hex(&buffer, want);
    etwi_buffer_free(&buffer);
}

static void bytes_of_filters(void)
{
    etw_provider_filter ids_filter = {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 2};
    check_blob(&ids_filter, "0100020001000200");
    ids_filter.exclude = true;
    ids_filter.type = ETW_FILTER_TYPE_STACKWALK;
    check_blob(&ids_filter, "0000020001000200");

    const etw_provider_filter pids = {.type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 2};
    check_blob(&pids, "0400000004030201");

    // "a.exe;", then a letter of two bytes and one that takes a pair of surrogates.
    const etw_provider_filter exe = {
        .type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = NAMES, .name_count = 2};
    check_blob(&exe, "61002e00650078006500"
                     "3b00"
                     "e4003dd800de"
                     "0000");

    const etw_provider_filter events = {.type = ETW_FILTER_TYPE_EVENT_NAME,
                                        .names = NAMES,
                                        .name_count = 2,
                                        .level = 5,
                                        .match_any_keyword = 0x0102030405060708,
                                        .match_all_keyword = 9};
    check_blob(&events, "0807060504030201"
                        "0900000000000000"
                        "05"
                        "01"
                        "0200"
                        "612e65786500"
                        "c3a4f09f988000");

    const etw_provider_filter level = {.type = ETW_FILTER_TYPE_STACKWALK_LEVEL_KW,
                                       .exclude = true,
                                       .level = 3,
                                       .match_any_keyword = UINT64_MAX};
    check_blob(&level, "ffffffffffffffff"
                       "0000000000000000"
                       "0300"
                       "000000000000");

    static const uint8_t DATA[] = {0xde, 0xad};
    const etw_provider_filter raw = {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {DATA, 2}};
    check_blob(&raw, "dead");
}

static void bytes_of_autologgers(void)
{
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 2},
        {.type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 1}};
    etwi_buffer buffer = {.allocator = etwi_allocator_or_default(NULL)};
    CHECK_EQ(etwi_filter_blob_autologger(&buffer, filters, 1, &error), ETW_OK);
    CHECK_EQ(buffer.size, 24);
    check_hex(&buffer, "1000000000000000"
                       "08000000"
                       "00020080"
                       "0100020001000200");
    buffer.size = 0;
    CHECK_EQ(etwi_filter_blob_autologger(&buffer, filters, 2, &error), ETW_OK);
    check_hex(&buffer, "2000000000000000"
                       "08000000"
                       "00020080"
                       "2800000000000000"
                       "04000000"
                       "04000080"
                       "0100020001000200"
                       "04000000");
    etwi_buffer_free(&buffer);
}

static void bytes_of_payloads_are_not_ours(void)
{
    const etw_payload_predicate predicate = {{"x", 1}, ETW_PAYLOAD_EQ, {"1", 1}};
    const etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &predicate, .predicate_count = 1};
    etwi_buffer buffer = {.allocator = etwi_allocator_or_default(NULL)};
    CHECK_EQ(etwi_filter_blob_append(&buffer, &filter, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(etwi_filter_blob_autologger(&buffer, &filter, 1, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(buffer.size, 0);
    etwi_buffer_free(&buffer);
}

int main(void)
{
    RUN(ids);
    RUN(processes);
    RUN(names);
    RUN(sizes);
    RUN(payloads);
    RUN(together);
    RUN(bytes_of_filters);
    RUN(bytes_of_autologgers);
    RUN(bytes_of_payloads_are_not_ours);
    return test_finish();
}
