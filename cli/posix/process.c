#include "os.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};

static void (*note_interrupt)(void);

uint32_t cli_os_process_id(void)
{
    return (uint32_t)getpid();
}

void cli_os_sleep_ms(int64_t duration_ms)
{
    if (duration_ms <= 0)
        return;
    const struct timespec duration = {(time_t)(duration_ms / 1000),
                                      (long)(duration_ms % 1000) * 1000000};
    nanosleep(&duration, NULL);
}

static void handle(int number)
{
    (void)number;
    note_interrupt();
}

void cli_os_catch_interrupts(void (*note)(void))
{
    struct sigaction before, after = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};
    note_interrupt = note;
    for (size_t i = 0; i < sizeof interrupts / sizeof *interrupts; i++) {
        // Shells ignore SIGINT for what they run in the background, where kill is to work
        // nevertheless; who ignores SIGHUP wants the command to go on.
        sigaction(interrupts[i], NULL, &before);
        if (before.sa_handler != SIG_IGN || interrupts[i] == SIGINT)
            sigaction(interrupts[i], &after, NULL);
    }
}
