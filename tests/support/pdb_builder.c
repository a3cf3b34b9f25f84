#include "pdb_builder.h"

#include <string.h>

enum {
    SYMBOL_SIGNATURE = 4,
    S_END = 6,
    S_ANNOTATION = 0x1019,
    LF_FIELDLIST = 0x1203,
    LF_INDEX = 0x1404,
    LF_ENUMERATE = 0x1502,
    LF_ENUM = 0x1507,
    LF_SHORT = 0x8001,
    LF_LONG = 0x8003,
    LF_QUADWORD = 0x8009,
    LF_PAD0 = 0xF0,
    FUNCTION_END_OFFSET = 8, /* In the record with its size and kind. */
};

/* ---- Records ---- */

static size_t begin_record(etlb_writer *out, uint16_t kind)
{
    const size_t start = out->size;
    etlb_u16(out, 0);
    etlb_u16(out, kind);
    return start;
}

static void end_record(etlb_writer *out, size_t start)
{
    etlb_align(out, 4, 0);
    etlb_patch_u16(out, start, (uint16_t)(out->size - start - 2));
}

/* ---- Symbols ---- */

static uint16_t add_stream(pdbb_file *file)
{
    if (file->stream_count < PDBB_STREAM_FIRST_MODULE)
        file->stream_count = PDBB_STREAM_FIRST_MODULE;
    if (file->stream_count == PDBB_STREAMS_MAX)
        etlb_fail("more than %d streams", PDBB_STREAMS_MAX);
    return (uint16_t)file->stream_count++;
}

/* The size of the symbols is patched when all is known. */
etlb_writer *pdbb_module(pdbb_file *file, const char *name)
{
    const uint16_t stream = add_stream(file);
    etlb_writer *list = &file->module_list;
    etlb_fill(list, 0, 34); /* Nothing, the first section contribution, flags. */
    etlb_u16(list, stream);
    etlb_u32(list, 0);      /* Size of symbols. */
    etlb_fill(list, 0, 24); /* Sizes of lines, source files. */
    etlb_asciiz(list, name);
    etlb_asciiz(list, name);
    etlb_align(list, 4, 0);
    etlb_u32(&file->streams[stream], SYMBOL_SIGNATURE);
    return &file->streams[stream];
}

void pdbb_symbol(etlb_writer *module, uint16_t kind, etw_bytes data)
{
    const size_t start = begin_record(module, kind);
    etlb_append(module, data);
    end_record(module, start);
}

size_t pdbb_function(etlb_writer *module, uint16_t kind, const char *name)
{
    const size_t start = begin_record(module, kind);
    etlb_u32(module, 0);      /* Parent. */
    etlb_u32(module, 0);      /* End. */
    etlb_fill(module, 0, 24); /* Next, sizes, type, offset. */
    etlb_u16(module, 1);      /* Segment. */
    etlb_u8(module, 0);       /* Flags. */
    etlb_asciiz(module, name);
    end_record(module, start);
    return start;
}

void pdbb_end(etlb_writer *module, size_t function)
{
    etlb_patch_u32(module, function + FUNCTION_END_OFFSET, (uint32_t)module->size);
    const etw_bytes none = {NULL, 0};
    pdbb_symbol(module, S_END, none);
}

void pdbb_annotation(etlb_writer *module, const char *const *strings)
{
    const size_t start = begin_record(module, S_ANNOTATION);
    uint16_t count = 0;
    while (strings[count])
        count++;
    etlb_u32(module, 0); /* Offset. */
    etlb_u16(module, 1); /* Segment. */
    etlb_u16(module, count);
    for (uint16_t i = 0; i < count; i++)
        etlb_asciiz(module, strings[i]);
    end_record(module, start);
}

/* ---- Types ---- */

static void pad_member(etlb_writer *members)
{
    while (members->size % 4)
        etlb_u8(members, (uint8_t)(LF_PAD0 + 4 - members->size % 4));
}

void pdbb_member(etlb_writer *members, const char *name, int64_t value)
{
    etlb_u16(members, LF_ENUMERATE);
    etlb_u16(members, 3); /* Public. */
    if (value >= 0 && value < 0x8000) {
        etlb_u16(members, (uint16_t)value);
    } else if (value >= INT16_MIN && value < 0) {
        etlb_u16(members, LF_SHORT);
        etlb_u16(members, (uint16_t)value);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        etlb_u16(members, LF_LONG);
        etlb_u32(members, (uint32_t)value);
    } else {
        etlb_u16(members, LF_QUADWORD);
        etlb_u64(members, (uint64_t)value);
    }
    etlb_asciiz(members, name);
    pad_member(members);
}

void pdbb_continue(etlb_writer *members, uint32_t type)
{
    etlb_u16(members, LF_INDEX);
    etlb_u16(members, 0);
    etlb_u32(members, type);
}

uint32_t pdbb_members(pdbb_file *file, etw_bytes members)
{
    etlb_writer *types = &file->streams[PDBB_STREAM_TPI];
    const size_t start = begin_record(types, LF_FIELDLIST);
    etlb_append(types, members);
    end_record(types, start);
    return PDBB_FIRST_TYPE + file->type_count++;
}

uint32_t pdbb_enum(pdbb_file *file, const char *name, uint16_t properties, uint32_t members)
{
    etlb_writer *types = &file->streams[PDBB_STREAM_TPI];
    const size_t start = begin_record(types, LF_ENUM);
    etlb_u16(types, 0); /* How many members; nobody relies on it. */
    etlb_u16(types, properties);
    etlb_u32(types, 0x74); /* int. */
    etlb_u32(types, members);
    etlb_asciiz(types, name);
    end_record(types, start);
    return PDBB_FIRST_TYPE + file->type_count++;
}

/* ---- Streams ---- */

static void finish_types(pdbb_file *file)
{
    etlb_writer *types = &file->streams[PDBB_STREAM_TPI];
    etlb_writer all = {0};
    etlb_u32(&all, 20040203); /* Version. */
    etlb_u32(&all, 56);       /* Size of this header. */
    etlb_u32(&all, PDBB_FIRST_TYPE);
    etlb_u32(&all, PDBB_FIRST_TYPE + file->type_count);
    etlb_u32(&all, (uint32_t)types->size);
    etlb_fill(&all, 0, 36); /* Hashes. */
    etlb_append(&all, etlb_written(types));
    etlb_writer_free(types);
    *types = all;
}

/* Modules are in the list in the order of their streams. */
static void patch_sizes(pdbb_file *file)
{
    size_t at = 0;
    etlb_writer *list = &file->module_list;
    for (unsigned i = PDBB_STREAM_FIRST_MODULE; i < file->stream_count; i++) {
        etlb_patch_u32(list, at + 36, (uint32_t)file->streams[i].size);
        const char *name = (const char *)list->data + at + 64;
        at = (at + 64 + 2 * (strlen(name) + 1) + 3) & ~(size_t)3;
    }
}

static void finish_modules(pdbb_file *file)
{
    etlb_writer *dbi = &file->streams[PDBB_STREAM_DBI];
    patch_sizes(file);
    etlb_u32(dbi, 0xFFFFFFFF);
    etlb_u32(dbi, 19990903); /* Version. */
    etlb_u32(dbi, 1);        /* Age. */
    etlb_fill(dbi, 0xFF, 2); /* There is no stream of global symbols. */
    etlb_u16(dbi, 0x8E00);
    etlb_fill(dbi, 0xFF, 2);
    etlb_u16(dbi, 0);
    etlb_fill(dbi, 0xFF, 2);
    etlb_u16(dbi, 0);
    etlb_u32(dbi, (uint32_t)file->module_list.size);
    etlb_fill(dbi, 0, 28); /* Sizes of what else there is. */
    etlb_u16(dbi, 0);
    etlb_u16(dbi, 0x8664); /* Machine. */
    etlb_u32(dbi, 0);
    etlb_append(dbi, etlb_written(&file->module_list));
}

/* ---- Blocks ---- */

/* Appends a stream, its last block first, and notes where each block is. */
static void put_blocks(etlb_writer *out, etlb_writer *list, etw_bytes stream)
{
    const size_t count = (stream.size + PDBB_BLOCK_SIZE - 1) / PDBB_BLOCK_SIZE;
    const size_t first = out->size / PDBB_BLOCK_SIZE;
    for (size_t i = 0; i < count; i++) {
        const size_t start = (count - 1 - i) * PDBB_BLOCK_SIZE;
        const size_t left = stream.size - start;
        etlb_raw(out, stream.data + start, left < PDBB_BLOCK_SIZE ? left : PDBB_BLOCK_SIZE);
        etlb_align(out, PDBB_BLOCK_SIZE, 0xEE);
        etlb_u32(list, (uint32_t)(first + count - 1 - i));
    }
}

static void put_superblock(etlb_writer *out)
{
    static const char MAGIC[] = "Microsoft C/C++ MSF 7.00\r\n\x1A"
                                "DS\0\0";
    etlb_raw(out, MAGIC, 32);
    etlb_u32(out, PDBB_BLOCK_SIZE);
    etlb_u32(out, 1); /* The free block map in force. */
    etlb_fill(out, 0, 16);
    etlb_align(out, PDBB_BLOCK_SIZE, 0);
    etlb_fill(out, 0xFF, (size_t)2 * PDBB_BLOCK_SIZE); /* Both free block maps. */
}

void pdbb_finish(pdbb_file *file, etlb_writer *out)
{
    etlb_writer directory = {0}, lists = {0}, list = {0}, roots = {0};
    if (file->stream_count < PDBB_STREAM_FIRST_MODULE)
        file->stream_count = PDBB_STREAM_FIRST_MODULE;
    finish_types(file);
    finish_modules(file);
    put_superblock(out);
    etlb_u32(&directory, file->stream_count);
    for (unsigned i = 0; i < file->stream_count; i++) {
        /* The first stream, the old directory, does not exist. */
        etlb_u32(&directory, i ? (uint32_t)file->streams[i].size : 0xFFFFFFFF);
        put_blocks(out, &lists, etlb_written(&file->streams[i]));
    }
    etlb_append(&directory, etlb_written(&lists));
    put_blocks(out, &list, etlb_written(&directory));
    put_blocks(out, &roots, etlb_written(&list));
    memcpy(out->data + 52, roots.data, roots.size);
    etlb_patch_u32(out, 40, (uint32_t)(out->size / PDBB_BLOCK_SIZE));
    etlb_patch_u32(out, 44, (uint32_t)directory.size);
    for (unsigned i = 0; i < PDBB_STREAMS_MAX; i++)
        etlb_writer_free(&file->streams[i]);
    etlb_writer_free(&file->module_list);
    etlb_writer_free(&directory);
    etlb_writer_free(&lists);
    etlb_writer_free(&list);
    etlb_writer_free(&roots);
}
