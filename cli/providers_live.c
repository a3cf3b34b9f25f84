#include "providers_live.h"

#include "catalog.h"
#include "json.h"
#include "out.h"

#include <etw/provider.h>

#include <inttypes.h>

enum {
    NAME_WIDTH_MIN = 4, /* Of the heading. */
    NAME_WIDTH_MAX = 60
};

static bool is_chosen(const cli_args *patterns, const etw_registered_provider *provider)
{
    const etw_provider_info info = {.guid = provider->guid, .name = provider->name};
    for (size_t i = 0; i < patterns->count; i++)
        if (cli_provider_is_like(&info, patterns->items[i]))
            return true;
    return patterns->count == 0;
}

static size_t name_width(const etw_registered_list *list, const cli_args *patterns)
{
    size_t width = NAME_WIDTH_MIN;
    for (size_t i = 0; i < etw_registered_list_count(list); i++) {
        const etw_registered_provider *provider = etw_registered_list_at(list, i);
        if (is_chosen(patterns, provider) && provider->name.size > width)
            width = provider->name.size;
    }
    return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

/* "17,204", or "-" for none. */
static void add_numbers(cli_text *text, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cli_text_printf(text, "%s%" PRIu32, i ? "," : "", numbers[i]);
    if (count == 0)
        cli_text_add_char(text, '-');
}

static void add_row(cli_text *text, const etw_registered_provider *provider, size_t width)
{
    cli_text_add_guid(text, &provider->guid);
    cli_text_add_char(text, ' ');
    const size_t start = text->size;
    cli_text_add(text, provider->name.size ? provider->name : (etw_str){"-", 1});
    cli_text_clean_from(text, start);
    const size_t used = cli_text_width_from(text, start);
    cli_text_add_blanks(text, used < width ? width - used : 0);
    const size_t sessions = text->size;
    cli_text_add_z(text, "  ");
    add_numbers(text, provider->logger_ids, provider->session_count);
    const size_t taken = text->size - sessions;
    cli_text_add_blanks(text, taken < 10 ? 12 - taken : 2);
    add_numbers(text, provider->process_ids, provider->process_count);
    cli_text_add_char(text, '\n');
}

static void add_numbers_json(cli_text *text, const char *key, const uint32_t *numbers, size_t count)
{
    cli_json_array(text, key);
    for (size_t i = 0; i < count; i++)
        cli_json_number(text, NULL, numbers[i]);
    cli_json_end_array(text);
}

static void add_json(cli_text *text, const etw_registered_provider *provider)
{
    cli_json_object(text, NULL);
    cli_json_guid(text, "guid", &provider->guid);
    cli_json_string(text, "name", provider->name);
    add_numbers_json(text, "sessions", provider->logger_ids, provider->session_count);
    add_numbers_json(text, "processes", provider->process_ids, provider->process_count);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}

int cli_providers_live(const cli_args *patterns, bool json, bool quiet)
{
    cli_text text = {0};
    etw_registered_list *list;
    etw_error error;
    if (etw_failed(etw_registered_list_create(&list, &error))) {
        cli_say_error("cannot list providers", &error);
        return CLI_EXIT_FAILED;
    }
    const size_t width = name_width(list, patterns);
    size_t count = 0;
    for (size_t i = 0; i < etw_registered_list_count(list); i++) {
        const etw_registered_provider *provider = etw_registered_list_at(list, i);
        if (!is_chosen(patterns, provider))
            continue;
        if (count++ == 0 && !json)
            cli_text_printf(&text, "%-38s %-*s  %-10s%s\n", "GUID", (int)width, "NAME", "SESSIONS",
                            "PROCESSES");
        if (json)
            add_json(&text, provider);
        else
            add_row(&text, provider, width);
    }
    etw_registered_list_destroy(&list);
    if (count == 0 && !quiet)
        cli_say("etw providers: none is registered%s\n", patterns->count ? " that matches" : "");
    const int code = cli_out_text(&text, CLI_EXIT_OK);
    cli_text_free(&text);
    return code;
}
