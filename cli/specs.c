#include "specs.h"

#include "input.h"
#include "place.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static const etw_enable_parameters *parameters_of(const cli_specs *specs, size_t index)
{
    return etw_provider_spec_parameters(specs->items[index]);
}

/* A session enables a provider once: a second time would replace the first. */
static bool is_new(const cli_specs *specs, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (etw_guid_equal(&parameters_of(specs, i)->provider,
                           &parameters_of(specs, index)->provider))
            return false;
    return true;
}

static bool parse_one(cli_specs *specs, const cli_command *command, const char *text,
                      const etw_provider_list *known)
{
    const etw_provider_spec_options options = {.size = sizeof options, .known = known};
    etw_error error;
    if (etw_failed(etw_provider_spec_parse(&specs->items[specs->count], text, &options, &error))) {
        cli_say("etw %s: %s\n", command->name, error.message);
        if (error.offset != ETW_NO_OFFSET && *text)
            cli_say_place((etw_str){text, strlen(text)}, (size_t)error.offset);
        return false;
    }
    specs->parts[specs->count].provider = parameters_of(specs, specs->count)->provider;
    if (is_new(specs, specs->count++))
        return true;
    cli_say("etw %s: the provider of '%s' is given twice\n", command->name, text);
    return false;
}

bool cli_specs_parse(cli_specs *specs, const cli_command *command, const cli_args *args,
                     etw_schema_store *store)
{
    const etw_provider_list_options from_files = {sizeof from_files, true};
    etw_provider_list *known;
    etw_error error;
    *specs = (cli_specs){calloc(args->count + 1, sizeof *specs->items),
                         calloc(args->count + 1, sizeof *specs->parts), 0};
    if (!specs->items || !specs->parts ||
        etw_failed(etw_provider_list_create(&known, store, &from_files, &error))) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < args->count; i++)
        good = parse_one(specs, command, args->items[i], known);
    etw_provider_list_destroy(&known);
    return good;
}

bool cli_specs_read(cli_specs *specs, const cli_command *command, const cli_args *args,
                    const cli_common *common)
{
    cli_input input = {0};
    cli_input_open(&input, common, ETW_ORDER_FILE, 0, 0);
    const bool good =
        input.consumer && !input.failed && cli_specs_parse(specs, command, args, input.schemas);
    cli_input_close(&input);
    return good;
}

/* The suffix by which a filter was given. */
static const char *suffix_of(uint32_t type)
{
    static const struct {
        uint32_t type;
        const char *suffix;
    } suffixes[] = {
        {ETW_FILTER_TYPE_SCHEMATIZED, "schematized"},
        {ETW_FILTER_TYPE_PID, "pid"},
        {ETW_FILTER_TYPE_EXECUTABLE_NAME, "exe"},
        {ETW_FILTER_TYPE_PACKAGE_ID, "package"},
        {ETW_FILTER_TYPE_PACKAGE_APP_ID, "app"},
        {ETW_FILTER_TYPE_PAYLOAD, "payload"},
        {ETW_FILTER_TYPE_EVENT_ID, "event"},
        {ETW_FILTER_TYPE_EVENT_NAME, "name"},
        {ETW_FILTER_TYPE_STACKWALK, "stackwalk"},
        {ETW_FILTER_TYPE_STACKWALK_NAME, "stackwalk_name"},
        {ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, "stackwalk_level"},
        {ETW_FILTER_TYPE_CONTAINER, "container"},
    };
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (suffixes[i].type == type)
            return suffixes[i].suffix;
    return "filter";
}

static void say_idle_filters(const cli_specs *specs, size_t index, const etw_enable_report *report,
                             bool consumes)
{
    const etw_enable_parameters *parameters = parameters_of(specs, index);
    const char *name = etw_provider_spec_name(specs->items[index]);
    for (size_t i = 0; i < parameters->filter_count; i++) {
        const char *suffix = suffix_of(parameters->filters[i].type);
        const uint32_t bit = UINT32_C(1) << i;
        if (report->at_provider & bit)
            continue;
        if (!(report->at_consumer & bit))
            cli_say("etw: %s: %s= has no effect here\n", name, suffix);
        else if (!consumes)
            cli_say("etw: %s: %s= is for those who read: the session takes the other events too\n",
                    name, suffix);
    }
}

static bool enable_one(cli_specs *specs, size_t index, etw_session *session, bool consumes)
{
    const etw_enable_parameters *parameters = parameters_of(specs, index);
    const char *name = etw_provider_spec_name(specs->items[index]);
    etw_enable_report report = {.size = sizeof report};
    etw_error error;
    if (etw_failed(etw_session_enable(session, parameters, &report))) {
        cli_say_error(name, etw_session_error(session));
        return false;
    }
    say_idle_filters(specs, index, &report, consumes);
    if (!consumes || !report.at_consumer ||
        !etw_failed(etw_provider_post_filter(&specs->parts[index].filter, parameters,
                                             report.at_consumer, &error)))
        return true;
    cli_say_error(name, &error);
    return false;
}

bool cli_specs_enable(cli_specs *specs, etw_session *session, bool consumes)
{
    for (size_t i = 0; i < specs->count; i++)
        if (!enable_one(specs, i, session, consumes))
            return false;
    return true;
}

void cli_specs_free(cli_specs *specs)
{
    for (size_t i = 0; i < specs->count; i++) {
        etw_provider_spec_destroy(&specs->items[i]);
        etw_filter_destroy(&specs->parts[i].filter);
    }
    free(specs->items);
    free(specs->parts);
    *specs = (cli_specs){0};
}
