/* The two ways to write what `etw stats` counted. */
#ifndef ETW_CLI_STATS_H
#define ETW_CLI_STATS_H

#include "losses.h"
#include "tally.h"

#include <etw/consumer.h>

typedef struct stats_facts {
    etw_consumer *consumer;
    const tally_counts *tally;
    const tally_report *report;
    cli_losses losses;
} stats_facts;

void stats_add_json(cli_text *text, const stats_facts *stats);
void stats_add_text(cli_text *text, const stats_facts *stats);

/* Events by header kind over all traces. */
void stats_header_kinds(const etw_consumer *consumer, uint64_t out[ETW_HEADER_KIND_COUNT]);

/* Tenths of events per second; 0 if all events have one time. */
uint64_t stats_rate(const tally_counts *tally);

#endif
