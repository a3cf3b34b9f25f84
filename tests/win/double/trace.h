/* Traces that OpenTraceW() has opened. */
#ifndef ETW_TESTS_WIN_DOUBLE_TRACE_H
#define ETW_TESTS_WIN_DOUBLE_TRACE_H

#include "double.h"

enum {
    DOUBLE_TRACES_MAX = 64 /* That one ProcessTrace() takes. */
};

struct double_trace {
    double_trace *next;
    uint64_t handle;
    etw_consumer *consumer;
    bool is_real_time;
    bool is_raw;
    bool is_fed;
    bool is_processing;
    volatile bool is_closing; /* While it is processed. */
    etwi_abi_record_callback on_record;
    etwi_abi_logfile logfile; /* The one that the buffer callback gets, always. */
    etwi_abi_char logger_name[ETW_SESSION_NAME_MAX + 1];
    etwi_abi_char log_file_name[DOUBLE_PATH_SIZE];
    char name[DOUBLE_NAME_SIZE]; /* Of the session. */
    double_feed feed;
    /* The events at hand, while it is processed. */
    const etw_batch *batch;
    size_t index;
    double_record record;
};

/* All about the list of traces, and the members that two threads see, happens under this lock. */
void double_trace_lock(void);
void double_trace_unlock(void);

/* NULL if there is none. */
double_trace *double_trace_find(uint64_t handle);

/* Takes it off the list and frees it. */
void double_trace_destroy(double_trace *trace);

#endif
