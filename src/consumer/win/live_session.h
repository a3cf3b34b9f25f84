/* What the consumer asks and tells a session by name, beside its events. */
#ifndef ETWI_CONSUMER_WIN_LIVE_SESSION_H
#define ETWI_CONSUMER_WIN_LIVE_SESSION_H

#include <etw/session.h>

/* As etw_session_query(); ETW_E_NOT_FOUND. */
etw_status etwi_live_session_query(const char *name, etw_session_info *out, etw_error *error);

/* Hands events on that lie in buffers which are not full. Who may not do so has to wait for them.
 */
void etwi_live_session_flush(const char *name);

#endif
