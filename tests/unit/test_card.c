/* Cards: what processes have registered, and who has followed. */
#include "children.h"
#include "engine/card.h"
#include "engine_world.h"
#include "os/private.h"
#include "scratch.h"
#include "test.h"

#include <etw/write.h>

#include <stdlib.h>

static const etw_guid first = {1, 2, 3, {4}}, second = {5, 6, 7, {8}};
static etwi_registry *registry;

typedef struct seen_cards {
    unsigned cards, providers;
    uint32_t process_id;
    char name[300];
} seen_cards;

static etw_status see(void *user, const etwi_card_view *card)
{
    seen_cards *seen = user;
    seen->cards++;
    seen->providers += (unsigned)card->count;
    seen->process_id = card->process_id;
    if (card->count) {
        memcpy(seen->name, card->providers[0].name.data, card->providers[0].name.size);
        seen->name[card->providers[0].name.size] = '\0';
    }
    return ETW_OK;
}

static seen_cards look(void)
{
    seen_cards seen = {0};
    CHECK_EQ(etwi_cards_list(registry, see, &seen, NULL), ETW_OK);
    return seen;
}

static void cards_are_seen_until_they_go(void)
{
    char long_name[400];
    memset(long_name, 'n', sizeof long_name);
    etwi_card_provider providers[2] = {{first, {"First", 5}}, {second, {NULL, 0}}};
    etwi_card *card, *other;
    REQUIRE(etwi_card_create(&card, registry, NULL) == ETW_OK);
    CHECK_EQ(look().cards, 1);
    CHECK_EQ(look().providers, 0);
    CHECK_EQ(etwi_card_publish(card, providers, 2, NULL), ETW_OK);
    seen_cards seen = look();
    CHECK_EQ(seen.providers, 2);
    CHECK_EQ(seen.process_id, etwi_process_id());
    CHECK_TEXT(seen.name, "First");
    providers[0].name = (etw_str){long_name, sizeof long_name};
    CHECK_EQ(etwi_card_publish(card, providers, 1, NULL), ETW_OK);
    seen = look();
    CHECK_EQ(seen.providers, 1);
    CHECK_EQ(strlen(seen.name), ETWI_CARD_NAME_MAX);
    // A second copy of the library in one process has its own.
    REQUIRE(etwi_card_create(&other, registry, NULL) == ETW_OK);
    CHECK_EQ(look().cards, 2);
    etwi_card_remove(&other);
    etwi_card_remove(&card);
    CHECK_EQ(look().cards, 0);
}

static void waits_for_those_who_have_the_provider(void)
{
    const etwi_card_provider provider = {first, {"First", 5}};
    etwi_card *card;
    etw_error error;
    REQUIRE(etwi_card_create(&card, registry, NULL) == ETW_OK);
    CHECK_EQ(etwi_card_publish(card, &provider, 1, NULL), ETW_OK);
    const uint32_t generation = etwi_registry_announce(registry);
    CHECK_EQ(etwi_cards_wait(registry, &second, generation, 0, &error), ETW_OK);
    CHECK_EQ(etwi_cards_wait(registry, &first, generation, 20, &error), ETW_E_TIMEOUT);
    CHECK(strstr(error.message, "20 ms") != NULL);
    CHECK_EQ(etwi_cards_wait(registry, NULL, generation, 0, &error), ETW_E_TIMEOUT);
    etwi_card_acknowledge(card, generation);
    CHECK_EQ(etwi_cards_wait(registry, &first, generation, 0, &error), ETW_OK);
    CHECK_EQ(etwi_cards_wait(registry, &first, generation - 1, 0, &error), ETW_OK);
    etwi_card_remove(&card);
}

/* In a process of its own, which ends with all that it has. */
static int leave_a_card(void)
{
    static etwi_card *card; /* Not a leak in the eyes of tools. */
    const etwi_card_provider provider = {first, {"First", 5}};
    if (etwi_card_create(&card, registry, NULL) != ETW_OK ||
        etwi_card_publish(card, &provider, 1, NULL) != ETW_OK)
        return 1;
    const seen_cards seen = look();
    return seen.cards == 1 && seen.process_id == etwi_process_id() ? 0 : 2;
}

static void cards_of_the_dead_are_taken_away(void)
{
    const char *const arguments[] = {"leave a card", NULL};
    CHECK_EQ(child_again(arguments), 0);
    CHECK_EQ(look().cards, 0);
    CHECK_EQ(look().providers, 0);
}

static void damaged_cards_are_left_out(void)
{
    char path[400];
    etwi_card *card;
    const etwi_card_provider provider = {first, {"First", 5}};
    REQUIRE(etwi_card_create(&card, registry, NULL) == ETW_OK);
    CHECK_EQ(etwi_card_publish(card, &provider, 1, NULL), ETW_OK);
    snprintf(path, sizeof path, "%s/providers/%u.0", getenv("ETW_RUNTIME_DIR"),
             (unsigned)etwi_process_id());
    static const long offsets[] = {0, 16, 48};
    for (unsigned i = 0; i < 3; i++) {
        FILE *file = fopen(path, "r+b");
        REQUIRE(file);
        fseek(file, offsets[i], SEEK_SET);
        fwrite("\xFF\xFF\xFF\xFF", 1, 4, file);
        fclose(file);
        CHECK(look().providers <= 1);
    }
    scratch_cut(path, 3);
    CHECK_EQ(look().cards, 0);
    etwi_card_remove(&card);
}

/* ---- with real providers --------------------------------------------------------------------- */

static void on_enable(void *user, const etw_control_info *info)
{
    _Atomic unsigned *counts = user;
    etwi_sleep_ms(30);
    atomic_fetch_add(&counts[info->code], 1);
}

static etw_status take_provider(void *user, const etw_guid *guid, etw_str name, uint32_t process_id)
{
    unsigned *found = user;
    if (etw_guid_equal(guid, &first)) {
        CHECK_STR(name, "Card-Test");
        CHECK_EQ(process_id, etwi_process_id());
        (*found)++;
    }
    return ETW_OK;
}

static void enabling_waits_for_callbacks(void)
{
    _Atomic unsigned counts[3] = {0};
    etw_provider *provider;
    const etw_provider_options provider_options = {.size = sizeof provider_options,
                                                   .guid = first,
                                                   .name = "Card-Test",
                                                   .on_enable = on_enable,
                                                   .user = counts};
    const etw_session_options options = world_options("waiting", NULL, 0);
    REQUIRE(etw_provider_register(&provider, &provider_options, NULL) == ETW_OK);
    unsigned found = 0;
    CHECK_EQ(etwi_engine_providers(take_provider, &found, NULL), ETW_OK);
    CHECK_EQ(found, 1);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = first, .level = 3, .timeout_ms = 5000};
    CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, NULL), ETW_OK);
    CHECK_EQ(atomic_load(&counts[ETW_CONTROL_ENABLE]), 1);
    CHECK(etw_provider_enabled(provider, 3, 0));
    CHECK_EQ(etwi_engine_capture_state(session, &first, 5000, NULL), ETW_OK);
    CHECK_EQ(atomic_load(&counts[ETW_CONTROL_CAPTURE_STATE]), 1);
    parameters.timeout_ms = 5;
    CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, NULL), ETW_E_TIMEOUT);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    etw_provider_unregister(&provider);
    CHECK_EQ(etwi_engine_providers(take_provider, &found, NULL), ETW_OK);
    CHECK_EQ(found, 1);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return etwi_registry_open(&registry, NULL, NULL) == ETW_OK ? leave_a_card() : 1;
    world_begin();
    if (etwi_registry_open(&registry, NULL, NULL) != ETW_OK)
        return 1;
    RUN(cards_are_seen_until_they_go);
    RUN(waits_for_those_who_have_the_provider);
    RUN(cards_of_the_dead_are_taken_away);
    RUN(damaged_cards_are_left_out);
    RUN(enabling_waits_for_callbacks);
    etwi_registry_close(&registry);
    const int failed = test_finish();
    return !world_end() || failed;
}
