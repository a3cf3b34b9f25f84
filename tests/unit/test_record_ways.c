/* Reading, marking and surveying records in runs, against going from one to the next. */
#include "test.h"

#include "etl_writer.h"
#include "guard.h"
#include "record_ways.h"

static const etw_trace_info TRACE = {
    .clock = {ETW_CLOCK_QPC, 3117777, 1000, 134120880000000000},
    .pointer_size = 8,
    .layout_major = 1,
    .layout_minor = 5,
};

static etlb_writer records;
static guard area;
static uint32_t state;

static uint32_t pick(uint32_t limit)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

/* A record of a header type, of random bytes; `flags` are those of its first dword. */
static void put_record(uint8_t type, uint8_t flags)
{
    /* Room for any header, but for a few that lead into nowhere. */
    const size_t begin = records.size, size = (pick(200) ? 80 : 16) + pick(10) * pick(40);
    for (size_t i = 0; i < size; i++)
        etlb_u8(&records, (uint8_t)pick(256));
    const bool is_kernel = type <= 4 || type == 16 || type == 17;
    records.data[begin + 2] = type;
    records.data[begin + 3] = flags;
    etlb_patch_u16(&records, begin + (is_kernel ? 4 : 0), (uint16_t)size);
    if (is_kernel && pick(8))
        records.data[begin + 1] = 0; /* Most have no counters. */
    while (records.size % 8)
        etlb_u8(&records, 0);
}

/* Runs of one kind. */
static void put_runs(unsigned runs)
{
    static const uint8_t types[] = {1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
    static const uint8_t usual[] = {17, 19, 19, 2, 20, 18};
    etlb_writer_clear(&records);
    for (unsigned i = 0; i < runs; i++) {
        const uint8_t type = pick(3) ? usual[pick(sizeof usual)] : types[pick(sizeof types)];
        const uint8_t flags = pick(20) ? 0xC0 : (uint8_t)(0x80 | pick(128));
        for (unsigned left = 1 + pick(20); left; left--)
            put_record(type, flags);
    }
}

static bool agree(const etw_trace_info *trace, size_t size)
{
    const etwi_tick_scale scale = etwi_tick_scale_of(&trace->clock);
    const etwi_record_context context = {trace, &scale, NULL, 5, 9, ETW_EVENT_PROCESSOR_INDEX};
    const etw_bytes cut = {records.data, size};
    return record_ways_agree(guard_copy(&area, cut), 4711, &context);
}

static void agrees_on_random_records(void)
{
    for (uint32_t seed = 0; seed < 3000; seed++) {
        etw_trace_info trace = TRACE;
        state = seed * 7919u;
        trace.pointer_size = pick(2) ? 8 : 4;
        trace.layout_minor = (uint8_t)pick(6);
        put_runs(1 + pick(12));
        const size_t size = pick(3) ? records.size : pick((uint32_t)records.size + 1);
        if (!CHECK(agree(&trace, size))) {
            printf("    seed %u, %zu bytes\n", (unsigned)seed, size);
            return;
        }
    }
}

static void agrees_on_nothing(void)
{
    etlb_writer_clear(&records);
    etlb_u64(&records, 0);
    for (size_t size = 0; size <= 8; size++)
        CHECK(agree(&TRACE, size));
}

int main(void)
{
    area = guard_create(0x40000);
    RUN(agrees_on_random_records);
    RUN(agrees_on_nothing);
    guard_destroy(&area);
    etlb_writer_free(&records);
    return test_finish();
}
