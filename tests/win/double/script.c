/* Calls are remembered, failures are played, options are kept. */
#include "double.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_SIZE = 48,
    FEEDS_MAX = 8,
    DEFAULT_BUILD = 19045
};

typedef struct remembered {
    struct remembered *next;
    double_call call;
} remembered;

typedef struct failure {
    struct failure *next;
    char function[NAME_SIZE];
    uint32_t error;
} failure;

typedef struct named_feed {
    char session[DOUBLE_NAME_SIZE];
    double_feed feed;
} named_feed;

static SRWLOCK lock = SRWLOCK_INIT;
static remembered *first_call;
static remembered **last_call = &first_call;
static failure *failures;
static named_feed feeds[FEEDS_MAX];
static size_t feed_count;

static const uint32_t defaults[DOUBLE_OPTION_COUNT] = {
    [DOUBLE_IS_ELEVATED] = 1, [DOUBLE_RECORDS] = 1, [DOUBLE_BUILD] = DEFAULT_BUILD};
static uint32_t options[DOUBLE_OPTION_COUNT] = {
    [DOUBLE_IS_ELEVATED] = 1, [DOUBLE_RECORDS] = 1, [DOUBLE_BUILD] = DEFAULT_BUILD};

/* ---- for the functions that are played ------------------------------------------------------- */

double_call *double_begin(const char *function, const uint64_t *arguments, uint32_t count)
{
    if (!double_option_value(DOUBLE_RECORDS))
        return NULL;
    remembered *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->call.function = function;
    made->call.argument_count = count;
    memcpy(made->call.arguments, arguments, count * sizeof *arguments);
    AcquireSRWLockExclusive(&lock);
    *last_call = made;
    last_call = &made->next;
    ReleaseSRWLockExclusive(&lock);
    return &made->call;
}

void double_keep(double_call *call, const char *name, const void *data, size_t size)
{
    if (!call || !data || call->block_count == DOUBLE_BLOCKS_MAX)
        return;
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return;
    memcpy(copy, data, size);
    const double_block block = {name, copy, size};
    call->blocks[call->block_count++] = block;
}

void double_keep_text(double_call *call, const char *name, const etwi_abi_char *text)
{
    size_t units = 0;
    while (text && text[units++])
        continue;
    double_keep(call, name, text, units * sizeof *text);
}

bool double_is_scripted(const char *function, uint32_t *error)
{
    bool is_found = false;
    AcquireSRWLockExclusive(&lock);
    for (failure **link = &failures; *link; link = &(*link)->next) {
        failure *at = *link;
        if (strcmp(at->function, function) != 0)
            continue;
        *error = at->error;
        *link = at->next;
        free(at);
        is_found = true;
        break;
    }
    ReleaseSRWLockExclusive(&lock);
    return is_found;
}

uint32_t double_end(double_call *call, uint32_t result)
{
    if (call)
        call->result = result;
    return result;
}

uint32_t double_option_value(double_option option)
{
    return *(volatile uint32_t *)&options[option];
}

bool double_option_take(double_option option)
{
    AcquireSRWLockExclusive(&lock);
    const bool had_one = options[option] != 0;
    if (had_one)
        options[option]--;
    ReleaseSRWLockExclusive(&lock);
    return had_one;
}

bool double_feed_of(const char *session, double_feed *out)
{
    bool is_found = false;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; i < feed_count && !is_found; i++) {
        is_found = _stricmp(feeds[i].session, session) == 0;
        if (is_found)
            *out = feeds[i].feed;
    }
    ReleaseSRWLockExclusive(&lock);
    return is_found;
}

/* ---- for tests ------------------------------------------------------------------------------- */

static void forget(void)
{
    AcquireSRWLockExclusive(&lock);
    while (first_call) {
        remembered *next = first_call->next;
        for (uint32_t i = 0; i < first_call->call.block_count; i++)
            free((void *)(uintptr_t)first_call->call.blocks[i].data);
        free(first_call);
        first_call = next;
    }
    last_call = &first_call;
    while (failures) {
        failure *next = failures->next;
        free(failures);
        failures = next;
    }
    feed_count = 0;
    memcpy(options, defaults, sizeof options);
    ReleaseSRWLockExclusive(&lock);
}

static void reset(void)
{
    double_traces_reset();
    double_providers_reset();
    double_sessions_reset();
    double_access_reset();
    double_schemas_reset();
    forget();
}

static void set(double_option option, uint32_t value)
{
    AcquireSRWLockExclusive(&lock);
    options[option] = value;
    ReleaseSRWLockExclusive(&lock);
}

static bool is_of(const remembered *at, const char *function)
{
    return !function || strcmp(at->call.function, function) == 0;
}

static size_t call_count(const char *function)
{
    size_t count = 0;
    AcquireSRWLockExclusive(&lock);
    for (const remembered *at = first_call; at; at = at->next)
        count += is_of(at, function);
    ReleaseSRWLockExclusive(&lock);
    return count;
}

static const double_call *call_at(const char *function, size_t index)
{
    const double_call *found = NULL;
    AcquireSRWLockExclusive(&lock);
    for (const remembered *at = first_call; at && !found; at = at->next)
        if (is_of(at, function) && index-- == 0)
            found = &at->call;
    ReleaseSRWLockExclusive(&lock);
    return found;
}

static void fail(const char *function, uint32_t error)
{
    failure *made = calloc(1, sizeof *made);
    if (!made)
        return;
    snprintf(made->function, sizeof made->function, "%s", function);
    made->error = error;
    AcquireSRWLockExclusive(&lock);
    failure **link = &failures;
    while (*link)
        link = &(*link)->next;
    *link = made;
    ReleaseSRWLockExclusive(&lock);
}

static void feed(const char *session, const char *path, uint32_t repeats)
{
    AcquireSRWLockExclusive(&lock);
    if (feed_count < FEEDS_MAX) {
        named_feed *made = &feeds[feed_count++];
        snprintf(made->session, sizeof made->session, "%s", session);
        snprintf(made->feed.path, sizeof made->feed.path, "%s", path);
        made->feed.repeats = repeats;
    }
    ReleaseSRWLockExclusive(&lock);
}

static const double_script script = {reset, set, call_count, call_at, fail, double_schemas_add,
                                     feed};

/* Its name is in script.h. */
__declspec(dllexport) const double_script *etw_double_script(void);

const double_script *etw_double_script(void)
{
    return &script;
}

/* ---- the version of Windows ------------------------------------------------------------------ */

DOUBLE_EXPORT(int32_t) RtlGetVersion(etwi_abi_os_version *version);

DOUBLE_EXPORT(int32_t) RtlGetVersion(etwi_abi_os_version *version)
{
    version->major = 10;
    version->minor = 0;
    version->build = double_option_value(DOUBLE_BUILD);
    version->platform = 2;
    version->service_pack[0] = 0;
    return 0;
}
