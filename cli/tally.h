/* Counts events by provider and event, and the reasons why some did not decode. */
#ifndef ETW_CLI_TALLY_H
#define ETW_CLI_TALLY_H

#include "table.h"

#include <etw/property.h>

/* What makes two events the same; schemas of TraceLogging events with one name are joined later. */
typedef struct tally_key {
    etw_guid provider;
    const etw_schema *schema; /* NULL if there is none. */
    uint16_t id;
    uint16_t task;
    uint8_t version;
    uint8_t opcode;
    uint8_t class; /* A cli_event_class. */
    uint8_t zero;
} tally_key;

typedef struct tally_row {
    tally_key key; /* Must be first. */
    uint64_t count;
    uint64_t bytes; /* Of records, headers included. */
    uint64_t decoded;
    uint64_t errors;
    uint64_t trailing;
} tally_row;

typedef struct tally_error_key {
    const etw_property *property; /* NULL if none is to blame. */
    uint32_t row;                 /* Its number in tally.rows. */
    uint32_t reason;              /* An etw_decode_reason. */
} tally_error_key;

typedef struct tally_error {
    tally_error_key key; /* Must be first. */
    uint64_t count;
} tally_error;

typedef struct tally_counts {
    cli_table rows;   /* Of tally_row. */
    cli_table errors; /* Of tally_error. */
    tally_row total;  /* Without a key. */
    uint64_t trailing_bytes;
    uint64_t without_schema;
    uint64_t by_source[ETW_SCHEMA_SOURCE_COUNT];
    uint64_t first_time, last_time; /* FILETIME; 0 if there are no events. */
} tally_counts;

void tally_begin(tally_counts *tally);
void tally_end(tally_counts *tally);

/* Decodes and counts an event. False if memory ran out. */
bool tally_add(tally_counts *tally, const etw_event *event, const etw_schema *schema);

/* The rows of one provider. */
typedef struct tally_group {
    etw_guid provider;
    etw_str name;
    size_t first; /* In tally_report.rows. */
    size_t row_count;
    uint64_t count;
} tally_group;

/* The rows as they are shown: joined, by provider, the most frequent ones first. */
typedef struct tally_report {
    tally_row *rows;
    size_t row_count;
    tally_group *groups;
    size_t group_count;
} tally_report;

/* False if memory ran out. */
bool tally_report_make(tally_report *report, const tally_counts *tally);
void tally_report_free(tally_report *report);

#endif
