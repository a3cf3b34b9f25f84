/* `etw dump -o json` and `-o json-compact`: one object a line, written by the library. */
#include "dump.h"

#include "say.h"

static bool begin(dump_state *dump, etw_json_profile profile)
{
    const etw_json_options options = {
        .size = sizeof options,
        .format = dump->format,
        .int64_strings = dump->style->int64_strings,
        .fields = dump->style->fields.items,
        .field_count = dump->style->fields.count,
        .profile = profile,
        .message = dump->style->message,
    };
    etw_error error;
    if (!etw_failed(etw_json_create(&dump->json, &options, &error)))
        return true;
    cli_say_error("cannot write JSON", &error);
    return false;
}

static bool json_begin(dump_state *dump)
{
    return begin(dump, ETW_JSON_FULL);
}

static bool json_compact_begin(dump_state *dump)
{
    return begin(dump, ETW_JSON_COMPACT);
}

static bool json_event(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    return !etw_failed(etw_json_append(dump->json, event, schema)) || dump_no_memory();
}

static etw_str json_pending(const dump_state *dump)
{
    return etw_json_text(dump->json);
}

static void json_clear(dump_state *dump)
{
    etw_json_clear(dump->json);
}

static void json_finish(dump_state *dump)
{
    if (!dump->json)
        return;
    dump->counts = *etw_json_get_stats(dump->json);
    etw_json_destroy(&dump->json);
}

const dump_format dump_json = {json_begin, NULL, json_event, json_pending, json_clear, json_finish};
const dump_format dump_json_compact = {json_compact_begin, NULL,       json_event,
                                       json_pending,       json_clear, json_finish};
