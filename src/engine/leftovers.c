#include "engine/leftovers.h"

#include "engine/session_folder.h"
#include "etl/writer.h"
#include "os/private.h"

#include <stdio.h>
#include <string.h>

/* What the control memory tells about losses, if it can still be read. */
static etwi_etl_totals totals_of(const char *folder)
{
    etwi_etl_totals totals = {0};
    etwi_mapping mapping;
    etwi_mapping_counts counts;
    if (etwi_session_folder_open(&mapping, folder, NULL) == ETW_OK) {
        etwi_mapping_count(&mapping, &counts);
        totals.events_lost = counts.events_lost;
        totals.buffers_lost = counts.log_buffers_lost;
    }
    etwi_mapping_close(&mapping);
    return totals;
}

void etwi_leftovers_take(const char *folder)
{
    char path[ETWI_CTL_PATH_SIZE];
    etwi_file log;
    if (etwi_session_log_open(folder, &log, path, NULL) == ETW_OK) {
        const etwi_etl_totals totals = totals_of(folder);
        etwi_file_close(&log);
        // A file that cannot be completed is still one that can be read.
        (void)etwi_etl_complete(path, &totals, NULL);
    }
    etwi_session_folder_remove(folder);
}

static etw_status remove_card(void *user, const char *name, const etwi_path_info *info)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    const char *folder = user;
    if (info->is_file && strlen(name) <= 32) {
        snprintf(path, sizeof path, "%s/providers/%s", folder, name);
        etwi_file_remove(path);
    }
    return ETW_OK;
}

void etwi_leftovers_clear(const char *runtime_folder)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_path_info info;
    for (unsigned id = 1; id <= ETW_SESSIONS_MAX; id++) {
        snprintf(path, sizeof path, "%s/sessions/%u", runtime_folder, id);
        if (etwi_path_look(path, &info))
            etwi_leftovers_take(path);
    }
    snprintf(path, sizeof path, "%s/providers", runtime_folder);
    (void)etwi_folder_list(path, remove_card, (void *)(uintptr_t)runtime_folder, NULL);
}
