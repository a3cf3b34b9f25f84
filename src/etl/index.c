/*
 * The first pass over a trace: finding its buffers goes from one to the next and only looks at
 * headers; the buffers then are read, unpacked and walked by as many threads as there are.
 */
#include "etl/index.h"

#include "base/error.h"
#include "etl/block.h"
#include "etl/survey.h"
#include "os/team.h"

enum {
    CLAIM = 8, /* Buffers that a thread takes at a time. */
    RESERVE_MAX = 64 * 1024,
    HEADER_SIZE_MAX = 256, /* More than the header of any record takes. */
};

typedef struct scan {
    etwi_index *index;
    etwi_finder *finder;
    const etwi_tick_scale *scale;
    const etwi_reader_visitor *visitor;
    etwi_mutex *mutex; /* Guards all below, the visitor and the counters of the trace. */
    size_t next;       /* The first entry that nobody has claimed. */
    uint64_t bytes_done;
    etw_status status;
    etw_error *error;
} scan;

/* One thread's share: counters of its own, added up at the end. */
typedef struct share {
    scan *scan;
    etwi_block_pool pool;
    etwi_scratch scratch;
    etw_trace_stats stats;
    etw_error error;
} share;

/* ------------------------------------------------------------------------------ one buffer */

/* Shows the interesting record that a survey has met to the visitor. */
static etw_status visit(scan *s, const etwi_index_entry *entry, const etwi_survey *survey)
{
    const etwi_record_context context = {s->finder->info,  s->scale,         NULL,
                                         entry->processor, entry->logger_id, entry->event_flags};
    const etwi_record_place place = {entry->offset, survey->found_at};
    etw_event event;
    etwi_record_parse(&event, survey->data + survey->found_at, &survey->found, survey->time,
                      &context);
    etwi_mutex_lock(s->mutex);
    const etw_status status = s->visitor->on_event(s->visitor->user, &event, &place);
    etwi_mutex_unlock(s->mutex);
    return status;
}

void etwi_count_rest(etw_trace_stats *stats, const etwi_index_entry *entry, const uint8_t *data,
                     uint32_t at, uint32_t end)
{
    const uint32_t left = end - at;
    /* Only what is blank to the end was never written: behind a blank hole there were events. */
    if (etwi_is_filler(data + at, left))
        stats->unused_bytes += left;
    else
        etwi_note_damage(stats, entry->offset + (entry->is_compressed ? 0 : at), left,
                         "no event record");
}

/* Finds the time span of a buffer and counts its records. */
static etw_status walk_records(share *own, etwi_index_entry *entry, const etwi_block *block)
{
    scan *s = own->scan;
    etwi_survey survey =
        etwi_survey_of(block->data, block->data_end, s->finder->info->clock.start_raw, &own->stats);
    while (etwi_survey_next(&survey, s->visitor ? s->visitor->interest : NULL))
        ETWI_TRY(visit(s, entry, &survey));
    if (survey.at < survey.end)
        etwi_count_rest(&own->stats, entry, survey.data, survey.at, survey.end);
    entry->first_time = survey.first;
    entry->last_time = survey.last;
    entry->is_surveyed = true;
    entry->is_empty = !survey.count;
    entry->event_count = (uint32_t)survey.count;
    entry->data_end = survey.at;
    own->stats.events += survey.count;
    return ETW_OK;
}

/* Reads a buffer and walks its records. `*unpacked` is false if it does not decompress. */
static etw_status scan_buffer(share *own, etwi_index_entry *entry, bool *unpacked)
{
    const etwi_input *input = own->scan->finder->input;
    entry->is_empty = true;
    etwi_block *block = etwi_block_take(&own->pool, input, entry);
    if (!block)
        return etwi_fail_nomem(&own->error);
    etw_status status =
        etwi_block_fill(block, input, entry, &own->scratch, &own->pool.allocator, &own->error);
    *unpacked = block->is_good;
    if (status == ETW_OK && block->is_good)
        status = walk_records(own, entry, block);
    etwi_block_put(&own->pool, block);
    return status;
}

/* Finds out when the first record of a buffer was. `*known` is false if that cannot be told without
 * going through the others. */
static etw_status look_at_beginning(share *own, etwi_index_entry *entry, bool *known)
{
    etwi_record_peek peek;
    uint8_t header[HEADER_SIZE_MAX] = {0};
    size_t got;
    const uint64_t at = entry->offset + BUFFER_HEADER_SIZE;
    const size_t size = entry->data_end - BUFFER_HEADER_SIZE;
    *known = false;
    if (entry->is_surveyed || entry->data_end <= BUFFER_HEADER_SIZE)
        return ETW_OK;
    ETWI_TRY(etwi_input_read(own->scan->finder->input, at, header,
                             size < sizeof header ? size : sizeof header, &got, &own->error));
    /* What is looked at is no more than a header, but the whole record has to fit in the buffer. */
    *known = got == (size < sizeof header ? size : sizeof header) &&
             etwi_record_peek_at(&peek, header, size) && peek.has_time;
    if (*known)
        entry->first_time = entry->last_time = peek.raw_time;
    return ETW_OK;
}

/* ------------------------------------------------------------------------------- all buffers */

etwi_index_entry etwi_index_entry_of(const etwi_found *found, const etw_trace_info *info,
                                     uint64_t file_size)
{
    const etwi_buffer_header *header = &found->header;
    const uint64_t left = file_size - found->offset;
    etwi_index_entry entry = {
        .offset = found->offset,
        .stored_size = header->size < left ? header->size : (uint32_t)left,
        .data_end = header->data_end,
        .unpacked_size = header->data_end,
        .processor = header->processor,
        .logger_id = header->logger_id,
        .is_compressed = (header->flags & BUFFER_FLAG_COMPRESSED) != 0,
    };
    if (!entry.is_compressed && entry.data_end > entry.stored_size)
        entry.data_end = entry.unpacked_size = entry.stored_size;
    if (info->log_file_mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING)
        entry.processor = ETW_NO_PROCESSOR;
    else if (header->flags & BUFFER_FLAG_PROCESSOR_INDEX)
        entry.event_flags = ETW_EVENT_PROCESSOR_INDEX;
    return entry;
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

/* A buffer whose size is doubtful: what its records say about it has to be known at once. */
static etw_status settle_doubt(share *own, const etwi_found *found, etwi_index_entry *entry)
{
    bool unpacked;
    ETWI_TRY(scan_buffer(own, entry, &unpacked));
    const uint32_t used = entry->is_compressed ? entry->stored_size : found->header.data_end;
    etwi_finder_doubt(own->scan->finder, found, unpacked ? used : 0);
    return ETW_OK;
}

/* Room for as many buffers as there are if all are full, so that the list need not move. What the
 * header says of their size may be anything, and is believed within bounds only. */
static etw_status reserve(share *own)
{
    scan *s = own->scan;
    etwi_index *index = s->index;
    void *memory = index->entries;
    const uint64_t count = s->finder->input->size / (s->finder->info->buffer_size | 1) + 1;
    const size_t bounded = count < RESERVE_MAX ? (size_t)count : RESERVE_MAX;
    const etw_status status =
        etwi_grow(&index->allocator, &memory, &index->capacity, bounded, sizeof *index->entries);
    index->entries = memory;
    return status;
}

/* Finds all buffers. */
static etw_status find_all(share *own)
{
    scan *s = own->scan;
    etwi_found found;
    if (reserve(own) != ETW_OK)
        return etwi_fail_nomem(&own->error);
    for (;;) {
        const etw_status status = etwi_finder_next(s->finder, &found, &own->error);
        if (status != ETW_OK)
            return status == ETW_END ? ETW_OK : status;
        etwi_index_entry entry =
            etwi_index_entry_of(&found, s->finder->info, s->finder->input->size);
        if (!found.continues) {
            ETWI_TRY(settle_doubt(own, &found, &entry));
            if (entry.is_empty)
                continue;
        }
        if (add_entry(s->index, &entry) != ETW_OK)
            return etwi_fail_nomem(&own->error);
    }
}

static etw_status scan_entry(share *own, size_t number)
{
    etwi_index_entry *entry = &own->scan->index->entries[number];
    bool unpacked = true, knows_beginning = false;
    if (!own->scan->visitor && !entry->is_compressed)
        ETWI_TRY(look_at_beginning(own, entry, &knows_beginning));
    if (!entry->is_surveyed && !knows_beginning)
        ETWI_TRY(scan_buffer(own, entry, &unpacked));
    if (!unpacked)
        etwi_note_damage(&own->stats, entry->offset, entry->stored_size,
                         "a compressed buffer that does not decompress");
    return ETW_OK;
}

/* Takes the next few entries, and reports what was done. False if there are none. */
static bool claim(share *own, etw_status status, uint64_t bytes, size_t *begin, size_t *end)
{
    scan *s = own->scan;
    etwi_mutex_lock(s->mutex);
    if (etw_failed(status) && !etw_failed(s->status)) {
        s->status = status;
        if (s->error)
            *s->error = own->error;
    }
    s->bytes_done += bytes;
    if (s->visitor && s->visitor->on_progress)
        s->visitor->on_progress(s->visitor->user, s->bytes_done);
    *begin = etw_failed(s->status) ? s->index->count : s->next;
    *end = *begin + CLAIM < s->index->count ? *begin + CLAIM : s->index->count;
    s->next = *end;
    etwi_mutex_unlock(s->mutex);
    return *begin < *end;
}

void etwi_add_stats(etw_trace_stats *to, const etw_trace_stats *from)
{
    to->events += from->events;
    to->payload_bytes += from->payload_bytes;
    to->corrupt_bytes += from->corrupt_bytes;
    to->corrupt_regions += from->corrupt_regions;
    to->unused_bytes += from->unused_bytes;
    for (size_t i = 0; i < sizeof to->header_kinds / sizeof to->header_kinds[0]; i++)
        to->header_kinds[i] += from->header_kinds[i];
    if (from->first_damage.status != ETW_OK &&
        (to->first_damage.status == ETW_OK || from->first_damage.offset < to->first_damage.offset))
        to->first_damage = from->first_damage;
}

static void finish_share(share *own)
{
    etwi_mutex_lock(own->scan->mutex);
    etwi_add_stats(own->scan->finder->stats, &own->stats);
    etwi_mutex_unlock(own->scan->mutex);
    etwi_block_pool_free(&own->pool);
    etwi_scratch_free(&own->scratch, &own->pool.allocator);
}

static void scan_share(void *user, unsigned member)
{
    (void)member;
    share own = {.scan = user, .pool = {.allocator = ((scan *)user)->index->allocator}};
    size_t begin, end;
    etw_status status = ETW_OK;
    uint64_t bytes = 0;
    etwi_block_pool_expect(&own.pool, own.scan->finder->info);
    while (claim(&own, status, bytes, &begin, &end)) {
        bytes = 0;
        for (size_t i = begin; i < end && status == ETW_OK; i++) {
            bytes += own.scan->index->entries[i].stored_size;
            status = scan_entry(&own, i);
        }
    }
    finish_share(&own);
}

static void remove_empty(etwi_index *index)
{
    size_t kept = 0;
    for (size_t i = 0; i < index->count; i++)
        if (!index->entries[i].is_empty)
            index->entries[kept++] = index->entries[i];
    index->count = kept;
}

etw_status etwi_index_build(etwi_index *index, etwi_finder *finder, unsigned threads,
                            const etwi_reader_visitor *visitor, etw_error *error)
{
    const etwi_tick_scale scale = etwi_tick_scale_of(&finder->info->clock);
    scan s = {index, finder, &scale, visitor, etwi_mutex_create(), 0, 0, ETW_OK, error};
    if (!s.mutex)
        return etwi_fail_nomem(error);
    share own = {.scan = &s, .pool = {.allocator = index->allocator}};
    s.status = find_all(&own);
    if (etw_failed(s.status) && error)
        *error = own.error;
    finish_share(&own);
    if (s.status == ETW_OK)
        etwi_team_run(threads, scan_share, &s);
    etwi_mutex_destroy(s.mutex);
    remove_empty(index);
    return s.status;
}

void etwi_index_free(etwi_index *index)
{
    etwi_free(&index->allocator, index->entries, index->capacity * sizeof *index->entries);
    index->entries = NULL;
    index->count = index->capacity = 0;
}
