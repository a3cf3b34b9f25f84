/*
 * Values: from an item's bytes and types to one of a few shapes that every kind of output writes in
 * its own way.
 */
#ifndef ETWI_DECODE_VALUE_H
#define ETWI_DECODE_VALUE_H

#include <etw/property.h>

typedef enum etwi_shape {
    ETWI_SHAPE_NONE,       /* Not to be shown. */
    ETWI_SHAPE_UNSIGNED,   /* `number`. */
    ETWI_SHAPE_SIGNED,     /* `number`, two's complement. */
    ETWI_SHAPE_HEX,        /* `number`, no leading zeros. */
    ETWI_SHAPE_HEX_FIXED,  /* `number`, `digits` digits. */
    ETWI_SHAPE_BOOLEAN,    /* `number` is 0 or 1. */
    ETWI_SHAPE_FLOAT,      /* `real`. */
    ETWI_SHAPE_DOUBLE,     /* `real`. */
    ETWI_SHAPE_TIME,       /* `number`, a FILETIME. */
    ETWI_SHAPE_SYSTEMTIME, /* `bytes`, 16. */
    ETWI_SHAPE_GUID,       /* `bytes`, 16. */
    ETWI_SHAPE_SID,        /* `bytes`, a valid SID or none. */
    ETWI_SHAPE_IPV4,       /* `bytes`, 4. */
    ETWI_SHAPE_IPV6,       /* `bytes`, 16. */
    ETWI_SHAPE_SOCKET,     /* `bytes`, a SOCKADDR of IPv4 or IPv6. */
    ETWI_SHAPE_BINARY,     /* `bytes`. */
    ETWI_SHAPE_UTF16,      /* `bytes`. */
    ETWI_SHAPE_ANSI,       /* `bytes`, in the code page asked for. */
    ETWI_SHAPE_UTF8,       /* `bytes`. */
    ETWI_SHAPE_MAPPED,     /* `bytes`: the name of a value, UTF-8 and trusted. */
    ETWI_SHAPE_BITMAP,     /* `number`, to be named bit by bit with `map`. */
} etwi_shape;

typedef struct etwi_value {
    etwi_shape shape;
    unsigned digits;
    uint64_t number;
    double real;
    etw_bytes bytes;
    const etw_map *map;
    bool is_64; /* An integer of 64 bits. */
} etwi_value;

/* `raw_values`: numbers instead of the names of maps. */
etwi_value etwi_value_of(const etw_item *item, bool raw_values);

/* Longest text that etwi_value_text() writes. */
enum {
    ETWI_VALUE_TEXT_MAX = 256
};

/*
 * Writes all shapes but those of any length (UTF16, ANSI, UTF8, MAPPED, BITMAP, BINARY) and returns
 * the end.
 */
char *etwi_value_text(char *out, const etwi_value *value);

/*
 * The names of a bit map, one a call: `*rest` starts as the number and loses the bits that were
 * named. False at the end; then `*rest` holds the bits without a name.
 */
bool etwi_bitmap_next(const etw_map *map, uint32_t *position, uint64_t *rest, etw_str *name);

/* The integer in an item of any integer in-type, sign-extended if it has a sign. */
bool etwi_item_integer(const etw_item *item, uint64_t *out, bool *is_signed);

#endif
