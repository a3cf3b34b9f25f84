#include "place.h"

#include "text.h"

void cli_say_place(etw_str line, size_t offset)
{
    cli_text lines = {0};
    cli_text_add(&lines, line);
    for (size_t i = 0; i < lines.size; i++)
        if ((uint8_t)lines.data[i] < ' ' || lines.data[i] == 0x7F)
            lines.data[i] = ' ';
    cli_text_add_z(&lines, "\n  ");
    for (size_t i = 0; i < offset && i < line.size; i++)
        if (((uint8_t)line.data[i] & 0xC0) != 0x80)
            cli_text_add_char(&lines, ' ');
    cli_text_add_z(&lines, "^\n");
    if (!lines.failed)
        cli_say("  %.*s", (int)lines.size, lines.data);
    cli_text_free(&lines);
}
