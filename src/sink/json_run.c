/* Runs JSON programs: the loop that turns payloads into text. */
#include "decode/measure.h"
#include "schema/store.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"

enum {
    LITERAL_STEP = 32,
};

/* Where a run is in the payload. */
typedef struct run {
    const uint8_t *in;
    const uint8_t *end;
    const etw_event *event;
    uint32_t references[ETWI_REFERENCES_MAX];
} run;

static etwi_place place_of(const run *r)
{
    const etwi_place place = {r->in, (uint32_t)(r->end - r->in), r->event->pointer_size,
                              r->references};
    return place;
}

/* Most literals are no longer than one step; those stored behind it make room for that. */
static inline char *put_literal(char *at, const char *literal, uint32_t size)
{
    memcpy(at, literal, LITERAL_STEP);
    for (uint32_t done = LITERAL_STEP; done < size; done += LITERAL_STEP)
        memcpy(at + done, literal + done, LITERAL_STEP);
    return at + size;
}

/* An integer without its sign. */
static inline uint64_t load_any(const uint8_t *in, unsigned width)
{
    switch (width) {
    case 1:
        return in[0];
    case 2:
        return etwi_load_u16(in);
    case 4:
        return etwi_load_u32(in);
    default:
        return etwi_load_u64(in);
    }
}

static inline int64_t load_signed(const uint8_t *in, unsigned width)
{
    const unsigned shift = 64 - 8 * width;
    return (int64_t)(load_any(in, width) << shift) >> shift;
}

static inline char *put_boolean(char *at, uint64_t value)
{
    memcpy(at, value ? "true" : "false", 5);
    return at + 5 - (value != 0);
}

/* A value of fixed width, without its quotes. */
static char *put_fixed(etw_json *json, char *at, const uint8_t *in, unsigned code, unsigned width,
                       unsigned digits)
{
    switch (code) {
    case ETWI_OP_U8:
    case ETWI_OP_U16:
    case ETWI_OP_U32:
    case ETWI_OP_U64:
        return etwi_fast_u64(at, load_any(in, width));
    case ETWI_OP_SIGNED:
        return etwi_fast_i64(at, load_signed(in, width));
    case ETWI_OP_HEX_FIXED:
        return etwi_fast_hex_padded(at, load_any(in, width), digits);
    case ETWI_OP_BOOLEAN:
        return put_boolean(at, load_any(in, width));
    case ETWI_OP_PORT:
        return etwi_fast_u32(at, etwi_load_u16be(in));
    case ETWI_OP_TIME:
        return etwi_json_put_time(&json->value_clock, at, etwi_load_u64(in));
    case ETWI_OP_GUID:
        return etwi_fast_guid_halves(at, etwi_load_u64(in), etwi_load_u64(in + 8));
    default:
        return etwi_fast_hex(at, load_any(in, width));
    }
}

/* ------------------------------------------------------------------------ measured values */

static char *put_binary(char *at, etw_bytes data)
{
    at[0] = '0';
    at[1] = 'x';
    return etwi_text_hex_bytes(at + 2, data.data, data.size);
}

static char *put_text(const etw_json *json, char *at, unsigned code, etw_bytes data,
                      const uint8_t *limit)
{
    switch (code) {
    case ETWI_OP_UTF16:
        return etwi_json_put_utf16(at, data, limit);
    case ETWI_OP_ANSI:
        if (json->code_page)
            return etwi_json_put_ansi(at, data, limit, json->code_page);
        return etwi_json_put_utf8(at, data, limit);
    case ETWI_OP_UTF8:
        return etwi_json_put_utf8(at, data, limit);
    default:
        return put_binary(at, data);
    }
}

/* Any value at all, through the item that the cursor would make of it. */
static char *put_item(etw_json *json, const etwi_json_program *program, const run *r,
                      const etwi_json_op *op, char *at, etw_bytes data)
{
    const etw_property *property = &program->schema->properties[op->property];
    const etw_item item = {
        .kind = ETW_ITEM_VALUE,
        .in_type = property->in_type,
        .out_type = etwi_schema_of(program->schema)->plan.steps[op->property].out_type,
        .count = 1,
        .property = property,
        .data = data,
        .event = r->event,
    };
    const etwi_value value = etwi_value_of(&item, json->options.format.raw_values);
    json->out.size = (size_t)(at - json->out.data);
    etwi_json_value(json, &value);
    return etwi_buffer_reserve(&json->out, etwi_json_room(program, r->event));
}

/* A value that has to be measured; NULL if it cannot be. */
static char *put_measured(etw_json *json, const etwi_json_program *program, run *r,
                          const etwi_json_op *op, char *at)
{
    const etwi_place place = place_of(r);
    const etwi_step *step = &etwi_schema_of(program->schema)->plan.steps[op->property];
    const etwi_measure m = etwi_measure_value(&place, step);
    if (m.reason != ETW_DECODE_NONE)
        return NULL;
    const etw_bytes data = {r->in + m.skip, m.data_size};
    r->in += m.size;
    if (op->code == ETWI_OP_SKIP_ANY)
        return at;
    if (op->code == ETWI_OP_ITEM)
        return put_item(json, program, r, op, at, data);
    return put_text(json, at, op->code, data, r->end);
}

/* ------------------------------------------------------------------------------- arrays */

/* Addresses and small numbers are what long arrays hold. */
static char *put_addresses(char *at, const uint8_t *in, uint32_t count, unsigned width)
{
    for (uint32_t i = 0; i < count; i++, in += width) {
        *at++ = '"';
        at = etwi_fast_hex(at, width == 8 ? etwi_load_u64(in) : etwi_load_u32(in));
        at[0] = '"';
        at[1] = ',';
        at += 2;
    }
    return at;
}

static char *put_numbers(char *at, const uint8_t *in, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, in += 4) {
        at = etwi_fast_u32(at, etwi_load_u32(in));
        *at++ = ',';
    }
    return at;
}

static char *put_elements(etw_json *json, char *at, const uint8_t *in, uint32_t count,
                          const etwi_json_op *op)
{
    for (uint32_t i = 0; i < count; i++, in += op->width) {
        if (op->quoted)
            *at++ = '"';
        at = put_fixed(json, at, in, op->argument, op->width, op->digits);
        if (op->quoted)
            *at++ = '"';
        *at++ = ',';
    }
    return at;
}

static char *put_array(etw_json *json, const etwi_json_program *program, run *r,
                       const etwi_json_op *op, char *at)
{
    const etwi_place place = place_of(r);
    const etwi_step *step = &etwi_schema_of(program->schema)->plan.steps[op->property];
    uint32_t count, skip;
    if (etwi_measure_array(&place, step, &count, &skip) != ETW_DECODE_NONE ||
        (uint64_t)count * op->width > place.left - skip)
        return NULL;
    const uint8_t *in = r->in + skip;
    r->in = in + (size_t)count * op->width;
    if (!count)
        return at;
    if (op->argument == ETWI_OP_HEX64)
        at = put_addresses(at, in, count, 8);
    else if (op->argument == ETWI_OP_HEX32)
        at = put_addresses(at, in, count, 4);
    else if (op->argument == ETWI_OP_U32)
        at = put_numbers(at, in, count);
    else
        at = put_elements(json, at, in, count, op);
    return at - 1; /* Without the last comma. */
}

/* ----------------------------------------------------------------------------- the loop */

/* All operations but those that etwi_json_run() has for itself. NULL as there. */
static char *put_other(etw_json *json, const etwi_json_program *program, run *r,
                       const etwi_json_op *op, char *at)
{
    if (op->code == ETWI_OP_ARRAY)
        return put_array(json, program, r, op, at);
    if (op->code >= ETWI_OP_UTF16 || op->code == ETWI_OP_SKIP_ANY)
        return put_measured(json, program, r, op, at);
    switch (op->code) {
    case ETWI_OP_KEEP:
        if (r->end - r->in < op->width)
            return NULL;
        r->references[op->argument] = etwi_reference_of(r->in, op->width);
        return at;
    case ETWI_OP_SKIP:
        return at;
    default:
        return put_fixed(json, at, r->in, op->code, op->width, op->digits);
    }
}

/* The text up to a zero unit, which is consumed too. */
static char *put_utf16_z(char *at, const uint8_t **in, const uint8_t *end)
{
    const etwi_measure m = etwi_measure_terminated(*in, (uint32_t)(end - *in), 2);
    if (m.reason != ETW_DECODE_NONE)
        return NULL;
    const etw_bytes text = {*in, m.data_size};
    *in += m.size;
    return etwi_json_put_utf16(at, text, end);
}

static void set_rest(etwi_json_rest *rest, const etwi_json_program *program, const uint8_t *in,
                     const uint8_t *end)
{
    static const etw_decode_error NO_SCHEMA = {ETW_DECODE_NO_SCHEMA, 0, NULL};
    rest->bytes.data = in;
    rest->bytes.size = (size_t)(end - in);
    rest->error = program->schema ? NULL : &NO_SCHEMA;
}

char *etwi_json_run(etw_json *json, const etwi_json_program *program, const etw_event *event,
                    char *at, etwi_json_rest *rest)
{
    run r;
    const uint8_t *in = event->payload;
    const uint8_t *const end = in + event->payload_size;
    r.end = end;
    r.event = event;
    for (const etwi_json_op *op = program->ops;; op++) {
        at = put_literal(at, program->text + op->literal, op->literal_size);
        if (end - in < op->size)
            return NULL;
        switch (op->code) {
        case ETWI_OP_END:
            set_rest(rest, program, in, end);
            return at;
        case ETWI_OP_OPTIONAL:
            if (in == end)
                op = program->ops + program->end - 1;
            continue;
        case ETWI_OP_U8:
            at = etwi_fast_u32(at, *in);
            break;
        case ETWI_OP_U16:
            at = etwi_fast_u32(at, etwi_load_u16(in));
            break;
        case ETWI_OP_U32:
            at = etwi_fast_u32(at, etwi_load_u32(in));
            break;
        case ETWI_OP_U64:
            at = etwi_fast_u64(at, etwi_load_u64(in));
            break;
        case ETWI_OP_HEX32:
            at = etwi_fast_hex(at, etwi_load_u32(in));
            break;
        case ETWI_OP_HEX64:
            at = etwi_fast_hex(at, etwi_load_u64(in));
            break;
        case ETWI_OP_UTF16_Z:
            at = put_utf16_z(at, &in, end);
            break;
        default:
            r.in = in;
            at = put_other(json, program, &r, op, at);
            in = r.in;
            break;
        }
        if (!at)
            return NULL;
        in += op->size;
    }
}
