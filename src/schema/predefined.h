/* The levels, opcodes and channels that Windows predefines (winmeta.xml), by number. */
#ifndef ETWI_SCHEMA_PREDEFINED_H
#define ETWI_SCHEMA_PREDEFINED_H

#include <etw/base.h>

/* Empty for numbers that Windows leaves to providers. */
etw_str etwi_predefined_level(unsigned level);
etw_str etwi_predefined_opcode(unsigned opcode);
etw_str etwi_predefined_channel(unsigned channel);

#endif
