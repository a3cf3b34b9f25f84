/*
 * The layout of packs: schemas compiled into one file, so that those of a provider can be had
 * without looking at others. All numbers are little-endian and nothing is aligned.
 *
 *     head       magic, version, sizes, checksum of the head, summary and directory
 *     summary    schemas by source; what was wrong with the sources
 *     directory  one entry a provider, in the order of the bytes of their GUIDs
 *     sections   one a provider, in the order of the directory, up to the end of the file
 *
 * A section holds every text, map, list of keywords and list of properties once, in tables; what
 * refers to one does so by its number. Lists lie one behind the other in the order of their
 * numbers, so they cannot overlap, and the size of a section bounds what it unfolds to. What
 * sources say of the provider as a whole has lists of its own.
 *
 *     counts of texts, maps, entries, keyword lists, keywords, property lists, properties, schemas,
 *         definitions of the provider, names in them, maps in them
 *     ends of the texts: u32 each, counted from the first text
 *     tables in the order of the counts
 *     texts: UTF-8, each with a zero behind it
 */
#ifndef ETWI_SCHEMA_PACK_FORMAT_H
#define ETWI_SCHEMA_PACK_FORMAT_H

#include <stdint.h>

#define ETWI_PACK_MAGIC "ETWPACK\x1A"

enum {
    ETWI_PACK_VERSION = 1, /* Raise it also when sources are read differently than before. */
    ETWI_PACK_MAGIC_SIZE = 8,

    /* magic[8], u32 version, u32 directory_count, u64 file_size, u64 stamp, u32 summary_size,
     * u32 zero, u64 checksum of all that lies before the sections but itself. */
    ETWI_PACK_HEAD_SIZE = 48,
    ETWI_PACK_CHECKSUM_OFFSET = 40,

    /* 16 x u64 schemas by source, two problems. */
    ETWI_PACK_SOURCES_MAX = 16,
    /* Each: u64 count, i32 status, i32 os_code, u64 offset, u16 message size, message. */
    ETWI_PACK_PROBLEM_SIZE = 26,

    /* guid[16], u64 size and u64 checksum of the section. */
    ETWI_PACK_ENTRY_SIZE = 32,

    ETWI_PACK_COUNTS_SIZE = 11 * 4,
    ETWI_PACK_TEXT_SIZE = 4,       /* u32 end, with the zero. */
    ETWI_PACK_MAP_SIZE = 12,       /* u32 name, u32 entries, u32 is_bitmap. */
    ETWI_PACK_MAP_ENTRY_SIZE = 12, /* u64 value, u32 text. */
    ETWI_PACK_LIST_SIZE = 4,       /* u32 members of the list. */
    ETWI_PACK_KEYWORD_SIZE = 12,   /* u64 mask, u32 name. */
    /* u16 properties, u16 top-level ones. */
    ETWI_PACK_PROPERTIES_SIZE = 4,
    /* u32 name, u32 map + 1, u32 tags, then u16: in_type, out_type, flags, count, length,
     * first_member, member_count. */
    ETWI_PACK_PROPERTY_SIZE = 26,
    /* guid[16] owner, u64 keyword, 9 x u32 texts (provider, event, task, opcode, level, channel,
     * class, message, file), u32 keyword list, u32 property list, u16 id, u16 task, u8 version,
     * u8 opcode, u8 level, u8 channel, u8 source, u8 flags. */
    ETWI_PACK_SCHEMA_SIZE = 78,

    /* u32 name, u32 message, 5 x u32 names by etw_named_kind, u32 maps, u8 source. */
    ETWI_PACK_DEFINITION_SIZE = 33,
    /* u64 value, u32 name, u32 message, guid[16] class, u16 task. */
    ETWI_PACK_NAME_SIZE = 34,
    ETWI_PACK_MAP_NUMBER_SIZE = 4, /* u32 map. */

    ETWI_PACK_IS_CLASSIC = 1,
    ETWI_PACK_IS_USER_DATA = 2,
    ETWI_PACK_IS_INFERRED = 4,
};

#endif
