/**
 * @file
 * The values of an event: a flat cursor over its payload, typed getters, and text.
 *
 * The cursor lives on the caller's stack and allocates nothing. It yields values, and begin and
 * end marks of arrays and structs, always balanced, whatever the payload holds:
 *
 *     etw_items items;
 *     etw_item item;
 *     etw_items_begin(&items, event, schema);
 *     while (etw_items_next(&items, &item))
 *         ...
 *     if (etw_items_error(&items)) ...
 */
#ifndef ETW_PROPERTY_H
#define ETW_PROPERTY_H

#include <etw/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How deep structs may nest in the events that this library decodes. */
#define ETW_STRUCT_DEPTH_MAX 16

typedef enum etw_item_kind {
    ETW_ITEM_VALUE,
    ETW_ITEM_STRUCT_BEGIN,
    ETW_ITEM_STRUCT_END,
    ETW_ITEM_ARRAY_BEGIN,
    ETW_ITEM_ARRAY_END,
    ETW_ITEM_REMAINDER, /**< Last: the bytes that no property covers, or that did not decode. */
} etw_item_kind;

/** One step of the cursor. */
typedef struct etw_item {
    etw_item_kind kind;
    uint16_t in_type;             /**< Of values: an etw_in_type. */
    uint16_t out_type;            /**< Of values: an etw_out_type, never ETW_OUT_NULL. */
    uint32_t offset;              /**< Of the first stored byte, in the payload. */
    uint32_t count;               /**< Of ARRAY_BEGIN: the number of elements. */
    bool is_element;              /**< An element of an array, so it has no name of its own. */
    const etw_property *property; /**< NULL for the remainder. */
    /** The bytes of a value, without counts, terminators and token headers. */
    etw_bytes data;
    const etw_event *event;
} etw_item;

/** Why a payload could not be decoded to its end. */
#define ETW_DECODE_REASON_MAP(X)                                                        \
    X(NONE, "no error")                                                                 \
    X(NO_SCHEMA, "no schema describes the event")                                       \
    X(SHORT, "the payload ends inside the value")                                       \
    X(ABSENT, "the payload ends before the value")                                      \
    X(BAD_COUNT, "the number of elements does not fit the payload")                     \
    X(BAD_LENGTH, "the length does not fit the payload")                                \
    X(BAD_SID, "the security identifier is malformed")                                  \
    X(BAD_REFERENCE, "the property that holds the count or length has no usable value") \
    X(BAD_TYPE, "the schema names a type that does not exist")                          \
    X(TOO_DEEP, "structs nest too deep")                                                \
    X(BAD_EXTENDED, "the chain of extended data is broken")

typedef enum etw_decode_reason {
#define X(name, text) ETW_DECODE_##name,
    ETW_DECODE_REASON_MAP(X)
#undef X
} etw_decode_reason;

/** The text of a reason; never NULL. */
ETW_API const char *etw_decode_reason_text(etw_decode_reason reason);

/** Where decoding stopped and why. */
typedef struct etw_decode_error {
    etw_decode_reason reason;
    uint32_t offset;              /**< In the payload. */
    const etw_property *property; /**< NULL if no property is to blame. */
} etw_decode_error;

/** The cursor. Members are private; the structure is public only to live on the stack. */
typedef struct etw_items {
    const etw_event *event;
    const etw_schema *schema;
    uint32_t position;
    uint32_t state;
    uint32_t budget;
    uint32_t depth;
    bool at_begin;
    etw_decode_error error;
    struct etw_items_frame {
        uint16_t property, member, member_end, is_array;
        uint32_t remaining;
    } frames[2 * ETW_STRUCT_DEPTH_MAX + 1];
    uint32_t references[64];
} etw_items;

/**
 * Puts the cursor before the first property.
 *
 * @param event  Must stay valid while the cursor is used.
 * @param schema From the store; NULL yields the payload as remainder.
 */
ETW_API void etw_items_begin(etw_items *items, const etw_event *event, const etw_schema *schema);

/** Moves to the next item; false at the end. */
ETW_API bool etw_items_next(etw_items *items, etw_item *out);

/**
 * Moves past the array or struct whose begin was the last item.
 *
 * @return False if there is nothing to skip: the last item was no begin.
 */
ETW_API bool etw_items_skip(etw_items *items);

/** What stopped decoding, or NULL. Complete only after etw_items_next() has returned false. */
ETW_API const etw_decode_error *etw_items_error(const etw_items *items);

/**
 * Finds a top-level property of an event by its index in the schema.
 *
 * @return ETW_OK, ETW_E_NOT_FOUND if the payload does not reach it, or ETW_E_CORRUPT if decoding
 *         stopped before it.
 */
ETW_API etw_status etw_event_item(const etw_event *event, const etw_schema *schema, unsigned index,
                                  etw_item *out);

/** The same by name; ETW_E_NOT_FOUND too if the schema has no such property. */
ETW_API etw_status etw_event_item_by_name(const etw_event *event, const etw_schema *schema,
                                          const char *name, etw_item *out);

/**
 * Where a top-level property of an event is.
 *
 * Of arrays and structs the whole; if `reason` is not ETW_DECODE_NONE, what of it did decode.
 */
typedef struct etw_span {
    uint16_t offset; /**< Of the first stored byte, in the payload. */
    uint16_t size;   /**< All stored bytes, with counts, terminators and token headers. */
    uint16_t data_offset;
    uint16_t data_size; /**< Without them. */
    uint16_t count;     /**< Of arrays: the number of elements. */
    uint8_t kind;       /**< ETW_ITEM_VALUE, ETW_ITEM_ARRAY_BEGIN or ETW_ITEM_STRUCT_BEGIN. */
    uint8_t reason;     /**< An etw_decode_reason: why it is not there, or not all of it. */
} etw_span;

/** All top-level properties of an event by their index in the schema. */
typedef struct etw_prepared {
    const etw_event *event;
    const etw_schema *schema; /**< NULL if none is known; then there are no spans. */
    const etw_span *spans;
    size_t count;
} etw_prepared;

/**
 * Finds all top-level properties of an event at once: far cheaper than the cursor, because values
 * are not looked at, and properties before the first one of variable size are where they always
 * are. Behind the property at which decoding stopped, all spans have the same reason and no bytes.
 *
 * @param spans    Room for `capacity` spans; `schema->top_level_count` of them are used, and
 *                 those behind may be overwritten.
 * @param count    How many are used, or would be.
 * @return ETW_OK, ETW_E_CORRUPT if decoding stopped before the end, ETW_E_LIMIT if there is not
 *         enough room, ETW_E_NO_SCHEMA if `schema` is NULL.
 */
ETW_API etw_status etw_event_prepare(const etw_event *event, const etw_schema *schema,
                                     etw_span *spans, size_t capacity, size_t *count);

/**
 * The item that the cursor would give for a property: its value, or the begin of its array or
 * struct.
 *
 * @return ETW_OK, ETW_E_NOT_FOUND if the payload does not reach it or there is no such index, or
 *         ETW_E_CORRUPT if decoding stopped before it.
 */
ETW_API etw_status etw_prepared_item(const etw_prepared *prepared, size_t index, etw_item *out);

/**
 * Typed getters. They check the type of the value: ETW_E_TYPE if it has another, ETW_E_RANGE if
 * the number does not fit. Integers include booleans, pointers and FILETIMEs.
 */
ETW_API ETW_MUST_CHECK etw_status etw_item_u64(const etw_item *item, uint64_t *out);
ETW_API ETW_MUST_CHECK etw_status etw_item_i64(const etw_item *item, int64_t *out);
ETW_API ETW_MUST_CHECK etw_status etw_item_double(const etw_item *item, double *out);
ETW_API ETW_MUST_CHECK etw_status etw_item_bool(const etw_item *item, bool *out);
ETW_API ETW_MUST_CHECK etw_status etw_item_guid(const etw_item *item, etw_guid *out);
/** FILETIME in UTC, of FILETIME, SYSTEMTIME and trace-clock values. */
ETW_API ETW_MUST_CHECK etw_status etw_item_filetime(const etw_item *item, uint64_t *out);

/** Code pages for ANSI strings; the numbers are those of Windows. */
typedef enum etw_code_page {
    ETW_CODE_PAGE_DEFAULT = 0, /**< Windows-1252. */
    ETW_CODE_PAGE_UTF8 = 65001,
} etw_code_page;

/** How values become text. Zero is the default of every member but `size`. */
typedef struct etw_format {
    size_t size;        /**< sizeof(etw_format). */
    unsigned code_page; /**< A number that etw_code_page_supported() accepts, or 0. */
    bool raw_values;    /**< Numbers instead of the names that maps give them. */
} etw_format;

/** True for 0, 65001 (UTF-8), 437, 850, 852, 855, 857, 866, 874, 28591 and 1250 to 1258. */
ETW_API bool etw_code_page_supported(unsigned code_page);

/**
 * Writes the text of a value as UTF-8, terminated by a zero and cut at a whole character if `size`
 * is too small. Text that is not valid UTF-16 or UTF-8 keeps lone surrogates as `\uXXXX`.
 *
 * @param format NULL for the defaults.
 * @return The length of the whole text, without the terminating zero, whatever `size` is.
 */
ETW_API size_t etw_item_text(const etw_item *item, const etw_format *format, char *out,
                             size_t size);

#ifdef __cplusplus
}
#endif

#endif
