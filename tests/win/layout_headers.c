/*
 * The structures of ETW are those of the headers that the compiler comes with, as far as those have
 * them. Nothing runs: what is wrong does not compile.
 */
#include "session/win/etw_abi.h"
#include "session/win/tdh_abi.h"

#include <stddef.h>
#include <windows.h>

/* These want windows.h before them. */
#include <evntcons.h>
#include <evntprov.h>
#include <evntrace.h>
#include <tdh.h>

#define SAME_SIZE(ours, theirs) \
    _Static_assert(sizeof(ours) == sizeof(theirs), "the size of " #theirs)
#define SAME(ours, member, theirs, their_member)                                           \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, their_member) &&             \
                       sizeof(((ours *)0)->member) == sizeof(((theirs *)0)->their_member), \
                   "the place of " #their_member " in " #theirs)

SAME_SIZE(etwi_abi_wnode, WNODE_HEADER);
SAME(etwi_abi_wnode, buffer_size, WNODE_HEADER, BufferSize);
SAME(etwi_abi_wnode, provider_id, WNODE_HEADER, ProviderId);
SAME(etwi_abi_wnode, historical_context, WNODE_HEADER, HistoricalContext);
SAME(etwi_abi_wnode, time_stamp, WNODE_HEADER, TimeStamp);
SAME(etwi_abi_wnode, guid, WNODE_HEADER, Guid);
SAME(etwi_abi_wnode, client_context, WNODE_HEADER, ClientContext);
SAME(etwi_abi_wnode, flags, WNODE_HEADER, Flags);

SAME_SIZE(etwi_abi_filter, EVENT_FILTER_DESCRIPTOR);
SAME(etwi_abi_filter, ptr, EVENT_FILTER_DESCRIPTOR, Ptr);
SAME(etwi_abi_filter, size, EVENT_FILTER_DESCRIPTOR, Size);
SAME(etwi_abi_filter, type, EVENT_FILTER_DESCRIPTOR, Type);

SAME_SIZE(etwi_abi_properties, EVENT_TRACE_PROPERTIES_V2);
_Static_assert(ETWI_ABI_PROPERTIES_V1_SIZE == sizeof(EVENT_TRACE_PROPERTIES),
               "the size of EVENT_TRACE_PROPERTIES");
SAME(etwi_abi_properties, wnode, EVENT_TRACE_PROPERTIES_V2, Wnode);
SAME(etwi_abi_properties, buffer_size, EVENT_TRACE_PROPERTIES_V2, BufferSize);
SAME(etwi_abi_properties, minimum_buffers, EVENT_TRACE_PROPERTIES_V2, MinimumBuffers);
SAME(etwi_abi_properties, maximum_buffers, EVENT_TRACE_PROPERTIES_V2, MaximumBuffers);
SAME(etwi_abi_properties, maximum_file_size, EVENT_TRACE_PROPERTIES_V2, MaximumFileSize);
SAME(etwi_abi_properties, log_file_mode, EVENT_TRACE_PROPERTIES_V2, LogFileMode);
SAME(etwi_abi_properties, flush_timer, EVENT_TRACE_PROPERTIES_V2, FlushTimer);
SAME(etwi_abi_properties, enable_flags, EVENT_TRACE_PROPERTIES_V2, EnableFlags);
SAME(etwi_abi_properties, age_limit, EVENT_TRACE_PROPERTIES_V2, AgeLimit);
SAME(etwi_abi_properties, number_of_buffers, EVENT_TRACE_PROPERTIES_V2, NumberOfBuffers);
SAME(etwi_abi_properties, free_buffers, EVENT_TRACE_PROPERTIES_V2, FreeBuffers);
SAME(etwi_abi_properties, events_lost, EVENT_TRACE_PROPERTIES_V2, EventsLost);
SAME(etwi_abi_properties, buffers_written, EVENT_TRACE_PROPERTIES_V2, BuffersWritten);
SAME(etwi_abi_properties, log_buffers_lost, EVENT_TRACE_PROPERTIES_V2, LogBuffersLost);
SAME(etwi_abi_properties, real_time_buffers_lost, EVENT_TRACE_PROPERTIES_V2, RealTimeBuffersLost);
SAME(etwi_abi_properties, logger_thread_id, EVENT_TRACE_PROPERTIES_V2, LoggerThreadId);
SAME(etwi_abi_properties, log_file_name_offset, EVENT_TRACE_PROPERTIES_V2, LogFileNameOffset);
SAME(etwi_abi_properties, logger_name_offset, EVENT_TRACE_PROPERTIES_V2, LoggerNameOffset);
SAME(etwi_abi_properties, v2_control, EVENT_TRACE_PROPERTIES_V2, V2Control);
SAME(etwi_abi_properties, filter_desc_count, EVENT_TRACE_PROPERTIES_V2, FilterDescCount);
SAME(etwi_abi_properties, filter_desc, EVENT_TRACE_PROPERTIES_V2, FilterDesc);
SAME(etwi_abi_properties, v2_options, EVENT_TRACE_PROPERTIES_V2, V2Options);

SAME_SIZE(etwi_abi_enable_parameters, ENABLE_TRACE_PARAMETERS);
SAME(etwi_abi_enable_parameters, version, ENABLE_TRACE_PARAMETERS, Version);
SAME(etwi_abi_enable_parameters, enable_property, ENABLE_TRACE_PARAMETERS, EnableProperty);
SAME(etwi_abi_enable_parameters, control_flags, ENABLE_TRACE_PARAMETERS, ControlFlags);
SAME(etwi_abi_enable_parameters, source_id, ENABLE_TRACE_PARAMETERS, SourceId);
SAME(etwi_abi_enable_parameters, enable_filter_desc, ENABLE_TRACE_PARAMETERS, EnableFilterDesc);
SAME(etwi_abi_enable_parameters, filter_desc_count, ENABLE_TRACE_PARAMETERS, FilterDescCount);

SAME_SIZE(etwi_abi_filter_header, EVENT_FILTER_HEADER);
SAME(etwi_abi_filter_header, id, EVENT_FILTER_HEADER, Id);
SAME(etwi_abi_filter_header, version, EVENT_FILTER_HEADER, Version);
SAME(etwi_abi_filter_header, instance_id, EVENT_FILTER_HEADER, InstanceId);
SAME(etwi_abi_filter_header, size, EVENT_FILTER_HEADER, Size);
SAME(etwi_abi_filter_header, next_offset, EVENT_FILTER_HEADER, NextOffset);

SAME_SIZE(etwi_abi_descriptor, EVENT_DESCRIPTOR);
SAME(etwi_abi_descriptor, id, EVENT_DESCRIPTOR, Id);
SAME(etwi_abi_descriptor, version, EVENT_DESCRIPTOR, Version);
SAME(etwi_abi_descriptor, channel, EVENT_DESCRIPTOR, Channel);
SAME(etwi_abi_descriptor, level, EVENT_DESCRIPTOR, Level);
SAME(etwi_abi_descriptor, opcode, EVENT_DESCRIPTOR, Opcode);
SAME(etwi_abi_descriptor, task, EVENT_DESCRIPTOR, Task);
SAME(etwi_abi_descriptor, keyword, EVENT_DESCRIPTOR, Keyword);

SAME_SIZE(etwi_abi_data, EVENT_DATA_DESCRIPTOR);
SAME(etwi_abi_data, ptr, EVENT_DATA_DESCRIPTOR, Ptr);
SAME(etwi_abi_data, size, EVENT_DATA_DESCRIPTOR, Size);

SAME_SIZE(etwi_abi_event_header, EVENT_HEADER);
SAME(etwi_abi_event_header, size, EVENT_HEADER, Size);
SAME(etwi_abi_event_header, header_type, EVENT_HEADER, HeaderType);
SAME(etwi_abi_event_header, flags, EVENT_HEADER, Flags);
SAME(etwi_abi_event_header, event_property, EVENT_HEADER, EventProperty);
SAME(etwi_abi_event_header, thread_id, EVENT_HEADER, ThreadId);
SAME(etwi_abi_event_header, process_id, EVENT_HEADER, ProcessId);
SAME(etwi_abi_event_header, time_stamp, EVENT_HEADER, TimeStamp);
SAME(etwi_abi_event_header, provider_id, EVENT_HEADER, ProviderId);
SAME(etwi_abi_event_header, event_descriptor, EVENT_HEADER, EventDescriptor);
SAME(etwi_abi_event_header, processor_time, EVENT_HEADER, ProcessorTime);
SAME(etwi_abi_event_header, activity_id, EVENT_HEADER, ActivityId);

SAME_SIZE(etwi_abi_buffer_context, ETW_BUFFER_CONTEXT);
SAME(etwi_abi_buffer_context, processor_index, ETW_BUFFER_CONTEXT, ProcessorIndex);
SAME(etwi_abi_buffer_context, logger_id, ETW_BUFFER_CONTEXT, LoggerId);

SAME_SIZE(etwi_abi_extended_item, EVENT_HEADER_EXTENDED_DATA_ITEM);
SAME(etwi_abi_extended_item, ext_type, EVENT_HEADER_EXTENDED_DATA_ITEM, ExtType);
SAME(etwi_abi_extended_item, data_size, EVENT_HEADER_EXTENDED_DATA_ITEM, DataSize);
SAME(etwi_abi_extended_item, data_ptr, EVENT_HEADER_EXTENDED_DATA_ITEM, DataPtr);

SAME_SIZE(etwi_abi_record, EVENT_RECORD);
SAME(etwi_abi_record, event_header, EVENT_RECORD, EventHeader);
SAME(etwi_abi_record, buffer_context, EVENT_RECORD, BufferContext);
SAME(etwi_abi_record, extended_data_count, EVENT_RECORD, ExtendedDataCount);
SAME(etwi_abi_record, user_data_length, EVENT_RECORD, UserDataLength);
SAME(etwi_abi_record, extended_data, EVENT_RECORD, ExtendedData);
SAME(etwi_abi_record, user_data, EVENT_RECORD, UserData);
SAME(etwi_abi_record, user_context, EVENT_RECORD, UserContext);

SAME_SIZE(etwi_abi_trace_header, EVENT_TRACE_HEADER);
SAME(etwi_abi_trace_header, size, EVENT_TRACE_HEADER, Size);
SAME(etwi_abi_trace_header, field_type_flags, EVENT_TRACE_HEADER, FieldTypeFlags);
SAME(etwi_abi_trace_header, version, EVENT_TRACE_HEADER, Version);
SAME(etwi_abi_trace_header, thread_id, EVENT_TRACE_HEADER, ThreadId);
SAME(etwi_abi_trace_header, process_id, EVENT_TRACE_HEADER, ProcessId);
SAME(etwi_abi_trace_header, time_stamp, EVENT_TRACE_HEADER, TimeStamp);
SAME(etwi_abi_trace_header, guid, EVENT_TRACE_HEADER, Guid);
SAME(etwi_abi_trace_header, processor_time, EVENT_TRACE_HEADER, ProcessorTime);

SAME_SIZE(etwi_abi_trace, EVENT_TRACE);
SAME(etwi_abi_trace, header, EVENT_TRACE, Header);
SAME(etwi_abi_trace, instance_id, EVENT_TRACE, InstanceId);
SAME(etwi_abi_trace, parent_instance_id, EVENT_TRACE, ParentInstanceId);
SAME(etwi_abi_trace, parent_guid, EVENT_TRACE, ParentGuid);
SAME(etwi_abi_trace, mof_data, EVENT_TRACE, MofData);
SAME(etwi_abi_trace, mof_length, EVENT_TRACE, MofLength);
SAME(etwi_abi_trace, buffer_context, EVENT_TRACE, BufferContext);

SAME_SIZE(etwi_abi_logfile_header, TRACE_LOGFILE_HEADER);
SAME(etwi_abi_logfile_header, buffer_size, TRACE_LOGFILE_HEADER, BufferSize);
SAME(etwi_abi_logfile_header, version, TRACE_LOGFILE_HEADER, Version);
SAME(etwi_abi_logfile_header, provider_version, TRACE_LOGFILE_HEADER, ProviderVersion);
SAME(etwi_abi_logfile_header, number_of_processors, TRACE_LOGFILE_HEADER, NumberOfProcessors);
SAME(etwi_abi_logfile_header, end_time, TRACE_LOGFILE_HEADER, EndTime);
SAME(etwi_abi_logfile_header, timer_resolution, TRACE_LOGFILE_HEADER, TimerResolution);
SAME(etwi_abi_logfile_header, maximum_file_size, TRACE_LOGFILE_HEADER, MaximumFileSize);
SAME(etwi_abi_logfile_header, log_file_mode, TRACE_LOGFILE_HEADER, LogFileMode);
SAME(etwi_abi_logfile_header, buffers_written, TRACE_LOGFILE_HEADER, BuffersWritten);
SAME(etwi_abi_logfile_header, start_buffers, TRACE_LOGFILE_HEADER, StartBuffers);
SAME(etwi_abi_logfile_header, pointer_size, TRACE_LOGFILE_HEADER, PointerSize);
SAME(etwi_abi_logfile_header, events_lost, TRACE_LOGFILE_HEADER, EventsLost);
SAME(etwi_abi_logfile_header, cpu_speed_in_mhz, TRACE_LOGFILE_HEADER, CpuSpeedInMHz);
SAME(etwi_abi_logfile_header, logger_name, TRACE_LOGFILE_HEADER, LoggerName);
SAME(etwi_abi_logfile_header, log_file_name, TRACE_LOGFILE_HEADER, LogFileName);
SAME(etwi_abi_logfile_header, time_zone, TRACE_LOGFILE_HEADER, TimeZone);
SAME(etwi_abi_logfile_header, boot_time, TRACE_LOGFILE_HEADER, BootTime);
SAME(etwi_abi_logfile_header, perf_freq, TRACE_LOGFILE_HEADER, PerfFreq);
SAME(etwi_abi_logfile_header, start_time, TRACE_LOGFILE_HEADER, StartTime);
SAME(etwi_abi_logfile_header, reserved_flags, TRACE_LOGFILE_HEADER, ReservedFlags);
SAME(etwi_abi_logfile_header, buffers_lost, TRACE_LOGFILE_HEADER, BuffersLost);

SAME_SIZE(etwi_abi_logfile, EVENT_TRACE_LOGFILEW);
SAME(etwi_abi_logfile, log_file_name, EVENT_TRACE_LOGFILEW, LogFileName);
SAME(etwi_abi_logfile, logger_name, EVENT_TRACE_LOGFILEW, LoggerName);
SAME(etwi_abi_logfile, current_time, EVENT_TRACE_LOGFILEW, CurrentTime);
SAME(etwi_abi_logfile, buffers_read, EVENT_TRACE_LOGFILEW, BuffersRead);
SAME(etwi_abi_logfile, process_trace_mode, EVENT_TRACE_LOGFILEW, ProcessTraceMode);
SAME(etwi_abi_logfile, current_event, EVENT_TRACE_LOGFILEW, CurrentEvent);
SAME(etwi_abi_logfile, logfile_header, EVENT_TRACE_LOGFILEW, LogfileHeader);
SAME(etwi_abi_logfile, buffer_callback, EVENT_TRACE_LOGFILEW, BufferCallback);
SAME(etwi_abi_logfile, buffer_size, EVENT_TRACE_LOGFILEW, BufferSize);
SAME(etwi_abi_logfile, filled, EVENT_TRACE_LOGFILEW, Filled);
SAME(etwi_abi_logfile, events_lost, EVENT_TRACE_LOGFILEW, EventsLost);
SAME(etwi_abi_logfile, event_record_callback, EVENT_TRACE_LOGFILEW, EventRecordCallback);
SAME(etwi_abi_logfile, is_kernel_trace, EVENT_TRACE_LOGFILEW, IsKernelTrace);
SAME(etwi_abi_logfile, context, EVENT_TRACE_LOGFILEW, Context);

SAME_SIZE(etwi_abi_guid_info, TRACE_GUID_INFO);
SAME(etwi_abi_guid_info, instance_count, TRACE_GUID_INFO, InstanceCount);

SAME_SIZE(etwi_abi_instance_info, TRACE_PROVIDER_INSTANCE_INFO);
SAME(etwi_abi_instance_info, next_offset, TRACE_PROVIDER_INSTANCE_INFO, NextOffset);
SAME(etwi_abi_instance_info, enable_count, TRACE_PROVIDER_INSTANCE_INFO, EnableCount);
SAME(etwi_abi_instance_info, pid, TRACE_PROVIDER_INSTANCE_INFO, Pid);
SAME(etwi_abi_instance_info, flags, TRACE_PROVIDER_INSTANCE_INFO, Flags);

SAME_SIZE(etwi_abi_enable_info, TRACE_ENABLE_INFO);
SAME(etwi_abi_enable_info, is_enabled, TRACE_ENABLE_INFO, IsEnabled);
SAME(etwi_abi_enable_info, level, TRACE_ENABLE_INFO, Level);
SAME(etwi_abi_enable_info, logger_id, TRACE_ENABLE_INFO, LoggerId);
SAME(etwi_abi_enable_info, enable_property, TRACE_ENABLE_INFO, EnableProperty);
SAME(etwi_abi_enable_info, match_any_keyword, TRACE_ENABLE_INFO, MatchAnyKeyword);
SAME(etwi_abi_enable_info, match_all_keyword, TRACE_ENABLE_INFO, MatchAllKeyword);

SAME_SIZE(etwi_abi_classic_event_id, CLASSIC_EVENT_ID);
SAME(etwi_abi_classic_event_id, event_guid, CLASSIC_EVENT_ID, EventGuid);
SAME(etwi_abi_classic_event_id, type, CLASSIC_EVENT_ID, Type);

SAME_SIZE(etwi_abi_version_info, TRACE_VERSION_INFO);
SAME(etwi_abi_version_info, etw_trace_processing_version, TRACE_VERSION_INFO,
     EtwTraceProcessingVersion);

SAME_SIZE(etwi_abi_capture_state, TRACE_PERIODIC_CAPTURE_STATE_INFO);
SAME(etwi_abi_capture_state, capture_state_frequency_in_seconds, TRACE_PERIODIC_CAPTURE_STATE_INFO,
     CaptureStateFrequencyInSeconds);
SAME(etwi_abi_capture_state, provider_count, TRACE_PERIODIC_CAPTURE_STATE_INFO, ProviderCount);

SAME_SIZE(etwi_abi_profile_interval, TRACE_PROFILE_INTERVAL);
SAME(etwi_abi_profile_interval, source, TRACE_PROFILE_INTERVAL, Source);
SAME(etwi_abi_profile_interval, interval, TRACE_PROFILE_INTERVAL, Interval);

SAME_SIZE(etwi_abi_provider_info, TRACE_PROVIDER_INFO);
SAME(etwi_abi_provider_info, provider_guid, TRACE_PROVIDER_INFO, ProviderGuid);
SAME(etwi_abi_provider_info, schema_source, TRACE_PROVIDER_INFO, SchemaSource);
SAME(etwi_abi_provider_info, provider_name_offset, TRACE_PROVIDER_INFO, ProviderNameOffset);

SAME_SIZE(etwi_abi_provider_enumeration, PROVIDER_ENUMERATION_INFO);
SAME(etwi_abi_provider_enumeration, number_of_providers, PROVIDER_ENUMERATION_INFO,
     NumberOfProviders);
SAME(etwi_abi_provider_enumeration, trace_provider_info_array, PROVIDER_ENUMERATION_INFO,
     TraceProviderInfoArray);

SAME_SIZE(etwi_abi_field_info, PROVIDER_FIELD_INFO);
SAME(etwi_abi_field_info, name_offset, PROVIDER_FIELD_INFO, NameOffset);
SAME(etwi_abi_field_info, description_offset, PROVIDER_FIELD_INFO, DescriptionOffset);
SAME(etwi_abi_field_info, value, PROVIDER_FIELD_INFO, Value);

SAME_SIZE(etwi_abi_field_infos, PROVIDER_FIELD_INFOARRAY);
SAME(etwi_abi_field_infos, number_of_elements, PROVIDER_FIELD_INFOARRAY, NumberOfElements);
SAME(etwi_abi_field_infos, field_type, PROVIDER_FIELD_INFOARRAY, FieldType);
SAME(etwi_abi_field_infos, field_info_array, PROVIDER_FIELD_INFOARRAY, FieldInfoArray);

SAME_SIZE(etwi_abi_tdh_context, TDH_CONTEXT);
SAME(etwi_abi_tdh_context, parameter_value, TDH_CONTEXT, ParameterValue);
SAME(etwi_abi_tdh_context, parameter_type, TDH_CONTEXT, ParameterType);
SAME(etwi_abi_tdh_context, parameter_size, TDH_CONTEXT, ParameterSize);
