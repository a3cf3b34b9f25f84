/*
 * The sample trace: three programs of Contoso, each describing its events in another way.
 *
 *  - Contoso.WebShop: TraceLogging, every event carries its schema.
 *  - Contoso-Inventory: an EventSource, which writes its manifest into the trace.
 *  - Contoso-Cache: a manifest provider; the tool that merged the trace added TRACE_EVENT_INFO.
 */
#include "sample_world.h"

#include "base/bytes.h"

/* Both GUIDs follow from the names, as EventSource and TraceLogging derive them. */
static const char shop_guid[] = "47d75a01-cf8c-522f-7f70-d4b2e37f470f";
static const char inventory_guid[] = "5a95847a-75e2-581c-cb14-0e50c441712d";
static const char cache_guid[] = "8d3fd6c5-2a4e-4a7c-b6f1-63c20e9a1b74";

enum {
    LEVEL_WARNING = 3,
    LEVEL_INFORMATION = 4,
    OPCODE_START = 1,
    OPCODE_STOP = 2,
    CHANNEL_TRACELOGGING = 11,
};

/* An event of a thread on a processor, at the next moment. */
static etlb_event user_event(sample_world *world, const char *provider, unsigned thread)
{
    etlb_event event = {
        .cpu = sample_run(world, thread),
        .process_id = sample_threads[thread].process_id,
        .thread_id = sample_threads[thread].thread_id,
        .kernel_time = sample_random(world, 20),
        .user_time = sample_random(world, 90),
        .provider = etlb_guid_of(provider),
        .level = LEVEL_INFORMATION,
    };
    event.timestamp = sample_tick(world);
    return event;
}

/* Contoso.WebShop ------------------------------------------------------------------------------ */

/* Activities are numbered, in the form that EventSource gives them. */
static etw_guid activity_of(uint64_t order_id)
{
    etw_guid guid = etlb_guid_of("00000011-0000-0000-0000-00009acc9d59");
    guid.data1 += (uint32_t)order_id << 8;
    return guid;
}

/* Writes an event of the shop with the payload just written. `metadata` lacks its end. */
static void shop_event(sample_world *world, etlb_event *event, etlb_writer *metadata, size_t begin)
{
    etlb_tl_end(metadata, begin);
    etlb_writer traits = {0};
    etlb_provider_traits(&traits, "Contoso.WebShop", NULL, NULL);
    const etlb_item items[] = {
        {ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)},
        {ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(metadata)},
    };
    event->channel = CHANNEL_TRACELOGGING;
    event->items = items;
    event->item_count = 2;
    etlb_event_event(world->trace, event, etlb_written(&world->payload));
    event->items = NULL;
    etlb_writer_free(&traits);
    etlb_writer_free(metadata);
}

static void request_start(sample_world *world, unsigned thread, const char *path, uint8_t client)
{
    etlb_event event = user_event(world, shop_guid, thread);
    event.opcode = OPCODE_START;
    event.keyword = 0x1;
    event.activity_id = activity_of(world->order_id);
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "Request", 0);
    etlb_tl_scalar(&fields, "Method", ETW_IN_ANSI_STRING, 0);
    etlb_tl_scalar(&fields, "Path", ETW_IN_UNICODE_STRING, 0);
    etlb_tl_scalar(&fields, "Client", ETW_IN_UINT32, ETLB_TL_OUT_IPV4);
    etlb_tl_scalar(&fields, "Port", ETW_IN_UINT16, ETLB_TL_OUT_PORT);
    etlb_tl_scalar(&fields, "Secure", ETW_IN_BOOLEAN, 0);

    etlb_writer *out = sample_payload(world);
    etlb_asciiz(out, "GET");
    etlb_utf16z(out, path);
    etlb_raw(out, (const uint8_t[]){203, 0, 113, client}, 4);
    etlb_u16be(out, (uint16_t)(49152 + sample_random(world, 16000)));
    etlb_u32(out, 1);
    shop_event(world, &event, &fields, begin);
}

static void request_stop(sample_world *world, unsigned thread, uint16_t status)
{
    etlb_event event = user_event(world, shop_guid, thread);
    event.opcode = OPCODE_STOP;
    event.level = status >= 500 ? LEVEL_WARNING : LEVEL_INFORMATION;
    event.keyword = 0x1;
    event.activity_id = activity_of(world->order_id);
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "Request", 0);
    etlb_tl_scalar(&fields, "Status", ETW_IN_UINT16, 0);
    etlb_tl_scalar(&fields, "DurationMs", ETW_IN_DOUBLE, 0);
    etlb_tl_scalar(&fields, "BytesSent", ETW_IN_UINT64, 0);
    etlb_tl_array(&fields, "StageMicroseconds", ETW_IN_UINT32, 0);

    etlb_writer *out = sample_payload(world);
    etlb_u16(out, status);
    etlb_f64(out, (double)(100 + sample_random(world, 40000)) / 1000.0);
    etlb_u64(out, 500 + sample_random(world, 60000));
    const uint16_t stages = (uint16_t)(1 + sample_random(world, 4));
    etlb_u16(out, stages);
    for (unsigned i = 0; i < stages; i++)
        etlb_u32(out, 40 + sample_random(world, 9000));
    shop_event(world, &event, &fields, begin);
}

static const struct {
    const char *sku;
    double price;
} goods[] = {
    {"M\u00fctze blau", 14.90}, {"Socken 3er", 9.99},   {"Kaffee 1kg", 18.50},
    {"\u8336 100g", 12.25},     {"Regenschirm", 24.00},
};

static const char *const customers[] = {"Anna Schmidt", "Jos\u00e9 Garc\u00eda", "Li Wei",
                                        "Emma Brown", "\u041e\u043b\u044c\u0433\u0430"};

static void put_order_metadata(etlb_writer *fields)
{
    etlb_tl_scalar(fields, "OrderId", ETW_IN_UINT64, 0);
    etlb_tl_scalar(fields, "CartId", ETW_IN_GUID, 0);
    etlb_tl_struct(fields, "Customer", 3);
    etlb_tl_scalar(fields, "Name", ETW_IN_UNICODE_STRING, 0);
    etlb_tl_scalar(fields, "Country", ETLB_TL_COUNTED_ANSI, ETLB_TL_OUT_UTF8);
    etlb_tl_scalar(fields, "Returning", ETW_IN_UINT8, ETLB_TL_OUT_BOOLEAN);
    etlb_tl_struct_array(fields, "Items", 3);
    etlb_tl_scalar(fields, "Sku", ETLB_TL_COUNTED_UTF16, 0);
    etlb_tl_scalar(fields, "Quantity", ETW_IN_UINT16, 0);
    etlb_tl_scalar(fields, "UnitPrice", ETW_IN_DOUBLE, 0);
    etlb_tl_array(fields, "Vouchers", ETW_IN_ANSI_STRING, 0);
    etlb_tl_fixed_array(fields, "ParcelCm", ETW_IN_UINT16, 0, 3);
    etlb_tl_scalar(fields, "Placed", ETW_IN_FILETIME, 0);
    etlb_tl_scalar(fields, "PaymentResult", ETW_IN_INT32, ETLB_TL_OUT_HRESULT);
    etlb_tl_scalar(fields, "Flags", ETW_IN_HEX_INT32, 0);
}

static void order_placed(sample_world *world, unsigned thread)
{
    etlb_event event = user_event(world, shop_guid, thread);
    event.keyword = 0x2;
    event.activity_id = activity_of(world->order_id);
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "OrderPlaced", 0);
    put_order_metadata(&fields);

    static const char *const countries[] = {"DE", "ES", "CN", "GB", "UA"};
    const unsigned customer = sample_random(world, 5);
    etw_guid cart = etlb_guid_of("c0a80001-0000-4000-8000-000000000000");
    cart.data1 += sample_random(world, 1u << 20);
    etlb_writer *out = sample_payload(world);
    etlb_u64(out, 70040000 + world->order_id);
    etlb_guid(out, &cart);
    etlb_utf16z(out, customers[customer]);
    etlb_ascii_counted(out, countries[customer]);
    etlb_u8(out, (uint8_t)sample_random(world, 2));
    const uint16_t items = (uint16_t)(1 + sample_random(world, 3));
    etlb_u16(out, items);
    for (unsigned i = 0; i < items; i++) {
        const unsigned good = sample_random(world, 5);
        etlb_utf16_counted(out, goods[good].sku);
        etlb_u16(out, (uint16_t)(1 + sample_random(world, 4)));
        etlb_f64(out, goods[good].price);
    }
    const uint16_t vouchers = (uint16_t)(sample_random(world, 4) == 0);
    etlb_u16(out, vouchers);
    if (vouchers)
        etlb_asciiz(out, "WINTER-10");
    for (unsigned side = 0; side < 3; side++)
        etlb_u16(out, (uint16_t)(10 + 5 * sample_random(world, 8)));
    etlb_u64(out, etlb_filetime(world->trace, event.timestamp));
    etlb_u32(out, sample_random(world, 12) ? 0 : 0x80070005); /* Now and then access denied. */
    etlb_u32(out, 1u << sample_random(world, 5));
    shop_event(world, &event, &fields, begin);
}

void sample_shop_request(sample_world *world, unsigned worker)
{
    static const char *const paths[] = {"/", "/katalog?seite=2", "/artikel/m\u00fctze-blau",
                                        "/warenkorb", "/bestellen"};
    const unsigned thread = THREAD_SHOP_WORKER_1 + worker % 3;
    const unsigned path = sample_random(world, 5);
    world->order_id++;
    request_start(world, thread, paths[path], (uint8_t)(10 + sample_random(world, 200)));
    sample_wait(world, 300 + sample_random(world, 2000));
    if (path == 4) {
        order_placed(world, thread);
        sample_wait(world, 100 + sample_random(world, 500));
    }
    request_stop(world, thread, sample_random(world, 25) ? 200 : 503);
}

/* Fields with tags, a custom type, binary data and a nested struct, on behalf of the process. */
void sample_shop_heartbeat(sample_world *world)
{
    etlb_event event = user_event(world, shop_guid, THREAD_SHOP_MAIN);
    event.keyword = 0x4;
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "Heartbeat", 0x0200000);
    etlb_tl_struct(&fields, "Memory", 3);
    etlb_tl_scalar(&fields, "WorkingSet", ETW_IN_UINT64, ETLB_TL_OUT_HEX);
    etlb_tl_struct(&fields, "Heap", 2);
    etlb_tl_scalar(&fields, "Used", ETW_IN_UINT32, 0);
    etlb_tl_scalar(&fields, "Generations", ETW_IN_UINT8, 0);
    etlb_tl_scalar(&fields, "LoadPercent", ETW_IN_FLOAT, 0);
    etlb_tl_scalar(&fields, "Digest", ETLB_TL_BINARY, 0);
    etlb_tl_scalar(&fields, "Owner", ETW_IN_SID, 0);
    const etlb_tl_field secret = {
        .name = "Operator", .in_type = ETW_IN_ANSI_STRING, .has_tags = true, .tags = 0x8000000};
    etlb_tl_add(&fields, &secret);

    static const uint32_t service_sid[] = {80, 3139157870, 2983391045, 3678747466, 658725712};
    uint8_t digest[8];
    etlb_writer *out = sample_payload(world);
    etlb_u64(out, 0x8C00000 + sample_random(world, 1u << 22));
    etlb_u32(out, 0x2200000 + sample_random(world, 1u << 20));
    etlb_u8(out, 3);
    etlb_f32(out, (float)sample_random(world, 1000) / 10.0f);
    for (unsigned i = 0; i < sizeof digest; i++)
        digest[i] = (uint8_t)sample_random(world, 256);
    etlb_binary_counted(out, digest, sizeof digest);
    etlb_sid(out, 5, service_sid, 5);
    etlb_asciiz(out, "nightshift");
    shop_event(world, &event, &fields, begin);
}

/* Contoso-Inventory ---------------------------------------------------------------------------- */

/* In parts, because C guarantees no more than 4095 characters for each. */
static const char *const inventory_manifest[] = {
    "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\r\n"
    " <instrumentation xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
    " xmlns:win=\"http://manifests.microsoft.com/win/2004/08/windows/events\">\r\n"
    "  <events xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\r\n"
    "<provider name=\"Contoso-Inventory\" guid=\"{5a95847a-75e2-581c-cb14-0e50c441712d}\""
    " resourceFileName=\"Inventory.exe\" messageFileName=\"Inventory.exe\""
    " symbol=\"ContosoInventory\">\r\n"
    " <keywords>\r\n"
    "  <keyword name=\"Stock\" message=\"$(string.keyword_Stock)\" mask=\"0x1\"/>\r\n"
    "  <keyword name=\"Reservations\" message=\"$(string.keyword_Reservations)\" mask=\"0x2\"/>\r\n"
    " </keywords>\r\n"
    " <tasks>\r\n"
    "  <task name=\"Reservation\" message=\"$(string.task_Reservation)\" value=\"1\"/>\r\n"
    "  <task name=\"StockChanged\" message=\"$(string.task_StockChanged)\" value=\"65533\"/>\r\n"
    "  <task name=\"EventSourceMessage\" message=\"$(string.task_EventSourceMessage)\""
    " value=\"65534\"/>\r\n"
    " </tasks>\r\n"
    " <maps>\r\n"
    "  <valueMap name=\"Warehouse\">\r\n"
    "   <map value=\"0x0\" message=\"$(string.map_WarehouseNone)\"/>\r\n"
    "   <map value=\"0x1\" message=\"$(string.map_WarehouseNorth)\"/>\r\n"
    "   <map value=\"0x2\" message=\"$(string.map_WarehouseSouth)\"/>\r\n"
    "   <map value=\"0x3\" message=\"$(string.map_WarehouseHarbour)\"/>\r\n"
    "  </valueMap>\r\n"
    " </maps>\r\n"
    " <events>\r\n"
    "  <event value=\"0\" version=\"0\" level=\"win:LogAlways\" symbol=\"EventSourceMessage\""
    " task=\"EventSourceMessage\" template=\"EventSourceMessageArgs\"/>\r\n"
    "  <event value=\"1\" version=\"0\" level=\"win:Informational\" symbol=\"StockChanged\""
    " message=\"$(string.event_StockChanged)\" keywords=\"Stock\" task=\"StockChanged\""
    " template=\"StockChangedArgs\"/>\r\n"
    "  <event value=\"2\" version=\"1\" level=\"win:Informational\" symbol=\"ReservationStart\""
    " keywords=\"Reservations\" opcode=\"win:Start\" task=\"Reservation\""
    " template=\"ReservationStartArgs\"/>\r\n"
    "  <event value=\"3\" version=\"0\" level=\"win:Informational\" symbol=\"ReservationStop\""
    " keywords=\"Reservations\" opcode=\"win:Stop\" task=\"Reservation\""
    " template=\"ReservationStopArgs\"/>\r\n"
    " </events>\r\n",
    " <templates>\r\n"
    "  <template tid=\"EventSourceMessageArgs\">\r\n"
    "   <data name=\"message\" inType=\"win:UnicodeString\"/>\r\n"
    "  </template>\r\n"
    "  <template tid=\"StockChangedArgs\">\r\n"
    "   <data name=\"article\" inType=\"win:UnicodeString\"/>\r\n"
    "   <data name=\"warehouse\" inType=\"win:UInt32\" map=\"Warehouse\"/>\r\n"
    "   <data name=\"change\" inType=\"win:Int32\"/>\r\n"
    "   <data name=\"level\" inType=\"win:Int64\"/>\r\n"
    "  </template>\r\n"
    "  <template tid=\"ReservationStartArgs\">\r\n"
    "   <data name=\"reservation\" inType=\"win:GUID\"/>\r\n"
    "   <data name=\"until\" inType=\"win:FILETIME\"/>\r\n"
    "   <data name=\"express\" inType=\"win:Boolean\"/>\r\n"
    "   <data name=\"labelSize\" inType=\"win:UInt32\"/>\r\n"
    "   <data name=\"label\" inType=\"win:Binary\" length=\"labelSize\"/>\r\n"
    "  </template>\r\n"
    "  <template tid=\"ReservationStopArgs\">\r\n"
    "   <data name=\"reservation\" inType=\"win:GUID\"/>\r\n"
    "   <data name=\"seconds\" inType=\"win:Double\"/>\r\n"
    "  </template>\r\n"
    " </templates>\r\n"
    "</provider>\r\n"
    "</events>\r\n"
    "</instrumentation>\r\n"
    "<localization>\r\n"
    " <resources culture=\"en-US\">\r\n"
    "  <stringTable>\r\n"
    "   <string id=\"event_StockChanged\" value=\"%1: %3 in %2, now %4\"/>\r\n"
    "   <string id=\"keyword_Reservations\" value=\"Reservations\"/>\r\n"
    "   <string id=\"keyword_Stock\" value=\"Stock\"/>\r\n"
    "   <string id=\"map_WarehouseHarbour\" value=\"Harbour\"/>\r\n"
    "   <string id=\"map_WarehouseNone\" value=\"None\"/>\r\n"
    "   <string id=\"map_WarehouseNorth\" value=\"North\"/>\r\n"
    "   <string id=\"map_WarehouseSouth\" value=\"South\"/>\r\n"
    "   <string id=\"task_EventSourceMessage\" value=\"EventSourceMessage\"/>\r\n"
    "   <string id=\"task_Reservation\" value=\"Reservation\"/>\r\n"
    "   <string id=\"task_StockChanged\" value=\"StockChanged\"/>\r\n"
    "  </stringTable>\r\n"
    " </resources>\r\n"
    "</localization>\r\n"
    "</instrumentationManifest>\r\n",
};

void sample_inventory_manifest(sample_world *world)
{
    const etlb_event event = user_event(world, inventory_guid, THREAD_INVENTORY);
    /* In more than one chunk, though it is short: chunks are what readers get wrong. */
    etlb_writer xml = {0};
    for (unsigned i = 0; i < sizeof inventory_manifest / sizeof *inventory_manifest; i++)
        etlb_ascii(&xml, inventory_manifest[i]);
    etlb_manifest(world->trace, &event, etlb_written(&xml), 2000);
    etlb_writer_free(&xml);
}

static void stock_changed(sample_world *world)
{
    etlb_event event = user_event(world, inventory_guid, THREAD_INVENTORY);
    event.id = 1;
    event.task = 65533;
    event.keyword = 0x0000F00000000001;
    const int32_t change = (int32_t)sample_random(world, 20) - 12;
    etlb_writer *out = sample_payload(world);
    etlb_utf16z(out, goods[sample_random(world, 5)].sku);
    etlb_u32(out, sample_random(world, 4));
    etlb_u32(out, (uint32_t)change);
    etlb_u64(out, 100 + sample_random(world, 4000));
    etlb_event_event(world->trace, &event, etlb_written(out));
}

static void reservation(sample_world *world)
{
    etw_guid id = etlb_guid_of("7e5e54a1-0000-4000-9000-00000000c0de");
    id.data2 = (uint16_t)sample_random(world, 65536);
    etlb_event event = user_event(world, inventory_guid, THREAD_INVENTORY);
    event.id = 2;
    event.version = 1;
    event.task = 1;
    event.opcode = OPCODE_START;
    event.keyword = 0x0000F00000000002;
    event.activity_id = activity_of(world->order_id);
    etlb_writer *out = sample_payload(world);
    etlb_guid(out, &id);
    etlb_u64(out, etlb_filetime(world->trace, event.timestamp) + 15 * 60 * 10000000ull);
    etlb_u32(out, sample_random(world, 2));
    const uint32_t label_size = sample_random(world, 12);
    etlb_u32(out, label_size);
    for (unsigned i = 0; i < label_size; i++)
        etlb_u8(out, (uint8_t)sample_random(world, 256));
    etlb_event_event(world->trace, &event, etlb_written(out));

    sample_wait(world, 500 + sample_random(world, 3000));
    etlb_event stop = user_event(world, inventory_guid, THREAD_INVENTORY);
    stop.id = 3;
    stop.task = 1;
    stop.opcode = OPCODE_STOP;
    stop.keyword = event.keyword;
    stop.activity_id = event.activity_id;
    out = sample_payload(world);
    etlb_guid(out, &id);
    etlb_f64(out, (double)(stop.timestamp - event.timestamp) / 1e7);
    etlb_event_event(world->trace, &stop, etlb_written(out));
}

void sample_inventory_event(sample_world *world)
{
    if (sample_random(world, 3))
        stock_changed(world);
    else
        reservation(world);
}

/* Contoso-Cache -------------------------------------------------------------------------------- */

static const etlb_property lookup_properties[] = {
    {.name = "Key", .in_type = ETW_IN_UNICODE_STRING, .out_type = ETW_OUT_STRING, .count = 1},
    {.name = "Result",
     .in_type = ETW_IN_UINT32,
     .out_type = ETW_OUT_UNSIGNED_INT,
     .map_name = "CacheResult ",
     .count = 1,
     .length = 4},
    {.name = "Tiers",
     .in_type = ETW_IN_UINT32,
     .out_type = ETW_OUT_HEX_INT32,
     .map_name = "CacheTiers ",
     .count = 1,
     .length = 4},
    {.name = "Shard",
     .flags = ETLB_PROPERTY_STRUCT,
     .first_member = 6,
     .member_count = 2,
     .count = 1},
    {.name = "ProbeCount",
     .in_type = ETW_IN_UINT16,
     .out_type = ETW_OUT_UNSIGNED_SHORT,
     .count = 1,
     .length = 2},
    {.name = "ProbeNanoseconds",
     .flags = ETLB_PROPERTY_COUNT_INDEX,
     .in_type = ETW_IN_UINT32,
     .out_type = ETW_OUT_UNSIGNED_INT,
     .count = 4,
     .length = 4},
    /* The members of Shard. */
    {.name = "Number",
     .in_type = ETW_IN_UINT8,
     .out_type = ETW_OUT_UNSIGNED_BYTE,
     .count = 1,
     .length = 1},
    {.name = "Address",
     .in_type = ETW_IN_POINTER,
     .out_type = ETW_OUT_HEX_INT64,
     .count = 1,
     .length = 8},
};

static const etlb_map_value result_values[] = {
    {0, "Hit "}, {1, "Miss "}, {2, "Expired "}, {3, "Evicted "}};
static const etlb_map_value tier_values[] = {{1, "L1 "}, {2, "L2 "}, {4, "Disk "}};

void sample_cache_metadata(sample_world *world)
{
    const etlb_event event = user_event(world, cache_guid, THREAD_CACHE);
    const etlb_event_info info = {
        .provider = event.provider,
        .id = 10,
        .version = 1,
        .level = LEVEL_INFORMATION,
        .task = 1,
        .keyword = 0x8000000000000001,
        .provider_name = "Contoso-Cache",
        .level_name = "Information ",
        .channel_name = "Contoso-Cache/Analytic",
        .keyword_names = "Lookup ",
        .task_name = "Lookup ",
        .opcode_name = "Info ",
        .event_message = "Lookup of %1: %2 in %3.",
        .flags = 1,
        .properties = lookup_properties,
        .property_count = sizeof lookup_properties / sizeof *lookup_properties,
        .top_level_count = 6,
    };
    const etlb_map_info results = {"CacheResult ", 1, result_values, 4};
    const etlb_map_info tiers = {"CacheTiers ", 2, tier_values, 3};
    etlb_event_info_event(world->trace, &event, &info);
    etlb_map_info_event(world->trace, &event, &event.provider, &results);
    etlb_map_info_event(world->trace, &event, &event.provider, &tiers);
}

void sample_cache_event(sample_world *world)
{
    etlb_event event = user_event(world, cache_guid, THREAD_CACHE);
    event.id = 10;
    event.version = 1;
    event.task = 1;
    event.keyword = 0x8000000000000001;
    etlb_writer *out = sample_payload(world);
    etlb_utf16z(out, goods[sample_random(world, 5)].sku);
    etlb_u32(out, sample_random(world, 5)); /* 4 has no name. */
    etlb_u32(out, 1u << sample_random(world, 3) | sample_random(world, 2));
    etlb_u8(out, (uint8_t)sample_random(world, 16));
    etlb_ptr(out, 0x1D2A4C00000u + sample_random(world, 4096) * 0x40u);
    const uint16_t probes = (uint16_t)sample_random(world, 5);
    etlb_u16(out, probes);
    for (unsigned i = 0; i < probes; i++)
        etlb_u32(out, 60 + sample_random(world, 900));
    etlb_event_event(world->trace, &event, etlb_written(out));
}
