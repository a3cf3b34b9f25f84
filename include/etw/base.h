/**
 * @file
 * What every other header of libetw needs: version, visibility, views.
 */
#ifndef ETW_BASE_H
#define ETW_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETW_VERSION_MAJOR 0
#define ETW_VERSION_MINOR 1
#define ETW_VERSION_PATCH 0

#if defined(_WIN32) && defined(ETW_SHARED)
#ifdef ETW_BUILDING
#define ETW_API __declspec(dllexport)
#else
#define ETW_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define ETW_API __attribute__((visibility("default")))
#else
#define ETW_API
#endif

#if defined(__GNUC__)
#define ETW_MUST_CHECK __attribute__((warn_unused_result))
#else
#define ETW_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Borrowed bytes. An empty view may have a NULL `data`. */
typedef struct etw_bytes {
    const uint8_t *data;
    size_t size;
} etw_bytes;

/** Borrowed UTF-8 text. Not necessarily terminated by a zero: always use `size`. */
typedef struct etw_str {
    const char *data;
    size_t size;
} etw_str;

/** The version of the library at run time, for example "0.1.0". */
ETW_API const char *etw_version(void);

#ifdef __cplusplus
}
#endif

#endif
