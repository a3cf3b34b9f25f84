#include "losses.h"

#include "cmd.h"

#include <inttypes.h>

cli_losses cli_losses_of_trace(const etw_consumer *consumer, size_t index)
{
    const etw_trace_info *info = etw_consumer_trace_info(consumer, index);
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, index);
    return (cli_losses){
        .events = info->events_lost,
        .buffers = info->buffers_lost,
        .event_flags = stats->events_lost_flags,
        .buffer_flags = stats->buffers_lost_flags,
        .corrupt_bytes = stats->corrupt_bytes,
        .corrupt_regions = stats->corrupt_regions,
        .truncated_bytes = stats->truncated_bytes,
        .late_events = stats->late_events,
    };
}

cli_losses cli_losses_of_all(etw_consumer *consumer)
{
    cli_losses sum = {0};
    for (size_t i = 0; i < etw_consumer_trace_count(consumer); i++) {
        const cli_losses one = cli_losses_of_trace(consumer, i);
        sum.events += one.events;
        sum.buffers += one.buffers;
        sum.event_flags += one.event_flags;
        sum.buffer_flags += one.buffer_flags;
        sum.corrupt_bytes += one.corrupt_bytes;
        sum.corrupt_regions += one.corrupt_regions;
        sum.truncated_bytes += one.truncated_bytes;
        sum.late_events += one.late_events;
    }
    const etw_schema_store_stats schemas =
        etw_schema_store_get_stats(etw_consumer_schemas(consumer));
    sum.schemas_rejected = schemas.rejected;
    sum.incomplete_manifests = schemas.incomplete_manifests;
    return sum;
}

bool cli_losses_any(const cli_losses *losses)
{
    return losses->events || losses->buffers || losses->event_flags || losses->buffer_flags ||
           losses->corrupt_regions || losses->corrupt_bytes || losses->truncated_bytes ||
           losses->late_events || losses->schemas_rejected || losses->incomplete_manifests;
}

static void say_count(etw_str path, uint64_t count, const char *singular, const char *plural)
{
    if (count)
        cli_say("etw: %.*s: %" PRIu64 " %s\n", (int)path.size, path.data, count,
                count == 1 ? singular : plural);
}

static void say_damage(etw_str path, const cli_losses *losses, const etw_error *first)
{
    if (!losses->corrupt_bytes && !losses->corrupt_regions)
        return;
    cli_say("etw: %.*s: %" PRIu64 " bytes damaged in %" PRIu64 " place%s and skipped",
            (int)path.size, path.data, losses->corrupt_bytes, losses->corrupt_regions,
            losses->corrupt_regions == 1 ? "" : "s");
    char place[CLI_PLACE_TEXT_SIZE];
    if (first->status != ETW_OK)
        cli_say("; first: %s%s", first->message, cli_error_place(first, place));
    cli_say("\n");
}

static void say_trace(const etw_consumer *consumer, size_t index)
{
    const cli_losses losses = cli_losses_of_trace(consumer, index);
    const etw_str path = etw_consumer_trace_info(consumer, index)->path;
    say_count(path, losses.events, "event lost by the session", "events lost by the session");
    say_count(path, losses.buffers, "buffer lost by the session", "buffers lost by the session");
    say_count(path, losses.event_flags, "buffer follows events that were lost",
              "buffers follow events that were lost");
    say_count(path, losses.buffer_flags, "buffer follows buffers that were lost",
              "buffers follow buffers that were lost");
    say_damage(path, &losses, &etw_consumer_trace_stats(consumer, index)->first_damage);
    say_count(path, losses.truncated_bytes, "byte missing at the end of the file",
              "bytes missing at the end of the file");
    say_count(path, losses.late_events, "event out of order to keep within --memory",
              "events out of order to keep within --memory");
}

void cli_losses_say_schemas(etw_consumer *consumer)
{
    const etw_schema_store_stats stats = etw_schema_store_get_stats(etw_consumer_schemas(consumer));
    if (stats.rejected)
        cli_say("etw: %" PRIu64 " malformed schema%s not used; first: %s\n", stats.rejected,
                stats.rejected == 1 ? "" : "s", stats.first_rejected.message);
    if (stats.incomplete_manifests)
        cli_say("etw: %" PRIu64 " manifest%s in the traces incomplete\n",
                stats.incomplete_manifests, stats.incomplete_manifests == 1 ? "" : "s");
}

void cli_losses_say(etw_consumer *consumer, const etw_json_stats *decoded)
{
    for (size_t i = 0; i < etw_consumer_trace_count(consumer); i++)
        say_trace(consumer, i);
    cli_losses_say_decoding(consumer, decoded);
}

void cli_losses_say_decoding(etw_consumer *consumer, const etw_json_stats *decoded)
{
    cli_losses_say_schemas(consumer);
    if (decoded->without_schema)
        cli_say("etw: %" PRIu64 " event%s without schema: the payload is given as bytes\n",
                decoded->without_schema, decoded->without_schema == 1 ? "" : "s");
    if (decoded->errors)
        cli_say("etw: %" PRIu64 " event%s did not decode to the end: the rest is given as bytes\n",
                decoded->errors, decoded->errors == 1 ? "" : "s");
}

int cli_losses_exit_code(etw_consumer *consumer, const etw_json_stats *decoded, bool strict,
                         bool failed)
{
    if (failed)
        return CLI_EXIT_FAILED;
    const cli_losses losses = cli_losses_of_all(consumer);
    const bool undecoded = decoded && (decoded->errors || decoded->without_schema);
    return strict && (undecoded || cli_losses_any(&losses)) ? CLI_EXIT_STRICT : CLI_EXIT_OK;
}
