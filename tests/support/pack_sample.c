#include "pack_sample.h"

#include "etl_builder.h"
#include "schema/pack_write.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const etw_map_entry COLOURS[] = {{1, NAME("Red")}, {7, NAME("Bl\xC3\xA4u")}};
static const etw_map_entry BITS[] = {
    {1, NAME("Red")}, {4, NAME("")}, {0x8000000000000000u, NAME("Top")}};
static const etw_map MAP = {NAME("Colours"), COLOURS, COUNT(COLOURS), false};
static const etw_map SAME_MAP = {NAME("Colours"), COLOURS, COUNT(COLOURS), false};
static const etw_map BIT_MAP = {NAME("Bits"), BITS, COUNT(BITS), true};
static const etw_keyword KEYWORDS[] = {{1, NAME("Low")}, {0x8000, NAME("High")}};
static const etw_property PROPERTIES[] = {
    {.name = NAME("count"),
     .map = &MAP,
     .in_type = ETW_IN_UINT16,
     .out_type = ETW_OUT_PORT,
     .count = 1},
    {.name = NAME("pairs"),
     .flags = ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX,
     .count = 0,
     .first_member = 3,
     .member_count = 2},
    {.name = NAME("tail"),
     .in_type = ETW_IN_BINARY,
     .flags = ETW_PROPERTY_LENGTH_INDEX,
     .count = 1,
     .length = 0},
    {.name = NAME("bits"),
     .map = &BIT_MAP,
     .in_type = ETW_IN_UINT64,
     .count = 1,
     .tags = 0x12345678},
    {.name = NAME("text"),
     .in_type = ETW_IN_UNICODE_STRING,
     .flags = ETW_PROPERTY_FIXED_LENGTH,
     .count = 1,
     .length = 5},
};
static const etw_property FEW[] = {
    {.name = NAME("count"), .map = &SAME_MAP, .in_type = ETW_IN_UINT16, .count = 1}};
/* As a TMF file makes it: the tags hold the number of the argument and how it is shown. */
static const etw_property ARGUMENT[] = {
    {.name = NAME("status"), .in_type = ETW_IN_HEX_INT32, .count = 1, .tags = 2u << 16 | 10}};

#define FIRST                           \
    {                                   \
        0x01020304, 5, 6,               \
        {                               \
            7, 8, 9, 10, 11, 12, 13, 14 \
        }                               \
    }
#define SECOND                          \
    {                                   \
        0x01020305, 5, 6,               \
        {                               \
            7, 8, 9, 10, 11, 12, 13, 14 \
        }                               \
    }
#define WITHOUT_EVENTS                  \
    {                                   \
        0x02000000, 5, 6,               \
        {                               \
            7, 8, 9, 10, 11, 12, 13, 14 \
        }                               \
    }
#define THIRD                           \
    {                                   \
        0xF1020304, 5, 6,               \
        {                               \
            7, 8, 9, 10, 11, 12, 13, 14 \
        }                               \
    }

static const etw_schema SCHEMAS[] = {
    {.provider = FIRST,
     .provider_name = NAME("Contoso"),
     .event_name = NAME("Sold"),
     .task_name = NAME("Sale"),
     .opcode_name = NAME("Stop"),
     .level_name = NAME("win:Error"),
     .channel_name = NAME("Admin"),
     .message = NAME("%1 of %2 \xE2\x82\xAC"),
     .keyword = 0x8001,
     .keywords = KEYWORDS,
     .keyword_count = COUNT(KEYWORDS),
     .properties = PROPERTIES,
     .property_count = COUNT(PROPERTIES),
     .top_level_count = 3,
     .id = 7,
     .task = 300,
     .version = 2,
     .opcode = 2,
     .level = 2,
     .channel = 16,
     .source = ETW_SCHEMA_MANIFEST_FILE,
     .is_user_data = true,
     .file = NAME("a/contoso.man")},
    /* Another definition of the same key, and another version with the same properties. */
    {.provider = FIRST,
     .provider_name = NAME("Contoso"),
     .properties = FEW,
     .property_count = 1,
     .top_level_count = 1,
     .id = 7,
     .version = 2,
     .source = ETW_SCHEMA_PE,
     .file = NAME("b/contoso.dll")},
    {.provider = FIRST,
     .provider_name = NAME("Contoso"),
     .properties = PROPERTIES,
     .property_count = COUNT(PROPERTIES),
     .top_level_count = 3,
     .id = 7,
     .version = 3,
     .source = ETW_SCHEMA_EXPORTED},
    {.provider = SECOND,
     .owner = FIRST,
     .class_name = NAME("Sale_V1"),
     .properties = FEW,
     .property_count = 1,
     .top_level_count = 1,
     .version = 1,
     .opcode = 10,
     .is_classic = true,
     .inferred = true,
     .source = ETW_SCHEMA_MANIFEST_FILE},
    {.provider = THIRD,
     .provider_name = NAME("Driver"),
     .event_name = NAME("DriverEntry"),
     .level_name = NAME("ERROR"),
     .task_name = NAME("INIT"),
     .class_name = NAME("Driver_c67"),
     .message = NAME("failed with %10!s!"),
     .properties = ARGUMENT,
     .property_count = 1,
     .top_level_count = 1,
     .id = 11,
     .source = ETW_SCHEMA_TMF,
     .file = NAME("driver.tmf")},
};

static const etw_named_value KEYWORD_NAMES[] = {
    {.value = 0x8000, .name = NAME("High"), .message = NAME("The high one")},
    {.value = 1, .name = NAME("Low")}};
static const etw_named_value LEVELS[] = {{.value = 17, .name = NAME("Loud")}};
static const etw_named_value TASKS[] = {{.value = 300, .name = NAME("Sale"), .class_guid = SECOND}};
static const etw_named_value OPCODES[] = {{.value = 2, .name = NAME("Stop"), .task = 300},
                                          {.value = 11, .name = NAME("Pack")}};
static const etw_named_value CHANNELS[] = {
    {.value = 16, .name = NAME("Admin"), .message = NAME("\xC3\x84rger")}};
static const etw_map UNUSED_MAP = {NAME("Unused"), BITS, COUNT(BITS), false};
static const etw_map *const MAPS[] = {&BIT_MAP, &UNUSED_MAP, &SAME_MAP};

/* Two of one provider, and one of a provider without events. */
static const etwi_provider DEFINITIONS[] = {
    {.guid = FIRST,
     .name = NAME("Contoso"),
     .message = NAME("The shop"),
     .named = {[ETW_NAMED_KEYWORD] = {KEYWORD_NAMES, COUNT(KEYWORD_NAMES)},
               [ETW_NAMED_LEVEL] = {LEVELS, COUNT(LEVELS)},
               [ETW_NAMED_TASK] = {TASKS, COUNT(TASKS)},
               [ETW_NAMED_OPCODE] = {OPCODES, COUNT(OPCODES)},
               [ETW_NAMED_CHANNEL] = {CHANNELS, COUNT(CHANNELS)}},
     .maps = MAPS,
     .map_count = COUNT(MAPS),
     .source = ETW_SCHEMA_MANIFEST_FILE},
    {.guid = FIRST,
     .name = NAME("Contoso"),
     .named = {[ETW_NAMED_LEVEL] = {LEVELS, COUNT(LEVELS)}},
     .maps = MAPS,
     .map_count = 1,
     .source = ETW_SCHEMA_PE},
    {.guid = WITHOUT_EVENTS, .name = NAME("Idle"), .source = ETW_SCHEMA_EXPORTED},
};

const etwi_provider *pack_sample_definitions(size_t *count)
{
    *count = COUNT(DEFINITIONS);
    return DEFINITIONS;
}

const etw_schema *pack_sample_schemas(size_t *count)
{
    *count = COUNT(SCHEMAS);
    return SCHEMAS;
}

void pack_sample_write(etwi_buffer *out)
{
    const etw_schema *list[COUNT(SCHEMAS)];
    for (size_t i = 0; i < COUNT(SCHEMAS); i++)
        list[i] = &SCHEMAS[i];
    const etwi_provider *definitions[COUNT(DEFINITIONS)];
    for (size_t i = 0; i < COUNT(DEFINITIONS); i++)
        definitions[i] = &DEFINITIONS[i];
    const etwi_pack_summary summary = {
        .stamp = 0x1122334455667788u,
        .failures = {3, {ETW_E_CORRUPT, 0, 17, "a/broken.man: no\tclosing tag"}},
        .rejected = {1, {ETW_E_LIMIT, 5, ETW_NO_OFFSET, "too deep"}},
    };
    const etwi_pack_content content = {.schemas = list,
                                       .count = COUNT(SCHEMAS),
                                       .definitions = definitions,
                                       .definition_count = COUNT(DEFINITIONS),
                                       .summary = &summary};
    if (etwi_pack_write(out, &content, NULL) != ETW_OK)
        etlb_fail("no pack");
}
