/* In-types and out-types: which pairs make sense. */
#ifndef ETWI_SCHEMA_TYPES_H
#define ETWI_SCHEMA_TYPES_H

#include <etw/schema.h>

/*
 * The out-type to use: the declared one if it can show values of the in-type, else the default.
 * Only numbers of 16, 32 and 64 bits can be ports, IPv4 addresses and times; strings have to be
 * shown as text of some kind, and so on.
 */
unsigned etwi_resolve_out_type(unsigned in_type, unsigned out_type);

/* The names of all types, in the order of their numbers; NULL behind the last one. */
const char *etwi_in_type_at(size_t index, uint16_t *number);
const char *etwi_out_type_at(size_t index, uint16_t *number);

#endif
