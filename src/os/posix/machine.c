#include "os/machine.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <etw/time.h>

enum {
    MINUTES_A_DAY = 24 * 60,
};

/* Of 1970, which POSIX counts from. */
static const uint64_t filetime_of_1970 = 116444736000000000;

/* Where the clock that counts while a machine sleeps is not known, the other one has to do. */
#if defined(CLOCK_BOOTTIME)
static const clockid_t clock_since_boot = CLOCK_BOOTTIME;
#else
static const clockid_t clock_since_boot = CLOCK_MONOTONIC;
#endif

static uint64_t ticks_of(clockid_t clock)
{
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * ETW_TICKS_PER_SECOND + (uint64_t)now.tv_nsec / 100;
}

static uint32_t look_for_mhz(void)
{
    unsigned mhz = 0;
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return 0;
    char line[256];
    while (mhz == 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, "cpu MHz", 7) == 0)
            sscanf(line, "cpu MHz : %u", &mhz);
    }
    fclose(file);
    return mhz;
}

/* Local and universal time are less than a day apart, so that the day of the week tells which of
 * the two is ahead where they differ in it. */
static int32_t bias_of(const struct tm *local, const struct tm *utc)
{
    int days = utc->tm_wday - local->tm_wday;
    if (days > 1)
        days = -1;
    else if (days < -1)
        days = 1;
    return days * MINUTES_A_DAY + (utc->tm_hour - local->tm_hour) * 60 +
           (utc->tm_min - local->tm_min);
}

static void look_at_zone(etwi_machine *out)
{
    const time_t now = time(NULL);
    struct tm local, utc;
    if (!localtime_r(&now, &local) || !gmtime_r(&now, &utc))
        return;
    out->utc_bias_minutes = bias_of(&local, &utc);
    if (!strftime(out->time_zone, sizeof out->time_zone, "%Z", &local))
        out->time_zone[0] = '\0';
}

void etwi_machine_look(etwi_machine *out)
{
    memset(out, 0, sizeof *out);
    const long processors = sysconf(_SC_NPROCESSORS_CONF);
    out->processor_count = processors > 0 ? (uint32_t)processors : 1;
    const long ticks = sysconf(_SC_CLK_TCK);
    out->timer_resolution = (uint32_t)(ETW_TICKS_PER_SECOND / (ticks > 0 ? ticks : 100));
    out->cpu_mhz = look_for_mhz();
    out->boot_time = filetime_of_1970 + ticks_of(CLOCK_REALTIME) - ticks_of(clock_since_boot);
    look_at_zone(out);
}
