#include "filter.h"

#include "cmd.h"
#include "place.h"
#include "text.h"

#include <string.h>

static bool add_part(cli_filter *filter, const char *option, const cli_command *command,
                     const char *expression, unsigned code_page)
{
    const etw_filter_options options = {.size = sizeof options, .code_page = code_page};
    etw_error error;
    if (!etw_failed(
            etw_filter_compile(&filter->parts[filter->count], expression, &options, &error))) {
        filter->count++;
        return true;
    }
    cli_say("etw %s: --%s: %s\n", command->name, option, error.message);
    if (error.offset != ETW_NO_OFFSET && *expression)
        cli_say_place((etw_str){expression, strlen(expression)}, (size_t)error.offset);
    return false;
}

/* Adds an expression that was made from a list, and frees it. */
static bool add_made(cli_filter *filter, const char *option, const cli_command *command,
                     cli_text *expression, unsigned code_page)
{
    cli_text_add_char(expression, '\0');
    bool good = !expression->failed;
    if (!good)
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    good = good && add_part(filter, option, command, expression->data, code_page);
    cli_text_free(expression);
    return good;
}

/* `id in {1,5..9}` */
static bool add_numbers(cli_filter *filter, const char *option, const cli_command *command,
                        const cli_list *list, unsigned code_page)
{
    cli_text text = {0};
    if (!list->count)
        return true;
    cli_text_printf(&text, "%s in {", option);
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            cli_text_add_char(&text, ',');
        cli_text_add(&text, list->items[i]);
    }
    cli_text_add_char(&text, '}');
    return add_made(filter, option, command, &text, code_page);
}

/* `provider == 'a' or provider ~ 'b*'` */
static bool add_providers(cli_filter *filter, const cli_command *command, const cli_list *list,
                          unsigned code_page)
{
    cli_text text = {0};
    if (!list->count)
        return true;
    for (size_t i = 0; i < list->count; i++) {
        const etw_str name = list->items[i];
        const bool is_pattern =
            memchr(name.data, '*', name.size) || memchr(name.data, '?', name.size);
        cli_text_printf(&text, "%sprovider %s '", i ? " or " : "", is_pattern ? "~" : "==");
        for (size_t j = 0; j < name.size; j++) {
            if (name.data[j] == '\'')
                cli_text_add_char(&text, '\'');
            cli_text_add_char(&text, name.data[j]);
        }
        cli_text_add_char(&text, '\'');
    }
    return add_made(filter, "provider", command, &text, code_page);
}

bool cli_filter_open(cli_filter *filter, const cli_command *command,
                     const cli_filter_options *options, unsigned code_page)
{
    *filter = (cli_filter){0};
    if (options->expression && !add_part(filter, "filter", command, options->expression, code_page))
        return false;
    return add_providers(filter, command, &options->providers, code_page) &&
           add_numbers(filter, "id", command, &options->ids, code_page) &&
           add_numbers(filter, "pid", command, &options->pids, code_page);
}

void cli_filter_close(cli_filter *filter)
{
    while (filter->count)
        etw_filter_destroy(&filter->parts[--filter->count]);
}

/* Whether an event passes the part of its provider, if there is one. */
static bool pass_provider(const cli_filter *filter, const etw_event *event,
                          const etw_schema *schema)
{
    for (size_t i = 0; i < filter->provider_part_count; i++) {
        const cli_provider_part *part = &filter->provider_parts[i];
        if (part->filter && etw_guid_equal(&part->provider, &event->provider))
            return etw_filter_match(part->filter, event, schema);
    }
    return true;
}

bool cli_filter_pass(const cli_filter *filter, etw_consumer *consumer, const etw_event *event,
                     const etw_schema **schema)
{
    bool undecided[CLI_FILTER_PARTS] = {false};
    for (size_t i = 0; i < filter->count; i++) {
        const etw_filter_verdict verdict = etw_filter_header(filter->parts[i], event);
        if (verdict == ETW_FILTER_NO)
            return false;
        undecided[i] = verdict == ETW_FILTER_MAYBE;
    }
    *schema = etw_consumer_schema(consumer, event);
    for (size_t i = 0; i < filter->count; i++)
        if (undecided[i] && !etw_filter_match(filter->parts[i], event, *schema))
            return false;
    return filter->provider_part_count == 0 || pass_provider(filter, event, *schema);
}
