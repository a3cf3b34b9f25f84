/* EnumerateTraceGuidsEx(): who has registered which providers, and who enables them. */
#include "double.h"

#include "base/buffer.h"

enum {
    CLASS_LIST = 0,
    CLASS_INFO = 1,
    CLASS_PROCESS = 2
};

/* What is gathered: GUIDs, or instances of one provider. */
typedef struct gathering {
    etwi_buffer guids;
    etw_guid wanted;
    etwi_buffer enables; /* etwi_abi_enable_info */
    etwi_buffer pids;    /* uint32_t */
} gathering;

static size_t guid_count(const gathering *all)
{
    return all->guids.size / sizeof(etw_guid);
}

static void add_guid(gathering *all, const etw_guid *guid)
{
    const etw_guid *list = (const etw_guid *)(const void *)all->guids.data;
    for (size_t i = 0; i < guid_count(all); i++)
        if (etw_guid_equal(&list[i], guid))
            return;
    etwi_buffer_append(&all->guids, guid, sizeof *guid);
}

static etw_status take_provider(void *user, const etw_guid *guid, etw_str name, uint32_t process_id)
{
    gathering *all = user;
    (void)name;
    add_guid(all, guid);
    if (etw_guid_equal(guid, &all->wanted))
        etwi_buffer_append(&all->pids, &process_id, sizeof process_id);
    return ETW_OK;
}

static etw_status take_enabled(void *user, const etw_guid *guid, uint32_t logger_id)
{
    gathering *all = user;
    add_guid(all, guid);
    if (!etw_guid_equal(guid, &all->wanted))
        return ETW_OK;
    etwi_abi_enable_info info;
    memset(&info, 0, sizeof info);
    info.is_enabled = 1;
    info.logger_id = (uint16_t)logger_id;
    double_enabled_find(&info, logger_id, guid);
    etwi_buffer_append(&all->enables, &info, sizeof info);
    return ETW_OK;
}

static uint32_t gather(gathering *all, const etw_guid *wanted)
{
    memset(all, 0, sizeof *all);
    all->guids.allocator = all->enables.allocator = all->pids.allocator =
        etwi_allocator_or_default(NULL);
    if (wanted)
        all->wanted = *wanted;
    etw_status status = etwi_engine_providers(take_provider, all, NULL);
    if (!etw_failed(status))
        status = etwi_engine_enabled(take_enabled, all, NULL);
    return double_error_of(status);
}

static void release(gathering *all)
{
    etwi_buffer_free(&all->guids);
    etwi_buffer_free(&all->enables);
    etwi_buffer_free(&all->pids);
}

/* TRACE_GUID_INFO, then each instance with what enables it. A provider that no process has
 * registered has one without a process. */
static void put_info(etwi_buffer *out, const gathering *all)
{
    const uint32_t *pids = (const uint32_t *)(const void *)all->pids.data;
    const uint32_t processes = (uint32_t)(all->pids.size / sizeof *pids);
    const uint32_t count = processes ? processes : 1;
    const etwi_abi_guid_info head = {count, 0};
    etwi_buffer_append(out, &head, sizeof head);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t size = (uint32_t)(sizeof(etwi_abi_instance_info) + all->enables.size);
        const etwi_abi_instance_info instance = {
            i + 1 < count ? size : 0, (uint32_t)(all->enables.size / sizeof(etwi_abi_enable_info)),
            processes ? pids[i] : 0, processes ? 0 : 2 /* TRACE_PROVIDER_FLAG_PRE_ENABLE */};
        etwi_buffer_append(out, &instance, sizeof instance);
        etwi_buffer_append(out, all->enables.data, all->enables.size);
    }
}

static uint32_t give(const etwi_buffer *from, void *out, uint32_t size, uint32_t *used)
{
    *used = (uint32_t)from->size;
    if (size < from->size)
        return ERROR_INSUFFICIENT_BUFFER;
    if (from->size)
        memcpy(out, from->data, from->size);
    return ERROR_SUCCESS;
}

static bool is_known(const gathering *all, const etw_guid *guid)
{
    const etw_guid *list = (const etw_guid *)(const void *)all->guids.data;
    for (size_t i = 0; i < guid_count(all); i++)
        if (etw_guid_equal(&list[i], guid))
            return true;
    return false;
}

/* What is asked for; the arguments of the call but for the class. */
typedef struct guids_query {
    const void *in;
    uint32_t in_size;
    void *out;
    uint32_t out_size;
    uint32_t *used;
} guids_query;

static uint32_t info_of(const guids_query *query)
{
    gathering all;
    etw_guid guid;
    etwi_buffer out = {.allocator = etwi_allocator_or_default(NULL)};
    if (!query->in || query->in_size != sizeof guid)
        return ERROR_INVALID_PARAMETER;
    memcpy(&guid, query->in, sizeof guid);
    uint32_t error = gather(&all, &guid);
    if (!error && !is_known(&all, &guid))
        error = DOUBLE_E_WMI_GUID_NOT_FOUND;
    if (!error) {
        put_info(&out, &all);
        error = give(&out, query->out, query->out_size, query->used);
    }
    etwi_buffer_free(&out);
    release(&all);
    return error;
}

static uint32_t enumerate(uint32_t class, const guids_query *query)
{
    gathering all;
    if (!query->used || class > CLASS_PROCESS || (query->out_size && !query->out))
        return ERROR_INVALID_PARAMETER;
    if (class == CLASS_INFO)
        return info_of(query);
    uint32_t error = gather(&all, NULL);
    if (!error)
        error = give(&all.guids, query->out, query->out_size, query->used);
    release(&all);
    return error;
}

DOUBLE_EXPORT(uint32_t)
EnumerateTraceGuidsEx(uint32_t class, void *in, uint32_t in_size, void *out, uint32_t out_size,
                      uint32_t *used);

DOUBLE_EXPORT(uint32_t)
EnumerateTraceGuidsEx(uint32_t class, void *in, uint32_t in_size, void *out, uint32_t out_size,
                      uint32_t *used)
{
    const uint64_t arguments[] = {class,          (uintptr_t)in, in_size,
                                  (uintptr_t)out, out_size,      (uintptr_t)used};
    const guids_query query = {in, in_size, out, out_size, used};
    double_call *call = double_begin("EnumerateTraceGuidsEx", arguments, 6);
    uint32_t error;
    double_keep(call, "in", in, in_size);
    if (!double_is_scripted("EnumerateTraceGuidsEx", &error)) {
        double_lock();
        error = enumerate(class, &query);
        double_unlock();
    }
    return double_end(call, error);
}
