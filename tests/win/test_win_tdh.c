/*
 * What Windows knows of events and providers, by functions that a test makes up: what they are
 * given is checked, and they want more room than they are given first.
 */
#include "test.h"

#include "etl_metadata.h"
#include "schema/native.h"
#include "schema/store.h"
#include "session/win/api.h"

#include <stdlib.h>

enum {
    CODE_NOT_ENOUGH_MEMORY = 8,
    CODE_INSUFFICIENT_BUFFER = 122,
    CODE_NOT_FOUND = 1168,
};

static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};

/* What TDH answers. */
static etlb_writer answer;
static uint32_t answer_code;
static bool claims_growth; /* Each time a little more than was told before. */

/* What it was asked. */
static unsigned calls;
static etwi_abi_record asked_record;
static etwi_abi_extended_item asked_items[4];
static uint8_t asked_payload[8];
static uint32_t asked_fields;
static char asked_name[16];
static bool asked_badly;

static etw_schema_store *store;
static etw_error error;

/* ---- The table. ---- */

static uint32_t give(void *out, uint32_t *size)
{
    const uint32_t needed = (uint32_t)answer.size;
    calls++;
    if (answer_code)
        return answer_code;
    if (claims_growth) {
        *size += 8;
        return CODE_INSUFFICIENT_BUFFER;
    }
    if (*size < needed) {
        *size = needed;
        return CODE_INSUFFICIENT_BUFFER;
    }
    memcpy(out, answer.data, needed);
    *size = needed;
    return 0;
}

static uint32_t ETWI_ABI_CALL event_information(etwi_abi_record *record, uint32_t context_count,
                                                etwi_abi_tdh_context *contexts, void *info,
                                                uint32_t *size)
{
    asked_record = *record;
    for (unsigned i = 0; i < record->extended_data_count && i < 4; i++)
        asked_items[i] = record->extended_data[i];
    if (record->user_data_length == sizeof asked_payload)
        memcpy(asked_payload, record->user_data, sizeof asked_payload);
    asked_badly |= context_count || contexts;
    return give(info, size);
}

static uint32_t ETWI_ABI_CALL map_information(etwi_abi_record *record, etwi_abi_char *name,
                                              void *map, uint32_t *size)
{
    static const etlb_map_value values[] = {{1, "One "}};
    const etlb_map_info info = {"K\xC3\xA9y", 1, values, 1};
    etlb_writer writer = {.pointer_size = 8};
    asked_badly |= !etw_guid_equal(&record->event_header.provider_id, &PROVIDER);
    for (size_t i = 0; i < sizeof asked_name; i++) {
        asked_name[i] = (char)name[i];
        if (!name[i])
            break;
    }
    etlb_write_map_info(&writer, &info);
    const bool fits = *size >= writer.size;
    if (fits)
        memcpy(map, writer.data, writer.size);
    *size = (uint32_t)writer.size;
    etlb_writer_free(&writer);
    return fits ? 0 : CODE_INSUFFICIENT_BUFFER;
}

static uint32_t ETWI_ABI_CALL manifest_event(etw_guid *provider, etwi_abi_descriptor *descriptor,
                                             void *info, uint32_t *size)
{
    static const etlb_property properties[] = {
        {.name = "Kind", .in_type = ETW_IN_UINT32, .map_name = "K\xC3\xA9y", .count = 1}};
    const etlb_event_info made = {.provider = *provider,
                                  .id = descriptor->id,
                                  .version = descriptor->version,
                                  .keyword = descriptor->keyword,
                                  .provider_name = "Listed",
                                  .properties = properties,
                                  .property_count = 1,
                                  .top_level_count = 1};
    asked_badly |= !etw_guid_equal(provider, &PROVIDER);
    if (descriptor->id == 2)
        return CODE_NOT_FOUND; /* A part of the manifest is missing. */
    etlb_writer writer = {.pointer_size = 8};
    etlb_write_event_info(&writer, &made);
    const bool fits = *size >= writer.size;
    if (fits)
        memcpy(info, writer.data, writer.size);
    *size = (uint32_t)writer.size;
    etlb_writer_free(&writer);
    return fits ? 0 : CODE_INSUFFICIENT_BUFFER;
}

static uint32_t ETWI_ABI_CALL enumerate_providers(etwi_abi_provider_enumeration *providers,
                                                  uint32_t *size)
{
    return give(providers, size);
}

static uint32_t ETWI_ABI_CALL enumerate_events(etw_guid *provider, etwi_abi_provider_events *events,
                                               uint32_t *size)
{
    const uint32_t needed = 8 + 3 * sizeof(etwi_abi_descriptor);
    asked_badly |= !etw_guid_equal(provider, &PROVIDER);
    if (answer_code)
        return answer_code;
    if (*size < needed) {
        *size = needed;
        return CODE_INSUFFICIENT_BUFFER;
    }
    events->number_of_events = 3;
    for (uint16_t i = 0; i < 3; i++) {
        const etwi_abi_descriptor descriptor = {(uint16_t)(i + 1), 0, 0, 4, 0, 0, 0x10};
        memcpy((uint8_t *)events + 8 + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
    *size = needed;
    return 0;
}

/* Of keywords one with and one without a name; of opcodes one of task 7. */
static uint32_t ETWI_ABI_CALL enumerate_fields(etw_guid *provider, uint32_t field_type,
                                               etwi_abi_field_infos *fields, uint32_t *size)
{
    etlb_writer writer = {.pointer_size = 8};
    asked_badly |= !etw_guid_equal(provider, &PROVIDER);
    asked_fields |= 1u << field_type;
    if (field_type != 0 && field_type != 4)
        return CODE_NOT_FOUND;
    const bool is_keyword = field_type == 0;
    etlb_u32(&writer, is_keyword ? 2 : 1);
    etlb_u32(&writer, field_type);
    const uint32_t texts = is_keyword ? 8 + 2 * 16 : 8 + 16;
    etlb_u32(&writer, texts);
    etlb_u32(&writer, 0);
    etlb_u64(&writer, is_keyword ? 0x10 : 0x000B0007);
    if (is_keyword) {
        etlb_u32(&writer, 0);
        etlb_u32(&writer, 100000); /* Beyond the answer. */
        etlb_u64(&writer, 0x20);
    }
    etlb_utf16z(&writer, is_keyword ? "Disk" : "my:Pack");
    const bool fits = *size >= writer.size;
    if (fits)
        memcpy(fields, writer.data, writer.size);
    *size = (uint32_t)writer.size;
    etlb_writer_free(&writer);
    return fits ? 0 : CODE_INSUFFICIENT_BUFFER;
}

static const etwi_api TABLE = {
    .TdhGetEventInformation = event_information,
    .TdhGetEventMapInformation = map_information,
    .TdhGetManifestEventInformation = manifest_event,
    .TdhEnumerateProviders = enumerate_providers,
    .TdhEnumerateManifestProviderEvents = enumerate_events,
    .TdhEnumerateProviderFieldInformation = enumerate_fields,
};

/* Takes the place of the library's. */
void etwi_api_load(etwi_api *unused)
{
    (void)unused;
}

/* ---- What tests do. ---- */

static void begin(void)
{
    etwi_api_use(&TABLE);
    CHECK_EQ(etw_schema_store_create(&store, NULL, &error), ETW_OK);
    etlb_writer_free(&answer);
    answer = (etlb_writer){.pointer_size = 8};
    answer_code = calls = asked_fields = 0;
    claims_growth = asked_badly = false;
}

static void end(void)
{
    CHECK(!asked_badly);
    etw_schema_store_destroy(&store);
    etlb_writer_free(&answer);
}

/* With `count` properties, so that it may be as large as a test wants. */
static void answer_event(uint32_t count)
{
    etlb_property *properties = calloc(count, sizeof *properties);
    for (uint32_t i = 0; i < count; i++)
        properties[i] = (etlb_property){.name = "Property", .in_type = ETW_IN_UINT8, .count = 1};
    const etlb_event_info info = {.provider = PROVIDER,
                                  .id = 5,
                                  .version = 1,
                                  .provider_name = "Answered",
                                  .properties = properties,
                                  .property_count = count,
                                  .top_level_count = count};
    etlb_write_event_info(&answer, &info);
    free(properties);
}

static const uint8_t PAYLOAD[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static etw_event event_of(uint16_t id)
{
    static const etw_trace_info trace;
    const etw_event event = {.provider = PROVIDER,
                             .id = id,
                             .version = 1,
                             .channel = 2,
                             .level = 3,
                             .opcode = 4,
                             .task = 6,
                             .keyword = 7,
                             .thread_id = 8,
                             .process_id = 9,
                             .raw_timestamp = 10,
                             .activity_id = PROVIDER,
                             .payload = PAYLOAD,
                             .payload_size = sizeof PAYLOAD,
                             .trace = &trace,
                             .header_kind = ETW_HEADER_EVENT64,
                             .pointer_size = 8};
    return event;
}

static const etw_schema *find(const etw_event *event)
{
    const etw_schema *schema;
    const etw_status status = etw_schema_store_find(store, event, &schema);
    CHECK(status == (schema ? ETW_OK : ETW_E_NO_SCHEMA));
    return schema;
}

static void asks_with_the_event_as_it_came(void)
{
    begin();
    answer_event(1);
    const etw_event event = event_of(5);
    const etw_schema *schema = find(&event);
    REQUIRE(schema);
    CHECK_STR(schema->provider_name, "Answered");
    CHECK_EQ(schema->source, ETW_SCHEMA_TDH);
    CHECK_EQ(calls, 1);
    const etwi_abi_event_header *header = &asked_record.event_header;
    CHECK(etw_guid_equal(&header->provider_id, &PROVIDER));
    CHECK_EQ(header->event_descriptor.id, 5);
    CHECK_EQ(header->event_descriptor.version, 1);
    CHECK_EQ(header->event_descriptor.channel, 2);
    CHECK_EQ(header->event_descriptor.level, 3);
    CHECK_EQ(header->event_descriptor.opcode, 4);
    CHECK_EQ(header->event_descriptor.task, 6);
    CHECK_EQ(header->event_descriptor.keyword, 7);
    CHECK_EQ(header->thread_id, 8);
    CHECK_EQ(header->process_id, 9);
    CHECK_EQ(header->time_stamp, 10);
    CHECK_EQ(header->flags, ETW_EVENT_64_BIT);
    CHECK_EQ(asked_record.user_data_length, sizeof PAYLOAD);
    CHECK(memcmp(asked_payload, PAYLOAD, sizeof PAYLOAD) == 0);
    CHECK_EQ(asked_record.extended_data_count, 0);
    end();
}

static void tells_the_width_of_pointers(void)
{
    begin();
    etw_event event = event_of(5);
    event.pointer_size = 4;
    answer_code = CODE_NOT_FOUND;
    CHECK(!find(&event));
    CHECK_EQ(asked_record.event_header.flags, ETW_EVENT_32_BIT);
    end();
}

static void hands_over_extended_data(void)
{
    uint8_t record[80 + 24] = {0};
    record[80] = 24; /* One item of 16 bytes: a related activity id. */
    record[82] = ETW_EXTENDED_RELATED_ACTIVITY_ID;
    record[86] = 16;
    begin();
    etw_event event = event_of(5);
    event.flags = ETW_EVENT_EXTENDED_INFO | ETW_EVENT_64_BIT;
    event.record = record;
    event.payload = record + sizeof record;
    event.payload_size = 0;
    answer_code = CODE_NOT_FOUND;
    CHECK(!find(&event));
    CHECK_EQ(asked_record.extended_data_count, 1);
    CHECK_EQ(asked_items[0].ext_type, ETW_EXTENDED_RELATED_ACTIVITY_ID);
    CHECK_EQ(asked_items[0].data_size, 16);
    CHECK_EQ(asked_items[0].data_ptr, (uintptr_t)(record + 88));
    end();
}

static void gives_as_much_room_as_it_takes(void)
{
    begin();
    answer_event(1000); /* Much more than is given first. */
    CHECK(answer.size > 20000);
    const etw_event event = event_of(5);
    const etw_schema *schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->property_count, 1000);
    CHECK_EQ(calls, 2);
    end();
}

static void gives_up_on_what_never_fits(void)
{
    begin();
    claims_growth = true;
    const etw_event event = event_of(5);
    CHECK(!find(&event));
    CHECK(calls > 1 && calls < 50);
    end();
}

static void tells_want_of_memory_from_want_of_knowledge(void)
{
    const etw_schema *schema;
    begin();
    const etw_event event = event_of(5);
    answer_code = CODE_NOT_ENOUGH_MEMORY;
    CHECK_EQ(etw_schema_store_find(store, &event, &schema), ETW_E_NOMEM);
    answer_code = CODE_NOT_FOUND;
    CHECK(!find(&event));
    answer_code = 0;
    CHECK(!find(&event)); /* It is not asked again. */
    end();
}

static void lists_providers(void)
{
    begin();
    etlb_u32(&answer, 3); /* One more than there are. */
    etlb_u32(&answer, 0);
    etlb_raw(&answer, &PROVIDER, sizeof PROVIDER);
    etlb_u32(&answer, 0);
    etlb_u32(&answer, 8 + 2 * 24);
    const etw_guid other = {7, 7, 7, {7}};
    etlb_raw(&answer, &other, sizeof other);
    etlb_u32(&answer, 1);
    etlb_u32(&answer, 0xFFFFFFF0); /* Far beyond the answer. */
    etlb_utf16z(&answer, "Microsoft-Test");
    etw_provider_list *list;
    REQUIRE(CHECK_EQ(etw_provider_list_create(&list, store, NULL, &error), ETW_OK));
    const etw_provider_info *info = etw_provider_list_find_guid(list, &PROVIDER);
    REQUIRE(info);
    CHECK_STR(info->name, "Microsoft-Test");
    info = etw_provider_list_find_guid(list, &other);
    REQUIRE(info);
    CHECK_EQ(info->name.size, 0);
    etw_provider_list_destroy(&list);
    end();
}

static void lists_the_events_and_names_of_a_provider(void)
{
    begin();
    REQUIRE(CHECK_EQ(etw_schema_store_add_provider(store, &PROVIDER, &error), ETW_OK));
    etw_provider_list *list;
    const etw_provider_list_options options = {sizeof options, true};
    REQUIRE(CHECK_EQ(etw_provider_list_create(&list, store, &options, &error), ETW_OK));
    const etw_provider_info *info = etw_provider_list_find_guid(list, &PROVIDER);
    REQUIRE(info);
    CHECK_STR(info->name, "Listed");
    CHECK_EQ(info->event_count, 2); /* Of 2 the description is missing. */
    CHECK_EQ(info->events[1]->id, 3);
    CHECK_EQ(info->events[1]->keyword, 0x10);
    REQUIRE(CHECK(info->events[1]->properties[0].map));
    CHECK_STR(info->events[1]->properties[0].map->name, "K\xC3\xA9y");
    CHECK_TEXT(asked_name, "K\xE9y");
    CHECK_EQ(asked_fields, 0x1F);
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 2);
    CHECK_STR(info->named[ETW_NAMED_KEYWORD].items[0].name, "Disk");
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].items[0].value, 0x10);
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].items[1].name.size, 0);
    CHECK_EQ(info->named[ETW_NAMED_OPCODE].count, 1);
    CHECK_STR(info->named[ETW_NAMED_OPCODE].items[0].name, "Pack");
    CHECK_EQ(info->named[ETW_NAMED_OPCODE].items[0].value, 11);
    CHECK_EQ(info->named[ETW_NAMED_OPCODE].items[0].task, 7);
    etw_provider_list_destroy(&list);
    end();
}

static void does_without_what_windows_has_not(void)
{
    static const etwi_api nothing;
    begin();
    etwi_api_use(&nothing);
    const etw_event event = event_of(5);
    CHECK(!find(&event));
    CHECK_EQ(etw_schema_store_add_provider(store, &PROVIDER, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "Windows 8.1"));
    etw_provider_list *list;
    CHECK_EQ(etw_provider_list_create(&list, store, NULL, &error), ETW_OK);
    etw_provider_list_destroy(&list);
    end();
}

int main(void)
{
    RUN(asks_with_the_event_as_it_came);
    RUN(tells_the_width_of_pointers);
    RUN(hands_over_extended_data);
    RUN(gives_as_much_room_as_it_takes);
    RUN(gives_up_on_what_never_fits);
    RUN(tells_want_of_memory_from_want_of_knowledge);
    RUN(lists_providers);
    RUN(lists_the_events_and_names_of_a_provider);
    RUN(does_without_what_windows_has_not);
    return test_finish();
}
