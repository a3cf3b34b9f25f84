/*
 * get_property TRACE: the processes that were started, from typed properties of their events: those
 * of Windows' kernel, and of programs that describe theirs alike. TRACE is a file or a session.
 *
 * A property is found by name in the payload of one event; the getters check its type and convert
 * it. Versions of Windows differ in which properties the event has, so each may be missing.
 */
#include <etw/etw.h>

#include <inttypes.h>
#include <stdio.h>

enum {
    OPCODE_START = 1 /* Of kernel events: the type. */
};

/* Whether something with an image has started. */
static bool is_start(const etw_event *event, const etw_schema *schema)
{
    etw_item image;
    return event->opcode == OPCODE_START &&
           etw_event_item_by_name(event, schema, "ImageFileName", &image) == ETW_OK;
}

/* A number, or `fallback` if the event has no such property or it is no number. */
static uint64_t number_of(const etw_event *event, const etw_schema *schema, const char *name,
                          uint64_t fallback)
{
    etw_item item;
    uint64_t value;
    if (etw_event_item_by_name(event, schema, name, &item) != ETW_OK ||
        etw_item_u64(&item, &value) != ETW_OK)
        return fallback;
    return value;
}

/* Any value as text; empty if the event has no such property. Longer texts are cut. */
static void text_of(const etw_event *event, const etw_schema *schema, const char *name, char *out,
                    size_t size)
{
    etw_item item;
    out[0] = '\0';
    if (etw_event_item_by_name(event, schema, name, &item) == ETW_OK)
        etw_item_text(&item, NULL, out, size);
}

static void print_start(const etw_event *event, const etw_schema *schema)
{
    char time[ETW_TIME_TEXT_SIZE], image[260], user[200], command[4096];
    etw_time_format(event->timestamp, time);
    text_of(event, schema, "ImageFileName", image, sizeof image);
    text_of(event, schema, "UserSID", user, sizeof user);
    text_of(event, schema, "CommandLine", command, sizeof command);
    printf("%s %" PRIu64 " started %" PRIu64 " %s as %s: %s\n", time,
           number_of(event, schema, "ParentId", 0), number_of(event, schema, "ProcessId", 0), image,
           user[0] ? user : "-", command[0] ? command : "-");
}

static etw_status print_starts(etw_consumer *consumer)
{
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            const etw_schema *schema = etw_consumer_schema(consumer, event);
            if (is_start(event, schema))
                print_start(event, schema);
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    etw_consumer *consumer;
    etw_error error;
    if (argc != 2) {
        fputs("usage: get_property TRACE\n", stderr);
        return 2;
    }
    if (etw_consumer_create(&consumer, NULL, &error) != ETW_OK) {
        fprintf(stderr, "get_property: %s\n", error.message);
        return 1;
    }
    etw_status status = etw_consumer_add(consumer, argv[1], NULL);
    if (status == ETW_OK)
        status = print_starts(consumer);
    if (etw_failed(status))
        fprintf(stderr, "get_property: %s\n", etw_consumer_error(consumer)->message);
    etw_consumer_destroy(&consumer);
    return etw_failed(status) ? 1 : 0;
}
