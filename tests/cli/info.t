# info: what the header says.

$ make_sample a.etl plain && make_sample x86.etl x86 && make_sample circular.etl circular && make_sample open.etl unclosed && make_sample packed.etl compressed

$ etw info a.etl
a.etl (432.0 KiB)
  session      Contoso demo
  written as   C:\traces\contoso.etl
  system       Windows 10.0 build 22631, 64-bit, 4 processors at 2995 MHz
  clock        qpc, 10000000 Hz
  start        2026-01-05T12:00:00.0000000Z
  end          2026-01-05T12:00:10.0000000Z
  duration     10.0000000 s
  first event  2026-01-05T12:00:00.0000000Z
  last event   2026-01-05T12:00:09.9907850Z
  boot         2026-01-05T09:15:23.4567900Z
  time zone    UTC-08:00
  mode         0x00000001 sequential
  buffers      27 of 16.0 KiB, 0 compressed; 27 by the writer's account
  layout       1.5
  events       4413, 359.7 KiB
  headers      SYSTEM64 72, PERFINFO64 3722, FULL64 21, EVENT64 598
  schemas      builtin 4, kernel 3815, tracelogging 281, manifest 180, eventinfo 133
  lost         nothing

$ etw info --json a.etl | jq -c 'keys_unsorted'
["path","file_size","session","log_file","os","pointer_size","processors","cpu_mhz","clock","start","end","boot","duration","first_event","last_event","utc_bias_minutes","mode","maximum_file_size","layout","buffers","unused_bytes","events","event_bytes","header_kinds","schemas","lost","first_damage"]

$ etw info --json a.etl | jq -c '[.path, .session, .clock, .pointer_size, .processors]'
["a.etl","Contoso demo",{"type":"qpc","frequency":10000000,"performance_frequency":10000000,"timer_resolution":156250,"start_raw":98765432100},8,4]

$ etw info --json x86.etl | jq -c .pointer_size
4

$ etw info --json circular.etl | jq -c .mode.names
["circular"]

$ etw info --json open.etl | jq -c '[.end, .duration]'
[null,null]

$ etw info open.etl | grep closed
  end          - (the trace was never closed)

$ etw info --json packed.etl | jq -c '[.buffers.compressed > 0, .mode.names]'
[true,["sequential","relog","compressed"]]

$ etw info --json a.etl x86.etl | jq -s -c 'map(.path)'
["a.etl","x86.etl"]

$ etw info a.etl x86.etl | grep -c '^  session'
2

$ etw info --strict a.etl >/dev/null
