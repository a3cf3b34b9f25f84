/* Folders of a test's own, and what tests do to files beside reading and writing them. Each ends
 * the program if it cannot be done. */
#ifndef ETW_TEST_SCRATCH_H
#define ETW_TEST_SCRATCH_H

#include <etw/base.h>

enum {
    SCRATCH_PATH_SIZE = 512
};

/* What is empty when it is read. */
extern const char *const scratch_null_device;

/* A new folder whose name begins with `name`, in the one for temporary files. */
void scratch_create(char path[SCRATCH_PATH_SIZE], const char *name);

void scratch_make_folder(const char *path);

/* Makes `path` a link to a folder. False if the system lets this user make none. */
bool scratch_link_folder(const char *path, const char *folder);

/* The time of the last change, in seconds since 1970. */
void scratch_date(const char *path, int64_t seconds);

/* Tells files apart whatever they are called; 0 if there is none. */
uint64_t scratch_identity(const char *path);

/* Cuts a file off. */
void scratch_cut(const char *path, uint64_t size);

/* Removes a file, a link or an empty folder if it is there; false if it still is. */
bool scratch_remove(const char *path);

/* Removes a folder with all that is in it. Returns how much was so deep in it, which is printed;
 * what is right in the folder has depth 1, and links to folders do not count. */
unsigned scratch_remove_all(const char *folder, unsigned depth);

/* Sets a variable of the environment, for this process and those that it starts. */
void scratch_set_variable(const char *name, const char *value);

void scratch_sleep_us(unsigned duration_us);

#endif
