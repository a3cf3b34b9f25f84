/* `etw stats` for people: totals, losses, and a table sorted by count. */
#include "stats.h"

#include "names.h"

#include <inttypes.h>
#include <stdlib.h>

static void add_label(cli_text *text, const char *label)
{
    cli_text_printf(text, "%-10s", label);
}

static void add_totals(cli_text *text, const stats_facts *stats)
{
    const tally_counts *tally = stats->tally;
    char size[24];
    for (size_t i = 0; i < etw_consumer_trace_count(stats->consumer); i++) {
        const etw_trace_info *info = etw_consumer_trace_info(stats->consumer, i);
        add_label(text, i == 0 ? "traces" : "");
        const size_t start = text->size;
        cli_text_add(text, info->path);
        cli_text_clean_from(text, start);
        cli_text_printf(text, " (%s)\n", cli_size_text(info->file_size, size));
    }
    add_label(text, "events");
    const uint64_t rate = stats_rate(tally);
    cli_text_printf(text, "%" PRIu64 ", %s", tally->total.count,
                    cli_size_text(tally->total.bytes, size));
    if (rate)
        cli_text_printf(text, ", %" PRIu64 ".%" PRIu64 " events/s", rate / 10, rate % 10);
    cli_text_add_char(text, '\n');
    if (tally->total.count) {
        add_label(text, "time");
        cli_text_add_time(text, tally->first_time);
        cli_text_add_z(text, " to ");
        cli_text_add_time(text, tally->last_time);
        cli_text_add_z(text, ", ");
        cli_text_add_seconds(text, tally->last_time - tally->first_time);
        cli_text_add_z(text, " s\n");
    }
    add_label(text, "decoded");
    cli_text_printf(text,
                    "%" PRIu64 "; without schema %" PRIu64 ", errors %" PRIu64
                    ", with trailing bytes %" PRIu64 "\n",
                    tally->total.decoded, tally->without_schema, tally->total.errors,
                    tally->total.trailing);
}

static void add_kinds(cli_text *text, const stats_facts *stats)
{
    uint64_t kinds[ETW_HEADER_KIND_COUNT];
    stats_header_kinds(stats->consumer, kinds);
    add_label(text, "headers");
    const char *comma = "";
    for (unsigned i = 0; i < ETW_HEADER_KIND_COUNT; i++) {
        if (!kinds[i])
            continue;
        cli_text_printf(text, "%s%s %" PRIu64, comma, etw_header_kind_name((etw_header_kind)i),
                        kinds[i]);
        comma = ", ";
    }
    cli_text_add_char(text, '\n');
}

static void add_loss(cli_text *text, uint64_t count, const char *what)
{
    if (!count)
        return;
    add_label(text, "lost");
    cli_text_printf(text, "%" PRIu64 " %s\n", count, what);
}

static void add_losses(cli_text *text, const cli_losses *losses)
{
    add_loss(text, losses->events, "events, by the writers' account");
    add_loss(text, losses->buffers, "buffers, by the writers' account");
    add_loss(text, losses->event_flags, "times events before a buffer");
    add_loss(text, losses->buffer_flags, "times buffers before a buffer");
    add_loss(text, losses->corrupt_bytes, "bytes damaged and skipped");
    add_loss(text, losses->truncated_bytes, "bytes missing at the end of files");
    add_loss(text, losses->late_events, "events out of order to keep within --memory");
    add_loss(text, losses->schemas_rejected, "malformed schemas");
    add_loss(text, losses->incomplete_manifests, "incomplete manifests");
    if (!cli_losses_any(losses)) {
        add_label(text, "lost");
        cli_text_add_z(text, "nothing\n");
    }
}

/* A row and the provider it belongs to. */
typedef struct stats_line {
    const tally_row *row;
    const tally_group *group;
} stats_line;

/* The most frequent first; ties as in the report. */
static int compare_by_count(const void *a, const void *b)
{
    const tally_row *left = ((const stats_line *)a)->row, *right = ((const stats_line *)b)->row;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    return (left > right) - (left < right);
}

/* What the row is of, and how it decoded if not all of it did. */
static void add_row(cli_text *text, const stats_line *line)
{
    const tally_row *row = line->row;
    const etw_schema *schema = row->key.schema;
    const unsigned source = schema ? schema->source : ETW_SCHEMA_NONE;
    cli_text_printf(text, "%10" PRIu64 " %12" PRIu64 "  %-12s %5u %3u %3u  %-12s ", row->count,
                    row->bytes, cli_event_class_name((cli_event_class)row->key.class), row->key.id,
                    row->key.version, row->key.opcode,
                    etw_schema_source_name((etw_schema_source)source));
    const size_t start = text->size;
    if (line->group->name.size)
        cli_text_add(text, line->group->name);
    else
        cli_text_add_guid(text, &row->key.provider);
    cli_text_add_char(text, '/');
    cli_add_event_name(text, schema);
    if (text->size && text->data[text->size - 1] == '/')
        text->size--;
    cli_text_clean_from(text, start);
    if (row->errors)
        cli_text_printf(text, "  (%" PRIu64 " with errors)", row->errors);
    cli_text_add_char(text, '\n');
}

static void add_table(cli_text *text, const tally_report *report)
{
    if (report->row_count == 0)
        return;
    stats_line *lines = malloc(report->row_count * sizeof *lines);
    if (!lines) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; i < report->group_count; i++) {
        const tally_group *group = &report->groups[i];
        for (size_t j = group->first; j < group->first + group->row_count; j++)
            lines[j] = (stats_line){&report->rows[j], group};
    }
    qsort(lines, report->row_count, sizeof *lines, compare_by_count);
    cli_text_printf(text, "\n%10s %12s  %-12s %5s %3s %3s  %-12s %s\n", "count", "bytes", "class",
                    "id", "ver", "op", "schema", "provider/event");
    for (size_t i = 0; i < report->row_count; i++)
        add_row(text, &lines[i]);
    free(lines);
}

static void add_errors(cli_text *text, const tally_counts *tally)
{
    if (tally->errors.count)
        cli_text_printf(text, "\n%10s  what did not decode\n", "count");
    for (size_t i = 0; i < tally->errors.count; i++) {
        const tally_error *error = cli_table_at(&tally->errors, i);
        const tally_row *row = cli_table_at(&tally->rows, error->key.row);
        cli_text_printf(text, "%10" PRIu64 "  ", error->count);
        const size_t start = text->size;
        cli_text_add(text, cli_provider_name(&row->key.provider, row->key.schema));
        cli_text_add_char(text, '/');
        cli_add_event_name(text, row->key.schema);
        if (error->key.property) {
            cli_text_add_char(text, '.');
            cli_text_add(text, error->key.property->name);
        }
        cli_text_clean_from(text, start);
        cli_text_printf(text, ": %s\n",
                        etw_decode_reason_text((etw_decode_reason)error->key.reason));
    }
}

void stats_add_text(cli_text *text, const stats_facts *stats)
{
    add_totals(text, stats);
    add_kinds(text, stats);
    add_losses(text, &stats->losses);
    add_table(text, stats->report);
    add_errors(text, stats->tally);
}
