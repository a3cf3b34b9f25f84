#include "sink/json_system.h"

#include "base/bytes.h"
#include "base/text_fast.h"
#include "guid/known.h"
#include "schema/kernel.h"
#include "schema/predefined.h"
#include "sink/json_pieces.h"
#include "sink/json_text.h"

static const etw_guid NULL_GUID = {0, 0, 0, {0}};

/* What the schema says, or what Windows predefines. */
static etw_str name_or(const etw_schema *schema, etw_str from_schema, etw_str predefined)
{
    return schema && from_schema.size ? from_schema : predefined;
}

/* The head ends with the correlation, so that real GUIDs can be written over the null ones. */
#define NULL_GUID_TEXT   "{00000000-0000-0000-0000-000000000000}"
#define CORRELATION      ",\"Correlation\":{\"ActivityID\":\"" NULL_GUID_TEXT
#define BEFORE_RELATED   "\",\"RelatedActivityID\":\""
#define BEFORE_EXECUTION "\"},\"Execution\":{\"ProcessID\":"

enum {
    GUID_SIZE = sizeof NULL_GUID_TEXT - 1,
    RELATED_FROM_END = sizeof BEFORE_EXECUTION - 1 + GUID_SIZE,
    ACTIVITY_FROM_END = RELATED_FROM_END + sizeof BEFORE_RELATED - 1 + GUID_SIZE,
};

static uint32_t id_or_zero(uint32_t id)
{
    return id == ETW_NO_ID ? 0 : id;
}

char *etwi_json_put_ids(char *at, const etw_event *event)
{
    etw_bytes related;
    if (etwi_load_u64(event->activity_id.data4) | event->activity_id.data1 |
        event->activity_id.data2 | event->activity_id.data3)
        etwi_fast_guid(at - ACTIVITY_FROM_END, &event->activity_id);
    if (event->flags & ETW_EVENT_EXTENDED_INFO &&
        etw_event_find_extended(event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &related) &&
        related.size >= 16)
        etwi_fast_guid_halves(at - RELATED_FROM_END, etwi_load_u64(related.data),
                              etwi_load_u64(related.data + 8));
    at = etwi_fast_u32(at, id_or_zero(event->process_id));
    ETWI_PUT(at, ",\"ThreadID\":");
    at = etwi_fast_u32(at, id_or_zero(event->thread_id));
    if (event->flags & ETW_EVENT_PRIVATE_SESSION && event->cpu_time) {
        ETWI_PUT(at, ",\"ProcessorTime\":");
        at = etwi_fast_u64(at, event->cpu_time);
    }
    ETWI_PUT(at, ",\"ProcessorID\":");
    at = etwi_fast_u32(at, event->processor == ETW_NO_PROCESSOR ? 0 : event->processor);
    const uint32_t kernel = etw_event_kernel_time(event), user = etw_event_user_time(event);
    if (!(kernel | user)) {
        ETWI_PUT(at, ",\"KernelTime\":0,\"UserTime\":0");
        return at;
    }
    ETWI_PUT(at, ",\"KernelTime\":");
    at = etwi_fast_u32(at, kernel);
    ETWI_PUT(at, ",\"UserTime\":");
    return etwi_fast_u32(at, user);
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
    etwi_json_u64(out, number);
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

/* The provider to name; of classic kernel events the system trace provider. */
static const etw_guid *provider_of(const etw_event *event, const etw_schema *schema, etw_str *name)
{
    const etw_guid *guid = &event->provider;
    const etw_str none = {NULL, 0};
    *name = schema ? schema->provider_name : none;
    if (event->flags & ETW_EVENT_CLASSIC) {
        if (schema && !etw_guid_is_null(&schema->owner)) {
            guid = &schema->owner;
        } else if (is_kernel_header(event)) {
            guid = &etwi_system_trace_guid;
            *name = etwi_system_trace_name;
        }
    }
    if (!name->size)
        *name = etw_guid_known_name(guid);
    return guid;
}

static void put_provider(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    etw_str name;
    const etw_guid *guid = provider_of(event, schema, &name);
    ETWI_APPEND(out, ",\"Provider\":{\"Guid\":");
    etwi_json_guid(out, guid);
    ETWI_APPEND(out, ",\"Name\":");
    etwi_json_string(out, name);
    etwi_buffer_append_char(out, '}');
}

static void put_text(etwi_buffer *out, etw_str text)
{
    const etw_bytes bytes = {(const uint8_t *)text.data, text.size};
    etwi_json_utf8(out, bytes);
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
    ETWI_APPEND(out, ",\"EventType\":\"");
    put_text(out, class_name);
    etwi_buffer_append_char(out, '/');
    put_text(out, type);
    etwi_buffer_append_char(out, '"');
}

void etwi_json_system_head(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    const etw_str none = {NULL, 0};
    const bool classic = (event->flags & ETW_EVENT_CLASSIC) != 0;
    const bool message = (event->flags & ETW_EVENT_TRACE_MESSAGE) != 0;
    ETWI_APPEND(out, "\"System\":{\"Channel\":");
    etwi_json_string(out, name_or(schema, schema ? schema->channel_name : none,
                                  etwi_predefined_channel(event->channel)));
    ETWI_APPEND(out, ",\"EventID\":");
    etwi_json_u64(out, classic ? event->opcode : event->id);
    if (event->version) {
        ETWI_APPEND(out, ",\"Version\":");
        etwi_json_u64(out, event->version);
    }
    if (classic)
        put_event_type(out, event, schema);
    if (schema && schema->event_name.size) {
        ETWI_APPEND(out, ",\"EventName\":");
        etwi_json_string(out, schema->event_name);
    }
    if (message && schema && schema->class_name.size) {
        ETWI_APPEND(out, ",\"Source\":");
        etwi_json_string(out, schema->class_name);
    }
    if (schema && schema->inferred)
        ETWI_APPEND(out, ",\"Inferred\":true");
    ETWI_APPEND(out, ",\"EventGuid\":");
    etwi_json_guid(out, classic || message ? &event->provider : &NULL_GUID);
    ETWI_APPEND(out, CORRELATION BEFORE_RELATED NULL_GUID_TEXT BEFORE_EXECUTION);
}

void etwi_json_system_tail(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    put_keywords(out, event, schema);
    put_names(out, event, schema);
    put_provider(out, event, schema);
    ETWI_APPEND(out, ",\"TimeCreated\":{\"SystemTime\":\"");
}

/* ------------------------------------------------------------------------ compact profile */

static bool is_text(etw_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

/* The event's own name, or task and opcode, or its number. */
static void put_event_name(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    const etw_str none = {NULL, 0};
    const bool classic = (event->flags & ETW_EVENT_CLASSIC) != 0;
    etw_str task = schema ? schema->task_name : none;
    etw_str opcode = schema ? schema->opcode_name : none;
    if (schema && schema->event_name.size) {
        put_text(out, schema->event_name);
        return;
    }
    if (classic && !schema)
        etwi_kernel_names(&event->provider, event->opcode, &task, &opcode);
    if (!task.size && schema)
        task = schema->class_name;
    if (!task.size && !opcode.size) {
        etwi_json_u64(out, classic ? event->opcode : event->id);
        return;
    }
    put_text(out, task);
    /* "Info" is what an opcode of 0 is called, and says nothing beside a task. */
    if (!opcode.size || (task.size && (is_text(opcode, "Info") || is_text(opcode, "win:Info"))))
        return;
    if (task.size)
        etwi_buffer_append_char(out, '/');
    put_text(out, opcode);
}

void etwi_json_compact_names(etwi_buffer *out, const etw_event *event, const etw_schema *schema)
{
    etw_str name;
    provider_of(event, schema, &name);
    ETWI_APPEND(out, "\",\"provider\":\"");
    put_text(out, name);
    ETWI_APPEND(out, "\",\"event\":\"");
    put_event_name(out, event, schema);
    ETWI_APPEND(out, "\",\"id\":");
    etwi_json_u64(out, event->flags & ETW_EVENT_CLASSIC ? event->opcode : event->id);
    ETWI_APPEND(out, ",\"pid\":");
}

char *etwi_json_put_compact_ids(char *at, const etw_event *event)
{
    at = etwi_fast_u32(at, id_or_zero(event->process_id));
    ETWI_PUT(at, ",\"tid\":");
    at = etwi_fast_u32(at, id_or_zero(event->thread_id));
    ETWI_PUT(at, ",\"cpu\":");
    return etwi_fast_u32(at, event->processor == ETW_NO_PROCESSOR ? 0 : event->processor);
}
