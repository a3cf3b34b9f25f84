/* Executable files of Windows (PE32 and PE32+), as far as their resources go. */
#ifndef ETWI_SCHEMA_PE_H
#define ETWI_SCHEMA_PE_H

#include <etw/status.h>

/* A file whose headers have been checked. */
typedef struct etwi_pe {
    etw_bytes file;
    etw_bytes sections;  /* The table of sections. */
    etw_bytes resources; /* From the root directory to the end of its section; may be empty. */
} etwi_pe;

enum {
    ETWI_PE_MESSAGE_TABLE = 11, /* Type of resources with texts by number. */
};

/* Whether bytes begin as executable files do. */
bool etwi_pe_probe(etw_bytes bytes);

/* ETW_E_UNSUPPORTED if the file is of an older kind, ETW_E_CORRUPT if its headers are damaged. */
etw_status etwi_pe_open(etwi_pe *out, etw_bytes file, etw_error *error);

/* What a resource is found by. */
typedef struct etwi_pe_type {
    const char *name; /* In upper case; NULL if the type is a number. */
    uint32_t number;
} etwi_pe_type;

/*
 * Finds the first resource of a type: the one with the lowest number, in English if it is there,
 * else in its first language. False if there is none, or if it is not all in the file.
 */
bool etwi_pe_find(const etwi_pe *pe, etwi_pe_type type, etw_bytes *out);

#endif
