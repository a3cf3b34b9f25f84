/* The words of manifests: numbers, types, and the names that Windows predefines. */
#ifndef ETWI_SCHEMA_MANIFEST_WORDS_H
#define ETWI_SCHEMA_MANIFEST_WORDS_H

#include <etw/base.h>

/*
 * A number in decimal, leading zeros or not, or in hexadecimal after "0x"; blanks around it do not
 * count. False if it is anything else or greater than `max`.
 */
bool etwi_manifest_number(etw_str text, uint64_t max, uint64_t *out);

/* What stands behind the prefix: "Start" of "win:Start". */
etw_str etwi_manifest_local(etw_str name);

/* Takes the next word of a list with blanks or commas between; false at the end. */
bool etwi_manifest_next_word(etw_str *list, etw_str *word);

/* Types by name, with any prefix; letters in either case. False if there is none of that name. */
bool etwi_manifest_in_type(etw_str name, uint16_t *out);
bool etwi_manifest_out_type(etw_str name, uint16_t *out);

/* Whether values of an in-type may declare a length. */
bool etwi_manifest_has_length(unsigned in_type);

/* What Windows predefines. */
typedef enum etwi_predefined {
    ETWI_PREDEFINED_LEVEL,
    ETWI_PREDEFINED_OPCODE,
    ETWI_PREDEFINED_CHANNEL,
    ETWI_PREDEFINED_KEYWORD, /* The value is a mask. */
    ETWI_PREDEFINED_TASK,
} etwi_predefined;

/* The value of a predefined name, with any prefix. False if it is not predefined. */
bool etwi_manifest_predefined(etwi_predefined kind, etw_str name, uint64_t *out);

#endif
