/* `etw stats --json`; the keys are documented in docs/cli.md and stable. */
#include "stats.h"

#include "json.h"
#include "names.h"

#include <inttypes.h>

static void add_files(cli_text *text, const etw_consumer *consumer)
{
    cli_json_array(text, "files");
    for (size_t i = 0; i < etw_consumer_trace_count(consumer); i++) {
        const etw_trace_info *info = etw_consumer_trace_info(consumer, i);
        cli_json_object(text, NULL);
        cli_json_string(text, "path", info->path);
        cli_json_number(text, "file_size", info->file_size);
        cli_json_number(text, "events", etw_consumer_trace_stats(consumer, i)->events);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
}

static void add_totals(cli_text *text, const tally_counts *tally)
{
    cli_json_number(text, "events", tally->total.count);
    cli_json_number(text, "bytes", tally->total.bytes);
    cli_json_number(text, "decoded", tally->total.decoded);
    cli_json_number(text, "errors", tally->total.errors);
    cli_json_number(text, "without_schema", tally->without_schema);
    cli_json_number(text, "trailing", tally->total.trailing);
    cli_json_number(text, "trailing_bytes", tally->trailing_bytes);
    cli_json_time(text, "first_event", tally->first_time);
    cli_json_time(text, "last_event", tally->last_time);
    cli_json_seconds(text, "duration", tally->last_time - tally->first_time);
    const uint64_t rate = stats_rate(tally);
    if (rate) {
        cli_json_number(text, "events_per_second", rate / 10);
        cli_text_printf(text, ".%" PRIu64, rate % 10);
    } else {
        cli_json_null(text, "events_per_second");
    }
}

static void add_name(cli_text *text, const char *key, const etw_schema *schema)
{
    cli_text name = {0};
    cli_add_event_name(&name, schema);
    text->failed = text->failed || name.failed;
    cli_json_string(text, key, (etw_str){name.data, name.size});
    cli_text_free(&name);
}

static void add_row(cli_text *text, const tally_row *row)
{
    const etw_schema *schema = row->key.schema;
    cli_json_object(text, NULL);
    cli_json_string_z(text, "class", cli_event_class_name((cli_event_class)row->key.class));
    cli_json_number(text, "id", row->key.id);
    cli_json_number(text, "version", row->key.version);
    cli_json_number(text, "opcode", row->key.opcode);
    cli_json_number(text, "task", row->key.task);
    add_name(text, "name", schema);
    cli_json_number(text, "count", row->count);
    cli_json_number(text, "bytes", row->bytes);
    cli_json_number(text, "decoded", row->decoded);
    cli_json_number(text, "errors", row->errors);
    cli_json_number(text, "trailing", row->trailing);
    const unsigned source = schema ? schema->source : ETW_SCHEMA_NONE;
    cli_json_string_z(text, "schema", etw_schema_source_name((etw_schema_source)source));
    cli_json_bool(text, "inferred", schema && schema->inferred);
    if (schema && schema->file.size)
        cli_json_string(text, "schema_file", schema->file);
    cli_json_end_object(text);
}

static void add_providers(cli_text *text, const tally_report *report)
{
    cli_json_array(text, "providers");
    for (size_t i = 0; i < report->group_count; i++) {
        const tally_group *group = &report->groups[i];
        cli_json_object(text, NULL);
        cli_json_guid(text, "guid", &group->provider);
        cli_json_string(text, "name", group->name);
        cli_json_number(text, "count", group->count);
        cli_json_array(text, "events");
        for (size_t j = 0; j < group->row_count; j++)
            add_row(text, &report->rows[group->first + j]);
        cli_json_end_array(text);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
}

static void add_kinds(cli_text *text, const stats_facts *stats)
{
    uint64_t kinds[ETW_HEADER_KIND_COUNT];
    stats_header_kinds(stats->consumer, kinds);
    cli_json_object(text, "header_kinds");
    for (unsigned i = 0; i < ETW_HEADER_KIND_COUNT; i++)
        if (kinds[i])
            cli_json_number(text, etw_header_kind_name((etw_header_kind)i), kinds[i]);
    cli_json_end_object(text);
    cli_json_object(text, "schemas");
    for (unsigned i = 0; i < ETW_SCHEMA_SOURCE_COUNT; i++)
        cli_json_number(text, etw_schema_source_name((etw_schema_source)i),
                        stats->tally->by_source[i]);
    cli_json_end_object(text);
}

static void add_lost(cli_text *text, const cli_losses *losses)
{
    cli_json_object(text, "lost");
    cli_json_number(text, "events", losses->events);
    cli_json_number(text, "buffers", losses->buffers);
    cli_json_number(text, "event_flags", losses->event_flags);
    cli_json_number(text, "buffer_flags", losses->buffer_flags);
    cli_json_number(text, "corrupt_bytes", losses->corrupt_bytes);
    cli_json_number(text, "corrupt_regions", losses->corrupt_regions);
    cli_json_number(text, "truncated_bytes", losses->truncated_bytes);
    cli_json_number(text, "late_events", losses->late_events);
    cli_json_number(text, "schemas_rejected", losses->schemas_rejected);
    cli_json_number(text, "incomplete_manifests", losses->incomplete_manifests);
    cli_json_end_object(text);
}

static void add_errors(cli_text *text, const tally_counts *tally)
{
    cli_json_array(text, "decode_errors");
    for (size_t i = 0; i < tally->errors.count; i++) {
        const tally_error *error = cli_table_at(&tally->errors, i);
        const tally_row *row = cli_table_at(&tally->rows, error->key.row);
        const etw_str none = {0};
        cli_json_object(text, NULL);
        cli_json_guid(text, "provider", &row->key.provider);
        cli_json_string_z(text, "class", cli_event_class_name((cli_event_class)row->key.class));
        cli_json_number(text, "id", row->key.id);
        cli_json_number(text, "version", row->key.version);
        cli_json_number(text, "opcode", row->key.opcode);
        add_name(text, "name", row->key.schema);
        cli_json_string(text, "property", error->key.property ? error->key.property->name : none);
        cli_json_string_z(text, "reason",
                          etw_decode_reason_text((etw_decode_reason)error->key.reason));
        cli_json_number(text, "count", error->count);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
}

void stats_add_json(cli_text *text, const stats_facts *stats)
{
    cli_json_object(text, NULL);
    add_files(text, stats->consumer);
    add_totals(text, stats->tally);
    add_providers(text, stats->report);
    add_kinds(text, stats);
    add_lost(text, &stats->losses);
    add_errors(text, stats->tally);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}
