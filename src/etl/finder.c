#include "etl/finder.h"

#include "base/error.h"
#include "etl/record.h"

#include <inttypes.h>

enum {
    RECORD_SIZE_MAX = 0x10000,
    /* Headers are far from each other, so the memory of one is asked for so many buffers ahead. */
    PREFETCH_BUFFERS = 4,
};

void etwi_note_damage(etw_trace_stats *stats, uint64_t offset, uint64_t size, const char *what)
{
    stats->corrupt_bytes += size;
    stats->corrupt_regions++;
    if (stats->first_damage.status == ETW_OK || offset < stats->first_damage.offset)
        etwi_fail(&stats->first_damage, ETW_E_CORRUPT, offset,
                  "%" PRIu64 " bytes at offset %" PRIu64 ": %s", size, offset, what);
}

bool etwi_is_filler(const uint8_t *data, size_t size)
{
    const uint8_t first = size ? data[0] : 0;
    if (first != 0 && first != 0xFF)
        return false;
    for (size_t i = 1; i < size; i++)
        if (data[i] != first)
            return false;
    return true;
}

/* Reads the header at `offset`; `*good` if it makes sense. `*filler` if nothing was written there,
 * which the end of the file counts as. Reads past the window, which a search goes on to use. */
static etw_status header_at(etwi_finder *finder, uint64_t offset, etwi_buffer_header *out,
                            bool *good, bool *filler, etw_error *error)
{
    uint8_t bytes[BUFFER_HEADER_SIZE];
    size_t got;
    ETWI_TRY(etwi_input_read(finder->input, offset, bytes, sizeof bytes, &got, error));
    *good = got == sizeof bytes && etwi_buffer_header_parse(out, bytes, &finder->rules);
    *filler = !*good && etwi_is_filler(bytes, got);
    return ETW_OK;
}

etw_status etwi_finder_begin(etwi_finder *finder, etw_error *error)
{
    bool filler;
    finder->offset = finder->search_from = 0;
    ETWI_TRY(header_at(finder, 0, &finder->header, &finder->has_header, &filler, error));
    /* Traces of Windows 2000 to 2003 have no size in their headers. */
    const etw_trace_info *info = finder->info;
    if (finder->has_header || info->buffer_size < BUFFER_HEADER_SIZE ||
        info->buffer_size > finder->rules.size_max || info->os_major >= 6)
        return ETW_OK;
    finder->rules.fixed_size = info->buffer_size;
    return header_at(finder, 0, &finder->header, &finder->has_header, &filler, error);
}

/* Whether the file may end inside of a buffer: if that has the size which all that are not
 * compressed have. Of a compressed one nothing could be used. */
static bool may_be_cut(const etwi_finder *finder, const etwi_buffer_header *header)
{
    return !(header->flags & BUFFER_FLAG_COMPRESSED) && header->size == finder->info->buffer_size;
}

/* Whether a header that a search came upon has records behind it. Many bytes look like a header,
 * above all where its supposed end lies behind that of the file. */
static etw_status has_records(etwi_finder *finder, uint64_t offset,
                              const etwi_buffer_header *header, bool *good, etw_error *error)
{
    *good = header->size <= finder->input->size - offset || may_be_cut(finder, header);
    if (header->flags & BUFFER_FLAG_COMPRESSED || !*good)
        return ETW_OK;
    etwi_record_peek peek;
    etw_bytes records;
    const uint32_t size = header->data_end - BUFFER_HEADER_SIZE;
    ETWI_TRY(etwi_input_view(finder->input, offset + BUFFER_HEADER_SIZE,
                             size < RECORD_SIZE_MAX ? size : RECORD_SIZE_MAX, &records, error));
    *good = etwi_record_peek_at(&peek, records.data, records.size);
    return ETW_OK;
}

/* Finds the next place with a buffer header, records and a continuation behind it, or the end. */
static etw_status search(etwi_finder *finder, uint64_t from, uint64_t *found, etw_error *error)
{
    enum {
        STEP = 64 * 1024
    };
    uint64_t at = from;
    while (at < finder->input->size) {
        etw_bytes bytes;
        ETWI_TRY(etwi_input_view(finder->input, at, STEP + BUFFER_HEADER_SIZE, &bytes, error));
        if (bytes.size < BUFFER_HEADER_SIZE)
            break;
        const size_t last = bytes.size - BUFFER_HEADER_SIZE;
        size_t i = 0;
        etwi_buffer_header header, next;
        while (i <= last && !etwi_buffer_header_parse(&header, bytes.data + i, &finder->rules))
            i++;
        if (i <= last) {
            bool good, filler;
            ETWI_TRY(header_at(finder, at + i + header.size, &next, &good, &filler, error));
            good |= filler;
            if (good)
                ETWI_TRY(has_records(finder, at + i, &header, &good, error));
            if (good) {
                *found = at + i;
                return ETW_OK;
            }
            i++;
        }
        at += i;
    }
    *found = finder->input->size;
    return ETW_OK;
}

/* Counts what lies between two buffers: never written, or damage. */
static etw_status count_gap(etwi_finder *finder, uint64_t from, uint64_t to, etw_error *error)
{
    enum {
        STEP = 64 * 1024
    };
    bool filler = true;
    for (uint64_t at = from; at < to && filler;) {
        etw_bytes bytes;
        const uint64_t left = to - at;
        ETWI_TRY(
            etwi_input_view(finder->input, at, left < STEP ? (size_t)left : STEP, &bytes, error));
        if (!bytes.size)
            break;
        filler = etwi_is_filler(bytes.data, bytes.size);
        at += bytes.size;
    }
    if (filler)
        finder->stats->unused_bytes += to - from;
    else
        etwi_note_damage(finder->stats, from, to - from, "no trace buffer");
    return ETW_OK;
}

/* Goes on at the next place that looks like a buffer. */
static etw_status resume(etwi_finder *finder, uint64_t from, uint64_t gap, etw_error *error)
{
    bool filler;
    uint64_t found = from;
    ETWI_TRY(search(finder, from, &found, error));
    ETWI_TRY(count_gap(finder, gap, found, error));
    finder->offset = found;
    return header_at(finder, found, &finder->header, &finder->has_header, &filler, error);
}

static void count_buffer(etwi_finder *finder, const etwi_buffer_header *header)
{
    etw_trace_stats *stats = finder->stats;
    const uint64_t left = finder->input->size - finder->offset;
    stats->buffers++;
    stats->compressed_buffers += (header->flags & BUFFER_FLAG_COMPRESSED) != 0;
    stats->events_lost_flags += (header->flags & BUFFER_FLAG_EVENTS_LOST) != 0;
    stats->buffers_lost_flags += (header->flags & BUFFER_FLAG_BUFFER_LOST) != 0;
    stats->truncated_bytes += header->size > left ? header->size - left : 0;
}

etw_status etwi_finder_next(etwi_finder *finder, etwi_found *out, etw_error *error)
{
    if (finder->search_from) {
        const uint64_t from = finder->search_from;
        finder->search_from = 0;
        ETWI_TRY(resume(finder, from, finder->offset, error));
    }
    if (!finder->has_header && finder->offset < finder->input->size)
        ETWI_TRY(resume(finder, finder->offset + 1, finder->offset, error));
    if (!finder->has_header)
        return ETW_END;
    bool filler;
    out->header = finder->header;
    out->offset = finder->offset;
    count_buffer(finder, &out->header);
    const uint64_t next = finder->offset + out->header.size;
    const uint64_t ahead = next + (uint64_t)PREFETCH_BUFFERS * out->header.size;
    etwi_input_prefetch(finder->input, ahead);
    etwi_input_prefetch(finder->input, ahead + BUFFER_HEADER_SIZE - 1);
    ETWI_TRY(header_at(finder, next, &finder->header, &finder->has_header, &filler, error));
    out->continues = finder->has_header ||
                     (filler && (next <= finder->input->size || may_be_cut(finder, &out->header)));
    finder->offset = next;
    return ETW_OK;
}

void etwi_finder_doubt(etwi_finder *finder, const etwi_found *found, uint32_t end)
{
    /* A buffer may start inside of the supposed one, but not inside of the records it did hold. */
    finder->offset = found->offset + end;
    finder->search_from = end ? finder->offset : found->offset + BUFFER_HEADER_SIZE;
    finder->has_header = false;
    if (!end) {
        finder->stats->buffers--;
        finder->stats->compressed_buffers -= (found->header.flags & BUFFER_FLAG_COMPRESSED) != 0;
    }
}
