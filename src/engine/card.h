/*
 * Cards: what providers a process has registered, for those who ask who is there, and how far it
 * has followed the registry, for those who wait for providers to be enabled.
 *
 * A card is a file that its process holds a lock on; when the process ends or becomes another
 * program, the lock is gone, and the card counts no more.
 */
#ifndef ETWI_ENGINE_CARD_H
#define ETWI_ENGINE_CARD_H

#include "engine/registry.h"

/* The card of this process. One thread at a time. */
typedef struct etwi_card etwi_card;

/* One provider; `name` is empty if it has none. */
typedef struct etwi_card_provider {
    etw_guid guid;
    etw_str name; /* UTF-8; cards keep the first ETWI_CARD_NAME_MAX bytes. */
} etwi_card_provider;

enum {
    ETWI_CARD_NAME_MAX = 236,
};

/* Puts a card without providers into the registry's folder. `registry` must outlive it. */
etw_status etwi_card_create(etwi_card **out, etwi_registry *registry, etw_error *error);

/* Replaces the providers on a card. What is published before the enable tables are read is either
 * seen by who enables, or sees it enabled. */
etw_status etwi_card_publish(etwi_card *card, const etwi_card_provider *providers, size_t count,
                             etw_error *error);

/* Says that all that was announced up to a generation is in effect here and its callbacks have
 * run, and wakes those who wait for it. */
void etwi_card_acknowledge(etwi_card *card, uint32_t generation);

/* Takes the card away. NULL is fine. */
void etwi_card_remove(etwi_card **card);

/* Forgets a card without taking it away: in the child of a fork, whose parent still has it. */
void etwi_card_abandon(etwi_card **card);

/* ---- other processes' cards ------------------------------------------------------------------ */

/* A card of a process that lives. Lifetime of all: the call it is handed to. */
typedef struct etwi_card_view {
    uint32_t process_id;
    uint32_t acknowledged; /* Generation. */
    const etwi_card_provider *providers;
    size_t count;
} etwi_card_view;

typedef etw_status (*etwi_card_taker)(void *user, const etwi_card_view *card);

/* Hands out the cards of all processes that live, and removes those of the others. */
etw_status etwi_cards_list(etwi_registry *registry, etwi_card_taker take, void *user,
                           etw_error *error);

/*
 * Waits until all processes that have registered `provider` (NULL: any) have acknowledged a
 * generation. ETW_E_TIMEOUT if they have not after `timeout_ms`.
 */
etw_status etwi_cards_wait(etwi_registry *registry, const etw_guid *provider, uint32_t generation,
                           uint32_t timeout_ms, etw_error *error);

#endif
