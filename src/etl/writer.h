/*
 * Writing .etl traces as Windows writes them; docs/etl-format.md tells what that is and what is put
 * where no Windows is.
 *
 * There are three ways to use this:
 *  - a file (etwi_etl_file) that whole buffers are appended to, by a keeper or a private session;
 *  - a file that is the pool of a session: etwi_etl_header_build() fills its first buffer,
 *    etwi_buffer_begin() and etwi_buffer_seal() those that providers write into, and
 *    etwi_etl_complete() makes a proper trace of it when the session stops, or of what a crash
 *    left;
 *  - buffers that never see a file: the two functions of buffers alone.
 *
 * A file can be read at any time before it is closed: it then has no end time and counts itself no
 * buffers but the first.
 *
 * An object belongs to one thread at a time.
 */
#ifndef ETWI_ETL_WRITER_H
#define ETWI_ETL_WRITER_H

#include "etl/layout.h"

#include <etw/etl.h>

/* What the first buffer of a trace says. */
typedef struct etwi_etl_header {
    /* All that reading the trace gives back; `path` and `file_size` are not used. */
    etw_trace_info info;
    char time_zone[32]; /* Its name, UTF-8; as much as fits. */
    uint16_t logger_id;
    uint32_t process_id, thread_id; /* Of who starts the session. */
} etwi_etl_header;

/*
 * Fills in what is the same for every session of this system: version, processors, time zone, boot
 * time, clock frequency of the performance counter. Left to the caller, and zero: names, clock,
 * start time, buffer size, mode, maximum size, ids.
 */
void etwi_etl_header_of_system(etwi_etl_header *out);

/* Sets the maximum size of the file in what its mode counts in, rounded up; 0: none. */
void etwi_etl_header_set_maximum(etwi_etl_header *header, uint64_t bytes);

/* Clamps to what fields of a header can count. */
typedef struct etwi_etl_totals {
    uint64_t end_time;        /* FILETIME. */
    uint64_t buffers_written; /* With the first one. */
    uint64_t events_lost;
    uint64_t buffers_lost;
} etwi_etl_totals;

/*
 * Builds the first buffer of a trace, header->info.buffer_size bytes, all of which are written.
 *
 * ETW_E_LIMIT if the names do not fit.
 */
etw_status etwi_etl_header_build(uint8_t *out, const etwi_etl_header *header, etw_error *error);

/* Puts the totals into a first buffer, in memory that others may read at the same time. */
void etwi_etl_header_set_totals(uint8_t *first_buffer, const etwi_etl_totals *totals);

/* ---- buffers ----------------------------------------------------------------------------------
 */

typedef struct etwi_buffer_start {
    uint32_t size;    /* Bytes, with the header. */
    int64_t sequence; /* From 1, in the order in which buffers are begun. */
    uint16_t processor;
    uint16_t logger_id;
    uint16_t flags; /* BUFFER_FLAG_EVENTS_LOST, …_BUFFER_LOST; the rest is done here. */
} etwi_buffer_start;

/*
 * Writes the header of an empty buffer. CurrentOffset, which says how far records are valid until
 * the buffer is sealed, is stored last and releases the others.
 *
 * @param buffer Aligned to 8.
 */
void etwi_buffer_begin(uint8_t *buffer, const etwi_buffer_start *start);

/* True between begin and seal, by the header alone. */
bool etwi_buffer_is_open(const uint8_t *buffer);

typedef struct etwi_buffer_end {
    uint32_t size;  /* Of the buffer: never taken from memory that others may write. */
    uint32_t used;  /* The end of the records, counted from the header. */
    int64_t time;   /* When, by the clock of the session. */
    uint16_t flags; /* To be added: BUFFER_FLAG_FLUSH_MARKER, …_EVENTS_LOST. */
} etwi_buffer_end;

/*
 * Seals a buffer: State and Offset say so from then on, and CurrentOffset is beyond the size, as a
 * last reservation that failed would leave it, so that `CurrentOffset - size` is the end of the
 * records. The rest of the buffer is left as it is.
 */
void etwi_buffer_seal(uint8_t *buffer, const etwi_buffer_end *end);

/* Fills the rest of a buffer with 0xFF, as it is in files: old records must not come to light. */
void etwi_buffer_fill_rest(uint8_t *buffer, uint32_t size, uint32_t used);

/* ---- files ------------------------------------------------------------------------------------
 */

typedef struct etwi_etl_file etwi_etl_file;

/* Zero is the default of every member but `path` and `header`. */
typedef struct etwi_etl_file_options {
    const etw_allocator *allocator;
    const char *path; /* In the mode ETW_MODE_NEW_FILE with one "%d", which counts from 1. */
    /*
     * Its mode decides what happens: ETW_MODE_APPEND goes on in a trace that is there;
     * ETW_MODE_CIRCULAR begins again behind the first buffer, and ETW_MODE_NEW_FILE in a new file,
     * when there is no more room; ETW_MODE_PREALLOCATE takes the space of the maximum size;
     * ETW_MODE_COMPRESSED compresses. log_file_name is filled in with
     * the path if it is empty, and the maximum size from below.
     */
    const etwi_etl_header *header;
    uint64_t maximum_size; /* Bytes; 0: no limit. */
} etwi_etl_file_options;

/*
 * Creates a file, or opens it for appending, and writes its first buffer. A file that was there is
 * written over unless it is to be appended to.
 *
 * ETW_E_INVALID if a trace to append to has other buffers or another clock; ETW_E_NOT_TRACE if it
 * is none; ETW_E_LIMIT if the maximum size has no room for two buffers; ETW_E_ACCESS; ETW_E_IO.
 */
etw_status etwi_etl_file_create(etwi_etl_file **out, const etwi_etl_file_options *options,
                                etw_error *error);

/*
 * Appends one sealed buffer of the size that the header says. Its memory is the caller's alone: it
 * is checked, and the rest behind its records is filled.
 *
 * ETW_E_FULL if the file has its maximum size or the disk is full: the buffer is lost, and the file
 * is as it was. ETW_E_IO. ETW_E_CORRUPT if the header makes no sense.
 */
etw_status etwi_etl_file_write(etwi_etl_file *file, uint8_t *buffer, etw_error *error);

/* What was lost since the session started; taken along by the next thing that writes totals. Each
 * file counts what was lost while it was written. */
void etwi_etl_file_set_losses(etwi_etl_file *file, uint64_t events, uint64_t buffers);

/* Closes this file and goes on in another, for a session that is told to. On failure this file goes
 * on. */
etw_status etwi_etl_file_switch(etwi_etl_file *file, const char *path, etw_error *error);

/* The path of the file that is written now, its buffers with the first one, its bytes. */
const char *etwi_etl_file_path(const etwi_etl_file *file);
uint64_t etwi_etl_file_buffers(const etwi_etl_file *file);
uint64_t etwi_etl_file_size(const etwi_etl_file *file);

/*
 * Writes the totals and closes. The object is gone even if that fails.
 *
 * @param end_time FILETIME; 0 stands for the time of the last buffer.
 */
etw_status etwi_etl_file_close(etwi_etl_file **file, uint64_t end_time, etw_error *error);

/*
 * Makes a trace complete that was written in place: a session's pool that is a file. Buffers that
 * were not sealed are, with what is valid in them; empty ones are taken out; totals are written and
 * the file ends behind the last buffer. The caller makes sure that nobody writes any more.
 *
 * The file is input as any other: what a crash, or somebody, left there is checked.
 *
 * @param totals buffers_written is counted here; an end_time of 0 stands for the time of the last
 *               buffer, when whoever wrote it died.
 */
etw_status etwi_etl_complete(const char *path, const etwi_etl_totals *totals, etw_error *error);

#endif
