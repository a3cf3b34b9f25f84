/*
 * bench_json MEGABYTES ROUNDS: the fourth level, from a mixed trace in memory to lines of JSON, in
 * both profiles, in turns with copying from memory to memory, and with other writers of JSON that
 * write the same lines from documents that are ready.
 *
 * The others get few documents, which stay in the cache: that is where they are fastest.
 */
#include "bench_rapidjson.h"
#include "harness.h"
#include "mixed_trace.h"

#include <stdlib.h>

enum {
    FLUSH_SIZE = 64 * 1024,
    COPY_SIZE = 128 * 1024 * 1024,
    DOCUMENTS = 500,      /* Every n-th line of the trace. */
    PEER_SIZE = 64 << 20, /* How much text the others write in a round, at most. */
};

typedef struct profile {
    etw_bytes trace;
    etw_schema_store *schemas;
    etw_json *json;
    size_t text_size; /* Of all lines. */
    rapidjson_lines *lines;
} profile;

typedef struct copy {
    char *from, *to;
} copy;

/* From memory to memory: more than caches hold. */
static harness_result run_copy(void *context)
{
    const copy *c = context;
    memcpy(c->to, c->from, COPY_SIZE);
    const harness_result r = {0, COPY_SIZE, (uint8_t)c->to[COPY_SIZE / 2]};
    return r;
}

/* The events of the trace, written. */
static harness_result run_ours(void *context)
{
    profile *p = context;
    etw_consumer *consumer = harness_open(p->trace, p->schemas, ETW_ORDER_FILE);
    const etw_batch *batch;
    harness_result r = {0, 0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            harness_require(etw_json_append(p->json, event, etw_consumer_schema(consumer, event)) ==
                                ETW_OK,
                            "out of memory");
            if (etw_json_text(p->json).size >= FLUSH_SIZE) {
                r.bytes += etw_json_text(p->json).size;
                etw_json_clear(p->json);
            }
        }
    }
    r.bytes += etw_json_text(p->json).size;
    etw_json_clear(p->json);
    harness_close(consumer);
    return r;
}

static harness_result run_rapidjson(void *context)
{
    profile *p = context;
    harness_result r = {0, 0, 0};
    const size_t goal = p->text_size < PEER_SIZE ? p->text_size : PEER_SIZE;
    while (r.bytes < goal) {
        r.bytes += rapidjson_write(p->lines, FLUSH_SIZE);
        r.events += DOCUMENTS;
    }
    return r;
}

/* The lines from all over the trace that the others get, as documents. */
static void make_documents(profile *p)
{
    const harness_result all = run_ours(p);
    const uint64_t step = all.events / DOCUMENTS;
    harness_require(step > 0, "the trace has too few events");
    etw_consumer *consumer = harness_open(p->trace, p->schemas, ETW_ORDER_FILE);
    const etw_batch *batch;
    uint64_t number = 0, taken = 0;
    p->text_size = all.bytes;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++, number++) {
            if (number % step != 0 || taken == DOCUMENTS)
                continue;
            const etw_event *event = &batch->events[i];
            harness_require(etw_json_append(p->json, event, etw_consumer_schema(consumer, event)) ==
                                ETW_OK,
                            "out of memory");
            const etw_str line = etw_json_text(p->json);
            harness_require(rapidjson_add(p->lines, line.data, line.size - 1),
                            "RapidJSON does not understand a line");
            etw_json_clear(p->json);
            taken++;
        }
    harness_close(consumer);
}

static profile make_profile(etw_bytes trace, etw_schema_store *schemas, etw_json_profile shape)
{
    profile p = {trace, schemas, NULL, 0, rapidjson_create()};
    const etw_json_options options = {.size = sizeof options, .profile = shape};
    harness_require(etw_json_create(&p.json, &options, NULL) == ETW_OK, "out of memory");
    if (p.lines)
        make_documents(&p);
    return p;
}

int main(int argc, char **argv)
{
    harness_require(argc == 3, "usage: bench_json MEGABYTES ROUNDS");
    const harness_size size = harness_arguments(argv[1], argv[2]);
    const etw_bytes trace = mixed_trace_in_memory(MIXED_PLAIN, size.bytes);
    etw_schema_store *schemas = harness_schemas();
    profile compact = make_profile(trace, schemas, ETW_JSON_COMPACT);
    profile full = make_profile(trace, schemas, ETW_JSON_FULL);
    copy c = {harness_checked(malloc(COPY_SIZE)), harness_checked(malloc(COPY_SIZE))};
    memset(c.from, '{', COPY_SIZE);
    const harness_variant variants[] = {
        {"copy", run_copy, &c},
        {"json.compact", run_ours, &compact},
        {"json.full", run_ours, &full},
        {"rapidjson.compact", run_rapidjson, &compact},
        {"rapidjson.full", run_rapidjson, &full},
    };
    harness_run(variants, compact.lines ? 5 : 3, size.rounds);
    rapidjson_destroy(compact.lines);
    rapidjson_destroy(full.lines);
    return 0;
}
