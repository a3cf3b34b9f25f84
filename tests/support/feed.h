/* Standard input of another kind, and pipes with somebody at the other end. */
#ifndef ETW_TEST_FEED_H
#define ETW_TEST_FEED_H

#include <etw/base.h>

typedef struct feed feed;

/* Until feed_end() standard input is a pipe into which a thread writes the bytes. NULL if that
 * cannot be. */
feed *feed_input(etw_bytes bytes);

/* The same through a pipe with a name, for which there is a place in the folder where the system
 * keeps such pipes among files. */
feed *feed_named_pipe(char *path, size_t path_size, const char *folder, etw_bytes bytes);

/* Until feed_end() standard input is a file. */
feed *feed_input_file(const char *path);

/* True if all was read that there was. */
bool feed_end(feed *feed);

#endif
