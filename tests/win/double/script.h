/*
 * What tests ask of the double: which calls came in, with which bytes, and what to answer next.
 * The DLL hands all of it out as one table, so that a test finds it by one name:
 *
 *     const double_script *script = double_script_of(dll);
 *     script->fail("StartTraceW", 1450);
 *     ... the next StartTraceW() returns 1450 and does nothing else ...
 *     const double_call *call = script->call("StartTraceW", 0);
 */
#ifndef ETW_TESTS_WIN_DOUBLE_SCRIPT_H
#define ETW_TESTS_WIN_DOUBLE_SCRIPT_H

#include <etw/base.h>
#include <etw/guid.h>

enum {
    DOUBLE_ARGUMENTS_MAX = 10,
    DOUBLE_BLOCKS_MAX = 32
};

/* Memory that an argument points to, copied as it was when the call came in. */
typedef struct double_block {
    const char *name; /* "properties", "filters", "filter 0", … */
    const uint8_t *data;
    size_t size;
} double_block;

/* One call. Lifetime: until reset(). */
typedef struct double_call {
    const char *function;
    uint32_t result; /* Of functions that return a handle: the last error. */
    uint32_t argument_count;
    uint32_t block_count;
    uint64_t arguments[DOUBLE_ARGUMENTS_MAX]; /* In their order, pointers as numbers. */
    double_block blocks[DOUBLE_BLOCKS_MAX];
} double_call;

/* How the system behaves that is played. */
typedef enum double_option {
    /* 1: the caller may control sessions; 0: it is refused. */
    DOUBLE_IS_ELEVATED,
    /* 1: calls are remembered; 0: not, for measuring. */
    DOUBLE_RECORDS,
    /* So many of the next OpenTraceW() of sessions give a header of zeros, as happens just after a
     * restart of the session. */
    DOUBLE_ZERO_HEADERS,
    /* The build that RtlGetVersion() tells. */
    DOUBLE_BUILD,
    DOUBLE_OPTION_COUNT
} double_option;

typedef struct double_script {
    /* Stops all sessions, closes all traces, forgets calls, failures and schemas, and sets all
     * options to what they are at first: elevated, recording, build 19045. */
    void (*reset)(void);
    void (*set)(double_option option, uint32_t value);

    /* Calls of one function, or of all if it is NULL, the first one first. */
    size_t (*call_count)(const char *function);
    const double_call *(*call)(const char *function, size_t index);

    /* The next call of a function that has no failure waiting yet returns this and does nothing
     * else; called again, the one after it. */
    void (*fail)(const char *function, uint32_t error);

    /* What TDH knows from now on: manifests and executables, as etw_schema_store_add_path() takes
     * them. False if that fails. */
    bool (*add_schemas)(const char *path);

    /* Who consumes the session of that name in real time gets the events of a file, `repeats` times
     * over, and then waits for the end of the session as usual. This is where the kernel's events
     * come from. */
    void (*feed)(const char *session, const char *path, uint32_t repeats);
} double_script;

/* The one name that the DLL exports beside ETW's. */
#define DOUBLE_SCRIPT_NAME "etw_double_script"
typedef const double_script *(*double_script_getter)(void);

/* The block of that name; its data is NULL if the call has none. */
static inline double_block double_block_of(const double_call *call, const char *name)
{
    const double_block none = {name, NULL, 0};
    for (uint32_t i = 0; call && i < call->block_count; i++) {
        const char *a = call->blocks[i].name, *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return call->blocks[i];
    }
    return none;
}

#endif
