/* RapidJSON for bench_json: lines as documents, and writing them again. */
#ifndef BENCH_RAPIDJSON_H
#define BENCH_RAPIDJSON_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rapidjson_lines rapidjson_lines;

/* NULL if RapidJSON was not found when this was built. */
rapidjson_lines *rapidjson_create(void);
void rapidjson_destroy(rapidjson_lines *lines);

/* False if it cannot be read. */
bool rapidjson_add(rapidjson_lines *lines, const char *line, size_t size);

/* Writes all lines into a buffer that is emptied whenever it holds `flush_size` bytes, and returns
 * how many bytes that were. */
size_t rapidjson_write(rapidjson_lines *lines, size_t flush_size);

#ifdef __cplusplus
}
#endif

#endif
