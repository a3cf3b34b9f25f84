#include "setup.h"

#include "place.h"
#include "say.h"

#include <etw/kernel_flag.h>
#include <etw/kernel_session.h>
#include <etw/time.h>

#include <string.h>

const char *const cli_clock_names[] = {"qpc", "system", "cycles", NULL};
const char *const cli_existing_names[] = {"fail", "restart", "adopt", NULL};

bool cli_setup_is_empty(const cli_setup *setup)
{
    return !setup->buffer_size && !setup->minimum_buffers && !setup->maximum_buffers &&
           !setup->flush_timer && !setup->clock && !setup->existing && !setup->kernel;
}

static bool parse_kernel_flags(const cli_command *command, const char *text, uint32_t *out)
{
    etw_error error;
    if (!text || !etw_failed(etw_kernel_flags_parse(out, text, &error)))
        return true;
    cli_say("etw %s: --kernel: %s\n", command->name, error.message);
    if (error.offset != ETW_NO_OFFSET && *text)
        cli_say_place((etw_str){text, strlen(text)}, (size_t)error.offset);
    return false;
}

/* A number that the library takes in 32 bits. */
static bool narrow(const cli_command *command, const char *option, uint64_t value, uint32_t *out)
{
    *out = (uint32_t)value;
    if (value <= UINT32_MAX)
        return true;
    cli_say("etw %s: --%s is too large\n", command->name, option);
    return false;
}

bool cli_setup_apply(const cli_setup *setup, const cli_command *command,
                     etw_session_options *options)
{
    static const etw_clock_type clocks[] = {ETW_CLOCK_QPC, ETW_CLOCK_SYSTEM_TIME,
                                            ETW_CLOCK_CPU_CYCLES};
    const uint64_t ticks_per_ms = ETW_TICKS_PER_SECOND / 1000;
    // Zero would be the default, which is longer than what is meant.
    const uint64_t timer_ms = (setup->flush_timer + ticks_per_ms - 1) / ticks_per_ms;
    options->clock = clocks[setup->clock];
    options->existing = (etw_existing)setup->existing;
    return parse_kernel_flags(command, setup->kernel, &options->kernel_flags) &&
           narrow(command, "buffer-size", setup->buffer_size, &options->buffer_size) &&
           narrow(command, "min-buffers", setup->minimum_buffers, &options->minimum_buffers) &&
           narrow(command, "max-buffers", setup->maximum_buffers, &options->maximum_buffers) &&
           narrow(command, "flush-timer", timer_ms, &options->flush_timer_ms);
}

uint32_t cli_setup_size_mode(uint64_t maximum_file_size)
{
    return maximum_file_size % (1 << 20) ? ETW_MODE_KBYTES : 0;
}

bool cli_setup_start(etw_session **out, const etw_session_options *options)
{
    etw_error error;
    const etw_status status = options->kernel_flags ? etw_kernel_session_start(out, options, &error)
                                                    : etw_session_start(out, options, &error);
    if (!etw_failed(status))
        return true;
    *out = NULL;
    // Not every system says which file it means.
    const bool is_of_file = (status == ETW_E_IO || status == ETW_E_NOT_FOUND) &&
                            options->log_file && !strstr(error.message, options->log_file);
    if (status == ETW_E_UNSUPPORTED && options->kernel_flags)
        cli_say("etw: --kernel: events of the kernel come from Windows, and not from here\n");
    else
        cli_say_error(is_of_file ? options->log_file : options->name, &error);
    if (status == ETW_E_EXISTS)
        cli_say("etw: --existing=restart stops it first, --existing=adopt uses it as it is\n");
    return false;
}
