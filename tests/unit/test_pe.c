/* Executable files and the tables of messages in them. */
#include "test.h"

#include "base/bytes.h"
#include "schema/message_table.h"
#include "schema/pe.h"
#include "wevt_builder.h"

#include <stdlib.h>

static const etwi_pe_type TEMPLATES = {"WEVT_TEMPLATE", 0};
static const etwi_pe_type MESSAGES = {NULL, ETWI_PE_MESSAGE_TABLE};
static const etw_bytes NOTHING = {NULL, 0};

enum {
    PE_OFFSET = 64,
    OPTIONAL_OFFSET = PE_OFFSET + 24,
    ROOT_OFFSET = 0x200, /* Of the resources in the files of the builder. */
};

static void finds_resources(void)
{
    for (int is_64 = 0; is_64 < 2; is_64++) {
        etlb_writer file = {0};
        etwi_pe pe;
        etw_bytes found;
        wevtb_pe(&file, is_64, etlb_text("template"), etlb_text("message table"));
        REQUIRE(etwi_pe_open(&pe, etlb_written(&file), NULL) == ETW_OK);
        CHECK(etwi_pe_find(&pe, TEMPLATES, &found));
        CHECK_STR(found, "template");
        CHECK(etwi_pe_find(&pe, MESSAGES, &found));
        CHECK_STR(found, "message table");
        const etwi_pe_type other = {"WEVT_TEMPLATES", 0}, number = {NULL, 12};
        CHECK(!etwi_pe_find(&pe, other, &found));
        CHECK(!etwi_pe_find(&pe, number, &found));
        etlb_writer_free(&file);
    }
}

static void needs_no_resources(void)
{
    etlb_writer file = {0};
    etwi_pe pe;
    etw_bytes found;
    wevtb_pe(&file, true, NOTHING, NOTHING);
    CHECK_EQ(etwi_pe_open(&pe, etlb_written(&file), NULL), ETW_OK);
    CHECK(!etwi_pe_find(&pe, TEMPLATES, &found));
    etlb_patch_u32(&file, OPTIONAL_OFFSET + 112 + 16, 0);
    CHECK_EQ(etwi_pe_open(&pe, etlb_written(&file), NULL), ETW_OK);
    CHECK(!etwi_pe_find(&pe, TEMPLATES, &found));
    etlb_writer_free(&file);
}

static void has_status(const etlb_writer *file, etw_status status, const char *message)
{
    etwi_pe pe;
    etw_error error;
    CHECK_EQ(etwi_pe_open(&pe, etlb_written(file), &error), status);
    CHECK_TEXT(error.message, message);
}

static void refuses_what_is_damaged(void)
{
    etlb_writer file = {0};
    wevtb_pe(&file, true, etlb_text("template"), NOTHING);
    etlb_patch_u32(&file, OPTIONAL_OFFSET + 112 + 16, 0x99000);
    has_status(&file, ETW_E_CORRUPT, "the resources at address 0x99000 are not in the file");
    etlb_patch_u16(&file, OPTIONAL_OFFSET, 0x107);
    has_status(&file, ETW_E_UNSUPPORTED, "executable file of the unknown kind 0x107");
    etlb_patch_u16(&file, PE_OFFSET + 6, 0xFFFF);
    has_status(&file, ETW_E_CORRUPT, "the headers end early");
    etlb_patch_u16(&file, PE_OFFSET, 0x454E);
    has_status(&file, ETW_E_UNSUPPORTED, "executable file of an older kind than PE");
    etlb_patch_u16(&file, 0, 0);
    has_status(&file, ETW_E_UNSUPPORTED, "no executable file");
    etlb_writer_free(&file);
}

/* A directory that leads to itself ends with its third level. */
static void survives_circles(void)
{
    etlb_writer file = {0};
    etwi_pe pe;
    etw_bytes found;
    wevtb_pe(&file, true, NOTHING, etlb_text("message table"));
    etlb_patch_u32(&file, ROOT_OFFSET + 16 + 4, 0x80000000);
    CHECK_EQ(etwi_pe_open(&pe, etlb_written(&file), NULL), ETW_OK);
    CHECK(!etwi_pe_find(&pe, MESSAGES, &found));
    etlb_writer_free(&file);
}

/* ---- Messages ---- */

static etwi_arena arena;

static void put_message(etlb_writer *out, bool is_utf16, const char *text)
{
    const size_t start = out->size;
    etlb_u16(out, 0);
    etlb_u16(out, is_utf16);
    if (is_utf16)
        etlb_utf16z(out, text);
    else
        etlb_asciiz(out, text);
    etlb_align(out, 4, 0);
    etlb_patch_u16(out, start, (uint16_t)(out->size - start));
}

static void put_table(etlb_writer *out)
{
    etlb_u32(out, 2);
    const uint32_t blocks[] = {0xB0000001, 0xB0000002, 28, 5, 5, 0};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        etlb_u32(out, blocks[i]);
    put_message(out, true,
                "Gr\xC3\xBC\xC3\x9F"
                "e\r\n");
    put_message(out, false, "%1 of %2 \r\n");
    etlb_patch_u32(out, 24, (uint32_t)out->size);
    put_message(out, true, "\r\n");
}

static void has_text(const etwi_message_table *table, uint32_t id, const char *text)
{
    const etwi_message *message = etwi_message_find(table, id);
    etw_str got;
    REQUIRE(message);
    REQUIRE(etwi_message_text(message, &arena, &got));
    CHECK_STR(got, text);
}

static void finds_messages(void)
{
    etlb_writer file = {0};
    etwi_message_table table;
    put_table(&file);
    CHECK_EQ(etwi_message_table_read(&table, etlb_written(&file), &arena.allocator, NULL), ETW_OK);
    CHECK_EQ(table.count, 3);
    has_text(&table, 0xB0000001,
             "Gr\xC3\xBC\xC3\x9F"
             "e");
    has_text(&table, 0xB0000002, "%1 of %2");
    has_text(&table, 5, "");
    CHECK(!etwi_message_find(&table, 4));
    CHECK(!etwi_message_find(&table, 0xFFFFFFFF));
    etwi_message_table_free(&table);
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

/* What came before the damage can be used. */
static void keeps_messages_before_damage(void)
{
    etlb_writer file = {0};
    etwi_message_table table;
    etw_error error;
    put_table(&file);
    etlb_patch_u32(&file, 8, 0xFFFFFFFF);
    CHECK_EQ(etwi_message_table_read(&table, etlb_written(&file), &arena.allocator, &error),
             ETW_E_CORRUPT);
    CHECK_TEXT(error.message, "message 0xB0000004 is not in the table of messages");
    has_text(&table, 0xB0000002, "%1 of %2");
    etwi_message_table_free(&table);
    etlb_writer_free(&file);
    etwi_arena_free(&arena);
}

static void survives_truncation(void)
{
    etlb_writer file = {0};
    put_table(&file);
    for (size_t size = 0; size < file.size; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, file.data, size);
        const etw_bytes bytes = {copy, size};
        etwi_message_table table;
        etw_error error = {ETW_OK, 0, 0, ""};
        const etw_status status = etwi_message_table_read(&table, bytes, &arena.allocator, &error);
        CHECK_EQ(status, size < 4 ? ETW_OK : ETW_E_CORRUPT);
        CHECK_EQ(error.status, status);
        etwi_message_table_free(&table);
        free(copy);
    }
    etlb_writer_free(&file);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(finds_resources);
    RUN(needs_no_resources);
    RUN(refuses_what_is_damaged);
    RUN(survives_circles);
    RUN(finds_messages);
    RUN(keeps_messages_before_damage);
    RUN(survives_truncation);
    return test_finish();
}
