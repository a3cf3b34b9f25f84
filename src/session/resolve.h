/* From names of providers to their GUIDs. */
#ifndef ETWI_SESSION_RESOLVE_H
#define ETWI_SESSION_RESOLVE_H

#include <etw/provider.h>

/*
 * The GUID of a provider, by GUID or by a name that is known; not by a star and a name.
 *
 * @param column What the text's first byte is in what the user wrote.
 */
etw_status etwi_provider_resolve(etw_guid *out, etw_str text, const etw_provider_list *known,
                                 uint64_t column, etw_error *error);

/*
 * Finds a provider of that name among those that processes have registered now. Two of one name
 * are ambiguous: `*other` gets the second. False if there is none, also if nobody can tell.
 */
bool etwi_registered_find(etw_str name, etw_guid *out, etw_guid *other, bool *ambiguous);

/* Whether a process has registered a provider of that GUID now. */
bool etwi_registered_has(const etw_guid *guid);

#endif
