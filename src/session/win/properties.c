#include "session/win/properties.h"

#include "base/case.h"
#include "base/error.h"
#include "guid/known.h"
#include "session/win/codes.h"
#include "session/win/wide.h"

#include <stddef.h>
#include <string.h>

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    MS_A_SECOND = 1000,
};

const char etwi_win_kernel_logger[] = "NT Kernel Logger";

/* ---- the kernel's sessions ---- */

static bool is_kernel_logger(const char *name)
{
    const etw_str one = {name, strlen(name)};
    const etw_str other = {etwi_win_kernel_logger, sizeof etwi_win_kernel_logger - 1};
    return etwi_same_letters(one, other);
}

static etw_status check_flags(const etw_session_options *options, bool is_kernel, etw_error *error)
{
    if (!options->kernel_flags || is_kernel || (options->mode & ETW_MODE_SYSTEM_LOGGER))
        return ETW_OK;
    return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                     "kernel_flags: they are for the session \"%s\" and for ETW_MODE_SYSTEM_LOGGER",
                     etwi_win_kernel_logger);
}

etw_status etwi_win_check_kernel(const etw_session_options *options, uint32_t build,
                                 etw_error *error)
{
    const bool is_kernel = is_kernel_logger(options->name);
    const bool has_guid = etw_guid_equal(&options->guid, &etwi_system_trace_guid);
    if (has_guid && !is_kernel)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "guid: that of the kernel's session goes with the name \"%s\"",
                         etwi_win_kernel_logger);
    if (is_kernel && !has_guid && !etw_guid_is_null(&options->guid))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "guid: the session \"%s\" has one of its own; leave it zero",
                         etwi_win_kernel_logger);
    ETWI_TRY(check_flags(options, is_kernel, error));
    const bool is_system = options->mode & ETW_MODE_SYSTEM_LOGGER;
    if (is_system && build < ETWI_WIN_8)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "mode: this Windows has no ETW_MODE_SYSTEM_LOGGER, which came with "
                         "Windows 8; use the session \"%s\"",
                         etwi_win_kernel_logger);
    if ((is_kernel || is_system) && (options->mode & ETW_MODE_PAGED_MEMORY))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "mode: the kernel cannot write into paged memory");
    return ETW_OK;
}

/* ---- blocks that are sent ---- */

/* Zeroed, with the sizes and the place of the session's name. */
static void begin(etwi_win_block *block)
{
    memset(block, 0, sizeof *block);
    block->properties.wnode.buffer_size = sizeof *block;
    block->properties.wnode.flags = ETWI_ABI_WNODE_TRACED_GUID;
    block->properties.logger_name_offset = offsetof(etwi_win_block, name);
}

etw_status etwi_win_log_path(etwi_abi_char out[ETWI_WIN_PATH_ROOM], const char *path,
                             etw_error *error)
{
    const etw_str text = {path, strlen(path)};
    if (!etwi_wide(out, ETWI_WIN_PATH_ROOM, text))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "log_file: the path is no UTF-8");
    for (etwi_abi_char *at = out; *at; at++)
        if (*at == '/')
            *at = '\\';
    return ETW_OK;
}

static etw_status set_log_file(etwi_win_block *block, const char *path, etw_error *error)
{
    ETWI_TRY(etwi_win_log_path(block->log_file, path, error));
    block->properties.log_file_name_offset = offsetof(etwi_win_block, log_file);
    return ETW_OK;
}

/* Seconds where milliseconds are not known yet. */
static void set_flush_timer(etwi_abi_properties *properties, uint32_t ms, uint32_t build)
{
    if (build >= ETWI_WIN_8_1) {
        properties->log_file_mode |= ETWI_ABI_MODE_USE_MS_FLUSH_TIMER;
        properties->flush_timer = ms;
    } else {
        properties->log_file_mode &= ~ETWI_ABI_MODE_USE_MS_FLUSH_TIMER;
        properties->flush_timer = ms / MS_A_SECOND + (ms % MS_A_SECOND != 0);
    }
}

etw_status etwi_win_block_start(etwi_win_block *block, const etw_session_options *options,
                                uint32_t build, etw_error *error)
{
    const uint32_t unit = options->mode & ETW_MODE_KBYTES ? KIB : MIB;
    begin(block);
    etwi_abi_properties *const properties = &block->properties;
    properties->wnode.guid =
        is_kernel_logger(options->name) ? etwi_system_trace_guid : options->guid;
    properties->wnode.client_context = (uint32_t)options->clock;
    if (build >= ETWI_WIN_10_1703) {
        properties->wnode.flags |= ETWI_ABI_WNODE_VERSIONED_PROPERTIES;
        properties->v2_control = 2;
    }
    properties->buffer_size = options->buffer_size / KIB;
    properties->minimum_buffers = options->minimum_buffers;
    properties->maximum_buffers = options->maximum_buffers;
    properties->maximum_file_size = (uint32_t)(options->maximum_file_size / unit);
    properties->log_file_mode = options->mode;
    set_flush_timer(properties, options->flush_timer_ms, build);
    properties->enable_flags = options->kernel_flags;
    /* A session in buffering mode learns its file when it is flushed. */
    if (options->log_file && !(options->mode & ETW_MODE_BUFFERING))
        return set_log_file(block, options->log_file, error);
    return ETW_OK;
}

void etwi_win_block_ask(etwi_win_block *block)
{
    begin(block);
    block->properties.log_file_name_offset = offsetof(etwi_win_block, log_file);
}

void etwi_win_block_flush(etwi_win_block *block, const etwi_abi_char file[ETWI_WIN_PATH_ROOM])
{
    begin(block);
    if (!file[0])
        return;
    memcpy(block->log_file, file, sizeof block->log_file);
    block->properties.log_file_name_offset = offsetof(etwi_win_block, log_file);
}

etw_status etwi_win_block_update(etwi_win_block *block, const etwi_win_block *now,
                                 const etw_session_update_options *changes, uint32_t build,
                                 etw_error *error)
{
    begin(block);
    etwi_abi_properties *const properties = &block->properties;
    properties->wnode.guid = now->properties.wnode.guid;
    /* Zero would turn off real time, and all flags of the kernel. */
    properties->log_file_mode = now->properties.log_file_mode;
    properties->enable_flags =
        changes->set_kernel_flags ? changes->kernel_flags : now->properties.enable_flags;
    properties->maximum_buffers =
        changes->maximum_buffers ? changes->maximum_buffers : now->properties.maximum_buffers;
    properties->flush_timer = now->properties.flush_timer;
    if (changes->flush_timer_ms)
        set_flush_timer(properties, changes->flush_timer_ms, build);
    return changes->log_file ? set_log_file(block, changes->log_file, error) : ETW_OK;
}

/* ---- blocks that come back ---- */

/* A name at an offset that Windows may have moved; what does not lie in the block is none. */
static void read_name(char *out, size_t size, const etwi_win_block *block, uint32_t offset)
{
    const size_t end = sizeof *block;
    if (offset < ETWI_ABI_PROPERTIES_V1_SIZE || offset >= end || offset % sizeof(etwi_abi_char)) {
        out[0] = '\0';
        return;
    }
    const etwi_abi_char *const text = (const etwi_abi_char *)((const char *)block + offset);
    etwi_narrow(out, size, text, (end - offset) / sizeof *text);
}

static uint32_t flush_timer_ms(const etwi_abi_properties *properties)
{
    const uint32_t timer = properties->flush_timer;
    if (properties->log_file_mode & ETWI_ABI_MODE_USE_MS_FLUSH_TIMER)
        return timer;
    return timer > UINT32_MAX / MS_A_SECOND ? UINT32_MAX : timer * MS_A_SECOND;
}

void etwi_win_block_info(const etwi_win_block *block, etw_session_info *info)
{
    const etwi_abi_properties *const p = &block->properties;
    const uint32_t clock = p->wnode.client_context;
    read_name(info->name, sizeof info->name, block, p->logger_name_offset);
    read_name(info->log_file, sizeof info->log_file, block, p->log_file_name_offset);
    info->guid = p->wnode.guid;
    info->logger_id = (uint16_t)p->wnode.historical_context;
    info->backend = ETW_BACKEND_WINDOWS;
    info->buffer_size = p->buffer_size * KIB;
    info->minimum_buffers = p->minimum_buffers;
    info->maximum_buffers = p->maximum_buffers;
    info->flush_timer_ms = flush_timer_ms(p);
    info->clock = clock > ETW_CLOCK_CPU_CYCLES ? ETW_CLOCK_UNKNOWN
                  : clock                      ? (etw_clock_type)clock
                                               : ETW_CLOCK_QPC;
    info->mode = p->log_file_mode & ~ETWI_ABI_MODE_USE_MS_FLUSH_TIMER;
    info->kernel_flags = p->enable_flags;
    info->maximum_file_size =
        (uint64_t)p->maximum_file_size * (p->log_file_mode & ETW_MODE_KBYTES ? KIB : MIB);
    info->buffers = p->number_of_buffers;
    info->free_buffers = p->free_buffers;
    info->events_lost = p->events_lost;
    info->buffers_written = p->buffers_written;
    info->log_buffers_lost = p->log_buffers_lost;
    info->real_time_buffers_lost = p->real_time_buffers_lost;
}
