/*
 * Writing to what the operating system has of its own: Windows' ETW. Where there is such a thing,
 * providers are registered with it, and the portable engine has the private sessions of the process
 * only; elsewhere it has all.
 */
#ifndef ETWI_ENGINE_SYSTEM_WRITER_H
#define ETWI_ENGINE_SYSTEM_WRITER_H

#include <etw/write.h>

/* An event as its writer hands it over. Pointers are borrowed, and NULL or empty for none. */
typedef struct etwi_system_event {
    const etw_event_descriptor *descriptor;
    etw_bytes traits; /* Of the provider. */
    etw_bytes description;
    const etw_guid *activity, *related;
    const etw_event_data *data;
    size_t count;
} etwi_system_event;

/* What the system says of a provider, over all sessions. Called in any thread, also before open()
 * returns, but not after close() has. */
typedef void (*etwi_system_callback)(etw_provider *provider, const etw_control_info *info);

typedef struct etwi_system_writer {
    /* `*out` is set before anything is called back. `traits` live as long as the registration. */
    etw_status (*open)(void **out, const etw_guid *guid, etw_bytes traits,
                       etwi_system_callback callback, etw_provider *provider, etw_error *error);
    void (*close)(void *registration);
    /* As etw_provider_write(). */
    etw_status (*write)(void *registration, const etwi_system_event *event);
    etw_status (*write_string)(void *registration, uint8_t level, uint64_t keyword, etw_str text);
    /* The id of the thread, and a new one; false if the system has none to give. */
    void (*set_activity)(const etw_guid *activity);
    bool (*get_activity)(etw_guid *out);
    bool (*create_activity)(etw_guid *out);
} etwi_system_writer;

/* NULL if the system takes no events. */
const etwi_system_writer *etwi_system_writer_get(void);

/* ---- system_provider.c: providers of this library with the system. ---- */

/* Registers a provider that is complete, outside of the lock; nothing where there is no system. */
etw_status etwi_system_provider_open(etw_provider *provider, etw_error *error);
void etwi_system_provider_close(etw_provider *provider);

/* Writes what the system wants of an event; a string if it has no description of its own. */
etw_status etwi_system_provider_write(const etw_provider *provider, const etwi_system_event *event,
                                      const etw_str *text);

#endif
