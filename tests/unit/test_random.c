/*
 * What holds for all traces, tried on many that are made at random: the output is the same bytes
 * with any number of threads, time order is a stable sort of file order, and all counters agree.
 *
 *     test_random [SEEDS [FIRST]]
 */
#include "test.h"

#include "base/hash.h"
#include "event_mix.h"
#include "random_trace.h"
#include "trace_run.h"

#include <stdlib.h>

enum {
    SEEDS_DEFAULT = 200,
    MEMORY_SMALL = 1024 * 1024,
    COUNTERS_SIZE = 16384,
    COMPRESSED_PER_SEED = 20,
};

static uint32_t first_seed = 1, seed_count = SEEDS_DEFAULT;

/* What is done with the traces of a seed. */
typedef struct job {
    const random_traces *traces;
    etw_order order;
    bool raw; /* Without looking for schemas. */
    uint32_t threads;
    uint64_t memory_max;
} job;

/* An event of the reference, and its line in the text. */
typedef struct line {
    int64_t key, raw;
    size_t group, place;
    size_t begin, size;
} line;

/* All that came of a job. */
typedef struct outcome {
    etw_consumer *consumer;
    etlb_writer text;
    line *lines; /* Only of the reference. */
    size_t line_count, line_capacity;
    etw_json_stats json;
    uint64_t late_events;
    char counters[COUNTERS_SIZE];
} outcome;

/* What one thread works with. */
typedef struct worker {
    outcome *all;
    etw_json *json;
    etlb_writer text;
} worker;

/* Lines ---------------------------------------------------------------------------------------- */

/* The trace that an event comes from, by its number. */
static size_t trace_of(etw_consumer *consumer, const etw_event *event)
{
    size_t trace = 0;
    while (etw_consumer_trace_info(consumer, trace) != event->trace)
        trace++;
    return trace;
}

/* One line: what JSON does not tell of an event, and JSON. */
static void put_line(worker *w, const etw_event *event)
{
    char about[120];
    etw_consumer *consumer = w->all->consumer;
    const uint64_t hash = etwi_hash_bytes(0, event->record, event->record_size);
    const int size = snprintf(about, sizeof about, "%zu %" PRId64 " %u %u %u %016" PRIx64 " ",
                              trace_of(consumer, event), event->raw_timestamp, event->processor,
                              event->header_kind, event->is_damaged, hash);
    etlb_raw(&w->text, about, (size_t)size);
    if (etw_json_append(w->json, event, etw_consumer_schema(consumer, event)) != ETW_OK)
        etlb_fail("no JSON");
    const etw_str json = etw_json_text(w->json);
    etlb_raw(&w->text, json.data, json.size);
    etw_json_clear(w->json);
}

/* Counters ------------------------------------------------------------------------------------- */

static void put_counters(char *out, size_t size, outcome *all)
{
    size_t used = 0;
    const size_t count = etw_consumer_trace_count(all->consumer);
    for (size_t i = 0; i < count && used < size; i++) {
        const etw_trace_stats *s = etw_consumer_trace_stats(all->consumer, i);
        const uint64_t values[] = {s->buffers,       s->compressed_buffers, s->events,
                                   s->payload_bytes, s->events_lost_flags,  s->buffers_lost_flags,
                                   s->corrupt_bytes, s->corrupt_regions,    s->truncated_bytes,
                                   s->unused_bytes,  s->late_events};
        for (size_t k = 0; k < sizeof values / sizeof *values && used < size; k++)
            used += (size_t)snprintf(out + used, size - used, " %" PRIu64, values[k]);
        for (size_t k = 0; k < ETW_HEADER_KIND_COUNT && used < size; k++)
            used += (size_t)snprintf(out + used, size - used, " %" PRIu64, s->header_kinds[k]);
        if (used < size)
            used += (size_t)snprintf(out + used, size - used, " %s @%" PRIu64 "\n",
                                     s->first_damage.message, s->first_damage.offset);
        all->late_events += s->late_events;
    }
    etw_consumer_stats stats = {.size = sizeof stats};
    if (etw_consumer_get_stats(all->consumer, &stats) != ETW_OK)
        etlb_fail("no counters");
    const etw_json_stats *j = &all->json;
    const etw_schema_store_stats schemas =
        etw_schema_store_get_stats(etw_consumer_schemas(all->consumer));
    const uint64_t values[] = {stats.events,      stats.bytes,
                               j->events,         j->decoded,
                               j->without_schema, j->errors,
                               j->trailing,       j->trailing_bytes,
                               schemas.rejected,  schemas.incomplete_manifests};
    for (size_t k = 0; k < sizeof values / sizeof *values && used < size; k++)
        used += (size_t)snprintf(out + used, size - used, " %" PRIu64, values[k]);
}

static void add_json_stats(etw_json_stats *to, const etw_json_stats *from)
{
    to->events += from->events;
    to->decoded += from->decoded;
    to->without_schema += from->without_schema;
    to->errors += from->errors;
    to->trailing += from->trailing;
    to->trailing_bytes += from->trailing_bytes;
}

/* Jobs ----------------------------------------------------------------------------------------- */

static void *begin_thread(void *user)
{
    worker *w = calloc(1, sizeof *w);
    if (!w || etw_json_create(&w->json, NULL, NULL) != ETW_OK)
        etlb_fail("out of memory");
    w->all = user;
    return w;
}

static void end_thread(void *user, void *local)
{
    worker *w = local;
    add_json_stats(&((outcome *)user)->json, etw_json_get_stats(w->json));
    etw_json_destroy(&w->json);
    etlb_writer_free(&w->text);
    free(w);
}

static etw_flow on_batch(void *user, void *local, const etw_batch *batch)
{
    (void)user;
    for (size_t i = 0; i < batch->count; i++)
        put_line(local, &batch->events[i]);
    return ETW_FLOW_NEXT;
}

static etw_flow on_commit(void *user, void *local)
{
    worker *w = local;
    etlb_append(&((outcome *)user)->text, etlb_written(&w->text));
    etlb_writer_clear(&w->text);
    return ETW_FLOW_NEXT;
}

static void open_traces(outcome *all, const job *j)
{
    const etw_consumer_options options = {.size = sizeof options,
                                          .order = j->order,
                                          .without_schemas = j->raw,
                                          .memory_max = j->memory_max,
                                          .threads = j->threads};
    if (etw_consumer_create(&all->consumer, &options, NULL) != ETW_OK)
        etlb_fail("no consumer");
    for (size_t i = 0; i < j->traces->count; i++)
        if (etw_consumer_add_memory(all->consumer, "random", etlb_written(&j->traces->files[i])) !=
            ETW_OK)
            etlb_fail("%s", etw_consumer_error(all->consumer)->message);
}

static void close_traces(outcome *all)
{
    put_counters(all->counters, sizeof all->counters, all);
    etw_consumer_destroy(&all->consumer);
}

static void free_outcome(outcome *all)
{
    etlb_writer_free(&all->text);
    free(all->lines);
}

static bool process(outcome *all, const job *j)
{
    memset(all, 0, sizeof *all);
    open_traces(all, j);
    const etw_work work = {sizeof work, all, begin_thread, end_thread, on_batch, on_commit};
    const etw_status status = etw_consumer_process(all->consumer, &work);
    close_traces(all);
    return status == ETW_END;
}

/* The reference -------------------------------------------------------------------------------- */

static bool same_clock(const etw_clock *a, const etw_clock *b)
{
    return a->type == b->type && a->frequency == b->frequency && a->start_raw == b->start_raw &&
           a->start_time == b->start_time;
}

/* The first trace whose clock is that of the event. */
static size_t group_of(etw_consumer *consumer, const etw_event *event)
{
    size_t group = 0;
    while (!same_clock(&etw_consumer_trace_info(consumer, group)->clock, &event->trace->clock))
        group++;
    return group;
}

static void add_line(outcome *all, const etw_event *event, size_t begin, size_t size)
{
    if (all->line_count == all->line_capacity) {
        all->line_capacity = all->line_capacity ? 2 * all->line_capacity : 4096;
        all->lines = realloc(all->lines, all->line_capacity * sizeof *all->lines);
        if (!all->lines)
            etlb_fail("out of memory");
    }
    all->lines[all->line_count] = (line){(int64_t)event->timestamp,
                                         event->raw_timestamp,
                                         group_of(all->consumer, event),
                                         all->line_count,
                                         begin,
                                         size};
    all->line_count++;
}

/* Reads in one thread, batch by batch. */
static bool read_plainly(outcome *all, const job *j)
{
    memset(all, 0, sizeof *all);
    open_traces(all, j);
    worker *w = begin_thread(all);
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_next_batch(all->consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const size_t begin = w->text.size;
            put_line(w, &batch->events[i]);
            add_line(all, &batch->events[i], all->text.size + begin, w->text.size - begin);
        }
        on_commit(all, w);
    }
    end_thread(all, w);
    close_traces(all);
    return status == ETW_END;
}

/* The order of docs/decode-contract.md and docs/etl-format.md: by time; of one clock by its raw
 * time; of equal times what stands first, traces in the order in which they were added. Where one
 * clock measured all, raw time decides alone. */
static bool is_one_clock;

static int compare_lines(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (!is_one_clock && x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->raw != y->raw)
        return x->raw < y->raw ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* The text of the reference with its lines in order of time. */
static etlb_writer sort_text(outcome *reference)
{
    is_one_clock = true;
    for (size_t i = 0; i < reference->line_count; i++)
        is_one_clock &= reference->lines[i].group == 0;
    if (reference->line_count)
        qsort(reference->lines, reference->line_count, sizeof *reference->lines, compare_lines);
    etlb_writer sorted = {0};
    for (size_t i = 0; i < reference->line_count; i++) {
        const line *l = &reference->lines[i];
        etlb_raw(&sorted, reference->text.data + l->begin, l->size);
    }
    return sorted;
}

/* The tests ------------------------------------------------------------------------------------ */

static bool same_text(const etlb_writer *a, const etlb_writer *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* The first line that differs. */
static void print_difference(const etlb_writer *got, const etlb_writer *want)
{
    size_t at = 0, begin = 0;
    while (at < got->size && at < want->size && got->data[at] == want->data[at])
        if (got->data[at++] == '\n')
            begin = at;
    const etlb_writer *texts[] = {got, want};
    for (int i = 0; i < 2; i++) {
        const char *text = (const char *)texts[i]->data + begin;
        const size_t left = texts[i]->size - begin;
        const char *end = left ? memchr(text, '\n', left) : NULL;
        printf("    %s %.*s\n", i ? "want" : "got ", (int)(end ? end - text : 0), left ? text : "");
    }
}

static bool expect(const job *j, const etlb_writer *text, const char *counters)
{
    outcome all;
    bool good = CHECK(process(&all, j));
    if (!CHECK(same_text(&all.text, text))) {
        print_difference(&all.text, text);
        good = false;
    }
    if (counters && !CHECK(strcmp(all.counters, counters) == 0)) {
        printf("    got  %s\n    want %s\n", all.counters, counters);
        good = false;
    }
    if (!good)
        printf("    %u threads, %s order%s, %" PRIu64 " bytes of memory\n", (unsigned)j->threads,
               j->order == ETW_ORDER_FILE ? "file" : "time", j->raw ? ", without schemas" : "",
               j->memory_max);
    free_outcome(&all);
    return good;
}

/* All numbers of threads give what `want` has. */
static bool expect_of_threads(job j, const etlb_writer *text, const char *counters)
{
    static const uint32_t threads[] = {1, 2, 4};
    bool good = true;
    for (size_t i = 0; i < sizeof threads / sizeof *threads && good; i++) {
        j.threads = threads[i];
        good = expect(&j, text, counters);
    }
    return good;
}

static bool try_seed(uint32_t seed)
{
    random_traces traces;
    random_traces_build(&traces, seed);
    job j = {.traces = &traces, .order = ETW_ORDER_FILE, .threads = 1};
    outcome reference;
    bool good = CHECK(read_plainly(&reference, &j));
    good &= expect_of_threads(j, &reference.text, reference.counters);

    etlb_writer sorted = sort_text(&reference);
    j.order = ETW_ORDER_TIME;
    good &= CHECK_EQ(reference.late_events, 0);
    good &= expect_of_threads(j, &sorted, reference.counters);
    if (seed % 4 == 0) {
        j.memory_max = MEMORY_SMALL;
        good &= expect_of_threads(j, &sorted, reference.counters);
    }
    j.threads = 2;
    outcome pulled;
    good &= CHECK(read_plainly(&pulled, &j)) && CHECK(same_text(&pulled.text, &sorted));
    free_outcome(&pulled);
    etlb_writer_free(&sorted);
    free_outcome(&reference);
    random_traces_free(&traces);
    if (!good)
        printf("    seed %u: %s\n", (unsigned)seed, traces.about);
    return good;
}

static void all_ways_agree(void)
{
    for (uint32_t i = 0; i < seed_count; i++)
        if (!try_seed(first_seed + i))
            return;
}

/* Without schemas there is no first pass, so file order reads the traces in another way. */
static void raw_events_agree(void)
{
    for (uint32_t i = 0; i < seed_count; i += 5) {
        random_traces traces;
        random_traces_build(&traces, first_seed + i);
        const job j = {.traces = &traces, .order = ETW_ORDER_FILE, .raw = true, .threads = 1};
        outcome reference;
        bool good = CHECK(read_plainly(&reference, &j));
        good &= expect_of_threads(j, &reference.text, reference.counters);
        free_outcome(&reference);
        random_traces_free(&traces);
        if (!good) {
            printf("    seed %u: %s\n", (unsigned)(first_seed + i), traces.about);
            return;
        }
    }
}

/* A trace of few small buffers: whatever is known of its format is known from them alone. */
static random_traces small_traces(uint32_t seed, etlb_compression compression)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = 4096;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = compression;
    event_mix mix;
    event_mix_init(&mix, trace, seed);
    for (uint32_t i = 0; i < 1 + seed % 60; i++)
        event_mix_add(&mix, 0, options.start_raw + i);
    random_traces traces = {.count = 1};
    etlb_append(&traces.files[0], etlb_finish(trace));
    event_mix_free(&mix);
    etlb_destroy(trace);
    return traces;
}

/* No field says for certain how a buffer is compressed, yet none may be taken for another format:
 * the events are those that were written. */
static void compression_changes_nothing(void)
{
    for (uint32_t i = 0; i < COMPRESSED_PER_SEED * seed_count; i++) {
        const uint32_t seed = COMPRESSED_PER_SEED * first_seed + i;
        random_traces traces = small_traces(seed, ETLB_UNCOMPRESSED);
        job j = {.traces = &traces, .order = ETW_ORDER_FILE, .threads = 1};
        outcome plain;
        bool good = CHECK(read_plainly(&plain, &j)) && CHECK(plain.line_count > 1);
        random_traces_free(&traces);
        for (int format = ETLB_XPRESS; format <= ETLB_LZNT1 && good; format++) {
            traces = small_traces(seed, (etlb_compression)format);
            good = expect(&j, &plain.text, NULL);
            random_traces_free(&traces);
            if (!good)
                printf("    seed %u: compression %d\n", (unsigned)seed, format);
        }
        free_outcome(&plain);
        if (!good)
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed_count = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = (uint32_t)strtoul(argv[2], NULL, 10);
    RUN(all_ways_agree);
    RUN(raw_events_agree);
    RUN(compression_changes_nothing);
    return test_finish();
}
