/* Traces that are written in place and completed afterwards, and the checker of traces itself. */
#include "etl_writer_fixture.h"

static void a_pool_is_completed(void)
{
    const char *path = path_of("pool.etl");
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    header.info.log_file_name = text(path);
    _Alignas(8) static uint8_t data[BUFFER * 9];
    REQUIRE(etwi_etl_header_build(data, &header, NULL) == ETW_OK);
    make_buffer(data + BUFFER * 1, 1, 0, 10, true);
    memset(data + BUFFER * 2, 0, BUFFER);             /* Never begun. */
    make_buffer(data + BUFFER * 3, 3, 10, 10, false); /* In use. */
    make_buffer(data + BUFFER * 4, 4, 0, 0, false);   /* Begun, and nothing in it. */
    make_buffer(data + BUFFER * 5, 5, 20, 10, true);
    make_buffer(data + BUFFER * 6, 6, 30, 10, true); /* Died within the sealing. */
    etwi_store_u32(data + BUFFER * 6 + BUFFER_OFFSET, 0);
    make_buffer(data + BUFFER * 7, 7, 40, 10, false);
    etwi_store_u32(data + BUFFER * 7 + BUFFER_OFFSET, BUFFER_HEADER_SIZE + 10 * EVENT_STEP);
    memset(data + BUFFER * 8, 0, BUFFER);
    write_bytes(path, data, sizeof data);
    const etwi_etl_totals totals = {.events_lost = 4};
    REQUIRE(etwi_etl_complete(path, &totals, NULL) == ETW_OK);
    const etl_check_result result = check_fields(path, ETW_MODE_SEQUENTIAL);
    CHECK_EQ(result.buffers, 6);
    CHECK_EQ(result.records, 50);
    CHECK_EQ(result.events_lost, 4);
    check_events(path, 0, 50);
    /* A second time changes nothing. */
    REQUIRE(etwi_etl_complete(path, &totals, NULL) == ETW_OK);
    CHECK_EQ(check_fields(path, ETW_MODE_SEQUENTIAL).records, 50);
}

static unsigned rounds = 2000;

/* Damages a pool in every way, and wants a trace without damage of it, or an error. */
static void any_pool_is_completed(void)
{
    const char *path = path_of("hostile.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    _Alignas(8) static uint8_t data[BUFFER * 6];
    uint32_t state = 12345;
    unsigned good = 0;
    for (unsigned round = 0; round < rounds; round++) {
        REQUIRE(etwi_etl_header_build(data, &header, NULL) == ETW_OK);
        for (uint32_t i = 1; i < 6; i++)
            make_buffer(data + BUFFER * i, i, i * 10, 10, trace_random(&state) % 2);
        for (unsigned i = trace_random(&state) % 12; i > 0; i--) {
            const uint32_t buffer = trace_random(&state) % 6;
            const uint32_t at = trace_random(&state) % (BUFFER_HEADER_SIZE + 16);
            data[buffer * BUFFER + at] = (uint8_t)trace_random(&state);
        }
        const size_t cut = trace_random(&state) % 4 ? 0 : trace_random(&state) % sizeof data;
        write_bytes(path, data, sizeof data - cut);
        const etwi_etl_totals totals = {.events_lost = 0};
        if (etwi_etl_complete(path, &totals, NULL) != ETW_OK)
            continue;
        good++;
        etw_consumer *consumer;
        REQUIRE(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK);
        const etw_batch *batch;
        if (etw_consumer_add_file(consumer, path) == ETW_OK)
            while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
                CHECK(batch->count > 0);
        etw_consumer_destroy(&consumer);
    }
    CHECK(good > rounds / 2);
}

/* A check that cannot fail is none: every byte of the headers counts but for a few. */
static void the_checker_sees_changes(void)
{
    const char *path = path_of("mutant.etl");
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    header.info.log_file_name = text(path);
    _Alignas(8) static uint8_t data[BUFFER * 2], changed[BUFFER * 2];
    REQUIRE(etwi_etl_header_build(data, &header, NULL) == ETW_OK);
    make_buffer(data + BUFFER, 1, 0, 10, true);
    etwi_buffer_fill_rest(data + BUFFER, BUFFER, BUFFER_HEADER_SIZE + 10 * EVENT_STEP);
    const etwi_etl_totals totals = {134120890000000000, 2, 0, 0};
    etwi_etl_header_set_totals(data, &totals);
    const etl_check_options options = {.quiet = true,
                                       .session_name = "checked",
                                       .mode = ETW_MODE_SEQUENTIAL,
                                       .buffer_size = BUFFER};
    REQUIRE(etl_check((etw_bytes){data, sizeof data}, &options).problems == 0);
    unsigned unseen = 0;
    for (size_t buffer = 0; buffer < sizeof data; buffer += BUFFER) {
        for (size_t at = 0; at < BUFFER_HEADER_SIZE; at++) {
            memcpy(changed, data, sizeof data);
            changed[buffer + at] ^= 0x88;
            unseen += etl_check((etw_bytes){changed, sizeof changed}, &options).problems == 0;
        }
    }
    /* Sequence number (low byte and up: any number will do) and time may be others. */
    CHECK(unseen <= 16);
}

/* The argument is how many damaged pools are tried. */
int main(int count, char **arguments)
{
    if (count > 1)
        rounds = (unsigned)strtoul(arguments[1], NULL, 10);
    open_folder();
    RUN(a_pool_is_completed);
    RUN(any_pool_is_completed);
    RUN(the_checker_sees_changes);
    return close_folder();
}
