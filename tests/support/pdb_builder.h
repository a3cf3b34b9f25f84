/*
 * Symbol files, written field by field: streams scattered over blocks, modules with their symbols,
 * and enumerations. What they hold besides is empty.
 */
#ifndef PDB_BUILDER_H
#define PDB_BUILDER_H

#include "etl_writer.h"

enum {
    PDBB_BLOCK_SIZE = 512,
    PDBB_STREAMS_MAX = 16,
    PDBB_FIRST_TYPE = 0x1000,
    PDBB_STREAM_TPI = 2,
    PDBB_STREAM_DBI = 3,
    PDBB_STREAM_FIRST_MODULE = 4,
};

typedef struct pdbb_file {
    etlb_writer streams[PDBB_STREAMS_MAX]; /* Those of modules begin at the fourth. */
    unsigned stream_count;
    etlb_writer module_list; /* The part of the stream DBI that names modules. */
    uint32_t type_count;
} pdbb_file;

/* ---- Symbols ---- */

/* Begins the symbols of a module; the writer is its stream. */
etlb_writer *pdbb_module(pdbb_file *file, const char *name);

/* A function; its end has to be patched with pdbb_end(). Returns where the record begins. */
size_t pdbb_function(etlb_writer *module, uint16_t kind, const char *name);
void pdbb_end(etlb_writer *module, size_t function);

/* An annotation of strings, of which the last is NULL. */
void pdbb_annotation(etlb_writer *module, const char *const *strings);

/* Any symbol. */
void pdbb_symbol(etlb_writer *module, uint16_t kind, etw_bytes data);

/* ---- Types ---- */

/* One member; its value is written in the shortest form. */
void pdbb_member(etlb_writer *members, const char *name, int64_t value);

/* Members go on in the record of that number. */
void pdbb_continue(etlb_writer *members, uint32_t type);

/* Adds the record of members, or an enumeration that has them. Returns its number. */
uint32_t pdbb_members(pdbb_file *file, etw_bytes members);
uint32_t pdbb_enum(pdbb_file *file, const char *name, uint16_t properties, uint32_t members);

/* ---- Files ---- */

/* Lays the streams out with their blocks in disorder, and frees what `file` holds. */
void pdbb_finish(pdbb_file *file, etlb_writer *out);

#endif
