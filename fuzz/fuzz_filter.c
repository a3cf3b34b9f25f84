/*
 * Filters. The input is an expression; it is asked about events with a schema, without one, and
 * with damaged payloads. What the header decides is final.
 */
#include "filter_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_MAX = 4096,
};

static void require(bool good)
{
    if (!good)
        abort();
}

static void ask(const etw_filter *filter, const etw_event *event, const etw_schema *schema)
{
    const etw_filter_verdict verdict = etw_filter_header(filter, event);
    const bool match = etw_filter_match(filter, event, schema);
    require(verdict == ETW_FILTER_MAYBE || (verdict == ETW_FILTER_YES) == match);
}

/* No name that is said to be unknown is one that the schema has. */
static void check_unknown(const etw_filter *filter, const etw_schema *schema)
{
    size_t position = 0;
    etw_str name;
    while (etw_filter_next_unknown(filter, &position, &name))
        require(memchr(name.data, '.', name.size) || etw_schema_find_property(schema, name) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static filter_sample sample;
    if (!sample.store)
        require(filter_sample_make(&sample));
    const size_t kept = size < TEXT_MAX ? size : TEXT_MAX;
    char *text = malloc(kept + 1);
    require(text != NULL);
    if (kept)
        memcpy(text, data, kept);
    text[kept] = '\0';
    const size_t text_size = strlen(text);
    etw_filter *filter;
    etw_error error;
    const etw_status status = etw_filter_compile(&filter, text, NULL, &error);
    free(text); /* The filter has to have copied what it needs. */
    if (status != ETW_OK) {
        require(error.status == status && error.offset <= text_size && error.message[0]);
        return 0;
    }
    for (unsigned i = 0; i < SAMPLE_EVENTS; i++)
        ask(filter, &sample.events[i], sample.schemas[i]);
    /* Cut payloads, and one whose texts come from the expression itself. */
    etw_event event = sample.events[0];
    for (unsigned cut = 0; cut < sample.payload_size; cut += 37) {
        event.payload_size = (uint16_t)cut;
        ask(filter, &event, sample.schemas[0]);
    }
    event.payload = data;
    event.payload_size = (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX);
    ask(filter, &event, sample.schemas[0]);
    check_unknown(filter, sample.schemas[0]);
    etw_filter_destroy(&filter);
    return 0;
}
