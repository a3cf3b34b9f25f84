/* What bench_json is built with where RapidJSON is not there. */
#include "bench_rapidjson.h"

rapidjson_lines *rapidjson_create(void)
{
    return NULL;
}

void rapidjson_destroy(rapidjson_lines *lines)
{
    (void)lines;
}

bool rapidjson_add(rapidjson_lines *lines, const char *line, size_t size)
{
    (void)lines;
    (void)line;
    return size != 0;
}

size_t rapidjson_write(rapidjson_lines *lines, size_t flush_size)
{
    (void)lines;
    return flush_size;
}
