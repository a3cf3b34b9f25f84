/* OpenTraceW() and CloseTrace(). */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FINISH_PATIENCE_MS = 10000,
    FIRST_HANDLE = 0x1000
};

static SRWLOCK lock = SRWLOCK_INIT;
static double_trace *traces;
static uint64_t last_handle = FIRST_HANDLE;

void double_trace_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void double_trace_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

double_trace *double_trace_find(uint64_t handle)
{
    for (double_trace *at = traces; at; at = at->next)
        if (at->handle == handle)
            return at;
    return NULL;
}

static void destroy(double_trace *trace)
{
    etw_consumer_destroy(&trace->consumer);
    free(trace);
}

void double_trace_destroy(double_trace *trace)
{
    for (double_trace **link = &traces; *link; link = &(*link)->next) {
        if (*link == trace) {
            *link = trace->next;
            break;
        }
    }
    destroy(trace);
}

void double_traces_reset(void)
{
    double_trace_lock();
    while (traces)
        double_trace_destroy(traces);
    double_trace_unlock();
}

/* ---- opening --------------------------------------------------------------------------------- */

static void fill_header(double_trace *trace, etwi_abi_logfile_header *header,
                        const etw_trace_info *info)
{
    header->buffer_size = info->buffer_size;
    header->version = info->os_major | (uint32_t)info->os_minor << 8 |
                      (uint32_t)info->layout_major << 16 | (uint32_t)info->layout_minor << 24;
    header->provider_version = info->os_build;
    header->number_of_processors = info->processor_count;
    header->end_time = (int64_t)info->end_time;
    header->timer_resolution = info->timer_resolution;
    header->maximum_file_size = info->maximum_file_size;
    header->log_file_mode = info->log_file_mode;
    header->buffers_written = info->buffers_written;
    header->start_buffers = info->start_buffers;
    header->pointer_size = info->pointer_size;
    header->events_lost = info->events_lost;
    header->cpu_speed_in_mhz = info->cpu_mhz;
    header->logger_name = trace->logger_name;
    header->log_file_name = trace->log_file_name;
    header->time_zone.bias = info->utc_bias_minutes;
    header->boot_time = (int64_t)info->boot_time;
    header->perf_freq = (int64_t)info->performance_frequency;
    header->start_time = (int64_t)info->start_time;
    header->reserved_flags = (uint32_t)info->clock.type;
    header->buffers_lost = info->buffers_lost;
}

static uint32_t open_session(double_trace *trace, const etwi_abi_logfile *asked)
{
    const etw_live_options options = {
        .size = sizeof options, .backend = ETW_BACKEND_PORTABLE, .with_loss_events = true};
    if (!asked->logger_name || !double_narrow(trace->name, sizeof trace->name, asked->logger_name))
        return ERROR_INVALID_PARAMETER;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    double_lock();
    const double_session *session = double_session_find(0, asked->logger_name);
    const bool is_live = session && (session->mode & ETW_MODE_REAL_TIME);
    double_unlock();
    if (!is_live)
        return DOUBLE_E_WMI_INSTANCE_NOT_FOUND;
    trace->is_fed = double_feed_of(trace->name, &trace->feed);
    const etw_status status = etw_consumer_add_session(trace->consumer, trace->name, &options);
    return double_error_of(status);
}

static uint32_t open_file(double_trace *trace, const etwi_abi_logfile *asked)
{
    char path[DOUBLE_PATH_SIZE];
    if (!asked->log_file_name || !*asked->log_file_name)
        return ERROR_INVALID_PARAMETER;
    if (!double_narrow(path, sizeof path, asked->log_file_name))
        return ERROR_BAD_PATHNAME;
    double_wide(trace->log_file_name, DOUBLE_PATH_SIZE, path);
    const DWORD attributes = GetFileAttributesW((const wchar_t *)asked->log_file_name);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? ERROR_FILE_NOT_FOUND : ERROR_BAD_PATHNAME;
    const etw_status status = etw_consumer_add_file(trace->consumer, path);
    if (status == ETW_E_NOT_TRACE || status == ETW_E_CORRUPT || status == ETW_E_TRUNCATED)
        return ERROR_FILE_CORRUPT;
    return etw_failed(status) ? ERROR_BAD_PATHNAME : ERROR_SUCCESS;
}

/* What the header of the file says that stands in for the kernel. */
static void fill_fed_header(double_trace *trace, etwi_abi_logfile_header *header)
{
    etw_consumer *consumer;
    if (etw_failed(etw_consumer_create(&consumer, NULL, NULL)))
        return;
    if (!etw_failed(etw_consumer_add_file(consumer, trace->feed.path)))
        fill_header(trace, header, etw_consumer_trace_info(consumer, 0));
    etw_consumer_destroy(&consumer);
}

static void fill_opened(double_trace *trace, etwi_abi_logfile *asked)
{
    const etw_trace_info *info = etw_consumer_trace_info(trace->consumer, 0);
    etwi_abi_logfile_header *header = &trace->logfile.logfile_header;
    trace->logfile = *asked;
    memset(header, 0, sizeof *header);
    if (info->session_name.size <= DOUBLE_NAME_SIZE && !*trace->name)
        snprintf(trace->name, sizeof trace->name, "%.*s", (int)info->session_name.size,
                 info->session_name.data ? info->session_name.data : "");
    double_wide(trace->logger_name, ETW_SESSION_NAME_MAX + 1, trace->name);
    trace->logfile.logger_name = trace->is_real_time ? trace->logger_name : NULL;
    trace->logfile.log_file_name = trace->is_real_time ? NULL : trace->log_file_name;
    if (!trace->is_real_time || !double_option_take(DOUBLE_ZERO_HEADERS)) {
        fill_header(trace, header, info);
        if (trace->is_fed)
            fill_fed_header(trace, header);
    }
    asked->logfile_header = *header;
    asked->buffer_size = trace->logfile.buffer_size = info->buffer_size;
    asked->is_kernel_trace = _stricmp(trace->name, DOUBLE_KERNEL_LOGGER) == 0;
    trace->logfile.is_kernel_trace = asked->is_kernel_trace;
    if (!trace->is_real_time) // The member is a union, with the mode of the file.
        asked->process_trace_mode = info->log_file_mode;
}

static uint32_t open_trace(double_trace *trace, etwi_abi_logfile *asked)
{
    const uint32_t mode = asked->process_trace_mode;
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = true};
    if (!asked->event_record_callback)
        return ERROR_INVALID_PARAMETER;
    if (etw_failed(etw_consumer_create(&trace->consumer, &options, NULL)))
        return ERROR_OUTOFMEMORY;
    trace->is_real_time = mode & ETWI_ABI_PROCESS_REAL_TIME;
    trace->is_raw = mode & ETWI_ABI_PROCESS_RAW_TIMESTAMP;
    trace->on_record = asked->event_record_callback;
    const uint32_t error =
        trace->is_real_time ? open_session(trace, asked) : open_file(trace, asked);
    if (!error)
        fill_opened(trace, asked);
    return error;
}

static uint32_t open_and_add(uint64_t *handle, etwi_abi_logfile *asked)
{
    if (!asked)
        return ERROR_INVALID_PARAMETER;
    double_trace *trace = calloc(1, sizeof *trace);
    if (!trace)
        return ERROR_OUTOFMEMORY;
    const uint32_t error = open_trace(trace, asked);
    if (error) {
        destroy(trace);
        return error;
    }
    double_trace_lock();
    trace->handle = *handle = ++last_handle;
    trace->next = traces;
    traces = trace;
    double_trace_unlock();
    return ERROR_SUCCESS;
}

DOUBLE_EXPORT(uint64_t) OpenTraceW(etwi_abi_logfile *logfile);

DOUBLE_EXPORT(uint64_t) OpenTraceW(etwi_abi_logfile *logfile)
{
    const uint64_t arguments[] = {(uintptr_t)logfile};
    double_call *call = double_begin("OpenTraceW", arguments, 1);
    uint64_t handle = ETWI_ABI_NO_HANDLE;
    uint32_t error;
    double_keep(call, "logfile", logfile, sizeof *logfile);
    if (logfile) {
        double_keep_text(call, "logger name", logfile->logger_name);
        double_keep_text(call, "log file name", logfile->log_file_name);
    }
    if (!double_is_scripted("OpenTraceW", &error))
        error = open_and_add(&handle, logfile);
    double_end(call, error);
    SetLastError(error);
    return handle;
}

/* ---- closing --------------------------------------------------------------------------------- */

static uint32_t close_trace(uint64_t handle)
{
    uint32_t error = ERROR_SUCCESS;
    if (!handle || handle == ETWI_ABI_NO_HANDLE)
        return ERROR_INVALID_HANDLE;
    double_trace_lock();
    double_trace *trace = double_trace_find(handle);
    if (!trace || trace->is_closing) {
        error = ERROR_INVALID_HANDLE;
    } else if (trace->is_processing) {
        // What is in the buffers is delivered still, by the thread that processes.
        trace->is_closing = true;
        etw_consumer_finish(trace->consumer, NULL, FINISH_PATIENCE_MS);
        error = DOUBLE_E_CTX_CLOSE_PENDING;
    } else {
        double_trace_destroy(trace);
    }
    double_trace_unlock();
    return error;
}

DOUBLE_EXPORT(uint32_t) CloseTrace(uint64_t handle);

DOUBLE_EXPORT(uint32_t) CloseTrace(uint64_t handle)
{
    const uint64_t arguments[] = {handle};
    double_call *call = double_begin("CloseTrace", arguments, 1);
    uint32_t error;
    if (!double_is_scripted("CloseTrace", &error))
        error = close_trace(handle);
    return double_end(call, error);
}
