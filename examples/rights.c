/*
 * Tells and changes who may do what with a provider or session of Windows:
 *
 *     rights Microsoft-Windows-Kernel-Process
 *     rights 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716 'D:(A;;0x1fff;;;BA)'
 *     rights 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716 remove
 */
#include <etw/access.h>
#include <etw/provider.h>

#include <stdio.h>
#include <string.h>

static etw_status run(const char *provider, const char *change, etw_error *error)
{
    etw_guid guid;
    char text[4096];
    etw_status status = etw_provider_resolve(&guid, provider, NULL, error);
    if (!etw_failed(status) && change)
        status = strcmp(change, "remove") == 0 ? etw_access_remove(&guid, error)
                                               : etw_access_set(&guid, change, error);
    if (etw_failed(status) || change)
        return status;
    status = etw_access_query(&guid, text, sizeof text, NULL, error);
    if (!etw_failed(status))
        printf("%s\n", text);
    return status;
}

int main(int argc, char **argv)
{
    etw_error error;
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: rights PROVIDER [SDDL|remove]\n");
        return 2;
    }
    if (!etw_failed(run(argv[1], argc == 3 ? argv[2] : NULL, &error)))
        return 0;
    fprintf(stderr, "rights: %s: %s\n", argv[1], error.message);
    return 1;
}
