/* Makes JSON programs. What a value looks like is asked of decode/value.h, with values of zero. */
#include "sink/json_program.h"

#include "schema/store.h"
#include "sink/json_system.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"

enum {
    PROPERTIES_MAX = 256, /* Of programs; what is larger is written item by item. */
    TEXT_MAX = 64 * 1024, /* Programs with more text than that would not pay either. */
    TEXT_PADDING = 64,
    NUMBER_MAX = 48, /* Room for any value that is not measured: a GUID, stored in steps. */
    TEXT_BYTE_MAX = ETWI_JSON_CHARACTER_MAX,
    HEADER_MAX = ETWI_JSON_IDS_MAX + 2 * ETWI_CLOCK_TEXT_MAX + 64,
    ROOM_SLACK = 64 + ETWI_JSON_SLACK, /* Behind the last literal and the last text. */
};

/* A program that is being made. */
typedef struct maker {
    etw_json *json;
    etwi_buffer *text, *ops;
    const etw_schema *schema;
    const etwi_step *steps;
    unsigned pointer_size;
    const char *closing; /* What has to follow the last value: a quote or a bracket. */
    bool any;            /* A property was written. */
    bool has_optional;
    uint32_t op_count;
    etwi_json_program made;
} maker;

static bool add_op(maker *m, etwi_json_op op)
{
    op.literal_size = (uint32_t)m->text->size - op.literal;
    m->made.size_max += op.literal_size + NUMBER_MAX;
    m->op_count++;
    etwi_buffer_append(m->ops, &op, sizeof op);
    return !m->ops->failed;
}

static etwi_json_op new_op(const maker *m, etwi_json_code code, unsigned index)
{
    etwi_json_op op = {0};
    op.code = (uint8_t)code;
    op.property = (uint16_t)index;
    op.literal = (uint32_t)m->text->size;
    return op;
}

/* ------------------------------------------------------------------------------ one value */

static bool has_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

static etwi_json_code code_of_unsigned(const etw_item *probe)
{
    if (probe->out_type == ETW_OUT_PORT)
        return probe->data.size == 2 ? ETWI_OP_PORT : ETWI_OP_ITEM;
    switch (probe->data.size) {
    case 1:
        return ETWI_OP_U8;
    case 2:
        return ETWI_OP_U16;
    case 4:
        return ETWI_OP_U32;
    case 8:
        return ETWI_OP_U64;
    default:
        return ETWI_OP_ITEM;
    }
}

/* The code for values of a fixed width, whose shape does not depend on what they are. */
static etwi_json_code code_of_fixed(const etw_item *probe, const etwi_value *value)
{
    const size_t width = probe->data.size;
    /* Error codes of 64 bits have as many digits as they need. */
    const bool varies = width == 8 && probe->out_type != ETW_OUT_CODE_POINTER;
    if (value->shape == ETWI_SHAPE_GUID)
        return ETWI_OP_GUID;
    if (!has_width((unsigned)width))
        return ETWI_OP_ITEM;
    switch (value->shape) {
    case ETWI_SHAPE_UNSIGNED:
        return code_of_unsigned(probe);
    case ETWI_SHAPE_SIGNED:
        return ETWI_OP_SIGNED;
    case ETWI_SHAPE_HEX:
        return width == 4 ? ETWI_OP_HEX32 : width == 8 ? ETWI_OP_HEX64 : ETWI_OP_HEX;
    case ETWI_SHAPE_HEX_FIXED:
        return varies ? ETWI_OP_ITEM : ETWI_OP_HEX_FIXED;
    case ETWI_SHAPE_BOOLEAN:
        return ETWI_OP_BOOLEAN;
    case ETWI_SHAPE_TIME:
        return width == 8 ? ETWI_OP_TIME : ETWI_OP_ITEM;
    default:
        return ETWI_OP_ITEM;
    }
}

static etwi_json_code code_of_shape(etwi_shape shape)
{
    switch (shape) {
    case ETWI_SHAPE_UTF16:
        return ETWI_OP_UTF16;
    case ETWI_SHAPE_ANSI:
        return ETWI_OP_ANSI;
    case ETWI_SHAPE_UTF8:
        return ETWI_OP_UTF8;
    case ETWI_SHAPE_BINARY:
        return ETWI_OP_BINARY;
    default:
        return ETWI_OP_ITEM;
    }
}

/* The code for values that have to be measured: text if they are text whatever their size is. */
static etwi_json_code code_of_measured(etw_item *probe, unsigned rule)
{
    static const uint8_t SIZES[] = {0, 1, 2, 4, 8, 16};
    if (probe->out_type == ETW_OUT_IPV6 || probe->out_type == ETW_OUT_SOCKET_ADDRESS)
        return ETWI_OP_ITEM;
    etwi_json_code code = ETWI_OP_ITEM;
    for (size_t i = 0; i < sizeof SIZES; i++) {
        probe->data.size = SIZES[i];
        const etwi_json_code now = code_of_shape(etwi_value_of(probe, true).shape);
        if (i && now != code)
            return ETWI_OP_ITEM;
        code = now;
    }
    return code == ETWI_OP_UTF16 && rule == ETWI_RULE_UTF16_Z ? ETWI_OP_UTF16_Z : code;
}

/* Sets code, width, digits and quotes of an operation. */
static void set_value(const maker *m, etwi_json_op *op, unsigned index)
{
    static const uint8_t ZEROS[16];
    const etw_property *property = &m->schema->properties[index];
    const etwi_step *step = &m->steps[index];
    etw_item probe = {.kind = ETW_ITEM_VALUE,
                      .in_type = property->in_type,
                      .out_type = step->out_type,
                      .property = property,
                      .data = {ZEROS, 0}};
    const bool fixed = step->rule == ETWI_RULE_FIXED;
    op->width = fixed ? step->width[etwi_width_index(m->pointer_size)] : 0;
    op->code = ETWI_OP_ITEM;
    /* Times of the trace need its clock; names of maps come without quotes if there is none. */
    if (step->out_type == ETW_OUT_ETW_TIME ||
        (property->map && !m->json->options.format.raw_values))
        return;
    if (!fixed) {
        op->code = (uint8_t)code_of_measured(&probe, step->rule);
        op->quoted = op->code != ETWI_OP_ITEM;
        return;
    }
    probe.data.size = op->width;
    const etwi_value value = etwi_value_of(&probe, true);
    op->code = (uint8_t)code_of_fixed(&probe, &value);
    op->digits = (uint8_t)value.digits;
    op->quoted = op->code != ETWI_OP_ITEM && !etwi_json_is_bare(m->json, &value);
}

/* The longest text of one element of an array. */
static unsigned element_max(const etwi_json_op *op)
{
    switch (op->code) {
    case ETWI_OP_HEX:
    case ETWI_OP_HEX32:
    case ETWI_OP_HEX64:
        return 2 + 2 * (unsigned)op->width;
    case ETWI_OP_HEX_FIXED:
        return 2 + (unsigned)op->digits;
    case ETWI_OP_GUID:
    case ETWI_OP_TIME:
        return NUMBER_MAX;
    default: /* Decimal, or "false". */
        return op->width == 1 ? 5 : op->width == 2 ? 6 : op->width == 4 ? 11 : 20;
    }
}

/* ------------------------------------------------------------------------------ properties */

static void put_literal(maker *m, const char *literal)
{
    etwi_buffer_append(m->text, literal, strlen(literal));
}

/* What stands before a value: the end of the last one, a comma, the name. */
static void put_name(maker *m, unsigned index)
{
    const etwi_json_words *words = etwi_json_words_of(m->json);
    put_literal(m, m->closing);
    if (m->any)
        put_literal(m, ",");
    else
        etwi_buffer_append_str(m->text, m->schema->is_user_data ? words->begin_user_data
                                                                : words->begin_data);
    m->any = true;
    m->closing = "";
    etwi_json_string(m->text, m->schema->properties[index].name);
    put_literal(m, ":");
}

/* False if the array is not one of plain values of one size. */
static bool add_array(maker *m, unsigned index)
{
    etwi_json_op op = new_op(m, ETWI_OP_ARRAY, index);
    put_name(m, index);
    set_value(m, &op, index);
    if (op.code == ETWI_OP_ITEM || !op.width)
        return false;
    const unsigned room = element_max(&op) + 3;
    const unsigned byte_max = (room + op.width - 1) / op.width;
    if (byte_max > m->made.byte_max)
        m->made.byte_max = byte_max;
    put_literal(m, "[");
    m->closing = "]";
    op.argument = op.code;
    op.code = ETWI_OP_ARRAY;
    return add_op(m, op);
}

static bool add_value(maker *m, unsigned index)
{
    etwi_json_op op = new_op(m, ETWI_OP_ITEM, index);
    put_name(m, index);
    set_value(m, &op, index);
    op.size = op.code < ETWI_OP_ARRAY ? op.width : 0;
    if (op.quoted) {
        put_literal(m, "\"");
        m->closing = "\"";
    }
    return add_op(m, op);
}

static bool add_hidden(maker *m, unsigned index)
{
    const etwi_step *step = &m->steps[index];
    const bool fixed = step->rule == ETWI_RULE_FIXED;
    etwi_json_op op = new_op(m, fixed ? ETWI_OP_SKIP : ETWI_OP_SKIP_ANY, index);
    op.size = fixed ? step->width[etwi_width_index(m->pointer_size)] : 0;
    return add_op(m, op);
}

/* Closes the last value, where the next operation may be reached without it. */
static bool close_value(maker *m)
{
    const etwi_json_op op = new_op(m, ETWI_OP_SKIP, 0);
    const bool is_open = *m->closing;
    put_literal(m, m->closing);
    m->closing = "";
    return !is_open || add_op(m, op);
}

/*
 * The end of the payload may come before an optional property. Behind one there may be only others,
 * as any other property would then be missing; and before it there must be one that was written.
 */
static bool add_optional(maker *m, unsigned index)
{
    for (unsigned i = index; i < m->schema->top_level_count; i++)
        if (!m->steps[i].optional)
            return false;
    if (!m->any)
        return false;
    m->has_optional = true;
    return close_value(m) && add_op(m, new_op(m, ETWI_OP_OPTIONAL, index));
}

static bool add_keep(maker *m, unsigned index)
{
    const etwi_step *step = &m->steps[index];
    etwi_json_op op = new_op(m, ETWI_OP_KEEP, index);
    op.width = step->width[etwi_width_index(m->pointer_size)];
    op.argument = step->own_reference;
    return step->rule == ETWI_RULE_FIXED && add_op(m, op);
}

/* False if the property is none that programs can write. */
static bool add_property(maker *m, unsigned index)
{
    const etw_property *property = &m->schema->properties[index];
    const etwi_step *step = &m->steps[index];
    const bool hidden =
        step->out_type == ETW_OUT_NO_PRINT || !etwi_json_is_selected(m->json, property->name);
    const bool array = step->many != ETWI_MANY_ONE;
    if (step->rule >= ETWI_RULE_STRUCT || step->many == ETWI_MANY_BAD_REFERENCE ||
        (array && hidden))
        return false;
    if (step->optional && !add_optional(m, index))
        return false;
    if (array)
        return add_array(m, index);
    if (step->own_reference != ETWI_NO_REFERENCE && !add_keep(m, index))
        return false;
    return hidden ? add_hidden(m, index) : add_value(m, index);
}

static bool add_data(maker *m)
{
    const unsigned count = m->schema ? m->schema->top_level_count : 0;
    const etwi_json_words *words = etwi_json_words_of(m->json);
    if (count > PROPERTIES_MAX)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!add_property(m, i))
            return false;
    if (m->has_optional && !close_value(m))
        return false;
    const etwi_json_op op = new_op(m, ETWI_OP_END, 0);
    put_literal(m, m->closing);
    etwi_buffer_append_str(m->text, m->any ? words->end_data : words->no_data);
    return add_op(m, op);
}

/* -------------------------------------------------------------------------------- program */

static void add_pieces(maker *m, const etw_event *event)
{
    etwi_json_program *made = &m->made;
    made->head = (uint32_t)m->text->size;
    if (m->json->options.profile == ETW_JSON_COMPACT)
        etwi_json_compact_names(m->text, event, m->schema);
    else
        etwi_json_system_head(m->text, event, m->schema);
    made->tail = (uint32_t)m->text->size;
    made->head_size = made->tail - made->head;
    if (m->json->options.profile == ETW_JSON_FULL)
        etwi_json_system_tail(m->text, event, m->schema);
    made->tail_size = (uint32_t)m->text->size - made->tail;
    made->size_max += made->head_size + made->tail_size;
}

/* Moves program, operations and text into the arena; NULL if memory is out. */
static const etwi_json_program *store(maker *m, bool keep)
{
    etwi_json_cache *cache = &m->json->cache;
    const size_t ops_size = keep ? m->ops->size : 0, text_size = keep ? m->text->size : 0;
    const size_t size = sizeof m->made + ops_size + text_size + TEXT_PADDING;
    uint8_t *memory = etwi_arena_alloc_zeroed(&cache->arena, size);
    if (!memory)
        return NULL;
    cache->size += size;
    uint8_t *ops = memory + sizeof m->made, *text = ops + ops_size;
    if (ops_size)
        memcpy(ops, m->ops->data, ops_size);
    if (text_size)
        memcpy(text, m->text->data, text_size);
    m->made.ops = (const etwi_json_op *)(const void *)ops;
    m->made.text = (const char *)text;
    m->made.end = m->op_count ? m->op_count - 1 : 0;
    m->made.is_plain = !keep;
    memcpy(memory, &m->made, sizeof m->made);
    return (const etwi_json_program *)(const void *)memory;
}

const etwi_json_program *etwi_json_program_make(etw_json *json, const etwi_json_key *key,
                                                const etw_event *event, const etw_schema *schema)
{
    etwi_json_cache *cache = &json->cache;
    maker m = {.json = json,
               .text = &cache->text,
               .ops = &cache->ops,
               .schema = schema,
               .steps = schema ? etwi_schema_of(schema)->plan.steps : NULL,
               .pointer_size = event->pointer_size,
               .closing = ""};
    m.text->size = m.ops->size = 0;
    m.made.key = *key;
    m.made.schema = schema;
    m.made.byte_max = TEXT_BYTE_MAX;
    m.made.size_max = HEADER_MAX + ROOM_SLACK;
    m.made.is_flat = add_data(&m);
    if (!m.made.is_flat)
        m.text->size = m.ops->size = m.op_count = 0;
    add_pieces(&m, event);
    if (m.text->failed || m.ops->failed) {
        m.text->failed = m.ops->failed = false;
        return NULL;
    }
    return store(&m, m.text->size <= TEXT_MAX);
}
