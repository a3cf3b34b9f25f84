#include "json.h"

#include <inttypes.h>

/* What was written last tells whether a comma is due. */
static void begin(cli_text *text, const char *key)
{
    const char last = text->size ? text->data[text->size - 1] : '{';
    if (last != '{' && last != '[' && last != '\n')
        cli_text_add_char(text, ',');
    if (key)
        cli_text_printf(text, "\"%s\":", key);
}

void cli_json_object(cli_text *text, const char *key)
{
    begin(text, key);
    cli_text_add_char(text, '{');
}

void cli_json_array(cli_text *text, const char *key)
{
    begin(text, key);
    cli_text_add_char(text, '[');
}

void cli_json_end_object(cli_text *text)
{
    cli_text_add_char(text, '}');
}

void cli_json_end_array(cli_text *text)
{
    cli_text_add_char(text, ']');
}

/* The length of the well-formed UTF-8 sequence at `at`; 0 if there is none. */
static size_t utf8_size(const uint8_t *at, size_t left)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max, size;
    } forms[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (at[0] < forms[i].first_min || at[0] > forms[i].first_max || forms[i].size > left)
            continue;
        bool good =
            forms[i].size < 2 || (at[1] >= forms[i].second_min && at[1] <= forms[i].second_max);
        for (size_t j = 2; j < forms[i].size; j++)
            good = good && (at[j] & 0xC0) == 0x80;
        return good ? forms[i].size : 0;
    }
    return 0;
}

void cli_json_string(cli_text *text, const char *key, etw_str value)
{
    begin(text, key);
    cli_text_add_char(text, '"');
    for (size_t i = 0; i < value.size;) {
        const uint8_t byte = (uint8_t)value.data[i];
        const size_t size = utf8_size((const uint8_t *)value.data + i, value.size - i);
        if (size == 0)
            cli_text_printf(text, "\\uDC%02X", byte); // File names need not be UTF-8.
        else if (byte == '"' || byte == '\\')
            cli_text_printf(text, "\\%c", byte);
        else if (byte < 0x20)
            cli_text_printf(text, "\\u%04X", byte);
        else
            cli_text_add(text, (etw_str){value.data + i, size});
        i += size ? size : 1;
    }
    cli_text_add_char(text, '"');
}

void cli_json_string_z(cli_text *text, const char *key, const char *value)
{
    size_t size = 0;
    while (value[size])
        size++;
    cli_json_string(text, key, (etw_str){value, size});
}

void cli_json_number(cli_text *text, const char *key, uint64_t value)
{
    begin(text, key);
    cli_text_printf(text, "%" PRIu64, value);
}

void cli_json_signed(cli_text *text, const char *key, int64_t value)
{
    begin(text, key);
    cli_text_printf(text, "%" PRId64, value);
}

void cli_json_bool(cli_text *text, const char *key, bool value)
{
    begin(text, key);
    cli_text_add_z(text, value ? "true" : "false");
}

void cli_json_null(cli_text *text, const char *key)
{
    begin(text, key);
    cli_text_add_z(text, "null");
}

void cli_json_seconds(cli_text *text, const char *key, uint64_t ticks)
{
    begin(text, key);
    cli_text_add_seconds(text, ticks);
}

void cli_json_time(cli_text *text, const char *key, uint64_t filetime)
{
    if (filetime == 0) {
        cli_json_null(text, key);
        return;
    }
    begin(text, key);
    cli_text_add_char(text, '"');
    cli_text_add_time(text, filetime);
    cli_text_add_char(text, '"');
}

void cli_json_guid(cli_text *text, const char *key, const etw_guid *guid)
{
    char digits[ETW_GUID_TEXT_SIZE];
    etw_guid_format(guid, 0, digits);
    cli_json_string_z(text, key, digits);
}
