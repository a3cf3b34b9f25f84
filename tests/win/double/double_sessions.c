/*
 * Prints the sessions of the double as JSON, with what Windows' functions do not tell: how many
 * providers are enabled and how many consumers are attached. They are those of the portable engine.
 */
#include <etw/session.h>

#include <stdio.h>

int main(void)
{
    etw_session_list *list;
    etw_error error;
    if (etw_session_list_create(&list, ETW_BACKEND_PORTABLE, &error) != ETW_OK) {
        fprintf(stderr, "double_sessions: %s\n", error.message);
        return 1;
    }
    for (size_t i = 0; i < etw_session_list_count(list); i++) {
        const etw_session_info *info = etw_session_list_at(list, i);
        printf("{\"name\":\"%s\",\"providers\":%u,\"consumers\":%u}\n", info->name,
               (unsigned)info->provider_count, (unsigned)info->consumer_count);
    }
    etw_session_list_destroy(&list);
    return 0;
}
