/*
 * peak LEVEL TRACE: reads a trace in time order, and prints the number of events and the peak of
 * memory in KiB. Level 3 has the callbacks of the levels 1 to 3, level 4 has two threads write
 * JSON.
 */
#include <etw/etw.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The most memory that this program ever had. Not what getrusage() says, because that includes the
 * program that started this one. */
static long peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long peak = -1;
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return peak;
}

static etw_flow on_record(void *user, const etw_event *event)
{
    *(uint64_t *)user += event->payload_size != UINT16_MAX;
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    return on_record(user, event);
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    return on_record(user, prepared->event);
}

static void *begin_thread(void *user)
{
    (void)user;
    etw_json *json = NULL;
    return etw_json_create(&json, NULL, NULL) == ETW_OK ? json : NULL;
}

static void end_thread(void *user, void *local)
{
    (void)user;
    etw_json *json = local;
    etw_json_destroy(&json);
}

static etw_flow format_batch(void *user, void *local, const etw_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        if (etw_json_append(local, event, etw_consumer_schema(user, event)) != ETW_OK)
            return ETW_FLOW_STOP;
    }
    return ETW_FLOW_NEXT;
}

static etw_flow drop_text(void *user, void *local)
{
    (void)user;
    etw_json_clear(local);
    return ETW_FLOW_NEXT;
}

static etw_status read_all(etw_consumer *consumer, int level)
{
    uint64_t count = 0;
    const etw_consumer_ops ops = {.size = sizeof ops,
                                  .user = &count,
                                  .on_record = on_record,
                                  .on_schema = on_schema,
                                  .on_items = on_items};
    const etw_work work = {sizeof work, consumer,     begin_thread,
                           end_thread,  format_batch, drop_text};
    return level == 4 ? etw_consumer_process(consumer, &work) : etw_consumer_run(consumer, &ops);
}

int main(int argc, char **argv)
{
    const long level = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    if (level < 3 || level > 4) {
        fputs("usage: peak LEVEL TRACE\n", stderr);
        return 2;
    }
    const etw_consumer_options options = {.size = sizeof options, .threads = level == 4 ? 2 : 1};
    etw_consumer_stats stats = {.size = sizeof stats};
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_file(consumer, argv[2]) != ETW_OK ||
        read_all(consumer, (int)level) != ETW_END ||
        etw_consumer_get_stats(consumer, &stats) != ETW_OK) {
        fputs("peak: the trace cannot be read\n", stderr);
        return 1;
    }
    etw_consumer_destroy(&consumer);
    printf("%" PRIu64 " %ld\n", stats.events, peak_kib());
    return 0;
}
