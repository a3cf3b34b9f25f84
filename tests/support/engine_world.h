/*
 * What tests of the engine share: a runtime folder of their own, sessions with complete options,
 * events written right into a session's memory, and files read back by our own consumer.
 */
#ifndef ETW_TEST_ENGINE_WORLD_H
#define ETW_TEST_ENGINE_WORLD_H

#include "engine/engine.h"
#include "engine/mapping.h"
#include "engine/registry.h"

#include <etw/etw.h>

/* The temporary folder of the test; "run" in it is the runtime folder. */
extern char world_folder[256];

/* Makes the folder and names it in the environment. Ends the program on failure. */
void world_begin(void);

/* Removes the folder. False if there was more in the runtime folder than an empty registry. */
bool world_end(void);

/* A path in the temporary folder; valid until the fourth call after this one. */
const char *world_path(const char *name);

/* Options as the front of sessions completes them: `mode` 0 is real time, or sequential for a
 * log file. */
etw_session_options world_options(const char *name, const char *log_file, uint32_t mode);

/* Starts a session; NULL on failure, which is printed. */
etwi_engine_session *world_start(const etw_session_options *options);

/* Stops and closes. */
etw_status world_stop(etwi_engine_session *session, etw_session_info *info);

/* A mapping of a running session that joined as provider; false if there is none. */
bool world_open(etwi_mapping *out, const char *name);

/* Writes events with consecutive numbers from `first` on as ids and payloads; returns how many
 * found room. */
uint64_t world_write(etwi_mapping *mapping, uint64_t first, uint64_t count, uint32_t payload_size);

/* The same from 0 on, and waits until a ring has room again, so that a keeper which is slow to be
 * scheduled loses none. */
uint64_t world_write_with_care(etwi_mapping *mapping, uint64_t count, uint32_t payload_size);

/* What reading a file gave. */
typedef struct world_file {
    etw_status status;   /* Of reading to the end: ETW_END. */
    uint64_t events;     /* That world_write() wrote. */
    uint64_t bad_events; /* Others, or with another payload than was written. */
    uint64_t sum;        /* Of their numbers. */
    uint64_t end_time;   /* Of the header, as the next ones. */
    uint32_t buffers_written, events_lost, buffers_lost, mode, buffer_size;
    uint64_t size;
    etw_trace_stats stats;
} world_file;

world_file world_read(const char *path);

#endif
