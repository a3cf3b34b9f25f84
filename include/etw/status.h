/**
 * @file
 * How libetw says what went wrong.
 *
 * Every function that can fail returns an etw_status. Zero is success, a positive value is an
 * outcome that is no failure (the end of a trace, say), a negative value is a failure. Functions
 * that create an object also take a nullable `etw_error *` for the details; objects keep the
 * details of their own last failure.
 */
#ifndef ETW_STATUS_H
#define ETW_STATUS_H

#include <etw/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Name, number, text of every status. */
#define ETW_STATUS_MAP(X)                                \
    X(OK, 0, "success")                                  \
    X(END, 1, "no more data")                            \
    X(AGAIN, 2, "nothing yet, try again")                \
    X(STOPPED, 3, "stopped on request")                  \
    X(E_INVALID, -1, "invalid argument")                 \
    X(E_NOMEM, -2, "out of memory")                      \
    X(E_IO, -3, "input or output failed")                \
    X(E_NOT_FOUND, -4, "not found")                      \
    X(E_NOT_TRACE, -5, "not an ETL trace")               \
    X(E_TRUNCATED, -6, "data ends early")                \
    X(E_CORRUPT, -7, "data is damaged")                  \
    X(E_LIMIT, -8, "a limit is exceeded")                \
    X(E_UNSUPPORTED, -9, "not supported")                \
    X(E_TYPE, -10, "the value has another type")         \
    X(E_RANGE, -11, "the value does not fit")            \
    X(E_NO_SCHEMA, -12, "no schema describes the event") \
    X(E_EXISTS, -13, "exists already")                   \
    X(E_ACCESS, -14, "access denied")                    \
    X(E_TIMEOUT, -15, "took too long")                   \
    X(E_FULL, -16, "there is no room")

typedef enum etw_status {
#define X(name, number, text) ETW_##name = (number),
    ETW_STATUS_MAP(X)
#undef X
} etw_status;

/** True for failures; false for ETW_OK and for outcomes such as ETW_END. */
static inline bool etw_failed(etw_status status)
{
    return (int)status < 0;
}

/** The text of a status, for example "data ends early"; never NULL. */
ETW_API const char *etw_status_text(etw_status status);

/** The name of a status without its prefix, for example "E_TRUNCATED"; never NULL. */
ETW_API const char *etw_status_name(etw_status status);

/** The value of etw_error.offset when the failure has no place in the input. */
#define ETW_NO_OFFSET UINT64_MAX

/** A failure in detail. Owned by the caller; needs no cleanup. */
typedef struct etw_error {
    etw_status status; /**< ETW_OK if nothing failed. */
    int os_code;       /**< errno or the Windows error code, 0 if the OS was not involved. */
    uint64_t offset;   /**< Byte offset in the input, or ETW_NO_OFFSET. */
    char message[240]; /**< One line in English, lower case, always terminated. */
} etw_error;

#ifdef __cplusplus
}
#endif

#endif
