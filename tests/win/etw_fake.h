/*
 * Functions of Windows' ETW that keep what they were called with and answer what a test wants: a
 * table of etwi_api, so that what libetw passes can be looked at byte by byte, on any system.
 */
#ifndef ETW_WIN_FAKE_H
#define ETW_WIN_FAKE_H

#include "session/win/api.h"
#include "session/win/codes.h"
#include "session/win/properties.h"

#include <stddef.h>

enum {
    FAKE_CALLS = 40,
    FAKE_BYTES = 8192,
    FAKE_FILTERS = 16,
    FAKE_GUIDS = 4,
};

/* One call, whichever function it was. What does not belong to the function is zero. */
typedef struct fake_call {
    const char *function;
    uint64_t handle;
    bool has_name;
    etwi_abi_char name[ETWI_WIN_NAME_ROOM];
    uint32_t code; /* Of ControlTrace, EnableTraceEx2; the class of information. */
    size_t size;   /* Of the block or the data, as it was told. */
    uint8_t bytes[FAKE_BYTES];
    /* EnableTraceEx2. */
    etw_guid guid;
    uint8_t level;
    uint64_t any, all;
    uint32_t timeout;
    bool has_parameters;
    etwi_abi_enable_parameters parameters;
    etwi_abi_filter filters[FAKE_FILTERS];
    uint8_t filter_bytes[FAKE_FILTERS][1024];
} fake_call;

/* What is answered, and what was called. */
typedef struct fake_state {
    fake_call calls[FAKE_CALLS];
    unsigned count;
    uint32_t build;
    uint32_t start_code, control_code, enable_code, information_code; /* 0: it works. */
    uint32_t start_fails;  /* So many calls come to `start_code`; 0 for all. */
    etwi_win_block answer; /* What ControlTrace writes. */
    uint32_t sessions;     /* That QueryAllTraces tells of. */
    /* TDH: events of the manifest; ids from `without_field` on cannot be filtered. */
    uint16_t event_ids[8];
    uint32_t event_count;
    uint16_t without_field;
    uint32_t aggregate_code;
    unsigned filters_alive; /* Made and not freed. */
    /* EnumerateTraceGuidsEx: GUIDs, and the answer about each. */
    etw_guid guids[FAKE_GUIDS];
    uint32_t guid_count;
    uint8_t guid_info[FAKE_GUIDS][256];
    uint32_t guid_info_size[FAKE_GUIDS];
    bool first_answer_is_small; /* The first question about a GUID finds too little room. */
    uint32_t groups[8];
} fake_state;

extern fake_state fake;

/* All functions; a test may take some out. */
extern etwi_api fake_api;

/* Forgets everything, says Windows 10 22H2, and puts the table in place. */
void fake_reset(void);

/* The call at an index from the last one, 0; a test that asks for more than there were fails. */
const fake_call *fake_last(unsigned back);

/* Numbers in bytes. */
uint32_t fake_u32(const uint8_t *at);
uint64_t fake_u64(const uint8_t *at);

#endif
