/* The events of tracelogging_events.h as C++ writes them. */
#define TRACELOGGING_EVENTS
#include "tracelogging_events.h"

void write_events_of_cxx(etw_provider *provider)
{
    write_all(provider);
}
