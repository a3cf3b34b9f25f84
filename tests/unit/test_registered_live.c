/* Who is there, as the engine tells it. */
#include "test.h"

#include "engine/card.h"
#include "engine_world.h"
#include "os/os.h"

static etw_error error;

static etw_guid guid_of(const char *text)
{
    etw_guid guid = {0, 0, 0, {0}};
    CHECK_EQ(etw_guid_parse(&guid, (etw_str){text, strlen(text)}, NULL), ETW_OK);
    return guid;
}

static void enable(etwi_engine_session *session, const etw_guid *provider)
{
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = *provider, .level = 4};
    CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, &error), ETW_OK);
}

static void check_count(size_t want)
{
    etw_registered_list *list;
    CHECK_EQ(etw_registered_list_create(&list, &error), ETW_OK);
    if (list)
        CHECK_EQ(etw_registered_list_count(list), want);
    etw_registered_list_destroy(&list);
}

static void check_list(const etw_guid *alive, const etw_guid *wanted)
{
    etw_registered_list *list;
    REQUIRE(etw_registered_list_create(&list, &error) == ETW_OK);
    REQUIRE(etw_registered_list_count(list) == 2);
    const etw_registered_provider *first = etw_registered_list_at(list, 0);
    CHECK(etw_guid_equal(&first->guid, alive));
    CHECK_STR(first->name, "Alive");
    CHECK_EQ(first->process_count, 1);
    CHECK_EQ(first->process_ids[0], etwi_process_id());
    CHECK_EQ(first->session_count, 2);
    CHECK(first->logger_ids[0] < first->logger_ids[1]);
    const etw_registered_provider *second = etw_registered_list_at(list, 1);
    CHECK(etw_guid_equal(&second->guid, wanted));
    CHECK_EQ(second->process_count, 0);
    CHECK_EQ(second->session_count, 1);
    etw_registered_list_destroy(&list);
}

static void tells_cards_and_enable_tables(void)
{
    const etw_guid alive = guid_of("11111111-0000-0000-0000-000000000001");
    const etw_guid wanted = guid_of("22222222-0000-0000-0000-000000000002");
    check_count(0);
    etw_session_options options = world_options("one", NULL, 0);
    etwi_engine_session *one = world_start(&options);
    options = world_options("two", NULL, 0);
    etwi_engine_session *two = world_start(&options);
    REQUIRE(one && two);
    enable(one, &alive);
    enable(two, &wanted);
    enable(two, &alive);

    etwi_registry *registry;
    etwi_card *card;
    const etwi_card_provider provider = {alive, {"Alive", 5}};
    REQUIRE(etwi_registry_open(&registry, NULL, &error) == ETW_OK);
    REQUIRE(etwi_card_create(&card, registry, &error) == ETW_OK);
    CHECK_EQ(etwi_card_publish(card, &provider, 1, &error), ETW_OK);
    check_list(&alive, &wanted);
    etw_guid found = {0, 0, 0, {0}};
    CHECK_EQ(etw_provider_resolve(&found, "ALIVE", NULL, &error), ETW_OK);
    CHECK(etw_guid_equal(&found, &alive));
    CHECK(etw_provider_is_known("11111111-0000-0000-0000-000000000001", NULL));
    CHECK(!etw_provider_is_known("22222222-0000-0000-0000-000000000002", NULL)); // Not registered.

    etwi_card_remove(&card);
    etwi_registry_close(&registry);
    CHECK_EQ(etw_provider_resolve(&found, "Alive", NULL, &error), ETW_E_NOT_FOUND);
    check_count(2);
    CHECK_EQ(world_stop(one, NULL), ETW_OK);
    CHECK_EQ(world_stop(two, NULL), ETW_OK);
    check_count(0);
}

int main(void)
{
    world_begin();
    RUN(tells_cards_and_enable_tables);
    return world_end() ? test_finish() : 1;
}
