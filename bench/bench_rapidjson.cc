#include "bench_rapidjson.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

/* All documents lie in one piece of memory, in the order of the lines. */
struct rapidjson_lines {
    rapidjson::Document documents{rapidjson::kArrayType};
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
    rapidjson::Document document(&lines->documents.GetAllocator());
    if (document.Parse(line, size).HasParseError())
        return false;
    lines->documents.PushBack(document.Move(), lines->documents.GetAllocator());
    return true;
}

size_t rapidjson_write(rapidjson_lines *lines, size_t flush_size)
{
    size_t written = 0;
    rapidjson::Writer<rapidjson::StringBuffer> writer(lines->out);
    for (const auto &document : lines->documents.GetArray()) {
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
