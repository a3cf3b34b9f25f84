/*
 * The engine as a guest in a process that has providers: what they have in common. It comes to be
 * with the first provider and goes with the last one.
 *
 *     provider.c   registering, and what the child of a fork does
 *     refresh.c    from the enable tables of all sessions to the targets of the providers
 *     callbacks.c  what changed, told to the program
 *     attach.c     sessions whose memory is mapped, as long as a provider writes into them
 *     listener.c   the thread that waits for changes
 *     write.c      events
 *     system_provider.c  the same with the operating system, where it takes events
 *
 * Everything but writing happens under one lock.
 */
#ifndef ETWI_ENGINE_PROCESS_H
#define ETWI_ENGINE_PROCESS_H

#include "engine/card.h"
#include "engine/private.h"
#include "engine/target.h"

#include <etw/write.h>

/* A session that providers of this process write into. */
typedef struct etwi_attached etwi_attached;
struct etwi_attached {
    etwi_attached *next;
    etwi_session_id id; /* Of a private session: no logger id, and its address as the serial. */
    etwi_mapping *mapping;
    etwi_mapping own;      /* Of a shared session. */
    etwi_private *private; /* Of a private one: held. */
    bool is_wanted;        /* By a provider, as of the refresh that runs. */
};

/* A session as a refresh sees it. */
typedef struct etwi_seen_session {
    etwi_session_id id;
    etwi_private *private; /* NULL for shared sessions. */
    etwi_enable_table table;
} etwi_seen_session;

/* All sessions as a refresh sees them. */
typedef struct etwi_view {
    size_t count;
    etwi_seen_session sessions[ETW_SESSIONS_MAX + ETWI_PRIVATE_MAX];
} etwi_view;

/* What a callback was told about a session last. */
typedef struct etwi_told {
    etwi_session_id id;
    etw_guid source;
    uint32_t change, capture;
} etwi_told;

struct etw_provider {
    etw_provider_head head; /* The first member: etw_provider_enabled() knows. */
    _Atomic(etwi_targets *) targets;
    etw_guid guid;
    etw_bytes traits; /* Behind the structure. */
    etw_provider *next;
    etw_enable_callback on_enable;
    void *user;
    size_t size; /* Of the memory it is in. */
    etw_str name;
    etw_guid group;
    bool has_group;
    bool was_told; /* Once, at least: what is new now came after it. */
    uint8_t told_count;
    etwi_told told[ETWI_TARGETS_MAX];
    void *system;                  /* Its registration with the operating system, or NULL. */
    etw_provider_head system_head; /* What the system wants. */
};

/* What events of this process are told, if a session asks for it. */
typedef struct etwi_identity {
    uint32_t login_session;
    uint32_t sid_size;
    uint64_t start_key;
    uint8_t sid[68];
} etwi_identity;

/* The thread that waits for changes. */
typedef struct etwi_listener etwi_listener;

/* All there is for the whole process. */
typedef struct etwi_process {
    etw_provider *providers;
    etwi_registry *registry; /* NULL where there can be private sessions only. */
    etwi_card *card;
    etwi_attached *attached;
    etwi_listener *listener;

    /* Taken away from writers, some of whom may still be at it. */
    etwi_targets *old_targets;
    etwi_attached *old_attached;

    uint32_t seen_generation; /* Of the registry, that is in effect. */
    bool has_begun;           /* There is all that the first provider brings along. */
    bool is_stale;            /* A private session changed during a refresh. */
    etwi_program program;
    etwi_identity identity;
    _Atomic uint32_t process_id; /* Whose state this is; differs in the child of a fork. */
    _Atomic(const _Atomic uint32_t *) process_word; /* etwi_process_word(), for writers. */
    _Atomic bool is_orphaned; /* A child that has not registered itself yet. */
} etwi_process;

extern etwi_process etwi_this_process;

/* The lock. It does not fail once a provider is registered. */
etw_status etwi_process_lock(etw_error *error);
void etwi_process_unlock(void);
/* Whether this thread has it: it runs a callback. */
bool etwi_process_is_locked_here(void);

/* Makes the child of a fork a process of its own, with the providers its parent had. */
void etwi_process_revive(void);

/* ---- under the lock -------------------------------------------------------------------------- */

/* Reads the tables of all sessions and puts them into effect; callbacks run. */
void etwi_refresh(void);

/* Replaces the sessions of a provider; NULL for none. */
void etwi_provider_set_targets(etw_provider *provider, etwi_targets *targets);

/* Sets what the operating system wants of a provider. */
void etwi_provider_set_system_head(etw_provider *provider, etw_provider_head head);

/* Makes every event come to the library: in the child of a fork, where the first one registers. */
void etwi_provider_ask_always(etw_provider *provider);

/* Tells a provider what is new to it. */
void etwi_callbacks_run(etw_provider *provider, const etwi_view *view);

/* The entry of a session's table that is for a provider in this process, or NULL. */
const etwi_enable *etwi_view_find(const etwi_seen_session *session, const etw_provider *provider);

/* The session's memory; NULL if it cannot be had. */
etwi_mapping *etwi_process_attach(const etwi_seen_session *session);

/* Lets go of what was not asked for since the last call. Writers may still be at it. */
void etwi_process_detach_unwanted(void);

/* Frees what was taken away from writers, once none can be at it. False if some still may. */
bool etwi_process_bury(uint32_t timeout_ms);

/* In the child of a fork: the memory is the parent's. */
void etwi_attached_forked(bool is_writing);

etw_status etwi_listener_start(etwi_listener **out, etw_error *error);
/* Outside of the lock. */
void etwi_listener_stop(etwi_listener *listener);
/* In the child of a fork, which has no such thread. */
void etwi_listener_forget(etwi_listener *listener);

#endif
