/* Descriptions of events, as TraceLogging has them, built at run time. */
#include <etw/event_builder.h>

#include <string.h>

enum {
    STRUCT_MEMBERS_MAX = 127,
    EVENT_TAG_BYTES = 4, /* Seven bits each. */
};

void etw_event_builder_init(etw_event_builder *builder, void *description,
                            size_t description_capacity, void *payload, size_t payload_capacity)
{
    memset(builder, 0, sizeof *builder);
    builder->description = description;
    builder->description_capacity =
        description_capacity < UINT16_MAX ? description_capacity : UINT16_MAX;
    builder->payload = payload;
    builder->payload_capacity = payload_capacity;
    builder->status = ETW_E_INVALID; // Until the first event begins.
}

static void describe(etw_event_builder *builder, const void *data, size_t size)
{
    if (builder->status != ETW_OK)
        return;
    if (size > builder->description_capacity - builder->description_size) {
        builder->status = ETW_E_FULL;
        return;
    }
    if (size)
        memcpy(builder->description + builder->description_size, data, size);
    builder->description_size += size;
}

static void describe_byte(etw_event_builder *builder, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    describe(builder, &byte, 1);
}

/* A name ends with a zero, so it has none inside. */
static void describe_name(etw_event_builder *builder, etw_str name)
{
    if (name.size && memchr(name.data, 0, name.size) && builder->status == ETW_OK)
        builder->status = ETW_E_INVALID;
    describe(builder, name.data, name.size);
    describe_byte(builder, 0);
}

/* The most significant bits first, and no more bytes than have bits. */
static void describe_tags(etw_event_builder *builder, uint32_t tags)
{
    for (unsigned i = 0; i < EVENT_TAG_BYTES; i++) {
        const unsigned bits = tags >> 7 * (EVENT_TAG_BYTES - 1 - i) & 0x7F;
        const uint32_t rest = tags & ((UINT32_C(1) << 7 * (EVENT_TAG_BYTES - 1 - i)) - 1);
        describe_byte(builder, rest ? bits | ETW_TL_CHAIN : bits);
        if (!rest)
            return;
    }
}

etw_status etw_event_builder_begin(etw_event_builder *builder, etw_str name, uint32_t tags)
{
    builder->status = ETW_OK;
    builder->description_size = builder->payload_size = 0;
    builder->depth = 0;
    const uint8_t no_size[2] = {0, 0};
    describe(builder, no_size, sizeof no_size);
    describe_tags(builder, tags);
    describe_name(builder, name);
    return builder->status;
}

/* Each field that is added counts for the struct that it is in. */
static void count_member(etw_event_builder *builder)
{
    if (!builder->depth || builder->status != ETW_OK)
        return;
    uint8_t *count = builder->description + builder->member_counts[builder->depth - 1];
    if (*count == STRUCT_MEMBERS_MAX)
        builder->status = ETW_E_LIMIT;
    else
        ++*count;
}

etw_status etw_event_builder_add(etw_event_builder *builder, etw_str name, unsigned type,
                                 unsigned out, uint32_t tags)
{
    count_member(builder);
    describe_name(builder, name);
    if (out || tags) {
        describe_byte(builder, type | ETW_TL_CHAIN);
        describe_byte(builder, tags ? out | ETW_TL_CHAIN : out);
        if (tags)
            describe_tags(builder, tags);
    } else {
        describe_byte(builder, type);
    }
    return builder->status;
}

etw_status etw_event_builder_put(etw_event_builder *builder, const void *data, size_t size)
{
    if (builder->status != ETW_OK)
        return builder->status;
    if (size > builder->payload_capacity - builder->payload_size)
        return builder->status = ETW_E_FULL;
    if (size)
        memcpy(builder->payload + builder->payload_size, data, size);
    builder->payload_size += size;
    return ETW_OK;
}

etw_status etw_event_builder_begin_struct(etw_event_builder *builder, etw_str name)
{
    if (builder->depth == ETW_EVENT_BUILDER_DEPTH_MAX && builder->status == ETW_OK)
        builder->status = ETW_E_LIMIT;
    etw_event_builder_add(builder, name, ETW_TL_TYPE_STRUCT, 0, 0);
    if (builder->status != ETW_OK)
        return builder->status;
    builder->description[builder->description_size - 1] |= ETW_TL_CHAIN;
    builder->member_counts[builder->depth] = builder->description_size;
    describe_byte(builder, 0);
    if (builder->status == ETW_OK)
        builder->depth++;
    return builder->status;
}

etw_status etw_event_builder_end_struct(etw_event_builder *builder)
{
    if (builder->status != ETW_OK)
        return builder->status;
    if (!builder->depth || !builder->description[builder->member_counts[builder->depth - 1]])
        return builder->status = ETW_E_INVALID;
    builder->depth--;
    return ETW_OK;
}

etw_bytes etw_event_builder_description(etw_event_builder *builder)
{
    const etw_bytes description = {builder->description, builder->description_size};
    if (description.size >= 2) {
        builder->description[0] = (uint8_t)description.size;
        builder->description[1] = (uint8_t)(description.size >> 8);
    }
    return description;
}

etw_bytes etw_event_builder_payload(const etw_event_builder *builder)
{
    const etw_bytes payload = {builder->payload, builder->payload_size};
    return payload;
}

etw_status etw_event_builder_write(etw_event_builder *builder, etw_provider *provider,
                                   const etw_event_descriptor *descriptor, const etw_guid *activity,
                                   const etw_guid *related)
{
    if (builder->status != ETW_OK)
        return builder->status;
    if (builder->depth)
        return ETW_E_INVALID;
    const etw_event_data payload = etw_event_builder_payload(builder);
    const etw_described_event event = {*descriptor, etw_event_builder_description(builder)};
    return etw_provider_write_described(provider, &event, activity, related, &payload, 1);
}
