/* The filter object, and the run through its program. */
#include "consumer/filter.h"

#include "base/compiler.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/options.h"
#include "consumer/filter_compile.h"

#include <string.h>

static etw_status compile(etw_filter *filter, const char *text, etw_error *error)
{
    const char *end = memchr(text, 0, ETWI_FILTER_TEXT_MAX + 1);
    if (!end)
        return etwi_fail(error, ETW_E_LIMIT, ETWI_FILTER_TEXT_MAX,
                         "the filter is longer than %d bytes", ETWI_FILTER_TEXT_MAX);
    etwi_source source = {
        .text = text, .size = (uint32_t)(end - text), .arena = &filter->arena, .error = error};
    return etwi_filter_parse(filter, &source);
}

etw_status etw_filter_compile(etw_filter **out, const char *text, const etw_filter_options *options,
                              etw_error *error)
{
    *out = NULL;
    etw_filter_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    if (!etw_code_page_supported(ours.code_page))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "code page %u is not supported",
                         ours.code_page);
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_filter *filter = etwi_alloc_zeroed(&allocator, sizeof *filter);
    if (!filter)
        return etwi_fail_nomem(error);
    filter->arena.allocator = allocator;
    filter->code_page = ours.code_page;
    const etw_status status = compile(filter, text, error);
    if (status == ETW_OK)
        *out = filter;
    else
        etw_filter_destroy(&filter);
    return status;
}

void etw_filter_destroy(etw_filter **filter)
{
    etw_filter *closing = *filter;
    if (!closing)
        return;
    const etw_allocator allocator = closing->arena.allocator;
    etwi_arena_free(&closing->arena);
    etwi_free(&allocator, closing, sizeof *closing);
    *filter = NULL;
}

/* ----------------------------------------------------------------------------------- running */

/* The event is our own memory, not that of a trace. */
static inline bool is_number(const etwi_test *test, const etw_event *event)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)event + test->offset, sizeof word);
    return (((word >> test->shift) & test->mask) - test->low <= test->span) != test->none;
}

static inline bool is_guid(const etwi_test *test, const etw_event *event)
{
    const void *guid = (const uint8_t *)event + test->offset;
    const bool equal = memcmp(guid, &test->guid, sizeof test->guid) == 0;
    if (!test->none)
        return equal;
    static const etw_guid NULL_GUID = {0, 0, 0, {0}};
    return !equal && !(test->is_optional && memcmp(guid, &NULL_GUID, sizeof NULL_GUID) == 0);
}

static etwi_tri test_one(const etwi_test *test, const etwi_subject *subject)
{
    switch (test->kind) {
    case ETWI_TEST_NUMBER:
        return is_number(test, subject->event) ? ETWI_YES : ETWI_NO;
    case ETWI_TEST_GUID:
        return is_guid(test, subject->event) ? ETWI_YES : ETWI_NO;
    case ETWI_TEST_PROPERTY:
        if (subject->header_only)
            return ETWI_UNKNOWN;
        return etwi_test_property(test, subject) ? ETWI_YES : ETWI_NO;
    default:
        return etwi_test_header(test, subject);
    }
}

/*
 * Runs the program from a test on. What is unknown counts in favour of the event (`hopeful`) or
 * against it; `not` turns that around, so the two runs are bounds of the true result.
 */
static bool run(const etw_filter *filter, const etwi_subject *subject, uint32_t at, bool hopeful,
                bool *unknown)
{
    while (at < ETWI_FILTER_REJECT) {
        const etwi_test *test = &filter->tests[at];
        const etwi_tri result = test_one(test, subject);
        bool is_yes = result == ETWI_YES;
        if (result == ETWI_UNKNOWN) {
            *unknown = true;
            is_yes = hopeful != test->negative;
        }
        at = is_yes ? test->yes : test->no;
    }
    return at == ETWI_FILTER_ACCEPT;
}

static etw_filter_verdict decide(const etw_filter *filter, const etw_event *event, uint32_t at)
{
    const etwi_subject subject = {event, NULL, filter->code_page, true};
    bool unknown = false;
    if (!run(filter, &subject, at, true, &unknown))
        return ETW_FILTER_NO;
    if (!unknown || run(filter, &subject, at, false, &unknown))
        return ETW_FILTER_YES;
    return ETW_FILTER_MAYBE;
}

/* Most events end here: the tests that are never unknown come first. */
static ETWI_INLINE etw_filter_verdict judge(const etw_filter *filter, const etw_event *event)
{
    uint32_t at = filter->entry;
    while (at < ETWI_FILTER_REJECT) {
        const etwi_test *test = &filter->tests[at];
        bool is_yes;
        if (test->kind == ETWI_TEST_NUMBER)
            is_yes = is_number(test, event);
        else if (test->kind == ETWI_TEST_GUID)
            is_yes = is_guid(test, event);
        else
            return decide(filter, event, at);
        at = is_yes ? test->yes : test->no;
    }
    return at == ETWI_FILTER_ACCEPT ? ETW_FILTER_YES : ETW_FILTER_NO;
}

etw_filter_verdict etw_filter_header(const etw_filter *filter, const etw_event *event)
{
    return judge(filter, event);
}

size_t etwi_filter_next(const etw_filter *filter, const etw_event *events, size_t count,
                        etw_filter_verdict *verdict)
{
    for (size_t i = 0; i < count; i++) {
        *verdict = judge(filter, &events[i]);
        if (*verdict != ETW_FILTER_NO)
            return i;
    }
    return count;
}

bool etw_filter_match(const etw_filter *filter, const etw_event *event, const etw_schema *schema)
{
    const etwi_subject subject = {event, schema, filter->code_page, false};
    bool unknown = false;
    return run(filter, &subject, filter->entry, true, &unknown);
}
