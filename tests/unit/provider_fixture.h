/*
 * A registered provider, Contoso.Demo, and a session that may enable it: what the tests of a
 * provider's own side begin with.
 */
#ifndef PROVIDER_FIXTURE_H
#define PROVIDER_FIXTURE_H

#include "test.h"

#include "live_session.h"

#include <etw/tracelogging.h>

ETW_TL_DEFINE_PROVIDER(demo, "Contoso.Demo");

enum {
    EVENTS_MAX = 64
};

static const etw_event_descriptor EVENT = {7, 1, 0, 4, 2, 5, 0x10};
static etw_guid demo_guid; /* Of Contoso.Demo. */
static live_session session;
static etw_event events[EVENTS_MAX];

static inline size_t written(void)
{
    return live_events(&session, events, EVENTS_MAX);
}

static inline void write_id(uint16_t id)
{
    etw_event_descriptor descriptor = EVENT;
    descriptor.id = id;
    etw_provider_write(demo, &descriptor, NULL, NULL, NULL, 0);
}

static inline void write_level(uint8_t level, uint64_t keyword)
{
    etw_event_descriptor descriptor = EVENT;
    descriptor.level = level;
    descriptor.keyword = keyword;
    etw_provider_write(demo, &descriptor, NULL, NULL, NULL, 0);
}

static inline void setup(void)
{
    live_start(&session, 0, 0, 32);
    CHECK_EQ(ETW_TL_REGISTER(demo, NULL), ETW_OK);
}

static inline void teardown(void)
{
    ETW_TL_UNREGISTER(demo);
    live_stop(&session);
}

static inline void enable_with_filter(const etw_provider_filter *filter, uint32_t properties)
{
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = demo_guid,
                                              .properties = properties,
                                              .filters = filter,
                                              .filter_count = filter ? 1 : 0};
    live_enable(&session, &parameters, true);
}

#endif
