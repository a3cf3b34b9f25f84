/*
 * The container of symbol files: MSF 7.00, a file system in which streams are scattered over blocks
 * of one size ("The MSF File Format" in LLVM's documentation of PDB).
 */
#ifndef ETWI_SCHEMA_PDB_MSF_H
#define ETWI_SCHEMA_PDB_MSF_H

#include "base/memory.h"

/* Where a stream is, according to the directory. */
typedef struct etwi_msf_stream {
    uint32_t size;
    size_t blocks_offset; /* Of the numbers of its blocks, in the directory. */
} etwi_msf_stream;

typedef struct etwi_msf {
    etw_allocator allocator;
    etw_bytes file;
    uint32_t block_size;
    uint32_t block_count; /* Of those that are in the file. */
    uint8_t *used;        /* A bit for each block: no block belongs to two streams. */
    etw_bytes directory;
    etwi_msf_stream *streams;
    uint32_t stream_count;
} etwi_msf;

/* Whether bytes begin as symbol files do, those of an older kind too. */
bool etwi_msf_probe(etw_bytes bytes);

/*
 * Reads the directory; etwi_msf_close() is due also after a failure.
 *
 * ETW_E_UNSUPPORTED if the file is of an older kind, ETW_E_CORRUPT, or ETW_E_NOMEM.
 */
etw_status etwi_msf_open(etwi_msf *out, etw_bytes file, const etw_allocator *allocator,
                         etw_error *error);

void etwi_msf_close(etwi_msf *msf);

/*
 * Puts a stream together in memory that etwi_msf_release() frees.
 *
 * A stream can be read once: its blocks then count as used, so whatever a directory says, reading
 * all its streams takes no longer than reading the file. ETW_E_CORRUPT or ETW_E_NOMEM.
 */
etw_status etwi_msf_read(etwi_msf *msf, uint32_t stream, etw_bytes *out, etw_error *error);

void etwi_msf_release(const etwi_msf *msf, etw_bytes stream);

#endif
