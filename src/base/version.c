#include <etw/base.h>

#define TEXT_OF(number)                   #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *etw_version(void)
{
    return VERSION_TEXT(ETW_VERSION_MAJOR, ETW_VERSION_MINOR, ETW_VERSION_PATCH);
}
