/* Which names a filter says no schema has. */
#include "filter_sample.h"
#include "test.h"

static filter_sample sample;

/* The names that a filter says no schema has, after it saw some of the events of the sample. */
static void check_unknown(const char *text, unsigned event_count, const char *want)
{
    etw_filter *filter;
    REQUIRE(etw_filter_compile(&filter, text, NULL, NULL) == ETW_OK);
    for (unsigned i = 0; i < event_count; i++)
        etw_filter_match(filter, &sample.events[i], sample.schemas[i]);
    char names[256];
    size_t size = 0, position = 0;
    etw_str name;
    while (etw_filter_next_unknown(filter, &position, &name))
        size +=
            (size_t)snprintf(names + size, sizeof names - size, "%.*s;", (int)name.size, name.data);
    names[size] = '\0';
    if (!CHECK(strcmp(names, want) == 0))
        printf("    %s: \"%s\"\n", text, names);
    CHECK(!etw_filter_next_unknown(filter, &position, &name));
    etw_filter_destroy(&filter);
}

static void unknown_names(void)
{
    check_unknown("Imag == x or Image == x or Delta == 9", 1, "Imag;");
    check_unknown("Imag == x or Imag == y or data.Imag", 1, "Imag;");
    check_unknown("not Wrong and `odder name` == 2", 1, "Wrong;odder name;");
    check_unknown("data.idd == 2 or data.id == 77", 1, "idd;");
    check_unknown("Wrong & 4 and Image == x", 1, "Wrong;");
    // Members of structs, and what is no struct.
    check_unknown("Adapters.Mtu == 1 or Adapters.Mtuu == 1", 1, "Adapters.Mtuu;");
    check_unknown("Box.Depth == 99 or Box.Depth.More == 1 or Image.Depth == 1", 1,
                  "Box.Depth.More;Image.Depth;");
    check_unknown("Mtu == 1", 1, "Mtu;");
    // Optional ones that this payload does not have are known nevertheless.
    check_unknown("Missing == 1", 1, "");
    // Nothing is known of what was never looked for: behind `and`, or without schema.
    check_unknown("id == 7777 and Wrong == 1", 3, "");
    check_unknown("Delta == 12345 and Wrong == 1", 1, "");
    check_unknown("Wrong == 1", 0, "");
    etw_filter *filter;
    REQUIRE(etw_filter_compile(&filter, "Wrong == 1", NULL, NULL) == ETW_OK);
    CHECK(!etw_filter_match(filter, &sample.events[1], NULL));
    CHECK_EQ(etw_filter_header(filter, &sample.events[0]), ETW_FILTER_MAYBE);
    size_t position = 0;
    etw_str name;
    CHECK(!etw_filter_next_unknown(filter, &position, &name));
    etw_filter_destroy(&filter);
}

int main(void)
{
    if (!filter_sample_make(&sample))
        return 1;
    RUN(unknown_names);
    filter_sample_free(&sample);
    return test_finish();
}
