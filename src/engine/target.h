/*
 * Targets: the sessions that want events of a provider, with all that decides whether they want
 * this one. A list of targets never changes; a new list takes the place of the old one.
 */
#ifndef ETWI_ENGINE_TARGET_H
#define ETWI_ENGINE_TARGET_H

#include "engine/enable_table.h"
#include "engine/mapping.h"

#include <etw/session.h>
#include <etw/write.h>

enum {
    /* Sessions of the user that enable the provider, or that enable its group, and those of this
     * process. */
    ETWI_TARGETS_MAX = 3 * ETW_PROVIDER_SESSIONS_MAX,
};

typedef struct etwi_target {
    etwi_mapping *mapping;
    uint64_t match_any_keyword; /* All bits rather than 0. */
    uint64_t match_all_keyword;
    uint32_t levels; /* 1 + the most verbose level. */
    uint32_t properties;
    /* Those that look at each event: ids and names, and what gets a stack. */
    etw_provider_filter *event_filters, *stack_filters;
    uint8_t event_filter_count;
    uint8_t stack_filter_count;
    bool without_keyword_0;
} etwi_target;

typedef struct etwi_targets etwi_targets;
struct etwi_targets {
    etwi_targets *next; /* Among those that are to be freed. */
    uint32_t count;
    uint32_t properties; /* The union. */
    bool has_filters;    /* Any that look at each event. */
    bool is_usual; /* One session, without filters, that wants the event as it is, or with the start
                      key. */
    etwi_arena arena; /* Of the filters. */
    etwi_target list[ETWI_TARGETS_MAX];
};

/* This process, to filters by process. */
typedef struct etwi_program {
    uint32_t process_id;
    char path[1024]; /* Of its file; empty if it is not known. */
} etwi_program;

/* Whether an entry of an enable table is meant for a program. */
bool etwi_enable_is_for(const etwi_enable *enable, const etwi_program *program);

/* An empty list; NULL if memory is out. */
etwi_targets *etwi_targets_create(void);
void etwi_targets_destroy(etwi_targets *targets);

/* Adds a session that wants events. ETW_E_LIMIT, ETW_E_NOMEM. */
etw_status etwi_targets_add(etwi_targets *targets, etwi_mapping *mapping,
                            const etwi_enable *enable);

/* Whether its session wants an event, filters apart. */
static inline bool etwi_target_wants(const etwi_target *target,
                                     const etw_event_descriptor *descriptor)
{
    const uint64_t keyword = descriptor->keyword;
    if (descriptor->level >= target->levels)
        return false;
    if (!keyword)
        return !target->without_keyword_0;
    return (keyword & target->match_any_keyword) &&
           (keyword & target->match_all_keyword) == target->match_all_keyword;
}

/* Whether its filters let an event pass. */
bool etwi_target_passes(const etwi_target *target, const etw_event_descriptor *descriptor,
                        etw_str name);

/* The properties of an event that it wants: without a stack if filters say so. */
uint32_t etwi_target_properties(const etwi_target *target, const etw_event_descriptor *descriptor,
                                etw_str name);

enum {
    /* Those that add items to events. */
    ETWI_TARGET_EXTRAS = ETW_ENABLE_PROPERTY_SID | ETW_ENABLE_PROPERTY_TS_ID |
                         ETW_ENABLE_PROPERTY_STACK_TRACE | ETW_ENABLE_PROPERTY_PROCESS_START_KEY |
                         ETW_ENABLE_PROPERTY_EVENT_KEY,
};

/* What etw_provider_enabled() looks at: the union of all targets. */
etw_provider_head etwi_targets_head(const etwi_targets *targets);

/* The name of an event from its description (extended data of type 11); empty if there is none. */
etw_str etwi_description_name(etw_bytes description);

#endif
