/**
 * @file
 * GUID values: parsing, formatting, comparing and the names of well-known ones.
 */
#ifndef ETW_GUID_H
#define ETW_GUID_H

#include <etw/status.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A GUID in the layout of Windows: three little-endian numbers and eight bytes. */
typedef struct etw_guid {
    uint32_t data1;
    uint16_t data2;
    uint16_t data3;
    uint8_t data4[8];
} etw_guid;

/** Bytes that etw_guid_format() needs, with the terminating zero. */
#define ETW_GUID_TEXT_SIZE 39

enum {
    ETW_GUID_UPPER = 1 << 0,  /**< Upper-case digits. */
    ETW_GUID_BRACES = 1 << 1, /**< Surrounded by braces. */
};

static inline bool etw_guid_equal(const etw_guid *a, const etw_guid *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/** True if all bits of the GUID are zero. */
ETW_API bool etw_guid_is_null(const etw_guid *guid);

/**
 * Reads `{8-4-4-4-12}` or the same without braces, digits in either case.
 *
 * @param text  Need not be terminated.
 * @param error NULL if only the status matters; `offset` is the column of the first bad character.
 * @return ETW_OK or ETW_E_INVALID.
 */
ETW_API ETW_MUST_CHECK etw_status etw_guid_parse(etw_guid *out, etw_str text, etw_error *error);

/**
 * Writes the GUID as text, terminated by a zero.
 *
 * @param flags ETW_GUID_UPPER, ETW_GUID_BRACES or 0.
 * @return The length without the terminating zero: 36 or 38.
 */
ETW_API size_t etw_guid_format(const etw_guid *guid, unsigned flags, char out[ETW_GUID_TEXT_SIZE]);

/**
 * The GUID that EventSource and TraceLogging derive from a provider's name: SHA-1 of a fixed
 * namespace and the upper-case name in big-endian UTF-16 (the naming scheme that Microsoft
 * documents for EventSource).
 */
ETW_API etw_guid etw_guid_from_name(etw_str name);

/** The name of a well-known provider or event class, or an empty view. Never freed. */
ETW_API etw_str etw_guid_known_name(const etw_guid *guid);

#ifdef __cplusplus
}
#endif

#endif
