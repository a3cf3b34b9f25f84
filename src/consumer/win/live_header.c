#include "consumer/win/live_header.h"

#include "os/os.h"

bool etwi_live_header_is_empty(const etwi_abi_logfile_header *header)
{
    return !header->boot_time && !header->number_of_processors;
}

/* The performance counter, out of one in units of 100 ns. */
static int64_t scale(uint64_t monotonic, uint64_t frequency)
{
    const uint64_t seconds = monotonic / ETW_TICKS_PER_SECOND;
    const uint64_t rest = monotonic % ETW_TICKS_PER_SECOND;
    return (int64_t)(seconds * frequency + rest * frequency / ETW_TICKS_PER_SECOND);
}

int64_t etwi_live_header_now(const etw_clock *clock)
{
    switch (clock->type) {
    case ETW_CLOCK_SYSTEM_TIME:
        return (int64_t)etwi_clock_filetime();
    case ETW_CLOCK_CPU_CYCLES:
        return (int64_t)etwi_clock_cycles();
    default:
        return scale((uint64_t)etwi_clock_monotonic(), clock->frequency);
    }
}

/* Sessions keep the clock that they were started with, which is the performance counter if the
 * header does not say. */
static etw_clock clock_of(const etwi_abi_logfile_header *header)
{
    etw_clock clock = {ETW_CLOCK_QPC, (uint64_t)header->perf_freq, 0, 0};
    if (header->reserved_flags == ETW_CLOCK_SYSTEM_TIME) {
        clock.type = ETW_CLOCK_SYSTEM_TIME;
    } else if (header->reserved_flags == ETW_CLOCK_CPU_CYCLES) {
        clock.type = ETW_CLOCK_CPU_CYCLES;
        clock.frequency = (uint64_t)header->cpu_speed_in_mhz * 1000000;
        if (!clock.frequency)
            clock.frequency = etwi_clock_cycles_frequency();
    }
    if (clock.type == ETW_CLOCK_SYSTEM_TIME || !clock.frequency)
        clock.frequency = ETW_TICKS_PER_SECOND;
    clock.start_raw = etwi_live_header_now(&clock);
    clock.start_time = etwi_clock_filetime();
    return clock;
}

void etwi_live_header_info(etw_trace_info *out, const etwi_abi_logfile_header *header)
{
    *out = (etw_trace_info){
        .clock = clock_of(header),
        .start_time = (uint64_t)header->start_time,
        .boot_time = (uint64_t)header->boot_time,
        .performance_frequency = (uint64_t)header->perf_freq,
        .buffer_size = header->buffer_size,
        .processor_count = header->number_of_processors,
        .os_build = header->provider_version,
        .timer_resolution = header->timer_resolution,
        .maximum_file_size = header->maximum_file_size,
        .log_file_mode = header->log_file_mode,
        .start_buffers = header->start_buffers,
        .cpu_mhz = header->cpu_speed_in_mhz,
        .utc_bias_minutes = header->time_zone.bias,
        .os_major = (uint8_t)header->version,
        .os_minor = (uint8_t)(header->version >> 8),
        .layout_major = (uint8_t)(header->version >> 16),
        .layout_minor = (uint8_t)(header->version >> 24),
        .pointer_size = header->pointer_size == 4 ? 4 : 8,
    };
    if (!out->start_time)
        out->start_time = out->clock.start_time;
}
