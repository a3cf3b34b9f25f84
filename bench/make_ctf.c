/*
 * make_ctf FILE.etl FOLDER: writes the events of a trace as a trace in the Common Trace Format 1.8
 * (diamon.org/ctf), so that what reads that can be measured on the same events. Each processor is a
 * stream, each schema an event class with the same fields: numbers as they are, text as UTF-8,
 * GUIDs and SIDs as bytes. Extended data, activities and keywords are left out.
 */
#include "base/bytes.h"
#include "etl_writer.h"
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PROCESSORS_MAX = 64,
    CLASSES_MAX = 4096,
    PACKET_SIZE = 256 * 1024, /* Packets end behind the event that reaches it. */
    TEXT_MAX = 65536 * 3,

    /* Packet header and context; see put_metadata(). */
    CONTENT_SIZE_OFFSET = 8,
    PACKET_SIZE_OFFSET = 16,
    END_OFFSET = 32,
};

typedef struct stream {
    FILE *file;
    etlb_writer packet; /* The open one. */
    uint64_t last_time;
} stream;

typedef struct converter {
    const char *folder;
    stream streams[PROCESSORS_MAX];
    const etw_schema *classes[CLASSES_MAX]; /* By the number of the event class. */
    unsigned class_count;
    etlb_writer metadata;
    uint64_t events;
} converter;

static FILE *create(const converter *c, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    FILE *file = fopen(path, "wb");
    harness_require(file != NULL, "a file cannot be written");
    return file;
}

static void put(FILE *file, const etlb_writer *bytes)
{
    harness_require(fwrite(bytes->data, 1, bytes->size, file) == bytes->size, "writing failed");
}

/* ----------------------------------------------------------------------------- metadata */

static void put_metadata(etlb_writer *out)
{
    etlb_ascii(
        out,
        "/* CTF 1.8 */\n"
        "typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
        "typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
        "typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
        "typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
        "typealias integer { size = 8; align = 8; signed = true; } := i8;\n"
        "typealias integer { size = 16; align = 8; signed = true; } := i16;\n"
        "typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
        "typealias integer { size = 64; align = 8; signed = true; } := i64;\n"
        "typealias integer { size = 32; align = 8; signed = false; base = 16; } := x32;\n"
        "typealias integer { size = 64; align = 8; signed = false; base = 16; } := x64;\n"
        "typealias floating_point { exp_dig = 8; mant_dig = 24; align = 8; } := f32;\n"
        "typealias floating_point { exp_dig = 11; mant_dig = 53; align = 8; } := f64;\n"
        "trace { major = 1; minor = 8; byte_order = le;\n"
        "  packet.header := struct { u32 magic; u32 stream_id; };\n};\n"
        "clock { name = unix; freq = 1000000000; };\n"
        "typealias integer { size = 64; align = 8; signed = false; map = clock.unix.value; }"
        " := stamp;\n"
        "stream { id = 0;\n"
        "  packet.context := struct { u64 content_size; u64 packet_size; stamp timestamp_begin;"
        " stamp timestamp_end; u32 cpu_id; };\n"
        "  event.header := struct { u16 id; stamp timestamp; };\n"
        "  event.context := struct { u32 pid; u32 tid; };\n};\n");
}

/* The type of a fixed-size value; NULL for those that are sequences of bytes or strings. */
static const char *number_type(const etw_property *property)
{
    const bool is_hex =
        property->out_type == ETW_OUT_HEX_INT32 || property->out_type == ETW_OUT_HEX_INT64;
    switch (property->in_type) {
    case ETW_IN_INT8:
        return "i8";
    case ETW_IN_UINT8:
        return "u8";
    case ETW_IN_INT16:
        return "i16";
    case ETW_IN_UINT16:
        return "u16";
    case ETW_IN_INT32:
        return "i32";
    case ETW_IN_UINT32:
        return is_hex ? "x32" : "u32";
    case ETW_IN_HEX_INT32:
        return "x32";
    case ETW_IN_BOOLEAN:
        return "u32";
    case ETW_IN_INT64:
        return "i64";
    case ETW_IN_UINT64:
    case ETW_IN_FILETIME:
        return is_hex ? "x64" : "u64";
    case ETW_IN_HEX_INT64:
    case ETW_IN_POINTER:
    case ETW_IN_SIZE_T:
        return "x64";
    case ETW_IN_FLOAT:
        return "f32";
    case ETW_IN_DOUBLE:
        return "f64";
    default:
        return NULL;
    }
}

static bool is_text(const etw_property *property)
{
    return property->in_type == ETW_IN_UNICODE_STRING || property->in_type == ETW_IN_ANSI_STRING ||
           property->in_type == ETW_IN_GUID;
}

static bool is_array(const etw_property *property)
{
    return property->flags & (ETW_PROPERTY_COUNT_INDEX | ETW_PROPERTY_FIXED_COUNT |
                              ETW_PROPERTY_INLINE_COUNT | ETW_PROPERTY_COUNT_TO_END);
}

static void put_field(etlb_writer *out, const etw_property *property)
{
    const char *type = number_type(property);
    char line[512];
    const int size = (int)property->name.size;
    const char *name = property->name.data;
    if (is_array(property)) {
        harness_require(type != NULL, "an array of something else than numbers");
        snprintf(line, sizeof line, " u32 __%.*s_length; %s _%.*s[__%.*s_length];", size, name,
                 type, size, name, size, name);
    } else if (type) {
        snprintf(line, sizeof line, " %s _%.*s;", type, size, name);
    } else if (is_text(property)) {
        snprintf(line, sizeof line, " string _%.*s;", size, name);
    } else {
        snprintf(line, sizeof line, " u32 __%.*s_length; u8 _%.*s[__%.*s_length];", size, name,
                 size, name, size, name);
    }
    etlb_ascii(out, line);
}

/* The number of the event class of a schema. Class 0 is for events without one: their bytes. */
static unsigned class_of(converter *c, const etw_schema *schema)
{
    static unsigned last;
    if (last < c->class_count && c->classes[last] == schema)
        return last;
    for (unsigned i = 0; i < c->class_count; i++)
        if (c->classes[i] == schema)
            return last = i;
    harness_require(c->class_count < CLASSES_MAX, "too many schemas");
    c->classes[c->class_count] = schema;
    char line[512];
    if (schema)
        snprintf(line, sizeof line,
                 "event { id = %u; stream_id = 0; name = \"%.*s/%.*s/%.*s\"; fields := struct {",
                 c->class_count, (int)schema->provider_name.size, schema->provider_name.data,
                 (int)schema->task_name.size, schema->task_name.data, (int)schema->opcode_name.size,
                 schema->opcode_name.data);
    else
        snprintf(line, sizeof line,
                 "event { id = %u; stream_id = 0; name = \"unknown\"; fields := struct {"
                 " u32 __payload_length; u8 _payload[__payload_length];",
                 c->class_count);
    etlb_ascii(&c->metadata, line);
    for (unsigned i = 0; schema && i < schema->top_level_count; i++)
        put_field(&c->metadata, &schema->properties[i]);
    etlb_ascii(&c->metadata, " }; };\n");
    return last = c->class_count++;
}

/* ------------------------------------------------------------------------------- events */

static void begin_packet(stream *s, unsigned processor, uint64_t time)
{
    etlb_u32(&s->packet, 0xC1FC1FC1);
    etlb_u32(&s->packet, 0);
    etlb_fill(&s->packet, 0, 2 * 8);
    etlb_u64(&s->packet, time);
    etlb_u64(&s->packet, 0);
    etlb_u32(&s->packet, processor);
}

static void end_packet(stream *s)
{
    if (s->packet.size == 0)
        return;
    etlb_patch_u64(&s->packet, CONTENT_SIZE_OFFSET, s->packet.size * 8);
    etlb_patch_u64(&s->packet, PACKET_SIZE_OFFSET, s->packet.size * 8);
    etlb_patch_u64(&s->packet, END_OFFSET, s->last_time);
    put(s->file, &s->packet);
    etlb_writer_clear(&s->packet);
}

static void put_bytes(etlb_writer *out, etw_bytes bytes)
{
    etlb_u32(out, (uint32_t)bytes.size);
    etlb_append(out, bytes);
}

static void put_value(etlb_writer *out, const etw_item *item)
{
    static char text[TEXT_MAX];
    if (number_type(item->property)) {
        etlb_append(out, item->data);
    } else if (is_text(item->property)) {
        etw_item_text(item, NULL, text, sizeof text);
        etlb_asciiz(out, text);
    } else {
        put_bytes(out, item->data);
    }
}

static void put_payload(etlb_writer *out, const etw_event *event, const etw_schema *schema)
{
    etw_items items;
    etw_item item;
    etw_items_begin(&items, event, schema);
    while (etw_items_next(&items, &item)) {
        harness_require(item.kind != ETW_ITEM_STRUCT_BEGIN, "a struct, which is not supported");
        if (item.kind == ETW_ITEM_ARRAY_BEGIN)
            etlb_u32(out, item.count);
        else if (item.kind == ETW_ITEM_VALUE)
            put_value(out, &item);
        else if (item.kind == ETW_ITEM_REMAINDER)
            harness_require(false, "an event does not decode");
    }
}

/* Nanoseconds since 1970, which need no conversion. */
static uint64_t time_of(const etw_event *event)
{
    return (event->timestamp - 116444736000000000u) * 100;
}

static void put_event(converter *c, const etw_event *event, const etw_schema *schema)
{
    const unsigned processor = event->processor < PROCESSORS_MAX ? event->processor : 0;
    stream *s = &c->streams[processor];
    if (!s->file) {
        char name[32];
        snprintf(name, sizeof name, "cpu%u", processor);
        s->file = create(c, name);
    }
    if (s->packet.size == 0)
        begin_packet(s, processor, time_of(event));
    etlb_u16(&s->packet, (uint16_t)class_of(c, schema));
    etlb_u64(&s->packet, time_of(event));
    etlb_u32(&s->packet, event->process_id);
    etlb_u32(&s->packet, event->thread_id);
    if (schema) {
        put_payload(&s->packet, event, schema);
    } else {
        const etw_bytes payload = {event->payload, event->payload_size};
        put_bytes(&s->packet, payload);
    }
    s->last_time = time_of(event);
    c->events++;
    if (s->packet.size >= PACKET_SIZE)
        end_packet(s);
}

int main(int argc, char **argv)
{
    static converter c;
    etw_consumer *consumer;
    const etw_batch *batch;
    harness_require(argc == 3, "usage: make_ctf FILE.etl FOLDER");
    c.folder = argv[2];
    put_metadata(&c.metadata);
    harness_require(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK, "no consumer");
    harness_require(etw_consumer_add_file(consumer, argv[1]) == ETW_OK, "no such trace");
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            put_event(&c, &batch->events[i], etw_consumer_schema(consumer, &batch->events[i]));
    for (unsigned i = 0; i < PROCESSORS_MAX; i++)
        if (c.streams[i].file) {
            end_packet(&c.streams[i]);
            harness_require(fclose(c.streams[i].file) == 0, "writing failed");
        }
    FILE *metadata = create(&c, "metadata");
    put(metadata, &c.metadata);
    harness_require(fclose(metadata) == 0, "writing failed");
    harness_value("events", (double)c.events);
    etw_consumer_destroy(&consumer);
    return 0;
}
