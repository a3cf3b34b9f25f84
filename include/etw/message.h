/**
 * @file
 * Messages: what providers say about their events, with the values filled in.
 */
#ifndef ETW_MESSAGE_H
#define ETW_MESSAGE_H

#include <etw/property.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes the message of an event as UTF-8, terminated by a zero and cut at a whole character if
 * `size` is too small.
 *
 * Values take the place of `%1`, `%2!x!`, … (of WPP messages `%10!d!`, `%!FUNC!`, …); those that
 * the payload does not have leave it as it is. docs/schemas.md tells how values are written.
 *
 * @param schema NULL, or without a message: the text is empty.
 * @param format NULL for the defaults.
 * @return The length of the whole text, without the terminating zero, whatever `size` is; 0 if the
 *         event has no message.
 */
ETW_API size_t etw_event_message(const etw_event *event, const etw_schema *schema,
                                 const etw_format *format, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
