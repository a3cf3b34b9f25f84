/* TraceSetInformation() and TraceQueryInformation(). */
#include "double.h"

/* TRACE_QUERY_INFO_CLASS. */
typedef enum information_class {
    CLASS_STACKS = 3,
    CLASS_SYSTEM_FLAGS = 4,
    CLASS_PROFILE_INTERVAL = 5,
    CLASS_PROFILE_CONFIG = 6,
    CLASS_PROFILE_LIST = 7,
    CLASS_PMC_EVENTS = 8,
    CLASS_PMC_COUNTERS = 9,
    CLASS_DISALLOW_LIST = 10,
    CLASS_VERSION = 11,
    CLASS_CAPTURE_LIST = 16,
    CLASS_CAPTURE = 17,
    CLASS_MAX_LOGGERS = 19,
    CLASS_MAX_PMC = 22,
    CLASS_STACK_CACHING = 24
} information_class;

enum {
    MASK_SIZE = 8 * sizeof(uint32_t), /* PERFINFO_GROUPMASK */
    STACKS_MAX = 256,
    PROCESSING_VERSION = 2,
    PMC_MAX = 4,
    INTERVAL_DEFAULT = 10000,
    INTERVAL_MIN = 1221
};

static uint32_t interval = INTERVAL_DEFAULT;

/* Which sizes a class takes: whole elements, so many at the most. */
typedef struct class_shape {
    uint32_t class;
    uint32_t element_size;
    uint32_t count_max;
    bool of_kernel; /* Only for sessions that the kernel writes into. */
} class_shape;

static const class_shape set_shapes[] = {
    {CLASS_STACKS, sizeof(etwi_abi_classic_event_id), STACKS_MAX, true},
    {CLASS_SYSTEM_FLAGS, MASK_SIZE, 1, true},
    {CLASS_PROFILE_INTERVAL, sizeof(etwi_abi_profile_interval), 1, false},
    {CLASS_PROFILE_CONFIG, sizeof(uint32_t), PMC_MAX, false},
    {CLASS_PMC_EVENTS, sizeof(etwi_abi_classic_event_id), STACKS_MAX, true},
    {CLASS_PMC_COUNTERS, sizeof(uint32_t), PMC_MAX, true},
    {CLASS_DISALLOW_LIST, sizeof(etw_guid), STACKS_MAX, false},
    {CLASS_CAPTURE, 1, 1024, false},
    {CLASS_STACK_CACHING, sizeof(etwi_abi_stack_caching), 1, true},
};

static const class_shape query_shapes[] = {
    {CLASS_SYSTEM_FLAGS, MASK_SIZE, 1, true},
    {CLASS_PROFILE_INTERVAL, sizeof(etwi_abi_profile_interval), 1, false},
    {CLASS_VERSION, sizeof(etwi_abi_version_info), 1, false},
    {CLASS_MAX_LOGGERS, sizeof(uint32_t), 1, false},
    {CLASS_MAX_PMC, sizeof(uint32_t), 1, false},
};

static const class_shape *find_shape(const class_shape *shapes, size_t count, uint32_t class)
{
    for (size_t i = 0; i < count; i++)
        if (shapes[i].class == class)
            return &shapes[i];
    return NULL;
}

static bool is_of_kernel(const double_session *session)
{
    return session->is_kernel || (session->mode & ETW_MODE_SYSTEM_LOGGER);
}

/* The session that a class is about; an error if there has to be one. */
static uint32_t find_session(double_session **out, const class_shape *shape, uint64_t handle)
{
    *out = handle ? double_session_find(handle, NULL) : NULL;
    if (handle && !*out)
        return DOUBLE_E_WMI_INSTANCE_NOT_FOUND;
    if (shape->of_kernel && (!*out || !is_of_kernel(*out)))
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

static uint32_t set_interval(const void *data)
{
    etwi_abi_profile_interval wanted;
    memcpy(&wanted, data, sizeof wanted);
    if (wanted.interval < INTERVAL_MIN)
        return ERROR_INVALID_PARAMETER;
    interval = wanted.interval;
    return ERROR_SUCCESS;
}

static uint32_t set(uint64_t handle, uint32_t class, const void *data, uint32_t size)
{
    const class_shape *shape =
        find_shape(set_shapes, sizeof set_shapes / sizeof set_shapes[0], class);
    double_session *session;
    if (!shape)
        return ERROR_NOT_SUPPORTED;
    if (!data && size)
        return ERROR_INVALID_PARAMETER;
    if (size % shape->element_size || size / shape->element_size > shape->count_max ||
        (!size && shape->count_max == 1))
        return ERROR_BAD_LENGTH;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    const uint32_t error = find_session(&session, shape, handle);
    if (error)
        return error;
    if (class == CLASS_STACKS) {
        memcpy(session->stacks, data ? data : session->stacks, size);
        session->stack_count = size / shape->element_size;
    }
    if (class == CLASS_SYSTEM_FLAGS)
        memcpy(session->group_mask, data, size);
    return class == CLASS_PROFILE_INTERVAL ? set_interval(data) : ERROR_SUCCESS;
}

static uint32_t query(uint64_t handle, uint32_t class, void *data, uint32_t size)
{
    const class_shape *shape =
        find_shape(query_shapes, sizeof query_shapes / sizeof query_shapes[0], class);
    const etwi_abi_profile_interval profile = {0, interval};
    const etwi_abi_version_info version = {PROCESSING_VERSION, 0};
    const uint32_t loggers = ETW_SESSIONS_MAX, counters = PMC_MAX;
    const void *from = class == CLASS_PROFILE_INTERVAL ? (const void *)&profile
                       : class == CLASS_VERSION        ? (const void *)&version
                       : class == CLASS_MAX_LOGGERS    ? (const void *)&loggers
                                                       : (const void *)&counters;
    double_session *session;
    if (!shape)
        return ERROR_NOT_SUPPORTED;
    if (!data)
        return ERROR_INVALID_PARAMETER;
    if (size < shape->element_size)
        return ERROR_BAD_LENGTH;
    const uint32_t error = find_session(&session, shape, handle);
    if (error)
        return error;
    memcpy(data, class == CLASS_SYSTEM_FLAGS ? session->group_mask : from, shape->element_size);
    return ERROR_SUCCESS;
}

DOUBLE_EXPORT(uint32_t)
TraceSetInformation(uint64_t session, uint32_t class, void *data, uint32_t size);

DOUBLE_EXPORT(uint32_t)
TraceSetInformation(uint64_t session, uint32_t class, void *data, uint32_t size)
{
    const uint64_t arguments[] = {session, class, (uintptr_t)data, size};
    double_call *call = double_begin("TraceSetInformation", arguments, 4);
    uint32_t error;
    double_keep(call, "information", data, size);
    if (!double_is_scripted("TraceSetInformation", &error)) {
        double_lock();
        error = set(session, class, data, size);
        double_unlock();
    }
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
TraceQueryInformation(uint64_t session, uint32_t class, void *data, uint32_t size, uint32_t *used);

DOUBLE_EXPORT(uint32_t)
TraceQueryInformation(uint64_t session, uint32_t class, void *data, uint32_t size, uint32_t *used)
{
    const uint64_t arguments[] = {session, class, (uintptr_t)data, size, (uintptr_t)used};
    double_call *call = double_begin("TraceQueryInformation", arguments, 5);
    const class_shape *shape =
        find_shape(query_shapes, sizeof query_shapes / sizeof query_shapes[0], class);
    uint32_t error;
    if (!double_is_scripted("TraceQueryInformation", &error)) {
        double_lock();
        error = query(session, class, data, size);
        double_unlock();
        if (used && shape)
            *used = shape->element_size;
    }
    return double_end(call, error);
}
