/*
 * What TDH knows of events and providers, for the schema store; see schema/native.h.
 *
 * Nobody has run this on Windows yet; tests run it on a table of functions of their own.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "base/scan.h"
#include "schema/manifest_words.h"
#include "schema/native.h"
#include "schema/schema_text.h"
#include "session/win/api.h"
#include "session/win/codes.h"
#include "session/win/failure.h"
#include "session/win/wide.h"

enum {
    FIRST_ROOM = 4096,
    ROOM_MAX = 64 << 20, /* Of one answer. All providers of a system take some 200 KiB. */
    TRIES = 8,           /* Answers may grow while they are asked for. */
    EXTENDED_MAX = 32,
    OPCODE_SHIFT = 16, /* Above the task that the opcode belongs to. */
};

/* ------------------------------------------------------------------------------- asking */

/* One call of a function that fills memory in or says how much it takes. */
typedef struct question {
    const etwi_api *api;
    etwi_abi_record *record;
    etwi_abi_char *name;
    etw_guid *provider;
    etwi_abi_descriptor *descriptor;
    uint32_t field_type;
} question;

typedef uint32_t (*asker)(const question *about, void *out, uint32_t *size);

static uint32_t ask_event(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhGetEventInformation(about->record, 0, NULL, out, size);
}

static uint32_t ask_map(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhGetEventMapInformation(about->record, about->name, out, size);
}

static uint32_t ask_manifest_event(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhGetManifestEventInformation(about->provider, about->descriptor, out,
                                                      size);
}

static uint32_t ask_providers(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhEnumerateProviders(out, size);
}

static uint32_t ask_events(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhEnumerateManifestProviderEvents(about->provider, out, size);
}

static uint32_t ask_fields(const question *about, void *out, uint32_t *size)
{
    return about->api->TdhEnumerateProviderFieldInformation(about->provider, about->field_type, out,
                                                            size);
}

/* ETW_E_NO_SCHEMA for whatever keeps TDH from answering but want of memory: of some events a part
 * of the manifest is missing, or a file that it names. */
static etw_status status_of(uint32_t code)
{
    return etwi_win_status(code) == ETW_E_NOMEM ? ETW_E_NOMEM : ETW_E_NO_SCHEMA;
}

/* Asks with as much room as it takes. What is not filled in is zero. */
static etw_status ask(asker call, const question *about, etwi_arena *arena, etw_bytes *out)
{
    uint32_t room = FIRST_ROOM;
    for (int i = 0; i < TRIES; i++) {
        void *memory = etwi_arena_alloc_zeroed(arena, room);
        uint32_t size = room;
        if (!memory)
            return ETW_E_NOMEM;
        const uint32_t code = call(about, memory, &size);
        if (code == ETWI_WIN_OK) {
            *out = (etw_bytes){memory, size < room ? size : room};
            return ETW_OK;
        }
        if (code != ETWI_WIN_INSUFFICIENT_BUFFER)
            return status_of(code);
        if (size > ROOM_MAX || room > ROOM_MAX / 2)
            return ETW_E_NO_SCHEMA;
        room = size > room ? size : 2 * room;
    }
    return ETW_E_NO_SCHEMA;
}

/* ------------------------------------------------------------------------------- events */

static uint16_t flags_of(const etw_event *event)
{
    const uint16_t widths = ETW_EVENT_32_BIT | ETW_EVENT_64_BIT;
    if (event->flags & widths)
        return event->flags;
    return event->flags | (event->pointer_size == 4 ? ETW_EVENT_32_BIT : ETW_EVENT_64_BIT);
}

/* An event as Windows handed it out once. */
static void fill_record(etwi_abi_record *out, etwi_abi_extended_item items[EXTENDED_MAX],
                        const etw_event *event)
{
    *out = (etwi_abi_record){
        .event_header =
            {
                .size = (uint16_t)sizeof out->event_header,
                .flags = flags_of(event),
                .event_property = event->property,
                .thread_id = event->thread_id,
                .process_id = event->process_id,
                .time_stamp = event->raw_timestamp,
                .provider_id = event->provider,
                .event_descriptor = {event->id, event->version, event->channel, event->level,
                                     event->opcode, event->task, event->keyword},
                .processor_time = event->cpu_time,
                .activity_id = event->activity_id,
            },
        .buffer_context = {event->processor, event->logger_id},
        .user_data_length = event->payload_size,
        .extended_data = items,
        /* TDH only reads. */
        .user_data = (void *)(uintptr_t)event->payload,
    };
    uint32_t position = 0;
    etw_extended item;
    while (event->record && out->extended_data_count < EXTENDED_MAX &&
           etw_event_next_extended(event, &position, &item))
        items[out->extended_data_count++] = (etwi_abi_extended_item){
            .ext_type = item.type,
            .data_size = (uint16_t)item.data.size,
            .data_ptr = (uintptr_t)item.data.data,
        };
}

static etw_status tdh_event(const etw_event *event, etwi_arena *arena, etw_bytes *out)
{
    etwi_abi_extended_item items[EXTENDED_MAX];
    etwi_abi_record record;
    const question about = {.api = etwi_api_get(), .record = &record};
    if (!about.api->TdhGetEventInformation)
        return ETW_E_NO_SCHEMA;
    fill_record(&record, items, event);
    return ask(ask_event, &about, arena, out);
}

static etw_status tdh_map(const etw_event *event, etw_str name, etwi_arena *arena, etw_bytes *out)
{
    etwi_abi_extended_item items[EXTENDED_MAX];
    etwi_abi_record record;
    const question about = {
        .api = etwi_api_get(), .record = &record, .name = etwi_wide_new(arena, name)};
    if (!about.api->TdhGetEventMapInformation)
        return ETW_E_NO_SCHEMA;
    if (!about.name)
        return ETW_E_NOMEM;
    fill_record(&record, items, event);
    return ask(ask_map, &about, arena, out);
}

/* ---------------------------------------------------------------------------- providers */

/* The text at an offset; what lies outside is no text. */
static etw_status read_text(etw_str *out, etw_bytes blob, uint32_t offset, etwi_arena *arena)
{
    *out = (etw_str){NULL, 0};
    if (!offset || offset >= blob.size)
        return ETW_OK;
    etwi_cursor cursor = etwi_slice(blob.data, blob.size, offset, blob.size - offset);
    const etw_bytes text = etwi_utf16_z(&cursor);
    if (cursor.failed)
        return ETW_OK;
    return etwi_schema_text_utf16(arena, out, text) ? ETW_OK : ETW_E_NOMEM;
}

/* How many elements of an array are there; `count` are said to be. */
static uint32_t elements(etw_bytes blob, size_t array, size_t size, uint32_t count)
{
    const size_t room = blob.size < array ? 0 : (blob.size - array) / size;
    return count < room ? count : (uint32_t)room;
}

#define ELEMENTS(blob, type, array, count) \
    elements(blob, offsetof(type, array), sizeof(((type *)0)->array[0]), (count))

static etw_status tdh_providers(etwi_arena *arena, etwi_provider_taker take, void *user,
                                etw_error *error)
{
    etw_bytes blob;
    const question about = {.api = etwi_api_get()};
    if (!about.api->TdhEnumerateProviders)
        return etwi_api_missing("TdhEnumerateProviders", error);
    ETWI_TRY(ask(ask_providers, &about, arena, &blob));
    const etwi_abi_provider_enumeration *list = (const void *)blob.data;
    if (blob.size < sizeof list->number_of_providers)
        return ETW_OK;
    const uint32_t count = ELEMENTS(blob, etwi_abi_provider_enumeration, trace_provider_info_array,
                                    list->number_of_providers);
    for (uint32_t i = 0; i < count; i++) {
        const etwi_abi_provider_info *info = &list->trace_provider_info_array[i];
        etwi_provider provider = {.guid = info->provider_guid, .source = ETW_SCHEMA_TDH};
        ETWI_TRY(read_text(&provider.name, blob, info->provider_name_offset, arena));
        ETWI_TRY(take(user, &provider));
    }
    return ETW_OK;
}

static etw_event event_of(const etw_guid *provider, const etwi_abi_descriptor *descriptor)
{
    const etw_event event = {
        .provider = *provider,
        .id = descriptor->id,
        .version = descriptor->version,
        .channel = descriptor->channel,
        .level = descriptor->level,
        .opcode = descriptor->opcode,
        .task = descriptor->task,
        .keyword = descriptor->keyword,
        .pointer_size = sizeof(void *),
        .header_kind = ETW_HEADER_EVENT64,
    };
    return event;
}

static etw_status tdh_events(const etw_guid *provider, etwi_arena *arena, etwi_native_taker take,
                             void *user, etw_error *error)
{
    etw_guid guid = *provider;
    etw_bytes blob, info;
    question about = {.api = etwi_api_get(), .provider = &guid};
    if (!about.api->TdhEnumerateManifestProviderEvents ||
        !about.api->TdhGetManifestEventInformation)
        return etwi_api_missing("TdhEnumerateManifestProviderEvents", error);
    etw_status status = ask(ask_events, &about, arena, &blob);
    if (status != ETW_OK)
        return status == ETW_E_NOMEM ? status : ETW_E_NOT_FOUND;
    const etwi_abi_provider_events *list = (const void *)blob.data;
    if (blob.size < sizeof list->number_of_events)
        return ETW_E_NOT_FOUND;
    const uint32_t count =
        ELEMENTS(blob, etwi_abi_provider_events, event_descriptors_array, list->number_of_events);
    for (uint32_t i = 0; i < count; i++) {
        etwi_abi_descriptor descriptor = list->event_descriptors_array[i];
        const etw_event event = event_of(provider, &descriptor);
        about.descriptor = &descriptor;
        status = ask(ask_manifest_event, &about, arena, &info);
        if (status == ETW_OK)
            status = take(user, &event, info);
        if (status != ETW_OK && status != ETW_E_NO_SCHEMA)
            return status;
    }
    return ETW_OK;
}

/* -------------------------------------------------------------------------------- names */

static etw_status read_name(etw_named_value *out, const etwi_abi_field_info *field,
                            etw_named_kind kind, etw_bytes blob, etwi_arena *arena)
{
    *out = (etw_named_value){.value = field->value};
    if (kind == ETW_NAMED_OPCODE) {
        out->task = (uint16_t)field->value;
        out->value = field->value >> OPCODE_SHIFT & UINT16_MAX;
    }
    ETWI_TRY(read_text(&out->name, blob, field->name_offset, arena));
    ETWI_TRY(read_text(&out->message, blob, field->description_offset, arena));
    out->name = out->name.size ? etwi_manifest_local(out->name) : out->message;
    return ETW_OK;
}

static etw_status read_names(etw_named_values *out, etw_named_kind kind, etw_bytes blob,
                             etwi_arena *arena)
{
    const etwi_abi_field_infos *list = (const void *)blob.data;
    if (blob.size < sizeof list->number_of_elements)
        return ETW_OK;
    const uint32_t count =
        ELEMENTS(blob, etwi_abi_field_infos, field_info_array, list->number_of_elements);
    etw_named_value *items = etwi_arena_alloc(arena, count * sizeof *items);
    if (!items)
        return ETW_E_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        ETWI_TRY(read_name(&items[i], &list->field_info_array[i], kind, blob, arena));
    *out = (etw_named_values){items, count};
    return ETW_OK;
}

static etw_status tdh_names(const etw_guid *provider, etw_named_kind kind, etwi_arena *arena,
                            etw_named_values *out)
{
    static const uint8_t TYPES[ETW_NAMED_KIND_COUNT] = {
        [ETW_NAMED_KEYWORD] = ETWI_ABI_FIELD_KEYWORD, [ETW_NAMED_LEVEL] = ETWI_ABI_FIELD_LEVEL,
        [ETW_NAMED_TASK] = ETWI_ABI_FIELD_TASK,       [ETW_NAMED_OPCODE] = ETWI_ABI_FIELD_OPCODE,
        [ETW_NAMED_CHANNEL] = ETWI_ABI_FIELD_CHANNEL,
    };
    etw_guid guid = *provider;
    etw_bytes blob;
    const question about = {.api = etwi_api_get(), .provider = &guid, .field_type = TYPES[kind]};
    *out = (etw_named_values){NULL, 0};
    if (!about.api->TdhEnumerateProviderFieldInformation)
        return ETW_E_UNSUPPORTED;
    etwi_arena scratch = {.allocator = arena->allocator};
    etw_status status = ask(ask_fields, &about, &scratch, &blob);
    if (status == ETW_OK)
        status = read_names(out, kind, blob, arena);
    etwi_arena_free(&scratch);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static const etwi_native_source tdh = {tdh_event, tdh_map, tdh_providers, tdh_events, tdh_names};

const etwi_native_source *etwi_native_system(void)
{
    return &tdh;
}
