/* Providers where there is no more room: for clients of a session, for sessions of a provider. */
#include "test.h"

#include "engine/client.h"
#include "engine_world.h"
#include "os/os.h"

#include <etw/write.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const etw_event_descriptor EVENT = {7, 1, 0, 4, 2, 5, 0x10};
static const etw_guid guid = {0x12345678, 1, 2, {9, 9, 9, 9, 9, 9, 9, 9}};
static const etw_guid group = {0x12345679, 1, 2, {9, 9, 9, 9, 9, 9, 9, 9}};
static etw_provider *provider;

static bool start_provider(void)
{
    const etw_provider_options options = {
        .size = sizeof options, .guid = guid, .name = "Contoso.Limits", .group = &group};
    etw_error error = {.message = ""};
    const etw_status status = etw_provider_register(&provider, &options, &error);
    if (status != ETW_OK)
        printf("registering: %s\n", error.message);
    return status == ETW_OK;
}

static void enable(etwi_engine_session *session, const etw_guid *what)
{
    const uint32_t properties = what == &group ? ETW_ENABLE_PROPERTY_PROVIDER_GROUP : 0;
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = *what,
                                              .level = 4,
                                              .timeout_ms = 5000,
                                              .properties = properties};
    etw_error error = {.message = ""};
    if (!CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, &error), ETW_OK))
        printf("enabling: %s\n", error.message);
}

static etw_status write_some(uint32_t count)
{
    etw_status status = ETW_OK;
    for (uint32_t i = 0; i < count; i++) {
        const etw_event_data data = {(const uint8_t *)&i, sizeof i};
        status = etw_provider_write(provider, &EVENT, NULL, NULL, &data, 1);
    }
    return status;
}

static etw_session_info query(etwi_engine_session *session)
{
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    return info;
}

static void events_beyond_the_last_client_are_counted(void)
{
    const etw_session_options options = world_options("crowded", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    // All other places are taken by one who takes each of their locks.
    const int crowd = open(world_path("run/sessions/1/ctl"), O_RDWR | O_CLOEXEC);
    REQUIRE(crowd >= 0);
    unsigned taken = 0;
    for (unsigned i = 0; i < ETWI_CLIENTS_MAX; i++)
        taken += etwi_lock_try(crowd, ETWI_LOCK_CLIENTS + i) == ETWI_LOCK_TAKEN;
    CHECK_EQ(taken, ETWI_CLIENTS_MAX - 1);
    enable(session, &guid);
    REQUIRE(start_provider());
    CHECK(etw_provider_enabled(provider, 4, 0x10));
    CHECK_EQ(write_some(10), ETW_E_FULL);
    CHECK_EQ(query(session).events, 0);
    CHECK_EQ(query(session).events_lost, 10);
    // The next change that is announced finds room.
    close(crowd);
    enable(session, &guid);
    CHECK_EQ(write_some(10), ETW_OK);
    CHECK_EQ(query(session).events, 10);
    CHECK_EQ(query(session).events_lost, 10);
    etw_provider_unregister(&provider);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void all_sessions_of_provider_and_group_get_events(void)
{
    enum {
        EACH = ETW_PROVIDER_SESSIONS_MAX,
        COUNT = 3 * EACH
    };
    etwi_engine_session *sessions[COUNT];
    char name[32], path[32];
    REQUIRE(start_provider());
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "crowd %u", i);
        snprintf(path, sizeof path, "%u.etl", i);
        const bool is_private = i >= 2 * EACH;
        const etw_session_options options =
            world_options(name, is_private ? world_path(path) : NULL,
                          is_private ? ETW_MODE_SEQUENTIAL | ETW_MODE_PRIVATE_IN_PROCESS : 0);
        sessions[i] = world_start(&options);
        REQUIRE(sessions[i]);
        enable(sessions[i], i < EACH ? &guid : i < 2 * EACH ? &group : &guid);
    }
    CHECK_EQ(write_some(5), ETW_OK);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK_EQ(query(sessions[i]).events, 5);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK_EQ(world_stop(sessions[i], NULL), ETW_OK);
    etw_provider_unregister(&provider);
}

int main(void)
{
    world_begin();
    RUN(events_beyond_the_last_client_are_counted);
    RUN(all_sessions_of_provider_and_group_get_events);
    const int failed = test_finish();
    return !world_end() || failed;
}
