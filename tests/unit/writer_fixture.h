/*
 * A registered provider, Contoso.Writer, and a session that enables it: what the tests of writing
 * among threads, signals and forks begin with.
 */
#ifndef WRITER_FIXTURE_H
#define WRITER_FIXTURE_H

#include "test.h"

#include "live_session.h"

#include <etw/tracelogging.h>

ETW_TL_DEFINE_PROVIDER(demo, "Contoso.Writer");

static const etw_event_descriptor EVENT = {7, 1, 0, 4, 2, 5, 0x10};
static etw_guid demo_guid; /* Of Contoso.Writer. */
static live_session session;

static inline void setup(uint32_t buffer_count)
{
    live_start(&session, 0, 0, buffer_count);
    live_enable_plain(&session, &demo_guid, 0, 0);
    CHECK_EQ(ETW_TL_REGISTER(demo, NULL), ETW_OK);
}

static inline void teardown(void)
{
    ETW_TL_UNREGISTER(demo);
    live_stop(&session);
}

static inline etw_status write_one(uint32_t number)
{
    const etw_event_data data = {(const uint8_t *)&number, sizeof number};
    return etw_provider_write(demo, &EVENT, NULL, NULL, &data, 1);
}

#endif
