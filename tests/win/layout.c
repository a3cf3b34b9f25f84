/*
 * The structures of ETW have the sizes and offsets that Microsoft documents, in programs of 64 bits
 * and of 32. Nothing runs: what is wrong does not compile.
 */
#include "session/win/etw_abi.h"
#include "session/win/tdh_abi.h"

#include <stddef.h>

#define BITS(in_64, in_32) (sizeof(void *) == 8 ? (in_64) : (in_32))
#define SIZE(type, in_64, in_32) \
    _Static_assert(sizeof(type) == BITS(in_64, in_32), "the size of " #type)
#define AT(type, member, in_64, in_32)                           \
    _Static_assert(offsetof(type, member) == BITS(in_64, in_32), \
                   "the offset of " #member " in " #type)

SIZE(etwi_abi_wnode, 48, 48);
AT(etwi_abi_wnode, buffer_size, 0, 0);
AT(etwi_abi_wnode, provider_id, 4, 4);
AT(etwi_abi_wnode, historical_context, 8, 8);
AT(etwi_abi_wnode, time_stamp, 16, 16);
AT(etwi_abi_wnode, guid, 24, 24);
AT(etwi_abi_wnode, client_context, 40, 40);
AT(etwi_abi_wnode, flags, 44, 44);

SIZE(etwi_abi_filter, 16, 16);
AT(etwi_abi_filter, ptr, 0, 0);
AT(etwi_abi_filter, size, 8, 8);
AT(etwi_abi_filter, type, 12, 12);

SIZE(etwi_abi_properties, 144, 136);
AT(etwi_abi_properties, wnode, 0, 0);
AT(etwi_abi_properties, buffer_size, 48, 48);
AT(etwi_abi_properties, minimum_buffers, 52, 52);
AT(etwi_abi_properties, maximum_buffers, 56, 56);
AT(etwi_abi_properties, maximum_file_size, 60, 60);
AT(etwi_abi_properties, log_file_mode, 64, 64);
AT(etwi_abi_properties, flush_timer, 68, 68);
AT(etwi_abi_properties, enable_flags, 72, 72);
AT(etwi_abi_properties, age_limit, 76, 76);
AT(etwi_abi_properties, number_of_buffers, 80, 80);
AT(etwi_abi_properties, free_buffers, 84, 84);
AT(etwi_abi_properties, events_lost, 88, 88);
AT(etwi_abi_properties, buffers_written, 92, 92);
AT(etwi_abi_properties, log_buffers_lost, 96, 96);
AT(etwi_abi_properties, real_time_buffers_lost, 100, 100);
AT(etwi_abi_properties, logger_thread_id, 104, 104);
AT(etwi_abi_properties, log_file_name_offset, 112, 108);
AT(etwi_abi_properties, logger_name_offset, 116, 112);
AT(etwi_abi_properties, v2_control, 120, 116);
AT(etwi_abi_properties, filter_desc_count, 124, 120);
AT(etwi_abi_properties, filter_desc, 128, 124);
AT(etwi_abi_properties, v2_options, 136, 128);

SIZE(etwi_abi_enable_parameters, 48, 36);
AT(etwi_abi_enable_parameters, version, 0, 0);
AT(etwi_abi_enable_parameters, enable_property, 4, 4);
AT(etwi_abi_enable_parameters, control_flags, 8, 8);
AT(etwi_abi_enable_parameters, source_id, 12, 12);
AT(etwi_abi_enable_parameters, enable_filter_desc, 32, 28);
AT(etwi_abi_enable_parameters, filter_desc_count, 40, 32);

SIZE(etwi_abi_filter_header, 24, 24);
AT(etwi_abi_filter_header, id, 0, 0);
AT(etwi_abi_filter_header, version, 2, 2);
AT(etwi_abi_filter_header, instance_id, 8, 8);
AT(etwi_abi_filter_header, size, 16, 16);
AT(etwi_abi_filter_header, next_offset, 20, 20);

SIZE(etwi_abi_filter_event_id, 6, 6);
AT(etwi_abi_filter_event_id, filter_in, 0, 0);
AT(etwi_abi_filter_event_id, count, 2, 2);
AT(etwi_abi_filter_event_id, events, 4, 4);

SIZE(etwi_abi_filter_event_name, 24, 24);
AT(etwi_abi_filter_event_name, match_any_keyword, 0, 0);
AT(etwi_abi_filter_event_name, match_all_keyword, 8, 8);
AT(etwi_abi_filter_event_name, level, 16, 16);
AT(etwi_abi_filter_event_name, filter_in, 17, 17);
AT(etwi_abi_filter_event_name, name_count, 18, 18);
AT(etwi_abi_filter_event_name, names, 20, 20);

SIZE(etwi_abi_filter_level_kw, 24, 24);
AT(etwi_abi_filter_level_kw, match_any_keyword, 0, 0);
AT(etwi_abi_filter_level_kw, match_all_keyword, 8, 8);
AT(etwi_abi_filter_level_kw, level, 16, 16);
AT(etwi_abi_filter_level_kw, filter_in, 17, 17);

SIZE(etwi_abi_descriptor, 16, 16);
AT(etwi_abi_descriptor, id, 0, 0);
AT(etwi_abi_descriptor, version, 2, 2);
AT(etwi_abi_descriptor, channel, 3, 3);
AT(etwi_abi_descriptor, level, 4, 4);
AT(etwi_abi_descriptor, opcode, 5, 5);
AT(etwi_abi_descriptor, task, 6, 6);
AT(etwi_abi_descriptor, keyword, 8, 8);

SIZE(etwi_abi_data, 16, 16);
AT(etwi_abi_data, ptr, 0, 0);
AT(etwi_abi_data, size, 8, 8);
AT(etwi_abi_data, type, 12, 12);

SIZE(etwi_abi_event_header, 80, 80);
AT(etwi_abi_event_header, size, 0, 0);
AT(etwi_abi_event_header, header_type, 2, 2);
AT(etwi_abi_event_header, flags, 4, 4);
AT(etwi_abi_event_header, event_property, 6, 6);
AT(etwi_abi_event_header, thread_id, 8, 8);
AT(etwi_abi_event_header, process_id, 12, 12);
AT(etwi_abi_event_header, time_stamp, 16, 16);
AT(etwi_abi_event_header, provider_id, 24, 24);
AT(etwi_abi_event_header, event_descriptor, 40, 40);
AT(etwi_abi_event_header, processor_time, 56, 56);
AT(etwi_abi_event_header, activity_id, 64, 64);

SIZE(etwi_abi_buffer_context, 4, 4);
AT(etwi_abi_buffer_context, processor_index, 0, 0);
AT(etwi_abi_buffer_context, logger_id, 2, 2);

SIZE(etwi_abi_extended_item, 16, 16);
AT(etwi_abi_extended_item, ext_type, 2, 2);
AT(etwi_abi_extended_item, data_size, 6, 6);
AT(etwi_abi_extended_item, data_ptr, 8, 8);

SIZE(etwi_abi_record, 112, 104);
AT(etwi_abi_record, event_header, 0, 0);
AT(etwi_abi_record, buffer_context, 80, 80);
AT(etwi_abi_record, extended_data_count, 84, 84);
AT(etwi_abi_record, user_data_length, 86, 86);
AT(etwi_abi_record, extended_data, 88, 88);
AT(etwi_abi_record, user_data, 96, 92);
AT(etwi_abi_record, user_context, 104, 96);

SIZE(etwi_abi_trace_header, 48, 48);
AT(etwi_abi_trace_header, size, 0, 0);
AT(etwi_abi_trace_header, field_type_flags, 2, 2);
AT(etwi_abi_trace_header, version, 4, 4);
AT(etwi_abi_trace_header, thread_id, 8, 8);
AT(etwi_abi_trace_header, process_id, 12, 12);
AT(etwi_abi_trace_header, time_stamp, 16, 16);
AT(etwi_abi_trace_header, guid, 24, 24);
AT(etwi_abi_trace_header, processor_time, 40, 40);

SIZE(etwi_abi_trace, 88, 88);
AT(etwi_abi_trace, header, 0, 0);
AT(etwi_abi_trace, instance_id, 48, 48);
AT(etwi_abi_trace, parent_instance_id, 52, 52);
AT(etwi_abi_trace, parent_guid, 56, 56);
AT(etwi_abi_trace, mof_data, 72, 72);
AT(etwi_abi_trace, mof_length, 80, 76);
AT(etwi_abi_trace, buffer_context, 84, 80);

SIZE(etwi_abi_logfile_header, 280, 272);
AT(etwi_abi_logfile_header, buffer_size, 0, 0);
AT(etwi_abi_logfile_header, version, 4, 4);
AT(etwi_abi_logfile_header, provider_version, 8, 8);
AT(etwi_abi_logfile_header, number_of_processors, 12, 12);
AT(etwi_abi_logfile_header, end_time, 16, 16);
AT(etwi_abi_logfile_header, timer_resolution, 24, 24);
AT(etwi_abi_logfile_header, maximum_file_size, 28, 28);
AT(etwi_abi_logfile_header, log_file_mode, 32, 32);
AT(etwi_abi_logfile_header, buffers_written, 36, 36);
AT(etwi_abi_logfile_header, start_buffers, 40, 40);
AT(etwi_abi_logfile_header, pointer_size, 44, 44);
AT(etwi_abi_logfile_header, events_lost, 48, 48);
AT(etwi_abi_logfile_header, cpu_speed_in_mhz, 52, 52);
AT(etwi_abi_logfile_header, logger_name, 56, 56);
AT(etwi_abi_logfile_header, log_file_name, 64, 60);
AT(etwi_abi_logfile_header, time_zone, 72, 64);
AT(etwi_abi_logfile_header, boot_time, 248, 240);
AT(etwi_abi_logfile_header, perf_freq, 256, 248);
AT(etwi_abi_logfile_header, start_time, 264, 256);
AT(etwi_abi_logfile_header, reserved_flags, 272, 264);
AT(etwi_abi_logfile_header, buffers_lost, 276, 268);

SIZE(etwi_abi_logfile, 448, 416);
AT(etwi_abi_logfile, log_file_name, 0, 0);
AT(etwi_abi_logfile, logger_name, 8, 4);
AT(etwi_abi_logfile, current_time, 16, 8);
AT(etwi_abi_logfile, buffers_read, 24, 16);
AT(etwi_abi_logfile, process_trace_mode, 28, 20);
AT(etwi_abi_logfile, current_event, 32, 24);
AT(etwi_abi_logfile, logfile_header, 120, 112);
AT(etwi_abi_logfile, buffer_callback, 400, 384);
AT(etwi_abi_logfile, buffer_size, 408, 388);
AT(etwi_abi_logfile, filled, 412, 392);
AT(etwi_abi_logfile, events_lost, 416, 396);
AT(etwi_abi_logfile, event_record_callback, 424, 400);
AT(etwi_abi_logfile, is_kernel_trace, 432, 404);
AT(etwi_abi_logfile, context, 440, 408);

SIZE(etwi_abi_guid_info, 8, 8);
AT(etwi_abi_guid_info, instance_count, 0, 0);

SIZE(etwi_abi_instance_info, 16, 16);
AT(etwi_abi_instance_info, next_offset, 0, 0);
AT(etwi_abi_instance_info, enable_count, 4, 4);
AT(etwi_abi_instance_info, pid, 8, 8);
AT(etwi_abi_instance_info, flags, 12, 12);

SIZE(etwi_abi_enable_info, 32, 32);
AT(etwi_abi_enable_info, is_enabled, 0, 0);
AT(etwi_abi_enable_info, level, 4, 4);
AT(etwi_abi_enable_info, logger_id, 6, 6);
AT(etwi_abi_enable_info, enable_property, 8, 8);
AT(etwi_abi_enable_info, match_any_keyword, 16, 16);
AT(etwi_abi_enable_info, match_all_keyword, 24, 24);

SIZE(etwi_abi_classic_event_id, 24, 24);
AT(etwi_abi_classic_event_id, event_guid, 0, 0);
AT(etwi_abi_classic_event_id, type, 16, 16);

SIZE(etwi_abi_version_info, 8, 8);
AT(etwi_abi_version_info, etw_trace_processing_version, 0, 0);

SIZE(etwi_abi_capture_state, 8, 8);
AT(etwi_abi_capture_state, capture_state_frequency_in_seconds, 0, 0);
AT(etwi_abi_capture_state, provider_count, 4, 4);

SIZE(etwi_abi_profile_interval, 8, 8);
AT(etwi_abi_profile_interval, source, 0, 0);
AT(etwi_abi_profile_interval, interval, 4, 4);

SIZE(etwi_abi_stack_caching, 12, 12);
AT(etwi_abi_stack_caching, enabled, 0, 0);
AT(etwi_abi_stack_caching, cache_size, 4, 4);
AT(etwi_abi_stack_caching, bucket_count, 8, 8);

SIZE(etwi_abi_provider_info, 24, 24);
AT(etwi_abi_provider_info, provider_guid, 0, 0);
AT(etwi_abi_provider_info, schema_source, 16, 16);
AT(etwi_abi_provider_info, provider_name_offset, 20, 20);

SIZE(etwi_abi_provider_enumeration, 32, 32);
AT(etwi_abi_provider_enumeration, number_of_providers, 0, 0);
AT(etwi_abi_provider_enumeration, trace_provider_info_array, 8, 8);

SIZE(etwi_abi_provider_events, 24, 24);
AT(etwi_abi_provider_events, number_of_events, 0, 0);
AT(etwi_abi_provider_events, event_descriptors_array, 8, 8);

SIZE(etwi_abi_field_info, 16, 16);
AT(etwi_abi_field_info, name_offset, 0, 0);
AT(etwi_abi_field_info, description_offset, 4, 4);
AT(etwi_abi_field_info, value, 8, 8);

SIZE(etwi_abi_field_infos, 24, 24);
AT(etwi_abi_field_infos, number_of_elements, 0, 0);
AT(etwi_abi_field_infos, field_type, 4, 4);
AT(etwi_abi_field_infos, field_info_array, 8, 8);

SIZE(etwi_abi_tdh_context, 16, 16);
AT(etwi_abi_tdh_context, parameter_value, 0, 0);
AT(etwi_abi_tdh_context, parameter_type, 8, 8);
AT(etwi_abi_tdh_context, parameter_size, 12, 12);

SIZE(etwi_abi_payload_predicate, 24, 12);
AT(etwi_abi_payload_predicate, field_name, 0, 0);
AT(etwi_abi_payload_predicate, compare_op, 8, 4);
AT(etwi_abi_payload_predicate, value, 16, 8);
