/* make_corpus FOLDER: writes seeds for the fuzz targets `etl`, `record`, `items`, `pack`, `pdb` and
 * `pe`. */
#include "etl_metadata.h"
#include "pack_sample.h"
#include "pdb_builder.h"
#include "wevt_builder.h"

#include "base/bytes.h"
#include "schema/pack_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};

static void write_seed(const char *target, const char *name, etw_bytes bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0)
        etlb_fail("cannot write %s", path);
}

/* -------------------------------------------------------------------------------- traces */

static const char MANIFEST[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation><events>"
    "<provider name='Contoso' guid='{11223344-5566-7788-090a-0b0c0d0e0f10}'>"
    "<tasks><task name='Order' value='1'/></tasks>"
    "<events><event value='7' version='0' task='Order' template='T'/></events>"
    "<templates><template tid='T'><data name='count' inType='win:UInt16'/>"
    "<data name='names' inType='win:UnicodeString' count='count'/></template></templates>"
    "</provider></events></instrumentation></instrumentationManifest>";

static void add_tracelogging(etlb_trace *trace, etlb_event event)
{
    etlb_writer metadata = {0}, traits = {0}, payload = {0};
    const size_t begin = etlb_tl_begin(&metadata, "Sold", 0);
    etlb_tl_scalar(&metadata, "price", ETW_IN_DOUBLE, 0);
    etlb_tl_array(&metadata, "goods", ETW_IN_UNICODE_STRING, 0);
    etlb_tl_struct(&metadata, "buyer", 2);
    etlb_tl_scalar(&metadata, "id", ETW_IN_UINT32, ETLB_TL_OUT_HEX);
    etlb_tl_scalar(&metadata, "name", ETLB_TL_COUNTED_UTF16, 0);
    etlb_tl_end(&metadata, begin);
    etlb_provider_traits(&traits, "Contoso.Shop", NULL, NULL);
    etlb_f64(&payload, 1.5);
    etlb_u16(&payload, 2);
    etlb_utf16z(&payload, "tea");
    etlb_utf16z(&payload, "\xC3\xA4pfel");
    etlb_u32(&payload, 77);
    etlb_utf16_counted(&payload, "Ada");
    const etlb_item items[] = {{ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(&metadata)},
                               {ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)}};
    event.items = items;
    event.item_count = 2;
    etlb_event_event(trace, &event, etlb_written(&payload));
    etlb_writer_free(&metadata);
    etlb_writer_free(&traits);
    etlb_writer_free(&payload);
}

static void add_described(etlb_trace *trace, etlb_event event)
{
    static const etlb_property properties[] = {
        {.name = "state", .in_type = 8, .out_type = 9, .map_name = "States", .count = 1},
        {.name = "data", .flags = 2, .in_type = 14, .out_type = 15, .count = 1, .length = 0},
    };
    static const etlb_map_value values[] = {{1, "On"}, {2, "Off"}};
    const etlb_map_info map = {"States", 1, values, 2};
    const etlb_event_info info = {.provider = PROVIDER,
                                  .id = 9,
                                  .provider_name = "Contoso",
                                  .task_name = "Work",
                                  .properties = properties,
                                  .property_count = 2,
                                  .top_level_count = 2};
    etlb_writer payload = {0};
    etlb_u32(&payload, 2);
    etlb_u16(&payload, 0xABCD);
    event.id = 9;
    etlb_event_event(trace, &event, etlb_written(&payload));
    etlb_event_info_event(trace, &event, &info);
    etlb_map_info_event(trace, &event, &PROVIDER, &map);
    etlb_writer_free(&payload);
}

static void add_kernel(etlb_trace *trace, etlb_event event)
{
    static const uint64_t counters[] = {1, 2};
    etlb_writer payload = {.pointer_size = etlb_options_of(trace)->pointer_size};
    event.group = 5;
    event.type = 36;
    event.version = 4;
    etlb_fill(&payload, 3, 24);
    etlb_event_system(trace, &event, etlb_written(&payload));
    event.group = 15;
    event.type = 46;
    event.version = 2;
    event.has_pebs_index = true;
    event.counters = counters;
    event.counter_count = 2;
    etlb_event_perfinfo(trace, &event, etlb_written(&payload));
    etlb_event_compact(trace, &event, etlb_written(&payload));
    event.provider = PROVIDER;
    etlb_event_instance(trace, &event, etlb_written(&payload));
    event.options = ETLB_MESSAGE_GUID | ETLB_MESSAGE_TIMESTAMP | ETLB_MESSAGE_SYSTEM_INFO;
    etlb_event_message(trace, &event, etlb_written(&payload));
    etlb_event_ulong32(trace, &event, etlb_written(&payload));
    etlb_writer_free(&payload);
}

static void add_all(etlb_trace *trace)
{
    const int64_t start = etlb_options_of(trace)->start_raw;
    const etlb_event event = {.timestamp = start + 50,
                              .process_id = 11,
                              .thread_id = 12,
                              .provider = PROVIDER,
                              .id = 7,
                              .task = 1};
    etlb_writer payload = {0};
    etlb_u16(&payload, 2);
    etlb_utf16z(&payload, "one");
    etlb_utf16z(&payload, "two");
    etlb_event_event(trace, &event, etlb_written(&payload));
    const etw_bytes xml = {(const uint8_t *)MANIFEST, sizeof MANIFEST - 1};
    etlb_manifest(trace, &event, xml, 300);
    add_kernel(trace, event);
    add_tracelogging(trace, event);
    add_described(trace, event);
    etlb_writer_free(&payload);
}

/* The kinds of traces; their names are those of the seeds. */
typedef struct trace_seed {
    const char *name;
    unsigned pointer_size;
    etlb_compression compression;
    unsigned processors;
    bool is_cut, is_wrapped;
} trace_seed;

static void make_trace(const trace_seed *seed)
{
    etlb_options options = etlb_default_options();
    options.pointer_size = seed->pointer_size;
    options.buffer_size = 2048;
    options.processor_count = seed->processors;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = seed->compression;
    add_all(trace);
    for (unsigned i = 0; i < 12; i++)
        etlb_event_guid_only(trace, &(etlb_event){.cpu = i % seed->processors,
                                                  .timestamp = options.start_raw + 5 * (i % 7),
                                                  .provider = PROVIDER});
    etlb_flush_all(trace);
    if (seed->is_wrapped)
        etlb_wrap(trace, 1);
    etlb_set_tail(trace, 0, seed->is_cut ? 777 : 0);
    write_seed("etl", seed->name, etlb_finish(trace));
    etlb_destroy(trace);
}

/* ------------------------------------------------------------------------ records, items */

static void make_records(unsigned pointer_size, const char *name)
{
    etlb_options options = etlb_default_options();
    options.pointer_size = pointer_size;
    etlb_trace *trace = etlb_create(&options);
    add_all(trace);
    const etw_bytes file = etlb_finish(trace);
    /* The second buffer without its header. */
    const uint8_t *buffer = file.data + options.buffer_size;
    const size_t end = buffer[0x30] | (size_t)buffer[0x31] << 8;
    etlb_writer out = {0};
    etlb_u8(&out, 5);
    etlb_u8(&out, pointer_size == 4);
    etlb_raw(&out, buffer + ETLB_BUFFER_HEADER_SIZE, end - ETLB_BUFFER_HEADER_SIZE);
    write_seed("record", name, etlb_written(&out));
    etlb_writer_free(&out);
    etlb_destroy(trace);
}

static void put_property(etlb_writer *out, uint8_t in, uint8_t out_type, uint16_t flags,
                         uint16_t count)
{
    etlb_u8(out, in);
    etlb_u8(out, out_type);
    etlb_u16(out, flags);
    etlb_u16(out, count);
    etlb_u16(out, 0);  /* Length. */
    etlb_u16(out, 0);  /* First member. */
    etlb_u8(out, 0);   /* Members. */
    etlb_u8(out, 255); /* No map. */
}

/* All in-types one after another. */
static void make_types(uint8_t first, uint8_t last, const char *name)
{
    etlb_writer out = {0};
    const uint8_t count = (uint8_t)(last - first + 1);
    etlb_u8(&out, 0);
    etlb_u8(&out, count);
    etlb_u8(&out, count);
    for (unsigned type = first; type <= last; type++)
        put_property(&out, (uint8_t)type, 0, 0, 1);
    for (unsigned i = 0; i < 40; i++)
        etlb_u32(&out, i % 3 ? i * 77 : 0x00010002);
    write_seed("items", name, etlb_written(&out));
    etlb_writer_free(&out);
}

/* A count, an array of structs that it counts, optional and to-end members. */
static void make_nested(void)
{
    etlb_writer out = {0};
    etlb_u8(&out, 1);
    etlb_u8(&out, 5);
    etlb_u8(&out, 3);
    put_property(&out, ETW_IN_UINT16, 0, 0, 1);
    put_property(&out, 0, 0, ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX, 0);
    etlb_patch_u16(&out, out.size - 4, 3);
    etlb_patch_u8(&out, out.size - 2, 2);
    put_property(&out, ETW_IN_ANSI_STRING, 0, ETW_PROPERTY_OPTIONAL | ETW_PROPERTY_TO_END, 1);
    put_property(&out, ETW_IN_UNICODE_STRING, 0, 0, 1);
    put_property(&out, ETW_IN_UINT8, 0, ETW_PROPERTY_INLINE_COUNT, 1);
    etlb_u16(&out, 2);
    for (unsigned i = 0; i < 2; i++) {
        etlb_utf16z(&out, "abc");
        etlb_u16(&out, 3);
        etlb_fill(&out, 9, 3);
    }
    etlb_ascii(&out, "the rest");
    write_seed("items", "array-of-structs", etlb_written(&out));
    etlb_writer_free(&out);
}

/* ------------------------------------------------------------------------ executable files */

static void make_pe(const char *name, bool is_64, bool has_messages)
{
    static const wevtb_named TASKS[] = {{"Order", 1, NULL, "11223344-5566-7788-090a-0b0c0d0e0f10"},
                                        {0}};
    static const wevtb_named OTHERS[] = {{"win:One", 1, "The first", NULL}, {0}};
    static const wevtb_value VALUES[] = {{7, "Blue"}, {1, "Red"}};
    static const wevtb_map MAPS[] = {{"Color", VALUES, 2, false}, {0}};
    static const wevtb_item ITEMS[] = {
        {.name = "count", .count = 1, .in_type = ETW_IN_UINT16, .map = 1},
        {.name = "Pair",
         .flags = WEVTB_STRUCT | WEVTB_COUNT_INDEX,
         .first_member = 2,
         .member_count = 1},
        {.name = "text", .flags = WEVTB_LENGTH_INDEX, .count = 1, .in_type = ETW_IN_ANSI_STRING},
    };
    static const wevtb_template TEMPLATES[] = {{ITEMS, 2, 3, false}, {0}};
    static const wevtb_event EVENTS[] = {{1, 2, 1, 1, 1, 1, 1, {1}, "Order %1"}, {.id = 2}};
    const wevtb_manifest manifest = {.guid = "11223344-5566-7788-090a-0b0c0d0e0f10",
                                     .name = "Contoso",
                                     .name_is_message = has_messages,
                                     .channels = OTHERS,
                                     .levels = OTHERS,
                                     .opcodes = OTHERS,
                                     .tasks = TASKS,
                                     .keywords = OTHERS,
                                     .maps = MAPS,
                                     .templates = TEMPLATES,
                                     .events = EVENTS,
                                     .event_count = 2};
    etlb_writer resource = {0}, messages = {0}, file = {0};
    wevtb_compile(&resource, &messages, &manifest);
    if (!has_messages)
        etlb_writer_clear(&messages);
    wevtb_pe(&file, is_64, etlb_written(&resource), etlb_written(&messages));
    write_seed("pe", name, etlb_written(&file));
    etlb_writer_free(&resource);
    etlb_writer_free(&messages);
    etlb_writer_free(&file);
}

/* ---------------------------------------------------------------------------- symbol files */

/* Two messages in a function, one in another module, and an enumeration in two records. */
static void make_pdb(void)
{
    static const char HEAD[] = "11223344-5566-7788-090a-0b0c0d0e0f10 shop // SRC=a.c MJ= MN=";
    static const char *const FIRST[] = {
        "TMF:", HEAD, "#typev a_c1 10 \"%10!s!\" //   LEVEL=ERR", "{", "c, ItemEnum(Color) -- 10",
        "}",    NULL};
    static const char *const SECOND[] = {"TMF:", HEAD, "#typev a_c2 11 \"x\" // FUNC=f",
                                         "{",    "}",  NULL};
    pdbb_file file = {0};
    etlb_writer members = {0}, out = {0};
    etlb_writer *module = pdbb_module(&file, "a.obj");
    const size_t function = pdbb_function(module, 0x1110, "main");
    pdbb_annotation(module, FIRST);
    pdbb_annotation(module, SECOND);
    pdbb_end(module, function);
    module = pdbb_module(&file, "b.obj");
    pdbb_function(module, 0x110F, "other");
    pdbb_annotation(module, SECOND);
    pdbb_member(&members, "Blue", 70000);
    const uint32_t rest = pdbb_members(&file, etlb_written(&members));
    etlb_writer_clear(&members);
    pdbb_member(&members, "Red", -1);
    pdbb_continue(&members, rest);
    pdbb_enum(&file, "Color", 0, pdbb_members(&file, etlb_written(&members)));
    pdbb_finish(&file, &out);
    write_seed("pdb", "messages-and-enumeration", etlb_written(&out));
    etlb_writer_free(&members);
    etlb_writer_free(&out);
}

/* ----------------------------------------------------------------------------------- packs */

/* The first byte tells the target what follows. */
static void write_tagged(const char *name, uint8_t tag, const void *data, size_t size)
{
    etlb_writer out = {0};
    etlb_u8(&out, tag);
    etlb_raw(&out, data, size);
    write_seed("pack", name, etlb_written(&out));
    etlb_writer_free(&out);
}

/* A pack, what is left of it when it is cut, and each of its sections. */
static void make_packs(void)
{
    etwi_buffer pack = {.allocator = etwi_allocator_or_default(NULL)};
    pack_sample_write(&pack);
    write_tagged("whole", 0, pack.data, pack.size);
    write_tagged("cut-in-a-section", 0, pack.data, pack.size - 10);
    write_tagged("head-only", 0, pack.data, ETWI_PACK_HEAD_SIZE);
    const uint8_t *bytes = (const uint8_t *)pack.data;
    const uint8_t *entry = bytes + ETWI_PACK_HEAD_SIZE + etwi_load_u32(bytes + 32);
    const uint32_t count = etwi_load_u32(bytes + 12);
    const uint8_t *section = entry + (size_t)count * ETWI_PACK_ENTRY_SIZE;
    for (uint32_t i = 0; i < count; i++, entry += ETWI_PACK_ENTRY_SIZE) {
        char name[32];
        const size_t size = (size_t)etwi_load_u64(entry + 16);
        snprintf(name, sizeof name, "section-%u", (unsigned)i);
        write_tagged(name, 1, section, size);
        section += size;
    }
    uint8_t huge[ETWI_PACK_COUNTS_SIZE];
    memset(huge, 0xFF, sizeof huge);
    write_tagged("section-of-huge-counts", 1, huge, sizeof huge);
    etwi_buffer_free(&pack);
}

int main(int argc, char **argv)
{
    static const trace_seed SEEDS[] = {
        {"plain", 8, ETLB_UNCOMPRESSED, 1, false, false},
        {"x86", 4, ETLB_UNCOMPRESSED, 1, false, false},
        {"cut-and-wrapped", 8, ETLB_UNCOMPRESSED, 3, true, true},
        {"xpress", 8, ETLB_XPRESS, 2, false, false},
        {"huffman", 8, ETLB_XPRESS_HUFFMAN, 1, false, false},
        {"lznt1", 4, ETLB_LZNT1, 1, false, false},
    };
    if (argc != 2) {
        fputs("usage: make_corpus FOLDER\n", stderr);
        return 2;
    }
    folder = argv[1];
    for (size_t i = 0; i < sizeof SEEDS / sizeof SEEDS[0]; i++)
        make_trace(&SEEDS[i]);
    make_records(8, "all-kinds-64");
    make_records(4, "all-kinds-32");
    make_types(0, 13, "numbers");
    make_types(14, 25, "sized-types");
    make_types(30, 40, "types-of-classes");
    make_nested();
    make_pe("messages-64", true, true);
    make_pe("no-messages-32", false, false);
    make_pdb();
    make_packs();
    return 0;
}
