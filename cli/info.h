/* What `etw info` tells about one trace, and its two ways to write it. */
#ifndef ETW_CLI_INFO_H
#define ETW_CLI_INFO_H

#include "losses.h"

typedef struct info_facts {
    const etw_trace_info *header;
    const etw_trace_stats *stats;
    cli_losses losses;
    etw_schema_store_stats schemas; /* What the trace carries, and what is built in. */
    uint64_t events_by_source[ETW_SCHEMA_SOURCE_COUNT];
    uint64_t first_time; /* Of events; FILETIME, 0 if there are none. */
    uint64_t last_time;
} info_facts;

void info_add_json(cli_text *text, const info_facts *info);
void info_add_text(cli_text *text, const info_facts *info);

/* Calls `use` for each bit of the mode that has a name; unnamed bits are returned. */
uint32_t info_mode_names(uint32_t mode, void (*use)(const char *name, void *user), void *user);

const char *info_clock_name(etw_clock_type type);

#endif
