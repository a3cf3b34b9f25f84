#include "progress.h"

#include "os.h"

#include <stdio.h>

enum {
    STDERR = 2,     /* The descriptor. */
    FIRST_MS = 500, /* Shorter work needs no bar. */
    EVERY_MS = 100,
    BAR_WIDTH = 30
};

static struct {
    bool enabled;
    bool visible;
    int64_t start_ms;
    int64_t drawn_ms;
} progress;

void cli_progress_start(void)
{
    progress.enabled = cli_os_is_terminal(STDERR);
    progress.start_ms = cli_os_now_ms();
}

void cli_progress_update(void *user, uint64_t done, uint64_t total)
{
    (void)user;
    if (!progress.enabled || total == 0)
        return;
    const int64_t now = cli_os_now_ms(), elapsed = now - progress.start_ms;
    if (elapsed < FIRST_MS || now - progress.drawn_ms < EVERY_MS)
        return;
    progress.drawn_ms = now;
    const double share = done >= total ? 1.0 : (double)done / (double)total;
    const int filled = (int)(share * BAR_WIDTH);
    const double left = (double)elapsed / 1000.0 * (1.0 - share) / (share > 0.001 ? share : 0.001);
    fprintf(stderr, "\r[%.*s%*s] %3d%%, %.0f s left\033[K", filled,
            "##############################", BAR_WIDTH - filled, "", (int)(share * 100), left);
    progress.visible = true;
}

void cli_progress_clear(void)
{
    if (progress.visible)
        fputs("\r\033[K", stderr);
    progress.visible = false;
}
