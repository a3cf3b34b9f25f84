#include "bench_rapidjson.h"

#include <deque>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

struct rapidjson_lines {
    std::deque<rapidjson::Document> documents;
    rapidjson::StringBuffer out;
};

rapidjson_lines *rapidjson_create(void)
{
    return new rapidjson_lines;
}

void rapidjson_destroy(rapidjson_lines *lines)
{
    delete lines;
}

bool rapidjson_add(rapidjson_lines *lines, const char *line, size_t size)
{
    lines->documents.emplace_back();
    if (!lines->documents.back().Parse(line, size).HasParseError())
        return true;
    lines->documents.pop_back();
    return false;
}

size_t rapidjson_write(rapidjson_lines *lines, size_t flush_size)
{
    size_t written = 0;
    rapidjson::Writer<rapidjson::StringBuffer> writer(lines->out);
    for (const auto &document : lines->documents) {
        writer.Reset(lines->out);
        document.Accept(writer);
        lines->out.Put('\n');
        if (lines->out.GetSize() >= flush_size) {
            written += lines->out.GetSize();
            lines->out.Clear();
        }
    }
    written += lines->out.GetSize();
    lines->out.Clear();
    return written;
}
