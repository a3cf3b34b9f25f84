/* The classes of the NT kernel logger and of the tools that merge its traces: static tables. */
#ifndef ETWI_SCHEMA_KERNEL_H
#define ETWI_SCHEMA_KERNEL_H

#include <etw/schema.h>

#define ETWI_KERNEL_LAYOUTS_MAX 8

/*
 * The layouts that may describe events of a class and type, best first:
 *
 *  - the exact version (several, where a class has more than one layout for it);
 *  - else those of lower versions, highest first, with `inferred` set;
 *  - else, where no version of this type is known that is not newer, the layouts of its siblings in
 *    the same version, with `inferred` set. Siblings are types that some version of the class
 *    declares together.
 *
 * The caller takes the first one that fits the payload. The schemas are written to `out` by value
 * because the class, the type and the version they combine are independent; all they point to is
 * static. Returns how many there are.
 */
unsigned etwi_kernel_find(const etw_guid *class_guid, uint8_t opcode, uint8_t version,
                          etw_schema out[ETWI_KERNEL_LAYOUTS_MAX]);

/* How many layouts the tables hold, and the one at an index: sorted by class, type, version. */
unsigned etwi_kernel_count(void);
etw_schema etwi_kernel_at(unsigned index);

/*
 * The display names of an event type, even where no layout is known: "Process", "Start". Empty if
 * unknown.
 */
void etwi_kernel_names(const etw_guid *class_guid, uint8_t opcode, etw_str *task,
                       etw_str *opcode_name);

/* Whether a GUID is that of a class of another provider, so that no session can enable it. */
bool etwi_kernel_is_class(const etw_guid *guid);

#endif
