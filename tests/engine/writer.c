/* A writing process of its own, built for 32 bits where the compiler can. */
#include "rig.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 9)
        rig_fail("usage", "writer FOLDER FIRST THREADS EVENTS MIN MAX BURST PAUSE");
    uint64_t numbers[7];
    for (int i = 0; i < 7; i++)
        numbers[i] = strtoull(argv[i + 2], NULL, 10);
    const rig_work work = {
        .first_writer = (uint32_t)numbers[0],
        .threads = (uint32_t)numbers[1],
        .events = numbers[2],
        .payload_min = (uint32_t)numbers[3],
        .payload_max = (uint32_t)numbers[4],
        .burst = (uint32_t)numbers[5],
        .pause_us = (uint32_t)numbers[6],
    };
    rig_do(argv[1], &work);
    return 0;
}
