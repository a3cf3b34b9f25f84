/* Writing the values in messages. */
#ifndef ETWI_DECODE_MESSAGE_H
#define ETWI_DECODE_MESSAGE_H

#include "schema/insertion.h"

#include <etw/message.h>

/* Text that counts what it has no room for. */
typedef struct etwi_message {
    char *data;
    size_t room;   /* Without the terminating zero. */
    size_t wanted; /* What is written too, unless `is_cut`. */
    bool is_cut;
    const etw_format *format;
} etwi_message;

void etwi_message_put(etwi_message *out, const char *text, size_t size);
void etwi_message_put_str(etwi_message *out, etw_str text);

/* One value as its insertion wants it; `is_wpp` if the tags of its property are those of WPP. */
void etwi_message_value(etwi_message *out, const etw_item *item, const etwi_insertion *how,
                        bool is_wpp);

#endif
