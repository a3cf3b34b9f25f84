/* The rows of a tally as they are shown. */
#include "names.h"
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_texts(etw_str a, etw_str b)
{
    const size_t size = a.size < b.size ? a.size : b.size;
    const int order = size ? memcmp(a.data, b.data, size) : 0;
    return order ? order : compare_numbers(a.size, b.size);
}

/* The identity of a row: its key, but of its schema only the name, and only of TraceLogging. */
static int compare_identity(const tally_row *a, const tally_row *b)
{
    int order = memcmp(&a->key.provider, &b->key.provider, sizeof a->key.provider);
    const uint64_t pairs[][2] = {
        {a->key.class, b->key.class},     {a->key.id, b->key.id},
        {a->key.version, b->key.version}, {a->key.opcode, b->key.opcode},
        {a->key.task, b->key.task},
    };
    for (size_t i = 0; order == 0 && i < sizeof pairs / sizeof *pairs; i++)
        order = compare_numbers(pairs[i][0], pairs[i][1]);
    if (order == 0 && a->key.class == CLI_TRACELOGGING) {
        const etw_str none = {0};
        order = compare_texts(a->key.schema ? a->key.schema->event_name : none,
                              b->key.schema ? b->key.schema->event_name : none);
    }
    return order;
}

static int compare_for_joining(const void *a, const void *b)
{
    const tally_row *left = a, *right = b;
    const int order = compare_identity(left, right);
    // The most frequent schema comes first and stands for the joined row.
    return order ? order : compare_numbers(right->count, left->count);
}

static int compare_rows(const void *a, const void *b)
{
    const tally_row *left = a, *right = b;
    const int order = compare_numbers(right->count, left->count);
    return order ? order : compare_identity(left, right);
}

static int compare_groups(const void *a, const void *b)
{
    const tally_group *left = a, *right = b;
    const int order = compare_numbers(right->count, left->count);
    return order ? order : memcmp(&left->provider, &right->provider, sizeof left->provider);
}

/* Adds up neighbours of the same identity. */
static size_t join_rows(tally_row *rows, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_identity(&rows[kept - 1], &rows[i]) != 0) {
            rows[kept++] = rows[i];
            continue;
        }
        tally_row *row = &rows[kept - 1];
        row->count += rows[i].count;
        row->bytes += rows[i].bytes;
        row->decoded += rows[i].decoded;
        row->errors += rows[i].errors;
        row->trailing += rows[i].trailing;
        if (!row->key.schema)
            row->key.schema = rows[i].key.schema;
    }
    return kept;
}

/* Rows of one provider are neighbours here. */
static void make_groups(tally_report *report)
{
    tally_group *group = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const tally_row *row = &report->rows[i];
        if (!group || !etw_guid_equal(&group->provider, &row->key.provider)) {
            group = &report->groups[report->group_count++];
            *group = (tally_group){.provider = row->key.provider, .first = i};
        }
        group->row_count++;
        group->count += row->count;
        if (!group->name.size)
            group->name = cli_provider_name(&row->key.provider, row->key.schema);
    }
}

bool tally_report_make(tally_report *report, const tally_counts *tally)
{
    const size_t count = tally->rows.count;
    *report = (tally_report){.rows = malloc((count + 1) * sizeof *report->rows),
                             .groups = malloc((count + 1) * sizeof *report->groups)};
    if (!report->rows || !report->groups) {
        tally_report_free(report);
        return false;
    }
    if (count == 0)
        return true;
    memcpy(report->rows, tally->rows.entries, count * sizeof *report->rows);
    qsort(report->rows, count, sizeof *report->rows, compare_for_joining);
    report->row_count = join_rows(report->rows, count);
    make_groups(report);
    for (size_t i = 0; i < report->group_count; i++)
        qsort(report->rows + report->groups[i].first, report->groups[i].row_count,
              sizeof *report->rows, compare_rows);
    qsort(report->groups, report->group_count, sizeof *report->groups, compare_groups);
    return true;
}

void tally_report_free(tally_report *report)
{
    free(report->rows);
    free(report->groups);
    *report = (tally_report){0};
}
