/* What Windows says about a session that was opened. */
#ifndef ETWI_CONSUMER_WIN_LIVE_HEADER_H
#define ETWI_CONSUMER_WIN_LIVE_HEADER_H

#include "session/win/etw_abi.h"

#include <etw/etl.h>

/* Whether Windows has not filled it in: right after a session was restarted. */
bool etwi_live_header_is_empty(const etwi_abi_logfile_header *header);

/* All but the names. The clock is told by what it shows now. */
void etwi_live_header_info(etw_trace_info *out, const etwi_abi_logfile_header *header);

/* What a clock shows now, raw. */
int64_t etwi_live_header_now(const etw_clock *clock);

#endif
