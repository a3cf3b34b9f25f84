/* JSON for the tables that info and stats print. Commas come by themselves. */
#ifndef ETW_CLI_JSON_H
#define ETW_CLI_JSON_H

#include "text.h"

/* `key` is NULL inside an array. */
void cli_json_object(cli_text *text, const char *key);
void cli_json_array(cli_text *text, const char *key);
void cli_json_end_object(cli_text *text);
void cli_json_end_array(cli_text *text);

void cli_json_string(cli_text *text, const char *key, etw_str value);
void cli_json_string_z(cli_text *text, const char *key, const char *value);
void cli_json_number(cli_text *text, const char *key, uint64_t value);
void cli_json_signed(cli_text *text, const char *key, int64_t value);
void cli_json_bool(cli_text *text, const char *key, bool value);
void cli_json_null(cli_text *text, const char *key);

/* Seconds as a number with seven digits after the point. */
void cli_json_seconds(cli_text *text, const char *key, uint64_t ticks);

/* RFC 3339; null for 0. */
void cli_json_time(cli_text *text, const char *key, uint64_t filetime);

/* Lower case, no braces. */
void cli_json_guid(cli_text *text, const char *key, const etw_guid *guid);

#endif
