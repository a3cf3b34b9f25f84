/* Sessions for people, and as JSON. */
#ifndef ETW_CLI_SESSIONS_SHOW_H
#define ETW_CLI_SESSIONS_SHOW_H

#include "text.h"

#include <etw/session.h>

/* One line with all members, ended by a line feed. */
void cli_sessions_add_json(cli_text *text, const etw_session_info *info);

/* The heading of the table, and a line of it. */
void cli_sessions_add_heading(cli_text *text);
void cli_sessions_add_row(cli_text *text, const etw_session_info *info);

/* Everything about one, on a line each. */
void cli_sessions_add_report(cli_text *text, const etw_session_info *info);

#endif
