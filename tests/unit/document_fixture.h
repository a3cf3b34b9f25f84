/* Tests of parsers that hand out schemas: one document at a time, and what came out of it. */
#ifndef ETW_DOCUMENT_FIXTURE_H
#define ETW_DOCUMENT_FIXTURE_H

#include "test.h"

#include "base/memory.h"
#include "schema/manifest.h"

#include <stdlib.h>

enum {
    SCHEMAS_MAX = 64,
};

typedef etw_status document_parser(etw_bytes bytes, etwi_arena *arena, etwi_schema_taker take,
                                   void *user, etw_error *problem, etw_error *error);

static document_parser *parser;
static etwi_arena arena;
static etw_schema schemas[SCHEMAS_MAX];
static unsigned schema_count;
static etw_error problem;
static etw_error error;

static inline void open_fixture(document_parser *parse)
{
    parser = parse;
    arena.allocator = etwi_allocator_or_default(NULL);
}

static inline int close_fixture(void)
{
    etwi_arena_free(&arena);
    return test_finish();
}

static inline etw_status take(void *user, const etw_schema *schema)
{
    (void)user;
    if (schema_count < SCHEMAS_MAX)
        schemas[schema_count] = *schema;
    schema_count++;
    return ETW_OK;
}

/* The input is in memory of exactly its size, so that sanitizers see what is read behind it. */
static inline etw_status parse_bytes(const void *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, data, size);
    const etw_bytes bytes = {copy, size};
    schema_count = 0;
    const etw_status status = parser(bytes, &arena, take, NULL, &problem, &error);
    free(copy);
    return status;
}

static inline etw_status parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* The only schema of a document in which nothing is wrong. */
static inline const etw_schema *only(const char *text)
{
    if (CHECK_EQ(parse(text), ETW_OK) && CHECK_EQ(problem.status, ETW_OK) &&
        CHECK_EQ(schema_count, 1))
        return &schemas[0];
    printf("    %s\n", problem.message);
    static const etw_schema NONE;
    return &NONE;
}

#endif
