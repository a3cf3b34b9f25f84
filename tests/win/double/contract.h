/*
 * What the tests of the contract share. They hold what contract.tsv says against the functions of a
 * DLL: the double, whose path is the first argument, or those of the system with "--real", on a
 * Windows where the user is an administrator. What only a script can bring about is left out there.
 */
#ifndef ETW_TESTS_WIN_CONTRACT_H
#define ETW_TESTS_WIN_CONTRACT_H

#include "script.h"

#include "session/win/api.h"

/* A block of properties with room for names. */
typedef struct contract_block {
    etwi_abi_properties properties;
    etwi_abi_char name[1024];
    etwi_abi_char file[1024];
} contract_block;

/* Loads the functions and makes a runtime folder. Ends the program if that fails. */
void contract_begin(int argc, char **argv);

/* Removes the folder. False if something was left over in it. */
bool contract_end(void);

/* The functions of ETW; never NULL, all members are there but with "--real". */
extern const etwi_api *contract_api;

/* NULL with "--real". */
extern const double_script *contract_script;

/* Functions that are not in the table, since libetw does not call them. */
void *contract_function(const char *name);

/* Where GetLastError() is what a function said. */
uint32_t contract_last_error(void);

/* A text in UTF-16; valid until the eighth call after this one. */
etwi_abi_char *contract_wide(const char *text);
bool contract_is(const etwi_abi_char *text, const char *expected);

/* A path in the folder of the test; valid until the eighth call after this one. */
const char *contract_path(const char *name);

/* A block as a caller makes it, with both offsets, for a session of a mode. */
void contract_block_for(contract_block *out, uint32_t mode, const char *file);

/* Starts a real-time session; 0 on failure. */
uint64_t contract_start(const char *name);
uint32_t contract_stop(const char *name);

/* A level and keywords for a provider. */
uint32_t contract_enable(uint64_t session, const etw_guid *provider,
                         etwi_abi_enable_parameters *parameters);

extern const etw_guid contract_provider;

/* A thread; what it returns comes from contract_join(). */
typedef struct contract_thread contract_thread;
contract_thread *contract_spawn(uint32_t (*run)(void *user), void *user);
uint32_t contract_join(contract_thread *thread);
void contract_sleep(uint32_t ms);

/* True if `done` becomes true within five seconds. */
bool contract_wait(bool (*done)(void *user), void *user);

/* Reads a whole file into memory of malloc(). */
uint8_t *contract_read(const char *path, size_t *size);

#endif
