# info: what the header says.

$ make_sample a.etl && make_sample x86.etl x86 && make_sample circular.etl circular && make_sample open.etl unclosed && make_sample packed.etl compressed

$ etw info a.etl

$ etw info --json a.etl | jq -c 'keys_unsorted'

$ etw info --json a.etl | jq -c '[.path, .session_name, .clock, .pointer_size, .processor_count]'

$ etw info --json x86.etl | jq -c .pointer_size

$ etw info --json circular.etl | jq -c .log_file_mode_names

$ etw info --json open.etl | jq -c '[.end_time, .duration]'

$ etw info open.etl | grep closed

$ etw info --json packed.etl | jq -c '[.compressed_buffers > 0, .log_file_mode_names]'

$ etw info --json a.etl x86.etl | jq -s -c 'map(.path)'

$ etw info a.etl x86.etl | grep -c '^  session'

$ etw info --strict a.etl >/dev/null
