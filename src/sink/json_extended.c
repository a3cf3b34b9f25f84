/* ExtendedData: what Windows attached to an event. */
#include "base/bytes.h"
#include "base/text.h"
#include "decode/value.h"
#include "sink/json_pieces.h"
#include "sink/json_system.h"
#include "sink/json_text.h"

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
    etwi_json_address(out, etwi_load_u64(data.data));
    ETWI_APPEND(out, ",\"Addresses\":[");
    for (size_t at = 8; at + width <= data.size; at += width) {
        if (at > 8)
            etwi_buffer_append_char(out, ',');
        etwi_json_address(out, width == 8 ? etwi_load_u64(data.data + at)
                                          : etwi_load_u32(data.data + at));
    }
    ETWI_APPEND(out, "]}");
}

static void put_stack_key(etwi_buffer *out, etw_bytes data, size_t width)
{
    ETWI_APPEND(out, "{\"MatchId\":");
    etwi_json_address(out, etwi_load_u64(data.data));
    ETWI_APPEND(out, ",\"Key\":");
    etwi_json_address(out,
                      width == 8 ? etwi_load_u64(data.data + 8) : etwi_load_u32(data.data + 8));
    etwi_buffer_append_char(out, '}');
}

static void put_unknown(etwi_buffer *out, const etw_extended *item)
{
    ETWI_APPEND(out, "{\"Type\":");
    etwi_json_u64(out, item->type);
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
    etwi_json_u64(out, etwi_load_u32(data));
    ETWI_APPEND(out, ",\"ParentInstanceId\":");
    etwi_json_u64(out, etwi_load_u32(data + 4));
    ETWI_APPEND(out, ",\"ParentGuid\":");
    etwi_json_guid(out, &parent);
    etwi_buffer_append_char(out, '}');
}

static void put_counters(etwi_buffer *out, etw_bytes data)
{
    etwi_buffer_append_char(out, '[');
    for (size_t at = 0; at + 8 <= data.size; at += 8) {
        if (at)
            etwi_buffer_append_char(out, ',');
        etwi_json_u64(out, etwi_load_u64(data.data + at));
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
        etwi_json_u64(out, etwi_load_u32(data));
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
        etwi_json_guid(out, &guid);
        break;
    case ETW_EXTENDED_QPC_DELTA:
        put_signed(out, (int64_t)etwi_load_u64(data));
        break;
    default:
        etwi_json_u64(out, etwi_load_u64(data));
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
