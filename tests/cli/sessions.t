# etw sessions, and the providers that are there.

# Sessions.
$ etw sessions
! etw sessions: name what to do: list, query, start, stop, update, flush or prune (see 'etw sessions --help')
? 2

$ etw sessions lits
! etw sessions: unknown verb 'lits'; did you mean 'list'? (see 'etw sessions --help')
? 2

$ etw sessions list
! etw sessions: there is none

$ etw sessions list x
! etw sessions: list and prune are for all sessions, and take no NAME (see 'etw sessions --help')
? 2

$ etw sessions stop
! etw sessions: name the session (see 'etw sessions --help')
? 2

$ etw sessions query nope
! etw: nope: there is no session named "nope"
? 1

$ etw sessions start s1 '*Demo:4' '*Other' && etw sessions start S1
! etw: S1: there is a session named "S1" already
! etw: --existing=restart stops it first, --existing=adopt uses it as it is
? 1

$ etw sessions list --json | jq -c '[.name,.mode.names,.log_file,.providers,.consumers,.events,.events_lost]'
["s1",["real_time"],null,2,0,0,0]

$ etw sessions query s1 | sed -n '1p;/mode/p;/clock/p;/flush/p;/lost/p;/in use/p'
s1
  mode         0x00000100 real_time
  clock        qpc
  flush timer  1000 ms
  lost         nothing
  in use by    2 providers, 0 consumers

$ etw sessions update s1 --disable '*Other' --flush-timer 250ms '*Third' --json | jq -c '[.providers,.flush_timer_ms]'
[2,250]

$ etw sessions update s1 --disable '*Other'
! etw: *Other: the session does not enable the provider
? 1

$ etw sessions update s1 --clock system
! etw sessions: some of these options are not for update (see 'etw sessions --help')
? 2

$ etw sessions flush s1 nope; etw sessions stop s1 --json | jq -r .name
s1
! etw: nope: there is no session named "nope"

$ etw sessions start s2 --max-size 1M
! etw sessions: --circular, --append and --max-size need --log-file FILE (see 'etw sessions --help')
? 2

$ etw sessions start s2 -w x.etl --circular
! etw sessions: --circular needs --max-size (see 'etw sessions --help')
? 2

% etw sessions start s2 -w s2.etl '*Demo' && etw emit Demo --name A --level 2 n:u32=1 && etw sessions query s2 --json | jq -c '[.events,.orphan]'; etw sessions prune; etw sessions list; etw dump s2.etl | jq -c .EventData.n | tail -1
[1,true]
s2
1
! etw sessions: there is none

% etw sessions start s2 -w s2.etl '*Demo'; etw sessions list | tr -s ' ' | cut -d' ' -f2-5; etw sessions stop s2
KIND EVENTS LOST BUFFERS
1 file, orphan 0

$ etw sessions start s2 -w s2.etl '*Demo'; etw sessions start s3 -w ./s2.etl 2>&1 | sed 's:s3.*[/\\]:s3\: :'; etw sessions stop s2
etw: s3: s2.etl is the log file of session 1

# Filters that do nothing where they are given are said.
$ etw sessions start s2 '*Demo:payload=n == 1:pid=1' '*Other:package=a:filter=0x80000001/00'; etw sessions stop s2
! etw: Demo: payload= is for those who read: the session takes the other events too
! etw: Other: package= has no effect here
! etw: Other: filter= has no effect here

# Providers that are there.
$ etw providers --live
! etw providers: none is registered

$ etw sessions start s1 '*Demo'; etw emit Demo --name A --rate 1 --count 2 & sleep 0.3; etw providers --live --json | jq -c '[.name,.guid,.sessions,(.processes|length)]'; etw providers --live '?emo' | cut -c1-54; etw providers --live none; wait; etw sessions stop s1
["Demo","a61566ef-3013-54c0-3fc6-0adeaddc82db",[1],1]
GUID                                   NAME  SESSIONS 
{A61566EF-3013-54C0-3FC6-0ADEADDC82DB} Demo  1        
! etw providers: none is registered that matches

# Nothing is left behind.
$ find $ETW_RUNTIME_DIR -mindepth 2
