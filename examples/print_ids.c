/*
 * print_ids [--names] TRACE: id and provider of every event of a file or a session.
 *
 * Without --names this is all that an event's header says: no schema is looked for, in the trace or
 * elsewhere. With it, each event's schema adds the names of provider and event; the payload is not
 * touched in either case.
 */
#include <etw/etw.h>

#include <stdio.h>
#include <string.h>

/* What people call the id of an event, whatever kind of header it has. */
static unsigned id_of(const etw_event *event)
{
    return event->flags & ETW_EVENT_CLASSIC ? event->opcode : event->id;
}

static void print_header(const etw_event *event)
{
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(&event->provider, ETW_GUID_BRACES, guid);
    printf("%u %s\n", id_of(event), guid);
}

static void print_names(const etw_event *event, const etw_schema *schema)
{
    if (!schema || !schema->provider_name.size) {
        print_header(event);
        return;
    }
    /* Views need not end with a zero, so their size goes along. */
    const etw_str provider = schema->provider_name;
    const etw_str name = schema->event_name.size ? schema->event_name : schema->task_name;
    const etw_str opcode = schema->opcode_name;
    printf("%u %.*s/%.*s%s%.*s\n", id_of(event), (int)provider.size, provider.data, (int)name.size,
           name.data, opcode.size ? "/" : "", (int)opcode.size, opcode.data);
}

static int print_all(etw_consumer *consumer, bool with_names)
{
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            if (with_names)
                print_names(event, etw_consumer_schema(consumer, event));
            else
                print_header(event);
        }
    }
    return status == ETW_END ? 0 : 1;
}

int main(int argc, char **argv)
{
    const bool with_names = argc == 3 && strcmp(argv[1], "--names") == 0;
    if (argc != 2 && !with_names) {
        fputs("usage: print_ids [--names] TRACE\n", stderr);
        return 2;
    }
    const etw_consumer_options options = {.size = sizeof options, .without_schemas = !with_names};
    etw_consumer *consumer;
    etw_error error;
    if (etw_consumer_create(&consumer, &options, &error) != ETW_OK) {
        fprintf(stderr, "print_ids: %s\n", error.message);
        return 1;
    }
    int code = 1;
    if (etw_consumer_add(consumer, argv[argc - 1], NULL) == ETW_OK)
        code = print_all(consumer, with_names);
    if (code != 0)
        fprintf(stderr, "print_ids: %s\n", etw_consumer_error(consumer)->message);
    etw_consumer_destroy(&consumer);
    return code;
}
