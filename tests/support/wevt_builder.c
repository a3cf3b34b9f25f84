#include "wevt_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES_MAX = 256,
    NAMED_MAX = 32,
    FIRST_MESSAGE = 0x30000000,
    MESSAGES_IN_BLOCK = 5,
    PARTS = 9,
    PART_TABLE = 36 + 16, /* Behind the header, its only provider, and that one's header. */
};

/* Where definitions of one kind were written, by their numbers. */
typedef struct places {
    uint32_t at[NAMED_MAX];
} places;

typedef struct compiler {
    etlb_writer *out;
    const char *messages[MESSAGES_MAX];
    uint32_t message_count;
    unsigned part_count;
    places channels, levels, opcodes, tasks, keywords, maps, templates;
} compiler;

static uint32_t here(const compiler *c)
{
    return (uint32_t)c->out->size;
}

static uint32_t message_id(compiler *c, const char *text)
{
    if (!text)
        return UINT32_MAX;
    if (c->message_count == MESSAGES_MAX)
        etlb_fail("more than %d messages", MESSAGES_MAX);
    c->messages[c->message_count] = text;
    return FIRST_MESSAGE + c->message_count++;
}

/* Writes a text, and its place where it was promised. */
static void put_text(compiler *c, size_t field, const char *text)
{
    if (!text)
        return;
    etlb_align(c->out, 4, 0);
    const size_t start = c->out->size;
    etlb_patch_u32(c->out, field, (uint32_t)start);
    etlb_u32(c->out, 0);
    etlb_utf16z(c->out, text);
    etlb_patch_u32(c->out, start, (uint32_t)(c->out->size - start));
}

/* Begins a part: its entry in the table, signature, size, count. */
static uint32_t begin_part(compiler *c, uint32_t type, const char *signature, uint32_t count)
{
    etlb_align(c->out, 4, 0);
    const size_t row = PART_TABLE + 8 * (size_t)c->part_count++;
    etlb_patch_u32(c->out, row, type);
    etlb_patch_u32(c->out, row + 4, here(c));
    const uint32_t start = here(c);
    etlb_ascii(c->out, signature);
    etlb_u32(c->out, 0);
    if (count)
        etlb_u32(c->out, count);
    return start;
}

/* Empty parts have the size 0. */
static void end_part(compiler *c, uint32_t start, uint32_t count)
{
    etlb_align(c->out, 4, 0);
    if (count)
        etlb_patch_u32(c->out, start + 4, here(c) - start);
}

static uint32_t count_named(const wevtb_named *rows)
{
    uint32_t count = 0;
    while (rows && (rows[count].name || rows[count].message))
        count++;
    if (count >= NAMED_MAX)
        etlb_fail("more than %d definitions", NAMED_MAX);
    return count;
}

/* ---- Definitions ---- */

/* Writes one entry and returns where its name is promised. */
typedef size_t (*entry_writer)(compiler *c, const wevtb_named *row);

static size_t write_channel(compiler *c, const wevtb_named *row)
{
    etlb_u32(c->out, 0);
    etlb_u32(c->out, 0);
    etlb_u32(c->out, (uint32_t)row->value);
    etlb_u32(c->out, message_id(c, row->message));
    return c->out->size - 12;
}

static size_t write_level_or_opcode(compiler *c, const wevtb_named *row)
{
    etlb_u32(c->out, (uint32_t)row->value);
    etlb_u32(c->out, message_id(c, row->message));
    etlb_u32(c->out, 0);
    return c->out->size - 4;
}

static size_t write_task(compiler *c, const wevtb_named *row)
{
    const etw_guid none = {0, 0, 0, {0}};
    const etw_guid guid = row->guid ? etlb_guid_of(row->guid) : none;
    etlb_u32(c->out, (uint32_t)row->value);
    etlb_u32(c->out, message_id(c, row->message));
    etlb_guid(c->out, &guid);
    etlb_u32(c->out, 0);
    return c->out->size - 4;
}

static size_t write_keyword(compiler *c, const wevtb_named *row)
{
    etlb_u64(c->out, row->value);
    etlb_u32(c->out, message_id(c, row->message));
    etlb_u32(c->out, 0);
    return c->out->size - 4;
}

/* What a part with definitions is called, and how its entries are written. */
typedef struct part_rule {
    const char *signature;
    entry_writer write;
    uint32_t type;
} part_rule;

static void write_definitions(compiler *c, part_rule rule, const wevtb_named *rows, places *at)
{
    const uint32_t count = count_named(rows);
    const uint32_t start = begin_part(c, rule.type, rule.signature, count);
    size_t names[NAMED_MAX];
    for (uint32_t i = 0; i < count; i++) {
        at->at[i + 1] = here(c);
        names[i] = rule.write(c, &rows[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        put_text(c, names[i], rows[i].name);
    end_part(c, start, count);
}

static void write_maps(compiler *c, const wevtb_map *maps)
{
    uint32_t count = 0;
    while (maps && maps[count].name)
        count++;
    const uint32_t start = begin_part(c, 6, "MAPS", count);
    const size_t offsets = c->out->size;
    etlb_fill(c->out, 0, 4 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        etlb_patch_u32(c->out, offsets + 4 * (size_t)i, here(c));
        c->maps.at[i + 1] = here(c);
        etlb_ascii(c->out, maps[i].is_bitmap ? "BMAP" : "VMAP");
        etlb_u32(c->out, 20 + 8 * maps[i].count);
        etlb_u32(c->out, 0);
        const size_t name = c->out->size - 4;
        etlb_u32(c->out, maps[i].is_bitmap);
        etlb_u32(c->out, maps[i].count);
        for (uint32_t j = 0; j < maps[i].count; j++) {
            etlb_u32(c->out, maps[i].values[j].value);
            etlb_u32(c->out, message_id(c, maps[i].values[j].message));
        }
        put_text(c, name, maps[i].name);
        etlb_align(c->out, 4, 0);
    }
    end_part(c, start, count);
}

static void write_item(compiler *c, const wevtb_item *item)
{
    etlb_u32(c->out, item->flags);
    if (item->flags & WEVTB_STRUCT) {
        etlb_u16(c->out, item->first_member);
        etlb_u16(c->out, item->member_count);
    } else {
        etlb_u8(c->out, item->in_type);
        etlb_u8(c->out, item->out_type);
        etlb_u16(c->out, 0);
    }
    etlb_u32(c->out, c->maps.at[item->map]);
    etlb_u16(c->out, item->count);
    etlb_u16(c->out, item->length);
    etlb_u32(c->out, 0);
}

static void write_template(compiler *c, const wevtb_template *layout)
{
    const size_t start = c->out->size;
    etlb_ascii(c->out, "TEMP");
    etlb_u32(c->out, 0);
    etlb_u32(c->out, layout->top_level_count);
    etlb_u32(c->out, layout->count);
    etlb_u32(c->out, 0);
    etlb_u32(c->out, layout->is_user_data ? 2 : 1);
    etlb_fill(c->out, 0, 16);
    etlb_u32(c->out, 0x0101000F); /* The beginning of binary XML. */
    const size_t items = c->out->size;
    etlb_patch_u32(c->out, start + 16, (uint32_t)items);
    for (uint32_t i = 0; i < layout->count; i++)
        write_item(c, &layout->items[i]);
    for (uint32_t i = 0; i < layout->count; i++)
        put_text(c, items + 20 * (size_t)i + 16, layout->items[i].name);
    etlb_align(c->out, 4, 0);
    etlb_patch_u32(c->out, start + 4, (uint32_t)(c->out->size - start));
}

static void write_templates(compiler *c, const wevtb_template *templates)
{
    uint32_t count = 0;
    while (templates && templates[count].items)
        count++;
    const uint32_t start = begin_part(c, 7, "TTBL", count);
    for (uint32_t i = 0; i < count; i++) {
        c->templates.at[i + 1] = here(c);
        write_template(c, &templates[i]);
    }
    end_part(c, start, count);
}

/* ---- Events ---- */

static void write_event(compiler *c, const wevtb_manifest *manifest, const wevtb_event *event)
{
    uint64_t mask = 0;
    uint32_t keyword_count = 0;
    for (; keyword_count < 4 && event->keywords[keyword_count]; keyword_count++)
        mask |= manifest->keywords[event->keywords[keyword_count] - 1].value;
    etlb_u16(c->out, event->id);
    etlb_u8(c->out, event->version);
    etlb_u8(c->out, event->channel ? (uint8_t)manifest->channels[event->channel - 1].value : 0);
    etlb_u8(c->out, event->level ? (uint8_t)manifest->levels[event->level - 1].value : 0);
    etlb_u8(c->out,
            event->opcode ? (uint8_t)(manifest->opcodes[event->opcode - 1].value >> 16) : 0);
    etlb_u16(c->out, event->task ? (uint16_t)manifest->tasks[event->task - 1].value : 0);
    etlb_u64(c->out, mask);
    etlb_u32(c->out, message_id(c, event->message));
    etlb_u32(c->out, c->templates.at[event->layout]);
    etlb_u32(c->out, c->opcodes.at[event->opcode]);
    etlb_u32(c->out, c->levels.at[event->level]);
    etlb_u32(c->out, c->tasks.at[event->task]);
    etlb_u32(c->out, keyword_count);
    etlb_u32(c->out, 0);
    etlb_u32(c->out, c->channels.at[event->channel]);
}

static void write_events(compiler *c, const wevtb_manifest *manifest)
{
    const uint32_t count = manifest->event_count;
    const uint32_t start = begin_part(c, 4, "EVNT", count);
    etlb_u32(c->out, 0);
    const size_t first = c->out->size;
    for (uint32_t i = 0; i < count; i++)
        write_event(c, manifest, &manifest->events[i]);
    for (uint32_t i = 0; i < count; i++) {
        etlb_patch_u32(c->out, first + 48 * (size_t)i + 40, here(c));
        for (unsigned k = 0; k < 4 && manifest->events[i].keywords[k]; k++)
            etlb_u32(c->out, c->keywords.at[manifest->events[i].keywords[k]]);
    }
    end_part(c, start, count);
}

static void write_attributes(compiler *c, const char *name)
{
    const uint32_t start = begin_part(c, 13, "PRVA", 1);
    etlb_u32(c->out, 0x10000001);
    etlb_u32(c->out, here(c) + 4);
    etlb_utf16z(c->out, name);
    end_part(c, start, 1);
}

static void write_messages(const compiler *c, etlb_writer *out)
{
    const uint32_t blocks = (c->message_count + MESSAGES_IN_BLOCK - 1) / MESSAGES_IN_BLOCK;
    etlb_u32(out, blocks);
    etlb_fill(out, 0, 12 * (size_t)blocks);
    for (uint32_t i = 0; i < c->message_count; i++) {
        const size_t row = 4 + 12 * (size_t)(i / MESSAGES_IN_BLOCK);
        if (i % MESSAGES_IN_BLOCK == 0) {
            etlb_patch_u32(out, row, FIRST_MESSAGE + i);
            etlb_patch_u32(out, row + 8, (uint32_t)out->size);
        }
        etlb_patch_u32(out, row + 4, FIRST_MESSAGE + i);
        const bool is_ansi = i % 3 == 0;
        const size_t start = out->size;
        etlb_u16(out, 0);
        etlb_u16(out, !is_ansi);
        if (is_ansi)
            etlb_ascii(out, c->messages[i]), etlb_asciiz(out, "\r\n");
        else
            etlb_utf16(out, c->messages[i]), etlb_utf16z(out, "\r\n");
        etlb_align(out, 4, 0);
        etlb_patch_u16(out, start, (uint16_t)(out->size - start));
    }
}

void wevtb_compile(etlb_writer *resource, etlb_writer *messages, const wevtb_manifest *manifest)
{
    static const part_rule CHANNELS = {"CHAN", write_channel, 5},
                           LEVELS = {"LEVL", write_level_or_opcode, 0},
                           OPCODES = {"OPCO", write_level_or_opcode, 2},
                           TASKS = {"TASK", write_task, 1}, KEYWORDS = {"KEYW", write_keyword, 3};
    compiler c = {.out = resource};
    const etw_guid guid = etlb_guid_of(manifest->guid);
    etlb_ascii(resource, "CRIM");
    etlb_u32(resource, 0);
    etlb_u16(resource, manifest->name_is_message ? 3 : 5);
    etlb_u16(resource, 1);
    etlb_u32(resource, 1);
    etlb_guid(resource, &guid);
    etlb_u32(resource, 36);
    etlb_ascii(resource, "WEVT");
    etlb_u32(resource, 0);
    etlb_u32(resource, manifest->name_is_message ? message_id(&c, manifest->name) : UINT32_MAX);
    etlb_u32(resource, manifest->name_is_message ? PARTS - 1 : PARTS);
    etlb_fill(resource, 0, (size_t)8 * PARTS);
    if (!manifest->name_is_message)
        write_attributes(&c, manifest->name);
    write_definitions(&c, CHANNELS, manifest->channels, &c.channels);
    write_definitions(&c, LEVELS, manifest->levels, &c.levels);
    write_definitions(&c, OPCODES, manifest->opcodes, &c.opcodes);
    write_definitions(&c, TASKS, manifest->tasks, &c.tasks);
    write_definitions(&c, KEYWORDS, manifest->keywords, &c.keywords);
    write_maps(&c, manifest->maps);
    write_templates(&c, manifest->templates);
    write_events(&c, manifest);
    etlb_patch_u32(resource, 4, here(&c));
    etlb_patch_u32(resource, 40, here(&c) - 36);
    write_messages(&c, messages);
}

/* ---- The executable file ---- */

enum {
    PE_OFFSET = 64,
    SECTION_OFFSET = 0x200,
    SECTION_ADDRESS = 0x3000,
};

/* What all directories begin with. */
static void begin_directory(etlb_writer *out, size_t named_count, size_t numbered_count)
{
    etlb_fill(out, 0, 12);
    etlb_u16(out, (uint16_t)named_count);
    etlb_u16(out, (uint16_t)numbered_count);
}

/* The levels of numbers and languages, the entries of the data, and the data. */
static void write_branch(etlb_writer *out, size_t root, size_t field, const wevtb_texts *texts,
                         size_t count)
{
    const uint32_t at = (uint32_t)(out->size - root);
    const uint32_t languages = at + 24, entries = languages + 16 + 8 * (uint32_t)count;
    etlb_patch_u32(out, field, at | 0x80000000);
    begin_directory(out, 0, 1);
    etlb_u32(out, 1);
    etlb_u32(out, languages | 0x80000000);
    begin_directory(out, 0, count);
    for (size_t i = 0; i < count; i++) {
        etlb_u32(out, texts[i].language);
        etlb_u32(out, entries + 16 * (uint32_t)i);
    }
    const size_t first = out->size;
    etlb_fill(out, 0, 16 * count);
    for (size_t i = 0; i < count; i++) {
        etlb_patch_u32(out, first + 16 * i, SECTION_ADDRESS + (uint32_t)(out->size - root));
        etlb_patch_u32(out, first + 16 * i + 4, (uint32_t)texts[i].messages.size);
        etlb_append(out, texts[i].messages);
        etlb_align(out, 8, 0);
    }
}

static void write_resources(etlb_writer *out, etw_bytes resource, const wevtb_texts *texts,
                            size_t count)
{
    const size_t root = out->size;
    const uint16_t named = resource.size != 0, numbered = count != 0;
    const wevtb_texts neutral = {0, resource};
    begin_directory(out, named, numbered);
    const size_t entries = out->size;
    etlb_fill(out, 0, 8 * (size_t)(named + numbered));
    if (named) {
        etlb_patch_u32(out, entries, (uint32_t)(out->size - root) | 0x80000000);
        etlb_u16(out, 13);
        etlb_utf16(out, "WEVT_TEMPLATE");
        write_branch(out, root, entries + 4, &neutral, 1);
    }
    if (numbered) {
        etlb_patch_u32(out, entries + 8 * (size_t)named, 11);
        write_branch(out, root, entries + 8 * (size_t)named + 4, texts, count);
    }
}

void wevtb_pe(etlb_writer *out, bool is_64, etw_bytes resource, etw_bytes messages)
{
    const wevtb_texts english = {0x409, messages};
    wevtb_pe_in_languages(out, is_64, resource, &english, messages.size ? 1 : 0);
}

void wevtb_pe_in_languages(etlb_writer *out, bool is_64, etw_bytes resource,
                           const wevtb_texts *texts, size_t count)
{
    const size_t optional_size = is_64 ? 240 : 224;
    etlb_ascii(out, "MZ");
    etlb_fill(out, 0, 58);
    etlb_u32(out, PE_OFFSET);
    etlb_raw(out, "PE\0\0", 4);
    etlb_u16(out, is_64 ? 0x8664 : 0x14C);
    etlb_u16(out, 1);
    etlb_fill(out, 0, 12);
    etlb_u16(out, (uint16_t)optional_size);
    etlb_u16(out, 0x2102);
    const size_t optional = out->size;
    etlb_fill(out, 0, optional_size);
    etlb_patch_u16(out, optional, is_64 ? 0x20B : 0x10B);
    const size_t directories = optional + (is_64 ? 112 : 96);
    etlb_patch_u32(out, directories - 4, 16);
    etlb_patch_u32(out, directories + 16, SECTION_ADDRESS);
    const size_t section = out->size;
    etlb_raw(out, ".rsrc\0\0", 8);
    etlb_fill(out, 0, 32);
    etlb_fill(out, 0, SECTION_OFFSET - out->size);
    write_resources(out, resource, texts, count);
    const uint32_t size = (uint32_t)(out->size - SECTION_OFFSET);
    etlb_patch_u32(out, directories + 20, size);
    etlb_patch_u32(out, section + 8, size);
    etlb_patch_u32(out, section + 12, SECTION_ADDRESS);
    etlb_patch_u32(out, section + 16, size);
    etlb_patch_u32(out, section + 20, SECTION_OFFSET);
}
