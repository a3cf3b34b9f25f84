/*
 * levels TRACE: the four levels at which events can be consumed, all in one run.
 *
 * Each level sees an event only if the one before it asked for more. Programs set the levels they
 * need; the others cost nothing.
 */
#include <etw/etw.h>

#include <inttypes.h>
#include <stdio.h>

typedef struct totals {
    uint64_t records;
    uint64_t described;
    uint64_t properties;
    etw_json *json;
} totals;

/* Level 1: the header and the bytes. */
static etw_flow on_record(void *user, const etw_event *event)
{
    totals *all = user;
    all->records++;
    return event->payload_size ? ETW_FLOW_NEXT : ETW_FLOW_SKIP;
}

/* Level 2: what the event means. */
static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    totals *all = user;
    (void)event;
    if (!schema)
        return ETW_FLOW_SKIP;
    all->described++;
    return ETW_FLOW_NEXT;
}

/* Level 3: where its properties are. Goes on only for those with an image. */
static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    totals *all = user;
    etw_item item;
    all->properties += prepared->count;
    const int index = etw_schema_find_property(prepared->schema, (etw_str){"ImageFileName", 13});
    return index >= 0 && etw_prepared_item(prepared, (size_t)index, &item) == ETW_OK
               ? ETW_FLOW_NEXT
               : ETW_FLOW_SKIP;
}

/* Level 4: all values, and properties of our own. */
static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    totals *all = user;
    char image[260];
    etw_item_text(etw_decoded_find(decoded, "ImageFileName"), NULL, image, sizeof image);
    if (etw_decoded_set(decoded, "Note", image[0] ? "has an image" : "no image") != ETW_OK ||
        etw_json_append_decoded(all->json, decoded) != ETW_OK)
        return ETW_FLOW_STOP;
    const etw_str line = etw_json_text(all->json);
    fwrite(line.data, 1, line.size, stdout);
    etw_json_clear(all->json);
    return ETW_FLOW_NEXT;
}

static int fail(const etw_error *error)
{
    fprintf(stderr, "levels: %s\n", error->message);
    return 1;
}

int main(int argc, char **argv)
{
    totals all = {0, 0, 0, NULL};
    etw_consumer *consumer;
    etw_error error;
    if (argc != 2) {
        fputs("usage: levels TRACE\n", stderr);
        return 2;
    }
    if (etw_json_create(&all.json, NULL, &error) != ETW_OK ||
        etw_consumer_create(&consumer, NULL, &error) != ETW_OK)
        return fail(&error);
    const etw_consumer_ops ops = {
        .size = sizeof ops,
        .user = &all,
        .on_record = on_record,
        .on_schema = on_schema,
        .on_items = on_items,
        .on_decoded = on_decoded,
    };
    etw_status status = etw_consumer_add(consumer, argv[1], NULL);
    if (status == ETW_OK)
        status = etw_consumer_run(consumer, &ops);
    printf("%" PRIu64 " events, %" PRIu64 " with payload and schema, %" PRIu64 " properties\n",
           all.records, all.described, all.properties);
    const int code = status == ETW_END ? 0 : fail(etw_consumer_error(consumer));
    etw_consumer_destroy(&consumer);
    etw_json_destroy(&all.json);
    return code;
}
