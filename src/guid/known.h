/* The table of well-known GUIDs, searched by name. */
#ifndef ETWI_GUID_KNOWN_H
#define ETWI_GUID_KNOWN_H

#include <etw/guid.h>

/*
 * The next well-known GUID of that name, in any case; several may share one. `*position` starts at
 * 0. False if there are no more.
 */
bool etwi_guid_known_by_name(etw_str name, size_t *position, etw_guid *out);

#endif
