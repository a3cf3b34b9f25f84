/**
 * @file
 * TraceLogging: events that bring the names and types of their fields along.
 *
 *     ETW_TL_DEFINE_PROVIDER(demo, "Contoso.Demo");
 *     ...
 *     ETW_TL_REGISTER(demo, &error);
 *     ETW_TL_WRITE(demo, "Request", 4, 0x10,
 *                  ETW_TL_UTF8("Path", path),
 *                  ETW_TL_UINT32("Status", status),
 *                  ETW_TL_STRUCT("Client", 2),
 *                      ETW_TL_IPV4("Address", address),
 *                      ETW_TL_PORT("Port", port));
 *     ETW_TL_UNREGISTER(demo);
 *
 * The description of an event is made at compile time, in the form that Microsoft documents with
 * TraceLoggingProvider.h; writing one allocates nothing. Values are evaluated once, and only if the
 * event is enabled. Events whose fields are known at run time only: see <etw/event_builder.h>.
 *
 * Names of events and fields are string literals in UTF-8. An event has at most 64 fields.
 *
 * Works in C11 and C++11. MSVC needs /Zc:preprocessor.
 */
#ifndef ETW_TRACELOGGING_H
#define ETW_TRACELOGGING_H

#include <etw/schema.h>
#include <etw/write.h>
#include <string.h>

/* ---- providers ------------------------------------------------------------------------------- */

/** In a header: a provider that another file defines. */
#define ETW_TL_DECLARE_PROVIDER(provider) \
    extern etw_provider *provider;        \
    extern const etw_provider_options provider##_options

/** At file scope: a provider whose GUID is made of its name. It writes nothing until registered. */
#define ETW_TL_DEFINE_PROVIDER(provider, name) ETW_TL_DEFINE_PROVIDER_GROUP(provider, name, NULL)

/** The same, as a member of a group: `group` points to its GUID. */
#define ETW_TL_DEFINE_PROVIDER_GROUP(provider, name, group) \
    ETW_TL_DECLARE_PROVIDER(provider);                      \
    etw_provider *provider;                                 \
    const etw_provider_options provider##_options = {       \
        sizeof(etw_provider_options), {0, 0, 0, {0}}, name, group, NULL, NULL}

/** Yields the etw_status of etw_provider_register(). */
#define ETW_TL_REGISTER(provider, error) \
    etw_provider_register(&(provider), &provider##_options, (error))

#define ETW_TL_UNREGISTER(provider) etw_provider_unregister(&(provider))

/* ---- writing --------------------------------------------------------------------------------- */

/**
 * Writes an event: ETW_TL_WRITE(provider, name, level, keyword, fields…).
 *
 * `provider` is an etw_provider *; NULL is one that nobody has enabled.
 */
#define ETW_TL_WRITE(provider, name, level, ...) \
    ETW_TL_EMIT(provider, name, 1, (0), 0, NULL, NULL, level, __VA_ARGS__)

/**
 * The same with all that an event can have:
 * ETW_TL_WRITE_EX(provider, name, tags, opcode, activity, related, level, keyword, fields…).
 *
 * `tags` is a constant of 28 bits; `activity` and `related` point to GUIDs or are NULL.
 */
#define ETW_TL_WRITE_EX(provider, name, tags, opcode, activity, related, level, ...) \
    ETW_TL_EMIT(provider, name, 4,                                                   \
                (ETW_TL_TAG_BYTE(tags, 21) | ETW_TL_CHAIN,                           \
                 ETW_TL_TAG_BYTE(tags, 14) | ETW_TL_CHAIN,                           \
                 ETW_TL_TAG_BYTE(tags, 7) | ETW_TL_CHAIN, ETW_TL_TAG_BYTE(tags, 0)), \
                opcode, activity, related, level, __VA_ARGS__)

/* Numbers of the description; the types of values in it are those of etw_in_type up to 25. They are
 * no enumeration, which C++ would not like to see mixed with that one. */
#define ETW_TL_CHANNEL       11   /**< Of all such events. */
#define ETW_TL_CHAIN         0x80 /**< Another byte follows. */
#define ETW_TL_FIXED_COUNT   0x20 /**< An array whose u16 count is in the description … */
#define ETW_TL_COUNTED_ARRAY 0x40 /**< … or before its elements. */
#define ETW_TL_TYPE_STRUCT   24

/** Out-types that TraceLogging numbers itself; from 32 on they are those of etw_out_type. */
typedef enum etw_tl_out_type {
    ETW_TL_OUT_DEFAULT = 0,
    ETW_TL_OUT_NO_PRINT = 1,
    ETW_TL_OUT_STRING = 2,
    ETW_TL_OUT_BOOLEAN = 3,
    ETW_TL_OUT_HEX = 4,
    ETW_TL_OUT_PID = 5,
    ETW_TL_OUT_TID = 6,
    ETW_TL_OUT_PORT = 7,
    ETW_TL_OUT_IPV4 = 8,
    ETW_TL_OUT_IPV6 = 9,
    ETW_TL_OUT_SOCKET_ADDRESS = 10,
    ETW_TL_OUT_XML = 11,
    ETW_TL_OUT_JSON = 12,
    ETW_TL_OUT_WIN32_ERROR = 13,
    ETW_TL_OUT_NTSTATUS = 14,
    ETW_TL_OUT_HRESULT = 15,
    ETW_TL_OUT_FILETIME = 16,
    ETW_TL_OUT_SIGNED = 17,
    ETW_TL_OUT_UNSIGNED = 18,
    ETW_TL_OUT_UTF8 = 35,
    ETW_TL_OUT_PKCS7 = 36,
    ETW_TL_OUT_CODE_POINTER = 37,
    ETW_TL_OUT_DATETIME_UTC = 38,
} etw_tl_out_type;

/* ---- fields: (name, value) ------------------------------------------------------------------- */

#define ETW_TL_INT8(name, value)   ETW_TL_PLAIN(name, ETW_IN_INT8, int8_t, value)
#define ETW_TL_UINT8(name, value)  ETW_TL_PLAIN(name, ETW_IN_UINT8, uint8_t, value)
#define ETW_TL_INT16(name, value)  ETW_TL_PLAIN(name, ETW_IN_INT16, int16_t, value)
#define ETW_TL_UINT16(name, value) ETW_TL_PLAIN(name, ETW_IN_UINT16, uint16_t, value)
#define ETW_TL_INT32(name, value)  ETW_TL_PLAIN(name, ETW_IN_INT32, int32_t, value)
#define ETW_TL_UINT32(name, value) ETW_TL_PLAIN(name, ETW_IN_UINT32, uint32_t, value)
#define ETW_TL_INT64(name, value)  ETW_TL_PLAIN(name, ETW_IN_INT64, int64_t, value)
#define ETW_TL_UINT64(name, value) ETW_TL_PLAIN(name, ETW_IN_UINT64, uint64_t, value)
#define ETW_TL_FLOAT(name, value)  ETW_TL_PLAIN(name, ETW_IN_FLOAT, float, value)
#define ETW_TL_DOUBLE(name, value) ETW_TL_PLAIN(name, ETW_IN_DOUBLE, double, value)
#define ETW_TL_HEX32(name, value)  ETW_TL_PLAIN(name, ETW_IN_HEX_INT32, uint32_t, value)
#define ETW_TL_HEX64(name, value)  ETW_TL_PLAIN(name, ETW_IN_HEX_INT64, uint64_t, value)

#define ETW_TL_HEX8(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT8, ETW_TL_OUT_HEX, uint8_t, value)

#define ETW_TL_HEX16(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT16, ETW_TL_OUT_HEX, uint16_t, value)

/** Anything that is true or false, in four bytes, or in one. */
#define ETW_TL_BOOL32(name, value) ETW_TL_PLAIN(name, ETW_IN_BOOLEAN, int32_t, (value) ? 1 : 0)
#define ETW_TL_BOOL8(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_UINT8, ETW_TL_OUT_BOOLEAN, uint8_t, (value) ? 1 : 0)

/** One character: a byte of the system's code page, or a unit of UTF-16. */
#define ETW_TL_CHAR8(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_UINT8, ETW_TL_OUT_STRING, uint8_t, value)
#define ETW_TL_CHAR16(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_UINT16, ETW_TL_OUT_STRING, uint16_t, value)

#define ETW_TL_PID(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT32, ETW_TL_OUT_PID, uint32_t, value)
#define ETW_TL_TID(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT32, ETW_TL_OUT_TID, uint32_t, value)
#define ETW_TL_WIN32_ERROR(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_UINT32, ETW_TL_OUT_WIN32_ERROR, uint32_t, value)
#define ETW_TL_NTSTATUS(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_INT32, ETW_TL_OUT_NTSTATUS, int32_t, value)
#define ETW_TL_HRESULT(name, value) \
    ETW_TL_SHOWN(name, ETW_IN_INT32, ETW_TL_OUT_HRESULT, int32_t, value)

/** A port or an IPv4 address in network byte order, as sockaddr_in holds them. */
#define ETW_TL_PORT(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT16, ETW_TL_OUT_PORT, uint16_t, value)
#define ETW_TL_IPV4(name, value) ETW_TL_SHOWN(name, ETW_IN_UINT32, ETW_TL_OUT_IPV4, uint32_t, value)
/** 16 bytes that `address` points to. */
#define ETW_TL_IPV6(name, address) \
    ETW_TL_BLOB(name, ETW_IN_BINARY, ETW_TL_OUT_IPV6, uint8_t, address, 16)
#define ETW_TL_SOCKET_ADDRESS(name, address, size) \
    ETW_TL_BLOB(name, ETW_IN_BINARY, ETW_TL_OUT_SOCKET_ADDRESS, uint8_t, address, size)

/** An address, as a hexadecimal number as wide as this program's pointers. */
#define ETW_TL_POINTER(name, value) \
    ETW_TL_PLAIN(name, ETW_TL_IN_ADDRESS, uintptr_t, (uintptr_t)(value))

/** A FILETIME as one number; a SYSTEMTIME that `time` points to. */
#define ETW_TL_FILETIME(name, value) ETW_TL_PLAIN(name, ETW_IN_FILETIME, uint64_t, value)
#define ETW_TL_SYSTEMTIME(name, time) \
    (name, 1, (ETW_IN_SYSTEMTIME), ETW_TL_AS_BYTES, uint8_t, time, 16)

/** What `guid` and `sid` point to. */
#define ETW_TL_GUID(name, guid) \
    (name, 1, (ETW_IN_GUID), ETW_TL_AS_BYTES, uint8_t, guid, sizeof(etw_guid))
#define ETW_TL_SID(name, sid) \
    (name, 1, (ETW_IN_SID), ETW_TL_AS_BYTES, uint8_t, sid, etw_tl_sid_size(sid))

/** Texts that end with a zero; NULL is an empty one. */
#define ETW_TL_UTF8(name, text) ETW_TL_TEXT(name, ETW_IN_ANSI_STRING, ETW_TL_OUT_UTF8, text)
#define ETW_TL_JSON(name, text) ETW_TL_TEXT(name, ETW_IN_ANSI_STRING, ETW_TL_OUT_JSON, text)
#define ETW_TL_XML(name, text)  ETW_TL_TEXT(name, ETW_IN_ANSI_STRING, ETW_TL_OUT_XML, text)
/** In the system's code page. */
#define ETW_TL_ANSI(name, text) (name, 1, (ETW_IN_ANSI_STRING), ETW_TL_AS_TEXT, char, text, 0)
/** `text` points to units of two bytes of any type. */
#define ETW_TL_UTF16(name, text) \
    (name, 1, (ETW_IN_UNICODE_STRING), ETW_TL_AS_TEXT16, uint8_t, text, 0)

/** Texts of a given length: bytes, of UTF-16 units. */
#define ETW_TL_COUNTED_UTF8(name, text, size) \
    ETW_TL_BLOB(name, ETW_IN_MANIFEST_COUNTED_ANSI_STRING, ETW_TL_OUT_UTF8, uint8_t, text, size)
#define ETW_TL_COUNTED_ANSI(name, text, size) \
    (name, 1, (ETW_IN_MANIFEST_COUNTED_ANSI_STRING), ETW_TL_AS_COUNTED, uint8_t, text, size)
#define ETW_TL_COUNTED_UTF16(name, text, units) \
    (name, 1, (ETW_IN_MANIFEST_COUNTED_STRING), ETW_TL_AS_COUNTED, uint8_t, text, 2 * (units))

#define ETW_TL_BINARY(name, data, size) \
    (name, 1, (ETW_IN_BINARY), ETW_TL_AS_COUNTED, uint8_t, data, size)

/** Arrays: `values` points to `count` elements, of a number that is known when the event is
 * written … */
#define ETW_TL_INT8_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_INT8, int8_t, values, count)
#define ETW_TL_UINT8_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_UINT8, uint8_t, values, count)
#define ETW_TL_INT16_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_INT16, int16_t, values, count)
#define ETW_TL_UINT16_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_UINT16, uint16_t, values, count)
#define ETW_TL_INT32_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_INT32, int32_t, values, count)
#define ETW_TL_UINT32_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_UINT32, uint32_t, values, count)
#define ETW_TL_INT64_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_INT64, int64_t, values, count)
#define ETW_TL_UINT64_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_UINT64, uint64_t, values, count)
#define ETW_TL_HEX32_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_HEX_INT32, uint32_t, values, count)
#define ETW_TL_HEX64_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_HEX_INT64, uint64_t, values, count)
#define ETW_TL_FLOAT_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_FLOAT, float, values, count)
#define ETW_TL_DOUBLE_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_DOUBLE, double, values, count)
#define ETW_TL_BOOL32_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_BOOLEAN, int32_t, values, count)
#define ETW_TL_GUID_ARRAY(name, values, count) \
    ETW_TL_ARRAY(name, ETW_IN_GUID, etw_guid, values, count)

/** … or of a constant number: `type` is an etw_in_type, `element` its type in C. */
#define ETW_TL_FIXED_ARRAY(name, type, element, values, count)                                     \
    (name, 3, ((type) | ETW_TL_FIXED_COUNT, (count)&0xFF, (count) >> 8), ETW_TL_AS_FIXED, element, \
     values, count)

/** The next `member_count` fields, at most 127, are members of this one. Structs may nest; members
 * of an inner one do not count for the outer one. */
#define ETW_TL_STRUCT(name, member_count) \
    (name, 2, (ETW_TL_TYPE_STRUCT | ETW_TL_CHAIN, (member_count)), ETW_TL_AS_NOTHING, 0, 0, 0)

/* ---- how it works ---------------------------------------------------------------------------- */

/*
 * A field is a tuple of seven:
 *
 *     (name, size of the description behind the name, (its bytes), how, type in C, value, count)
 *
 * Each of them is looked at three times, by ETW_TL_EACH(): it gives two members to a constant
 * structure of bytes that is the description, their values, and what to write of the value. `how`
 * is the beginning of the names of two macros: how_LOCAL declares the local variables that keep
 * the value of a field, how_DATA names the pieces of the payload they are.
 */

#define ETW_TL_IN_ADDRESS (sizeof(void *) == 8 ? ETW_IN_HEX_INT64 : ETW_IN_HEX_INT32)

#define ETW_TL_PLAIN(name, type, in_c, value) (name, 1, (type), ETW_TL_AS_VALUE, in_c, value, 0)
#define ETW_TL_SHOWN(name, type, out, in_c, value) \
    (name, 2, ((type) | ETW_TL_CHAIN, out), ETW_TL_AS_VALUE, in_c, value, 0)
#define ETW_TL_TEXT(name, type, out, text) \
    (name, 2, ((type) | ETW_TL_CHAIN, out), ETW_TL_AS_TEXT, char, text, 0)
#define ETW_TL_BLOB(name, type, out, in_c, data, size) \
    (name, 2, ((type) | ETW_TL_CHAIN, out), ETW_TL_AS_COUNTED, in_c, data, size)
#define ETW_TL_ARRAY(name, type, element, values, count) \
    (name, 1, ((type) | ETW_TL_COUNTED_ARRAY), ETW_TL_AS_ARRAY, element, values, count)

#define ETW_TL_AS_VALUE_LOCAL(i, in_c, value, count) const in_c etw_tl_v##i = (value);
#define ETW_TL_AS_VALUE_DATA(i, count)               etw_tl_piece(&etw_tl_v##i, sizeof etw_tl_v##i),

#define ETW_TL_AS_TEXT_LOCAL(i, in_c, value, count) const in_c *const etw_tl_v##i = (value);
#define ETW_TL_AS_TEXT_DATA(i, count)               etw_tl_text(etw_tl_v##i),

#define ETW_TL_AS_TEXT16_LOCAL(i, in_c, value, count) const void *const etw_tl_v##i = (value);
#define ETW_TL_AS_TEXT16_DATA(i, count)               etw_tl_text16(etw_tl_v##i),

#define ETW_TL_AS_BYTES_LOCAL(i, in_c, value, count) const void *const etw_tl_v##i = (value);
#define ETW_TL_AS_BYTES_DATA(i, count)               etw_tl_piece(etw_tl_v##i, count),

#define ETW_TL_AS_COUNTED_LOCAL(i, in_c, value, count) \
    const void *const etw_tl_v##i = (value);           \
    const uint16_t etw_tl_n##i = etw_tl_count(count);
#define ETW_TL_AS_COUNTED_DATA(i, count) \
    etw_tl_piece(&etw_tl_n##i, 2), etw_tl_piece(etw_tl_v##i, etw_tl_n##i),

#define ETW_TL_AS_ARRAY_LOCAL(i, in_c, value, count) \
    const in_c *const etw_tl_v##i = (value);         \
    const uint16_t etw_tl_n##i = etw_tl_count(count);
#define ETW_TL_AS_ARRAY_DATA(i, count) \
    etw_tl_piece(&etw_tl_n##i, 2), etw_tl_piece(etw_tl_v##i, etw_tl_n##i * sizeof *etw_tl_v##i),

#define ETW_TL_AS_FIXED_LOCAL(i, in_c, value, count) const in_c *const etw_tl_v##i = (value);

#define ETW_TL_AS_FIXED_DATA(i, count) etw_tl_piece(etw_tl_v##i, (count) * sizeof *etw_tl_v##i),

#define ETW_TL_AS_NOTHING_LOCAL(i, in_c, value, count)
#define ETW_TL_AS_NOTHING_DATA(i, count)

/* The three looks. What stands in the parentheses of a tuple becomes arguments when it is looked
 * at again, which is what ETW_TL_CALL is for. */
#define ETW_TL_CALL(macro, ...) macro(__VA_ARGS__)
#define ETW_TL_UNPACK(...)      __VA_ARGS__

#define ETW_TL_MEMBER(i, field) ETW_TL_CALL(ETW_TL_MEMBER_OF, i, ETW_TL_UNPACK field)
#define ETW_TL_MEMBER_OF(i, name, type_size, type, how, in_c, value, count) \
    char name_##i[sizeof(name)];                                            \
    uint8_t type_##i[type_size];

#define ETW_TL_INITIAL(i, field) ETW_TL_CALL(ETW_TL_INITIAL_OF, i, ETW_TL_UNPACK field)
#define ETW_TL_INITIAL_OF(i, name, type_size, type, how, in_c, value, count) \
    , name,                                                                  \
    {                                                                        \
        ETW_TL_UNPACK type                                                   \
    }

#define ETW_TL_LOCAL(i, field) ETW_TL_CALL(ETW_TL_LOCAL_OF, i, ETW_TL_UNPACK field)
#define ETW_TL_LOCAL_OF(i, name, type_size, type, how, in_c, value, count) \
    how##_LOCAL(i, in_c, value, count)

#define ETW_TL_DATA(i, field) ETW_TL_CALL(ETW_TL_DATA_OF, i, ETW_TL_UNPACK field)

#define ETW_TL_DATA_OF(i, name, type_size, type, how, in_c, value, count) how##_DATA(i, count)

#define ETW_TL_TAG_BYTE(tags, shift) ((tags) >> (shift)&0x7F)

/* `...` is the keyword and the fields. Structures of bytes have no padding, so this one is the
 * description as it is written: its size, the tags, the name and the fields. */
#define ETW_TL_EMIT(provider, name, tag_size, tag_bytes, opcode, activity, related, at_level, ...) \
    do {                                                                                           \
        etw_provider *const etw_tl_provider = (provider);                                          \
        const uint64_t etw_tl_keyword = (uint64_t)(ETW_TL_FIRST(__VA_ARGS__, 0));                  \
        if (etw_provider_enabled(etw_tl_provider, (uint8_t)(at_level), etw_tl_keyword)) {          \
            static const struct {                                                                  \
                uint8_t size[2];                                                                   \
                uint8_t tags[tag_size];                                                            \
                char event_name[sizeof(name)];                                                     \
                ETW_TL_EACH(ETW_TL_MEMBER, __VA_ARGS__)                                            \
            } etw_tl_description = {                                                               \
                {sizeof etw_tl_description & 0xFF, sizeof etw_tl_description >> 8},                \
                {ETW_TL_UNPACK tag_bytes},                                                         \
                name ETW_TL_EACH(ETW_TL_INITIAL, __VA_ARGS__)};                                    \
            const etw_described_event etw_tl_event = {                                             \
                {0, 0, ETW_TL_CHANNEL, (uint8_t)(at_level), (uint8_t)(opcode), 0, etw_tl_keyword}, \
                etw_tl_piece(&etw_tl_description, sizeof etw_tl_description)};                     \
            ETW_TL_EACH(ETW_TL_LOCAL, __VA_ARGS__)                                                 \
            const etw_event_data etw_tl_data[] = {ETW_TL_EACH(ETW_TL_DATA, __VA_ARGS__)            \
                                                      etw_tl_piece(NULL, 0)};                      \
            etw_provider_write_described(etw_tl_provider, &etw_tl_event, activity, related,        \
                                         etw_tl_data,                                              \
                                         sizeof etw_tl_data / sizeof *etw_tl_data - 1);            \
        }                                                                                          \
    } while (0)

#ifdef __cplusplus
extern "C" {
#endif

static inline etw_event_data etw_tl_piece(const void *data, size_t size)
{
    const etw_event_data piece = {(const uint8_t *)data, size};
    return piece;
}

static inline etw_event_data etw_tl_text(const char *text)
{
    return text ? etw_tl_piece(text, strlen(text) + 1) : etw_tl_piece("", 1);
}

/* The units may have any alignment. */
static inline etw_event_data etw_tl_text16(const void *text)
{
    static const uint8_t EMPTY[2] = {0, 0};
    const uint8_t *const bytes = text ? (const uint8_t *)text : EMPTY;
    size_t size = 0;
    while (bytes[size] || bytes[size + 1])
        size += 2;
    return etw_tl_piece(bytes, size + 2);
}

/* More than 65535 do not fit into an event anyway, which is then refused as too large. */
static inline uint16_t etw_tl_count(size_t count)
{
    return (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
}

/* A SID is as long as its second byte says. */
static inline size_t etw_tl_sid_size(const void *sid)
{
    return 8 + 4 * (size_t)((const uint8_t *)sid)[1];
}

#ifdef __cplusplus
}
#endif

#define ETW_TL_FIRST(first, ...) first

/*
 * ETW_TL_EACH(look, keyword, fields…) writes look(i, field) for each field, with another number for
 * each. The preprocessor has no loops: the number of arguments picks one of the ETW_TL_EACH_n,
 * which looks at one field and leaves the others to the next.
 */
#define ETW_TL_EACH(look, ...) ETW_TL_PICK(__VA_ARGS__, ETW_TL_NUMBERS, 0)(look, __VA_ARGS__, 0)

#define ETW_TL_NUMBERS                                                                            \
    ETW_TL_EACH_64, ETW_TL_EACH_63, ETW_TL_EACH_62, ETW_TL_EACH_61, ETW_TL_EACH_60,               \
        ETW_TL_EACH_59, ETW_TL_EACH_58, ETW_TL_EACH_57, ETW_TL_EACH_56, ETW_TL_EACH_55,           \
        ETW_TL_EACH_54, ETW_TL_EACH_53, ETW_TL_EACH_52, ETW_TL_EACH_51, ETW_TL_EACH_50,           \
        ETW_TL_EACH_49, ETW_TL_EACH_48, ETW_TL_EACH_47, ETW_TL_EACH_46, ETW_TL_EACH_45,           \
        ETW_TL_EACH_44, ETW_TL_EACH_43, ETW_TL_EACH_42, ETW_TL_EACH_41, ETW_TL_EACH_40,           \
        ETW_TL_EACH_39, ETW_TL_EACH_38, ETW_TL_EACH_37, ETW_TL_EACH_36, ETW_TL_EACH_35,           \
        ETW_TL_EACH_34, ETW_TL_EACH_33, ETW_TL_EACH_32, ETW_TL_EACH_31, ETW_TL_EACH_30,           \
        ETW_TL_EACH_29, ETW_TL_EACH_28, ETW_TL_EACH_27, ETW_TL_EACH_26, ETW_TL_EACH_25,           \
        ETW_TL_EACH_24, ETW_TL_EACH_23, ETW_TL_EACH_22, ETW_TL_EACH_21, ETW_TL_EACH_20,           \
        ETW_TL_EACH_19, ETW_TL_EACH_18, ETW_TL_EACH_17, ETW_TL_EACH_16, ETW_TL_EACH_15,           \
        ETW_TL_EACH_14, ETW_TL_EACH_13, ETW_TL_EACH_12, ETW_TL_EACH_11, ETW_TL_EACH_10,           \
        ETW_TL_EACH_9, ETW_TL_EACH_8, ETW_TL_EACH_7, ETW_TL_EACH_6, ETW_TL_EACH_5, ETW_TL_EACH_4, \
        ETW_TL_EACH_3, ETW_TL_EACH_2, ETW_TL_EACH_1, ETW_TL_EACH_0
#define ETW_TL_PICK(...) ETW_TL_PICK_OF(__VA_ARGS__)
#define ETW_TL_PICK_OF(keyword, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, \
                       f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, \
                       f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, \
                       f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, \
                       f61, f62, f63, f64, each, ...)                                             \
    each
#define ETW_TL_EACH_0(look, k, ...)
#define ETW_TL_EACH_1(look, k, f, ...)  look(1, f)
#define ETW_TL_EACH_2(look, k, f, ...)  look(2, f) ETW_TL_EACH_1(look, k, __VA_ARGS__)
#define ETW_TL_EACH_3(look, k, f, ...)  look(3, f) ETW_TL_EACH_2(look, k, __VA_ARGS__)
#define ETW_TL_EACH_4(look, k, f, ...)  look(4, f) ETW_TL_EACH_3(look, k, __VA_ARGS__)
#define ETW_TL_EACH_5(look, k, f, ...)  look(5, f) ETW_TL_EACH_4(look, k, __VA_ARGS__)
#define ETW_TL_EACH_6(look, k, f, ...)  look(6, f) ETW_TL_EACH_5(look, k, __VA_ARGS__)
#define ETW_TL_EACH_7(look, k, f, ...)  look(7, f) ETW_TL_EACH_6(look, k, __VA_ARGS__)
#define ETW_TL_EACH_8(look, k, f, ...)  look(8, f) ETW_TL_EACH_7(look, k, __VA_ARGS__)
#define ETW_TL_EACH_9(look, k, f, ...)  look(9, f) ETW_TL_EACH_8(look, k, __VA_ARGS__)
#define ETW_TL_EACH_10(look, k, f, ...) look(10, f) ETW_TL_EACH_9(look, k, __VA_ARGS__)
#define ETW_TL_EACH_11(look, k, f, ...) look(11, f) ETW_TL_EACH_10(look, k, __VA_ARGS__)
#define ETW_TL_EACH_12(look, k, f, ...) look(12, f) ETW_TL_EACH_11(look, k, __VA_ARGS__)
#define ETW_TL_EACH_13(look, k, f, ...) look(13, f) ETW_TL_EACH_12(look, k, __VA_ARGS__)
#define ETW_TL_EACH_14(look, k, f, ...) look(14, f) ETW_TL_EACH_13(look, k, __VA_ARGS__)
#define ETW_TL_EACH_15(look, k, f, ...) look(15, f) ETW_TL_EACH_14(look, k, __VA_ARGS__)
#define ETW_TL_EACH_16(look, k, f, ...) look(16, f) ETW_TL_EACH_15(look, k, __VA_ARGS__)
#define ETW_TL_EACH_17(look, k, f, ...) look(17, f) ETW_TL_EACH_16(look, k, __VA_ARGS__)
#define ETW_TL_EACH_18(look, k, f, ...) look(18, f) ETW_TL_EACH_17(look, k, __VA_ARGS__)
#define ETW_TL_EACH_19(look, k, f, ...) look(19, f) ETW_TL_EACH_18(look, k, __VA_ARGS__)
#define ETW_TL_EACH_20(look, k, f, ...) look(20, f) ETW_TL_EACH_19(look, k, __VA_ARGS__)
#define ETW_TL_EACH_21(look, k, f, ...) look(21, f) ETW_TL_EACH_20(look, k, __VA_ARGS__)
#define ETW_TL_EACH_22(look, k, f, ...) look(22, f) ETW_TL_EACH_21(look, k, __VA_ARGS__)
#define ETW_TL_EACH_23(look, k, f, ...) look(23, f) ETW_TL_EACH_22(look, k, __VA_ARGS__)
#define ETW_TL_EACH_24(look, k, f, ...) look(24, f) ETW_TL_EACH_23(look, k, __VA_ARGS__)
#define ETW_TL_EACH_25(look, k, f, ...) look(25, f) ETW_TL_EACH_24(look, k, __VA_ARGS__)
#define ETW_TL_EACH_26(look, k, f, ...) look(26, f) ETW_TL_EACH_25(look, k, __VA_ARGS__)
#define ETW_TL_EACH_27(look, k, f, ...) look(27, f) ETW_TL_EACH_26(look, k, __VA_ARGS__)
#define ETW_TL_EACH_28(look, k, f, ...) look(28, f) ETW_TL_EACH_27(look, k, __VA_ARGS__)
#define ETW_TL_EACH_29(look, k, f, ...) look(29, f) ETW_TL_EACH_28(look, k, __VA_ARGS__)
#define ETW_TL_EACH_30(look, k, f, ...) look(30, f) ETW_TL_EACH_29(look, k, __VA_ARGS__)
#define ETW_TL_EACH_31(look, k, f, ...) look(31, f) ETW_TL_EACH_30(look, k, __VA_ARGS__)
#define ETW_TL_EACH_32(look, k, f, ...) look(32, f) ETW_TL_EACH_31(look, k, __VA_ARGS__)
#define ETW_TL_EACH_33(look, k, f, ...) look(33, f) ETW_TL_EACH_32(look, k, __VA_ARGS__)
#define ETW_TL_EACH_34(look, k, f, ...) look(34, f) ETW_TL_EACH_33(look, k, __VA_ARGS__)
#define ETW_TL_EACH_35(look, k, f, ...) look(35, f) ETW_TL_EACH_34(look, k, __VA_ARGS__)
#define ETW_TL_EACH_36(look, k, f, ...) look(36, f) ETW_TL_EACH_35(look, k, __VA_ARGS__)
#define ETW_TL_EACH_37(look, k, f, ...) look(37, f) ETW_TL_EACH_36(look, k, __VA_ARGS__)
#define ETW_TL_EACH_38(look, k, f, ...) look(38, f) ETW_TL_EACH_37(look, k, __VA_ARGS__)
#define ETW_TL_EACH_39(look, k, f, ...) look(39, f) ETW_TL_EACH_38(look, k, __VA_ARGS__)
#define ETW_TL_EACH_40(look, k, f, ...) look(40, f) ETW_TL_EACH_39(look, k, __VA_ARGS__)
#define ETW_TL_EACH_41(look, k, f, ...) look(41, f) ETW_TL_EACH_40(look, k, __VA_ARGS__)
#define ETW_TL_EACH_42(look, k, f, ...) look(42, f) ETW_TL_EACH_41(look, k, __VA_ARGS__)
#define ETW_TL_EACH_43(look, k, f, ...) look(43, f) ETW_TL_EACH_42(look, k, __VA_ARGS__)
#define ETW_TL_EACH_44(look, k, f, ...) look(44, f) ETW_TL_EACH_43(look, k, __VA_ARGS__)
#define ETW_TL_EACH_45(look, k, f, ...) look(45, f) ETW_TL_EACH_44(look, k, __VA_ARGS__)
#define ETW_TL_EACH_46(look, k, f, ...) look(46, f) ETW_TL_EACH_45(look, k, __VA_ARGS__)
#define ETW_TL_EACH_47(look, k, f, ...) look(47, f) ETW_TL_EACH_46(look, k, __VA_ARGS__)
#define ETW_TL_EACH_48(look, k, f, ...) look(48, f) ETW_TL_EACH_47(look, k, __VA_ARGS__)
#define ETW_TL_EACH_49(look, k, f, ...) look(49, f) ETW_TL_EACH_48(look, k, __VA_ARGS__)
#define ETW_TL_EACH_50(look, k, f, ...) look(50, f) ETW_TL_EACH_49(look, k, __VA_ARGS__)
#define ETW_TL_EACH_51(look, k, f, ...) look(51, f) ETW_TL_EACH_50(look, k, __VA_ARGS__)
#define ETW_TL_EACH_52(look, k, f, ...) look(52, f) ETW_TL_EACH_51(look, k, __VA_ARGS__)
#define ETW_TL_EACH_53(look, k, f, ...) look(53, f) ETW_TL_EACH_52(look, k, __VA_ARGS__)
#define ETW_TL_EACH_54(look, k, f, ...) look(54, f) ETW_TL_EACH_53(look, k, __VA_ARGS__)
#define ETW_TL_EACH_55(look, k, f, ...) look(55, f) ETW_TL_EACH_54(look, k, __VA_ARGS__)
#define ETW_TL_EACH_56(look, k, f, ...) look(56, f) ETW_TL_EACH_55(look, k, __VA_ARGS__)
#define ETW_TL_EACH_57(look, k, f, ...) look(57, f) ETW_TL_EACH_56(look, k, __VA_ARGS__)
#define ETW_TL_EACH_58(look, k, f, ...) look(58, f) ETW_TL_EACH_57(look, k, __VA_ARGS__)
#define ETW_TL_EACH_59(look, k, f, ...) look(59, f) ETW_TL_EACH_58(look, k, __VA_ARGS__)
#define ETW_TL_EACH_60(look, k, f, ...) look(60, f) ETW_TL_EACH_59(look, k, __VA_ARGS__)
#define ETW_TL_EACH_61(look, k, f, ...) look(61, f) ETW_TL_EACH_60(look, k, __VA_ARGS__)
#define ETW_TL_EACH_62(look, k, f, ...) look(62, f) ETW_TL_EACH_61(look, k, __VA_ARGS__)
#define ETW_TL_EACH_63(look, k, f, ...) look(63, f) ETW_TL_EACH_62(look, k, __VA_ARGS__)
#define ETW_TL_EACH_64(look, k, f, ...) look(64, f) ETW_TL_EACH_63(look, k, __VA_ARGS__)

#endif
