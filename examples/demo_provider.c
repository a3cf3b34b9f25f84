/*
 * demo_provider [COUNT]: a program that says what it does, to those who listen.
 *
 * It waits until a session has enabled its provider, Contoso.Demo, writes COUNT events about
 * processes that it pretends to start, and ends. In one terminal `etw trace '*Contoso.Demo'`, in
 * another this.
 */
#include <etw/etw.h>

#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

enum {
    LEVEL = 4,         /* Information. */
    KEYWORD_START = 1, /* Keywords are the provider's to choose. */
    OPCODE_START = 1,  /* WINEVENT_OPCODE_START */
    WAIT_STEPS = 500,
    WAIT_STEP_MS = 10
};

ETW_TL_DEFINE_PROVIDER(demo, "Contoso.Demo");

/* A program that runs for long would not wait, but ask before each event, as the macro does. */
static bool wait_for_session(void)
{
    const struct timespec step = {0, WAIT_STEP_MS * 1000000};
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (etw_provider_enabled(demo, LEVEL, KEYWORD_START))
            return true;
        thrd_sleep(&step, NULL);
    }
    return false;
}

int main(int argc, char **argv)
{
    static const char *const images[] = {"shop.exe", "stock.exe", "mail.exe"};
    const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 10;
    etw_error error;
    if (ETW_TL_REGISTER(demo, &error) != ETW_OK) {
        fprintf(stderr, "demo_provider: %s\n", error.message);
        return 1;
    }
    const bool is_heard = wait_for_session();
    for (long i = 0; is_heard && i < count; i++) {
        const char *image = images[i % 3];
        ETW_TL_WRITE_EX(
            demo, "Process", 0, OPCODE_START, NULL, NULL, LEVEL, KEYWORD_START,
            ETW_TL_UINT32("ParentId", 4u), ETW_TL_UINT32("ProcessId", 1000u + (unsigned)i),
            ETW_TL_UTF8("ImageFileName", image), ETW_TL_UTF8("CommandLine", i % 2 ? "--now" : ""));
    }
    if (!is_heard)
        fputs("demo_provider: nobody listens\n", stderr);
    ETW_TL_UNREGISTER(demo);
    return is_heard ? 0 : 1;
}
