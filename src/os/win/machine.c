#include "os/machine.h"

#include "os/win/win.h"

#include <string.h>

#include <etw/time.h>

static uint32_t look_for_mhz(void)
{
    DWORD mhz = 0, size = sizeof mhz;
    RegGetValueW(HKEY_LOCAL_MACHINE, L"HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0", L"~MHz",
                 RRF_RT_REG_DWORD, NULL, &mhz, &size);
    return mhz;
}

static void look_at_zone(etwi_machine *out)
{
    TIME_ZONE_INFORMATION zone;
    const DWORD season = GetTimeZoneInformation(&zone);
    if (season == TIME_ZONE_ID_INVALID)
        return;
    const bool is_summer = season == TIME_ZONE_ID_DAYLIGHT;
    out->utc_bias_minutes = zone.Bias + (is_summer ? zone.DaylightBias : zone.StandardBias);
    /* Names that do not fit are too long to be short ones. */
    etwi_win_narrow(is_summer ? zone.DaylightName : zone.StandardName, out->time_zone,
                    sizeof out->time_zone);
}

void etwi_machine_look(etwi_machine *out)
{
    DWORD adjustment, increment;
    BOOL is_off;
    memset(out, 0, sizeof *out);
    out->processor_count = etwi_cpu_count();
    out->cpu_mhz = look_for_mhz();
    if (GetSystemTimeAdjustment(&adjustment, &increment, &is_off))
        out->timer_resolution = increment;
    out->boot_time = etwi_clock_filetime() - GetTickCount64() * (ETW_TICKS_PER_SECOND / 1000);
    look_at_zone(out);
}
