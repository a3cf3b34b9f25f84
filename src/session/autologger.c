#include "session/autologger.h"

#include "base/error.h"
#include "base/text.h"
#include "session/filter_blob.h"
#include "session/options.h"

#include <inttypes.h>
#include <stdio.h>

const char etwi_autologger_root[] = "SYSTEM\\CurrentControlSet\\Control\\WMI\\Autologger";

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    MS_A_SECOND = 1000,
    FILES_MAX = 16,
    GROUPS = 8,
    LEVEL_ALL = 255, /* Level 0 means all events to us, and is a level of its own to others. */
};

size_t etw_autologger_path(char *out, size_t size, const char *name)
{
    const int length = snprintf(out, size, "HKLM\\%s\\%s", etwi_autologger_root, name);
    return length < 0 ? 0 : (size_t)length;
}

etw_status etwi_autologger_check_name(const char *name, etw_error *error)
{
    ETWI_TRY(etwi_session_name_check(name, error));
    if (strchr(name, '\\'))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "name: an autologger's has no backslash");
    return ETW_OK;
}

/* ---- values ---- */

/* Begins a value, whose bytes are what is appended until the next one. */
static void begin(etwi_registry_values *out, const char *name, uint32_t type)
{
    out->items[out->count++] = (etwi_registry_value){name, type, out->bytes.size, 0};
}

static void end(etwi_registry_values *out)
{
    etwi_registry_value *const value = &out->items[out->count - 1];
    value->size = out->bytes.size - value->offset;
}

static void append_number(etwi_buffer *bytes, uint64_t value, unsigned size)
{
    for (; size; size--, value >>= 8)
        etwi_buffer_append_char(bytes, (char)(uint8_t)value);
}

static void add_u32(etwi_registry_values *out, const char *name, uint32_t value)
{
    begin(out, name, ETWI_REGISTRY_U32);
    append_number(&out->bytes, value, 4);
    end(out);
}

static void add_u64(etwi_registry_values *out, const char *name, uint64_t value)
{
    begin(out, name, ETWI_REGISTRY_U64);
    append_number(&out->bytes, value, 8);
    end(out);
}

/* What is no UTF-8 was refused before. */
static void add_text(etwi_registry_values *out, const char *name, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *const stop = at + strlen(text);
    begin(out, name, ETWI_REGISTRY_TEXT);
    while (at < stop) {
        const uint32_t code_point = etwi_utf8_next(&at, stop);
        if (code_point > 0xFFFF) {
            append_number(&out->bytes, 0xD800 + ((code_point - 0x10000) >> 10), 2);
            append_number(&out->bytes, 0xDC00 + ((code_point - 0x10000) & 0x3FF), 2);
        } else {
            append_number(&out->bytes, code_point, 2);
        }
    }
    append_number(&out->bytes, 0, 2);
    end(out);
}

/* What the caller left at zero is left to Windows. */
static void add_choice(etwi_registry_values *out, const char *name, uint32_t value)
{
    if (value)
        add_u32(out, name, value);
}

static etw_status finish(const etwi_registry_values *out, etw_error *error)
{
    return out->bytes.failed ? etwi_fail_nomem(error) : ETW_OK;
}

/* ---- sessions ---- */

static etw_status check_session(const etw_autologger_options *options,
                                const etw_session_options *complete, etw_error *error)
{
    if (options->file_max > FILES_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "file_max: %" PRIu32 " are more than %d", options->file_max, FILES_MAX);
    if (options->file_max && !complete->log_file)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "file_max: the session has no log_file");
    if (complete->kernel_flags && !(complete->mode & ETW_MODE_SYSTEM_LOGGER))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "kernel_flags: an autologger takes them with ETW_MODE_SYSTEM_LOGGER");
    if (complete->mode & ETWI_MODE_PRIVATE)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "mode: Windows starts no private session");
    return ETW_OK;
}

static void add_file(etwi_registry_values *out, const etw_autologger_options *options,
                     const etw_session_options *complete)
{
    const uint32_t unit = complete->mode & ETW_MODE_KBYTES ? KIB : MIB;
    char path[ETWI_LOG_FILE_SIZE];
    if (!complete->log_file)
        return;
    snprintf(path, sizeof path, "%s", complete->log_file);
    for (char *at = path; *at; at++)
        if (*at == '/')
            *at = '\\';
    add_text(out, "FileName", path);
    add_u32(out, "MaxFileSize", (uint32_t)(complete->maximum_file_size / unit)); /* 0: no limit. */
    add_choice(out, "FileMax", options->file_max);
}

/* As masks of groups, the first of which begins with the flags. */
static void add_kernel_flags(etwi_registry_values *out, uint32_t flags)
{
    if (!flags)
        return;
    begin(out, "EnableKernelFlags", ETWI_REGISTRY_BINARY);
    append_number(&out->bytes, flags, 4);
    for (unsigned i = 1; i < GROUPS; i++)
        append_number(&out->bytes, 0, 4);
    end(out);
}

etw_status etwi_autologger_session(etwi_registry_values *out, const etw_autologger_options *options,
                                   const etw_session_options *complete, etw_error *error)
{
    const etw_session_options *const asked = options->session;
    char guid[ETW_GUID_TEXT_SIZE];
    ETWI_TRY(check_session(options, complete, error));
    etw_guid_format(&complete->guid, ETW_GUID_UPPER | ETW_GUID_BRACES, guid);
    add_text(out, "Guid", guid);
    add_u32(out, "Start", !options->is_off);
    add_u32(out, "LogFileMode", complete->mode);
    add_u32(out, "ClockType", (uint32_t)complete->clock);
    add_choice(out, "BufferSize", asked->buffer_size / KIB);
    add_choice(out, "MinimumBuffers", asked->minimum_buffers);
    add_choice(out, "MaximumBuffers", asked->maximum_buffers);
    add_choice(out, "FlushTimer",
               asked->flush_timer_ms / MS_A_SECOND + (asked->flush_timer_ms % MS_A_SECOND != 0));
    add_file(out, options, complete);
    add_kernel_flags(out, complete->kernel_flags);
    if (options->no_persistence)
        add_u32(out, "DisableRealtimePersistence", 1);
    return finish(out, error);
}

/* ---- providers ---- */

etw_status etwi_autologger_provider(etwi_registry_values *out,
                                    const etw_enable_parameters *parameters, etw_error *error)
{
    ETWI_TRY(etw_provider_filters_check(parameters->filters, parameters->filter_count, error));
    add_u32(out, "Enabled", 1);
    add_u32(out, "EnableLevel", parameters->level ? parameters->level : LEVEL_ALL);
    add_u64(out, "MatchAnyKeyword", parameters->match_any_keyword);
    if (parameters->match_all_keyword)
        add_u64(out, "MatchAllKeyword", parameters->match_all_keyword);
    if (parameters->properties)
        add_u32(out, "EnableProperty", parameters->properties);
    if (parameters->filter_count) {
        begin(out, "FilterData", ETWI_REGISTRY_BINARY);
        /* Offsets count from the first of these bytes. */
        etwi_buffer filters = {.allocator = out->bytes.allocator};
        const etw_status status = etwi_filter_blob_autologger(&filters, parameters->filters,
                                                              parameters->filter_count, error);
        etwi_buffer_append(&out->bytes, filters.data, filters.size);
        etwi_buffer_free(&filters);
        ETWI_TRY(status);
        end(out);
    }
    return finish(out, error);
}
