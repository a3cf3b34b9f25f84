/* Time stamps as text: neighbours share the second, so its text is kept. */
#ifndef ETWI_SINK_JSON_CLOCK_H
#define ETWI_SINK_JSON_CLOCK_H

#include "base/text_fast.h"

#include <etw/time.h>

enum {
    ETWI_CLOCK_TEXT_MAX = 32, /* Room that a time stamp needs. */
};

typedef struct etwi_json_clock {
    uint64_t second; /* FILETIME at which the second begins. */
    char text[24];   /* Up to the point before the fraction. */
    uint32_t text_size;
} etwi_json_clock;

static inline void etwi_json_clock_set(etwi_json_clock *clock, uint64_t filetime)
{
    char text[ETW_TIME_TEXT_SIZE];
    const size_t size = etw_time_format(filetime, text);
    clock->second = filetime - filetime % ETW_TICKS_PER_SECOND;
    clock->text_size = (uint32_t)(size - sizeof "1234567Z" + 1);
    memcpy(clock->text, text, clock->text_size);
}

/* `2026-11-22T18:04:05.1234567Z`. */
static inline char *etwi_json_put_time(etwi_json_clock *clock, char *out, uint64_t filetime)
{
    if (filetime - clock->second >= ETW_TICKS_PER_SECOND)
        etwi_json_clock_set(clock, filetime);
    memcpy(out, clock->text, sizeof clock->text);
    out += clock->text_size;
    const uint64_t digits = etwi_eight_digits((uint32_t)(filetime - clock->second));
    etwi_store_u64(out, digits >> 8 | (uint64_t)'Z' << 56);
    return out + 8;
}

#endif
