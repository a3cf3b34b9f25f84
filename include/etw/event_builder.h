/**
 * @file
 * TraceLogging events whose fields are known at run time only.
 *
 *     uint8_t description[512], payload[512];
 *     etw_event_builder builder;
 *     etw_event_builder_init(&builder, description, sizeof description, payload, sizeof payload);
 *     etw_event_builder_begin(&builder, name, 0);
 *     etw_event_builder_add_text(&builder, field, type, value, &error);
 *     etw_event_builder_write(&builder, provider, &descriptor, NULL, NULL);
 *
 * All memory is the caller's; nothing is allocated. Events whose fields are known when the program
 * is compiled: see <etw/tracelogging.h>.
 */
#ifndef ETW_EVENT_BUILDER_H
#define ETW_EVENT_BUILDER_H

#include <etw/tracelogging.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Structs that may be open at a time. */
enum {
    ETW_EVENT_BUILDER_DEPTH_MAX = 8
};

/**
 * An event that is being built. Members belong to the functions below.
 *
 * The first failure stays: what is added afterwards fails as well, and so does writing.
 * etw_event_builder_begin() starts anew.
 */
typedef struct etw_event_builder {
    uint8_t *description, *payload;
    size_t description_capacity, payload_capacity;
    size_t description_size, payload_size;
    size_t member_counts[ETW_EVENT_BUILDER_DEPTH_MAX]; /**< Where in the description. */
    unsigned depth;
    etw_status status;
} etw_event_builder;

/** Both pieces of memory have to outlive the builder. 64 KiB each are enough for any event. */
ETW_API void etw_event_builder_init(etw_event_builder *builder, void *description,
                                    size_t description_capacity, void *payload,
                                    size_t payload_capacity);

/** Begins an event, and forgets the last one. `tags` has 28 bits. */
ETW_API etw_status etw_event_builder_begin(etw_event_builder *builder, etw_str name, uint32_t tags);

/** Describes a field; its value follows by etw_event_builder_put().
 *
 * @param type  ETW_IN_… up to 25, ETW_TL_COUNTED_ARRAY added for arrays: then a u16 count comes
 *              before the elements.
 * @param out   An etw_tl_out_type.
 * @param tags  28 bits; 0 for none.
 * @return ETW_OK; ETW_E_FULL if the memory is too small, here and below.
 */
ETW_API etw_status etw_event_builder_add(etw_event_builder *builder, etw_str name, unsigned type,
                                         unsigned out, uint32_t tags);

/** Appends bytes of a value. */
ETW_API etw_status etw_event_builder_put(etw_event_builder *builder, const void *data, size_t size);

/** The fields up to etw_event_builder_end_struct() are members of this one; at least one and at
 * most 127. ETW_E_LIMIT if structs nest too deep. */
ETW_API etw_status etw_event_builder_begin_struct(etw_event_builder *builder, etw_str name);

/** Ends the innermost struct; ETW_E_INVALID if none is open, or if it has no members. */
ETW_API etw_status etw_event_builder_end_struct(etw_event_builder *builder);

/**
 * Adds a field whose type is a name and whose value is text, as a command line has them.
 *
 * i8 i16 i32 i64 u8 u16 u32 u64 · x8 x16 x32 x64 (shown in hexadecimal) · f32 f64 · bool ·
 * str (UTF-8), str16, ansi, json, xml · char · bin (hexadecimal digits) · guid · ptr · pid · tid ·
 * filetime (a number or RFC 3339 in UTC) · sid · ipv4 · ipv6 · port · win32error, ntstatus,
 * hresult. Numbers are decimal, or begin with 0x. `type[]` is an array of numbers, with commas
 * between them.
 *
 * @param error NULL if only the status matters; the message names field and value.
 * @return ETW_OK; ETW_E_INVALID for an unknown type or a value that is none of it; ETW_E_RANGE.
 */
ETW_API ETW_MUST_CHECK etw_status etw_event_builder_add_text(etw_event_builder *builder,
                                                             etw_str name, etw_str type,
                                                             etw_str value, etw_error *error);

/** What has been built. Lifetime: until the next call that changes it. The description is complete
 * once all structs have ended. */
ETW_API etw_bytes etw_event_builder_description(etw_event_builder *builder);
ETW_API etw_bytes etw_event_builder_payload(const etw_event_builder *builder);

/** Writes the event. `descriptor` and GUIDs as with etw_provider_write(). It can be written again.
 *
 * @return As etw_provider_write(); the failure of the builder if it has one. */
ETW_API etw_status etw_event_builder_write(etw_event_builder *builder, etw_provider *provider,
                                           const etw_event_descriptor *descriptor,
                                           const etw_guid *activity, const etw_guid *related);

#ifdef __cplusplus
}
#endif

#endif
