/*
 * Reading packs. Opening one reads its head and directory; the schemas of a provider are read,
 * checked and made when they are asked for.
 *
 * Sections are read rather than mapped: what was checked cannot change afterwards, and a file that
 * becomes shorter, or a disk that fails, is an error and no signal.
 */
#ifndef ETWI_SCHEMA_PACK_H
#define ETWI_SCHEMA_PACK_H

#include "os/os.h"
#include "schema/pack_format.h"
#include "schema/store.h"

/* How often something went wrong, and how it did first. */
typedef struct etwi_pack_problem {
    uint64_t count;
    etw_error first; /* Status ETW_OK if there is none. */
} etwi_pack_problem;

/* What is known about a pack as a whole. */
typedef struct etwi_pack_summary {
    uint64_t stamp; /* Of caches: stands for the sources and their state; else 0. */
    uint64_t schemas[ETWI_PACK_SOURCES_MAX]; /* By etw_schema_source. */
    etwi_pack_problem failures; /* Sources that could not be read, or not to the end. */
    etwi_pack_problem rejected; /* Descriptions in them that make no sense. */
} etwi_pack_summary;

/* Threads: any number may read; see etwi_pack_set_loaded(). */
typedef struct etwi_pack etwi_pack;

/* Whether bytes may be a pack, or the beginning of one. */
bool etwi_pack_probe(etw_bytes bytes);

/* Opens a pack and takes the file, whatever becomes of it. ETW_E_CORRUPT, ETW_E_TRUNCATED,
 * ETW_E_UNSUPPORTED (of another version), ETW_E_IO, ETW_E_NOMEM. */
etw_status etwi_pack_open(etwi_pack **out, etwi_file *file, const etw_allocator *allocator,
                          etw_error *error);

/* Opens a pack in memory, which is copied. */
etw_status etwi_pack_open_memory(etwi_pack **out, etw_bytes bytes, const etw_allocator *allocator,
                                 etw_error *error);

void etwi_pack_close(etwi_pack **pack);

const etwi_pack_summary *etwi_pack_get_summary(const etwi_pack *pack);

/* Providers are numbered from 0. */
uint32_t etwi_pack_provider_count(const etwi_pack *pack);
etw_guid etwi_pack_provider(const etwi_pack *pack, uint32_t index);

#define ETWI_PACK_NO_PROVIDER UINT32_MAX

/* The number of a provider, or ETWI_PACK_NO_PROVIDER. */
uint32_t etwi_pack_find(const etwi_pack *pack, const etw_guid *provider);

/* Whether a provider's schemas are where they belong. Who sets it first makes that true. */
bool etwi_pack_is_loaded(const etwi_pack *pack, uint32_t index);
void etwi_pack_set_loaded(etwi_pack *pack, uint32_t index);

/* The schemas of a provider, in the order of their keys, and of definitions of one key in that of
 * their sources. All they point to is in `arena`, they themselves are in `scratch`. */
typedef struct etwi_section {
    etw_guid provider;
    etwi_arena *arena;
    etwi_arena *scratch;
    etwi_schema *schemas;
    uint32_t count;
    etwi_provider *definitions; /* What sources say about the provider, in their order. */
    uint32_t definition_count;
} etwi_section;

/* Reads the section of a provider; the caller sets the arenas. Fails with ETW_E_CORRUPT,
 * ETW_E_TRUNCATED, ETW_E_IO, ETW_E_NOMEM. */
etw_status etwi_pack_load(const etwi_pack *pack, uint32_t index, etwi_section *out,
                          etw_error *error);

/* Whether a pack can hold a schema: its structs share next to no members. Each member has one place
 * in all honest ones; to follow others would take time that the size of a pack does not bound. */
bool etwi_pack_can_hold(const etw_schema *schema);

/* Makes the schemas of a section of its bytes, which live as long as the arena does. */
etw_status etwi_section_decode(etwi_section *section, etw_bytes bytes, etw_error *error);

#endif
