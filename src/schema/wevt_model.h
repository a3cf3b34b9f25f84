/* What the parts of the reader of compiled manifests share. */
#ifndef ETWI_SCHEMA_WEVT_MODEL_H
#define ETWI_SCHEMA_WEVT_MODEL_H

#include "base/bytes.h"
#include "schema/fault.h"
#include "schema/name_table.h"
#include "schema/wevt.h"

#define ETWI_WEVT_NO_MESSAGE UINT32_MAX

/* Things that many refer to are made once; they are known by the bytes that refer to them. */
typedef enum etwi_wevt_kind {
    ETWI_WEVT_TEXT,
    ETWI_WEVT_MESSAGE,
    ETWI_WEVT_MAP,
    ETWI_WEVT_TEMPLATE,
    ETWI_WEVT_KEYWORDS,
    ETWI_WEVT_EVENT,
} etwi_wevt_kind;

typedef struct etwi_wevt_template {
    const etw_property *properties;
    uint16_t property_count;
    uint16_t top_level_count;
    bool is_user_data;
    bool is_broken;
} etwi_wevt_template;

typedef struct etwi_wevt_keywords {
    const etw_keyword *keywords;
    uint32_t count;
} etwi_wevt_keywords;

/* An array that only grows. */
typedef struct etwi_wevt_list {
    void *items;
    size_t count;
    size_t capacity;
} etwi_wevt_list;

typedef struct etwi_wevt {
    etw_bytes data;
    const etwi_message_table *messages;
    etwi_arena *arena;  /* Of what the schemas point to. */
    etwi_arena scratch; /* Keys of events. */
    const etwi_taker *taker;
    etw_error *problem;
    etw_error *error;
    uint64_t budget; /* Bytes still to be worked on; parts of damaged resources may overlap. */
    etwi_name_table known;
    etwi_wevt_list texts;     /* etw_str */
    etwi_wevt_list maps;      /* const etw_map * */
    etwi_wevt_list templates; /* etwi_wevt_template */
    etwi_wevt_list keywords;  /* etwi_wevt_keywords */
} etwi_wevt;

/* Where definitions of one kind keep what. */
typedef struct etwi_wevt_rule {
    const char *noun;
    uint8_t size;
    uint8_t name_at;
    uint8_t message_at;
} etwi_wevt_rule;

extern const etwi_wevt_rule etwi_wevt_rules[ETW_NAMED_KIND_COUNT];

/* A place in the resource, for faults. */
static inline etwi_place etwi_wevt_place(const etwi_wevt *in, uint64_t offset)
{
    const etwi_place place = {in->problem, offset, 0};
    return place;
}

/* Takes from the budget; ETW_E_LIMIT if there is not so much left. */
etw_status etwi_wevt_charge(etwi_wevt *in, uint64_t amount);

/* `size` bytes at an offset, or NULL. */
const uint8_t *etwi_wevt_at(const etwi_wevt *in, uint64_t offset, uint64_t size);

/* The index of what the `size` bytes at `field` stand for, or ETWI_NO_VALUE. */
uint32_t etwi_wevt_known(const etwi_wevt *in, etwi_wevt_kind kind, const uint8_t *field,
                         size_t size);

/* Appends to a list what the bytes at `field` stand for from now on. */
etw_status etwi_wevt_remember(etwi_wevt *in, etwi_wevt_kind kind, etw_bytes field,
                              etwi_wevt_list *list, const void *item, size_t item_size);

/* The text whose offset is at `field`; empty if there is none. */
etw_status etwi_wevt_text(etwi_wevt *in, const uint8_t *field, etw_str *out);

/* The message whose number is at `field`; empty if there is none. */
etw_status etwi_wevt_message(etwi_wevt *in, const uint8_t *field, etw_str *out);

/* Reads the list of names or of maps at an offset; other parts of a provider are passed over. */
etw_status etwi_wevt_read_list(etwi_wevt *in, uint32_t offset, etwi_provider *out);

/* The map whose offset is at `field`; NULL if there is none. */
etw_status etwi_wevt_get_map(etwi_wevt *in, const uint8_t *field, const etw_map **out);

/* Puts the messages of the same table in the place of what refers to them (`%%4114`). */
etw_status etwi_wevt_insert_parameters(etwi_wevt *in, etw_str *text);

/* The template whose offset is at `field`. */
etw_status etwi_wevt_get_template(etwi_wevt *in, const uint8_t *field, etwi_wevt_template *out);

#endif
