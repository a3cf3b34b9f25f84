#include "sessions_show.h"

#include "info.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

static etw_str view(const char *text)
{
    return (etw_str){text, strlen(text)};
}

static const char *clock_name(etw_clock_type clock)
{
    static const char *const names[] = {"unknown", "qpc", "system_time", "cpu_cycles"};
    return clock <= ETW_CLOCK_CPU_CYCLES ? names[clock] : names[0];
}

static void add_mode_json(const char *name, void *user)
{
    cli_json_string_z(user, NULL, name);
}

static void add_mode(cli_text *text, uint32_t mode)
{
    cli_json_object(text, "mode");
    cli_json_number(text, "value", mode);
    cli_json_array(text, "names");
    const uint32_t unnamed = info_mode_names(mode, add_mode_json, text);
    cli_json_end_array(text);
    cli_json_number(text, "unnamed", unnamed);
    cli_json_end_object(text);
}

/* Windows counts neither events nor who uses a session. */
static bool is_counted(const etw_session_info *info)
{
    return info->backend != ETW_BACKEND_WINDOWS;
}

static void add_count(cli_text *text, const char *name, uint64_t count, bool is_known)
{
    if (is_known)
        cli_json_number(text, name, count);
    else
        cli_json_null(text, name);
}

static void add_counters(cli_text *text, const etw_session_info *info)
{
    const bool is_known = is_counted(info);
    add_count(text, "events", info->events, is_known);
    cli_json_number(text, "events_lost", info->events_lost);
    cli_json_number(text, "buffers_written", info->buffers_written);
    cli_json_number(text, "log_buffers_lost", info->log_buffers_lost);
    cli_json_number(text, "real_time_buffers_lost", info->real_time_buffers_lost);
    add_count(text, "providers", info->provider_count, is_known);
    add_count(text, "consumers", info->consumer_count, is_known);
    cli_json_bool(text, "orphan", info->is_orphan);
}

void cli_sessions_add_json(cli_text *text, const etw_session_info *info)
{
    cli_json_object(text, NULL);
    cli_json_string(text, "name", view(info->name));
    cli_json_number(text, "logger_id", info->logger_id);
    cli_json_guid(text, "guid", &info->guid);
    cli_json_string_z(text, "backend",
                      info->backend == ETW_BACKEND_WINDOWS ? "windows" : "portable");
    add_mode(text, info->mode);
    if (info->log_file[0])
        cli_json_string(text, "log_file", view(info->log_file));
    else
        cli_json_null(text, "log_file");
    cli_json_number(text, "maximum_file_size", info->maximum_file_size);
    cli_json_string_z(text, "clock", clock_name(info->clock));
    cli_json_time(text, "start", info->start_time);
    cli_json_number(text, "flush_timer_ms", info->flush_timer_ms);
    cli_json_number(text, "kernel_flags", info->kernel_flags);
    cli_json_object(text, "buffers");
    cli_json_number(text, "size", info->buffer_size);
    cli_json_number(text, "minimum", info->minimum_buffers);
    cli_json_number(text, "maximum", info->maximum_buffers);
    cli_json_number(text, "now", info->buffers);
    cli_json_number(text, "free", info->free_buffers);
    cli_json_end_object(text);
    add_counters(text, info);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}

static uint64_t buffers_lost(const etw_session_info *info)
{
    return info->log_buffers_lost + info->real_time_buffers_lost;
}

/* What a session writes to, in a word. */
static const char *kind_of(const etw_session_info *info)
{
    if (info->mode & (ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS))
        return "private";
    if (info->mode & ETW_MODE_BUFFERING)
        return "buffering";
    if (!info->log_file[0])
        return "live";
    return info->mode & ETW_MODE_REAL_TIME ? "live+file" : "file";
}

void cli_sessions_add_heading(cli_text *text)
{
    cli_text_printf(text, "%2s  %-17s %12s %10s %7s %9s %9s  %s\n", "ID", "KIND", "EVENTS", "LOST",
                    "BUFFERS", "PROVIDERS", "CONSUMERS", "NAME");
}

void cli_sessions_add_row(cli_text *text, const etw_session_info *info)
{
    char kind[24];
    snprintf(kind, sizeof kind, "%s%s", kind_of(info), info->is_orphan ? ", orphan" : "");
    cli_text_printf(text, "%2" PRIu32 "  %-17s ", info->logger_id, kind);
    if (is_counted(info))
        cli_text_printf(text, "%12" PRIu64 " ", info->events);
    else
        cli_text_printf(text, "%12s ", "-");
    cli_text_printf(text, "%10" PRIu64 " %7" PRIu32 " ", info->events_lost, info->buffers);
    if (is_counted(info))
        cli_text_printf(text, "%9" PRIu32 " %9" PRIu32 "  ", info->provider_count,
                        info->consumer_count);
    else
        cli_text_printf(text, "%9s %9s  ", "-", "-");
    const size_t start = text->size;
    cli_text_add_z(text, info->name);
    cli_text_clean_from(text, start);
    cli_text_add_char(text, '\n');
}

static void add_label(cli_text *text, const char *label)
{
    cli_text_printf(text, "  %-13s", label);
}

static void add_mode_word(const char *name, void *user)
{
    cli_text_add_char(user, ' ');
    cli_text_add_z(user, name);
}

static void add_log_file(cli_text *text, const etw_session_info *info)
{
    char size[24];
    if (!info->log_file[0])
        return;
    add_label(text, "file");
    const size_t start = text->size;
    cli_text_add_z(text, info->log_file);
    cli_text_clean_from(text, start);
    if (info->maximum_file_size)
        cli_text_printf(text, ", at most %s", cli_size_text(info->maximum_file_size, size));
    cli_text_add_char(text, '\n');
}

static void add_head(cli_text *text, const etw_session_info *info)
{
    const size_t start = text->size;
    cli_text_add_z(text, info->name);
    cli_text_clean_from(text, start);
    cli_text_printf(text, "\n");
    add_label(text, "logger id");
    cli_text_printf(text, "%" PRIu32 "%s\n", info->logger_id,
                    info->is_orphan ? ", orphan: nobody uses it any more" : "");
    add_label(text, "guid");
    cli_text_add_guid(text, &info->guid);
    cli_text_add_char(text, '\n');
    add_label(text, "mode");
    cli_text_printf(text, "0x%08" PRIX32, info->mode);
    info_mode_names(info->mode, add_mode_word, text);
    cli_text_add_char(text, '\n');
    add_log_file(text, info);
    if (!info->start_time)
        return;
    add_label(text, "start");
    cli_text_add_time(text, info->start_time);
    cli_text_add_char(text, '\n');
}

void cli_sessions_add_report(cli_text *text, const etw_session_info *info)
{
    char size[24];
    add_head(text, info);
    add_label(text, "clock");
    cli_text_printf(text, "%s\n", clock_name(info->clock));
    add_label(text, "flush timer");
    cli_text_printf(text, "%" PRIu32 " ms\n", info->flush_timer_ms);
    add_label(text, "buffers");
    cli_text_printf(text, "%" PRIu32 " of %s, %" PRIu32 " free; %" PRIu32 " to %" PRIu32 "\n",
                    info->buffers, cli_size_text(info->buffer_size, size), info->free_buffers,
                    info->minimum_buffers, info->maximum_buffers);
    add_label(text, "events");
    if (is_counted(info))
        cli_text_printf(text, "%" PRIu64 ", ", info->events);
    cli_text_printf(text, "%" PRIu64 " buffers\n", info->buffers_written);
    add_label(text, "lost");
    if (info->events_lost || buffers_lost(info))
        cli_text_printf(text, "%" PRIu64 " events, %" PRIu64 " buffers\n", info->events_lost,
                        buffers_lost(info));
    else
        cli_text_add_z(text, "nothing\n");
    if (!is_counted(info))
        return;
    add_label(text, "in use by");
    cli_text_printf(text, "%" PRIu32 " providers, %" PRIu32 " consumers\n", info->provider_count,
                    info->consumer_count);
}
