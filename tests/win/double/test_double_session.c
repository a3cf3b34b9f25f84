/*
 * libetw on Windows' ETW, all the way through the double: a session is started, a provider enabled
 * and registered, events are written, consumed at all levels and described, by the public interface
 * alone. What arrived at each function is looked at, and what each documented error comes to.
 */
#include "contract.h"

#include "test.h"

#include <etw/etw.h>
#include <etw/tracelogging.h>

#include <stdlib.h>

enum {
    EVENTS = 1000,
    LEVELS = 4
};

static const char name[] = "libetw end to end";

static const char manifest[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation xmlns:win='urn:win'><events>"
    "<provider name='Contoso-Double' guid='{9C0F3B1A-5A0E-4C0D-8E11-2D375B924160}'>"
    "<keywords><keyword name='Net' mask='0x10'/></keywords>"
    "<tasks><task name='Transfer' value='3'/></tasks>"
    "<maps><valueMap name='Colours'><map value='1' message='Red'/><map value='2' message='Blue'/>"
    "</valueMap></maps>"
    "<templates><template tid='T'><data name='Number' inType='win:UInt32'/>"
    "<data name='Colour' inType='win:UInt32' map='Colours'/></template></templates>"
    "<events><event value='7' version='1' level='win:Informational' keywords='Net' task='Transfer'"
    " template='T' symbol='Sent'/></events>"
    "</provider></events></instrumentation></instrumentationManifest>";

static bool load_manifest(void)
{
    FILE *file = fopen(contract_path("contoso.man"), "wb");
    if (!file)
        return false;
    fputs(manifest, file);
    fclose(file);
    return contract_script->add_schemas(contract_path("contoso.man"));
}

/* ---- the way of an event --------------------------------------------------------------------- */

typedef struct seen {
    uint32_t levels[LEVELS];
    uint32_t numbers_in_order;
    uint32_t described; /* With the name of the colour. */
} seen;

static etw_flow on_record(void *user, const etw_event *event)
{
    seen *what = user;
    uint32_t number = 0;
    if (event->payload_size >= sizeof number)
        memcpy(&number, event->payload, sizeof number);
    what->numbers_in_order += number == what->levels[0];
    what->levels[0]++;
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    (void)event;
    ((seen *)user)->levels[1] += schema && schema->source == ETW_SCHEMA_TDH;
    return ETW_FLOW_NEXT;
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    (void)prepared;
    ((seen *)user)->levels[2]++;
    return ETW_FLOW_NEXT;
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    seen *what = user;
    (void)decoded;
    what->levels[3]++;
    return what->levels[3] == EVENTS ? ETW_FLOW_STOP : ETW_FLOW_NEXT;
}

static etw_provider *register_provider(void)
{
    etw_provider *provider = NULL;
    const etw_provider_options options = {.size = sizeof options, .guid = contract_provider};
    CHECK_EQ(etw_provider_register(&provider, &options, NULL), ETW_OK);
    return provider;
}

static void write_events(etw_provider *provider)
{
    const etw_event_descriptor descriptor = {7, 1, 0, 4, 0, 3, 0x10};
    for (uint32_t i = 0; i < EVENTS; i++) {
        const uint32_t payload[2] = {i, 2};
        const etw_event_data data = {(const uint8_t *)payload, sizeof payload};
        CHECK_EQ(etw_provider_write(provider, &descriptor, NULL, NULL, &data, 1), ETW_OK);
    }
}

static etw_session *start(void)
{
    etw_session *session = NULL;
    etw_error error;
    const etw_session_options options = {.size = sizeof options, .name = name};
    if (etw_session_start(&session, &options, &error) != ETW_OK)
        printf("%s\n", error.message);
    return session;
}

static void events_go_all_the_way(void)
{
    seen what;
    etw_consumer *consumer;
    memset(&what, 0, sizeof what);
    contract_script->reset();
    REQUIRE(load_manifest());
    etw_session *session = start();
    REQUIRE(session != NULL);
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = contract_provider,
                                              .level = 5,
                                              .match_any_keyword = 0x10,
                                              .timeout_ms = 5000};
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    etw_provider *provider = register_provider();
    REQUIRE(provider != NULL);
    CHECK(etw_provider_enabled(provider, 4, 0x10));
    CHECK(!etw_provider_enabled(provider, 6, 0x10));
    REQUIRE(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK);
    CHECK_EQ(etw_consumer_add_session(consumer, name, NULL), ETW_OK);
    write_events(provider);
    const etw_consumer_ops ops = {.size = sizeof ops,
                                  .user = &what,
                                  .on_record = on_record,
                                  .on_schema = on_schema,
                                  .on_items = on_items,
                                  .on_decoded = on_decoded};
    CHECK_EQ(etw_consumer_run(consumer, &ops), ETW_STOPPED);
    CHECK_EQ(what.numbers_in_order, EVENTS);
    for (int i = 0; i < LEVELS; i++)
        CHECK_EQ(what.levels[i], EVENTS);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(etw_session_capture_state(session, NULL, 1000), ETW_OK);
    CHECK_EQ(etw_session_flush(session), ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etw_session_query(session, &info), ETW_OK);
    CHECK_EQ(info.backend, ETW_BACKEND_WINDOWS);
    CHECK_EQ(etw_session_disable(session, &contract_provider), ETW_OK);
    etw_provider_unregister(&provider);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

/* ---- what arrived ---------------------------------------------------------------------------- */

static uint32_t u32_at(double_block block, size_t at)
{
    uint32_t value = 0;
    if (block.data && at + sizeof value <= block.size)
        memcpy(&value, block.data + at, sizeof value);
    return value;
}

/* Of the calls of the test before this one. */
static void calls_have_the_right_arguments(void)
{
    const double_call *call = contract_script->call("StartTraceW", 0);
    REQUIRE(call != NULL);
    double_block block = double_block_of(call, "properties");
    CHECK(u32_at(block, 0) <= block.size);
    CHECK(u32_at(block, offsetof(etwi_abi_properties, wnode.flags)) & ETWI_ABI_WNODE_TRACED_GUID);
    CHECK_EQ(u32_at(block, offsetof(etwi_abi_properties, log_file_mode)) & 0x100, 0x100);
    CHECK_EQ(u32_at(block, offsetof(etwi_abi_properties, buffer_size)), 64);
    CHECK(u32_at(block, offsetof(etwi_abi_properties, logger_name_offset)) >=
          ETWI_ABI_PROPERTIES_V1_SIZE);
    block = double_block_of(call, "name");
    CHECK(block.data && contract_is((const etwi_abi_char *)(const void *)block.data, name));

    call = contract_script->call("EnableTraceEx2", 0);
    REQUIRE(call != NULL);
    block = double_block_of(call, "provider");
    CHECK(block.data && memcmp(block.data, &contract_provider, sizeof contract_provider) == 0);
    CHECK_EQ(call->arguments[2], 1);
    CHECK_EQ(call->arguments[3], 5);
    CHECK_EQ(call->arguments[4], 0x10);
    CHECK_EQ(call->arguments[6], 5000);

    call = contract_script->call("OpenTraceW", 0);
    REQUIRE(call != NULL);
    block = double_block_of(call, "logfile");
    const uint32_t mode = u32_at(block, offsetof(etwi_abi_logfile, process_trace_mode));
    CHECK_EQ(mode, 0x10001100); // EVENT_RECORD, RAW_TIMESTAMP, REAL_TIME.

    call = contract_script->call("EventWriteTransfer", EVENTS - 1);
    REQUIRE(call != NULL);
    block = double_block_of(call, "datum");
    CHECK_EQ(u32_at(block, 0), EVENTS - 1);
    CHECK_EQ(block.size, 8);
    CHECK_EQ(contract_script->call_count("ProcessTrace"), 1);
    CHECK_EQ(contract_script->call_count("CloseTrace"), 1);
    CHECK(contract_script->call_count("TdhGetEventInformation") >= 1);
    CHECK_EQ(contract_script->call_count("EventRegister"), 1);
    CHECK_EQ(contract_script->call_count("EventUnregister"), 1);
    CHECK_EQ(
        contract_script->call("ControlTraceW", contract_script->call_count("ControlTraceW") - 1)
            ->arguments[3],
        1); // The last one stops.
}

/* ---- what errors come to --------------------------------------------------------------------- */

typedef struct expectation {
    uint32_t code;
    etw_status status;
} expectation;

static const expectation of_start[] = {
    {5, ETW_E_ACCESS},    {24, ETW_E_INVALID}, {87, ETW_E_INVALID}, {112, ETW_E_LIMIT},
    {161, ETW_E_INVALID}, {183, ETW_E_EXISTS}, {1450, ETW_E_LIMIT},
};
static const expectation of_control[] = {
    {5, ETW_E_ACCESS},    {24, ETW_E_INVALID},     {87, ETW_E_INVALID},
    {161, ETW_E_INVALID}, {4201, ETW_E_NOT_FOUND},
};
static const expectation of_enable[] = {
    {5, ETW_E_ACCESS},
    {87, ETW_E_INVALID},
    {1450, ETW_E_LIMIT},
    {1460, ETW_E_TIMEOUT},
};
static const expectation of_open[] = {
    {5, ETW_E_ACCESS},
    {87, ETW_E_INVALID},
    {161, ETW_E_INVALID},
    {4201, ETW_E_NOT_FOUND},
};

static void starting_fails_as_documented(void)
{
    for (size_t i = 0; i < sizeof of_start / sizeof of_start[0]; i++) {
        etw_session *session = NULL;
        etw_error error;
        const etw_session_options options = {.size = sizeof options, .name = name};
        contract_script->fail("StartTraceW", of_start[i].code);
        CHECK_EQ(etw_session_start(&session, &options, &error), of_start[i].status);
        CHECK(strlen(error.message) > 0);
        etw_session_close(&session);
    }
}

static void controlling_fails_as_documented(void)
{
    etw_session *session = start();
    REQUIRE(session != NULL);
    for (size_t i = 0; i < sizeof of_control / sizeof of_control[0]; i++) {
        etw_session_info info = {.size = sizeof info};
        contract_script->fail("ControlTraceW", of_control[i].code);
        CHECK_EQ(etw_session_query(session, &info), of_control[i].status);
        CHECK(strstr(etw_session_error(session)->message, name) != NULL);
    }
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_E_NOT_FOUND);
    etw_session_close(&session);
}

static void enabling_fails_as_documented(void)
{
    etw_session *session = start();
    REQUIRE(session != NULL);
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = contract_provider, .level = 5};
    for (size_t i = 0; i < sizeof of_enable / sizeof of_enable[0]; i++) {
        contract_script->fail("EnableTraceEx2", of_enable[i].code);
        CHECK_EQ(etw_session_enable(session, &parameters, NULL), of_enable[i].status);
    }
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

static void opening_fails_as_documented(void)
{
    etw_session *session = start();
    etw_consumer *consumer;
    REQUIRE(session != NULL && etw_consumer_create(&consumer, NULL, NULL) == ETW_OK);
    for (size_t i = 0; i < sizeof of_open / sizeof of_open[0]; i++) {
        contract_script->fail("OpenTraceW", of_open[i].code);
        CHECK_EQ(etw_consumer_add_session(consumer, name, NULL), of_open[i].status);
    }
    // A header of zeros just after a restart: it is opened again.
    contract_script->set(DOUBLE_ZERO_HEADERS, 1);
    CHECK_EQ(etw_consumer_add_session(consumer, name, NULL), ETW_OK);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

static void a_session_that_exists_can_be_taken_over(void)
{
    etw_session *first = start(), *second = NULL;
    REQUIRE(first != NULL);
    etw_session_options options = {.size = sizeof options, .name = name};
    CHECK_EQ(etw_session_start(&second, &options, NULL), ETW_E_EXISTS);
    options.existing = ETW_EXISTING_RESTART;
    CHECK_EQ(etw_session_start(&second, &options, NULL), ETW_OK);
    etw_session_close(&first);
    CHECK_EQ(etw_session_stop(second, NULL), ETW_OK);
    etw_session_close(&second);
}

/* ---- the rest of the table ------------------------------------------------------------------- */

static void rights_are_read_and_changed(void)
{
    char text[512];
    CHECK_EQ(etw_access_query(&contract_provider, text, sizeof text, NULL, NULL), ETW_OK);
    CHECK(strstr(text, "BA)") != NULL);
    CHECK_EQ(etw_access_add(&contract_provider, "S-1-1-0", 0x80, true, NULL), ETW_OK);
    CHECK_EQ(etw_access_query(&contract_provider, text, sizeof text, NULL, NULL), ETW_OK);
    CHECK(strstr(text, "WD)") != NULL);
    CHECK_EQ(etw_access_remove(&contract_provider, NULL), ETW_OK);
    CHECK_EQ(contract_script->call_count("EventAccessRemove"), 1);
}

static void providers_of_the_system_are_known(void)
{
    etw_schema_store *store;
    etw_provider_list *list;
    REQUIRE(load_manifest());
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    CHECK_EQ(etw_schema_store_add_provider(store, &contract_provider, NULL), ETW_OK);
    REQUIRE(etw_provider_list_create(&list, store, NULL, NULL) == ETW_OK);
    const etw_provider_info *found = etw_provider_list_find_guid(list, &contract_provider);
    REQUIRE(found != NULL);
    CHECK_STR(found->name, "Contoso-Double");
    CHECK_EQ(found->event_count, 1);
    CHECK_EQ(found->named[ETW_NAMED_KEYWORD].count, 1);
    etw_provider_list_destroy(&list);
    etw_schema_store_destroy(&store);
    CHECK(contract_script->call_count("TdhEnumerateManifestProviderEvents") >= 1);
    CHECK(contract_script->call_count("TdhGetManifestEventInformation") >= 1);
    CHECK(contract_script->call_count("TdhEnumerateProviderFieldInformation") >= 1);
    CHECK(contract_script->call_count("TdhEnumerateProviders") >= 1);
}

static void payload_filters_are_made_by_tdh(void)
{
    etw_session *session = start();
    REQUIRE(session != NULL && load_manifest());
    const uint16_t id = 7;
    const etw_payload_predicate predicate = {{"Number", 6}, ETW_PAYLOAD_GT, {"5", 1}};
    const etw_provider_filter filter = {.type = ETW_FILTER_TYPE_PAYLOAD,
                                        .ids = &id,
                                        .id_count = 1,
                                        .predicates = &predicate,
                                        .predicate_count = 1};
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = contract_provider,
                                              .level = 5,
                                              .filters = &filter,
                                              .filter_count = 1};
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    const double_call *call = contract_script->call("TdhCreatePayloadFilter", 0);
    REQUIRE(call != NULL);
    const double_block field = double_block_of(call, "field");
    CHECK(field.data && contract_is((const etwi_abi_char *)(const void *)field.data, "Number"));
    CHECK_EQ(contract_script->call_count("TdhAggregatePayloadFilters"), 1);
    CHECK_EQ(contract_script->call_count("TdhCleanupPayloadEventFilterDescriptor"), 1);
    CHECK_EQ(contract_script->call_count("TdhDeletePayloadFilter"), 1);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

static void sessions_and_registered_providers_are_listed(void)
{
    etw_session_list *sessions;
    etw_registered_list *registered;
    etw_session *session = start();
    etw_provider *provider = register_provider();
    REQUIRE(session && provider);
    REQUIRE(etw_session_list_create(&sessions, ETW_BACKEND_DEFAULT, NULL) == ETW_OK);
    CHECK_EQ(etw_session_list_count(sessions), 1);
    CHECK_TEXT(etw_session_list_at(sessions, 0)->name, name);
    etw_session_list_destroy(&sessions);
    REQUIRE(etw_registered_list_create(&registered, NULL) == ETW_OK);
    CHECK_EQ(etw_registered_list_count(registered), 1);
    etw_registered_list_destroy(&registered);
    CHECK(contract_script->call_count("QueryAllTracesW") >= 1);
    CHECK(contract_script->call_count("EnumerateTraceGuidsEx") >= 1);
    etw_provider_unregister(&provider);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    if (!contract_script) {
        printf("this needs the double\n");
        return 2;
    }
    RUN(events_go_all_the_way);
    RUN(calls_have_the_right_arguments);
    RUN(starting_fails_as_documented);
    RUN(controlling_fails_as_documented);
    RUN(enabling_fails_as_documented);
    RUN(opening_fails_as_documented);
    RUN(a_session_that_exists_can_be_taken_over);
    RUN(rights_are_read_and_changed);
    RUN(providers_of_the_system_are_known);
    RUN(payload_filters_are_made_by_tdh);
    RUN(sessions_and_registered_providers_are_listed);
    CHECK(contract_end());
    return test_finish();
}
