#include "session/options.h"

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "os/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    BUFFER_SIZE_MIN = 4 * KIB,
    BUFFER_SIZE_MAX = 16 * MIB,
    BUFFER_SIZE_DEFAULT = 64 * KIB,
    BUFFERS_A_PROCESSOR = 2,
    BUFFERS_BEYOND_MINIMUM = 22,
    BUFFERS_MAX = 1 << 20,
    FLUSH_TIMER_DEFAULT_MS = 1000,
};

/* Ways to fill a file. */
static const uint32_t file_modes = ETW_MODE_SEQUENTIAL | ETW_MODE_CIRCULAR | ETW_MODE_APPEND |
                                   ETW_MODE_NEW_FILE | ETW_MODE_PREALLOCATE | ETW_MODE_COMPRESSED;

/* ---- the name ---------------------------------------------------------------------------------
 */

etw_status etwi_session_name_check(const char *name, etw_error *error)
{
    if (!name || !*name)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "name: a session needs one");
    size_t units = 0;
    const uint8_t *at = (const uint8_t *)name;
    const uint8_t *const end = at + strlen(name);
    while (at < end) {
        const uint32_t code_point = etwi_utf8_next(&at, end);
        if (code_point & ETWI_BAD_UTF8)
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "name: it is no UTF-8");
        units += code_point < 0x10000 ? 1 : 2;
    }
    if (units > ETW_SESSION_NAME_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "name: %zu UTF-16 units are more than %d", units, ETW_SESSION_NAME_MAX);
    return ETW_OK;
}

/* ---- modes ------------------------------------------------------------------------------------
 */

/* Modes that do not go together, and what to say. */
typedef struct exclusion {
    uint32_t one, others;
    const char *text;
} exclusion;

static const exclusion exclusions[] = {
    {ETW_MODE_CIRCULAR, ETW_MODE_SEQUENTIAL | ETW_MODE_NEW_FILE | ETW_MODE_APPEND,
     "a circular file cannot be sequential, new files, or appended to"},
    {ETW_MODE_CIRCULAR, ETW_MODE_COMPRESSED, "a circular file cannot be compressed"},
    {ETW_MODE_APPEND, ETW_MODE_NEW_FILE, "new files cannot be appended to"},
    {ETW_MODE_APPEND, ETW_MODE_REAL_TIME, "a real-time session cannot append to a file"},
    {ETW_MODE_APPEND, ETWI_MODE_PRIVATE, "a private session cannot append to a file"},
    {ETW_MODE_BUFFERING, ETW_MODE_REAL_TIME, "a session in buffering mode has no consumers"},
    {ETW_MODE_BUFFERING,
     ETW_MODE_CIRCULAR | ETW_MODE_NEW_FILE | ETW_MODE_APPEND | ETW_MODE_SEQUENTIAL |
         ETW_MODE_PREALLOCATE | ETW_MODE_COMPRESSED,
     "a session in buffering mode writes its file when it is flushed, and only so"},
    {ETWI_MODE_PRIVATE, ETW_MODE_REAL_TIME, "a private session has no consumers"},
};

static etw_status check_exclusions(uint32_t mode, etw_error *error)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof exclusions[0]; i++)
        if ((mode & exclusions[i].one) && (mode & exclusions[i].others))
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "mode: %s", exclusions[i].text);
    return ETW_OK;
}

static etw_status check_kernel_flags(uint32_t flags, const etwi_session_backend *backend,
                                     etw_error *error)
{
    if (flags && !backend->has_kernel)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "kernel_flags: only Windows has events of its kernel");
    return ETW_OK;
}

static etw_status check_support(const etw_session_options *options,
                                const etwi_session_backend *backend, etw_error *error)
{
    const uint32_t unknown = options->mode & ~backend->modes;
    if (unknown)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "mode: these sessions do not know the bits 0x%" PRIx32, unknown);
    return check_kernel_flags(options->kernel_flags, backend, error);
}

/* Fills in what the file says about the mode. */
static etw_status complete_mode(etw_session_options *options, etw_error *error)
{
    uint32_t *mode = &options->mode;
    if (!options->log_file) {
        if (*mode & file_modes)
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                             "mode: 0x%" PRIx32 " is about a file, and log_file names none",
                             *mode & file_modes);
        if (*mode & ETWI_MODE_PRIVATE)
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                             "log_file: a private session needs one");
        if (!(*mode & ETW_MODE_BUFFERING))
            *mode |= ETW_MODE_REAL_TIME;
    } else if (!(*mode & (ETW_MODE_CIRCULAR | ETW_MODE_NEW_FILE | ETW_MODE_BUFFERING))) {
        *mode |= ETW_MODE_SEQUENTIAL;
    }
    /* The flag that says "in this process" means nothing alone. */
    if (*mode & ETW_MODE_PRIVATE_IN_PROCESS)
        *mode |= ETW_MODE_PRIVATE_LOGGER;
    return check_exclusions(*mode, error);
}

/* ---- the file ---------------------------------------------------------------------------------
 */

/* Makes the path absolute. */
static etw_status complete_path(char out[ETWI_LOG_FILE_SIZE], const char *path, etw_error *error)
{
    char folder[ETWI_LOG_FILE_SIZE] = "";
    if (!*path)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "log_file: the path is empty");
    const bool is_absolute = etwi_path_is_absolute(path);
    if (!is_absolute && !etwi_folder_current(folder, sizeof folder))
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "log_file: the path of the current folder is too long, or not known");
    const int length =
        snprintf(out, ETWI_LOG_FILE_SIZE, "%s%s%s", folder, is_absolute ? "" : "/", path);
    if (length < 0 || length >= ETWI_LOG_FILE_SIZE)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "log_file: a path of more than %d bytes", ETWI_LOG_FILE_SIZE - 1);
    return ETW_OK;
}

/* The path of the file, absolute; new files have a number in theirs. */
static etw_status complete_log_file(const char **path, uint32_t mode,
                                    char log_file[ETWI_LOG_FILE_SIZE], etw_error *error)
{
    ETWI_TRY(complete_path(log_file, *path, error));
    *path = log_file;
    if (!(mode & ETW_MODE_NEW_FILE))
        return ETW_OK;
    const char *const place = strstr(log_file, "%d");
    if (!place || strchr(log_file, '%') != place || strchr(place + 2, '%'))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "log_file: new files need one \"%%d\" in their path, and no other \"%%\"");
    return ETW_OK;
}

/* Rounds the size up to what a header counts in. */
static etw_status complete_file_size(etw_session_options *options, etw_error *error)
{
    const uint64_t unit = options->mode & ETW_MODE_KBYTES ? KIB : MIB;
    const uint32_t limited = ETW_MODE_CIRCULAR | ETW_MODE_NEW_FILE | ETW_MODE_PREALLOCATE;
    uint64_t *size = &options->maximum_file_size;
    if (!*size) {
        if (options->mode & limited)
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                             "maximum_file_size: circular, new and preallocated files need one");
        return ETW_OK;
    }
    if (!options->log_file)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "maximum_file_size: log_file names no file");
    if (*size > UINT32_MAX * unit)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "maximum_file_size: more than %" PRIu32 " times %" PRIu64 " bytes",
                         UINT32_MAX, unit);
    *size = (*size + unit - 1) / unit * unit;
    if (*size / 2 < options->buffer_size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "maximum_file_size: %" PRIu64 " bytes have no room for two buffers",
                         *size);
    return ETW_OK;
}

/* ---- buffers ----------------------------------------------------------------------------------
 */

static uint32_t least_buffers(const etw_session_options *options)
{
    const unsigned processors =
        options->mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING ? 1 : etwi_processor_count();
    return BUFFERS_A_PROCESSOR * processors;
}

static etw_status complete_buffers(etw_session_options *options, etw_error *error)
{
    if (!options->buffer_size)
        options->buffer_size = BUFFER_SIZE_DEFAULT;
    if (options->buffer_size < BUFFER_SIZE_MIN || options->buffer_size > BUFFER_SIZE_MAX ||
        options->buffer_size % KIB)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "buffer_size: %" PRIu32 " is not a multiple of 1 KiB from 4 KiB to 16 MiB",
                         options->buffer_size);
    const uint32_t maximum = options->maximum_buffers, minimum = options->minimum_buffers;
    if (maximum && maximum < minimum)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "maximum_buffers: %" PRIu32 " are less than the minimum, %" PRIu32,
                         maximum, minimum);
    if (maximum > BUFFERS_MAX || minimum > BUFFERS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "minimum_buffers, maximum_buffers: more than %d", BUFFERS_MAX);
    const uint32_t least = least_buffers(options);
    options->minimum_buffers = minimum > least ? minimum : least;
    if (!maximum)
        options->maximum_buffers = options->minimum_buffers + BUFFERS_BEYOND_MINIMUM;
    else if (maximum < options->minimum_buffers)
        options->maximum_buffers = options->minimum_buffers;
    if (!options->flush_timer_ms)
        options->flush_timer_ms = FLUSH_TIMER_DEFAULT_MS;
    return ETW_OK;
}

/* ---- all --------------------------------------------------------------------------------------
 */

static etw_status check_choices(etw_session_options *options, etw_error *error)
{
    if (options->existing < ETW_EXISTING_FAIL || options->existing > ETW_EXISTING_ADOPT)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "existing: there is no number %d",
                         (int)options->existing);
    if (options->clock == ETW_CLOCK_UNKNOWN)
        options->clock = ETW_CLOCK_QPC;
    if (options->clock < ETW_CLOCK_QPC || options->clock > ETW_CLOCK_CPU_CYCLES)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "clock: there is no number %d",
                         (int)options->clock);
    return ETW_OK;
}

etw_status etwi_session_options_complete(etw_session_options *out,
                                         char log_file[ETWI_LOG_FILE_SIZE],
                                         const etw_session_options *options,
                                         const etwi_session_backend *backend, etw_error *error)
{
    ETWI_TRY(etwi_options_copy(out, sizeof *out, options, error));
    ETWI_TRY(etwi_session_name_check(out->name, error));
    ETWI_TRY(check_choices(out, error));
    ETWI_TRY(check_support(out, backend, error));
    ETWI_TRY(complete_mode(out, error));
    ETWI_TRY(complete_buffers(out, error));
    if (out->log_file)
        ETWI_TRY(complete_log_file(&out->log_file, out->mode, log_file, error));
    return complete_file_size(out, error);
}

etw_status etwi_session_update_complete(etw_session_update_options *changes,
                                        char log_file[ETWI_LOG_FILE_SIZE],
                                        const etw_session_options *options,
                                        const etwi_session_backend *backend, etw_error *error)
{
    const uint32_t maximum = changes->maximum_buffers;
    if (maximum && (maximum < options->minimum_buffers || maximum > BUFFERS_MAX))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "maximum_buffers: %" PRIu32 " is not between the minimum, %" PRIu32
                         ", and %d",
                         maximum, options->minimum_buffers, BUFFERS_MAX);
    if (changes->set_kernel_flags)
        ETWI_TRY(check_kernel_flags(changes->kernel_flags, backend, error));
    if (changes->log_file)
        ETWI_TRY(complete_log_file(&changes->log_file, options->mode, log_file, error));
    return ETW_OK;
}
