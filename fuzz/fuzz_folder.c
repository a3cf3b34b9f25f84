/*
 * A runtime folder whose files are hostile. It has a session that enables a provider, and the card
 * of another process; the input says which bytes of the registry, of the session's control file,
 * pool and enable table, and of the card change, and what this process does in between: provide and
 * write, control, list, consume. Nothing may crash, hang, or leave its memory.
 */
#define _GNU_SOURCE 1 /* mkdtemp(), F_OFD_SETLK. */

#include "base/bytes.h"
#include "engine/engine.h"
#include "engine/process.h"
#include "engine/registry.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    STEP_SIZE = 8,
    STEPS_MAX = 60,
    FILE_SIZE_MAX = 256 << 10,
};

/* The files that change, and where in them. */
typedef enum fuzz_file_kind {
    FILE_REGISTRY,
    FILE_CTL,
    FILE_POOL,
    FILE_ENABLE,
    FILE_CARD,
    FILE_COUNT
} fuzz_file_kind;

/* What a step of the input does. The words of a control file lie far apart, so that each of its
 * parts is a kind of change. */
enum {
    CHANGE_REGISTRY,
    CHANGE_CONSTANTS,
    CHANGE_HEADER,
    CHANGE_CONSUMERS,
    CHANGE_CLIENTS,
    CHANGE_SLOTS,
    CHANGE_DESCRIPTORS,
    CHANGE_POOL,
    CHANGE_ENABLE,
    CHANGE_CARD,
    RESIZE_ENABLE,
    RESIZE_CARD,
    ACT_REGISTER,
    ACT_UNREGISTER,
    ACT_WRITE,
    ACT_REFRESH,
    ACT_LIST,
    ACT_PROVIDERS,
    ACT_CONTROL,
    ACT_ENABLE,
    ACT_CAPTURE,
    ACT_CONSUME,
    ACT_PRUNE,
    ACT_START,
    STEP_KINDS
};

typedef struct fuzz_file {
    const char *name;
    uint8_t good[FILE_SIZE_MAX];
    size_t size;
} fuzz_file;

static fuzz_file files[FILE_COUNT] = {
    {.name = "registry"},          {.name = "sessions/1/ctl"},   {.name = "sessions/1/pool"},
    {.name = "sessions/1/enable"}, {.name = "providers/9999.0"},
};

static const etw_guid provider_guid = {0x11111111, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static const uint16_t ids[] = {7, 8};
static const etw_str names[] = {{"Tick", 4}};
static const etw_provider_filter filters[] = {
    {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 2},
    {.type = ETW_FILTER_TYPE_EVENT_NAME, .names = names, .name_count = 1, .level = 5},
};

static char folder[64];
static etw_provider *provider;
static etwi_live *live;

static void require(bool good)
{
    if (!good)
        abort();
}

static int open_file(const char *name, int flags)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, flags | O_CLOEXEC, 0600);
}

/* ---- the folder as it should be -------------------------------------------------------------- */

static void learn(fuzz_file *file, const char *name)
{
    const int fd = open_file(name, O_RDONLY);
    require(fd >= 0);
    const ssize_t size = read(fd, file->good, sizeof file->good);
    require(size > 0 && size < FILE_SIZE_MAX);
    file->size = (size_t)size;
    close(fd);
}

static void register_provider(void)
{
    const etw_provider_options options = {
        .size = sizeof options, .guid = provider_guid, .name = "Fuzz"};
    if (!provider && etw_provider_register(&provider, &options, NULL) != ETW_OK)
        require(provider == NULL);
}

static etw_enable_parameters parameters(void)
{
    const etw_enable_parameters all = {
        .size = sizeof all,
        .provider = provider_guid,
        .level = 5,
        .properties = ETW_ENABLE_PROPERTY_STACK_TRACE | ETW_ENABLE_PROPERTY_SID,
        .filters = filters,
        .filter_count = 2,
    };
    return all;
}

static etw_session_options options_of(const char *name)
{
    const etw_session_options options = {
        .size = sizeof options,
        .name = name,
        .buffer_size = 4096,
        .minimum_buffers = 2,
        .maximum_buffers = 6,
        .flush_timer_ms = 1000,
        .clock = ETW_CLOCK_QPC,
        .mode = ETW_MODE_REAL_TIME | ETW_MODE_NO_PER_PROCESSOR_BUFFERING,
    };
    return options;
}

static void learn_all(void)
{
    char card[64];
    const etw_session_options options = options_of("fuzz");
    const etw_enable_parameters all = parameters();
    etwi_engine_session *session;
    snprintf(folder, sizeof folder, "/dev/shm/etw-fuzz-XXXXXX");
    require(mkdtemp(folder) != NULL);
    setenv("ETW_RUNTIME_DIR", folder, 1);
    require(etwi_engine_start(&session, &options, NULL) == ETW_OK);
    require(etwi_engine_enable(session, &all, NULL, NULL) == ETW_OK);
    register_provider();
    require(provider != NULL);
    snprintf(card, sizeof card, "providers/%u.0", (unsigned)etwi_process_id());
    for (unsigned i = 0; i < FILE_COUNT; i++)
        learn(&files[i], i == FILE_CARD ? card : files[i].name);
    etw_provider_unregister(&provider);
    require(etwi_engine_stop(session, NULL, NULL) == ETW_OK);
    etwi_engine_close(&session);
}

/* Returns the card, whose lock says that its process lives. */
static int restore(void)
{
    char path[128];
    int card = -1;
    snprintf(path, sizeof path, "%s/sessions/1", folder);
    mkdir(path, 0700);
    for (unsigned i = 0; i < FILE_COUNT; i++) {
        const int fd = open_file(files[i].name, O_RDWR | O_CREAT);
        require(fd >= 0 && pwrite(fd, files[i].good, files[i].size, 0) == (ssize_t)files[i].size &&
                ftruncate(fd, (off_t)files[i].size) == 0);
        if (i == FILE_CARD)
            card = fd;
        else
            close(fd);
    }
    require(etwi_lock_try(card, UINT64_C(0x70000000)) == ETWI_LOCK_TAKEN);
    return card;
}

static void remove_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (unlink(path) != 0)
        rmdir(path);
}

static void clean_up(void)
{
    static const char *const left[] = {"sessions/1", "sessions/2", "sessions", "providers", ""};
    for (unsigned i = 0; i < FILE_COUNT; i++)
        remove_file(files[i].name);
    for (unsigned i = 0; i < sizeof left / sizeof *left; i++)
        remove_file(left[i]);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Where kind of change starts in its file, and how long that part is. */
static fuzz_file_kind part_of(unsigned kind, uint32_t *start, uint32_t *size)
{
    const etwi_ctl_places places = etwi_ctl_places_of(ETWI_SLOTS_PER_CPU, 6);
    *start = 0;
    switch (kind) {
    case CHANGE_CONSTANTS:
        *size = sizeof(etwi_ctl_constants);
        return FILE_CTL;
    case CHANGE_HEADER:
        *start = 256;
        *size = 1024 - 256;
        return FILE_CTL;
    case CHANGE_CONSUMERS:
        *start = (uint32_t)places.consumers;
        *size = ETWI_CONSUMERS_MAX * sizeof(etwi_ctl_consumer);
        return FILE_CTL;
    case CHANGE_CLIENTS:
        *start = (uint32_t)places.clients;
        *size = 4 * sizeof(etwi_ctl_client);
        return FILE_CTL;
    case CHANGE_SLOTS:
        *start = (uint32_t)places.slots;
        *size = ETWI_SLOTS_PER_CPU * sizeof(etwi_ctl_slot);
        return FILE_CTL;
    case CHANGE_DESCRIPTORS:
        *start = (uint32_t)places.descriptors;
        *size = 6 * sizeof(etwi_word64);
        return FILE_CTL;
    default: {
        const fuzz_file_kind file = kind == CHANGE_REGISTRY ? FILE_REGISTRY
                                    : kind == CHANGE_POOL   ? FILE_POOL
                                    : kind == CHANGE_ENABLE ? FILE_ENABLE
                                                            : FILE_CARD;
        *size = (uint32_t)files[file].size;
        return file;
    }
    }
}

static void change(unsigned kind, uint32_t offset, const uint8_t *value)
{
    uint32_t start = 0, size = 0;
    const fuzz_file_kind file = part_of(kind, &start, &size);
    const int fd = open_file(files[file].name, O_RDWR);
    if (fd < 0)
        return; // It was removed.
    require(pwrite(fd, value, 4, start + offset % (size / 4) * 4) == 4);
    close(fd);
}

/* These two are read, never mapped. */
static void resize(fuzz_file_kind file, uint32_t size)
{
    const int fd = open_file(files[file].name, O_RDWR);
    if (fd < 0)
        return;
    require(ftruncate(fd, size % 8192) == 0);
    close(fd);
}

static void write_events(uint32_t value)
{
    static const uint8_t payload[4000];
    const etw_event_descriptor descriptor = {.id = 7, .level = 4, .keyword = value >> 8};
    const etw_event_data data = {payload, value % sizeof payload};
    for (unsigned i = 0; provider && i < 1 + (value >> 16) % 8; i++)
        (void)etw_provider_write(provider, &descriptor, NULL, NULL, &data, 1);
}

static void refresh(void)
{
    if (provider && etwi_process_lock(NULL) == ETW_OK) {
        etwi_refresh();
        etwi_process_unlock();
    }
}

static etw_status take_session(void *user, const etw_session_info *info)
{
    *(size_t *)user += strlen(info->name) + strlen(info->log_file);
    return ETW_OK;
}

static etw_status take_provider(void *user, const etw_guid *guid, etw_str name, uint32_t process_id)
{
    size_t *sum = user;
    *sum += guid->data1 + process_id;
    for (size_t i = 0; i < name.size; i++)
        *sum += (unsigned char)name.data[i];
    return ETW_OK;
}

static etw_status take_enabled(void *user, const etw_guid *guid, uint32_t logger_id)
{
    *(size_t *)user += guid->data1 + logger_id;
    return ETW_OK;
}

static void control(unsigned kind, uint32_t value)
{
    etwi_engine_session *session;
    etw_session_info info = {.size = sizeof info};
    const etw_enable_parameters all = parameters();
    const etw_session_update_options update = {
        .size = sizeof update, .maximum_buffers = value % 8, .flush_timer_ms = value >> 8};
    if (etwi_engine_attach(&session, "fuzz", NULL, NULL) != ETW_OK)
        return;
    (void)etwi_engine_query(session, &info, NULL);
    if (kind == ACT_ENABLE)
        (void)(value % 2 ? etwi_engine_enable(session, &all, NULL, NULL)
                         : etwi_engine_disable(session, &provider_guid, NULL));
    else if (kind == ACT_CAPTURE)
        (void)etwi_engine_capture_state(session, NULL, 0, NULL);
    else
        (void)etwi_engine_update(session, &update, NULL);
    etwi_engine_close(&session);
}

static void consume(void)
{
    const etwi_live_options options = {.latency_ms = 0};
    etwi_live_round round;
    uint64_t sum = 0;
    if (!live && etwi_live_open(&live, "fuzz", &options, NULL) != ETW_OK)
        return;
    if (etw_failed(etwi_live_take(live, 0, &round, NULL)))
        return;
    for (size_t i = 0; i < round.count; i++)
        for (uint32_t at = 0; at < round.chunks[i].size + ETWI_SLACK; at++)
            sum += round.chunks[i].records[at];
    require(sum < UINT64_MAX);
    etwi_live_release(live);
}

static void start_another(void)
{
    etwi_engine_session *session;
    const etw_session_options options = options_of("another");
    if (etwi_engine_start(&session, &options, NULL) != ETW_OK)
        return;
    (void)etwi_engine_stop(session, NULL, NULL);
    etwi_engine_close(&session);
}

static void act(unsigned kind, uint32_t value)
{
    size_t sum = 0;
    switch (kind) {
    case ACT_REGISTER:
        register_provider();
        break;
    case ACT_UNREGISTER:
        etw_provider_unregister(&provider);
        break;
    case ACT_WRITE:
        write_events(value);
        break;
    case ACT_REFRESH:
        refresh();
        break;
    case ACT_LIST:
        (void)etwi_engine_list(take_session, &sum, NULL);
        break;
    case ACT_PROVIDERS:
        (void)etwi_engine_providers(take_provider, &sum, NULL);
        (void)etwi_engine_enabled(take_enabled, &sum, NULL);
        break;
    case ACT_CONSUME:
        consume();
        break;
    case ACT_PRUNE:
        (void)etwi_engine_prune(NULL, NULL, NULL);
        break;
    case ACT_START:
        start_another();
        break;
    default:
        control(kind, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!folder[0]) {
        learn_all();
        atexit(clean_up);
    }
    const int card = restore();
    for (size_t at = 0, steps = 0; at + STEP_SIZE <= size && steps < STEPS_MAX;
         at += STEP_SIZE, steps++) {
        const unsigned kind = data[at] % STEP_KINDS;
        const uint32_t offset = etwi_load_u16(data + at + 2), value = etwi_load_u32(data + at + 4);
        if (kind < RESIZE_ENABLE)
            change(kind, offset, data + at + 4);
        else if (kind < ACT_REGISTER)
            resize(kind == RESIZE_ENABLE ? FILE_ENABLE : FILE_CARD, value);
        else
            act(kind, value);
    }
    etwi_live_close(&live);
    etw_provider_unregister(&provider);
    close(card);
    return 0;
}
