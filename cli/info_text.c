/* `etw info` for people, and names for the numbers of the header. */
#include "info.h"

#include <etw/time.h>

#include <inttypes.h>

uint32_t info_mode_names(uint32_t mode, void (*use)(const char *name, void *user), void *user)
{
    // EVENT_TRACE_…_MODE of evntrace.h, without what all of them share.
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {0x00000001, "sequential"},
        {0x00000002, "circular"},
        {0x00000004, "append"},
        {0x00000008, "newfile"},
        {0x00000010, "use_ms_flush_timer"},
        {0x00000020, "preallocate"},
        {0x00000040, "nonstoppable"},
        {0x00000080, "secure"},
        {0x00000100, "real_time"},
        {0x00000200, "delay_open_file"},
        {0x00000400, "buffering"},
        {0x00000800, "private_logger"},
        {0x00001000, "add_header"},
        {0x00002000, "use_kbytes_for_size"},
        {0x00004000, "use_global_sequence"},
        {0x00008000, "use_local_sequence"},
        {0x00010000, "relog"},
        {0x00020000, "private_in_proc"},
        {0x00040000, "buffer_interface"},
        {0x00080000, "kd_filter"},
        {0x00100000, "realtime_relog"},
        {0x00200000, "lost_events_debug"},
        {0x00400000, "stop_on_hybrid_shutdown"},
        {0x00800000, "persist_on_hybrid_shutdown"},
        {0x01000000, "use_paged_memory"},
        {0x02000000, "system_logger"},
        {0x04000000, "compressed"},
        {0x08000000, "independent_session"},
        {0x10000000, "no_per_processor_buffering"},
        {0x20000000, "blocking"},
        {0x80000000, "addto_triage_dump"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(mode & names[i].bit))
            continue;
        use(names[i].name, user);
        mode &= ~names[i].bit;
    }
    return mode;
}

const char *info_clock_name(etw_clock_type type)
{
    switch (type) {
    case ETW_CLOCK_QPC:
        return "qpc";
    case ETW_CLOCK_SYSTEM_TIME:
        return "system_time";
    case ETW_CLOCK_CPU_CYCLES:
        return "cpu_cycles";
    case ETW_CLOCK_UNKNOWN:
        break;
    }
    return "unknown";
}

static void add_label(cli_text *text, const char *label)
{
    cli_text_printf(text, "  %-12s ", label);
}

/* Text of the trace, which may hold anything. */
static void add_line(cli_text *text, const char *label, etw_str value)
{
    add_label(text, label);
    const size_t start = text->size;
    cli_text_add(text, value.size ? value : (etw_str){"-", 1});
    cli_text_clean_from(text, start);
    cli_text_add_char(text, '\n');
}

static void add_time_line(cli_text *text, const char *label, uint64_t time, const char *without)
{
    add_label(text, label);
    if (time)
        cli_text_add_time(text, time);
    else
        cli_text_add_z(text, without);
    cli_text_add_char(text, '\n');
}

static void add_mode_name(const char *name, void *user)
{
    cli_text_add_char(user, ' ');
    cli_text_add_z(user, name);
}

static void add_writer(cli_text *text, const etw_trace_info *header)
{
    add_line(text, "session", header->session_name);
    add_line(text, "written as", header->log_file_name);
    add_label(text, "system");
    cli_text_printf(text, "Windows %u.%u build %" PRIu32 ", %u-bit, %" PRIu32 " processor%s",
                    header->os_major, header->os_minor, header->os_build, 8u * header->pointer_size,
                    header->processor_count, header->processor_count == 1 ? "" : "s");
    if (header->cpu_mhz)
        cli_text_printf(text, " at %" PRIu32 " MHz", header->cpu_mhz);
    cli_text_add_char(text, '\n');
    add_label(text, "clock");
    cli_text_printf(text, "%s, %" PRIu64 " Hz\n", info_clock_name(header->clock.type),
                    header->clock.frequency);
}

static void add_times(cli_text *text, const info_facts *info)
{
    const etw_trace_info *header = info->header;
    add_time_line(text, "start", header->start_time, "-");
    add_time_line(text, "end", header->end_time, "- (the trace was never closed)");
    if (header->end_time > header->start_time) {
        add_label(text, "duration");
        cli_text_add_seconds(text, header->end_time - header->start_time);
        cli_text_add_z(text, " s\n");
    }
    add_time_line(text, "first event", info->first_time, "-");
    add_time_line(text, "last event", info->last_time, "-");
    add_time_line(text, "boot", header->boot_time, "-");
    add_label(text, "time zone");
    const int32_t bias = header->utc_bias_minutes;
    const uint32_t minutes = bias < 0 ? 0u - (uint32_t)bias : (uint32_t)bias;
    cli_text_printf(text, "UTC%c%02" PRIu32 ":%02" PRIu32 "\n", bias > 0 ? '-' : '+', minutes / 60,
                    minutes % 60);
}

static void add_storage(cli_text *text, const info_facts *info)
{
    const etw_trace_info *header = info->header;
    char size[24];
    add_label(text, "mode");
    cli_text_printf(text, "0x%08" PRIX32, header->log_file_mode);
    const uint32_t unnamed = info_mode_names(header->log_file_mode, add_mode_name, text);
    if (unnamed)
        cli_text_printf(text, " 0x%" PRIX32, unnamed);
    cli_text_add_char(text, '\n');
    add_label(text, "buffers");
    cli_text_printf(text, "%" PRIu64 " of %s", info->stats->buffers,
                    cli_size_text(header->buffer_size, size));
    cli_text_printf(text, ", %" PRIu64 " compressed; %" PRIu32 " by the writer's account\n",
                    info->stats->compressed_buffers, header->buffers_written);
    add_label(text, "layout");
    cli_text_printf(text, "%u.%u\n", header->layout_major, header->layout_minor);
}

static void add_counts(cli_text *text, const info_facts *info)
{
    char size[24];
    add_label(text, "events");
    cli_text_printf(text, "%" PRIu64 ", %s\n", info->stats->events,
                    cli_size_text(info->stats->payload_bytes, size));
    add_label(text, "headers");
    const char *comma = "";
    for (unsigned i = 0; i < ETW_HEADER_KIND_COUNT; i++) {
        if (!info->stats->header_kinds[i])
            continue;
        cli_text_printf(text, "%s%s %" PRIu64, comma, etw_header_kind_name((etw_header_kind)i),
                        info->stats->header_kinds[i]);
        comma = ", ";
    }
    cli_text_add_char(text, '\n');
    add_label(text, "schemas");
    comma = "";
    for (unsigned i = 0; i < ETW_SCHEMA_SOURCE_COUNT; i++) {
        if (!info->events_by_source[i])
            continue;
        cli_text_printf(text, "%s%s %" PRIu64, comma, etw_schema_source_name((etw_schema_source)i),
                        info->events_by_source[i]);
        comma = ", ";
    }
    cli_text_add_char(text, '\n');
}

static void add_loss(cli_text *text, const char *label, uint64_t count, const char *what)
{
    if (!count)
        return;
    add_label(text, label);
    cli_text_printf(text, "%" PRIu64 " %s\n", count, what);
}

static void add_damage(cli_text *text, const info_facts *info)
{
    const cli_losses *losses = &info->losses;
    if (!cli_losses_any(losses)) {
        add_label(text, "lost");
        cli_text_add_z(text, "nothing\n");
        return;
    }
    add_loss(text, "lost", losses->events, "events, by the writer's account");
    add_loss(text, "lost", losses->buffers, "buffers, by the writer's account");
    add_loss(text, "lost", losses->event_flags, "times events before a buffer");
    add_loss(text, "lost", losses->buffer_flags, "times buffers before a buffer");
    add_loss(text, "damaged", losses->corrupt_bytes, "bytes, skipped");
    add_loss(text, "truncated", losses->truncated_bytes, "bytes missing at the end of the file");
    add_loss(text, "late", losses->late_events, "events out of order to keep within --memory");
    add_loss(text, "rejected", losses->schemas_rejected, "malformed schemas");
    add_loss(text, "incomplete", losses->incomplete_manifests, "manifests");
    const etw_error *first = &info->stats->first_damage;
    if (first->status == ETW_OK)
        return;
    char place[CLI_PLACE_TEXT_SIZE];
    add_label(text, "first damage");
    cli_text_printf(text, "%s%s\n", first->message, cli_error_place(first, place));
}

void info_add_text(cli_text *text, const info_facts *info)
{
    char size[24];
    cli_text_add(text, info->header->path);
    cli_text_clean_from(text, 0);
    cli_text_printf(text, " (%s)\n", cli_size_text(info->header->file_size, size));
    add_writer(text, info->header);
    add_times(text, info);
    add_storage(text, info);
    add_counts(text, info);
    add_damage(text, info);
}
