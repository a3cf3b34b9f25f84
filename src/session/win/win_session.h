/* A session of Windows, as the files of the backend share it. */
#ifndef ETWI_SESSION_WIN_SESSION_H
#define ETWI_SESSION_WIN_SESSION_H

#include "session/backend.h"
#include "session/win/api.h"
#include "session/win/failure.h"
#include "session/win/properties.h"

#include "base/memory.h"

typedef struct etwi_win_session {
    etw_allocator allocator;
    uint64_t handle;
    etw_guid guid;
    bool is_private; /* It goes by its handle; others go by name, which is never another's. */
    etwi_abi_char name[ETWI_WIN_NAME_ROOM];
    char shown[151]; /* The name, for messages; cut off if it is long. */
    etwi_abi_char flush_file[ETWI_WIN_PATH_ROOM]; /* In buffering mode; else empty. */
} etwi_win_session;

/* The backend, whether its functions are there or not. */
extern const etwi_session_backend etwi_windows_backend;

/* ControlTrace with one of ETWI_ABI_CONTROL_…. */
etw_status etwi_win_control(const etwi_win_session *session, etwi_win_block *block, uint32_t code,
                            const char *what, etw_error *error);

etw_status etwi_win_enable(void *session, const etw_enable_parameters *parameters,
                           etw_enable_report *report, etw_error *error);
etw_status etwi_win_disable(void *session, const etw_guid *provider, etw_error *error);
etw_status etwi_win_capture_state(void *session, const etw_guid *provider, uint32_t timeout_ms,
                                  etw_error *error);

etw_status etwi_win_list(etwi_session_taker take, void *user, etw_error *error);

etw_status etwi_win_providers(etwi_registered_taker take, void *user, etw_error *error);
etw_status etwi_win_enabled(etwi_enabled_taker take, void *user, etw_error *error);

etw_status etwi_win_set_information(void *session, uint32_t kind, const void *data, size_t size,
                                    etw_error *error);
etw_status etwi_win_query_information(void *session, uint32_t kind, void *data, size_t size,
                                      size_t *used, etw_error *error);
etwi_kernel_way etwi_win_kernel_way(void);

#endif
