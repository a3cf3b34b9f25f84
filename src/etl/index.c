/*
 * The first pass over a trace. It believes nothing: a buffer counts if its header makes sense;
 * after one that does not, the next header that does is searched for, and what lies between is
 * counted.
 */
#include "etl/index.h"

#include "base/error.h"
#include "etl/decompress.h"
#include "etl/record.h"

#include <inttypes.h>

typedef struct scan {
    etwi_index *index;
    etwi_input *input;
    const etw_trace_info *info;
    etw_trace_stats *stats;
    const etwi_reader_visitor *visitor;
    etw_error *error;
} scan;

static void note_damage(scan *s, uint64_t offset, uint64_t size, const char *what)
{
    s->stats->corrupt_bytes += size;
    s->stats->corrupt_regions++;
    if (s->stats->first_damage.status == ETW_OK)
        etwi_fail(&s->stats->first_damage, ETW_E_CORRUPT, offset,
                  "%" PRIu64 " bytes at offset %" PRIu64 ": %s", size, offset, what);
}

/* Whether bytes were never written: all zero, or all ones. */
static bool is_filler(const uint8_t *data, size_t size)
{
    const uint8_t first = size ? data[0] : 0;
    if (first != 0 && first != 0xFF)
        return false;
    for (size_t i = 1; i < size; i++)
        if (data[i] != first)
            return false;
    return true;
}

static bool is_interesting(const etwi_reader_interest *interest, const uint8_t *record,
                           etw_header_kind kind)
{
    if (!interest)
        return false;
    if (kind == ETW_HEADER_EVENT32 || kind == ETW_HEADER_EVENT64)
        return etwi_load_u16(record + EVENT_ID) == interest->event_id;
    if (kind != ETW_HEADER_FULL32 && kind != ETW_HEADER_FULL64)
        return false;
    const etw_guid provider = etwi_load_guid(record + FULL_GUID);
    for (size_t i = 0; i < interest->classic_provider_count; i++)
        if (etw_guid_equal(&provider, &interest->classic_providers[i]))
            return true;
    return false;
}

static etw_status visit(scan *s, const uint8_t *record, const etwi_record_peek *peek,
                        int64_t raw_time, const etwi_index_entry *entry)
{
    const etwi_record_context context = {s->info, entry->processor, entry->logger_id,
                                         entry->event_flags};
    etw_event event;
    etwi_record_parse(&event, record, peek, raw_time, &context);
    return s->visitor->on_event(s->visitor->user, &event);
}

/* Counts the records of a buffer and finds their time span. `*events` is how many there are. */
static etw_status walk_records(scan *s, etwi_index_entry *entry, const uint8_t *data,
                               uint64_t *events)
{
    etwi_record_peek peek;
    int64_t time = s->info->clock.start_raw;
    uint32_t at = BUFFER_HEADER_SIZE;
    uint64_t count = 0;
    while (at < entry->data_end && etwi_record_peek_at(&peek, data + at, entry->data_end - at)) {
        const int64_t previous = time;
        if (peek.has_time)
            time = peek.raw_time;
        if (!count || time < entry->first_time)
            entry->first_time = time;
        if (!count || time > entry->last_time)
            entry->last_time = time;
        entry->is_unsorted |= count && time < previous;
        s->stats->header_kinds[peek.kind]++;
        s->stats->payload_bytes += peek.size;
        count++;
        if (is_interesting(s->visitor->interest, data + at, peek.kind))
            ETWI_TRY(visit(s, data + at, &peek, time, entry));
        const uint32_t stride = etwi_record_stride(peek.size);
        if (stride >= entry->data_end - at) {
            at = entry->data_end;
            break;
        }
        at += stride;
    }
    if (at < entry->data_end) {
        const uint32_t left = entry->data_end - at;
        const uint32_t word = left >= 4 ? etwi_load_u32(data + at) : 0;
        if (word == 0 || word == UINT32_MAX)
            s->stats->unused_bytes += left;
        else
            note_damage(s, entry->offset + (entry->is_compressed ? 0 : at), left,
                        "no event record");
        entry->data_end = at;
    }
    s->stats->events += count;
    *events = count;
    return ETW_OK;
}

/* The records of a compressed buffer, in the scratch memory and behind room for a header. */
static etw_status unpack(scan *s, const etwi_index_entry *entry, etw_bytes stored,
                         const uint8_t **data)
{
    etwi_index *index = s->index;
    const size_t needed = (size_t)entry->data_end + ETWI_DECOMPRESS_SLACK;
    const size_t packed_size = stored.size + ETWI_DECOMPRESS_SLACK;
    void *memory = index->scratch;
    const etw_status grown =
        etwi_grow(&index->allocator, &memory, &index->scratch_capacity, needed + packed_size, 1);
    index->scratch = memory;
    ETWI_TRY(grown);
    /* The packed bytes are copied, because reading past them must stay inside of our memory. */
    uint8_t *packed = index->scratch + needed;
    memcpy(packed, stored.data, stored.size);
    memset(packed + stored.size, 0, ETWI_DECOMPRESS_SLACK);
    const etw_bytes input = {packed + BUFFER_HEADER_SIZE, stored.size - BUFFER_HEADER_SIZE};
    *data = index->scratch;
    return etwi_buffer_unpack(index->scratch + BUFFER_HEADER_SIZE,
                              entry->data_end - BUFFER_HEADER_SIZE, input, &index->format);
}

static etw_status add_entry(etwi_index *index, const etwi_index_entry *entry)
{
    void *memory = index->entries;
    const etw_status status = etwi_grow(&index->allocator, &memory, &index->capacity,
                                        index->count + 1, sizeof *index->entries);
    index->entries = memory;
    if (status == ETW_OK)
        index->entries[index->count++] = *entry;
    return status;
}

static void count_buffer(scan *s, const etwi_buffer_header *header, uint64_t missing)
{
    s->stats->buffers++;
    s->stats->compressed_buffers += (header->flags & BUFFER_FLAG_COMPRESSED) != 0;
    s->stats->events_lost_flags += (header->flags & BUFFER_FLAG_EVENTS_LOST) != 0;
    s->stats->buffers_lost_flags += (header->flags & BUFFER_FLAG_BUFFER_LOST) != 0;
    s->stats->truncated_bytes += missing;
}

/* Takes the records of a buffer into the index; `*good` becomes false if it does not unpack. */
static etw_status take_buffer(scan *s, uint64_t offset, const etwi_buffer_header *header,
                              bool *good)
{
    etw_bytes stored;
    ETWI_TRY(etwi_input_view(s->input, offset, header->size, &stored, s->error));
    *good = stored.size >= BUFFER_HEADER_SIZE; /* Else the file shrank just now. */
    if (!*good)
        return ETW_OK;
    etwi_index_entry entry = {
        .offset = offset,
        .stored_size = (uint32_t)stored.size,
        .data_end = header->data_end,
        .unpacked_size = header->data_end,
        .next = ETWI_NO_ENTRY,
        .processor = header->processor,
        .logger_id = header->logger_id,
        .is_compressed = (header->flags & BUFFER_FLAG_COMPRESSED) != 0,
    };
    if (s->info->log_file_mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING)
        entry.processor = ETW_NO_PROCESSOR;
    else if (header->flags & BUFFER_FLAG_PROCESSOR_INDEX)
        entry.event_flags = ETW_EVENT_PROCESSOR_INDEX;
    const uint8_t *data = stored.data;
    if (entry.is_compressed) {
        const etw_status status = unpack(s, &entry, stored, &data);
        if (status == ETW_E_NOMEM)
            return etwi_fail_nomem(s->error);
        *good = status == ETW_OK;
        if (!*good)
            return ETW_OK;
    } else if (entry.data_end > stored.size) {
        entry.data_end = (uint32_t)stored.size;
    }
    count_buffer(s, header, header->size - stored.size);
    uint64_t events;
    ETWI_TRY(walk_records(s, &entry, data, &events));
    if (events && add_entry(s->index, &entry) != ETW_OK)
        return etwi_fail_nomem(s->error);
    return ETW_OK;
}

/* Reads the buffer header at an offset; false if there is none that makes sense. */
static etw_status header_at(scan *s, uint64_t offset, etwi_buffer_header *out, bool *good)
{
    etw_bytes bytes;
    *good = false;
    ETWI_TRY(etwi_input_view(s->input, offset, BUFFER_HEADER_SIZE, &bytes, s->error));
    if (bytes.size == BUFFER_HEADER_SIZE)
        *good = etwi_buffer_header_parse(out, bytes.data, &s->index->rules);
    return ETW_OK;
}

/* Whether another buffer, unused space or the end of the file comes at an offset. Reads past the
 * window, which a search goes on to use. */
static etw_status continues_at(scan *s, uint64_t offset, bool *good)
{
    uint8_t bytes[BUFFER_HEADER_SIZE];
    etwi_buffer_header next;
    size_t got;
    ETWI_TRY(etwi_input_read(s->input, offset, bytes, sizeof bytes, &got, s->error));
    *good = is_filler(bytes, got) ||
            (got == sizeof bytes && etwi_buffer_header_parse(&next, bytes, &s->index->rules));
    return ETW_OK;
}

/* Finds the next place with a buffer header and a continuation behind it, or the end. */
static etw_status find_buffer(scan *s, uint64_t from, uint64_t *found)
{
    enum {
        STEP = 64 * 1024
    };
    uint64_t at = from;
    while (at < s->input->size) {
        etw_bytes bytes;
        ETWI_TRY(etwi_input_view(s->input, at, STEP + BUFFER_HEADER_SIZE, &bytes, s->error));
        if (bytes.size < BUFFER_HEADER_SIZE)
            break;
        const size_t last = bytes.size - BUFFER_HEADER_SIZE;
        size_t i = 0;
        etwi_buffer_header header;
        while (i <= last && !etwi_buffer_header_parse(&header, bytes.data + i, &s->index->rules))
            i++;
        if (i <= last) {
            bool good;
            ETWI_TRY(continues_at(s, at + i + header.size, &good));
            if (good && header.data_end > BUFFER_HEADER_SIZE) {
                *found = at + i;
                return ETW_OK;
            }
            i++;
        }
        at += i;
    }
    *found = s->input->size;
    return ETW_OK;
}

/* Counts what lies between two buffers: never written, or damage. */
static etw_status count_gap(scan *s, uint64_t from, uint64_t to)
{
    bool filler = true;
    for (uint64_t at = from; at < to && filler;) {
        etw_bytes bytes;
        const uint64_t left = to - at;
        ETWI_TRY(
            etwi_input_view(s->input, at, left < 65536 ? (size_t)left : 65536, &bytes, s->error));
        if (!bytes.size)
            break;
        filler = is_filler(bytes.data, bytes.size);
        at += bytes.size;
    }
    if (filler)
        s->stats->unused_bytes += to - from;
    else
        note_damage(s, from, to - from, "no trace buffer");
    return ETW_OK;
}

/* Goes on behind a place without a usable buffer: everything from `from` on is searched, and what
 * lies between `gap` and the next buffer is counted. */
static etw_status resume(scan *s, uint64_t from, uint64_t gap, uint64_t *offset)
{
    ETWI_TRY(find_buffer(s, from, offset));
    return count_gap(s, gap, *offset);
}

/* Handles the place `*offset` and moves it on. */
static etw_status step(scan *s, uint64_t *offset)
{
    const uint64_t at = *offset;
    etwi_buffer_header header;
    bool good;
    ETWI_TRY(header_at(s, at, &header, &good));
    if (!good)
        return resume(s, at + 1, at, offset);
    const uint64_t next = at + header.size;
    bool taken, continues;
    ETWI_TRY(take_buffer(s, at, &header, &taken));
    ETWI_TRY(continues_at(s, next, &continues));
    if (continues) {
        if (!taken)
            note_damage(s, at, next < s->input->size ? header.size : s->input->size - at,
                        "a compressed buffer that does not decompress");
        *offset = next;
        return ETW_OK;
    }
    if (!taken)
        return resume(s, at + BUFFER_HEADER_SIZE, at, offset);
    /* The size, or the next header, is wrong. A buffer may start inside of the supposed one, but
     * not inside of the records that it did hold. */
    const bool compressed = (header.flags & BUFFER_FLAG_COMPRESSED) != 0;
    const uint64_t used = at + (compressed ? header.size : header.data_end);
    return resume(s, used, used, offset);
}

etw_status etwi_index_build(etwi_index *index, etwi_input *input, const etw_trace_info *info,
                            etw_trace_stats *stats, const etwi_reader_visitor *visitor,
                            etw_error *error)
{
    scan s = {index, input, info, stats, visitor, error};
    etwi_buffer_header first;
    bool good;
    ETWI_TRY(header_at(&s, 0, &first, &good));
    /* Traces of Windows 2000 to 2003 have no size in their headers. */
    if (!good && info->buffer_size >= BUFFER_HEADER_SIZE &&
        info->buffer_size <= index->rules.size_max && info->os_major < 6)
        index->rules.fixed_size = info->buffer_size;
    for (uint64_t offset = 0; offset < input->size;) {
        ETWI_TRY(step(&s, &offset));
        if (visitor->on_progress)
            visitor->on_progress(visitor->user, offset);
    }
    return ETW_OK;
}

void etwi_index_free(etwi_index *index)
{
    etwi_free(&index->allocator, index->entries, index->capacity * sizeof *index->entries);
    etwi_free(&index->allocator, index->scratch, index->scratch_capacity);
    index->entries = NULL;
    index->scratch = NULL;
    index->count = index->capacity = index->scratch_capacity = 0;
}
