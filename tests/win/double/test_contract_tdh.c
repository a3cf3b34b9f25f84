/* The contract of TDH. With "--real", the manifest is loaded into this process by
 * TdhLoadManifest(). */
#include "contract.h"

#include "test.h"

#include <etw/provider.h>

#include <stdlib.h>

enum {
    KEYWORDS = 0,
    OPCODES = 4
};

static const char manifest[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation xmlns:win='urn:win'><events>"
    "<provider name='Contoso-Double' guid='{9C0F3B1A-5A0E-4C0D-8E11-2D375B924160}'"
    " resourceFileName='x' messageFileName='x' symbol='P'>"
    "<keywords><keyword name='Net' mask='0x10'/><keyword name='Disk' mask='0x20'/></keywords>"
    "<maps><valueMap name='Colours'><map value='1' message='Red'/><map value='2' message='Blue'/>"
    "</valueMap></maps>"
    "<templates><template tid='T'><data name='Number' inType='win:UInt32'/>"
    "<data name='Colour' inType='win:UInt32' map='Colours'/></template></templates>"
    "<events><event value='7' version='1' level='win:Informational' keywords='Net'"
    " template='T' symbol='Sent'/></events>"
    "</provider></events></instrumentation></instrumentationManifest>";

static etw_guid guid;
static const etwi_abi_descriptor descriptor = {7, 1, 0, 4, 0, 0, 0x10};

static etwi_abi_record record_of(uint16_t id)
{
    static uint32_t payload[2] = {5, 2};
    etwi_abi_record record;
    memset(&record, 0, sizeof record);
    record.event_header.flags = ETW_EVENT_64_BIT;
    record.event_header.provider_id = contract_provider;
    record.event_header.event_descriptor = descriptor;
    record.event_header.event_descriptor.id = id;
    record.user_data = payload;
    record.user_data_length = sizeof payload;
    return record;
}

static uint32_t u32_at(const uint8_t *data, size_t at)
{
    uint32_t value;
    memcpy(&value, data + at, sizeof value);
    return value;
}

static const etwi_abi_char *text_at(const uint8_t *data, size_t at)
{
    return (const etwi_abi_char *)(const void *)(data + u32_at(data, at));
}

static void manifests_are_loaded(void)
{
    static const char broken[] = "<instrumentationManifest";
    const char *path = contract_path("contoso.man"), *bad = contract_path("broken.man");
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    fputs(manifest, file);
    fclose(file);
    file = fopen(bad, "wb");
    REQUIRE(file != NULL);
    fputs(broken, file);
    fclose(file);
    CHECK_EQ(contract_api->TdhLoadManifest(NULL), 87);
    CHECK_EQ(contract_api->TdhLoadManifest(contract_wide(contract_path("none.man"))), 2);
    CHECK_EQ(contract_api->TdhLoadManifest(contract_wide(bad)), 1465);
    CHECK_EQ(contract_api->TdhLoadManifest(contract_wide(path)), 0);
    if (contract_script) {
        CHECK_EQ(contract_api->TdhLoadManifestFromBinary(NULL), 87);
        CHECK_EQ(contract_api->TdhLoadManifestFromMemory(NULL, 0), 87);
        CHECK_EQ(contract_api->TdhLoadManifestFromMemory(manifest, sizeof manifest - 1), 0);
        CHECK_EQ(contract_api->TdhUnloadManifestFromMemory(manifest, sizeof manifest - 1), 0);
        CHECK_EQ(contract_api->TdhUnloadManifest(NULL), 87);
    }
}

static void events_are_described(void)
{
    static uint8_t info[8192];
    etwi_abi_record record = record_of(7);
    uint32_t size = 0;
    CHECK_EQ(contract_api->TdhGetEventInformation(&record, 0, NULL, NULL, &size), 122);
    const uint32_t needed = size;
    CHECK(needed > 112 && needed < sizeof info);
    size = sizeof info;
    CHECK_EQ(contract_api->TdhGetEventInformation(&record, 0, NULL, info, &size), 0);
    CHECK(memcmp(info, &contract_provider, sizeof contract_provider) == 0);
    CHECK(memcmp(info + 32, &descriptor, sizeof descriptor) == 0);
    CHECK_EQ(u32_at(info, 48), 0); // DecodingSourceXMLFile
    CHECK(contract_is(text_at(info, 52), "Contoso-Double"));
    CHECK(contract_is(text_at(info, 64), "Net"));
    CHECK_EQ(u32_at(info, 100), 2);
    CHECK_EQ(u32_at(info, 104), 2);
    CHECK(contract_is(text_at(info, 112 + 4), "Number"));
    CHECK(contract_is(text_at(info, 136 + 4), "Colour"));
    CHECK_EQ(info[112 + 8], ETW_IN_UINT32);
    CHECK(contract_is(text_at(info, 136 + 12), "Colours"));
    record = record_of(99);
    CHECK_EQ(contract_api->TdhGetEventInformation(&record, 0, NULL, info, &size), 1168);
    CHECK_EQ(contract_api->TdhGetEventInformation(NULL, 0, NULL, info, &size), 87);
    CHECK_EQ(contract_api->TdhGetEventInformation(&record, 0, NULL, info, NULL), 87);
}

static void maps_are_described(void)
{
    static uint8_t map[1024];
    etwi_abi_record record = record_of(7);
    uint32_t size = 0;
    CHECK_EQ(
        contract_api->TdhGetEventMapInformation(&record, contract_wide("Colours"), NULL, &size),
        122);
    size = sizeof map;
    CHECK_EQ(contract_api->TdhGetEventMapInformation(&record, contract_wide("Colours"), map, &size),
             0);
    CHECK(contract_is(text_at(map, 0), "Colours"));
    CHECK_EQ(u32_at(map, 4), 1); // EVENTMAP_INFO_FLAG_MANIFEST_VALUEMAP
    CHECK_EQ(u32_at(map, 8), 2);
    CHECK(contract_is(text_at(map, 16), "Red "));
    CHECK_EQ(u32_at(map, 20), 1);
    CHECK(contract_is(text_at(map, 24), "Blue "));
    CHECK_EQ(contract_api->TdhGetEventMapInformation(&record, contract_wide("None"), map, &size),
             1168);
    CHECK_EQ(contract_api->TdhGetEventMapInformation(&record, NULL, map, &size), 87);
}

static void providers_are_enumerated(void)
{
    uint32_t size = 0;
    CHECK_EQ(contract_api->TdhEnumerateProviders(NULL, NULL), 87);
    CHECK_EQ(contract_api->TdhEnumerateProviders(NULL, &size), 122);
    uint8_t *list = calloc(1, (size_t)size + 4096);
    REQUIRE(list != NULL);
    size += 4096;
    CHECK_EQ(
        contract_api->TdhEnumerateProviders((etwi_abi_provider_enumeration *)(void *)list, &size),
        0);
    const uint32_t count = u32_at(list, 0);
    CHECK(count > 20);
    bool is_there = false;
    for (uint32_t i = 0; i < count; i++) {
        const size_t at = offsetof(etwi_abi_provider_enumeration, trace_provider_info_array) +
                          i * sizeof(etwi_abi_provider_info);
        if (contract_is(text_at(list, at + 20), "Microsoft-Windows-Kernel-Process"))
            is_there = u32_at(list, at) == 0x22FB2CD6;
    }
    CHECK(is_there);
    free(list);
}

static void events_of_manifests_are_listed(void)
{
    static uint8_t out[8192];
    etw_guid unknown = {9, 9, 9, {9}};
    etwi_abi_descriptor asked = descriptor;
    etwi_abi_provider_events *events = (etwi_abi_provider_events *)(void *)out;
    uint32_t size = 0;
    CHECK_EQ(contract_api->TdhEnumerateManifestProviderEvents(&guid, NULL, &size), 122);
    size = sizeof out;
    CHECK_EQ(contract_api->TdhEnumerateManifestProviderEvents(&guid, events, &size), 0);
    CHECK_EQ(events->number_of_events, 1);
    CHECK(memcmp(&events->event_descriptors_array[0], &descriptor, sizeof descriptor) == 0);
    CHECK_EQ(contract_api->TdhEnumerateManifestProviderEvents(&unknown, events, &size), 2);
    CHECK_EQ(contract_api->TdhEnumerateManifestProviderEvents(NULL, events, &size), 87);
    size = sizeof out;
    CHECK_EQ(contract_api->TdhGetManifestEventInformation(&guid, &asked, out, &size), 0);
    CHECK_EQ(u32_at(out, 100), 2);
    asked.id = 8;
    CHECK_EQ(contract_api->TdhGetManifestEventInformation(&guid, &asked, out, &size), 1168);
    CHECK_EQ(contract_api->TdhGetManifestEventInformation(&guid, NULL, out, &size), 87);
}

static void fields_are_named(void)
{
    static uint8_t out[4096];
    etwi_abi_field_infos *fields = (etwi_abi_field_infos *)(void *)out;
    etw_guid unknown = {9, 9, 9, {9}};
    uint32_t size = 0;
    CHECK_EQ(contract_api->TdhEnumerateProviderFieldInformation(&guid, KEYWORDS, NULL, &size), 122);
    size = sizeof out;
    CHECK_EQ(contract_api->TdhEnumerateProviderFieldInformation(&guid, KEYWORDS, fields, &size), 0);
    CHECK_EQ(fields->number_of_elements, 2);
    CHECK_EQ(fields->field_info_array[0].value, 0x10);
    CHECK(contract_is(
        (const etwi_abi_char *)(const void *)(out + fields->field_info_array[0].name_offset),
        "Net"));
    CHECK_EQ(contract_api->TdhEnumerateProviderFieldInformation(&unknown, KEYWORDS, fields, &size),
             1168);
    CHECK_EQ(contract_api->TdhEnumerateProviderFieldInformation(&guid, 9, fields, &size), 50);
    CHECK_EQ(contract_api->TdhEnumerateProviderFieldInformation(NULL, OPCODES, fields, &size), 87);
    size = sizeof out;
    CHECK_EQ(contract_api->TdhQueryProviderFieldInformation(&guid, 0x20, KEYWORDS, fields, &size),
             0);
    CHECK_EQ(fields->number_of_elements, 1);
    CHECK_EQ(contract_api->TdhQueryProviderFieldInformation(&guid, 0x40, KEYWORDS, fields, &size),
             1168);
}

static void payload_filters_are_checked(void)
{
    etwi_abi_payload_predicate predicates[9] = {
        {contract_wide("Number"), ETW_PAYLOAD_GT, contract_wide("5")}};
    void *filter = NULL;
    etwi_abi_filter aggregated = {0, 0, 0};
    uint8_t all = 1;
    CHECK_EQ(contract_api->TdhCreatePayloadFilter(&guid, &descriptor, 0, 0, predicates, &filter),
             87);
    CHECK_EQ(contract_api->TdhCreatePayloadFilter(&guid, &descriptor, 0, 9, predicates, &filter),
             87);
    CHECK_EQ(contract_api->TdhCreatePayloadFilter(&guid, &descriptor, 0, 1, predicates, &filter),
             0);
    REQUIRE(filter != NULL);
    CHECK_EQ(contract_api->TdhAggregatePayloadFilters(1, &filter, &all, &aggregated), 0);
    CHECK_EQ(aggregated.type, ETWI_ABI_FILTER_PAYLOAD);
    CHECK(aggregated.size > 0 && aggregated.size <= 4096);
    CHECK_EQ(contract_api->TdhCleanupPayloadEventFilterDescriptor(&aggregated), 0);
    CHECK_EQ(aggregated.size, 0);
    CHECK_EQ(contract_api->TdhDeletePayloadFilter(&filter), 0);
    CHECK(filter == NULL);
    predicates[0].compare_op = 9;
    CHECK_EQ(contract_api->TdhCreatePayloadFilter(&guid, &descriptor, 0, 1, predicates, &filter),
             87);
    predicates[0].compare_op = ETW_PAYLOAD_GT;
    predicates[0].field_name = contract_wide("Nothing");
    CHECK_EQ(contract_api->TdhCreatePayloadFilter(&guid, &descriptor, 0, 1, predicates, &filter),
             1168);
    CHECK_EQ(contract_api->TdhAggregatePayloadFilters(0, NULL, NULL, &aggregated), 87);
    CHECK_EQ(contract_api->TdhDeletePayloadFilter(NULL), 87);
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    guid = contract_provider;
    RUN(manifests_are_loaded);
    RUN(events_are_described);
    RUN(maps_are_described);
    RUN(providers_are_enumerated);
    RUN(events_of_manifests_are_listed);
    RUN(fields_are_named);
    RUN(payload_filters_are_checked);
    CHECK(contract_end());
    return test_finish();
}
