#include "event_mix.h"

#include "trace_run.h"

enum {
    PROCESS = 4242,
    LEVEL_INFORMATION = 4,
    CHANNEL_TRACELOGGING = 11,
    CHUNK_SIZE = 700, /* Of the manifest, so that there are several. */
    MANY_FRAMES = 192,
};

/* Providers that nobody else has. */
static const etw_guid source_guid = {0x0B5E7A11, 0x4D01, 0x4C02, {0x91, 1, 2, 3, 4, 5, 6, 7}};
static const etw_guid manifest_guid = {0x0B5E7A12, 0x4D01, 0x4C02, {0x91, 1, 2, 3, 4, 5, 6, 8}};
static const etw_guid logging_guid = {0x0B5E7A13, 0x4D01, 0x4C02, {0x91, 1, 2, 3, 4, 5, 6, 9}};
static const etw_guid unknown_guid = {0x0B5E7A14, 0x4D01, 0x4C02, {0x91, 1, 2, 3, 4, 5, 6, 10}};

void event_mix_init(event_mix *mix, etlb_trace *trace, uint32_t seed)
{
    memset(mix, 0, sizeof *mix);
    mix->trace = trace;
    mix->random = seed;
}

void event_mix_free(event_mix *mix)
{
    etlb_writer_free(&mix->payload);
}

uint32_t event_mix_below(event_mix *mix, uint32_t limit)
{
    return (uint32_t)((uint64_t)trace_random(&mix->random) * limit >> 32);
}

static etlb_writer *begin_payload(event_mix *mix)
{
    etlb_writer_clear(&mix->payload);
    mix->payload.pointer_size = mix->pointer_size;
    return &mix->payload;
}

static etlb_event begin_event(event_mix *mix)
{
    const etlb_event event = {
        .cpu = mix->cpu,
        .pointer_size = mix->pointer_size,
        .timestamp = mix->time,
        .process_id = PROCESS + event_mix_below(mix, 3),
        .thread_id = 100 + event_mix_below(mix, 20),
        .kernel_time = event_mix_below(mix, 50),
        .user_time = event_mix_below(mix, 90),
        .level = LEVEL_INFORMATION,
    };
    return event;
}

static etw_bytes written(const event_mix *mix)
{
    return etlb_written(&mix->payload);
}

static void put_text(event_mix *mix, etlb_writer *out)
{
    static const char *const texts[] = {"", "C:\\Windows\\System32\\drivers\\etc\\hosts",
                                        "M\u00fctze blau", "\u8336 \U0001F375",
                                        "quoted \"text\" with \\ and \t"};
    etlb_utf16z(out, texts[event_mix_below(mix, 5)]);
}

/* The kernel ----------------------------------------------------------------------------------- */

static void add_context_switch(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.group = 5;
    event.type = 36;
    event.version = 4;
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, event.thread_id);
    etlb_u32(out, event_mix_below(mix, 9000));
    etlb_u64(out, 0x0905000601000809); /* Priorities, states, reasons. */
    etlb_u32(out, mix->number);        /* NewThreadWaitTime */
    etlb_u32(out, 0);
    etlb_event_perfinfo(mix->trace, &event, written(mix));
}

static void add_stack(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.group = 24;
    event.type = 32;
    event.version = 2;
    etlb_writer *out = begin_payload(mix);
    etlb_u64(out, (uint64_t)mix->time);
    etlb_u32(out, PROCESS);
    etlb_u32(out, mix->number);
    const uint32_t frames = 1 + event_mix_below(mix, event_mix_below(mix, 50) ? 16 : MANY_FRAMES);
    for (uint32_t i = 0; i < frames; i++)
        etlb_ptr(out, 0xFFFFF80312300000 + event_mix_below(mix, 1u << 20));
    etlb_event_perfinfo(mix->trace, &event, written(mix));
}

static void put_profile(event_mix *mix, etlb_event *event)
{
    event->group = 15;
    event->type = 46;
    event->version = 2;
    etlb_writer *out = begin_payload(mix);
    etlb_ptr(out, 0x7FF612300000 + event_mix_below(mix, 1u << 24));
    etlb_u32(out, event->thread_id);
    etlb_u32(out, mix->number);
}

static void add_profile(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    put_profile(mix, &event);
    etlb_event_perfinfo(mix->trace, &event, written(mix));
}

static void add_compact_profile(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    put_profile(mix, &event);
    etlb_event_compact(mix->trace, &event, written(mix));
}

static void add_disk_read(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.group = 1;
    event.type = 10;
    event.version = 3;
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, 0);                                /* DiskNumber */
    etlb_u32(out, 0x60043);                          /* IrpFlags */
    etlb_u32(out, 4096u << event_mix_below(mix, 5)); /* TransferSize */
    etlb_u32(out, 0);
    etlb_u64(out, (uint64_t)mix->number * 4096); /* ByteOffset */
    etlb_ptr(out, 0xFFFFAB0C00000000 + event_mix_below(mix, 1000));
    etlb_ptr(out, 0xFFFFAB0D00000000 + event_mix_below(mix, 1000));
    etlb_u64(out, event_mix_below(mix, 100000)); /* HighResResponseTime */
    etlb_u32(out, event.thread_id);
    etlb_event_perfinfo(mix->trace, &event, written(mix));
}

static void add_process_start(event_mix *mix)
{
    static const uint32_t service[] = {80, 3139157870, 2983391045, 3678747466, 658725712};
    etlb_event event = begin_event(mix);
    event.group = 3;
    event.type = 1;
    event.version = 3;
    etlb_writer *out = begin_payload(mix);
    etlb_ptr(out, 0xFFFFAB0C12345080); /* UniqueProcessKey */
    etlb_u32(out, mix->number);        /* ProcessId */
    etlb_u32(out, PROCESS);            /* ParentId */
    etlb_u32(out, 1);                  /* SessionId */
    etlb_u32(out, 259);                /* ExitStatus */
    etlb_ptr(out, 0x12340000);         /* DirectoryTableBase */
    etlb_wbem_sid(out, 5, service, 5);
    etlb_asciiz(out, "inventory.exe");
    put_text(mix, out); /* CommandLine */
    etlb_event_system(mix->trace, &event, written(mix));
}

/* EventSource and its manifest ----------------------------------------------------------------- */

static const char source_manifest[] =
    "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">"
    "<instrumentation><events>"
    "<provider name=\"Mix-Source\" guid=\"{0b5e7a11-4d01-4c02-9101-020304050607}\""
    " symbol=\"MixSource\" resourceFileName=\"mix.dll\" messageFileName=\"mix.dll\">"
    "<tasks><task name=\"Stock\" value=\"1\"/></tasks>"
    "<maps><valueMap name=\"Place\"><map value=\"0x0\" message=\"$(string.map_North)\"/>"
    "<map value=\"0x1\" message=\"$(string.map_South)\"/></valueMap></maps>"
    "<events>"
    "<event value=\"1\" version=\"0\" level=\"win:Informational\" symbol=\"StockChanged\""
    " message=\"$(string.event_Stock)\" task=\"Stock\" template=\"StockArgs\"/>"
    "<event value=\"2\" version=\"0\" level=\"win:Informational\" symbol=\"Sample\""
    " template=\"SampleArgs\"/>"
    "</events><templates>"
    "<template tid=\"StockArgs\">"
    "<data name=\"number\" inType=\"win:UInt32\"/>"
    "<data name=\"article\" inType=\"win:UnicodeString\"/>"
    "<data name=\"place\" inType=\"win:UInt32\" map=\"Place\"/>"
    "<data name=\"level\" inType=\"win:Int64\"/>"
    "</template>"
    "<template tid=\"SampleArgs\">"
    "<data name=\"number\" inType=\"win:UInt32\"/>"
    "<data name=\"id\" inType=\"win:GUID\"/>"
    "<data name=\"share\" inType=\"win:Double\"/>"
    "<data name=\"size\" inType=\"win:UInt32\"/>"
    "<data name=\"label\" inType=\"win:Binary\" length=\"size\"/>"
    "</template></templates></provider></events></instrumentation>"
    "<localization><resources culture=\"en-US\"><stringTable>"
    "<string id=\"event_Stock\" value=\"%2 in %3: now %4\"/>"
    "<string id=\"map_North\" value=\"North\"/><string id=\"map_South\" value=\"South\"/>"
    "</stringTable></resources></localization></instrumentationManifest>";

static etlb_event begin_source_event(event_mix *mix, uint16_t id)
{
    etlb_event event = begin_event(mix);
    event.provider = source_guid;
    event.id = id;
    event.task = id == 1;
    event.keyword = 0xF00000000001;
    return event;
}

static void put_stock(event_mix *mix, etlb_writer *out)
{
    etlb_u32(out, mix->number);
    put_text(mix, out);
    etlb_u32(out, event_mix_below(mix, 3)); /* 2 has no name. */
    etlb_u64(out, (uint64_t)event_mix_below(mix, 1000) - 500);
}

static void add_stock(event_mix *mix)
{
    const etlb_event event = begin_source_event(mix, 1);
    put_stock(mix, begin_payload(mix));
    etlb_event_event(mix->trace, &event, written(mix));
}

static void add_sample(event_mix *mix)
{
    const etlb_event event = begin_source_event(mix, 2);
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, mix->number);
    etlb_guid(out, &unknown_guid);
    etlb_f64(out, event_mix_below(mix, 1000) / 7.0);
    const uint32_t size = event_mix_below(mix, 12);
    etlb_u32(out, size);
    etlb_fill(out, (uint8_t)mix->number, size);
    etlb_event_event(mix->trace, &event, written(mix));
}

/* A manifest provider whose schemas a merging tool added ----------------------------------------
 */

static const etlb_property lookup_properties[] = {
    {.name = "Number", .in_type = ETW_IN_UINT32, .count = 1, .length = 4},
    {.name = "Key", .in_type = ETW_IN_UNICODE_STRING, .count = 1},
    {.name = "Result", .in_type = ETW_IN_UINT32, .map_name = "Result ", .count = 1, .length = 4},
    {.name = "Shard",
     .flags = ETLB_PROPERTY_STRUCT,
     .first_member = 6,
     .member_count = 2,
     .count = 1},
    {.name = "Probes", .in_type = ETW_IN_UINT16, .count = 1, .length = 2},
    {.name = "Times",
     .flags = ETLB_PROPERTY_COUNT_INDEX,
     .in_type = ETW_IN_UINT32,
     .count = 4,
     .length = 4},
    {.name = "Part", .in_type = ETW_IN_UINT8, .count = 1, .length = 1},
    {.name = "Address", .in_type = ETW_IN_POINTER, .count = 1, .length = 8},
};

static const etlb_map_value result_values[] = {{0, "Hit "}, {1, "Miss "}, {2, "Expired "}};

static void add_lookup(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = manifest_guid;
    event.id = 10;
    event.keyword = 0x8000000000000001;
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, mix->number);
    put_text(mix, out);
    etlb_u32(out, event_mix_below(mix, 4));
    etlb_u8(out, (uint8_t)event_mix_below(mix, 16));
    etlb_ptr(out, 0x1D2A4C00 + event_mix_below(mix, 4096));
    const uint32_t probes = event_mix_below(mix, 5);
    etlb_u16(out, (uint16_t)probes);
    for (uint32_t i = 0; i < probes; i++)
        etlb_u32(out, event_mix_below(mix, 900));
    etlb_event_event(mix->trace, &event, written(mix));
}

void event_mix_add_schemas(event_mix *mix, unsigned cpu, int64_t time)
{
    mix->cpu = cpu;
    mix->time = time;
    mix->pointer_size = etlb_options_of(mix->trace)->pointer_size;
    etlb_event event = begin_event(mix);
    event.provider = source_guid;
    etlb_manifest(mix->trace, &event, etlb_text(source_manifest), CHUNK_SIZE);
    const etlb_event_info info = {
        .provider = manifest_guid,
        .id = 10,
        .level = LEVEL_INFORMATION,
        .keyword = 0x8000000000000001,
        .provider_name = "Mix-Manifest",
        .task_name = "Lookup ",
        .event_message = "Lookup of %2: %3.",
        .flags = 1,
        .properties = lookup_properties,
        .property_count = sizeof lookup_properties / sizeof *lookup_properties,
        .top_level_count = 6,
    };
    const etlb_map_info results = {"Result ", 1, result_values, 3};
    etlb_event_info_event(mix->trace, &event, &info);
    etlb_map_info_event(mix->trace, &event, &manifest_guid, &results);
}

/* TraceLogging --------------------------------------------------------------------------------- */

/* Writes an event with the payload just written and the metadata, which lacks its end. */
static void add_logging_event(event_mix *mix, etlb_writer *metadata, size_t begin)
{
    etlb_tl_end(metadata, begin);
    etlb_writer traits = {0};
    etlb_provider_traits(&traits, "Mix.Logging", NULL, NULL);
    const etlb_item items[] = {
        {ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)},
        {ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(metadata)},
    };
    etlb_event event = begin_event(mix);
    event.provider = logging_guid;
    event.channel = CHANNEL_TRACELOGGING;
    event.activity_id = unknown_guid;
    event.activity_id.data1 = mix->number;
    event.items = items;
    event.item_count = 2;
    etlb_event_event(mix->trace, &event, written(mix));
    etlb_writer_free(&traits);
    etlb_writer_free(metadata);
}

static void add_request(event_mix *mix)
{
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "Request", 0);
    etlb_tl_scalar(&fields, "Number", ETW_IN_UINT32, 0);
    etlb_tl_scalar(&fields, "Path", ETW_IN_UNICODE_STRING, 0);
    etlb_tl_scalar(&fields, "Client", ETW_IN_UINT32, ETLB_TL_OUT_IPV4);
    etlb_tl_scalar(&fields, "Milliseconds", ETW_IN_DOUBLE, 0);
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, mix->number);
    put_text(mix, out);
    etlb_u32(out, 0x0A0200C0 + event_mix_below(mix, 200));
    etlb_f64(out, event_mix_below(mix, 100000) / 1000.0);
    add_logging_event(mix, &fields, begin);
}

static void add_order(event_mix *mix)
{
    etlb_writer fields = {0};
    const size_t begin = etlb_tl_begin(&fields, "Order", 0);
    etlb_tl_scalar(&fields, "Number", ETW_IN_UINT32, 0);
    etlb_tl_struct_array(&fields, "Items", 2);
    etlb_tl_scalar(&fields, "Sku", ETLB_TL_COUNTED_UTF16, 0);
    etlb_tl_scalar(&fields, "Quantity", ETW_IN_UINT16, 0);
    etlb_tl_array(&fields, "Vouchers", ETW_IN_ANSI_STRING, 0);
    etlb_tl_scalar(&fields, "Digest", ETLB_TL_BINARY, 0);
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, mix->number);
    const uint32_t items = event_mix_below(mix, 4);
    etlb_u16(out, (uint16_t)items);
    for (uint32_t i = 0; i < items; i++) {
        etlb_utf16_counted(out, "Kaffee 1kg");
        etlb_u16(out, (uint16_t)event_mix_below(mix, 9));
    }
    const uint32_t vouchers = event_mix_below(mix, 3);
    etlb_u16(out, (uint16_t)vouchers);
    for (uint32_t i = 0; i < vouchers; i++)
        etlb_asciiz(out, "WINTER-10");
    etlb_binary_counted(out, "\x01\x80\xFF", event_mix_below(mix, 4));
    add_logging_event(mix, &fields, begin);
}

/* Others -----------------------------------------------------------------------------------------
 */

static void add_string_only(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.flags = ETW_EVENT_STRING_ONLY;
    event.id = (uint16_t)event_mix_below(mix, 20);
    etlb_writer *out = begin_payload(mix);
    put_text(mix, out);
    etlb_event_event(mix->trace, &event, written(mix));
}

static void put_bytes(event_mix *mix, uint32_t limit)
{
    etlb_writer *out = begin_payload(mix);
    etlb_u32(out, mix->number);
    for (uint32_t left = event_mix_below(mix, limit); left; left--)
        etlb_u8(out, (uint8_t)event_mix_below(mix, 256));
}

static void add_unknown(event_mix *mix)
{
    uint8_t stack[8 + 8 * 3] = {(uint8_t)mix->number};
    const etlb_item items[] = {
        {ETW_EXTENDED_RELATED_ACTIVITY_ID, {(const uint8_t *)&unknown_guid, 16}},
        {ETW_EXTENDED_STACK_TRACE64, {stack, sizeof stack}},
    };
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.id = (uint16_t)event_mix_below(mix, 100);
    event.items = items;
    event.item_count = event_mix_below(mix, 3);
    put_bytes(mix, 40);
    etlb_event_event(mix->trace, &event, written(mix));
}

static void add_classic(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.opcode = (uint8_t)event_mix_below(mix, 5);
    put_bytes(mix, 40);
    etlb_event_full(mix->trace, &event, written(mix));
}

/* Rare ones
 * ---------------------------------------------------------------------------------------- */

static void add_instance(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.instance_id = mix->number;
    event.parent_guid = manifest_guid;
    put_bytes(mix, 40);
    etlb_event_instance(mix->trace, &event, written(mix));
}

static void add_guid_only(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.user_time = mix->number;
    etlb_event_guid_only(mix->trace, &event);
}

static void add_message(event_mix *mix)
{
    static const uint16_t options[] = {
        ETLB_MESSAGE_TIMESTAMP | ETLB_MESSAGE_GUID | ETLB_MESSAGE_SYSTEM_INFO |
            ETLB_MESSAGE_POINTER64,
        ETLB_MESSAGE_TIMESTAMP | ETLB_MESSAGE_SEQUENCE | ETLB_MESSAGE_COMPONENT_ID,
        ETLB_MESSAGE_GUID, /* No time stamp: it takes that of the record before it. */
        0,
    };
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.message_number = 10;
    event.sequence_number = mix->number;
    event.options = options[event_mix_below(mix, 4)];
    put_bytes(mix, 30);
    etlb_event_message(mix->trace, &event, written(mix));
}

static void add_ulong32(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.marker = 0xB0000000;
    put_bytes(mix, 20);
    etlb_event_ulong32(mix->trace, &event, written(mix));
}

static void add_opaque(event_mix *mix)
{
    static const etw_header_kind kinds[] = {ETW_HEADER_TIMED, ETW_HEADER_ERROR, ETW_HEADER_WNODE};
    const etlb_event event = begin_event(mix);
    put_bytes(mix, 60);
    etlb_event_opaque(mix->trace, &event, kinds[event_mix_below(mix, 3)], written(mix));
}

static void add_counters(event_mix *mix)
{
    static const uint64_t counters[7] = {1, 2, 3, UINT64_MAX, 5, 6, 7};
    etlb_event event = begin_event(mix);
    put_profile(mix, &event);
    event.has_pebs_index = event_mix_below(mix, 2);
    event.pebs_index = mix->number;
    event.counters = counters;
    event.counter_count = event_mix_below(mix, 8);
    etlb_event_perfinfo(mix->trace, &event, written(mix));
}

/* What does not decode to its end, or ends behind it. */
static void add_wrong_size(event_mix *mix)
{
    const etlb_event event = begin_source_event(mix, 1);
    etlb_writer *out = begin_payload(mix);
    put_stock(mix, out);
    if (event_mix_below(mix, 2))
        out->size = event_mix_below(mix, (uint32_t)out->size);
    else
        etlb_fill(out, 0xEE, 1 + event_mix_below(mix, 20));
    etlb_event_event(mix->trace, &event, written(mix));
}

static void add_large(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    put_bytes(mix, 3000);
    etlb_event_event(mix->trace, &event, written(mix));
}

/* An item that says that another one follows, where the payload is. */
static void add_broken_chain(event_mix *mix)
{
    etlb_event event = begin_event(mix);
    event.provider = unknown_guid;
    event.flags = ETW_EVENT_EXTENDED_INFO;
    put_bytes(mix, 24);
    etlb_event_event(mix->trace, &event, written(mix));
}

/* The mix ----------------------------------------------------------------------------------------
 */

typedef struct mix_part {
    void (*add)(event_mix *mix);
    unsigned weight;
} mix_part;

static const mix_part ORDINARY[] = {
    {add_context_switch, 12}, {add_stack, 5},   {add_profile, 4}, {add_compact_profile, 1},
    {add_disk_read, 3},       {add_stock, 4},   {add_sample, 3},  {add_process_start, 1},
    {add_lookup, 4},          {add_request, 4}, {add_order, 2},   {add_string_only, 1},
    {add_unknown, 1},         {add_classic, 1},
};

static const mix_part RARE[] = {
    {add_instance, 2},   {add_guid_only, 1},    {add_message, 4}, {add_ulong32, 1},
    {add_opaque, 2},     {add_counters, 2},     {add_large, 1},   {add_unknown, 2},
    {add_wrong_size, 3}, {add_broken_chain, 1},
};

static void add_one_of(event_mix *mix, const mix_part *parts, size_t count)
{
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i].weight;
    uint32_t left = event_mix_below(mix, total);
    while (left >= parts->weight)
        left -= parts++->weight;
    parts->add(mix);
}

static void begin(event_mix *mix, unsigned cpu, int64_t time)
{
    mix->number++;
    mix->cpu = cpu;
    mix->time = time;
    mix->pointer_size = etlb_options_of(mix->trace)->pointer_size;
}

void event_mix_add(event_mix *mix, unsigned cpu, int64_t time)
{
    begin(mix, cpu, time);
    add_one_of(mix, ORDINARY, sizeof ORDINARY / sizeof *ORDINARY);
}

void event_mix_add_any(event_mix *mix, unsigned cpu, int64_t time)
{
    begin(mix, cpu, time);
    if (event_mix_below(mix, 16) == 0)
        mix->pointer_size = 12 - mix->pointer_size;
    if (event_mix_below(mix, 4))
        add_one_of(mix, ORDINARY, sizeof ORDINARY / sizeof *ORDINARY);
    else
        add_one_of(mix, RARE, sizeof RARE / sizeof *RARE);
}
