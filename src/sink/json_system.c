#include "sink/json_system.h"

#include "base/bytes.h"
#include "base/text.h"
#include "decode/value.h"
#include "schema/kernel.h"
#include "schema/predefined.h"
#include "sink/json_text.h"

static const etw_guid NULL_GUID = {0, 0, 0, {0}};
static const etw_guid SYSTEM_TRACE_CONTROL = {
    0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};
static const etw_str SYSTEM_TRACE_NAME = {"MSNT_SystemTrace", 16};

static void put_u64(etwi_buffer *out, uint64_t number)
{
    char *at = etwi_buffer_reserve(out, ETWI_U64_TEXT_MAX);
    if (at)
        out->size = (size_t)(etwi_text_u64(at, number) - out->data);
}

static void put_guid(etwi_buffer *out, const etw_guid *guid)
{
    char *at = etwi_buffer_reserve(out, ETW_GUID_TEXT_SIZE + 2);
    if (!at)
        return;
    *at++ = '"';
    at = etwi_text_guid(at, guid);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}

static void put_hex(etwi_buffer *out, uint64_t number)
{
    char *at = etwi_buffer_reserve(out, ETWI_HEX_TEXT_MAX + 2);
    if (!at)
        return;
    *at++ = '"';
    at = etwi_text_hex(at, number);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}

/* ------------------------------------------------------------------------------- System */

/* What the schema says, or what Windows predefines. */
static etw_str name_or(const etw_schema *schema, etw_str from_schema, etw_str predefined)
{
    return schema && from_schema.size ? from_schema : predefined;
}

static void put_correlation(etwi_buffer *out, const etw_event *event)
{
    etw_bytes related;
    etw_guid guid = NULL_GUID;
    if (event->flags & ETW_EVENT_EXTENDED_INFO &&
        etw_event_find_extended(event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &related) &&
        related.size >= 16)
        guid = etwi_load_guid(related.data);
    ETWI_APPEND(out, ",\"Correlation\":{\"ActivityID\":");
    put_guid(out, &event->activity_id);
    ETWI_APPEND(out, ",\"RelatedActivityID\":");
    put_guid(out, &guid);
}

static uint32_t id_or_zero(uint32_t id)
{
    return id == ETW_NO_ID ? 0 : id;
}

static void put_execution(etwi_buffer *out, const etw_event *event)
{
    ETWI_APPEND(out, "},\"Execution\":{\"ProcessID\":");
    put_u64(out, id_or_zero(event->process_id));
    ETWI_APPEND(out, ",\"ThreadID\":");
    put_u64(out, id_or_zero(event->thread_id));
    if (event->flags & ETW_EVENT_PRIVATE_SESSION && event->cpu_time) {
        ETWI_APPEND(out, ",\"ProcessorTime\":");
        put_u64(out, event->cpu_time);
    }
    ETWI_APPEND(out, ",\"ProcessorID\":");
    put_u64(out, event->processor == ETW_NO_PROCESSOR ? 0 : event->processor);
    ETWI_APPEND(out, ",\"KernelTime\":");
    put_u64(out, etw_event_kernel_time(event));
    ETWI_APPEND(out, ",\"UserTime\":");
    put_u64(out, etw_event_user_time(event));
}

static void put_keywords(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    char *at = etwi_buffer_reserve(out, 64);
    if (!at)
        return;
    ETWI_APPEND(out, "},\"Keywords\":{\"Mask\":\"");
    out->size =
        (size_t)(etwi_text_hex_padded(out->data + out->size, event->keyword, 16) - out->data);
    ETWI_APPEND(out, "\",\"Name\":[");
    bool first = true;
    for (uint32_t i = 0; schema && i < schema->keyword_count; i++) {
        const etw_keyword *keyword = &schema->keywords[i];
        if (!keyword->mask || (event->keyword & keyword->mask) != keyword->mask)
            continue;
        if (!first)
            etwi_buffer_append_char(out, ',');
        etwi_json_string(out, keyword->name);
        first = false;
    }
    ETWI_APPEND(out, "]}");
}

static void put_number_and_name(etwi_buffer *out, uint64_t number, etw_str name)
{
    put_u64(out, number);
    ETWI_APPEND(out, ",\"Name\":");
    etwi_json_string(out, name);
}

static void put_names(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    const etw_str none = {NULL, 0};
    const bool classic = event->flags & (ETW_EVENT_CLASSIC | ETW_EVENT_TRACE_MESSAGE);
    etw_str task = schema ? schema->task_name : none;
    etw_str opcode = schema ? schema->opcode_name : none;
    if (classic && !schema)
        etwi_kernel_names(&event->provider, event->opcode, &task, &opcode);
    ETWI_APPEND(out, ",\"Level\":{\"Value\":");
    put_number_and_name(out, event->level,
                        name_or(schema, schema ? schema->level_name : none,
                                classic ? none : etwi_predefined_level(event->level)));
    ETWI_APPEND(out, "},\"Opcode\":{\"Value\":");
    put_number_and_name(
        out, event->opcode,
        name_or(schema, opcode, classic ? opcode : etwi_predefined_opcode(event->opcode)));
    ETWI_APPEND(out, "},\"Task\":{\"Value\":");
    put_number_and_name(out, event->task, task);
    etwi_buffer_append_char(out, '}');
}

static bool is_kernel_header(const etw_event *event)
{
    return event->header_kind >= ETW_HEADER_SYSTEM32 && event->header_kind <= ETW_HEADER_PERFINFO64;
}

static void put_provider(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    const etw_guid *guid = &event->provider;
    etw_str name = {NULL, 0};
    if (schema && schema->provider_name.size)
        name = schema->provider_name;
    if (event->flags & ETW_EVENT_CLASSIC) {
        if (schema && !etw_guid_is_null(&schema->owner)) {
            guid = &schema->owner;
        } else if (is_kernel_header(event)) {
            guid = &SYSTEM_TRACE_CONTROL;
            name = SYSTEM_TRACE_NAME;
        }
    }
    if (!name.size)
        name = etw_guid_known_name(guid);
    ETWI_APPEND(out, ",\"Provider\":{\"Guid\":");
    put_guid(out, guid);
    ETWI_APPEND(out, ",\"Name\":");
    etwi_json_string(out, name);
    etwi_buffer_append_char(out, '}');
}

static void put_event_type(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    etw_str class_name = schema ? schema->class_name : (etw_str){NULL, 0};
    etw_str type = schema ? schema->opcode_name : (etw_str){NULL, 0};
    if (!schema)
        etwi_kernel_names(&event->provider, event->opcode, &class_name, &type);
    if (!class_name.size)
        class_name = schema ? schema->task_name : class_name;
    if (!class_name.size && !type.size)
        return;
    const etw_bytes first = {(const uint8_t *)class_name.data, class_name.size};
    const etw_bytes second = {(const uint8_t *)type.data, type.size};
    ETWI_APPEND(out, ",\"EventType\":\"");
    etwi_json_utf8(out, first);
    etwi_buffer_append_char(out, '/');
    etwi_json_utf8(out, second);
    etwi_buffer_append_char(out, '"');
}

void etwi_json_system(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    const etw_str none = {NULL, 0};
    const bool classic = (event->flags & ETW_EVENT_CLASSIC) != 0;
    const bool message = (event->flags & ETW_EVENT_TRACE_MESSAGE) != 0;
    char time[ETW_TIME_TEXT_SIZE];
    ETWI_APPEND(out, "\"System\":{\"Channel\":");
    etwi_json_string(out, name_or(schema, schema ? schema->channel_name : none,
                                  etwi_predefined_channel(event->channel)));
    ETWI_APPEND(out, ",\"EventID\":");
    put_u64(out, classic ? event->opcode : event->id);
    if (event->version) {
        ETWI_APPEND(out, ",\"Version\":");
        put_u64(out, event->version);
    }
    if (classic)
        put_event_type(out, event, schema);
    if (schema && schema->event_name.size) {
        ETWI_APPEND(out, ",\"EventName\":");
        etwi_json_string(out, schema->event_name);
    }
    ETWI_APPEND(out, ",\"EventGuid\":");
    put_guid(out, classic || message ? &event->provider : &NULL_GUID);
    put_correlation(out, event);
    put_execution(out, event);
    put_keywords(out, event, schema);
    put_names(out, event, schema);
    put_provider(out, event, schema);
    ETWI_APPEND(out, ",\"TimeCreated\":{\"SystemTime\":\"");
    etwi_buffer_append(out, time, etw_time_format(event->timestamp, time));
    ETWI_APPEND(out, "\"}}");
}

/* -------------------------------------------------------------------------- ExtendedData */

/* Writes the key of a member of ExtendedData, opening the object before the first one. */
static void begin_member(etwi_buffer *out, bool *open, const char *key)
{
    if (*open)
        etwi_buffer_append_char(out, ',');
    else
        ETWI_APPEND(out, ",\"ExtendedData\":{");
    *open = true;
    etwi_buffer_append_char(out, '"');
    etwi_buffer_append(out, key, strlen(key));
    ETWI_APPEND(out, "\":");
}

static void put_addresses(etwi_buffer *out, etw_bytes data, size_t width)
{
    ETWI_APPEND(out, "{\"MatchId\":");
    put_hex(out, etwi_load_u64(data.data));
    ETWI_APPEND(out, ",\"Addresses\":[");
    for (size_t at = 8; at + width <= data.size; at += width) {
        if (at > 8)
            etwi_buffer_append_char(out, ',');
        put_hex(out, width == 8 ? etwi_load_u64(data.data + at) : etwi_load_u32(data.data + at));
    }
    ETWI_APPEND(out, "]}");
}

static void put_stack_key(etwi_buffer *out, etw_bytes data, size_t width)
{
    ETWI_APPEND(out, "{\"MatchId\":");
    put_hex(out, etwi_load_u64(data.data));
    ETWI_APPEND(out, ",\"Key\":");
    put_hex(out, width == 8 ? etwi_load_u64(data.data + 8) : etwi_load_u32(data.data + 8));
    etwi_buffer_append_char(out, '}');
}

static void put_unknown(etwi_buffer *out, const etw_extended *item)
{
    ETWI_APPEND(out, "{\"Type\":");
    put_u64(out, item->type);
    ETWI_APPEND(out, ",\"Data\":\"");
    etwi_json_hex(out, item->data);
    ETWI_APPEND(out, "\"}");
}

/* The kinds of items that may come several times are written as one array each. */
typedef enum group {
    GROUP_STACK,
    GROUP_KEY,
    GROUP_UNKNOWN,
    GROUP_NONE,
} group;

typedef struct item_rule {
    const char *key;
    uint8_t size_min;
    uint8_t group;
} item_rule;

static const item_rule RULES[] = {
    [ETW_EXTENDED_SID] = {"SID", 8, GROUP_NONE},
    [ETW_EXTENDED_TERMINAL_SESSION_ID] = {"TerminalSessionID", 4, GROUP_NONE},
    [ETW_EXTENDED_INSTANCE_INFO] = {"InstanceInfo", 24, GROUP_NONE},
    [ETW_EXTENDED_STACK_TRACE32] = {"StackTrace", 8, GROUP_STACK},
    [ETW_EXTENDED_STACK_TRACE64] = {"StackTrace", 8, GROUP_STACK},
    [ETW_EXTENDED_PEBS_INDEX] = {"PebsIndex", 8, GROUP_NONE},
    [ETW_EXTENDED_PMC_COUNTERS] = {"PmcCounters", 0, GROUP_NONE},
    [ETW_EXTENDED_PSM_KEY] = {"PsmKey", 0, GROUP_NONE},
    [ETW_EXTENDED_EVENT_KEY] = {"EventKey", 8, GROUP_NONE},
    [ETW_EXTENDED_PROCESS_START_KEY] = {"ProcessStartKey", 8, GROUP_NONE},
    [ETW_EXTENDED_CONTROL_GUID] = {"ControlGuid", 16, GROUP_NONE},
    [ETW_EXTENDED_QPC_DELTA] = {"QpcDelta", 8, GROUP_NONE},
    [ETW_EXTENDED_CONTAINER_ID] = {"ContainerId", 16, GROUP_NONE},
    [ETW_EXTENDED_STACK_KEY32] = {"StackKey", 12, GROUP_KEY},
    [ETW_EXTENDED_STACK_KEY64] = {"StackKey", 16, GROUP_KEY},
};

/* How an item is written; those too short for their type are written as unknown ones. */
static item_rule rule_of(const etw_extended *item)
{
    const item_rule unknown = {"Unknown", 0, GROUP_UNKNOWN};
    if (item->type >= sizeof RULES / sizeof RULES[0] || !RULES[item->type].key ||
        item->data.size < RULES[item->type].size_min)
        return unknown;
    return RULES[item->type];
}

/* In System already, or the schema itself. */
static bool is_elsewhere(const etw_extended *item)
{
    return (item->type == ETW_EXTENDED_RELATED_ACTIVITY_ID && item->data.size >= 16) ||
           item->type == ETW_EXTENDED_EVENT_SCHEMA_TL || item->type == ETW_EXTENDED_PROVIDER_TRAITS;
}

static void put_sid(etwi_buffer *out, etw_bytes sid)
{
    char text[ETWI_VALUE_TEXT_MAX];
    etwi_value value = {ETWI_SHAPE_SID, 0, 0, 0, sid, NULL, false};
    if (sid.data[0] != 1 || sid.data[1] > 15 || sid.size < 8 + 4 * (size_t)sid.data[1])
        value.bytes.size = 0;
    const size_t size = (size_t)(etwi_value_text(text, &value) - text);
    etwi_buffer_append_char(out, '"');
    if (size)
        etwi_buffer_append(out, text, size);
    else
        etwi_json_hex(out, sid);
    etwi_buffer_append_char(out, '"');
}

static void put_instance(etwi_buffer *out, const uint8_t *data)
{
    const etw_guid parent = etwi_load_guid(data + 8);
    ETWI_APPEND(out, "{\"InstanceId\":");
    put_u64(out, etwi_load_u32(data));
    ETWI_APPEND(out, ",\"ParentInstanceId\":");
    put_u64(out, etwi_load_u32(data + 4));
    ETWI_APPEND(out, ",\"ParentGuid\":");
    put_guid(out, &parent);
    etwi_buffer_append_char(out, '}');
}

static void put_counters(etwi_buffer *out, etw_bytes data)
{
    etwi_buffer_append_char(out, '[');
    for (size_t at = 0; at + 8 <= data.size; at += 8) {
        if (at)
            etwi_buffer_append_char(out, ',');
        put_u64(out, etwi_load_u64(data.data + at));
    }
    etwi_buffer_append_char(out, ']');
}

static void put_signed(etwi_buffer *out, int64_t number)
{
    char *at = etwi_buffer_reserve(out, ETWI_U64_TEXT_MAX + 1);
    if (at)
        out->size = (size_t)(etwi_text_i64(at, number) - out->data);
}

static void put_extended_value(etwi_buffer *out, const etw_extended *item)
{
    const uint8_t *data = item->data.data;
    etw_guid guid;
    switch (item->type) {
    case ETW_EXTENDED_SID:
        put_sid(out, item->data);
        break;
    case ETW_EXTENDED_TERMINAL_SESSION_ID:
        put_u64(out, etwi_load_u32(data));
        break;
    case ETW_EXTENDED_INSTANCE_INFO:
        put_instance(out, data);
        break;
    case ETW_EXTENDED_STACK_TRACE32:
    case ETW_EXTENDED_STACK_TRACE64:
        put_addresses(out, item->data, item->type == ETW_EXTENDED_STACK_TRACE64 ? 8 : 4);
        break;
    case ETW_EXTENDED_STACK_KEY32:
    case ETW_EXTENDED_STACK_KEY64:
        put_stack_key(out, item->data, item->type == ETW_EXTENDED_STACK_KEY64 ? 8 : 4);
        break;
    case ETW_EXTENDED_PMC_COUNTERS:
        put_counters(out, item->data);
        break;
    case ETW_EXTENDED_PSM_KEY:
        etwi_buffer_append_char(out, '"');
        etwi_json_hex(out, item->data);
        etwi_buffer_append_char(out, '"');
        break;
    case ETW_EXTENDED_CONTROL_GUID:
    case ETW_EXTENDED_CONTAINER_ID:
        guid = etwi_load_guid(data);
        put_guid(out, &guid);
        break;
    case ETW_EXTENDED_QPC_DELTA:
        put_signed(out, (int64_t)etwi_load_u64(data));
        break;
    default:
        put_u64(out, etwi_load_u64(data));
        break;
    }
}

/* One array with all items of a group. */
static void put_group(etwi_buffer *out, const etw_event *event, group wanted, bool *open)
{
    etw_extended item;
    uint32_t position = 0;
    bool first = true;
    while (etw_event_next_extended(event, &position, &item)) {
        const item_rule rule = rule_of(&item);
        if (is_elsewhere(&item) || rule.group != wanted)
            continue;
        if (first) {
            begin_member(out, open, rule.key);
            etwi_buffer_append_char(out, '[');
        } else {
            etwi_buffer_append_char(out, ',');
        }
        first = false;
        if (wanted == GROUP_UNKNOWN)
            put_unknown(out, &item);
        else
            put_extended_value(out, &item);
    }
    if (!first)
        etwi_buffer_append_char(out, ']');
}

void etwi_json_extended(etwi_buffer *out, const etw_event *event)
{
    etw_extended item;
    uint32_t position = 0;
    bool open = false;
    bool groups[GROUP_NONE] = {false};
    while (etw_event_next_extended(event, &position, &item)) {
        if (is_elsewhere(&item))
            continue;
        const item_rule rule = rule_of(&item);
        if (rule.group != GROUP_NONE) {
            groups[rule.group] = true;
            continue;
        }
        begin_member(out, &open, rule.key);
        put_extended_value(out, &item);
    }
    for (unsigned i = 0; i < GROUP_NONE; i++)
        if (groups[i])
            put_group(out, event, (group)i, &open);
    if (open)
        etwi_buffer_append_char(out, '}');
}
