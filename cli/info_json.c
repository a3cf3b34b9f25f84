/* `etw info --json`; the keys are documented in docs/cli.md and stable. */
#include "info.h"

#include "json.h"

#include <inttypes.h>

static void add_mode_name(const char *name, void *user)
{
    cli_json_string_z(user, NULL, name);
}

static void add_writer(cli_text *text, const etw_trace_info *header)
{
    cli_json_string(text, "session", header->session_name);
    cli_json_string(text, "log_file", header->log_file_name);
    cli_json_object(text, "os");
    cli_json_number(text, "major", header->os_major);
    cli_json_number(text, "minor", header->os_minor);
    cli_json_number(text, "build", header->os_build);
    cli_json_end_object(text);
    cli_json_number(text, "pointer_size", header->pointer_size);
    cli_json_number(text, "processors", header->processor_count);
    cli_json_number(text, "cpu_mhz", header->cpu_mhz);
}

static void add_times(cli_text *text, const info_facts *info)
{
    const etw_trace_info *header = info->header;
    cli_json_object(text, "clock");
    cli_json_string_z(text, "type", info_clock_name(header->clock.type));
    cli_json_number(text, "frequency", header->clock.frequency);
    cli_json_number(text, "performance_frequency", header->performance_frequency);
    cli_json_number(text, "timer_resolution", header->timer_resolution);
    cli_json_signed(text, "start_raw", header->clock.start_raw);
    cli_json_end_object(text);
    cli_json_time(text, "start", header->start_time);
    cli_json_time(text, "end", header->end_time);
    cli_json_time(text, "boot", header->boot_time);
    if (header->end_time > header->start_time)
        cli_json_seconds(text, "duration", header->end_time - header->start_time);
    else
        cli_json_null(text, "duration");
    cli_json_time(text, "first_event", info->first_time);
    cli_json_time(text, "last_event", info->last_time);
    cli_json_signed(text, "utc_bias_minutes", header->utc_bias_minutes);
}

static void add_storage(cli_text *text, const info_facts *info)
{
    const etw_trace_info *header = info->header;
    cli_json_object(text, "mode");
    cli_json_number(text, "value", header->log_file_mode);
    cli_json_array(text, "names");
    const uint32_t unnamed = info_mode_names(header->log_file_mode, add_mode_name, text);
    cli_json_end_array(text);
    cli_json_number(text, "unnamed", unnamed);
    cli_json_end_object(text);
    cli_json_number(text, "maximum_file_size", header->maximum_file_size);
    cli_json_object(text, "layout");
    cli_json_number(text, "major", header->layout_major);
    cli_json_number(text, "minor", header->layout_minor);
    cli_json_end_object(text);
    cli_json_object(text, "buffers");
    cli_json_number(text, "size", header->buffer_size);
    cli_json_number(text, "found", info->stats->buffers);
    cli_json_number(text, "compressed", info->stats->compressed_buffers);
    cli_json_number(text, "written", header->buffers_written);
    cli_json_number(text, "at_start", header->start_buffers);
    cli_json_end_object(text);
    cli_json_number(text, "unused_bytes", info->stats->unused_bytes);
}

static void add_counts(cli_text *text, const info_facts *info)
{
    cli_json_number(text, "events", info->stats->events);
    cli_json_number(text, "event_bytes", info->stats->payload_bytes);
    cli_json_object(text, "header_kinds");
    for (unsigned i = 0; i < ETW_HEADER_KIND_COUNT; i++)
        if (info->stats->header_kinds[i])
            cli_json_number(text, etw_header_kind_name((etw_header_kind)i),
                            info->stats->header_kinds[i]);
    cli_json_end_object(text);
    cli_json_object(text, "schemas");
    cli_json_object(text, "events");
    for (unsigned i = 0; i < ETW_SCHEMA_SOURCE_COUNT; i++)
        cli_json_number(text, etw_schema_source_name((etw_schema_source)i),
                        info->events_by_source[i]);
    cli_json_end_object(text);
    cli_json_object(text, "carried");
    for (unsigned i = ETW_SCHEMA_TRACELOGGING; i < ETW_SCHEMA_SOURCE_COUNT; i++)
        cli_json_number(text, etw_schema_source_name((etw_schema_source)i),
                        info->schemas.schemas[i]);
    cli_json_end_object(text);
    cli_json_number(text, "rejected", info->schemas.rejected);
    cli_json_number(text, "incomplete_manifests", info->schemas.incomplete_manifests);
    cli_json_end_object(text);
}

static void add_damage(cli_text *text, const info_facts *info)
{
    cli_json_object(text, "lost");
    cli_json_number(text, "events", info->losses.events);
    cli_json_number(text, "buffers", info->losses.buffers);
    cli_json_number(text, "event_flags", info->losses.event_flags);
    cli_json_number(text, "buffer_flags", info->losses.buffer_flags);
    cli_json_number(text, "corrupt_bytes", info->losses.corrupt_bytes);
    cli_json_number(text, "corrupt_regions", info->losses.corrupt_regions);
    cli_json_number(text, "truncated_bytes", info->losses.truncated_bytes);
    cli_json_number(text, "late_events", info->losses.late_events);
    cli_json_end_object(text);
    const etw_error *first = &info->stats->first_damage;
    if (first->status == ETW_OK) {
        cli_json_null(text, "first_damage");
        return;
    }
    cli_json_object(text, "first_damage");
    cli_json_string_z(text, "status", etw_status_name(first->status));
    if (first->offset == ETW_NO_OFFSET)
        cli_json_null(text, "offset");
    else
        cli_json_number(text, "offset", first->offset);
    cli_json_string_z(text, "message", first->message);
    cli_json_end_object(text);
}

void info_add_json(cli_text *text, const info_facts *info)
{
    const etw_trace_info *header = info->header;
    cli_json_object(text, NULL);
    cli_json_string(text, "path", header->path);
    cli_json_number(text, "file_size", header->file_size);
    add_writer(text, header);
    add_times(text, info);
    add_storage(text, info);
    add_counts(text, info);
    add_damage(text, info);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}
