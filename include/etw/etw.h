/**
 * @file
 * libetw: Event Tracing for Windows, anywhere. Includes all of the public interface.
 */
#ifndef ETW_H
#define ETW_H

#include <etw/access.h>
#include <etw/alloc.h>
#include <etw/autologger.h>
#include <etw/base.h>
#include <etw/consumer.h>
#include <etw/decoded.h>
#include <etw/etl.h>
#include <etw/event.h>
#include <etw/event_builder.h>
#include <etw/filter.h>
#include <etw/guid.h>
#include <etw/kernel_flag.h>
#include <etw/kernel_session.h>
#include <etw/message.h>
#include <etw/property.h>
#include <etw/provider.h>
#include <etw/provider_info.h>
#include <etw/queue.h>
#include <etw/schema.h>
#include <etw/session.h>
#include <etw/sink.h>
#include <etw/status.h>
#include <etw/time.h>
#include <etw/tracelogging.h>
#include <etw/write.h>

#endif
