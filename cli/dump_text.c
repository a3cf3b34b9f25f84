/*
 * `etw dump -o text`: one line an event, for people, in columns. What is wider than its column
 * pushes the rest of its own line to the right: widths that depended on other events would depend
 * on which thread saw them.
 */
#include "dump.h"

#include "dump_head.h"

enum {
    PROCESS_WIDTH = 6,
    THREAD_WIDTH = 6,
    DIGITS_MAX = 10,
    PLACE_SIZE_MAX = 40 /* Three numbers, and what stands between and behind them. */
};

static bool text_begin(dump_state *dump)
{
    dump->kinds = dump_kinds_create(dump_add_head, dump->colors);
    return dump->kinds || dump_no_memory();
}

/* A number, or a dash. Writes at most DIGITS_MAX characters to the left of `end`, and returns where
 * they begin. */
static char *put_left_of(char *end, uint32_t number, bool is_there)
{
    if (!is_there)
        *--end = '-';
    for (; is_there; number /= 10) {
        *--end = (char)('0' + number % 10);
        is_there = number >= 10;
    }
    return end;
}

/* A number at the right end of a column, or wider than that. */
static char *put_right(char *at, size_t width, uint32_t number, bool is_there)
{
    char digits[DIGITS_MAX];
    const char *begin = put_left_of(digits + sizeof digits, number, is_there);
    const size_t size = (size_t)(digits + sizeof digits - begin);
    for (size_t i = size; i < width; i++)
        *at++ = ' ';
    memcpy(at, begin, size);
    return at + size;
}

/* ` [3]   5120:7340   `, a dash for what the event does not have. */
static void add_place(cli_text *line, const etw_event *event)
{
    char *const begin = cli_text_reserve(line, PLACE_SIZE_MAX);
    if (!begin)
        return;
    const bool has_processor = event->processor != ETW_NO_PROCESSOR;
    char *at = begin;
    if (!has_processor || event->processor < 10)
        *at++ = ' ';
    *at++ = '[';
    at = put_right(at, 1, event->processor, has_processor);
    *at++ = ']';
    *at++ = ' ';
    at = put_right(at, PROCESS_WIDTH, event->process_id, event->process_id != ETW_NO_ID);
    *at++ = ':';
    const char *thread = at;
    at = put_right(at, 1, event->thread_id, event->thread_id != ETW_NO_ID);
    do
        *at++ = ' ';
    while (at <= thread + THREAD_WIDTH);
    line->size += (size_t)(at - begin);
}

/* The message, if that was asked for and there is one, or all properties. */
static void add_data(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    cli_text *line = &dump->text;
    const size_t start = line->size;
    if (!dump->style->message || !dump_add_message(dump, event, schema, line)) {
        dump_add_data(dump, event, schema, line, true);
        return;
    }
    cli_text_clean_from(line, start);
    dump_walk walk;
    dump_walk_begin(&walk, event, schema);
    dump_walk_finish(&walk, &dump->counts);
}

static void drop_blanks(cli_text *line)
{
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        line->size--;
}

static bool text_event(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    cli_text *line = &dump->text;
    cli_text_add(line, dump->colors->time);
    cli_text_add_next_time(line, &dump->clock, event->timestamp);
    cli_text_add(line, dump->colors->end);
    cli_text_add_char(line, ' ');
    add_place(line, event);
    dump_kinds_add(dump->kinds, line, event, schema);
    const size_t data = line->size;
    add_data(dump, event, schema);
    if (line->size == data && !line->failed)
        drop_blanks(line);
    cli_text_add_char(line, '\n');
    return !line->failed || dump_no_memory();
}

static void text_finish(dump_state *dump)
{
    dump_kinds_destroy(dump->kinds);
    cli_text_free(&dump->text);
}

etw_str dump_text_pending(const dump_state *dump)
{
    return (etw_str){dump->text.data, dump->text.size};
}

void dump_text_clear(dump_state *dump)
{
    dump->text.size = 0;
}

const dump_format dump_text = {text_begin,      NULL,       text_event, dump_text_pending,
                               dump_text_clear, text_finish};
