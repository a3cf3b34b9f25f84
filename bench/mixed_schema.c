#include "mixed_schema.h"

#include "base/bytes.h"
#include "base/compiler.h"

#include <stdarg.h>
#include <stdio.h>

/* What a name ends in says what type its values have. */
static const struct {
    const char *suffix;
    mixed_type type;
    unsigned weight; /* How often fields are of this type. */
} kinds[] = {
    {"Id", MIXED_U32, 22},        {"Name", MIXED_NAME, 14},      {"Address", MIXED_POINTER, 14},
    {"Flags", MIXED_HEX32, 10},   {"Size", MIXED_U64, 8},        {"Count", MIXED_U32, 8},
    {"Path", MIXED_PATH, 7},      {"Index", MIXED_U16, 7},       {"Time", MIXED_FILETIME, 5},
    {"Key", MIXED_GUID, 4},       {"Enabled", MIXED_BOOLEAN, 4}, {"Label", MIXED_ANSI, 3},
    {"Handle", MIXED_POINTER, 3}, {"Ratio", MIXED_DOUBLE, 1},
};
enum {
    KIND_COUNT = sizeof kinds / sizeof *kinds
};

static const struct {
    const char *manifest; /* As manifests spell it. */
    uint16_t in_type, out_type, size;
} types[MIXED_TYPE_COUNT] = {
    [MIXED_U16] = {"win:UInt16", ETW_IN_UINT16, ETW_OUT_UNSIGNED_SHORT, 2},
    [MIXED_U32] = {"win:UInt32", ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, 4},
    [MIXED_U64] = {"win:UInt64", ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG, 8},
    [MIXED_HEX32] = {"win:HexInt32", ETW_IN_HEX_INT32, ETW_OUT_HEX_INT32, 4},
    [MIXED_BOOLEAN] = {"win:Boolean", ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN, 4},
    [MIXED_DOUBLE] = {"win:Double", ETW_IN_DOUBLE, ETW_OUT_DOUBLE, 8},
    [MIXED_POINTER] = {"win:Pointer", ETW_IN_POINTER, ETW_OUT_HEX_INT64, 8},
    [MIXED_FILETIME] = {"win:FILETIME", ETW_IN_FILETIME, ETW_OUT_DATETIME, 8},
    [MIXED_GUID] = {"win:GUID", ETW_IN_GUID, ETW_OUT_GUID, 16},
    [MIXED_NAME] = {"win:UnicodeString", ETW_IN_UNICODE_STRING, ETW_OUT_STRING, 0},
    [MIXED_PATH] = {"win:UnicodeString", ETW_IN_UNICODE_STRING, ETW_OUT_STRING, 0},
    [MIXED_ANSI] = {"win:AnsiString", ETW_IN_ANSI_STRING, ETW_OUT_STRING, 0},
    [MIXED_ARRAY] = {"win:Pointer", ETW_IN_POINTER, ETW_OUT_HEX_INT64, 8},
};

/* One more than there are fields, so that all names of a schema differ in their beginnings. */
static const char *const subjects[MIXED_FIELDS_MAX + 1] = {
    "Process", "Method",     "Module", "Request", "Heap",   "Segment", "Client",
    "File",    "Connection", "Object", "Parent",  "Target", "Session",
};

uint32_t mixed_random(uint64_t *state, uint32_t limit)
{
    *state ^= *state << 13; /* xorshift */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)((*state >> 32) * limit >> 32);
}

static mixed_type choose_kind(uint64_t *state, const char **suffix)
{
    unsigned total = 0;
    for (unsigned i = 0; i < KIND_COUNT; i++)
        total += kinds[i].weight;
    unsigned chosen = 0;
    for (unsigned left = mixed_random(state, total); left >= kinds[chosen].weight; chosen++)
        left -= kinds[chosen].weight;
    *suffix = kinds[chosen].suffix;
    return kinds[chosen].type;
}

static void make_fields(mixed_schema *schema, uint64_t *state)
{
    const unsigned first = mixed_random(state, MIXED_FIELDS_MAX + 1);
    const unsigned count = 3 + mixed_random(state, 8);
    for (unsigned i = 0; i < count; i++) {
        const char *suffix;
        mixed_field *field = &schema->fields[i];
        field->type = choose_kind(state, &suffix);
        snprintf(field->name, sizeof field->name, "%s%s",
                 subjects[(first + i) % (MIXED_FIELDS_MAX + 1)], suffix);
    }
    schema->field_count = count;
    if (mixed_random(state, 12) == 0) {
        const mixed_field frame_count = {"FrameCount", MIXED_U32}, frames = {"Frames", MIXED_ARRAY};
        schema->fields[schema->field_count++] = frame_count;
        schema->fields[schema->field_count++] = frames;
    }
}

mixed_schema mixed_schema_make(unsigned provider, unsigned event)
{
    uint64_t state = 0x9E3779B97F4A7C15u + provider * 0x10001u + event * 0x1003Fu;
    for (unsigned i = 0; i < 8; i++)
        mixed_random(&state, 1); /* Numbers near each other shall give different sequences. */
    const etw_guid guid = {
        0x5A3C0000u + provider * 0x9E37u,
        (uint16_t)(provider * 7919u),
        0x4000,
        {0x8E, (uint8_t)provider, 0x51, (uint8_t)(provider >> 8), 0xE7, 0x70, 0x10, 0x0B}};
    mixed_schema schema = {
        .provider = guid,
        .keyword = 1u << event % 16,
        .id = (uint16_t)(100 + event),
        .task = (uint16_t)(1 + event / 4),
        .version = (uint8_t)mixed_random(&state, 3),
        .level = event % 5 == 0 ? 5 : 4,
        .opcode = (uint8_t)(event % 3),
    };
    snprintf(schema.provider_name, sizeof schema.provider_name, "Contoso-%s-Component%03u",
             subjects[provider % (MIXED_FIELDS_MAX + 1)], provider);
    snprintf(schema.task_name, sizeof schema.task_name, "%sActivity%u",
             subjects[schema.task % (MIXED_FIELDS_MAX + 1)], (unsigned)schema.task);
    make_fields(&schema, &state);
    return schema;
}

void mixed_schema_put_info(etlb_trace *trace, const etlb_event *event, const mixed_schema *schema)
{
    static const char *const opcodes[] = {"Info ", "Start ", "Stop "};
    etlb_property properties[MIXED_FIELDS_MAX] = {{0}};
    for (unsigned i = 0; i < schema->field_count; i++) {
        const mixed_field *field = &schema->fields[i];
        const etlb_property property = {
            .name = field->name,
            .flags = field->type == MIXED_ARRAY ? (unsigned)ETLB_PROPERTY_COUNT_INDEX : 0,
            .in_type = types[field->type].in_type,
            .out_type = types[field->type].out_type,
            .count = field->type == MIXED_ARRAY ? (uint16_t)(i - 1) : 1,
            .length = types[field->type].size,
        };
        properties[i] = property;
    }
    const etlb_event_info info = {
        .provider = schema->provider,
        .id = schema->id,
        .version = schema->version,
        .level = schema->level,
        .opcode = schema->opcode,
        .task = schema->task,
        .keyword = schema->keyword,
        .provider_name = schema->provider_name,
        .level_name = schema->level == 5 ? "Verbose " : "Information ",
        .task_name = schema->task_name,
        .opcode_name = opcodes[schema->opcode],
        .flags = 1,
        .properties = properties,
        .property_count = schema->field_count,
        .top_level_count = schema->field_count,
    };
    etlb_event_info_event(trace, event, &info);
}

/* ---------------------------------------------------------------------------- manifests */

static void print(etlb_writer *out, const char *format, ...) ETWI_PRINTF(2, 3);

static void print(etlb_writer *out, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    etlb_ascii(out, line);
}

static void put_event(etlb_writer *out, const mixed_schema *schema)
{
    static const char *const opcodes[] = {"win:Info", "win:Start", "win:Stop"};
    print(out,
          "<event value=\"%u\" version=\"%u\" level=\"%s\" opcode=\"%s\" task=\"%s\""
          " keywords=\"K%u\" template=\"T%u\"/>\n",
          schema->id, schema->version, schema->level == 5 ? "win:Verbose" : "win:Informational",
          opcodes[schema->opcode], schema->task_name, (schema->id - 100u) % 16, schema->id);
}

static void put_template(etlb_writer *out, const mixed_schema *schema)
{
    print(out, "<template tid=\"T%u\">\n", schema->id);
    for (unsigned i = 0; i < schema->field_count; i++) {
        const mixed_field *field = &schema->fields[i];
        print(out, "<data name=\"%s\" inType=\"%s\"", field->name, types[field->type].manifest);
        if (field->type == MIXED_ARRAY)
            print(out, " count=\"%s\"", schema->fields[i - 1].name);
        print(out, "/>\n");
    }
    print(out, "</template>\n");
}

void mixed_schema_put_manifest(etlb_writer *out, unsigned provider, unsigned event_count)
{
    const mixed_schema first = mixed_schema_make(provider, 0);
    print(out, "<instrumentationManifest"
               " xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\n<instrumentation>\n"
               "<events>\n<provider");
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(&first.provider, ETW_GUID_BRACES, guid);
    print(out,
          " name=\"%s\" guid=\"%s\" symbol=\"P%u\" resourceFileName=\"p.dll\""
          " messageFileName=\"p.dll\">\n<keywords>\n",
          first.provider_name, guid, provider);
    for (unsigned i = 0; i < 16; i++)
        print(out, "<keyword name=\"K%u\" mask=\"0x%x\"/>\n", i, 1u << i);
    print(out, "</keywords>\n<tasks>\n");
    for (unsigned i = 0; i < event_count; i += 4) {
        const mixed_schema schema = mixed_schema_make(provider, i);
        print(out, "<task name=\"%s\" value=\"%u\"/>\n", schema.task_name, schema.task);
    }
    print(out, "</tasks>\n<events>\n");
    for (unsigned i = 0; i < event_count; i++) {
        const mixed_schema schema = mixed_schema_make(provider, i);
        put_event(out, &schema);
    }
    print(out, "</events>\n<templates>\n");
    for (unsigned i = 0; i < event_count; i++) {
        const mixed_schema schema = mixed_schema_make(provider, i);
        put_template(out, &schema);
    }
    print(out, "</templates>\n</provider>\n</events>\n</instrumentation>\n"
               "</instrumentationManifest>\n");
}
