/* Messages in JSON. */
#include "base/memory.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"

#include <etw/message.h>

enum {
    SHORT_SIZE = 1024, /* Longer messages are made twice. */
};

static void put(etw_json *json, const char *text, size_t size)
{
    const etw_str message = {text, size};
    etwi_buffer_append_str(&json->out, etwi_json_words_of(json)->begin_message);
    etwi_json_string(&json->out, message);
}

void etwi_json_message(etw_json *json, const etw_event *event, const etw_schema *schema)
{
    char text[SHORT_SIZE];
    const etw_format *format = &json->options.format;
    const size_t size = etw_event_message(event, schema, format, text, sizeof text);
    if (!size)
        return;
    if (size < sizeof text) {
        put(json, text, size);
        return;
    }
    char *longer = etwi_alloc(&json->allocator, size + 1);
    if (!longer) {
        json->out.failed = true;
        return;
    }
    put(json, longer, etw_event_message(event, schema, format, longer, size + 1));
    etwi_free(&json->allocator, longer, size + 1);
}
