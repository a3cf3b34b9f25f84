#include "schema/manifest_words.h"

#include "base/number.h"
#include "schema/types.h"

#include <etw/schema.h>
#include <string.h>

typedef struct word {
    const char *name;
    uint16_t value;
} word;

static const word LEVELS[] = {
    {"LogAlways", 0}, {"Critical", 1},      {"Error", 2},
    {"Warning", 3},   {"Informational", 4}, {"Verbose", 5},
};

static const word OPCODES[] = {
    {"Info", 0},    {"Start", 1},     {"Stop", 2},      {"DC_Start", 3},
    {"DC_Stop", 4}, {"Extension", 5}, {"Reply", 6},     {"Resume", 7},
    {"Suspend", 8}, {"Send", 9},      {"Receive", 240},
};

static const word CHANNELS[] = {
    {"TraceClassic", 0}, {"System", 8},        {"Application", 9},
    {"Security", 10},    {"TraceLogging", 11}, {"ProviderMetadata", 12},
};

/* The values are numbers of bits. */
static const word KEYWORDS[] = {
    {"ResponseTime", 48},    {"WDIDiag", 50},      {"SQM", 51},
    {"AuditFailure", 52},    {"AuditSuccess", 53}, {"CorrelationHint", 54},
    {"EventlogClassic", 55},
};

static const word TASKS[] = {{"None", 0}};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static etw_str trim(etw_str text)
{
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    while (text.size && is_blank(*text.data)) {
        text.data++;
        text.size--;
    }
    return text;
}

bool etwi_manifest_number(etw_str text, uint64_t max, uint64_t *out)
{
    text = trim(text);
    const bool is_hex = text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
    const unsigned base = is_hex ? 16 : 10;
    uint64_t value = 0;
    if (!text.size)
        return false;
    for (size_t i = is_hex ? 2 : 0; i < text.size; i++) {
        const unsigned digit = etwi_digit_of(text.data[i]);
        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return value <= max;
}

etw_str etwi_manifest_local(etw_str name)
{
    for (size_t i = name.size; i > 0; i--) {
        if (name.data[i - 1] != ':')
            continue;
        const etw_str local = {name.data + i, name.size - i};
        return local.size ? local : name; // "Parse:" is a whole name.
    }
    return name;
}

static bool is_separator(char c)
{
    return is_blank(c) || c == ',';
}

bool etwi_manifest_next_word(etw_str *list, etw_str *out)
{
    while (list->size && is_separator(*list->data)) {
        list->data++;
        list->size--;
    }
    out->data = list->data;
    out->size = 0;
    while (out->size < list->size && !is_separator(out->data[out->size]))
        out->size++;
    list->data += out->size;
    list->size -= out->size;
    return out->size > 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool equal_ignoring_case(etw_str a, const char *b)
{
    size_t i = 0;
    while (i < a.size && b[i] && lower(a.data[i]) == lower(b[i]))
        i++;
    return i == a.size && !b[i];
}

static bool find_word(const word *words, size_t count, etw_str name, uint16_t *out)
{
    name = etwi_manifest_local(trim(name));
    for (size_t i = 0; i < count; i++) {
        if (equal_ignoring_case(name, words[i].name)) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

/* The names come with the prefix that is usual. */
static bool find_type(const char *(*type_at)(size_t, uint16_t *), etw_str name, uint16_t *out)
{
    name = etwi_manifest_local(trim(name));
    uint16_t type;
    const char *full;
    for (size_t i = 0; (full = type_at(i, &type)) != NULL; i++) {
        const char *colon = strchr(full, ':');
        if (equal_ignoring_case(name, colon ? colon + 1 : full)) {
            *out = type;
            return true;
        }
    }
    return false;
}

bool etwi_manifest_in_type(etw_str name, uint16_t *out)
{
    return find_type(etwi_in_type_at, name, out);
}

bool etwi_manifest_out_type(etw_str name, uint16_t *out)
{
    return find_type(etwi_out_type_at, name, out);
}

bool etwi_manifest_has_length(unsigned in_type)
{
    return in_type == ETW_IN_UNICODE_STRING || in_type == ETW_IN_ANSI_STRING ||
           in_type == ETW_IN_BINARY;
}

bool etwi_manifest_predefined(etwi_predefined kind, etw_str name, uint64_t *out)
{
    static const struct {
        const word *words;
        size_t count;
    } TABLES[] = {
        [ETWI_PREDEFINED_LEVEL] = {LEVELS, sizeof LEVELS / sizeof *LEVELS},
        [ETWI_PREDEFINED_OPCODE] = {OPCODES, sizeof OPCODES / sizeof *OPCODES},
        [ETWI_PREDEFINED_CHANNEL] = {CHANNELS, sizeof CHANNELS / sizeof *CHANNELS},
        [ETWI_PREDEFINED_KEYWORD] = {KEYWORDS, sizeof KEYWORDS / sizeof *KEYWORDS},
        [ETWI_PREDEFINED_TASK] = {TASKS, sizeof TASKS / sizeof *TASKS},
    };
    uint16_t value;
    if (!find_word(TABLES[kind].words, TABLES[kind].count, name, &value))
        return false;
    *out = kind == ETWI_PREDEFINED_KEYWORD ? (uint64_t)1 << value : value;
    return true;
}
