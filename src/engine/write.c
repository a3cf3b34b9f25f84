/*
 * Writing events. This runs in any thread of the program at any time, in signal handlers and in the
 * children of forks: it takes no lock and no memory, but for the first event of a child.
 */
#include "base/compiler.h"
#include "engine/activity.h"
#include "engine/grace.h"
#include "engine/process.h"
#include "engine/record_write.h"
#include "engine/slot_write.h"
#include "engine/stack.h"
#include "engine/system_writer.h"
#include "etl/layout.h"
#include "os/process.h"

/* An event on its way into a session. */
typedef struct write_step {
    etwi_mapping *mapping;
    uint32_t properties;
    uint32_t size;
    etwi_room room;
} write_step;

/* What is only there if a session asks for it. */
typedef struct write_extras {
    uint64_t event_key;
    etwi_stack stack;
} write_extras;

/* What a caller hands over. */
typedef struct write_request {
    etw_provider *provider;
    const etw_event_descriptor *descriptor;
    etw_bytes description;
    const etw_guid *activity, *related;
    const etw_event_data *data;
    size_t count;
    etw_str text; /* Of a string event. */
    uint32_t process_id, thread_id, cpu;
    uint16_t flags;
} write_request;

/* In the order in which Windows has them. */
static void add_extras(etwi_record *record, write_extras *extras, const write_step *steps,
                       uint32_t count)
{
    static _Atomic uint64_t keys;
    uint32_t properties = 0;
    for (uint32_t i = 0; i < count; i++)
        properties |= steps[i].properties;
    const etwi_identity *identity = &etwi_this_process.identity;
    etwi_record_add(record, ETW_EXTENDED_SID, ETW_ENABLE_PROPERTY_SID, identity->sid,
                    identity->sid_size);
    etwi_record_add(record, ETW_EXTENDED_TERMINAL_SESSION_ID, ETW_ENABLE_PROPERTY_TS_ID,
                    &identity->login_session, sizeof identity->login_session);
    if (properties & ETW_ENABLE_PROPERTY_STACK_TRACE) {
        const unsigned type =
            sizeof(void *) == 8 ? ETW_EXTENDED_STACK_TRACE64 : ETW_EXTENDED_STACK_TRACE32;
        const size_t size = etwi_stack_capture(&extras->stack, ETWI_FRAME_ADDRESS());
        etwi_record_add(record, type, ETW_ENABLE_PROPERTY_STACK_TRACE, &extras->stack, size);
    }
    if (properties & ETW_ENABLE_PROPERTY_EVENT_KEY)
        // Unlike on this machine as long as a process writes less than 2^40 events.
        extras->event_key = (uint64_t)record->process_id << 40 | (++keys & (UINT64_MAX >> 24));
    etwi_record_add(record, ETW_EXTENDED_EVENT_KEY, ETW_ENABLE_PROPERTY_EVENT_KEY,
                    &extras->event_key, sizeof extras->event_key);
    etwi_record_add(record, ETW_EXTENDED_PROCESS_START_KEY, ETW_ENABLE_PROPERTY_PROCESS_START_KEY,
                    &identity->start_key, sizeof identity->start_key);
}

/* The sizes of data that makes no sense do not wrap around. */
static ETWI_INLINE size_t payload_size(const write_request *request)
{
    size_t size = 0;
    if (request->flags & ETW_EVENT_STRING_ONLY)
        return etwi_record_text_size(request->text);
    if (request->count > ETW_EVENT_DATA_MAX)
        return ETWI_RECORD_SIZE_MAX;
    for (size_t i = 0; i < request->count; i++) {
        if (request->data[i].size > ETWI_RECORD_SIZE_MAX)
            return ETWI_RECORD_SIZE_MAX;
        size += request->data[i].size;
    }
    return size;
}

/* All but the items. */
static ETWI_INLINE void fill_record(etwi_record *record, etwi_record_item *items,
                                    const write_request *request)
{
    record->items = items;
    record->descriptor = request->descriptor;
    record->provider = &request->provider->guid;
    record->activity = request->activity ? request->activity : &etwi_activity_current;
    record->data = request->data;
    record->data_count = request->count;
    record->text = request->text;
    record->process_id = request->process_id;
    record->thread_id = request->thread_id;
    record->flags = request->flags;
    record->item_count = 0;
    record->size = EVENT_HEADER_SIZE + payload_size(request);
}

static ETWI_INLINE void add_related(etwi_record *record, const write_request *request)
{
    if (request->related)
        etwi_record_add(record, ETW_EXTENDED_RELATED_ACTIVITY_ID, 0, request->related,
                        sizeof *request->related);
}

static ETWI_INLINE void add_description(etwi_record *record, const write_request *request)
{
    const etw_bytes *traits = &request->provider->traits;
    if (traits->size)
        etwi_record_add(record, ETW_EXTENDED_PROVIDER_TRAITS, 0, traits->data, traits->size);
    if (request->description.size)
        etwi_record_add(record, ETW_EXTENDED_EVENT_SCHEMA_TL, 0, request->description.data,
                        request->description.size);
}

/* Gets room in a session. */
static ETWI_INLINE etw_status reserve(write_step *step, const write_request *request, size_t size)
{
    step->size = (uint32_t)size;
    if (size <= ETWI_RECORD_SIZE_MAX)
        return etwi_slot_reserve_quickly(step->mapping, request->thread_id, request->cpu,
                                         step->size, &step->room);
    etwi_slot_lose(step->mapping, 1);
    return ETW_E_LIMIT;
}

/* All room is there before the clock is read, so times ascend in each buffer, and one time serves
 * all sessions with the same clock. */
static ETWI_INLINE void commit(const write_step *steps, uint32_t count, etwi_record *record)
{
    int64_t times[4];
    unsigned known = 0;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned clock = steps[i].mapping->geometry.clock_type & 3;
        if (!(known & 1u << clock)) {
            times[clock] = etwi_mapping_now(steps[i].mapping);
            known |= 1u << clock;
        }
        record->time = times[clock];
        etwi_record_write(steps[i].room.at, record, steps[i].properties, steps[i].size);
        etwi_slot_commit_quickly(steps[i].mapping, &steps[i].room);
    }
}

/* With filters, or with items that not all sessions want. Apart, for what it has on the stack is
 * large. */
static ETWI_NOINLINE etw_status write_specially(const etwi_targets *targets,
                                                const write_request *request)
{
    write_step steps[ETWI_TARGETS_MAX];
    write_extras extras;
    etwi_record_item items[ETWI_RECORD_ITEMS_MAX];
    etwi_record record;
    uint32_t count = 0;
    etw_status result = ETW_OK;
    const etw_str name = etwi_description_name(request->description);
    fill_record(&record, items, request);
    add_related(&record, request);
    bool has_extras = false;
    for (uint32_t i = 0; i < targets->count; i++) {
        const etwi_target *target = &targets->list[i];
        if (!etwi_target_wants(target, request->descriptor) ||
            !etwi_target_passes(target, request->descriptor, name))
            continue;
        steps[count].mapping = target->mapping;
        steps[count].properties = etwi_target_properties(target, request->descriptor, name);
        has_extras = has_extras || (steps[count].properties & ETWI_TARGET_EXTRAS);
        count++;
    }
    if (!count)
        return ETW_OK;
    if (has_extras)
        add_extras(&record, &extras, steps, count);
    add_description(&record, request);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        steps[kept] = steps[i];
        const size_t size = etwi_record_measure(&record, steps[kept].properties);
        const etw_status status = reserve(&steps[kept], request, size);
        kept += status == ETW_OK;
        if (etw_failed(status)) // A session that has just ended is no failure.
            result = status;
    }
    commit(steps, kept, &record);
    return result;
}

/* The usual: one session. */
static ETWI_INLINE etw_status write_once(const etwi_target *target, const write_request *request)
{
    if (!etwi_target_wants(target, request->descriptor))
        return ETW_OK;
    etwi_record_item items[ETWI_RECORD_ITEMS_MAX];
    etwi_record record;
    fill_record(&record, items, request);
    add_related(&record, request);
    if (target->properties & ETW_ENABLE_PROPERTY_PROCESS_START_KEY)
        etwi_record_add(&record, ETW_EXTENDED_PROCESS_START_KEY, 0,
                        &etwi_this_process.identity.start_key,
                        sizeof etwi_this_process.identity.start_key);
    add_description(&record, request);
    write_step step = {.mapping = target->mapping};
    const etw_status status = reserve(&step, request, record.size);
    if (status != ETW_OK) // A session that has just ended is no failure.
        return etw_failed(status) ? status : ETW_OK;
    record.time = etwi_mapping_now(step.mapping);
    etwi_record_write(step.room.at, &record, 0, step.size);
    etwi_slot_commit_quickly(step.mapping, &step.room);
    return ETW_OK;
}

/* All sessions get the same bytes. */
static ETWI_NOINLINE etw_status write_plainly(const etwi_targets *targets,
                                              const write_request *request)
{
    write_step steps[ETWI_TARGETS_MAX];
    etwi_record_item items[ETWI_RECORD_ITEMS_MAX];
    etwi_record record;
    uint32_t count = 0;
    etw_status result = ETW_OK;
    fill_record(&record, items, request);
    add_related(&record, request);
    add_description(&record, request);
    for (uint32_t i = 0; i < targets->count; i++) {
        const etwi_target *target = &targets->list[i];
        if (!etwi_target_wants(target, request->descriptor))
            continue;
        steps[count].mapping = target->mapping;
        steps[count].properties = 0;
        const etw_status status = reserve(&steps[count], request, record.size);
        count += status == ETW_OK;
        if (etw_failed(status))
            result = status;
    }
    if (count)
        commit(steps, count, &record);
    return result;
}

static ETWI_NOINLINE etw_status write_unusually(const etwi_targets *targets,
                                                const write_request *request)
{
    return targets->has_filters || (targets->properties & ETWI_TARGET_EXTRAS)
               ? write_specially(targets, request)
               : write_plainly(targets, request);
}

static ETWI_NOINLINE uint32_t revive(void)
{
    const uint32_t process_id = etwi_process_id();
    if (atomic_load_explicit(&etwi_this_process.process_id, memory_order_relaxed) != process_id)
        etwi_process_revive();
    return process_id;
}

/* The id of this process, which is ready to write: also if it is the child of a fork. */
static ETWI_INLINE uint32_t ready_process_id(void)
{
    const _Atomic uint32_t *word =
        atomic_load_explicit(&etwi_this_process.process_word, memory_order_relaxed);
    const uint32_t known =
        atomic_load_explicit(&etwi_this_process.process_id, memory_order_relaxed);
    if (word && atomic_load_explicit(word, memory_order_relaxed) == known)
        return known;
    return revive();
}

static ETWI_NOINLINE etw_status write_to_system(write_request request)
{
    const etwi_system_event event = {
        .descriptor = request.descriptor,
        .traits = request.provider->traits,
        .description = request.description,
        .activity = request.activity,
        .related = request.related,
        .data = request.data,
        .count = request.count,
    };
    const bool is_text = request.flags & ETW_EVENT_STRING_ONLY;
    return etwi_system_provider_write(request.provider, &event, is_text ? &request.text : NULL);
}

static ETWI_INLINE etw_status write_request_now(write_request request)
{
    etw_provider *provider = request.provider;
    if (!etw_provider_enabled(provider, request.descriptor->level, request.descriptor->keyword))
        return ETW_OK;
    request.process_id = ready_process_id();
    etwi_grace_place *place = etwi_grace_enter();
    request.thread_id = etwi_grace_thread_id(place);
    request.cpu = etwi_grace_cpu(place);
    const etwi_targets *targets = atomic_load_explicit(&provider->targets, memory_order_acquire);
    etw_status status = ETW_OK;
    if (targets && targets->is_usual) {
        status = write_once(&targets->list[0], &request);
    } else if (targets) {
        const write_request copy = request; // So that the request itself need not be in memory.
        status = write_unusually(targets, &copy);
    }
    etwi_grace_leave(place);
    if (provider->system) {
        const etw_status written = write_to_system(request);
        status = etw_failed(written) ? written : status;
    }
    return status;
}

etw_status etw_provider_write(etw_provider *provider, const etw_event_descriptor *descriptor,
                              const etw_guid *activity, const etw_guid *related,
                              const etw_event_data *data, size_t count)
{
    const write_request request = {
        .provider = provider,
        .descriptor = descriptor,
        .activity = activity,
        .related = related,
        .data = data,
        .count = count,
    };
    return write_request_now(request);
}

etw_status etw_provider_write_described(etw_provider *provider, const etw_described_event *event,
                                        const etw_guid *activity, const etw_guid *related,
                                        const etw_event_data *data, size_t count)
{
    const write_request request = {
        .provider = provider,
        .descriptor = &event->descriptor,
        .description = event->description,
        .activity = activity,
        .related = related,
        .data = data,
        .count = count,
    };
    return write_request_now(request);
}

etw_status etw_provider_write_string(etw_provider *provider, uint8_t level, uint64_t keyword,
                                     etw_str text)
{
    const etw_event_descriptor descriptor = {0, 0, 0, level, 0, 0, keyword};
    const write_request request = {
        .provider = provider,
        .descriptor = &descriptor,
        .text = text,
        .flags = ETW_EVENT_STRING_ONLY,
    };
    return write_request_now(request);
}
