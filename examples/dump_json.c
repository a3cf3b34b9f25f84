/* dump_json TRACE...: every event as JSON, one object a line; several traces, which may be files
 * and sessions, merged by time. */
#include <etw/etw.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    etw_consumer *consumer;
    etw_json *json;
    const etw_batch *batch;
    etw_status status;
    if (etw_consumer_create(&consumer, NULL, NULL) != ETW_OK ||
        etw_json_create(&json, NULL, NULL) != ETW_OK)
        return 1;
    for (int i = 1; i < argc; i++)
        if (etw_consumer_add(consumer, argv[i], NULL) != ETW_OK)
            fprintf(stderr, "%s: %s\n", argv[i], etw_consumer_error(consumer)->message);
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count && status == ETW_OK; i++) {
            const etw_event *event = &batch->events[i];
            status = etw_json_append(json, event, etw_consumer_schema(consumer, event));
        }
        const etw_str text = etw_json_text(json);
        if (status != ETW_OK || fwrite(text.data, 1, text.size, stdout) != text.size ||
            fflush(stdout) != 0)
            break;
        etw_json_clear(json);
    }
    etw_json_destroy(&json);
    etw_consumer_destroy(&consumer);
    return status == ETW_END ? 0 : 1;
}
