/*
 * How it works: the superblock says in which blocks the list of the directory's blocks is; the
 * directory has the sizes of all streams, and then the numbers of their blocks.
 */
#include "schema/pdb_msf.h"

#include "base/bytes.h"
#include "base/error.h"

enum {
    MAGIC_SIZE = 32,
    BLOCK_SIZE_MIN = 512,
    BLOCK_SIZE_MAX = 32768,
    NUMBER_SIZE = 4, /* Of the number of a block. */
};

#define NO_STREAM UINT32_MAX /* Size of streams that do not exist. */

static const char MAGIC[MAGIC_SIZE] = "Microsoft C/C++ MSF 7.00\r\n\x1A"
                                      "DS\0\0";
static const char FAMILY[] = "Microsoft C/C++ ";
static const char OLDER[] = "Microsoft C/C++ program database 2.00\r\n";

static bool starts(etw_bytes bytes, const char *prefix, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, prefix, size) == 0;
}

bool etwi_msf_probe(etw_bytes bytes)
{
    return starts(bytes, MAGIC, MAGIC_SIZE) || starts(bytes, OLDER, sizeof OLDER - 1);
}

/* ---- Blocks ---- */

static size_t blocks_of(const etwi_msf *msf, uint64_t size)
{
    return (size_t)((size + msf->block_size - 1) / msf->block_size);
}

/* Marks the blocks of a list as used. */
static etw_status claim(etwi_msf *msf, etwi_cursor list, size_t count, etw_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t block = etwi_u32(&list);
        if (list.failed)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "a list of %zu blocks ends after %zu", count, i);
        if (block >= msf->block_count)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "block %u is behind the end of the file", block);
        uint8_t *bits = &msf->used[block / 8];
        const uint8_t bit = (uint8_t)(1u << block % 8);
        if (*bits & bit)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "block %u is used twice", block);
        *bits |= bit;
    }
    return ETW_OK;
}

/* Puts the blocks of a list one after the other; `list` has one number for each of them. */
static etw_status gather(etwi_msf *msf, etwi_cursor list, size_t size, etw_bytes *out,
                         etw_error *error)
{
    out->data = NULL;
    out->size = 0;
    ETWI_TRY(claim(msf, list, blocks_of(msf, size), error));
    uint8_t *data = etwi_alloc(&msf->allocator, size);
    if (!data)
        return etwi_fail_nomem(error);
    for (size_t at = 0; at < size; at += msf->block_size) {
        const size_t left = size - at;
        const size_t part = left < msf->block_size ? left : msf->block_size;
        memcpy(data + at, msf->file.data + (size_t)etwi_u32(&list) * msf->block_size, part);
    }
    out->data = data;
    out->size = size;
    return ETW_OK;
}

/* ---- The directory ---- */

static etw_status list_streams(etwi_msf *msf, etw_error *error)
{
    etwi_cursor sizes = etwi_cursor_of(msf->directory.data, msf->directory.size);
    const uint32_t count = etwi_u32(&sizes);
    if (sizes.failed || etwi_left(&sizes) / NUMBER_SIZE < count)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                         "a directory of %zu bytes cannot have %u streams", msf->directory.size,
                         count);
    msf->streams = etwi_alloc(&msf->allocator, count * sizeof *msf->streams);
    if (!msf->streams)
        return etwi_fail_nomem(error);
    msf->stream_count = count;
    /* Sums of 32-bit sizes; what is behind the directory fails when the stream is read. */
    uint64_t offset = NUMBER_SIZE + (uint64_t)count * NUMBER_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t size = etwi_u32(&sizes);
        etwi_msf_stream *stream = &msf->streams[i];
        stream->size = size == NO_STREAM ? 0 : size;
        stream->blocks_offset = offset < msf->directory.size ? (size_t)offset : msf->directory.size;
        offset += (uint64_t)blocks_of(msf, stream->size) * NUMBER_SIZE;
    }
    return ETW_OK;
}

/* The blocks in which the list of the directory's blocks is are named behind the superblock. */
static etw_status read_directory(etwi_msf *msf, etwi_cursor roots, uint32_t size, etw_error *error)
{
    const size_t list_size = blocks_of(msf, size) * NUMBER_SIZE;
    etw_bytes list;
    ETWI_TRY(gather(msf, roots, list_size, &list, error));
    const etw_status status =
        gather(msf, etwi_cursor_of(list.data, list.size), size, &msf->directory, error);
    etwi_msf_release(msf, list);
    ETWI_TRY(status);
    return list_streams(msf, error);
}

etw_status etwi_msf_open(etwi_msf *out, etw_bytes file, const etw_allocator *allocator,
                         etw_error *error)
{
    const etwi_msf closed = {.allocator = *allocator, .file = file};
    *out = closed;
    if (!starts(file, MAGIC, MAGIC_SIZE))
        return etwi_fail(error, ETW_E_UNSUPPORTED, 0, "%s",
                         starts(file, FAMILY, sizeof FAMILY - 1)
                             ? "symbol file of an older kind than MSF 7.00"
                             : "no symbol file");
    etwi_cursor superblock = etwi_cursor_of(file.data, file.size);
    etwi_take(&superblock, MAGIC_SIZE);
    const uint32_t block_size = etwi_u32(&superblock);
    etwi_take(&superblock, 4); /* Which of the two free block maps is in force. */
    const uint32_t block_count = etwi_u32(&superblock);
    const uint32_t directory_size = etwi_u32(&superblock);
    etwi_take(&superblock, 4);
    if (superblock.failed || block_size < BLOCK_SIZE_MIN || block_size > BLOCK_SIZE_MAX ||
        (block_size & (block_size - 1)))
        return etwi_fail(error, ETW_E_CORRUPT, MAGIC_SIZE, "symbol file with blocks of %u bytes",
                         block_size);
    const size_t held = file.size / block_size;
    out->block_size = block_size;
    out->block_count = held < block_count ? (uint32_t)held : block_count;
    out->used = etwi_alloc_zeroed(allocator, out->block_count / 8 + 1);
    if (!out->used)
        return etwi_fail_nomem(error);
    out->used[0] = 1; /* The superblock. */
    if (superblock.end - file.data > (ptrdiff_t)block_size)
        superblock.end = file.data + block_size;
    return read_directory(out, superblock, directory_size, error);
}

void etwi_msf_close(etwi_msf *msf)
{
    etwi_free(&msf->allocator, msf->streams, msf->stream_count * sizeof *msf->streams);
    etwi_msf_release(msf, msf->directory);
    etwi_free(&msf->allocator, msf->used, msf->block_count / 8 + 1);
}

/* ---- Streams ---- */

etw_status etwi_msf_read(etwi_msf *msf, uint32_t stream, etw_bytes *out, etw_error *error)
{
    out->data = NULL;
    out->size = 0;
    if (stream >= msf->stream_count)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "there is no stream %u of %u", stream,
                         msf->stream_count);
    const etwi_msf_stream *found = &msf->streams[stream];
    etwi_cursor list = etwi_cursor_of(msf->directory.data, msf->directory.size);
    etwi_take(&list, found->blocks_offset);
    return gather(msf, list, found->size, out, error);
}

void etwi_msf_release(const etwi_msf *msf, etw_bytes stream)
{
    etwi_free(&msf->allocator, (uint8_t *)stream.data, stream.size);
}
