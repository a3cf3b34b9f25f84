#include "engine/card.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "os/output.h"
#include "os/private.h"

#include <stdio.h>

/*
 * The file: a header, then entries of one size. It is written and read, never mapped, so that a
 * card that shrinks hurts nobody. Numbers are little-endian.
 */
enum {
    CARD_MAGIC = 0x43575445, /* "ETWC" */
    CARD_PROCESS_ID = 4,
    CARD_ACKNOWLEDGED = 8,
    CARD_VERSION = 12, /* Odd while entries are written. */
    CARD_COUNT = 16,
    CARD_HEADER_SIZE = 32,

    ENTRY_NAME_SIZE = 16, /* Behind the GUID. */
    ENTRY_NAME = 20,
    ENTRY_SIZE = ENTRY_NAME + ETWI_CARD_NAME_MAX,

    PROVIDERS_MAX = 16384,
    CARDS_OF_ONE_ID = 1000, /* Of one process id: more than one library, or one in a container. */
    READ_TRIES = 100,
};

_Static_assert(ENTRY_SIZE == 256, "entry");

/* Who holds this byte, far behind the end of the file, is the living owner of the card. */
#define LOCK_OWNER UINT64_C(0x70000000)

struct etwi_card {
    etwi_registry *registry;
    etw_allocator allocator;
    etwi_file file;
    uint32_t version;
    char path[ETWI_RUNTIME_PATH_MAX];
};

static void store_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static etw_status write_u32(const etwi_card *card, uint64_t offset, uint32_t value,
                            etw_error *error)
{
    uint8_t bytes[4];
    store_u32(bytes, value);
    return etwi_output_write_at(&card->file, offset, bytes, sizeof bytes, error);
}

/* ---- this process's -------------------------------------------------------------------------- */

/* With the registry's lock held, so that nobody sees the card before it is locked. */
static etw_status make_file(etwi_card *card, etw_error *error)
{
    uint8_t header[CARD_HEADER_SIZE] = {0};
    const uint32_t process_id = etwi_process_id();
    char name[64];
    etw_status status = ETW_E_EXISTS;
    for (unsigned i = 0; i < CARDS_OF_ONE_ID && status == ETW_E_EXISTS; i++) {
        snprintf(name, sizeof name, "providers/%u.%u", (unsigned)process_id, i);
        etwi_registry_file(card->registry, name, card->path);
        status = etwi_private_open(&card->file, card->path, ETWI_OPEN_NEW, error);
    }
    ETWI_TRY(status);
    store_u32(header, CARD_MAGIC);
    store_u32(header + CARD_PROCESS_ID, process_id);
    if (etwi_lock_try(card->file.handle, LOCK_OWNER) != ETWI_LOCK_TAKEN)
        return etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "%s cannot be locked", card->path);
    return etwi_output_write_at(&card->file, 0, header, sizeof header, error);
}

etw_status etwi_card_create(etwi_card **out, etwi_registry *registry, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    *out = NULL;
    etwi_card *card = etwi_alloc_zeroed(&memory, sizeof *card);
    if (!card)
        return etwi_fail_nomem(error);
    card->registry = registry;
    card->allocator = memory;
    card->file.handle = -1;
    etw_status status = etwi_registry_lock(registry, error);
    if (status == ETW_OK) {
        status = make_file(card, error);
        etwi_registry_unlock(registry);
    }
    if (status == ETW_OK)
        *out = card;
    else if (card->file.handle >= 0)
        etwi_card_remove(&card);
    else
        etwi_card_abandon(&card);
    return status;
}

static etw_status write_entries(const etwi_card *card, const etwi_card_provider *providers,
                                size_t count, etw_error *error)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t entry[ENTRY_SIZE] = {0};
        const etw_str name = providers[i].name;
        const size_t size = name.size < ETWI_CARD_NAME_MAX ? name.size : ETWI_CARD_NAME_MAX;
        const etw_guid *guid = &providers[i].guid;
        store_u32(entry, guid->data1);
        store_u32(entry + 4, guid->data2 | (uint32_t)guid->data3 << 16);
        memcpy(entry + 8, guid->data4, sizeof guid->data4);
        store_u32(entry + ENTRY_NAME_SIZE, (uint32_t)size);
        if (size)
            memcpy(entry + ENTRY_NAME, name.data, size);
        ETWI_TRY(etwi_output_write_at(&card->file, CARD_HEADER_SIZE + i * (uint64_t)ENTRY_SIZE,
                                      entry, sizeof entry, error));
    }
    return write_u32(card, CARD_COUNT, (uint32_t)count, error);
}

etw_status etwi_card_publish(etwi_card *card, const etwi_card_provider *providers, size_t count,
                             etw_error *error)
{
    if (count > PROVIDERS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %d providers in a process",
                         PROVIDERS_MAX);
    ETWI_TRY(write_u32(card, CARD_VERSION, card->version + 1, error));
    const etw_status status = write_entries(card, providers, count, error);
    card->version += 2;
    const etw_status ended = write_u32(card, CARD_VERSION, card->version, error);
    return status != ETW_OK ? status : ended;
}

void etwi_card_acknowledge(etwi_card *card, uint32_t generation)
{
    _Atomic uint32_t *acknowledgements = etwi_registry_acknowledgements(card->registry);
    // Overwriting bytes that are there does not fail; if it did, those who wait run into their
    // timeout, which is what they are to be told.
    (void)write_u32(card, CARD_ACKNOWLEDGED, generation, NULL);
    atomic_fetch_add(acknowledgements, 1);
    etwi_word_wake(acknowledgements, true);
}

void etwi_card_abandon(etwi_card **card)
{
    etwi_card *gone = *card;
    *card = NULL;
    if (!gone)
        return;
    if (gone->file.handle >= 0)
        etwi_file_close(&gone->file);
    const etw_allocator memory = gone->allocator;
    etwi_free(&memory, gone, sizeof *gone);
}

void etwi_card_remove(etwi_card **card)
{
    if (*card)
        etwi_file_remove((*card)->path);
    etwi_card_abandon(card);
}

/* ---- others' --------------------------------------------------------------------------------- */

/* What listing cards carries along. */
typedef struct card_reader {
    etwi_registry *registry;
    etw_allocator allocator;
    etwi_card_taker take;
    void *user;
    etw_error *error;
} card_reader;

/* Reads a card into memory that has room for it. ETW_AGAIN if it changed meanwhile. */
static etw_status read_once(const etwi_file *file, uint8_t *out, size_t size, etw_error *error)
{
    uint8_t version[4];
    size_t got, again;
    ETWI_TRY(etwi_file_read_at(file, 0, out, size, &got, error));
    ETWI_TRY(etwi_file_read_at(file, CARD_VERSION, version, sizeof version, &again, error));
    if (got != size || again != sizeof version)
        return ETW_AGAIN;
    const uint32_t before = etwi_load_u32(out + CARD_VERSION);
    return before % 2 == 0 && before == etwi_load_u32(version) ? ETW_OK : ETW_AGAIN;
}

static etw_status hand_out(const card_reader *reader, const uint8_t *bytes, size_t size)
{
    const size_t count = etwi_load_u32(bytes + CARD_COUNT);
    if (etwi_load_u32(bytes) != CARD_MAGIC || count > (size - CARD_HEADER_SIZE) / ENTRY_SIZE)
        return ETW_OK; // No card of ours.
    etwi_card_provider *providers =
        etwi_alloc_zeroed(&reader->allocator, count * sizeof *providers);
    if (!providers)
        return etwi_fail_nomem(reader->error);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = bytes + CARD_HEADER_SIZE + i * ENTRY_SIZE;
        const uint32_t name_size = etwi_load_u32(entry + ENTRY_NAME_SIZE);
        providers[i].guid = etwi_load_guid(entry);
        providers[i].name.data = (const char *)entry + ENTRY_NAME;
        providers[i].name.size = name_size <= ETWI_CARD_NAME_MAX ? name_size : 0;
    }
    const etwi_card_view view = {etwi_load_u32(bytes + CARD_PROCESS_ID),
                                 etwi_load_u32(bytes + CARD_ACKNOWLEDGED), providers, count};
    const etw_status status = reader->take(reader->user, &view);
    etwi_free(&reader->allocator, providers, count * sizeof *providers);
    return status;
}

static etw_status read_card(const card_reader *reader, const etwi_file *file)
{
    uint64_t size = 0;
    etw_status status = ETW_AGAIN;
    for (unsigned i = 0; i < READ_TRIES && status == ETW_AGAIN; i++) {
        size = etwi_shared_size(file->handle);
        if (size < CARD_HEADER_SIZE ||
            size > CARD_HEADER_SIZE + (uint64_t)PROVIDERS_MAX * ENTRY_SIZE)
            return ETW_OK;
        uint8_t *bytes = etwi_alloc(&reader->allocator, (size_t)size);
        if (!bytes)
            return etwi_fail_nomem(reader->error);
        status = read_once(file, bytes, (size_t)size, reader->error);
        if (status == ETW_OK)
            status = hand_out(reader, bytes, (size_t)size);
        else if (status == ETW_AGAIN)
            etwi_sleep_ms(1);
        etwi_free(&reader->allocator, bytes, (size_t)size);
    }
    return status == ETW_AGAIN ? ETW_OK : status; // Its process was stopped in the middle.
}

/* Removes a card whose process has ended. New ones are locked before the registry is unlocked. */
static void remove_dead(const card_reader *reader, const char *path)
{
    etwi_file file;
    if (etwi_registry_lock(reader->registry, NULL) != ETW_OK)
        return;
    if (etwi_private_open(&file, path, ETWI_OPEN_WRITE, NULL) == ETW_OK) {
        if (!etwi_lock_is_held(file.handle, LOCK_OWNER))
            etwi_file_remove(path);
        etwi_file_close(&file);
    }
    etwi_registry_unlock(reader->registry);
}

static etw_status look_at(void *user, const char *name, const etwi_path_info *info)
{
    const card_reader *reader = user;
    char file_name[64], path[ETWI_RUNTIME_PATH_MAX];
    etwi_file file;
    if (!info->is_file || strlen(name) > 32)
        return ETW_OK;
    snprintf(file_name, sizeof file_name, "providers/%s", name);
    etwi_registry_file(reader->registry, file_name, path);
    if (etwi_private_open(&file, path, ETWI_OPEN_WRITE, NULL) != ETW_OK)
        return ETW_OK; // It has gone since.
    const bool is_alive = etwi_lock_is_held(file.handle, LOCK_OWNER);
    const etw_status status = is_alive ? read_card(reader, &file) : ETW_OK;
    etwi_file_close(&file);
    if (!is_alive)
        remove_dead(reader, path);
    return status;
}

etw_status etwi_cards_list(etwi_registry *registry, etwi_card_taker take, void *user,
                           etw_error *error)
{
    card_reader reader = {registry, etwi_allocator_or_default(NULL), take, user, error};
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_registry_file(registry, "providers", path);
    return etwi_folder_list(path, look_at, &reader, error);
}

/* ---- waiting --------------------------------------------------------------------------------- */

typedef struct waited_for {
    const etw_guid *provider;
    uint32_t generation;
    uint32_t late_process; /* One that has not acknowledged. */
    size_t late;
} waited_for;

static etw_status count_late(void *user, const etwi_card_view *card)
{
    waited_for *waited = user;
    if ((int32_t)(card->acknowledged - waited->generation) >= 0)
        return ETW_OK;
    for (size_t i = 0; i < card->count; i++) {
        if (waited->provider && !etw_guid_equal(waited->provider, &card->providers[i].guid))
            continue;
        waited->late++;
        waited->late_process = card->process_id;
        break;
    }
    return ETW_OK;
}

etw_status etwi_cards_wait(etwi_registry *registry, const etw_guid *provider, uint32_t generation,
                           uint32_t timeout_ms, etw_error *error)
{
    const uint64_t deadline = etwi_now_ms() + timeout_ms;
    _Atomic uint32_t *acknowledgements = etwi_registry_acknowledgements(registry);
    for (;;) {
        const uint32_t seen = atomic_load(acknowledgements);
        waited_for waited = {provider, generation, 0, 0};
        ETWI_TRY(etwi_cards_list(registry, count_late, &waited, error));
        if (!waited.late)
            return ETW_OK;
        const uint64_t now = etwi_now_ms();
        if (now >= deadline)
            return etwi_fail(error, ETW_E_TIMEOUT, ETW_NO_OFFSET,
                             "%zu processes, %u among them, have not seen it within %u ms",
                             waited.late, (unsigned)waited.late_process, (unsigned)timeout_ms);
        // Processes that end do not acknowledge: look again now and then.
        const uint64_t left = deadline - now;
        etwi_word_wait(acknowledgements, seen, (uint32_t)(left < 100 ? left : 100), true);
    }
}
