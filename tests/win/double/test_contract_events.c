/* The contract of providers and consumers: EventRegister … EventWriteTransfer, OpenTrace,
 * ProcessTrace, CloseTrace. */
#include "contract.h"

#include "test.h"

#include <stdlib.h>

enum {
    REAL_TIME = 0x100,
    SEQUENTIAL = 1,
    EVENT_RECORD = 0x10000000,
    RAW_TIMESTAMP = 0x1000,
    LEVEL = 4,
    KEYWORD = 0x10,
    EVENTS = 500
};

static const char name[] = "libetw contract";
static const etw_guid activity = {0xA1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static const etw_guid related = {0xB1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

/* What callbacks saw. */
typedef struct seen {
    uint64_t trace;
    volatile uint32_t events, buffers, losses;
    volatile uint32_t in_order; /* Events that came with the number that was due. */
    uint32_t stop_after;        /* Buffers; 0: never. */
    etwi_abi_record last;
    uint8_t last_payload[64];
    etw_guid last_related;
    uint16_t last_types[8];
    const etwi_abi_logfile *logfile;
    bool logfile_moved;
    uint32_t sleep_ms; /* In each callback. */
} seen;

static void ETWI_ABI_CALL on_record(etwi_abi_record *record)
{
    seen *what = record->user_context;
    if (!etw_guid_equal(&record->event_header.provider_id, &contract_provider)) {
        what->losses++;
        return;
    }
    if (what->sleep_ms)
        contract_sleep(what->sleep_ms);
    uint32_t number = 0;
    if (record->user_data_length >= sizeof number)
        memcpy(&number, record->user_data, sizeof number);
    what->in_order += number == what->events;
    what->last = *record;
    memcpy(what->last_payload, record->user_data,
           record->user_data_length < sizeof what->last_payload ? record->user_data_length
                                                                : sizeof what->last_payload);
    for (unsigned i = 0; i < record->extended_data_count && i < 8; i++) {
        const etwi_abi_extended_item *item = &record->extended_data[i];
        what->last_types[i] = item->ext_type;
        if (item->ext_type == 1)
            memcpy(&what->last_related, (const void *)(uintptr_t)item->data_ptr, sizeof related);
    }
    what->events++;
}

static uint32_t ETWI_ABI_CALL on_buffer(etwi_abi_logfile *logfile)
{
    seen *what = logfile->context;
    what->logfile_moved = what->logfile && what->logfile != logfile;
    what->logfile = logfile;
    what->buffers++;
    return !what->stop_after || what->buffers < what->stop_after;
}

static etwi_abi_logfile logfile_of(seen *what, uint32_t mode)
{
    etwi_abi_logfile logfile;
    memset(&logfile, 0, sizeof logfile);
    memset(what, 0, sizeof *what);
    logfile.process_trace_mode = mode | EVENT_RECORD;
    logfile.event_record_callback = on_record;
    logfile.buffer_callback = on_buffer;
    logfile.context = what;
    return logfile;
}

static uint32_t run(void *user)
{
    seen *what = user;
    return contract_api->ProcessTrace(&what->trace, 1, NULL, NULL);
}

static bool has_all(void *user)
{
    return ((const seen *)user)->events >= EVENTS;
}

static bool has_one(void *user)
{
    return ((const seen *)user)->events >= 1;
}

static uint32_t write_number(uint64_t registration, uint32_t number)
{
    const etwi_abi_descriptor descriptor = {7, 1, 0, LEVEL, 2, 3, KEYWORD};
    etwi_abi_data data = {(uintptr_t)&number, sizeof number, 0, 0, 0};
    return contract_api->EventWriteTransfer(registration, &descriptor, NULL, NULL, 1, &data);
}

/* ---- providers ------------------------------------------------------------------------------- */

typedef struct enabled {
    volatile uint32_t calls, code, level;
    volatile uint64_t any;
    void *context;
    uint8_t filter[8];
    uint32_t filter_size;
} enabled;

static void ETWI_ABI_CALL on_enable(const etw_guid *source, uint32_t code, uint8_t level,
                                    uint64_t any, uint64_t all, const etwi_abi_filter *filter,
                                    void *context)
{
    enabled *what = context;
    (void)source;
    (void)all;
    what->code = code;
    what->level = level;
    what->any = any;
    what->context = context;
    if (filter && filter->size <= sizeof what->filter) {
        memcpy(what->filter, (const void *)(uintptr_t)filter->ptr, filter->size);
        what->filter_size = filter->size;
    }
    what->calls++;
}

static void providers_are_told_what_is_wanted(void)
{
    enabled what;
    uint64_t registration = 0;
    const uint8_t data[4] = {1, 2, 3, 4};
    memset(&what, 0, sizeof what);
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, on_enable, &what, &registration), 0);
    CHECK(registration != 0);
    CHECK(!contract_api->EventProviderEnabled(registration, LEVEL, KEYWORD));
    etwi_abi_filter filter = {(uintptr_t)data, sizeof data, ETWI_ABI_FILTER_SCHEMATIZED};
    etwi_abi_enable_parameters parameters = {
        .version = 2, .enable_filter_desc = &filter, .filter_desc_count = 1};
    CHECK_EQ(contract_enable(session, &contract_provider, &parameters), 0);
    CHECK(what.calls >= 1);
    CHECK_EQ(what.code, 1);
    CHECK_EQ(what.level, 5);
    CHECK_EQ(what.any, KEYWORD);
    CHECK(what.filter_size == sizeof data && memcmp(what.filter, data, sizeof data) == 0);
    CHECK(contract_api->EventProviderEnabled(registration, LEVEL, KEYWORD));
    CHECK(!contract_api->EventProviderEnabled(registration, 6, KEYWORD));
    CHECK(!contract_api->EventProviderEnabled(registration, LEVEL, 0x20));
    const etwi_abi_descriptor descriptor = {7, 1, 0, LEVEL, 2, 3, KEYWORD};
    CHECK(contract_api->EventEnabled(registration, &descriptor));
    const uint32_t before = what.calls;
    CHECK_EQ(contract_api->EnableTraceEx2(session, &contract_provider, 2, 0, 0, 0, 5000, NULL), 0);
    CHECK(what.calls > before);
    CHECK_EQ(what.code, 2);
    CHECK_EQ(contract_api->EnableTraceEx2(session, &contract_provider, 0, 0, 0, 0, 0, NULL), 0);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 6);
}

static void providers_may_make_mistakes(void)
{
    static uint8_t large[65536];
    uint64_t registration = 0;
    const etwi_abi_descriptor descriptor = {7, 1, 0, LEVEL, 2, 3, KEYWORD};
    CHECK_EQ(contract_api->EventRegister(NULL, NULL, NULL, &registration), 87);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, NULL), 87);
    REQUIRE(contract_api->EventRegister(&contract_provider, NULL, NULL, &registration) == 0);
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    CHECK_EQ(contract_api->EventWriteTransfer(0, &descriptor, NULL, NULL, 0, NULL), 6);
    CHECK_EQ(contract_api->EventWriteTransfer(registration, NULL, NULL, NULL, 0, NULL), 87);
    etwi_abi_data data = {(uintptr_t)large, sizeof large, 0, 0, 0};
    CHECK_EQ(contract_api->EventWriteTransfer(registration, &descriptor, NULL, NULL, 1, &data),
             534);
    static etwi_abi_data many[129];
    CHECK_EQ(contract_api->EventWriteTransfer(registration, &descriptor, NULL, NULL, 129, many),
             87);
    CHECK_EQ(contract_api->EventWriteEx(registration, &descriptor, 0, 0, NULL, NULL, 0, NULL), 0);
    CHECK_EQ(contract_api->EventSetInformation(registration, 99, NULL, 0), 50);
    CHECK_EQ(contract_api->EventSetInformation(0, 2, NULL, 0), 6);
    uint8_t traits[] = {5, 0, 'a', 'b', 'c'}; // No zero at the end.
    CHECK_EQ(contract_api->EventSetInformation(registration, 2, traits, sizeof traits), 87);
    CHECK_EQ(contract_stop(name), 0);
    // Events are larger than the buffers of the session.
    contract_block block;
    uint64_t handle = 0;
    contract_block_for(&block, REAL_TIME, NULL);
    block.properties.buffer_size = 4;
    REQUIRE(contract_api->StartTraceW(&handle, contract_wide(name), &block.properties) == 0);
    CHECK_EQ(contract_enable(handle, &contract_provider, NULL), 0);
    data.size = 8000;
    CHECK_EQ(contract_api->EventWriteTransfer(registration, &descriptor, NULL, NULL, 1, &data),
             234);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void activities_belong_to_threads(void)
{
    etw_guid a = activity, b;
    CHECK_EQ(contract_api->EventActivityIdControl(2, &a), 0);
    CHECK_EQ(contract_api->EventActivityIdControl(1, &b), 0);
    CHECK(etw_guid_equal(&a, &b));
    CHECK_EQ(contract_api->EventActivityIdControl(3, &b), 0);
    CHECK(!etw_guid_equal(&a, &b));
    b = related;
    CHECK_EQ(contract_api->EventActivityIdControl(4, &b), 0);
    CHECK(etw_guid_equal(&a, &b));
    CHECK_EQ(contract_api->EventActivityIdControl(5, &b), 0);
    CHECK(etw_guid_equal(&b, &related));
    memset(&b, 0, sizeof b);
    CHECK_EQ(contract_api->EventActivityIdControl(2, &b), 0);
    CHECK_EQ(contract_api->EventActivityIdControl(6, &b), 87);
    CHECK_EQ(contract_api->EventActivityIdControl(1, NULL), 87);
}

/* ---- consumers ------------------------------------------------------------------------------- */

/* Starts a session that enables the provider, registers that, and opens the trace of the session.
 * 0 if there is no trace. */
static uint64_t open_session(seen *what, uint32_t mode, etwi_abi_logfile *logfile,
                             uint64_t *registration)
{
    const uint64_t session = contract_start(name);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, registration), 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    *logfile = logfile_of(what, mode);
    logfile->logger_name = contract_wide(name);
    what->trace = contract_api->OpenTraceW(logfile);
    return what->trace != ETWI_ABI_NO_HANDLE ? session : 0;
}

static void events_arrive_as_they_were_written(void)
{
    seen what;
    uint64_t registration = 0;
    etwi_abi_logfile logfile;
    const uint64_t session = open_session(&what, REAL_TIME, &logfile, &registration);
    REQUIRE(session != 0);
    CHECK_EQ(logfile.logfile_header.buffer_size, 65536);
    CHECK(logfile.logfile_header.number_of_processors > 0);
    CHECK(logfile.logfile_header.start_time > 0);
    contract_thread *thread = contract_spawn(run, &what);
    const etwi_abi_descriptor descriptor = {7, 1, 0, LEVEL, 2, 3, KEYWORD};
    uint32_t number = 0;
    uint16_t more = 0xBEEF;
    etwi_abi_data data[2] = {{(uintptr_t)&number, sizeof number, 0, 0, 0},
                             {(uintptr_t)&more, sizeof more, 0, 0, 0}};
    CHECK_EQ(
        contract_api->EventWriteTransfer(registration, &descriptor, &activity, &related, 2, data),
        0);
    CHECK(contract_wait(has_one, &what));
    CHECK_EQ(what.last.event_header.event_descriptor.id, 7);
    CHECK_EQ(what.last.event_header.event_descriptor.keyword, KEYWORD);
    CHECK_EQ(what.last.event_header.event_descriptor.task, 3);
    CHECK(etw_guid_equal(&what.last.event_header.activity_id, &activity));
    CHECK(etw_guid_equal(&what.last_related, &related));
    CHECK_EQ(what.last.user_data_length, 6);
    CHECK(memcmp(what.last_payload + 4, &more, 2) == 0);
    CHECK_EQ(what.last.buffer_context.logger_id, session & 0xFFFF);
    // Without RAW_TIMESTAMP, times are FILETIMEs: this century.
    CHECK(what.last.event_header.time_stamp > INT64_C(125911584000000000));
    for (uint32_t i = 1; i < EVENTS; i++)
        CHECK_EQ(write_number(registration, i), 0);
    CHECK(contract_wait(has_all, &what));
    CHECK_EQ(what.in_order, EVENTS);
    CHECK_EQ(contract_stop(name), 0); // ProcessTrace ends with the session.
    CHECK_EQ(contract_join(thread), 0);
    CHECK(what.buffers > 0 && !what.logfile_moved);
    CHECK(what.logfile != &logfile);
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void closing_delivers_what_is_buffered(void)
{
    seen what;
    uint64_t registration = 0;
    etwi_abi_logfile logfile;
    REQUIRE(open_session(&what, REAL_TIME | RAW_TIMESTAMP, &logfile, &registration) != 0);
    what.sleep_ms = 1;
    contract_thread *thread = contract_spawn(run, &what);
    for (uint32_t i = 0; i < 50; i++)
        CHECK_EQ(write_number(registration, i), 0);
    CHECK(contract_wait(has_one, &what));
    CHECK_EQ(contract_api->CloseTrace(what.trace), 7007);
    CHECK_EQ(contract_join(thread), 0);
    CHECK_EQ(what.events, 50);
    CHECK_EQ(what.in_order, 50);
    // Raw times are ticks since the system started: less than a century.
    CHECK(what.last.event_header.time_stamp < INT64_C(31536000000000000));
    CHECK_EQ(contract_api->CloseTrace(what.trace), 6);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void the_buffer_callback_may_end_it(void)
{
    seen what;
    uint64_t registration = 0;
    etwi_abi_logfile logfile;
    REQUIRE(open_session(&what, REAL_TIME, &logfile, &registration) != 0);
    what.stop_after = 1;
    contract_thread *thread = contract_spawn(run, &what);
    CHECK_EQ(write_number(registration, 0), 0);
    CHECK_EQ(contract_join(thread), 1223);
    CHECK_EQ(what.buffers, 1);
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void opening_fails_with_the_last_error(void)
{
    seen what;
    CHECK(contract_api->OpenTraceW(NULL) == ETWI_ABI_NO_HANDLE);
    CHECK_EQ(contract_last_error(), 87);
    etwi_abi_logfile logfile = logfile_of(&what, REAL_TIME);
    CHECK(contract_api->OpenTraceW(&logfile) == ETWI_ABI_NO_HANDLE);
    CHECK_EQ(contract_last_error(), 87);
    logfile = logfile_of(&what, REAL_TIME);
    logfile.logger_name = contract_wide("libetw none");
    CHECK(contract_api->OpenTraceW(&logfile) == ETWI_ABI_NO_HANDLE);
    CHECK_EQ(contract_last_error(), 4201);
    logfile = logfile_of(&what, 0);
    logfile.log_file_name = contract_wide(contract_path("none.etl"));
    CHECK(contract_api->OpenTraceW(&logfile) == ETWI_ABI_NO_HANDLE);
    CHECK_EQ(contract_last_error(), 2);
    logfile.log_file_name = contract_wide(contract_path("no\\folder\\none.etl"));
    CHECK(contract_api->OpenTraceW(&logfile) == ETWI_ABI_NO_HANDLE);
    CHECK(contract_last_error() == 161 || contract_last_error() == 3);
    if (!contract_script)
        return;
    REQUIRE(contract_start(name) != 0);
    logfile = logfile_of(&what, REAL_TIME);
    logfile.logger_name = contract_wide(name);
    contract_script->set(DOUBLE_IS_ELEVATED, 0);
    CHECK(contract_api->OpenTraceW(&logfile) == ETWI_ABI_NO_HANDLE);
    CHECK_EQ(contract_last_error(), 5);
    contract_script->set(DOUBLE_IS_ELEVATED, 1);
    contract_script->set(DOUBLE_ZERO_HEADERS, 1);
    uint64_t trace = contract_api->OpenTraceW(&logfile);
    CHECK(trace != ETWI_ABI_NO_HANDLE);
    CHECK_EQ(logfile.logfile_header.number_of_processors, 0);
    CHECK_EQ(contract_api->CloseTrace(trace), 0);
    trace = contract_api->OpenTraceW(&logfile);
    CHECK(trace != ETWI_ABI_NO_HANDLE);
    CHECK(logfile.logfile_header.number_of_processors > 0);
    CHECK_EQ(contract_api->CloseTrace(trace), 0);
    CHECK_EQ(contract_stop(name), 0);
}

static void processing_checks_its_handles(void)
{
    uint64_t handles[65] = {0};
    CHECK_EQ(contract_api->ProcessTrace(handles, 0, NULL, NULL), 24);
    CHECK_EQ(contract_api->ProcessTrace(handles, 65, NULL, NULL), 24);
    CHECK_EQ(contract_api->ProcessTrace(NULL, 1, NULL, NULL), 87);
    handles[0] = 0x123456789;
    CHECK_EQ(contract_api->ProcessTrace(handles, 1, NULL, NULL), 6);
    CHECK_EQ(contract_api->CloseTrace(0), 6);
    CHECK_EQ(contract_api->CloseTrace(ETWI_ABI_NO_HANDLE), 6);
    // Two sessions cannot be processed by one call.
    seen first, second;
    REQUIRE(contract_start(name) != 0);
    etwi_abi_logfile logfile = logfile_of(&first, REAL_TIME);
    logfile.logger_name = contract_wide(name);
    handles[0] = contract_api->OpenTraceW(&logfile);
    logfile = logfile_of(&second, REAL_TIME);
    logfile.logger_name = contract_wide(name);
    handles[1] = contract_api->OpenTraceW(&logfile);
    CHECK_EQ(contract_api->ProcessTrace(handles, 2, NULL, NULL), 87);
    CHECK_EQ(contract_api->CloseTrace(handles[0]), 0);
    CHECK_EQ(contract_api->CloseTrace(handles[1]), 0);
    CHECK_EQ(contract_stop(name), 0);
}

static void files_are_processed_like_sessions(void)
{
    seen what;
    contract_block block;
    uint64_t session = 0, registration = 0;
    contract_block_for(&block, SEQUENTIAL, contract_path("file.etl"));
    REQUIRE(contract_api->StartTraceW(&session, contract_wide(name), &block.properties) == 0);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, &registration), 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    for (uint32_t i = 0; i < EVENTS; i++)
        CHECK_EQ(write_number(registration, i), 0);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
    etwi_abi_logfile logfile = logfile_of(&what, 0);
    logfile.log_file_name = contract_wide(contract_path("file.etl"));
    what.trace = contract_api->OpenTraceW(&logfile);
    REQUIRE(what.trace != ETWI_ABI_NO_HANDLE);
    CHECK_EQ(logfile.process_trace_mode & SEQUENTIAL, SEQUENTIAL); // Now the mode of the file.
    const uint64_t late[2] = {2, 1}; // FILETIMEs; the end is before the beginning.
    CHECK_EQ(contract_api->ProcessTrace(&what.trace, 1, &late[0], &late[1]), 1901);
    CHECK_EQ(run(&what), 0);
    CHECK_EQ(what.events, EVENTS);
    CHECK_EQ(what.in_order, EVENTS);
    CHECK_EQ(what.losses, 1); // The event of the header.
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
}

/* TraceLogging: what describes the event is no payload. */
static void descriptions_become_extended_data(void)
{
    seen what;
    uint64_t registration = 0;
    uint8_t traits[] = {9, 0, 'C', 'o', 'n', 't', 'o', 's', 0};
    uint8_t metadata[] = {8, 0, 0, 'E', 'v', 't', 0, 0};
    metadata[0] = 7;
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, &registration), 0);
    CHECK_EQ(contract_api->EventSetInformation(registration, 2, traits, sizeof traits), 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    etwi_abi_logfile logfile = logfile_of(&what, REAL_TIME);
    logfile.logger_name = contract_wide(name);
    what.trace = contract_api->OpenTraceW(&logfile);
    REQUIRE(what.trace != ETWI_ABI_NO_HANDLE);
    contract_thread *thread = contract_spawn(run, &what);
    const etwi_abi_descriptor descriptor = {0, 0, 11, LEVEL, 0, 0, KEYWORD};
    uint32_t number = 0;
    etwi_abi_data data[3] = {{(uintptr_t)traits, sizeof traits, 2, 0, 0},
                             {(uintptr_t)metadata, 7, 1, 0, 0},
                             {(uintptr_t)&number, sizeof number, 0, 0, 0}};
    CHECK_EQ(contract_api->EventWriteTransfer(registration, &descriptor, NULL, NULL, 3, data), 0);
    CHECK(contract_wait(has_one, &what));
    CHECK_EQ(what.last.user_data_length, 4);
    CHECK_EQ(what.last.extended_data_count, 2);
    CHECK((what.last_types[0] == 12 && what.last_types[1] == 11) ||
          (what.last_types[0] == 11 && what.last_types[1] == 12));
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_join(thread), 0);
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void texts_are_events(void)
{
    seen what;
    uint64_t registration = 0;
    etwi_abi_logfile logfile;
    REQUIRE(open_session(&what, REAL_TIME, &logfile, &registration) != 0);
    contract_thread *thread = contract_spawn(run, &what);
    const etwi_abi_char *text = contract_wide("zw\xC3\xB6lf");
    CHECK_EQ(contract_api->EventWriteString(0, LEVEL, KEYWORD, text), 6);
    CHECK_EQ(contract_api->EventWriteString(registration, LEVEL, KEYWORD, NULL), 87);
    CHECK_EQ(contract_api->EventWriteString(registration, LEVEL, KEYWORD, text), 0);
    CHECK(contract_wait(has_one, &what));
    CHECK_EQ(what.last.user_data_length, 12);
    CHECK(memcmp(what.last_payload, text, 12) == 0);
    CHECK(what.last.event_header.flags & 4); // EVENT_HEADER_FLAG_STRING_ONLY
    CHECK_EQ(what.last.event_header.event_descriptor.level, LEVEL);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_join(thread), 0);
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

static void losses_are_events(void)
{
    seen what;
    contract_block block;
    uint64_t session = 0, registration = 0;
    contract_block_for(&block, REAL_TIME, NULL);
    block.properties.buffer_size = 4;
    block.properties.minimum_buffers = block.properties.maximum_buffers = 4;
    REQUIRE(contract_api->StartTraceW(&session, contract_wide(name), &block.properties) == 0);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, &registration), 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    etwi_abi_logfile logfile = logfile_of(&what, REAL_TIME);
    logfile.logger_name = contract_wide(name);
    what.trace = contract_api->OpenTraceW(&logfile);
    REQUIRE(what.trace != ETWI_ABI_NO_HANDLE);
    for (uint32_t i = 0; i < 1000; i++)
        write_number(registration, i);
    contract_thread *thread = contract_spawn(run, &what);
    CHECK(contract_wait(has_one, &what));
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(contract_api->ControlTraceW(session, NULL, &block.properties, 1), 0);
    CHECK_EQ(contract_join(thread), 0);
    CHECK(block.properties.events_lost + block.properties.real_time_buffers_lost > 0);
    CHECK(what.losses > 0);
    CHECK_EQ(contract_api->CloseTrace(what.trace), 0);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    RUN(providers_are_told_what_is_wanted);
    RUN(providers_may_make_mistakes);
    RUN(activities_belong_to_threads);
    RUN(events_arrive_as_they_were_written);
    RUN(closing_delivers_what_is_buffered);
    RUN(the_buffer_callback_may_end_it);
    RUN(opening_fails_with_the_last_error);
    RUN(processing_checks_its_handles);
    RUN(files_are_processed_like_sessions);
    RUN(descriptions_become_extended_data);
    RUN(texts_are_events);
    RUN(losses_are_events);
    CHECK(contract_end());
    return test_finish();
}
