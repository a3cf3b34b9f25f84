/* What sessions leave to consumers: the filter that is made for them, against a second opinion. */
#include "filter_sample.h"
#include "test.h"

#include <etw/provider.h>

static filter_sample sample;
static etw_error error;

/* ---- A second opinion ---- */

/* Numbers and texts of the sample's first event. */
typedef struct value {
    const char *field;
    const char *text; /* NULL of numbers. */
    int64_t number;
} value;

static const value VALUES[] = {
    {"ProcessID", NULL, 4242},
    {"Delta", NULL, -5},
    {"id", NULL, 77},
    {"odd name", NULL, 9},
    {"Port", NULL, 443},
    {"Image", "C:\\Windows\\System32\\cmd.exe", 0},
    {"Name", "M\xC3\xBCtze", 0},
    {"Box.Depth", NULL, -1},
};

enum {
    VALUE_COUNT = sizeof VALUES / sizeof VALUES[0],
};

static int letter(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : (uint8_t)c;
}

static bool begins(const char *text, etw_str part)
{
    for (size_t i = 0; i < part.size; i++)
        if (!text[i] || letter(text[i]) != letter(part.data[i]))
            return false;
    return true;
}

static bool contains(const char *text, etw_str part)
{
    for (; *text; text++)
        if (begins(text, part))
            return true;
    return false;
}

static bool text_holds(const etw_payload_predicate *p, const char *text)
{
    const bool equal = strlen(text) == p->value.size && begins(text, p->value);
    switch (p->op) {
    case ETW_PAYLOAD_CONTAINS:
        return contains(text, p->value);
    case ETW_PAYLOAD_DOES_NOT_CONTAIN:
        return !contains(text, p->value);
    case ETW_PAYLOAD_IS:
        return equal;
    default:
        return !equal;
    }
}

static bool number_holds(const etw_payload_predicate *p, int64_t number)
{
    int64_t a = 0, b = 0;
    const int count = sscanf(p->value.data, "%" SCNd64 ",%" SCNd64, &a, &b);
    const bool between = count == 2 && number >= a && number <= b;
    switch (p->op) {
    case ETW_PAYLOAD_EQ:
        return number == a;
    case ETW_PAYLOAD_NE:
        return number != a;
    case ETW_PAYLOAD_LE:
        return number <= a;
    case ETW_PAYLOAD_GT:
        return number > a;
    case ETW_PAYLOAD_LT:
        return number < a;
    case ETW_PAYLOAD_GE:
        return number >= a;
    case ETW_PAYLOAD_MODULO:
        return number % a == 0;
    case ETW_PAYLOAD_BETWEEN:
        return between;
    default:
        return !between;
    }
}

static bool predicate_holds(const etw_payload_predicate *p, unsigned event)
{
    for (size_t i = 0; event == 0 && i < VALUE_COUNT; i++)
        if (strlen(VALUES[i].field) == p->field.size &&
            memcmp(VALUES[i].field, p->field.data, p->field.size) == 0)
            return VALUES[i].text ? text_holds(p, VALUES[i].text)
                                  : number_holds(p, VALUES[i].number);
    return false; // What an event does not have is not compared.
}

static bool has_id(const etw_provider_filter *f, uint16_t id)
{
    for (size_t i = 0; i < f->id_count; i++)
        if (f->ids[i] == id)
            return true;
    return false;
}

static bool payload_passes(const etw_provider_filter *f, unsigned event)
{
    if (f->id_count && !has_id(f, sample.events[event].id))
        return true;
    size_t held = 0;
    for (size_t i = 0; i < f->predicate_count; i++)
        held += predicate_holds(&f->predicates[i], event);
    return f->any_predicate ? held > 0 : held == f->predicate_count;
}

static bool name_hits(const etw_provider_filter *f, unsigned event)
{
    const etw_event *e = &sample.events[event];
    const uint64_t any = f->match_any_keyword, all = f->match_all_keyword;
    const bool in_keywords = !any || !e->keyword || (e->keyword & any && (e->keyword & all) == all);
    bool named = false;
    for (size_t i = 0; event == 0 && i < f->name_count; i++)
        named |= contains("OrderPlaced", f->names[i]) && f->names[i].size == 11;
    return named && in_keywords && (!f->level || e->level <= f->level);
}

static bool filter_passes(const etw_provider_filter *f, unsigned event)
{
    const etw_event *e = &sample.events[event];
    switch (f->type) {
    case ETW_FILTER_TYPE_EVENT_ID:
        return has_id(f, e->id) != f->exclude;
    case ETW_FILTER_TYPE_PID:
        for (size_t i = 0; i < f->pid_count; i++)
            if (e->process_id != ETW_NO_ID && f->pids[i] == e->process_id)
                return true;
        return false;
    case ETW_FILTER_TYPE_EVENT_NAME:
        return name_hits(f, event) != f->exclude;
    default:
        return payload_passes(f, event);
    }
}

/* ---- Filters at random ---- */

static uint32_t seed = 1;

static unsigned random_below(unsigned limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

static const uint16_t IDS[] = {1, 0, 65535, 7};
static const uint32_t PIDS[] = {100, 4, 4294967295u};
static const etw_str EVENT_NAMES[] = {{"OrderPlaced", 11}, {"Or\"der\\", 7}};

static etw_payload_predicate random_predicate(void)
{
    static const char *const NUMBERS[] = {"0", "-5", "77", "4242", "-1", "9", "443"};
    static const char *const PAIRS[] = {"-10,100", "4242,5000", "5,1", "-5,-5", "77,443"};
    static const char *const DIVISORS[] = {"1", "2", "3", "5", "7", "4242"};
    static const char *const TEXTS[] = {
        "cmd", "C:\\WINDOWS\\system32\\CMD.EXE", "\"", "\\", "M\xC3\xBCtze", "tz", "zz top"};
    const value *v = &VALUES[random_below(VALUE_COUNT)];
    etw_payload_predicate p = {{v->field, strlen(v->field)}, ETW_PAYLOAD_EQ, {NULL, 0}};
    const char *text;
    if (v->text) {
        static const int OPS[] = {ETW_PAYLOAD_CONTAINS, ETW_PAYLOAD_DOES_NOT_CONTAIN,
                                  ETW_PAYLOAD_IS, ETW_PAYLOAD_IS_NOT};
        p.op = (etw_payload_operator)OPS[random_below(4)];
        text = TEXTS[random_below(7)];
    } else {
        p.op = (etw_payload_operator)random_below(9);
        text = p.op == ETW_PAYLOAD_MODULO    ? DIVISORS[random_below(6)]
               : p.op >= ETW_PAYLOAD_BETWEEN ? PAIRS[random_below(5)]
                                             : NUMBERS[random_below(7)];
    }
    p.value = (etw_str){text, strlen(text)};
    if (random_below(10) == 0)
        p.field = (etw_str){"Nowhere", 7};
    return p;
}

static etw_provider_filter random_filter(unsigned kind, etw_payload_predicate *predicates)
{
    etw_provider_filter f = {.ids = IDS, .id_count = 1 + random_below(4)};
    switch (kind) {
    case 0:
        f.type = ETW_FILTER_TYPE_EVENT_ID;
        f.exclude = random_below(2);
        return f;
    case 1:
        return (etw_provider_filter){
            .type = ETW_FILTER_TYPE_PID, .pids = PIDS, .pid_count = 1 + random_below(3)};
    case 2:
        return (etw_provider_filter){.type = ETW_FILTER_TYPE_EVENT_NAME,
                                     .names = EVENT_NAMES + random_below(2),
                                     .name_count = 1,
                                     .exclude = random_below(2),
                                     .level = (uint8_t)random_below(6),
                                     .match_any_keyword = random_below(3) * 8u,
                                     .match_all_keyword = random_below(3) * 8u};
    default:
        f.type = ETW_FILTER_TYPE_PAYLOAD;
        f.id_count = random_below(3);
        f.predicates = predicates;
        f.predicate_count = 1 + random_below(3);
        f.any_predicate = random_below(2);
        for (size_t i = 0; i < f.predicate_count; i++)
            predicates[i] = random_predicate();
        return f;
    }
}

static unsigned passed, denied;

static void check_event(const etw_filter *filter, const etw_enable_parameters *p, uint32_t mask,
                        unsigned event)
{
    const bool is_its = etw_guid_equal(&sample.events[event].provider, &p->provider);
    bool want = true;
    for (size_t i = 0; is_its && i < p->filter_count; i++)
        if (mask & 1u << i && !filter_passes(&p->filters[i], event))
            want = false;
    const bool got = etw_filter_match(filter, &sample.events[event], sample.schemas[event]);
    if (!CHECK_EQ(got, want))
        printf("    event %u, filter 0 of type 0x%x, mask %u, seed %u\n", event,
               (unsigned)p->filters[0].type, (unsigned)mask, (unsigned)seed);
    *(got ? &passed : &denied) += 1;
}

static void equals_what_filters_say(void)
{
    const etw_guid *const providers[] = {&sample_provider, &sample_class, &sample_unknown};
    for (unsigned round = 0; round < 3000; round++) {
        etw_payload_predicate predicates[3];
        etw_provider_filter filters[4];
        const unsigned first = random_below(4), count = 1 + random_below(3);
        for (unsigned i = 0; i < count; i++)
            filters[i] = random_filter((first + i) % 4, predicates);
        const etw_enable_parameters parameters = {.size = sizeof parameters,
                                                  .provider = *providers[random_below(3)],
                                                  .filters = filters,
                                                  .filter_count = count};
        const uint32_t mask = 1 + random_below((1u << count) - 1);
        etw_filter *filter;
        const etw_status status = etw_provider_post_filter(&filter, &parameters, mask, &error);
        if (!CHECK_EQ(status, ETW_OK)) {
            printf("    %s\n", error.message);
            continue;
        }
        for (unsigned event = 0; event < SAMPLE_EVENTS; event++)
            check_event(filter, &parameters, mask, event);
        etw_filter_destroy(&filter);
    }
    CHECK(passed > 1000 && denied > 500);
}

/* ---- The rest ---- */

static etw_status make(const etw_provider_filter *filter, uint32_t mask)
{
    etw_filter *out;
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = sample_provider,
                                              .filters = filter,
                                              .filter_count = 1};
    const etw_status status = etw_provider_post_filter(&out, &parameters, mask, &error);
    CHECK(!out == (status != ETW_OK || !mask));
    etw_filter_destroy(&out);
    return status;
}

static void says_what_consumers_cannot_do(void)
{
    static const etw_str NAME = {"a.exe", 5};
    const etw_provider_filter exe = {
        .type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = &NAME, .name_count = 1};
    CHECK_EQ(make(&exe, 0), ETW_OK);
    CHECK_EQ(make(&exe, 1), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "filter 0, of type 0x80000008, cannot be applied by a consumer");
    CHECK_EQ(make(&exe, 2), ETW_E_INVALID);
    CHECK_TEXT(error.message, "filters at the consumer: there are 1");
    const etw_provider_filter stack = {
        .type = ETW_FILTER_TYPE_STACKWALK, .ids = IDS, .id_count = 1};
    CHECK_EQ(make(&stack, 1), ETW_E_UNSUPPORTED);
    const etw_payload_predicate odd = {{"a`b", 3}, ETW_PAYLOAD_EQ, {"1", 1}};
    etw_provider_filter payload = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &odd, .predicate_count = 1};
    CHECK_EQ(make(&payload, 1), ETW_E_UNSUPPORTED);
    const etw_payload_predicate path = {{"a..b", 4}, ETW_PAYLOAD_EQ, {"1", 1}};
    payload.predicates = &path;
    CHECK_EQ(make(&payload, 1), ETW_E_INVALID);
    CHECK(error.offset == ETW_NO_OFFSET);
    payload.predicate_count = 0;
    CHECK_EQ(make(&payload, 1), ETW_E_INVALID); // Checked as any other.

    // Events of a group do not say so, and would all pass.
    const etw_provider_filter ids = {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = IDS, .id_count = 1};
    const etw_enable_parameters group = {.size = sizeof group,
                                         .properties = ETW_ENABLE_PROPERTY_PROVIDER_GROUP,
                                         .filters = &ids,
                                         .filter_count = 1};
    etw_filter *filter;
    CHECK_EQ(etw_provider_post_filter(&filter, &group, 0, &error), ETW_OK);
    CHECK_EQ(etw_provider_post_filter(&filter, &group, 1, &error), ETW_E_UNSUPPORTED);
    CHECK(!filter);
}

/* Values that are no numbers, through the language's own eyes. */
static void compares_other_values(void)
{
    typedef struct row {
        const char *field, *value;
        int op;
        bool want;
    } row;
    static const row ROWS[] = {
        {"Flag", "true", ETW_PAYLOAD_EQ, true},
        {"Flag", "false", ETW_PAYLOAD_EQ, false},
        {"Ratio", "0.25", ETW_PAYLOAD_EQ, true},
        {"Ratio", "0.2,0.3", ETW_PAYLOAD_BETWEEN, true},
        {"Cart", "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", ETW_PAYLOAD_EQ, true},
        {"Cart", "{3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c}", ETW_PAYLOAD_NE, false},
        {"When", "2026-01-05T12:00:01.5Z", ETW_PAYLOAD_EQ, true},
        {"When", "2026-01-05,2026-01-06", ETW_PAYLOAD_BETWEEN, true},
        {"Status", "0xC0000022", ETW_PAYLOAD_EQ, true},
        {"Big", "18446744073709551615", ETW_PAYLOAD_EQ, true},
        {"Big", "5", ETW_PAYLOAD_MODULO, true}, // 3 * 5 * 17 * …
        {"Low", "1", ETW_PAYLOAD_MODULO, true},
        {"Low", "-1", ETW_PAYLOAD_LT, true},
        {"State", "Running", ETW_PAYLOAD_EQ, true},
        {"Address", "10.0.0.1", ETW_PAYLOAD_IS, true},
        {"Adapters.Mtu", "9000", ETW_PAYLOAD_EQ, true},
        {"Adapters.Label", "LOOPBACK", ETW_PAYLOAD_IS, true},
        {"Image", "C:\\Windows\\System32\\cmd.exe", ETW_PAYLOAD_EQ, true},
        {"Image", "and", ETW_PAYLOAD_NE, true},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const row *r = &ROWS[i];
        const etw_payload_predicate predicate = {{r->field, strlen(r->field)},
                                                 (etw_payload_operator)r->op,
                                                 {r->value, strlen(r->value)}};
        const etw_provider_filter payload = {
            .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &predicate, .predicate_count = 1};
        const etw_enable_parameters parameters = {.size = sizeof parameters,
                                                  .provider = sample_provider,
                                                  .filters = &payload,
                                                  .filter_count = 1};
        etw_filter *filter;
        CHECK_EQ(etw_provider_post_filter(&filter, &parameters, 1, &error), ETW_OK);
        if (filter &&
            !CHECK_EQ(etw_filter_match(filter, &sample.events[0], sample.schemas[0]), r->want))
            printf("    %s %d %s\n", r->field, r->op, r->value);
        etw_filter_destroy(&filter);
    }
}

int main(void)
{
    if (!filter_sample_make(&sample))
        return 1;
    RUN(equals_what_filters_say);
    RUN(says_what_consumers_cannot_do);
    RUN(compares_other_values);
    filter_sample_free(&sample);
    return test_finish();
}
