#include "live.h"

#include "os.h"
#include "say.h"

#include <inttypes.h>
#include <stdio.h>

/* A session of that name that may be used as it is. */
static bool adopt(cli_live *live)
{
    live->is_adopted = live->options.existing == ETW_EXISTING_ADOPT &&
                       etw_session_attach(&live->session, live->name, NULL) == ETW_OK;
    return live->is_adopted;
}

bool cli_live_start(cli_live *live, const cli_command *command)
{
    snprintf(live->made_name, sizeof live->made_name, "etw-%s-%" PRIu32, command->name,
             cli_os_process_id());
    if (!live->options.name)
        live->options.name = live->made_name;
    live->name = live->options.name;
    if (!adopt(live) && !cli_setup_start(&live->session, &live->options))
        return false;
    live->start_ms = cli_os_now_ms();
    return true;
}

bool cli_live_query(cli_live *live)
{
    live->info.size = sizeof live->info;
    return live->session && !etw_failed(etw_session_query(live->session, &live->info));
}

bool cli_live_stop(cli_live *live)
{
    etw_session_info info = {.size = sizeof info};
    if (!live->session || live->is_adopted)
        return true;
    const etw_status status = etw_session_stop(live->session, &info);
    if (!etw_failed(status))
        live->info = info;
    live->was_stopped = status == ETW_E_NOT_FOUND;
    const bool good = !etw_failed(status) || live->was_stopped;
    if (!good)
        cli_say_error(live->name, etw_session_error(live->session));
    etw_session_close(&live->session);
    return good;
}

bool cli_live_lost(const cli_live *live)
{
    const etw_session_info *info = &live->info;
    return info->events_lost || info->log_buffers_lost || info->real_time_buffers_lost;
}

static void say_loss(const char *name, uint64_t count, const char *singular, const char *plural)
{
    if (count)
        cli_say("etw: %s: %" PRIu64 " %s\n", name, count, count == 1 ? singular : plural);
}

void cli_live_say(const cli_live *live, const char *name, uint64_t events)
{
    const etw_session_info *info = &live->info;
    const double seconds = (double)(cli_os_now_ms() - live->start_ms) / 1000;
    cli_say("etw: %s: %" PRIu64 " event%s in %.1f s%s\n", name, events, events == 1 ? "" : "s",
            seconds, cli_live_lost(live) ? "" : ", none lost");
    say_loss(name, info->events_lost, "event lost: buffers were full",
             "events lost: buffers were full");
    say_loss(name, info->log_buffers_lost, "buffer lost: it could not be written",
             "buffers lost: they could not be written");
    say_loss(name, info->real_time_buffers_lost, "buffer lost: it was not read in time",
             "buffers lost: they were not read in time");
}

void cli_live_close(cli_live *live)
{
    etw_session_close(&live->session);
    cli_specs_free(&live->specs);
}
