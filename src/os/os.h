/*
 * All that libetw asks of an operating system. Each folder beside this file implements it, under
 * the same file names; the build picks one.
 */
#ifndef ETWI_OS_H
#define ETWI_OS_H

#include <etw/status.h>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

/* An open file. */
typedef struct etwi_file {
    intptr_t handle;
    uint64_t size; /* When it was opened. */
} etwi_file;

/*
 * Opens a file for reading at any offset. What cannot be read so (a pipe, a terminal) is first
 * copied to an unnamed temporary file, to its end. "-" is standard input.
 */
etw_status etwi_file_open(etwi_file *out, const char *path, etw_error *error);

void etwi_file_close(etwi_file *file);

/* Reads up to `size` bytes; `*got` is less only at the end of the file. */
etw_status etwi_file_read_at(const etwi_file *file, uint64_t offset, void *out, size_t size,
                             size_t *got, etw_error *error);

/* What stands between paths in a list of them. */
#if defined(_WIN32)
#define ETWI_PATH_LIST_SEPARATOR ';'
#else
#define ETWI_PATH_LIST_SEPARATOR ':'
#endif

/* Writes a file that has its name when it is complete: what had the name before is there until
 * then, also for other processes. The folder has to exist. */
etw_status etwi_file_replace(const char *path, const void *data, size_t size, etw_error *error);

/* What a path leads to; links are followed. */
typedef struct etwi_path_info {
    bool is_file; /* With bytes that can be read again. */
    bool is_folder;
    uint64_t size;
    int64_t modified_ns; /* Since 1970; as fine as the file system has it. */
} etwi_path_info;

/* False if there is nothing. */
bool etwi_path_look(const char *path, etwi_path_info *out);

/* Nanoseconds since 1970, of the clock that files are dated by. */
int64_t etwi_now_ns(void);

/* The last name of a path. */
const char *etwi_path_name(const char *path);

/* Whether a path leads to the same place from every folder. */
bool etwi_path_is_absolute(const char *path);

/* The folder that relative paths begin at, as an absolute path; false if it cannot be told or does
 * not fit. */
bool etwi_folder_current(char *out, size_t size);

/* Makes a folder, and those it is in, that only this user may look into; false if it is not there
 * afterwards. */
bool etwi_folder_make(const char *path);

/* Takes one name of a folder; a failure ends the listing and is passed on. */
typedef etw_status (*etwi_folder_taker)(void *user, const char *name, const etwi_path_info *info);

/* Hands out the names in a folder but "." and "..", in any order. A link to a folder is neither
 * folder nor file and is left out, so that no path leads in circles. */
etw_status etwi_folder_list(const char *path, etwi_folder_taker take, void *user, etw_error *error);

/* A lock between threads. */
typedef struct etwi_mutex etwi_mutex;

etwi_mutex *etwi_mutex_create(void);
void etwi_mutex_destroy(etwi_mutex *mutex);
void etwi_mutex_lock(etwi_mutex *mutex);
void etwi_mutex_unlock(etwi_mutex *mutex);

/* What threads wait for; always used with the mutex that guards the state waited for. */
typedef struct etwi_condition etwi_condition;

etwi_condition *etwi_condition_create(void);
void etwi_condition_destroy(etwi_condition *condition);
void etwi_condition_wait(etwi_condition *condition, etwi_mutex *mutex);
void etwi_condition_broadcast(etwi_condition *condition);

/* Milliseconds of a clock that is never set. */
uint64_t etwi_now_ms(void);

/* Between two looks at something that another thread is about to change. */
static inline void etwi_spin(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
    __asm__ volatile("yield");
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
    _mm_pause();
#elif defined(_MSC_VER)
    __yield();
#endif
}

/* Waits until that clock has reached `deadline_ms` at the longest. */
void etwi_condition_wait_until(etwi_condition *condition, etwi_mutex *mutex, uint64_t deadline_ms);

typedef struct etwi_thread etwi_thread;

/* NULL if the system has no more threads. */
etwi_thread *etwi_thread_start(void (*run)(void *argument), void *argument);

/* Waits for the end of a thread and frees what it was. */
void etwi_thread_join(etwi_thread *thread);

/* A thread that nobody joins, with all signals blocked, as those of the program are not its. False
 * if the system has no more threads. */
bool etwi_thread_start_detached(void (*run)(void *argument), void *argument);

/* Processors that this process may use; at least 1. */
unsigned etwi_processor_count(void);

/* ---- memory shared with other processes ------------------------------------------------------ */

/* Maps the first `size` bytes of a file for reading and writing (`is_writable`) or reading only;
 * changes are those of all who map it. A handle of -1 gives zeroed memory of this process alone.
 * Bytes behind the end of the file may be mapped, but not touched before the file has them; where
 * files cannot grow under a mapping, it gets them now. */
etw_status etwi_shared_map(void **out, intptr_t handle, uint64_t size, bool is_writable,
                           etw_error *error);
void etwi_shared_unmap(void *memory, uint64_t size);

/* Whether a file can be mapped to beyond its end, grow under the mapping, and be cut off while it
 * is mapped: then a trace that is written can be the memory of a session. */
bool etwi_shared_can_grow(void);

/* The size of an open file now; 0 if it cannot be told. Safe in signal handlers. */
uint64_t etwi_shared_size(intptr_t handle);

/* Makes a file at least so large and gives it space from `offset` to `size`, so that its memory can
 * be touched. ETW_E_FULL if the disk is full. Safe in signal handlers if `error` is NULL. */
etw_status etwi_shared_allocate(intptr_t handle, uint64_t offset, uint64_t size, etw_error *error);

/* The same for space that is about to be filled by way of its memory. What is new is written as
 * zeros where the system can do so without harm: it takes long runs for a fraction of what it costs
 * to make one page after another as it is touched. The file may become larger than asked for. Safe
 * in signal handlers. */
etw_status etwi_shared_grow(intptr_t handle, uint64_t offset, uint64_t size);

/* Takes the page faults of memory that is about to be filled, all at once. Does nothing where the
 * system cannot. Safe in signal handlers. */
void etwi_shared_prepare(uint8_t *memory, uint64_t size);

void etwi_shared_close(intptr_t handle);

/* Byte locks on an open file; they go when all its descriptors are closed, as by death or execve().
 * They belong to the open file, not to the process. */
typedef enum etwi_lock_result {
    ETWI_LOCK_TAKEN = 0,
    ETWI_LOCK_BUSY = 1,
    ETWI_LOCK_FAILED = -1,
} etwi_lock_result;

etwi_lock_result etwi_lock_try(intptr_t handle, uint64_t offset);
/* Waits for it; ETWI_LOCK_TAKEN or ETWI_LOCK_FAILED. */
etwi_lock_result etwi_lock_wait(intptr_t handle, uint64_t offset);
void etwi_lock_release(intptr_t handle, uint64_t offset);
/* True if another open file holds it; what this one holds does not count. */
bool etwi_lock_is_held(intptr_t handle, uint64_t offset);

/* Waits while `*word` is `seen`, for at most `timeout_ms` (UINT32_MAX: without limit); may come
 * back early. The word may be in memory shared with other processes if `is_shared`. */
void etwi_word_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t timeout_ms, bool is_shared);
/* The same for several words, until one of them is not what was seen. */
void etwi_words_wait(_Atomic uint32_t *const *words, const uint32_t *seen, size_t count,
                     uint32_t timeout_ms, bool is_shared);
/* Wakes all who wait for it. Safe in signal handlers. */
void etwi_word_wake(_Atomic uint32_t *word, bool is_shared);

/* ---- who and where --------------------------------------------------------------------------- */

/* The processor this thread runs on, or any number that differs between threads. */
uint32_t etwi_cpu_current(void);
/* Where the system keeps that number for this thread at all times, as long as the thread lives;
 * NULL if it does not. */
const volatile uint32_t *etwi_cpu_word(void);
/* One more than the highest number that etwi_cpu_current() gives; at least 1. */
uint32_t etwi_cpu_count(void);

/* Ids of this process and thread, right after a fork too; cheap enough for each event, so that who
 * keeps the id of its process sees that it is in a child. Safe in signal handlers. */
uint32_t etwi_process_id(void);
uint32_t etwi_thread_id(void);
/* Where etwi_process_id() has the id of this process; 0 is there in the child of a fork, however
 * that was made. NULL if the system cannot do so. */
const _Atomic uint32_t *etwi_process_word(void);

/* When a process started, in a unit of the system, to tell it from a later one with its id; 0 if
 * there is none. */
uint64_t etwi_process_start_time(uint32_t process_id);
/* False only if the thread is surely gone. */
bool etwi_thread_is_alive(uint32_t process_id, uint32_t thread_id);
/* Tells namespaces apart in which process ids count; 0 where there is but one. */
uint64_t etwi_process_namespace(void);
/* Tells one run of the system from the next; zeros if it cannot. */
void etwi_boot_id(uint8_t out[16]);

/* ---- clocks of events ------------------------------------------------------------------------ */

/* A clock that is never set, in units of 100 ns. Safe in signal handlers, as all three. */
int64_t etwi_clock_monotonic(void);
/* FILETIME, now. */
uint64_t etwi_clock_filetime(void);
/* The processor's counter, if it counts evenly and alike on all processors; 0 if not. */
uint64_t etwi_clock_cycles(void);
/* Its ticks per second; 0 if there is none. Measured at the first call. */
uint64_t etwi_clock_cycles_frequency(void);

#endif
