/* A program as users write one: against the installed library only. */
#include <etw/etw.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", ETW_VERSION_MAJOR, ETW_VERSION_MINOR,
             ETW_VERSION_PATCH);
    etw_error error;
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, NULL, &error) != ETW_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const etw_status status = etw_consumer_add_file(consumer, "no-such-file.etl");
    etw_consumer_destroy(&consumer);
    printf("libetw %s\n", etw_version());
    return strcmp(etw_version(), expected) == 0 && etw_failed(status) && !consumer ? 0 : 1;
}
