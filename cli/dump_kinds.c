#include "dump_kinds.h"

#include <stdlib.h>

enum {
    KIND_BITS = 8,
    KIND_COUNT = 1 << KIND_BITS,
    KIND_TEXT_MAX = 208 /* Longer ones are made anew for every event. */
};

/* What makes a kind. */
typedef struct kind_key {
    etw_guid provider;
    const etw_schema *schema;
    uint16_t id;
    uint16_t task;
    uint16_t class; /* Bits of etw_event.flags. */
    uint8_t version;
    uint8_t opcode;
    uint8_t level;
    uint8_t channel;
} kind_key;

typedef struct kind {
    kind_key key;
    size_t size; /* 0: there is none yet. */
    char text[KIND_TEXT_MAX];
} kind;

struct dump_kinds {
    dump_kind_make *make;
    const void *user;
    kind kinds[KIND_COUNT]; /* By a hash of the key; a new one takes the place of an old one. */
};

dump_kinds *dump_kinds_create(dump_kind_make *make, const void *user)
{
    dump_kinds *kinds = calloc(1, sizeof *kinds);
    if (kinds) {
        kinds->make = make;
        kinds->user = user;
    }
    return kinds;
}

void dump_kinds_destroy(dump_kinds *kinds)
{
    free(kinds);
}

static kind_key key_of(const etw_event *event, const etw_schema *schema)
{
    kind_key key;
    // Keys are compared as bytes, of which some may belong to no member.
    memset(&key, 0, sizeof key);
    key.provider = event->provider;
    key.schema = schema;
    key.id = event->id;
    key.task = event->task;
    key.class = event->flags & (ETW_EVENT_CLASSIC | ETW_EVENT_TRACE_MESSAGE);
    key.version = event->version;
    key.opcode = event->opcode;
    key.level = event->level;
    key.channel = event->channel;
    return key;
}

static kind *slot_of(dump_kinds *kinds, const kind_key *key)
{
    const uint64_t mixed =
        ((uint64_t)(uintptr_t)key->schema >> 4 ^ key->provider.data1 ^ (uint64_t)key->id << 8 ^
         (uint64_t)key->opcode << 24 ^ (uint64_t)key->version << 32 ^ key->level) *
        0x9E3779B97F4A7C15;
    return &kinds->kinds[mixed >> (64 - KIND_BITS)];
}

void dump_kinds_add(dump_kinds *kinds, cli_text *text, const etw_event *event,
                    const etw_schema *schema)
{
    const kind_key key = key_of(event, schema);
    kind *known = slot_of(kinds, &key);
    if (known->size && memcmp(&known->key, &key, sizeof key) == 0) {
        char *at = cli_text_reserve(text, sizeof known->text);
        if (!at)
            return;
        // The whole array is copied, because a size that is known is a few instructions.
        memcpy(at, known->text, sizeof known->text);
        text->size += known->size;
        return;
    }
    const size_t start = text->size;
    kinds->make(text, kinds->user, event, schema);
    const size_t size = text->size - start;
    if (text->failed || size > sizeof known->text)
        return;
    known->key = key;
    known->size = size;
    memcpy(known->text, text->data + start, size);
}
