#include "emit_run.h"

#include "os.h"

#include <inttypes.h>

enum {
    STEP_MS = 2 /* Between looks at whether somebody listens. */
};

bool cli_emit_open(emit_run *run, const char *provider, uint64_t wait_ms)
{
    // Sessions enable *NAME, and here it is a name in any case.
    run->name = provider + (*provider == '*');
    etw_provider_options options = {.size = sizeof options};
    etw_error error;
    if (etw_failed(etw_guid_parse(&options.guid, (etw_str){run->name, strlen(run->name)}, NULL)))
        options.name = run->name;
    run->start_ms = cli_os_now_ms();
    run->wait_until_ms = run->start_ms + (int64_t)wait_ms;
    if (!etw_failed(etw_provider_register(&run->provider, &options, &error)))
        return true;
    run->provider = NULL;
    cli_say_error(run->name, &error);
    return false;
}

/* Waits for the first time until somebody wants the event. */
static bool wait_for_session(emit_run *run, const emit_event *event)
{
    while (!etw_provider_enabled(run->provider, event->level, event->keyword)) {
        if (run->is_enabled || cli_os_now_ms() >= run->wait_until_ms)
            return false;
        cli_os_sleep_ms(STEP_MS);
    }
    run->is_enabled = true;
    return true;
}

/* Sleeps until the next event is due. */
static void keep_rate(emit_run *run)
{
    const uint64_t number = run->written + run->lost + run->unwanted;
    if (!run->rate)
        return;
    if (number == 0)
        run->start_ms = cli_os_now_ms();
    // Whole seconds apart, so that nothing overflows.
    const uint64_t due_ms = number / run->rate * 1000 + number % run->rate * 1000 / run->rate;
    cli_os_sleep_ms(run->start_ms + (int64_t)due_ms - cli_os_now_ms());
}

bool cli_emit_write(emit_run *run, emit_event *event)
{
    const etw_event_descriptor descriptor = {
        .channel = ETW_TL_CHANNEL, .level = event->level, .keyword = event->keyword};
    for (uint64_t i = 0; i < run->repetitions; i++) {
        if (!wait_for_session(run, event)) {
            run->unwanted += run->repetitions - i;
            return true;
        }
        keep_rate(run);
        const etw_status status =
            etw_event_builder_write(&event->builder, run->provider, &descriptor, NULL, NULL);
        if (status == ETW_E_FULL) {
            run->lost++;
        } else if (etw_failed(status)) {
            cli_say("etw emit: %s: %s\n", run->name,
                    status == ETW_E_LIMIT ? "the event is larger than 64 KiB, or than a buffer"
                                          : etw_status_text(status));
            run->failed = true;
            return false;
        } else {
            run->written++;
        }
    }
    return true;
}

void cli_emit_close(emit_run *run)
{
    etw_provider_unregister(&run->provider);
}
