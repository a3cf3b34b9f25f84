/*
 * Lines of JSON, as `etw emit` reads them from standard input. What is taken for an event is one
 * that the library would write.
 */
#include "emit_event.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The command's would take a progress bar off the screen first. */
void cli_say(const char *text, ...)
{
    (void)text;
}

static void require(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    emit_event event = {.level = 5};
    // A copy of just that size: reading beyond it is seen.
    char *line = malloc(size ? size : 1);
    require(line && cli_emit_event_open(&event));
    if (size)
        memcpy(line, data, size);
    if (cli_emit_json(&event, "Name", line, size)) {
        const etw_bytes description = etw_event_builder_description(&event.builder);
        require(event.builder.status == ETW_OK && event.builder.depth == 0);
        require(description.size > 4 && description.data[0] == (description.size & 0xFF));
    } else {
        require(event.problem.message[0] != '\0');
    }
    cli_emit_event_close(&event);
    free(line);
    return 0;
}
