/* live_json PROVIDER: its events as JSON while they are written, until the session is stopped. */
#include <etw/etw.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const etw_session_options options = {.size = sizeof options, .name = "live_json"};
    etw_enable_parameters provider = {.size = sizeof provider};
    etw_session *session;
    etw_consumer *consumer;
    etw_json *json;
    etw_error error;
    const etw_batch *batch;
    if (etw_provider_resolve(&provider.provider, argc > 1 ? argv[1] : "", NULL, &error) ||
        etw_json_create(&json, NULL, &error) || etw_consumer_create(&consumer, NULL, &error) ||
        etw_session_start(&session, &options, &error))
        return fprintf(stderr, "live_json: %s\n", error.message), 1;
    bool good = !etw_consumer_add_session(consumer, options.name, NULL) &&
                !etw_session_enable(session, &provider, NULL);
    while (good && etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        for (const etw_event *event = batch->events; event < batch->events + batch->count; event++)
            good &= !etw_json_append(json, event, etw_consumer_schema(consumer, event));
        fwrite(etw_json_text(json).data, etw_json_text(json).size, 1, stdout);
        etw_json_clear(json);
        good &= fflush(stdout) == 0;
    }
    good &= etw_session_stop(session, NULL) == ETW_E_NOT_FOUND; // Somebody else has stopped it.
    etw_session_close(&session);
    etw_consumer_destroy(&consumer);
    etw_json_destroy(&json);
    return good ? 0 : 1;
}
