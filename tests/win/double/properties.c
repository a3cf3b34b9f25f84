/* EVENT_TRACE_PROPERTIES: what a caller has to get right, and what calls fill in. */
#include "double.h"

/* Sizes of structures that end before V2's members, or with them. */
enum {
    V1_SIZE = offsetof(etwi_abi_properties, v2_control),
    V2_SIZE = sizeof(etwi_abi_properties),
    KILOBYTES_MAX = 16384,
    CLOCK_MAX = 3,
    MODE_USE_MS_FLUSH_TIMER = 0x00000010 /* EVENT_TRACE_USE_MS_FLUSH_TIMER */
};

static uint32_t least_size(const etwi_abi_properties *properties)
{
    const bool is_v2 = properties->wnode.flags & ETWI_ABI_WNODE_VERSIONED_PROPERTIES;
    return is_v2 ? (uint32_t)V2_SIZE : (uint32_t)V1_SIZE;
}

static bool is_good_offset(const etwi_abi_properties *properties, uint32_t offset)
{
    return offset == 0 || (offset >= least_size(properties) && offset % 2 == 0 &&
                           offset < properties->wnode.buffer_size);
}

uint32_t double_properties_check(const etwi_abi_properties *properties, double_use use)
{
    if (!properties)
        return ERROR_INVALID_PARAMETER;
    if (properties->wnode.buffer_size < V1_SIZE ||
        properties->wnode.buffer_size < least_size(properties))
        return ERROR_BAD_LENGTH;
    if (!is_good_offset(properties, properties->logger_name_offset) ||
        !is_good_offset(properties, properties->log_file_name_offset))
        return ERROR_INVALID_PARAMETER;
    if (use != DOUBLE_FOR_START)
        return ERROR_SUCCESS;
    if (!(properties->wnode.flags & ETWI_ABI_WNODE_TRACED_GUID) ||
        properties->wnode.client_context > CLOCK_MAX || properties->buffer_size > KILOBYTES_MAX)
        return ERROR_INVALID_PARAMETER;
    if ((properties->wnode.flags & ETWI_ABI_WNODE_VERSIONED_PROPERTIES) &&
        (properties->v2_control & 0xFF) != 2)
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

/* Where the text at an offset has to end: at the other one, or with the block. */
static uint32_t end_of(const etwi_abi_properties *properties, uint32_t offset)
{
    const uint32_t other = offset == properties->logger_name_offset
                               ? properties->log_file_name_offset
                               : properties->logger_name_offset;
    return other > offset ? other : properties->wnode.buffer_size;
}

const etwi_abi_char *double_properties_text(const etwi_abi_properties *properties, uint32_t offset)
{
    return offset ? (const etwi_abi_char *)((const char *)properties + offset) : NULL;
}

bool double_properties_put(etwi_abi_properties *properties, uint32_t offset, const char *text)
{
    etwi_abi_char *place = (etwi_abi_char *)((char *)properties + offset);
    const uint32_t room = (end_of(properties, offset) - offset) / (uint32_t)sizeof *place;
    return double_wide(place, room, text);
}

uint64_t double_file_size_of(const etwi_abi_properties *properties)
{
    const unsigned shift = properties->log_file_mode & ETW_MODE_KBYTES ? 10 : 20;
    return (uint64_t)properties->maximum_file_size << shift;
}

uint32_t double_flush_timer_of(const etwi_abi_properties *properties)
{
    const bool is_ms = properties->log_file_mode & MODE_USE_MS_FLUSH_TIMER;
    return is_ms ? properties->flush_timer : properties->flush_timer * 1000;
}

static uint32_t fill_names(etwi_abi_properties *properties, const double_session *session)
{
    const uint32_t name = properties->logger_name_offset;
    const uint32_t file = properties->log_file_name_offset;
    if (name && !double_properties_put(properties, name, session->name))
        return ERROR_MORE_DATA;
    if (file && !double_properties_put(properties, file, session->log_file))
        return ERROR_MORE_DATA;
    return ERROR_SUCCESS;
}

uint32_t double_properties_fill(etwi_abi_properties *properties, const double_session *session,
                                const etw_session_info *info)
{
    properties->wnode.historical_context = session->handle;
    properties->wnode.guid = session->guid;
    properties->wnode.client_context = (uint32_t)info->clock;
    properties->wnode.flags |= ETWI_ABI_WNODE_TRACED_GUID;
    properties->buffer_size = info->buffer_size / 1024;
    properties->minimum_buffers = info->minimum_buffers;
    properties->maximum_buffers =
        session->maximum_buffers ? session->maximum_buffers : info->maximum_buffers;
    properties->maximum_file_size =
        (uint32_t)(info->maximum_file_size >> (session->mode & ETW_MODE_KBYTES ? 10 : 20));
    properties->log_file_mode = session->mode;
    properties->flush_timer = session->mode & MODE_USE_MS_FLUSH_TIMER
                                  ? info->flush_timer_ms
                                  : (info->flush_timer_ms + 999) / 1000;
    properties->enable_flags = session->kernel_flags;
    properties->number_of_buffers = info->buffers;
    properties->free_buffers = info->free_buffers;
    properties->events_lost = (uint32_t)info->events_lost;
    properties->buffers_written = (uint32_t)info->buffers_written;
    properties->log_buffers_lost = (uint32_t)info->log_buffers_lost;
    properties->real_time_buffers_lost = (uint32_t)info->real_time_buffers_lost;
    return fill_names(properties, session);
}
