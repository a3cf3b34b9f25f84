/*
 * Sessions for tests of the provider's side: made of the engine's parts, without a keeper, and read
 * straight out of their buffers when the test wants to look.
 *
 * Each test program calls live_alone() first, so that it has a runtime folder of its own.
 */
#ifndef LIVE_SESSION_H
#define LIVE_SESSION_H

#include "engine/enable_table.h"
#include "engine/registry.h"
#include "engine/session_folder.h"

#include <etw/event.h>

/* Points ETW_RUNTIME_DIR to a fresh folder, which goes away by live_alone_end(). That returns how
 * many files of sessions and providers were left behind. */
void live_alone(void);
unsigned live_alone_end(void);

typedef struct live_session {
    etwi_registry *registry;
    etwi_session_id id;
    etwi_mapping mapping;
    etwi_enable_table table;
} live_session;

/* Ends the program if it fails. Clock 0: QPC. Size 0: 64 KiB. */
void live_start(live_session *session, etw_clock_type clock, uint32_t buffer_size,
                uint32_t buffer_count);
void live_stop(live_session *session);

/* The memory of a session of this process alone, running; its client has joined. */
etwi_mapping live_private_memory(void);

/* Changes the enable table, and waits until this process has seen it if `waits`. */
void live_enable(live_session *session, const etw_enable_parameters *parameters, bool waits);
void live_disable(live_session *session, const etw_guid *provider, bool waits);
void live_capture_state(live_session *session, const etw_guid *provider, bool waits);

/* The usual: level and keyword, and no filter. */
void live_enable_plain(live_session *session, const etw_guid *provider, uint8_t level,
                       uint64_t any_keyword);

/* Makes what was written readable, and gives the events by buffer; they live as long as the
 * session. Returns how many there are, of which at most `max` are stored. */
size_t live_events(live_session *session, etw_event *out, size_t max);

etwi_mapping_counts live_counts(const live_session *session);

#endif
