/* Options of callers that are older or newer than the library, and statuses. */
#include "test.h"

#include "base/error.h"
#include "base/options.h"

#include <etw/etw.h>

typedef struct options_v1 {
    size_t size;
    uint32_t a;
    uint32_t b;
} options_v1;

typedef struct options_v2 {
    size_t size;
    uint32_t a;
    uint32_t b;
    uint64_t c;
} options_v2;

static etw_error error;

static void takes_defaults_for_nothing(void)
{
    options_v2 ours;
    memset(&ours, 0xAA, sizeof ours);
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, NULL, &error), ETW_OK);
    CHECK_EQ(ours.size, sizeof ours);
    CHECK_EQ(ours.a | ours.b, 0);
    CHECK_EQ(ours.c, 0);
}

static void takes_options_of_the_same_version(void)
{
    const options_v2 theirs = {sizeof theirs, 1, 2, 3};
    options_v2 ours;
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, NULL), ETW_OK);
    CHECK_EQ(memcmp(&ours, &theirs, sizeof ours), 0);
}

static void completes_options_of_an_older_caller(void)
{
    const options_v1 theirs = {sizeof theirs, 1, 2};
    options_v2 ours;
    memset(&ours, 0xAA, sizeof ours);
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, NULL), ETW_OK);
    CHECK_EQ(ours.size, sizeof ours);
    CHECK_EQ(ours.a, 1);
    CHECK_EQ(ours.b, 2);
    CHECK_EQ(ours.c, 0);
}

static void refuses_what_only_a_newer_version_knows(void)
{
    options_v2 theirs = {sizeof theirs, 1, 2, 0};
    options_v1 ours;
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, &error), ETW_OK);
    CHECK_EQ(ours.size, sizeof ours);
    CHECK_EQ(ours.b, 2);
    theirs.c = 1;
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "options of a newer version of the library");
    CHECK_EQ(error.offset, ETW_NO_OFFSET);
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, NULL), ETW_E_INVALID);
}

static void refuses_options_without_a_size(void)
{
    const options_v1 theirs = {0, 1, 2};
    options_v1 ours;
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &theirs, &error), ETW_E_INVALID);
    CHECK_TEXT(error.message, "options without a size");
    const options_v1 tiny = {sizeof(size_t) - 1, 1, 2};
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &tiny, &error), ETW_E_INVALID);
    const options_v1 least = {sizeof(size_t), 1, 2};
    CHECK_EQ(etwi_options_copy(&ours, sizeof ours, &least, &error), ETW_OK);
    CHECK_EQ(ours.a, 0);
}

static void checks_options_of_every_object(void)
{
    etw_consumer *consumer;
    etw_schema_store *store;
    etw_json *json;
    const etw_consumer_options no_size = {.memory_max = 1 << 20};
    CHECK_EQ(etw_consumer_create(&consumer, &no_size, &error), ETW_E_INVALID);
    CHECK(consumer == NULL);
    const etw_consumer_options small = {.size = sizeof small, .buffer_size_max = 1023};
    CHECK_EQ(etw_consumer_create(&consumer, &small, &error), ETW_E_INVALID);
    const etw_consumer_options little = {.size = sizeof little, .memory_max = 1};
    CHECK_EQ(etw_consumer_create(&consumer, &little, NULL), ETW_E_INVALID);
    const etw_consumer_options strange = {.size = sizeof strange, .order = (etw_order)7};
    CHECK_EQ(etw_consumer_create(&consumer, &strange, NULL), ETW_E_INVALID);
    const etw_schema_store_options store_options = {.size = 0};
    CHECK_EQ(etw_schema_store_create(&store, &store_options, &error), ETW_E_INVALID);
    CHECK(store == NULL);
    const etw_json_options page = {.size = sizeof page, .format.code_page = 12345};
    CHECK_EQ(etw_json_create(&json, &page, &error), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "code page 12345 is not supported");
    CHECK(json == NULL);
    etw_consumer_destroy(&consumer);
    etw_schema_store_destroy(&store);
    etw_json_destroy(&json);
}

static void explains_statuses(void)
{
    CHECK_TEXT(etw_status_text(ETW_OK), "success");
    CHECK_TEXT(etw_status_text(ETW_E_TRUNCATED), "data ends early");
    CHECK_TEXT(etw_status_text((etw_status)99), "unknown status");
    CHECK_TEXT(etw_status_name(ETW_E_NO_SCHEMA), "E_NO_SCHEMA");
    CHECK_TEXT(etw_status_name(ETW_END), "END");
    CHECK_TEXT(etw_status_name((etw_status)-99), "UNKNOWN");
    CHECK(!etw_failed(ETW_END));
    CHECK(etw_failed(ETW_E_INVALID));
    CHECK_TEXT(etw_version(), "0.1.0");
}

static void cuts_long_messages(void)
{
    CHECK_EQ(etwi_fail(&error, ETW_E_CORRUPT, 5, "%0300d", 1), ETW_E_CORRUPT);
    CHECK_EQ(strlen(error.message), sizeof error.message - 1);
    CHECK_EQ(error.offset, 5);
    CHECK_EQ(etwi_fail_os(&error, ETW_E_IO, 2, "%0300d", 1), ETW_E_IO);
    CHECK_EQ(strlen(error.message), sizeof error.message - 1);
    CHECK_EQ(error.os_code, 2);
    etwi_fail_os(&error, ETW_E_IO, 2, "x");
    CHECK_TEXT(error.message, "x: No such file or directory");
    CHECK_EQ(etwi_fail_os(NULL, ETW_E_IO, 2, "x"), ETW_E_IO);
    CHECK_EQ(etwi_fail_nomem(NULL), ETW_E_NOMEM);
}

int main(void)
{
    RUN(takes_defaults_for_nothing);
    RUN(takes_options_of_the_same_version);
    RUN(completes_options_of_an_older_caller);
    RUN(refuses_what_only_a_newer_version_knows);
    RUN(refuses_options_without_a_size);
    RUN(checks_options_of_every_object);
    RUN(explains_statuses);
    RUN(cuts_long_messages);
    return test_finish();
}
