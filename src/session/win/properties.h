/* The blocks that StartTrace and ControlTrace take and give: made from options, read into info. */
#ifndef ETWI_SESSION_WIN_PROPERTIES_H
#define ETWI_SESSION_WIN_PROPERTIES_H

#include "session/win/etw_abi.h"

#include <etw/session.h>

enum {
    ETWI_WIN_NAME_ROOM = ETW_SESSION_NAME_MAX + 1,
    ETWI_WIN_PATH_ROOM = 1024
};

/*
 * EVENT_TRACE_PROPERTIES_V2 with the names behind it. Windows writes into every block that it is
 * handed, and what it wrote misleads the next call, so that each call gets a block of its own.
 */
typedef struct etwi_win_block {
    etwi_abi_properties properties;
    etwi_abi_char name[ETWI_WIN_NAME_ROOM];
    etwi_abi_char log_file[ETWI_WIN_PATH_ROOM];
} etwi_win_block;

/* "NT Kernel Logger". */
extern const char etwi_win_kernel_logger[];

/*
 * The rules of the kernel's sessions: whose flags, which name and GUID. ETW_E_INVALID,
 * ETW_E_UNSUPPORTED.
 */
etw_status etwi_win_check_kernel(const etw_session_options *options, uint32_t build,
                                 etw_error *error);

/* The path of a log file in UTF-16, with backslashes. ETW_E_INVALID if it is no UTF-8. */
etw_status etwi_win_log_path(etwi_abi_char out[ETWI_WIN_PATH_ROOM], const char *path,
                             etw_error *error);

/* For StartTrace, which fills in the name itself. */
etw_status etwi_win_block_start(etwi_win_block *block, const etw_session_options *options,
                                uint32_t build, etw_error *error);

/* To query, or to stop; both names come back. */
void etwi_win_block_ask(etwi_win_block *block);

/* To flush; into `file` if it is not empty, which is for sessions in buffering mode. */
void etwi_win_block_flush(etwi_win_block *block, const etwi_abi_char file[ETWI_WIN_PATH_ROOM]);

/* To update: what is in `changes`, and everything else that an update sets as it is now. */
etw_status etwi_win_block_update(etwi_win_block *block, const etwi_win_block *now,
                                 const etw_session_update_options *changes, uint32_t build,
                                 etw_error *error);

/* What Windows answered. `info` is zeroed but for its size. */
void etwi_win_block_info(const etwi_win_block *block, etw_session_info *info);

#endif
