/* live_json PROVIDER: its events as JSON while they are written, until the session is stopped. */
#include <etw/etw.h>
#include <stdio.h>

static etw_flow print(void *json, const etw_event *event, const etw_schema *schema)
{
    if (etw_json_append(json, event, schema) == ETW_OK)
        printf("%.*s", (int)etw_json_text(json).size, etw_json_text(json).data);
    etw_json_clear(json);
    return fflush(stdout) == 0 ? ETW_FLOW_NEXT : ETW_FLOW_STOP;
}

int main(int argc, char **argv)
{
    const etw_session_options options = {.size = sizeof options, .name = "live_json"};
    etw_enable_parameters provider = {.size = sizeof provider};
    etw_consumer *consumer;
    etw_session *session;
    etw_json *json;
    etw_error error;
    if (etw_provider_resolve(&provider.provider, argc > 1 ? argv[1] : "", NULL, &error) ||
        etw_json_create(&json, NULL, &error) || etw_consumer_create(&consumer, NULL, &error) ||
        etw_session_start(&session, &options, &error))
        return fprintf(stderr, "live_json: %s\n", error.message), 1;
    const etw_consumer_ops ops = {.size = sizeof ops, .user = json, .on_schema = print};
    const bool good = !etw_consumer_add_session(consumer, options.name, NULL) &&
                      !etw_session_enable(session, &provider, NULL) &&
                      etw_consumer_run(consumer, &ops) == ETW_END;
    etw_session_stop(session, NULL);
    etw_session_close(&session);
    etw_consumer_destroy(&consumer);
    etw_json_destroy(&json);
    return good ? 0 : 1;
}
