/*
 * WPP messages as schemas. What the types of their arguments need beyond in-types and out-types is
 * in the tags of the properties: the number of the argument, and how the message shows it.
 */
#ifndef ETWI_SCHEMA_WPP_H
#define ETWI_SCHEMA_WPP_H

#include <etw/schema.h>

enum {
    ETWI_WPP_DIGITS_MAX = 4, /* Of the numbers of arguments. */
};

typedef enum etwi_wpp_show {
    ETWI_WPP_VALUE,  /* As any other value. */
    ETWI_WPP_NUMBER, /* An integer: its format decides. */
    ETWI_WPP_NTSTATUS,
    ETWI_WPP_HRESULT,
    ETWI_WPP_WINERROR,
    ETWI_WPP_HEX, /* 0x and eight digits. */
    ETWI_WPP_ENUM,
    ETWI_WPP_FLAGS,
    ETWI_WPP_LIST,
    ETWI_WPP_SET,
    ETWI_WPP_DELTA,  /* A duration in units of 100 ns. */
    ETWI_WPP_HIDDEN, /* Nothing in the message. */
} etwi_wpp_show;

static inline uint32_t etwi_wpp_tags(unsigned argument, etwi_wpp_show show)
{
    return (uint32_t)show << 16 | (argument & 0xFFFF);
}

static inline unsigned etwi_wpp_argument(const etw_property *property)
{
    return property->tags & 0xFFFF;
}

static inline etwi_wpp_show etwi_wpp_show_of(const etw_property *property)
{
    return (etwi_wpp_show)(property->tags >> 16);
}

#endif
