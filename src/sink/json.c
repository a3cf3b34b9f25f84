/* The JSON writer: one event, one line. docs/json.md is its contract. */
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "decode/codepage.h"
#include "sink/json_pieces.h"
#include "sink/json_system.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"

etw_status etw_json_create(etw_json **out, const etw_json_options *options, etw_error *error)
{
    *out = NULL;
    etw_json_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    if (!etw_code_page_supported(ours.format.code_page))
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET, "code page %u is not supported",
                         ours.format.code_page);
    if (ours.profile > ETW_JSON_COMPACT)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET, "there is no JSON profile %u",
                         (unsigned)ours.profile);
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_json *json = etwi_alloc_zeroed(&allocator, sizeof *json);
    if (!json)
        return etwi_fail_nomem(error);
    json->allocator = json->out.allocator = allocator;
    json->options = ours;
    json->code_page = etwi_code_page_high_half(ours.format.code_page);
    etwi_json_clock_set(&json->clock, 0);
    etwi_json_clock_set(&json->value_clock, 0);
    if (!etwi_json_cache_init(&json->cache, &allocator)) {
        etw_json_destroy(&json);
        return etwi_fail_nomem(error);
    }
    *out = json;
    return ETW_OK;
}

void etw_json_destroy(etw_json **json)
{
    etw_json *closing = *json;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    etwi_json_cache_free(&closing->cache);
    etwi_buffer_free(&closing->out);
    etwi_free(&allocator, closing, sizeof *closing);
    *json = NULL;
}

#define WORD(literal)                   \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

const etwi_json_words *etwi_json_words_of(const etw_json *json)
{
    static const etwi_json_words WORDS[] = {
        [ETW_JSON_FULL] =
            {
                .begin_data = WORD("{\"EventData\":{"),
                .begin_user_data = WORD("{\"UserData\":{"),
                .end_data = WORD("},"),
                .no_data = WORD("{"),
                .begin_message = WORD(",\"Message\":"),
                .begin_payload = WORD(",\"Payload\":\""),
                .begin_trailing = WORD(",\"Trailing\":\""),
                .begin_error = WORD(",\"DecodeErrors\":[{\"Property\":"),
                .error_offset = WORD(",\"Offset\":"),
                .error_reason = WORD(",\"Reason\":"),
            },
        [ETW_JSON_COMPACT] =
            {
                .begin_data = WORD(",\"data\":{"),
                .begin_user_data = WORD(",\"data\":{"),
                .end_data = WORD("}"),
                .no_data = WORD(""),
                .begin_message = WORD(",\"message\":"),
                .begin_payload = WORD(",\"payload\":\""),
                .begin_trailing = WORD(",\"trailing\":\""),
                .begin_error = WORD(",\"errors\":[{\"property\":"),
                .error_offset = WORD(",\"offset\":"),
                .error_reason = WORD(",\"reason\":"),
            },
    };
    return &WORDS[json->options.profile];
}

/* ------------------------------------------------------------------------------- problems */

static void put_bytes(etwi_buffer *out, etw_str key, etw_bytes data)
{
    etwi_buffer_append_str(out, key);
    etwi_json_hex(out, data);
    etwi_buffer_append_char(out, '"');
}

static void put_decode_error(etw_json *json, const etw_decode_error *error)
{
    etwi_buffer *out = &json->out;
    const etwi_json_words *words = etwi_json_words_of(json);
    const char *reason = etw_decode_reason_text(error->reason);
    const etw_str none = {NULL, 0}, reason_text = {reason, strlen(reason)};
    etwi_buffer_append_str(out, words->begin_error);
    etwi_json_string(out, error->property ? error->property->name : none);
    etwi_buffer_append_str(out, words->error_offset);
    etwi_json_u64(out, error->offset);
    etwi_buffer_append_str(out, words->error_reason);
    etwi_json_string(out, reason_text);
    ETWI_APPEND(out, "}]");
}

static void put_rest(etw_json *json, const etw_schema *schema, const etwi_json_rest *rest)
{
    const etwi_json_words *words = etwi_json_words_of(json);
    if (rest->bytes.size)
        put_bytes(&json->out, rest->error ? words->begin_payload : words->begin_trailing,
                  rest->bytes);
    if (rest->error && schema)
        put_decode_error(json, rest->error);
}

static void count(etw_json_stats *stats, const etw_schema *schema, const etwi_json_rest *rest)
{
    stats->events++;
    if (!schema) {
        stats->without_schema++;
    } else if (rest->error) {
        stats->errors++;
    } else {
        stats->decoded++;
        stats->trailing += rest->bytes.size != 0;
        stats->trailing_bytes += rest->bytes.size;
    }
}

/* -------------------------------------------------------------------------------- events */

/* Ends the line, or takes back what was written of it since `start`. */
static etw_status finish(etw_json *json, const etw_event *event, const etw_schema *schema,
                         const etwi_json_rest *rest, size_t start)
{
    etwi_buffer *out = &json->out;
    if (json->options.message)
        etwi_json_message(json, event, schema);
    if (rest->bytes.size || rest->error)
        put_rest(json, schema, rest);
    ETWI_APPEND(out, "}\n");
    if (out->failed) {
        out->failed = false;
        out->size = start;
        return ETW_E_NOMEM;
    }
    count(&json->stats, schema, rest);
    return ETW_OK;
}

static void advance(etwi_buffer *out, const char *end)
{
    out->size = (size_t)(end - out->data);
}

static void append_time(etw_json *json, uint64_t timestamp)
{
    char *at = etwi_buffer_reserve(&json->out, ETWI_CLOCK_TEXT_MAX);
    if (at)
        advance(&json->out, etwi_json_put_time(&json->clock, at, timestamp));
}

static void append_ids(etw_json *json, const etw_event *event)
{
    const bool compact = json->options.profile == ETW_JSON_COMPACT;
    char *at = etwi_buffer_reserve(&json->out, ETWI_JSON_IDS_MAX);
    if (at && !json->out.failed)
        advance(&json->out,
                compact ? etwi_json_put_compact_ids(at, event) : etwi_json_put_ids(at, event));
}

etw_status etwi_json_append_plain(etw_json *json, const etw_event *event, const etw_schema *schema)
{
    etwi_buffer *out = &json->out;
    const size_t start = out->size;
    etwi_json_rest rest = {{NULL, 0}, NULL};
    if (json->options.profile == ETW_JSON_COMPACT) {
        ETWI_APPEND(out, ETWI_JSON_COMPACT_START);
        append_time(json, event->timestamp);
        etwi_json_compact_names(out, event, schema);
        append_ids(json, event);
        etwi_json_data(json, event, schema, &rest);
    } else {
        etwi_json_data(json, event, schema, &rest);
        etwi_json_system_head(out, event, schema);
        append_ids(json, event);
        etwi_json_system_tail(out, event, schema);
        append_time(json, event->timestamp);
        ETWI_APPEND(out, ETWI_JSON_SYSTEM_END);
        etwi_json_extended(out, event);
    }
    return finish(json, event, schema, &rest, start);
}

/* The data object at `at`, by the program if it can be. NULL if memory is out. */
static char *put_data(etw_json *json, const etwi_json_program *program, const etw_event *event,
                      char *at, etwi_json_rest *rest)
{
    const size_t start = (size_t)(at - json->out.data); /* The run may move the buffer. */
    char *end = program->is_flat && !event->is_damaged
                    ? etwi_json_run(json, program, event, at, rest)
                    : NULL;
    if (end)
        return end;
    json->out.size = start;
    etwi_json_data(json, event, program->schema, rest);
    return etwi_buffer_reserve(&json->out, etwi_json_room(program, event));
}

static char *put_piece(char *at, const etwi_json_program *program, uint32_t piece, uint32_t size)
{
    memcpy(at, program->text + piece, size);
    return at + size;
}

static char *put_compact(etw_json *json, const etwi_json_program *program, const etw_event *event,
                         char *at, etwi_json_rest *rest)
{
    ETWI_PUT(at, ETWI_JSON_COMPACT_START);
    at = etwi_json_put_time(&json->clock, at, event->timestamp);
    at = put_piece(at, program, program->head, program->head_size);
    at = etwi_json_put_compact_ids(at, event);
    return put_data(json, program, event, at, rest);
}

static char *put_full(etw_json *json, const etwi_json_program *program, const etw_event *event,
                      char *at, etwi_json_rest *rest)
{
    etw_extended item;
    uint32_t position = 0;
    at = put_data(json, program, event, at, rest);
    if (!at)
        return NULL;
    at = put_piece(at, program, program->head, program->head_size);
    at = etwi_json_put_ids(at, event);
    at = put_piece(at, program, program->tail, program->tail_size);
    at = etwi_json_put_time(&json->clock, at, event->timestamp);
    ETWI_PUT(at, ETWI_JSON_SYSTEM_END);
    if (!etw_event_next_extended(event, &position, &item))
        return at;
    advance(&json->out, at);
    etwi_json_extended(&json->out, event);
    return json->out.data + json->out.size;
}

etw_status etw_json_append(etw_json *json, const etw_event *event, const etw_schema *schema)
{
    etwi_buffer *out = &json->out;
    const size_t start = out->size;
    const etwi_json_program *program = etwi_json_cache_find(json, event, schema);
    if (!program || program->is_plain)
        return etwi_json_append_plain(json, event, schema);
    etwi_json_rest rest = {{NULL, 0}, NULL};
    char *at = etwi_buffer_reserve(out, etwi_json_room(program, event));
    if (at)
        at = json->options.profile == ETW_JSON_COMPACT
                 ? put_compact(json, program, event, at, &rest)
                 : put_full(json, program, event, at, &rest);
    if (at)
        advance(out, at);
    return finish(json, event, schema, &rest, start);
}

etw_status etw_json_append_decoded(etw_json *json, const etw_decoded *decoded)
{
    etw_str name, text;
    const etw_event *event = etw_decoded_event(decoded);
    const etw_schema *schema = etw_decoded_schema(decoded);
    if (!event)
        return ETW_E_INVALID;
    if (!etw_decoded_custom(decoded, 0, &name, &text))
        return etw_json_append(json, event, schema);
    /* Programs know nothing of such properties. */
    json->decoded = decoded;
    const etw_status status = etwi_json_append_plain(json, event, schema);
    json->decoded = NULL;
    return status;
}

etw_str etw_json_text(const etw_json *json)
{
    const etw_str text = {json->out.data, json->out.size};
    return text;
}

void etw_json_clear(etw_json *json)
{
    json->out.size = 0;
}

const etw_json_stats *etw_json_get_stats(const etw_json *json)
{
    return &json->stats;
}
