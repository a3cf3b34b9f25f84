#include "emit_event.h"

#include "opt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MEMORY_SIZE = 1 << 16 /* Each of what describes an event, and of its values. */
};

bool cli_emit_event_open(emit_event *event)
{
    event->memory = malloc(2 * (size_t)MEMORY_SIZE);
    if (!event->memory) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        return false;
    }
    etw_event_builder_init(&event->builder, event->memory, MEMORY_SIZE,
                           (char *)event->memory + MEMORY_SIZE, MEMORY_SIZE);
    return true;
}

void cli_emit_event_close(emit_event *event)
{
    free(event->memory);
}

bool cli_emit_fail(emit_event *event, const char *problem, ...)
{
    va_list arguments;
    va_start(arguments, problem);
    vsnprintf(event->problem.message, sizeof event->problem.message, problem, arguments);
    va_end(arguments);
    return false;
}

etw_str cli_emit_name(etw_str key, etw_str *type)
{
    for (size_t i = key.size; i-- > 0;) {
        if (key.data[i] != ':')
            continue;
        *type = (etw_str){key.data + i + 1, key.size - i - 1};
        return (etw_str){key.data, i};
    }
    return key;
}

bool cli_emit_field(emit_event *event, etw_str key, etw_str type, etw_str value)
{
    const etw_str name = cli_emit_name(key, &type);
    return !etw_failed(
        etw_event_builder_add_text(&event->builder, name, type, value, &event->problem));
}

bool cli_emit_arguments(emit_event *event, const char *name, const char *const *arguments,
                        size_t count)
{
    const etw_str text = {"str", 3};
    if (etw_failed(etw_event_builder_begin(&event->builder, (etw_str){name, strlen(name)}, 0)))
        return cli_emit_fail(event, "'%.60s' is no name for an event", name);
    for (size_t i = 0; i < count; i++) {
        const char *value = strchr(arguments[i], '=');
        if (!value || value == arguments[i])
            return cli_emit_fail(event, "'%.60s' is no field: FIELD:TYPE=VALUE is needed",
                                 arguments[i]);
        const etw_str key = {arguments[i], (size_t)(value - arguments[i])};
        value++;
        if (!cli_emit_field(event, key, text, (etw_str){value, strlen(value)}))
            return false;
    }
    return true;
}

bool cli_emit_mask(const char *text, uint64_t *out)
{
    char *end;
    if (text[0] != '0' || (text[1] | 0x20) != 'x')
        return cli_parse_number(text, out);
    text += 2;
    errno = 0;
    *out = strtoull(text, &end, 16);
    return *text && strspn(text, "0123456789abcdefABCDEF") == strlen(text) && errno == 0;
}
