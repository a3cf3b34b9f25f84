/* Tests of the header and of names, for one event. */
#include "base/bytes.h"
#include "consumer/filter.h"

#include <string.h>

static const etw_guid NULL_GUID = {0, 0, 0, {0}};

static etwi_tri tri(bool value)
{
    return value ? ETWI_YES : ETWI_NO;
}

static unsigned class_of(const etw_event *event)
{
    etw_bytes metadata;
    if (event->flags & ETW_EVENT_TRACE_MESSAGE)
        return ETWI_CLASS_WPP;
    if (event->flags & ETW_EVENT_CLASSIC)
        return ETWI_CLASS_CLASSIC;
    return event->flags & ETW_EVENT_EXTENDED_INFO &&
                   etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &metadata)
               ? ETWI_CLASS_TRACELOGGING
               : ETWI_CLASS_MANIFEST;
}

uint64_t etwi_test_number(const etw_event *event, etwi_filter_field field)
{
    switch (field) {
    case ETWI_FILTER_ID:
        return event->id;
    case ETWI_FILTER_VERSION:
        return event->version;
    case ETWI_FILTER_OPCODE:
        return event->opcode;
    case ETWI_FILTER_TASK:
        return event->task;
    case ETWI_FILTER_LEVEL:
        return event->level;
    case ETWI_FILTER_KEYWORD:
        return event->keyword;
    case ETWI_FILTER_CHANNEL:
        return event->channel;
    case ETWI_FILTER_PID:
        return event->process_id;
    case ETWI_FILTER_TID:
        return event->thread_id;
    case ETWI_FILTER_CPU:
        return event->processor;
    case ETWI_FILTER_SIZE:
        return event->payload_size;
    case ETWI_FILTER_CLASS:
        return class_of(event);
    default:
        return event->header_kind;
    }
}

static bool is_in_ranges(const etwi_test *test, uint64_t number)
{
    uint32_t low = 0, high = test->range_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (number > test->ranges[middle].high)
            low = middle + 1;
        else
            high = middle;
    }
    return low < test->range_count && number >= test->ranges[low].low;
}

/* Whether an event has a field that not every event has. */
static bool is_present(etwi_filter_field field, const etwi_subject *subject)
{
    const etw_event *event = subject->event;
    etw_bytes related;
    etwi_chars name;
    switch (field) {
    case ETWI_FILTER_PID:
        return event->process_id != ETW_NO_ID;
    case ETWI_FILTER_TID:
        return event->thread_id != ETW_NO_ID;
    case ETWI_FILTER_CPU:
        return event->processor != ETW_NO_PROCESSOR;
    case ETWI_FILTER_ACTIVITY:
        return !etw_guid_is_null(&event->activity_id);
    case ETWI_FILTER_RELATED:
        return event->flags & ETW_EVENT_EXTENDED_INFO &&
               etw_event_find_extended(event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &related) &&
               related.size >= sizeof(etw_guid);
    case ETWI_FILTER_CLASSIC:
        return event->flags & ETW_EVENT_CLASSIC;
    case ETWI_FILTER_WPP:
        return event->flags & ETW_EVENT_TRACE_MESSAGE;
    default:
        return etwi_field_name(field, subject, 0, &name);
    }
}

static etwi_tri test_numbers(const etwi_test *test, const etwi_subject *subject)
{
    const etwi_filter_field field = (etwi_filter_field)test->field;
    uint64_t number;
    if (field == ETWI_FILTER_SOURCE) {
        if (subject->header_only)
            return ETWI_UNKNOWN;
        number = subject->schema ? subject->schema->source : ETW_SCHEMA_NONE;
    } else {
        if (test->is_optional && !is_present(field, subject))
            return ETWI_NO;
        number = etwi_test_number(subject->event, field);
    }
    if (test->has_mask)
        number &= test->mask;
    if (test->divisor)
        number %= test->divisor;
    return tri(is_in_ranges(test, number) != test->none);
}

static bool is_one_of(const etwi_test *test, const etw_guid *guid)
{
    for (uint32_t i = 0; i < test->guid_count; i++)
        if (etw_guid_equal(&test->guids[i], guid))
            return true;
    return false;
}

static bool is_provider(const etwi_test *test, const etw_event *event)
{
    return is_one_of(test, &event->provider) ||
           (etwi_is_kernel_header(event) && is_one_of(test, &etwi_system_trace_guid));
}

static etwi_tri test_guids(const etwi_test *test, const etwi_subject *subject)
{
    const etw_event *event = subject->event;
    etw_guid guid = event->provider;
    etw_bytes related;
    if (test->field == ETWI_FILTER_PROVIDER)
        return tri(is_provider(test, event) != test->none);
    if (test->field == ETWI_FILTER_ACTIVITY)
        guid = event->activity_id;
    if (test->field == ETWI_FILTER_RELATED)
        guid = is_present(ETWI_FILTER_RELATED, subject) &&
                       etw_event_find_extended(event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &related)
                   ? etwi_load_guid(related.data)
                   : NULL_GUID;
    if (test->is_optional && test->none && etw_guid_is_null(&guid))
        return ETWI_NO;
    return tri(is_one_of(test, &guid) != test->none);
}

/* A time since the start of the trace as FILETIME, within its limits. */
static uint64_t time_at(uint64_t start, uint64_t offset)
{
    const int64_t ticks = (int64_t)offset;
    if (ticks < 0)
        return start > 0 - (uint64_t)ticks ? start - (0 - (uint64_t)ticks) : 0;
    return start > UINT64_MAX - (uint64_t)ticks ? UINT64_MAX : start + (uint64_t)ticks;
}

static etwi_tri test_times(const etwi_test *test, const etw_event *event)
{
    bool found = false;
    for (uint32_t i = 0; i < test->range_count && !found; i++) {
        etwi_range range = test->ranges[i];
        if (range.is_offset) {
            if (!event->trace)
                continue;
            range.low = time_at(event->trace->start_time, range.low);
            range.high = time_at(event->trace->start_time, range.high);
        }
        found = event->timestamp >= range.low && event->timestamp <= range.high;
    }
    return tri(found != test->none);
}

static bool matches_any(const etwi_test *test, etwi_chars name)
{
    for (uint32_t i = 0; i < test->term_count; i++)
        if (etwi_pattern_matches(&test->terms[i].low.pattern, name))
            return true;
    return false;
}

static etwi_tri test_names(const etwi_test *test, const etwi_subject *subject)
{
    const etwi_filter_field field = (etwi_filter_field)test->field;
    bool found = false;
    if (test->range_count)
        found = is_in_ranges(test, etwi_test_number(subject->event, field));
    if (test->guid_count && !found)
        found = is_provider(test, subject->event);
    if (!found && subject->header_only && !etwi_field_is_in_header(field))
        return ETWI_UNKNOWN;
    etwi_chars name;
    unsigned index = 0;
    for (; !found && etwi_field_name(field, subject, index, &name); index++)
        found = matches_any(test, name);
    if (!found && !index && test->is_optional)
        return ETWI_NO;
    return tri(found != test->none);
}

etwi_tri etwi_test_header(const etwi_test *test, const etwi_subject *subject)
{
    const etwi_filter_field field = (etwi_filter_field)test->field;
    switch (test->kind) {
    case ETWI_TEST_NUMBERS:
        return test_numbers(test, subject);
    case ETWI_TEST_GUIDS:
        return test_guids(test, subject);
    case ETWI_TEST_TIMES:
        return test_times(test, subject->event);
    case ETWI_TEST_PRESENT:
        if (subject->header_only && field == ETWI_FILTER_EVENT)
            return ETWI_UNKNOWN;
        return tri(is_present(field, subject) != test->none);
    default:
        return test_names(test, subject);
    }
}
