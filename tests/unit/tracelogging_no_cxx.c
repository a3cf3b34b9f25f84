/* Without a C++ compiler C is compared with itself. */
#include "tracelogging_events.h"

void write_events_of_cxx(etw_provider *provider)
{
    write_events_of_c(provider);
}
