/*
 * Has Windows trace providers from the next boot on, into a session that starts before most
 * services do:
 *
 *     boot_trace make Boot Microsoft-Windows-Kernel-Process
 *     ... boot, then: etw trace --attach Boot ...
 *     boot_trace remove Boot
 */
#include <etw/autologger.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what, const etw_error *error)
{
    fprintf(stderr, "boot_trace: %s: %s\n", what, error->message);
    return 1;
}

static int make(const char *name, char **providers, int count)
{
    etw_error error;
    const etw_session_options session = {.size = sizeof session, .name = name};
    const etw_autologger_options options = {.size = sizeof options, .session = &session};
    if (etw_failed(etw_autologger_create(&options, &error)))
        return fail(name, &error);
    for (int i = 0; i < count; i++) {
        etw_provider_spec *spec;
        if (etw_failed(etw_provider_spec_parse(&spec, providers[i], NULL, &error)))
            return fail(providers[i], &error);
        const etw_status status =
            etw_autologger_enable(name, etw_provider_spec_parameters(spec), &error);
        etw_provider_spec_destroy(&spec);
        if (etw_failed(status))
            return fail(providers[i], &error);
    }
    char path[1200];
    etw_autologger_path(path, sizeof path, name);
    printf("made %s\n", path);
    return 0;
}

int main(int argc, char **argv)
{
    etw_error error;
    if (argc >= 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv + 3, argc - 3);
    if (argc != 3 || strcmp(argv[1], "remove") != 0) {
        fprintf(stderr, "usage: boot_trace make NAME PROVIDER... | remove NAME\n");
        return 2;
    }
    if (etw_failed(etw_autologger_delete(argv[2], &error)))
        return fail(argv[2], &error);
    printf("removed %s\n", argv[2]);
    return 0;
}
