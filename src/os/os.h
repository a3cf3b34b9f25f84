/*
 * All that libetw asks of an operating system. Each folder beside this file implements it, under
 * the same file names; the build picks one.
 */
#ifndef ETWI_OS_H
#define ETWI_OS_H

#include <etw/status.h>

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
#endif
}

/* Waits until that clock has reached `deadline_ms` at the longest. */
void etwi_condition_wait_until(etwi_condition *condition, etwi_mutex *mutex, uint64_t deadline_ms);

typedef struct etwi_thread etwi_thread;

/* NULL if the system has no more threads. */
etwi_thread *etwi_thread_start(void (*run)(void *argument), void *argument);

/* Waits for the end of a thread and frees what it was. */
void etwi_thread_join(etwi_thread *thread);

/* Processors that this process may use; at least 1. */
unsigned etwi_processor_count(void);

#endif
