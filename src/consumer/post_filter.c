/*
 * What sessions leave to their consumers, as an expression of our own language:
 *
 *     guid != PROVIDER or (FILTER and FILTER and …)
 */
#include "base/buffer.h"
#include "base/error.h"

#include <etw/provider.h>
#include <stdarg.h>
#include <stdio.h>

static void append(etwi_buffer *out, const char *format, ...) ETWI_PRINTF(2, 3);

/* For pieces of known length; texts of users go through append_text(). */
static void append(etwi_buffer *out, const char *format, ...)
{
    char piece[96];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    etwi_buffer_append(out, piece, (size_t)size);
}

/* In double quotes, with escapes. */
static void append_text(etwi_buffer *out, etw_str text)
{
    ETWI_APPEND(out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = (uint8_t)text.data[i];
        if (c < ' ')
            append(out, "\\x%02X", (unsigned)c);
        else if (c == '"' || c == '\\')
            append(out, "\\%c", c);
        else
            etwi_buffer_append_char(out, (char)c);
    }
    ETWI_APPEND(out, "\"");
}

/* ---- Values ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(etw_str text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

/* What is a number or a boolean goes without quotes, since what is in quotes is a text. */
static bool is_bare(etw_str text)
{
    const size_t sign = text.data[0] == '-' || text.data[0] == '+';
    if (is_word(text, "true") || is_word(text, "false"))
        return true;
    if (text.size == sign || !is_digit(text.data[sign]))
        return false;
    for (size_t i = sign; i < text.size; i++) {
        const char c = text.data[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !is_digit(c) && c != '-' && c != '+' && c != ':' && c != '.')
            return false;
        if (c == '.' && i + 1 < text.size && text.data[i + 1] == '.')
            return false;
    }
    return true;
}

static void append_value(etwi_buffer *out, etw_str value)
{
    if (is_bare(value))
        etwi_buffer_append_str(out, value);
    else
        append_text(out, value);
}

/* "5,9" as {5..9} */
static void append_range(etwi_buffer *out, etw_str pair)
{
    const char *comma = memchr(pair.data, ',', pair.size);
    const size_t size = (size_t)(comma - pair.data);
    ETWI_APPEND(out, "{");
    append_value(out, (etw_str){pair.data, size});
    ETWI_APPEND(out, "..");
    append_value(out, (etw_str){comma + 1, pair.size - size - 1});
    ETWI_APPEND(out, "}");
}

/* ---- Payloads ---- */

/* Names of a path go into backquotes, so that none is taken for a field of the header. */
static etw_status append_field(etwi_buffer *out, etw_str field, etw_error *error)
{
    ETWI_APPEND(out, "`");
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] == '`')
            return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                             "a consumer cannot compare '%.*s', whose name has a backquote",
                             (int)(field.size < 60 ? field.size : 60), field.data);
        if (field.data[i] == '.')
            ETWI_APPEND(out, "`.`");
        else
            etwi_buffer_append_char(out, field.data[i]);
    }
    ETWI_APPEND(out, "` ");
    return ETW_OK;
}

static const char *relation_of(etw_payload_operator op)
{
    switch (op) {
    case ETW_PAYLOAD_NE:
        return "!= ";
    case ETW_PAYLOAD_LE:
        return "<= ";
    case ETW_PAYLOAD_GT:
        return "> ";
    case ETW_PAYLOAD_LT:
        return "< ";
    case ETW_PAYLOAD_GE:
        return ">= ";
    case ETW_PAYLOAD_BETWEEN:
        return "in ";
    case ETW_PAYLOAD_NOT_BETWEEN:
        return "not in ";
    case ETW_PAYLOAD_MODULO:
        return "% ";
    case ETW_PAYLOAD_CONTAINS:
        return "icontains ";
    case ETW_PAYLOAD_DOES_NOT_CONTAIN:
        return "not icontains ";
    case ETW_PAYLOAD_IS:
        return "ieq ";
    case ETW_PAYLOAD_IS_NOT:
        return "ine ";
    default:
        return "== ";
    }
}

static etw_status append_predicate(etwi_buffer *out, const etw_payload_predicate *predicate,
                                   etw_error *error)
{
    ETWI_TRY(append_field(out, predicate->field, error));
    append(out, "%s", relation_of(predicate->op));
    if (predicate->op == ETW_PAYLOAD_BETWEEN || predicate->op == ETW_PAYLOAD_NOT_BETWEEN)
        append_range(out, predicate->value);
    else if (predicate->op >= ETW_PAYLOAD_CONTAINS)
        append_text(out, predicate->value);
    else
        append_value(out, predicate->value);
    if (predicate->op == ETW_PAYLOAD_MODULO)
        ETWI_APPEND(out, " == 0");
    return ETW_OK;
}

static void append_ids(etwi_buffer *out, const etw_provider_filter *filter, bool is_in)
{
    append(out, "id %sin {", is_in ? "" : "not ");
    for (size_t i = 0; i < filter->id_count; i++)
        append(out, "%s%u", i ? "," : "", (unsigned)filter->ids[i]);
    ETWI_APPEND(out, "}");
}

/* Events that it is not about pass. */
static etw_status append_payload(etwi_buffer *out, const etw_provider_filter *filter,
                                 etw_error *error)
{
    if (filter->id_count) {
        append_ids(out, filter, false);
        ETWI_APPEND(out, " or ");
    }
    ETWI_APPEND(out, "(");
    for (size_t i = 0; i < filter->predicate_count; i++) {
        if (i)
            append(out, " %s ", filter->any_predicate ? "or" : "and");
        ETWI_TRY(append_predicate(out, &filter->predicates[i], error));
    }
    ETWI_APPEND(out, ")");
    return ETW_OK;
}

/* ---- The others ---- */

static void append_pids(etwi_buffer *out, const etw_provider_filter *filter)
{
    ETWI_APPEND(out, "pid in {");
    for (size_t i = 0; i < filter->pid_count; i++)
        append(out, "%s%u", i ? "," : "", (unsigned)filter->pids[i]);
    ETWI_APPEND(out, "}");
}

/* Events without keywords are within all keywords; those that all have to be there count only
 * beside others. */
static void append_keywords(etwi_buffer *out, uint64_t any, uint64_t all)
{
    if (!any)
        return;
    append(out, " and (keyword == 0 or (keyword & %llu", (unsigned long long)any);
    if (all)
        append(out, " and keyword & %llu == %llu", (unsigned long long)all,
               (unsigned long long)all);
    ETWI_APPEND(out, "))");
}

static void append_names(etwi_buffer *out, const etw_provider_filter *filter)
{
    append(out, "%s(event in {", filter->exclude ? "not " : "");
    for (size_t i = 0; i < filter->name_count; i++) {
        if (i)
            ETWI_APPEND(out, ",");
        append_text(out, filter->names[i]);
    }
    ETWI_APPEND(out, "}");
    if (filter->level)
        append(out, " and level <= %u", (unsigned)filter->level);
    append_keywords(out, filter->match_any_keyword, filter->match_all_keyword);
    ETWI_APPEND(out, ")");
}

static etw_status append_filter(etwi_buffer *out, const etw_provider_filter *filter, size_t index,
                                etw_error *error)
{
    switch (filter->type) {
    case ETW_FILTER_TYPE_EVENT_ID:
        append_ids(out, filter, !filter->exclude);
        return ETW_OK;
    case ETW_FILTER_TYPE_PID:
        append_pids(out, filter);
        return ETW_OK;
    case ETW_FILTER_TYPE_EVENT_NAME:
        append_names(out, filter);
        return ETW_OK;
    case ETW_FILTER_TYPE_PAYLOAD:
        return append_payload(out, filter, error);
    default:
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "filter %zu, of type 0x%08X, cannot be applied by a consumer", index,
                         (unsigned)filter->type);
    }
}

static etw_status append_all(etwi_buffer *out, const etw_enable_parameters *parameters,
                             uint32_t at_consumer, etw_error *error)
{
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(&parameters->provider, 0, guid);
    append(out, "guid != %s or (true", guid);
    for (size_t i = 0; i < parameters->filter_count; i++) {
        if (!(at_consumer & 1u << i))
            continue;
        ETWI_APPEND(out, " and (");
        ETWI_TRY(append_filter(out, &parameters->filters[i], i, error));
        ETWI_APPEND(out, ")");
    }
    ETWI_APPEND(out, ")");
    etwi_buffer_append_char(out, '\0');
    return out->failed ? etwi_fail_nomem(error) : ETW_OK;
}

etw_status etw_provider_post_filter(etw_filter **out, const etw_enable_parameters *parameters,
                                    uint32_t at_consumer, etw_error *error)
{
    *out = NULL;
    const size_t count = parameters->filter_count;
    ETWI_TRY(etw_provider_filters_check(parameters->filters, count, error));
    if (at_consumer >> count)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "filters at the consumer: there are %zu", count);
    if (!at_consumer)
        return ETW_OK;
    if (parameters->properties & ETW_ENABLE_PROPERTY_PROVIDER_GROUP)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "a consumer cannot tell the events of a group of providers, which come "
                         "under the GUIDs of its members");
    etwi_buffer text = {.allocator = etwi_allocator_or_default(NULL)};
    etw_status status = append_all(&text, parameters, at_consumer, error);
    if (status == ETW_OK)
        status = etw_filter_compile(out, text.data, NULL, error);
    if (status != ETW_OK && error)
        error->offset = ETW_NO_OFFSET; // It would be one of a text that the caller does not have.
    etwi_buffer_free(&text);
    return status;
}
