/* Faults that cost a document some of its events, but not the others: the first one is kept. */
#ifndef ETWI_SCHEMA_FAULT_H
#define ETWI_SCHEMA_FAULT_H

#include "base/error.h"

/* Where a fault is, and where it is to be noted. */
typedef struct etwi_place {
    etw_error *problem; /* May be NULL: then nobody wants to know. */
    uint64_t offset;    /* Or ETW_NO_OFFSET. */
    uint32_t line;      /* 0 if the document has none. */
} etwi_place;

/* Notes a fault, unless there was one before, and returns ETW_E_CORRUPT. */
etw_status etwi_fault(etwi_place place, const char *format, ...) ETWI_PRINTF(2, 3);

#endif
