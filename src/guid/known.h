/* The table of well-known GUIDs, searched by name, and those that code asks for. */
#ifndef ETWI_GUID_KNOWN_H
#define ETWI_GUID_KNOWN_H

#include <etw/guid.h>

/*
 * The next well-known GUID of that name, in any case; several may share one. `*position` starts at
 * 0. False if there are no more.
 */
bool etwi_guid_known_by_name(etw_str name, size_t *position, etw_guid *out);

/* The well-known GUID at an index, in the order of GUIDs. False if there are not so many. */
bool etwi_guid_known_at(size_t index, etw_guid *guid, etw_str *name);

/* SystemTraceControlGuid (evntrace.h) and its name: the provider of all kernel logger events. */
extern const etw_guid etwi_system_trace_guid;
extern const etw_str etwi_system_trace_name;

#endif
