/**
 * @file
 * Time: the clock of a trace, and 100 ns ticks since 1601 (FILETIME).
 */
#ifndef ETW_TIME_H
#define ETW_TIME_H

#include <etw/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** FILETIME ticks in one second. */
#define ETW_TICKS_PER_SECOND 10000000

/** The clocks a session can use (WNODE_HEADER.ClientContext). */
typedef enum etw_clock_type {
    ETW_CLOCK_UNKNOWN = 0,
    ETW_CLOCK_QPC = 1,         /**< QueryPerformanceCounter. */
    ETW_CLOCK_SYSTEM_TIME = 2, /**< Time stamps are FILETIMEs. */
    ETW_CLOCK_CPU_CYCLES = 3,  /**< The processor's time-stamp counter. */
} etw_clock_type;

/** Ties the raw time stamps of a trace to the calendar. */
typedef struct etw_clock {
    etw_clock_type type;
    uint64_t frequency;  /**< Raw ticks per second; ETW_TICKS_PER_SECOND for system time. */
    int64_t start_raw;   /**< The raw time stamp that corresponds to `start_time`. */
    uint64_t start_time; /**< FILETIME, UTC. */
} etw_clock;

/**
 * Converts a raw time stamp to FILETIME (UTC), exactly and rounded down, for any pair of values.
 * Results outside the range of FILETIME are clamped to it.
 */
ETW_API uint64_t etw_clock_filetime(const etw_clock *clock, int64_t raw);

/** A FILETIME taken apart, in UTC, proleptic Gregorian calendar. */
typedef struct etw_calendar {
    uint32_t year; /**< 1601 to 60056. */
    uint8_t month; /**< 1 to 12. */
    uint8_t day;   /**< 1 to 31. */
    uint8_t hour, minute, second;
    uint32_t fraction; /**< 100 ns units, 0 to 9999999. */
} etw_calendar;

ETW_API etw_calendar etw_calendar_from_filetime(uint64_t filetime);

/** Bytes that etw_time_format() needs, with the terminating zero. */
#define ETW_TIME_TEXT_SIZE 32

/**
 * Writes RFC 3339 in UTC with seven digits of fraction: `2026-11-22T18:04:05.1234567Z`.
 *
 * @return The length without the terminating zero.
 */
ETW_API size_t etw_time_format(uint64_t filetime, char out[ETW_TIME_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
