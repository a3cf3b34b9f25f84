/* Symbol files: what is annotated in them is what a TMF file would say. */
#include "document_fixture.h"
#include "faulty_alloc.h"
#include "pdb_builder.h"

#include "base/bytes.h"
#include "schema/pdb.h"
#include "schema/pdb_msf.h"

enum {
    S_LPROC32 = 0x110F,
    S_GPROC32 = 0x1110,
    S_GPROC32_ID = 0x1147,
};

#define HEAD "4857fab7-1162-3184-360b-cdd863ddf4ea shop // SRC=Cart.cpp MJ= MN="

static etlb_writer image;

static etw_status parse_image(void)
{
    return parse_bytes(image.data, image.size);
}

static void annotate(etlb_writer *module, const char *line)
{
    const char *const strings[] = {"TMF:", HEAD, line, "{", "n, ItemLong -- 10", "}", NULL};
    pdbb_annotation(module, strings);
}

/* ---- Annotations ---- */

static void make_two_modules(void)
{
    static const char *const CONTROL[] = {"TMC:", "f00", "Control", "NET", NULL};
    pdbb_file file = {0};
    etlb_writer *first = pdbb_module(&file, "cart.obj");
    size_t function = pdbb_function(first, S_GPROC32, "main");
    pdbb_annotation(first, CONTROL);
    annotate(first, "#typev Cart_cpp28 14 \"n=%10!d!\" //   LEVEL=ERR FLAGS=NET");
    pdbb_end(first, function);
    annotate(first, "#typev Cart_cpp30 15 \"outside\" //   LEVEL=ERR FLAGS=NET");
    function = pdbb_function(first, S_LPROC32, "pay");
    annotate(first, "#typev Cart_cpp31 16 \"said http://a\" //   LEVEL=ERR FLAGS=NET FUNC=told");
    annotate(first, "#typev Cart_cpp32 17 \"see http://a\"");
    pdbb_end(first, function);
    etlb_writer *second = pdbb_module(&file, "an object file with a long name.obj");
    function = pdbb_function(second, S_GPROC32_ID, "shop::ship");
    annotate(second, "#typev Ship_cpp5 18 \"two\nlines\" //   LEVEL=ERR FLAGS=NET");
    pdbb_end(second, function);
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
}

static void reads_annotations(void)
{
    static const char *const FUNCTIONS[] = {"main", "", "told", "pay", "shop::ship"};
    make_two_modules();
    CHECK(etwi_pdb_probe(etlb_written(&image)));
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    REQUIRE(schema_count == 5);
    for (unsigned i = 0; i < schema_count; i++) {
        CHECK_EQ(schemas[i].id, 14 + i);
        CHECK_EQ(schemas[i].provider.data1, 0x4857fab7);
        CHECK_STR(schemas[i].provider_name, "shop");
        CHECK_STR(schemas[i].event_name, FUNCTIONS[i]);
        CHECK_STR(schemas[i].level_name, i == 3 ? "" : "ERR");
        CHECK_STR(schemas[i].task_name, i == 3 ? "" : "NET");
        CHECK_EQ(schemas[i].source, ETW_SCHEMA_TMF);
        REQUIRE(schemas[i].property_count == 1);
        CHECK_STR(schemas[i].properties[0].name, "n");
    }
    CHECK_STR(schemas[0].class_name, "Cart.cpp:28");
    CHECK_STR(schemas[0].message, "n=%10!d!");
    CHECK_STR(schemas[3].message, "see http://a");
    CHECK_STR(schemas[4].message, "two lines");
}

static void reads_modules_without_functions_that_end(void)
{
    pdbb_file file = {0};
    etlb_writer *module = pdbb_module(&file, "a.obj");
    pdbb_function(module, S_GPROC32, "one");
    annotate(module, "#typev a_c1 1 \"x\" //");
    pdbb_function(module, S_GPROC32, "two");
    annotate(module, "#typev a_c2 2 \"y\" //");
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_OK);
    REQUIRE(schema_count == 2);
    CHECK_STR(schemas[0].event_name, "one");
    CHECK_STR(schemas[1].event_name, "two");
}

static void says_what_is_missing(void)
{
    static const char OLD[] = "Microsoft C/C++ program database 2.00\r\n\x1AJG\0\0";
    pdbb_file file = {0};
    pdbb_module(&file, "a.obj");
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "describes no events: a symbol file without trace messages");
    CHECK_EQ(parse_bytes(OLD, sizeof OLD), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "symbol file of an older kind than MSF 7.00");
    CHECK_EQ(parse_bytes("MZ", 2), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "no symbol file");
    CHECK(etwi_pdb_probe((etw_bytes){(const uint8_t *)OLD, sizeof OLD}));
    CHECK(!etwi_pdb_probe((etw_bytes){(const uint8_t *)OLD, 20}));
}

/* What a damaged annotation says is left out; those around it stay. */
static void leaves_out_messages_that_end_early(void)
{
    static const char *const OPEN[] = {"TMF:", HEAD, "#typev a_c1 1 \"x\" //", "{", NULL};
    pdbb_file file = {0};
    etlb_writer *module = pdbb_module(&file, "a.obj");
    pdbb_function(module, S_GPROC32, "main");
    pdbb_annotation(module, OPEN);
    annotate(module, "#typev a_c2 2 \"y\" //");
    pdbb_symbol(module, 0x1019, etlb_text("\1"));
    pdbb_symbol(module, 0x1019, (etw_bytes){(const uint8_t *)"\0\0\0\0\1\0\2\0TMF:\0abcdefg", 20});
    annotate(module, "#typev a_c3 3 \"z\" //");
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_E_CORRUPT);
    CHECK_TEXT(problem.message, "a trace message ends early in the function main");
    REQUIRE(schema_count == 2);
    CHECK_EQ(schemas[0].id, 2);
    CHECK_EQ(schemas[1].id, 3);
}

/* Nothing of a module is left when the next one is damaged. */
static void leaves_out_modules_that_are_damaged(void)
{
    pdbb_file file = {0};
    for (unsigned i = 0; i < 3; i++) {
        etlb_writer *module = pdbb_module(&file, "a.obj");
        pdbb_function(module, S_GPROC32, "the function of a module that is read");
        annotate(module, i ? "#typev a_c1 1 \"x\" //" : "#typev a_c2 2 \"y\" //");
        if (i == 1)
            etlb_patch_u32(module, 0, 2);
    }
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_TEXT(problem.message, "symbols of an unknown kind");
    CHECK_EQ(schema_count, 2);
}

/* ---- Enumerations ---- */

static void put_enum_message(etlb_writer *module)
{
    static const char *const STRINGS[] = {"TMF:",
                                          HEAD,
                                          "#typev a_c1 1 \"%10!s! %11!s!\" //",
                                          "{",
                                          "c, ItemEnum(n::Color) -- 10",
                                          "b, ItemFlagsEnum(Bits) -- 11",
                                          "}",
                                          NULL};
    pdbb_annotation(module, STRINGS);
}

static void make_enums(void)
{
    pdbb_file file = {0};
    etlb_writer members = {0};
    put_enum_message(pdbb_module(&file, "a.obj"));
    pdbb_member(&members, "Blue", 70000);
    pdbb_member(&members, "Below", -2);
    const uint32_t rest = pdbb_members(&file, etlb_written(&members));
    etlb_writer_clear(&members);
    pdbb_member(&members, "Red", 1);
    pdbb_member(&members, "Huge", 0x100000005);
    pdbb_continue(&members, rest);
    const uint32_t all = pdbb_members(&file, etlb_written(&members));
    pdbb_enum(&file, "n::Color", 0x80, 0);
    pdbb_enum(&file, "Other", 0, all);
    pdbb_enum(&file, "n::Color", 0, all);
    pdbb_enum(&file, "n::Color", 0, rest);
    pdbb_enum(&file, "Bits", 0, rest);
    etlb_writer_free(&members);
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
}

static void reads_enumerations(void)
{
    make_enums();
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    REQUIRE(schema_count == 1 && schemas[0].property_count == 2);
    const etw_map *map = schemas[0].properties[0].map;
    REQUIRE(map && map->entry_count == 4 && !map->is_bitmap);
    CHECK_STR(map->name, "n::Color");
    CHECK_STR(map->entries[0].text, "Red");
    CHECK_STR(map->entries[1].text, "Huge");
    CHECK_EQ(map->entries[1].value, 5);
    CHECK_STR(map->entries[2].text, "Blue");
    CHECK_EQ(map->entries[2].value, 70000);
    CHECK_STR(map->entries[3].text, "Below");
    CHECK_EQ(map->entries[3].value, 0xFFFFFFFE);
    map = schemas[0].properties[1].map;
    REQUIRE(map && map->entry_count == 2 && map->is_bitmap);
}

static void survives_members_that_go_on_for_ever(void)
{
    pdbb_file file = {0};
    etlb_writer members = {0};
    put_enum_message(pdbb_module(&file, "a.obj"));
    pdbb_continue(&members, PDBB_FIRST_TYPE);
    pdbb_enum(&file, "n::Color", 0, pdbb_members(&file, etlb_written(&members)));
    pdbb_enum(&file, "Bits", 0, PDBB_FIRST_TYPE + 99);
    etlb_writer_free(&members);
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_E_CORRUPT);
    CHECK_TEXT(problem.message, "an enumeration whose members are not in the file");
    CHECK_EQ(schema_count, 1);
}

/* ---- Hostile containers ---- */

static void reads_streams_once(void)
{
    etwi_msf msf;
    etw_bytes stream;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    make_two_modules();
    REQUIRE(etwi_msf_open(&msf, etlb_written(&image), &allocator, &error) == ETW_OK);
    CHECK_EQ(msf.stream_count, 6);
    CHECK_EQ(etwi_msf_read(&msf, 0, &stream, &error), ETW_OK);
    CHECK_EQ(stream.size, 0);
    etwi_msf_release(&msf, stream);
    CHECK_EQ(etwi_msf_read(&msf, 6, &stream, &error), ETW_E_CORRUPT);
    CHECK_EQ(etwi_msf_read(&msf, 4, &stream, &error), ETW_OK);
    CHECK(stream.size > PDBB_BLOCK_SIZE);
    etwi_msf_release(&msf, stream);
    CHECK_EQ(etwi_msf_read(&msf, 4, &stream, &error), ETW_E_CORRUPT);
    CHECK(strstr(error.message, "is used twice"));
    etwi_msf_close(&msf);
}

/* The list of the blocks of a large directory has more than one block itself. */
static void reads_large_directories(void)
{
    pdbb_file file = {0};
    etlb_writer nothing = {0};
    etlb_fill(&nothing, 0, 60000);
    etlb_writer *module = pdbb_module(&file, "a.obj");
    for (unsigned i = 0; i < 150; i++)
        pdbb_symbol(module, 7, etlb_written(&nothing));
    pdbb_function(module, S_GPROC32, "main");
    annotate(module, "#typev a_c1 1 \"x\" //");
    etlb_writer_free(&nothing);
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK(etwi_load_u32(image.data + 56) != 0);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    REQUIRE(schema_count == 1);
    CHECK_STR(schemas[0].event_name, "main");
}

/* Offsets of the directory's numbers in the file: it has one block here. */
static size_t directory_offset(void)
{
    const uint32_t list = etwi_load_u32(image.data + 52);
    return (size_t)etwi_load_u32(image.data + (size_t)list * PDBB_BLOCK_SIZE) * PDBB_BLOCK_SIZE;
}

static void refuses_blocks_of_others(void)
{
    make_two_modules();
    const size_t numbers = directory_offset();
    const uint32_t count = etwi_load_u32(image.data + numbers);
    const size_t blocks = numbers + 4 + 4 * (size_t)count;
    /* Streams 2 and 3 have one block each, then comes the first module. */
    const uint32_t of_types = etwi_load_u32(image.data + blocks);
    const uint32_t of_modules = etwi_load_u32(image.data + blocks + 4);
    etlb_patch_u32(&image, blocks + 8, of_modules);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(problem.status, ETW_E_CORRUPT);
    CHECK(strstr(problem.message, "is used twice"));
    CHECK_EQ(schema_count, 1);
    etlb_patch_u32(&image, blocks + 8, 0);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_TEXT(problem.message, "block 0 is used twice");
    etlb_patch_u32(&image, blocks + 8, of_types);
    etlb_patch_u32(&image, blocks + 4, (uint32_t)(image.size / PDBB_BLOCK_SIZE));
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    etlb_patch_u32(&image, blocks + 4, 0xFFFFFFFF);
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    CHECK_TEXT(error.message, "block 4294967295 is behind the end of the file");
}

static void refuses_sizes_that_cannot_be(void)
{
    static const uint32_t SIZES[] = {0, 1, 513, 256, 65536, 0x80000000, 0xFFFFFFFF};
    make_two_modules();
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        etlb_patch_u32(&image, 32, SIZES[i]);
        CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    }
    etlb_patch_u32(&image, 32, PDBB_BLOCK_SIZE);
    etlb_patch_u32(&image, 44, 0xFFFFFFFF);
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    etlb_patch_u32(&image, 44, 0);
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    make_two_modules();
    const size_t numbers = directory_offset();
    etlb_patch_u32(&image, numbers, 0xFFFFFFFF);
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
    etlb_patch_u32(&image, numbers, 6);
    for (size_t stream = 1; stream < 6; stream++)
        etlb_patch_u32(&image, numbers + 4 + 4 * stream, 0xFFFFFFFE);
    CHECK_EQ(parse_image(), ETW_E_CORRUPT);
}

static void survives_truncation(void)
{
    make_enums();
    for (size_t size = 0; size < image.size; size++)
        parse_bytes(image.data, size);
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(schema_count, 1);
    etwi_arena_free(&arena);
}

static void survives_extreme_numbers(void)
{
    make_enums();
    const uint32_t extremes[] = {0,          1,      0x7FFFFFFF, 0x80000000,
                                 0xFFFFFFFF, 0xFFFF, 7,          (uint32_t)image.size};
    for (size_t at = 32; at + 4 <= image.size; at += 2) {
        uint8_t saved[4];
        memcpy(saved, image.data + at, 4);
        for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
            etlb_patch_u32(&image, at, extremes[i]);
            parse_image();
        }
        memcpy(image.data + at, saved, 4);
        etwi_arena_free(&arena);
    }
    CHECK_EQ(parse_image(), ETW_OK);
    CHECK_EQ(schema_count, 1);
}

static void survives_failing_memory(void)
{
    bool done = false;
    make_enums();
    for (uint64_t fail_at = 1; !done && fail_at < 200; fail_at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        etwi_arena poor = {.allocator = faulty.allocator};
        schema_count = 0;
        const etw_status status =
            etwi_pdb_parse(etlb_written(&image), &poor, take, NULL, &problem, &error);
        done = faulty.calls < fail_at;
        CHECK_EQ(status, done ? ETW_OK : ETW_E_NOMEM);
        etwi_arena_free(&poor);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK(done);
}

/* A function with a long name and many messages is no way to fill memory. */
static void limits_text(void)
{
    static char name[60000];
    pdbb_file file = {0};
    memset(name, 'f', sizeof name - 1);
    etlb_writer *module = pdbb_module(&file, "a.obj");
    pdbb_function(module, S_GPROC32, name);
    for (unsigned i = 0; i < 100; i++)
        annotate(module, "#typev a_c1 1 \"x\" //");
    etlb_writer_clear(&image);
    pdbb_finish(&file, &image);
    CHECK_EQ(parse_image(), ETW_E_LIMIT);
}

/* ---- Through the store ---- */

static void serves_messages_of_traces(void)
{
    etw_schema_store *store;
    make_two_modules();
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    CHECK_EQ(etw_schema_store_add_memory(store, "shop.pdb", etlb_written(&image), &error), ETW_OK);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_TMF], 5);
    CHECK_EQ(etw_schema_store_get_stats(store).rejected, 0);
    const etw_event event = {.provider = etlb_guid_of("4857fab7-1162-3184-360b-cdd863ddf4ea"),
                             .id = 18,
                             .flags = ETW_EVENT_TRACE_MESSAGE,
                             .pointer_size = 8};
    const etw_schema *found = NULL;
    CHECK_EQ(etw_schema_store_find(store, &event, &found), ETW_OK);
    REQUIRE(found);
    CHECK_STR(found->event_name, "shop::ship");
    etw_schema_store_destroy(&store);
}

int main(void)
{
    open_fixture(etwi_pdb_parse);
    RUN(reads_annotations);
    RUN(reads_modules_without_functions_that_end);
    RUN(says_what_is_missing);
    RUN(leaves_out_messages_that_end_early);
    RUN(leaves_out_modules_that_are_damaged);
    RUN(reads_enumerations);
    RUN(survives_members_that_go_on_for_ever);
    RUN(reads_streams_once);
    RUN(reads_large_directories);
    RUN(refuses_blocks_of_others);
    RUN(refuses_sizes_that_cannot_be);
    RUN(survives_truncation);
    RUN(survives_extreme_numbers);
    RUN(survives_failing_memory);
    RUN(limits_text);
    RUN(serves_messages_of_traces);
    etlb_writer_free(&image);
    return close_fixture();
}
