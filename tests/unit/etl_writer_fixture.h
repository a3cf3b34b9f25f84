/* Tests of the writer of traces: buffers with numbered events, in a folder of their own. */
#ifndef ETW_ETL_WRITER_FIXTURE_H
#define ETW_ETL_WRITER_FIXTURE_H

#include "etl/writer.h"
#include "etl_check.h"
#include "scratch.h"
#include "test.h"
#include "trace_run.h"

#include "base/bytes.h"
#include "os/os.h"

#include <stdlib.h>

enum {
    BUFFER = 4096,
    EVENT = 0x50 + 12, /* Not a multiple of 8. */
    EVENT_STEP = (EVENT + 7) / 8 * 8,
    IN_BUFFER = (BUFFER - BUFFER_HEADER_SIZE) / EVENT_STEP,
};

static char folder[SCRATCH_PATH_SIZE];

static inline const char *path_of(const char *name)
{
    static char paths[4][SCRATCH_PATH_SIZE + 32];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline etw_str text(const char *from)
{
    return (etw_str){from, strlen(from)};
}

static inline etwi_etl_header header_of(uint32_t mode)
{
    etwi_etl_header header;
    etwi_etl_header_of_system(&header);
    header.info.session_name = text("checked");
    header.info.buffer_size = BUFFER;
    header.info.log_file_mode = mode;
    header.info.processor_count = 4;
    header.info.boot_time = 134120800000000000; /* Before the start that follows. */
    header.info.clock = (etw_clock){ETW_CLOCK_QPC, 10000000, 5000000000, 134120880000000000};
    header.logger_id = 7;
    header.process_id = 1234;
    header.thread_id = 1235;
    return header;
}

/* Puts an event into a buffer; its number is its id, its time, and its payload. */
static inline uint32_t put_event(uint8_t *buffer, uint32_t at, uint32_t number)
{
    uint8_t *const record = buffer + at;
    memset(record, 0, EVENT_STEP);
    etwi_store_u16(record, EVENT);
    record[RECORD_TYPE] = HEADER_TYPE_EVENT64;
    record[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    etwi_store_u32(record + EVENT_PROCESS_ID, 99);
    etwi_store_u64(record + EVENT_TIME, (uint64_t)(5000000000 + (int64_t)number * 10));
    record[EVENT_PROVIDER] = 0xAB;
    etwi_store_u16(record + EVENT_ID, (uint16_t)number);
    for (unsigned i = 0; i < 3; i++)
        etwi_store_u32(record + EVENT_HEADER_SIZE + 4 * i, number);
    return at + EVENT_STEP;
}

static inline int64_t time_of(uint32_t number)
{
    return 5000000000 + (int64_t)number * 10;
}

/* A buffer with `count` events from `first` on, which is sealed if `seal`. */
static inline void make_buffer(uint8_t *buffer, int64_t sequence, uint32_t first, uint32_t count,
                               bool seal)
{
    memset(buffer, 0xEE, BUFFER);
    const etwi_buffer_start start = {.size = BUFFER,
                                     .sequence = sequence,
                                     .processor = (uint16_t)(sequence % 4),
                                     .logger_id = 7};
    etwi_buffer_begin(buffer, &start);
    uint32_t used = BUFFER_HEADER_SIZE;
    for (uint32_t i = 0; i < count; i++)
        used = put_event(buffer, used, first + i);
    etwi_store_u32(buffer + BUFFER_CURRENT_OFFSET, used);
    const etwi_buffer_end end = {.size = BUFFER, .used = used, .time = time_of(first + count)};
    if (seal)
        etwi_buffer_seal(buffer, &end);
}

static inline etwi_etl_file *create(const char *path, const etwi_etl_header *header,
                                    uint64_t maximum)
{
    const etwi_etl_file_options options = {.path = path, .header = header, .maximum_size = maximum};
    etwi_etl_file *file;
    etw_error error = {.message = ""};
    const bool good = etwi_etl_file_create(&file, &options, &error) == ETW_OK;
    CHECK_TEXT(error.message, "");
    return good ? file : NULL;
}

/* Writes buffers with numbers of events from `first` on. */
static inline void write_events(etwi_etl_file *file, uint32_t first, uint32_t count)
{
    _Alignas(8) static uint8_t buffer[BUFFER];
    int64_t sequence = 1;
    for (uint32_t done = 0; done < count; done += IN_BUFFER) {
        const uint32_t some = count - done < IN_BUFFER ? count - done : IN_BUFFER;
        make_buffer(buffer, sequence++, first + done, some, true);
        REQUIRE(etwi_etl_file_write(file, buffer, NULL) == ETW_OK);
    }
}

/* Reads a trace that has to hold the events from `first` on, in order and equal in all. */
static inline void check_events(const char *path, uint32_t first, uint32_t count)
{
    etw_consumer *consumer;
    REQUIRE(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK);
    REQUIRE(etw_consumer_add_file(consumer, path) == ETW_OK);
    const etw_batch *batch;
    uint32_t number = first;
    bool same = true;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            if (event->header_kind == ETW_HEADER_SYSTEM64)
                continue; /* The first record of the trace. */
            same = same && event->payload_size == 12 && event->id == (uint16_t)number &&
                   event->raw_timestamp == time_of(number) && event->process_id == 99 &&
                   event->logger_id == 7 && event->processor < 4 &&
                   event->timestamp == 134120880000000000u + number * 10u &&
                   etwi_load_u32(event->payload + 8) == number;
            number++;
        }
    }
    CHECK(same);
    CHECK_EQ(number, first + count);
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
    CHECK_EQ(stats->corrupt_bytes, 0);
    CHECK_EQ(stats->truncated_bytes, 0);
    etw_consumer_destroy(&consumer);
}

static inline etl_check_result check_fields(const char *path, uint32_t mode)
{
    const etl_check_options options = {
        .session_name = "checked", .mode = mode, .buffer_size = BUFFER};
    const etl_check_result result = etl_check_file(path, &options);
    CHECK_EQ(result.problems, 0);
    return result;
}

static inline void write_bytes(const char *path, const void *data, size_t size)
{
    FILE *out = fopen(path, "wb");
    REQUIRE(out != NULL);
    CHECK_EQ(fwrite(data, 1, size, out), size);
    fclose(out);
}

static inline void open_folder(void)
{
    scratch_create(folder, "etw-writer");
}

static inline int close_folder(void)
{
    scratch_remove_all(folder, UINT32_MAX);
    return test_finish();
}

#endif
