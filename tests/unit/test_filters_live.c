/*
 * What filters do to the events of a provider in this process: the matrix of docs/providers.md for
 * the portable engine. Sessions enable by strings; what they leave to the consumer is applied here.
 */
#include "test.h"

#include "engine_world.h"
#include "os/os.h"

#include <etw/etw.h>
#include <etw/tracelogging.h>

ETW_TL_DEFINE_PROVIDER(contoso, "Contoso.Filters");

static etw_error error;

/* Events of TraceLogging are a, b and c; those with an id are d and e. */
static void write_events(void)
{
    const etw_event_descriptor seven = {.id = 7, .level = 4, .keyword = 2};
    const etw_event_descriptor eight = {.id = 8, .level = 4};
    CHECK_EQ(ETW_TL_REGISTER(contoso, &error), ETW_OK);
    ETW_TL_WRITE(contoso, "Alpha", 2, 1, ETW_TL_UINT32("x", 5));
    ETW_TL_WRITE(contoso, "Beta", 4, 2, ETW_TL_UINT32("x", 8));
    ETW_TL_WRITE(contoso, "Chi", 5, 4, ETW_TL_UINT32("x", 13), ETW_TL_UTF8("path", "/Tmp/a b"));
    CHECK_EQ(etw_provider_write(contoso, &seven, NULL, NULL, NULL, 0), ETW_OK);
    CHECK_EQ(etw_provider_write(contoso, &eight, NULL, NULL, NULL, 0), ETW_OK);
    ETW_TL_UNREGISTER(contoso);
}

/* ---- Reading ---- */

static char letter_of(const etw_event *event, const etw_schema *schema)
{
    if (event->id)
        return event->id == 7 ? 'd' : event->id == 8 ? 'e' : '?';
    if (!schema || !schema->event_name.size)
        return '?';
    return (char)(schema->event_name.data[0] | 0x20);
}

/* What a trace has of the provider, and which of these events have stacks, as letters. */
typedef struct found {
    char events[16], stacks[16];
} found;

static void add_letter(char *letters, char letter)
{
    const size_t size = strlen(letters);
    if (size + 1 < sizeof((found *)0)->events) {
        letters[size] = letter;
        letters[size + 1] = '\0';
    }
}

static void take(found *out, etw_consumer *consumer, const etw_event *event,
                 const etw_filter *filter)
{
    const etw_guid provider = etw_guid_from_name((etw_str){"Contoso.Filters", 15});
    etw_bytes stack;
    if (!etw_guid_equal(&event->provider, &provider))
        return;
    const etw_schema *schema = etw_consumer_schema(consumer, event);
    if (filter && !etw_filter_match(filter, event, schema))
        return;
    add_letter(out->events, letter_of(event, schema));
    if (etw_event_find_extended(event, ETW_EXTENDED_STACK_TRACE64, &stack))
        add_letter(out->stacks, letter_of(event, schema));
}

static found read_trace(const char *path, const etw_filter *filter)
{
    found out = {"", ""};
    etw_consumer *consumer;
    const etw_batch *batch;
    if (!CHECK_EQ(etw_consumer_create(&consumer, NULL, &error), ETW_OK))
        return out;
    CHECK_EQ(etw_consumer_add_file(consumer, path), ETW_OK);
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            take(&out, consumer, &batch->events[i], filter);
    CHECK_EQ(status, ETW_END);
    etw_consumer_destroy(&consumer);
    return out;
}

/* ---- One string ---- */

typedef struct row {
    const char *suffixes;
    const char *events, *stacks;
    unsigned at_provider, at_consumer;
} row;

static etw_status enable(etw_session *session, const char *text, etw_enable_report *report,
                         etw_filter **filter)
{
    etw_provider_spec *spec;
    etw_status status = etw_provider_spec_parse(&spec, text, NULL, &error);
    *filter = NULL;
    if (status != ETW_OK)
        return status;
    const etw_enable_parameters *parameters = etw_provider_spec_parameters(spec);
    status = etw_session_enable(session, parameters, report);
    if (status == ETW_OK)
        status = etw_provider_post_filter(filter, parameters, report->at_consumer, &error);
    etw_provider_spec_destroy(&spec);
    return status;
}

static void check_row(const row *r)
{
    char text[512];
    const char *path = world_path("filters.etl");
    const etw_session_options options = {
        .size = sizeof options, .name = "filters", .log_file = path};
    etw_enable_report report = {.size = sizeof report};
    etw_session *session;
    etw_filter *filter;
    snprintf(text, sizeof text, "*Contoso.Filters%s", r->suffixes);
    if (!CHECK_EQ(etw_session_start(&session, &options, &error), ETW_OK)) {
        printf("    %s\n", error.message);
        return;
    }
    CHECK_EQ(enable(session, text, &report, &filter), ETW_OK);
    CHECK_EQ(report.at_provider, r->at_provider);
    CHECK_EQ(report.at_consumer, r->at_consumer);
    write_events();
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
    const found got = read_trace(path, filter);
    if (!CHECK_TEXT(got.events, r->events) || !CHECK_TEXT(got.stacks, r->stacks))
        printf("    %s\n", text);
    etw_filter_destroy(&filter);
    remove(path);
}

static void check_rows(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i]);
}

static void levels_and_keywords(void)
{
    static const row ROWS[] = {
        {"", "abcde", "", 0, 0},       {":4", "abde", "", 0, 0},
        {":error", "a", "", 0, 0},     {":0", "abcde", "", 0, 0},
        {":::2", "bde", "", 0, 0},     {":::3:1", "ae", "", 0, 0},
        {":::0:1", "abcde", "", 0, 0}, {":ignore_keyword_0", "abcd", "", 0, 0},
    };
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static void events(void)
{
    static const row ROWS[] = {
        {"::7", "d", "", 1, 0},
        {"::!7", "abce", "", 1, 0},
        {"::0,8", "abce", "", 1, 0},
        {":name=Alpha,Chi", "ac", "", 1, 0},
        {":name=!Beta", "acde", "", 1, 0},
        {":name=alpha", "", "", 1, 0},
        {":4:!7:name=!Alpha", "be", "", 3, 0},
    };
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static void processes(void)
{
    static const row ROWS[] = {
        {":pid=1", "", "", 1, 0},
        {":exe=no-such-program", "", "", 1, 0},
        {":exe=no-such-program;TEST_filters_live;test_filters_live.exe", "abcde", "", 1, 0},
    };
    char own[32];
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
    snprintf(own, sizeof own, ":pid=1,%u", (unsigned)etwi_process_id());
    const row here = {own, "abcde", "", 1, 0};
    check_row(&here);
}

static void payloads(void)
{
    static const row ROWS[] = {
        {":payload=x>=8", "bc", "", 0, 1},
        {":payload=0/x>=8", "bcde", "", 0, 1},
        {":payload=x%5", "a", "", 0, 1},
        {":payload=x between 6,9 or path contains /tmp", "bc", "", 0, 1},
        {":payload=path is '/tmp/A B' and x != 5", "c", "", 0, 1},
        {":event=!7:payload=7/x==1", "abce", "", 1, 2},
    };
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static void stacks(void)
{
    static const row ROWS[] = {
        {":stack", "abcde", "abcde", 0, 0},
        {":stackwalk=7", "abcde", "d", 1, 0},
        {":stackwalk=!7", "abcde", "abce", 1, 0},
        {":stackwalk_name=Beta", "abcde", "b", 1, 0},
        {":stackwalk_level=2", "abcde", "a", 1, 0},
        {":stackwalk_level=5/2", "abcde", "bde", 1, 0},
        {":4:!7:stackwalk_level=!2", "abe", "be", 3, 0},
    };
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
}

/* What has no effect off Windows is in neither report, and said nowhere to have one. */
static void without_effect(void)
{
    static const row ROWS[] = {
        {":package=p:app=a:container=11111111-2222-3333-4444-555555555555", "abcde", "", 0, 0},
        {":schematized=0102", "abcde", "", 1, 0},
    };
    check_rows(ROWS, sizeof ROWS / sizeof ROWS[0]);
}

int main(void)
{
    world_begin();
    RUN(levels_and_keywords);
    RUN(events);
    RUN(processes);
    RUN(payloads);
    RUN(stacks);
    RUN(without_effect);
    return world_end() ? test_finish() : 1;
}
