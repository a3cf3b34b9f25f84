/* What a trace tells about the machine it was made on. */
#ifndef ETWI_OS_MACHINE_H
#define ETWI_OS_MACHINE_H

#include <etw/base.h>

typedef struct etwi_machine {
    uint32_t processor_count;  /* That there are or could be: indices are below. */
    uint32_t cpu_mhz;          /* 0 if it cannot be told. */
    uint32_t timer_resolution; /* The unit of processor times, in 100 ns. */
    uint64_t boot_time;        /* FILETIME. */
    int32_t utc_bias_minutes;  /* UTC = local time + bias, at present. */
    char time_zone[32];        /* Its short name at present. */
} etwi_machine;

void etwi_machine_look(etwi_machine *out);

#endif
