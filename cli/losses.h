/* What a run did not get to see, by name: the summary after a dump, and --strict. */
#ifndef ETW_CLI_LOSSES_H
#define ETW_CLI_LOSSES_H

#include "text.h"

#include <etw/consumer.h>
#include <etw/sink.h>

/* The losses of one trace or of several together. */
typedef struct cli_losses {
    uint64_t events;       /* By the writer's account. */
    uint64_t buffers;      /* By the writer's account. */
    uint64_t event_flags;  /* Buffers marked "events were lost before this one". */
    uint64_t buffer_flags; /* Buffers marked "buffers were lost before this one". */
    uint64_t corrupt_bytes;
    uint64_t corrupt_regions;
    uint64_t truncated_bytes;
    uint64_t late_events;
    uint64_t schemas_rejected;
    uint64_t incomplete_manifests;
} cli_losses;

/* Of the trace at `index`. */
cli_losses cli_losses_of_trace(const etw_consumer *consumer, size_t index);

/* Of all traces and of the schemas they carry. */
cli_losses cli_losses_of_all(etw_consumer *consumer);

bool cli_losses_any(const cli_losses *losses);

/* One line on stderr for each kind of loss and each trace that has it. */
void cli_losses_say(etw_consumer *consumer, const etw_json_stats *decoded);

/* The same for what was not decoded, and for the schemas alone. */
void cli_losses_say_decoding(etw_consumer *consumer, const etw_json_stats *decoded);
void cli_losses_say_schemas(etw_consumer *consumer);

/*
 * What a command exits with at its end: 1 if `failed`, 3 if --strict was asked for and events
 * were lost, damaged or not decoded. `decoded` may be NULL.
 */
int cli_losses_exit_code(etw_consumer *consumer, const etw_json_stats *decoded, bool strict,
                         bool failed);

#endif
