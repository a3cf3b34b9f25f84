# etw trace, record, sessions and emit: mistakes, and what a script does with them. live.py has what
# needs time and signals.

$ etw trace
! etw trace: name at least one PROVIDER, or a session with --attach (see 'etw trace --help')
? 2

$ etw trace Nobody-Knows
! etw trace: nobody knows a provider 'Nobody-Knows'; give its GUID, or '*Nobody-Knows' for the GUID that EventSource and TraceLogging make of the name
!   Nobody-Knows
!   ^
? 2

$ etw trace '*Demo:x'
! etw trace: unknown level 'x'; levels are 0 to 255, Critical, Error, Warning, Info, Verbose and what the provider's manifest names
!   *Demo:x
!         ^
? 2

$ etw trace '*Demo' '*demo:4'
! etw trace: the provider of '*demo:4' is given twice
? 2

$ etw trace --attach nope
! etw: nope: there is no session named "nope"
? 1

$ etw trace --attach nope '*Demo'
! etw trace: --attach prints what a session has already, and takes no PROVIDER (see 'etw trace --help')
? 2

$ etw trace --attach nope --clock system
! etw trace: --attach starts no session, and takes no options of one (see 'etw trace --help')
? 2

$ etw trace '*Demo' -f 'leve == 3'
! etw trace: --filter: unknown field 'leve'; did you mean 'level'? (data.leve is a property)
!   leve == 3
!   ^
? 2

$ etw trace '*Demo' --kernel foo
! etw trace: --kernel: 'foo' is no flag of the kernel logger
!   foo
!   ^
? 2

$ etw trace --kernel process
! etw: --kernel: events of the kernel come from Windows, and not from here
? 1

$ etw trace '*Demo' --buffer-size 1
! etw: etw-trace-[…]: buffer_size: 1 is not a multiple of 1 KiB from 4 KiB to 16 MiB
? 1

$ etw trace '*Demo' -w no/such/folder
! etw: cannot create no/such/folder: No such file or directory
? 1

$ etw trace '*Demo' --duration 1ms -q

$ etw trace '*Demo' --duration 1ms --session s 2>&1 | sed 's/in .* s,/in N s,/'
etw: s: 0 events in N s, none lost

# The script of the manual, in either order.
$ etw trace '*Demo' -q --session s1 --count 1000 -o json >out & etw emit Demo --name Hello --count 1000 x:u32=7; wait; jq -c .EventData out | sort | uniq -c | sed 's/^ *//'
1000 {"x":7}

$ (sleep 0.2; etw trace '*Demo' -q --count 10 -o json-compact | jq -c .data | uniq -c | sed 's/^ *//') & etw emit '*Demo' --name Hello --count 10 x:u32=7 >/dev/null; wait
10 {"x":7}

# What events look like.
$ etw trace '*Demo' -q -c1 -o csv --fields provider,event,level,keyword,who,data & etw emit Demo --name Hello --level 3 --keyword 0x30 who='a b' n:i8=-1 h:x16=0xBEEF a:u16[]=1,2 b:bool=true g:guid={11111111-2222-3333-4444-555555555555} f:f64=0.5 s:str16=grün; wait
provider,event,level,keyword,who,data\r
Demo,Hello,3,0x0000000000000030,a b,"who=""a b"""\r

$ etw trace '*Demo' -q -c2 -f 'data.x >= 2' -o json-compact | jq -c '[.event,.data]' & printf '%s\n' '{"x":1}' '{"x":2}' '{"x":3,"@name":"F","@level":2,"@keyword":"0x10"}' | etw emit Demo --name E - ; wait
["E",{"x":2}]
["F",{"x":3}]

# A provider without a name.
$ etw trace 11111111-2222-3333-4444-555555555555 -q -c1 -o text --filter 'level <= 4' | sed 's/.*Information */Information /' & etw emit '{11111111-2222-3333-4444-555555555555}' --name A --level 4 --count 2 s='a b' e=; wait
Information {11111111-2222-3333-4444-555555555555}/A        s="a b" e=""

# A filter on what events hold.
$ etw trace '*Demo:payload=x == 2' -q -c1 -o json-compact | jq -c .data & printf '%s\n' '{"x":1}' '{"x":3}' '{"x":2}' | etw emit Demo --name E -; wait
{"x":2}

# Events as JSON.
$ etw record '*Demo' -q -w demo.etl -c 4 & printf '%s\n' '{"@name":"A","i":-1,"u":18446744073709551615,"f":1.0,"s":"\u00e4\ud83d\ude00\n","b":true,"n":null}' '{"st":{"a":1,"in":{"q":"z"}},"@name":"B"}' '' '{"x:u8":255,"arr":[1,2],"mixed":[1,2.5],"t":["a","b,c"],"none":[],"bools":[true,false],"h:x8":[1,"0x10"],"@name":"C"}' '{"@name":"D"}' | etw emit Demo -; wait; etw dump demo.etl -f 'provider == Demo' | jq -r '"\(.System.EventName) \(.EventData)"'
A {"i":-1,"u":18446744073709552000,"f":1,"s":"ä😀\n","b":true}
B {"st":{"a":1,"in":{"q":"z"}}}
C {"x":255,"arr":[1,2],"mixed":[1,2.5],"t":["a","b,c"],"none":[],"bools":[true,false],"h":["0x1","0x10"]}
D null

$ printf '%s\n' '{"x":}' '{"x":1' '[1]' '{"x":1}' '{"x:u33":1,"@name":"A"}' '{"x:u8":256,"@name":"A"}' '{"o":{},"@name":"A"}' '{"@nam":1}' '{"x":[1,{}],"@name":"A"}' '{"x":[1,"a"],"@name":"A"}' '{"s":"\ud800","@name":"A"}' | etw emit Demo - --wait 0
! etw emit: line 1: no JSON: a value is expected (at byte 5)
! etw emit: line 2: no JSON: a comma or the end is expected (at byte 7)
! etw emit: line 3: a line has to be a JSON object
! etw emit: line 4: the event has no name: give --name or @name
! etw emit: line 5: field x: unknown type "u33"
! etw emit: line 6: field x: "256" does not fit into u8
! etw emit: line 7: an object has no members, or too many
! etw emit: line 8: @nam: there are @name, a string, @level and @keyword, numbers
! etw emit: line 9: field x: an array holds numbers, strings or booleans
! etw emit: line 10: field x: an array holds numbers, strings or booleans
! etw emit: line 11: no JSON: a string is malformed (at byte 12)
? 1

$ etw emit
! etw emit: name the PROVIDER (see 'etw emit --help')
? 2

$ etw emit Demo
! etw emit: name the event with --name EVENT (see 'etw emit --help')
? 2

$ etw emit Demo --name A x
! etw emit: 'x' is no field: FIELD:TYPE=VALUE is needed
? 2

$ etw emit Demo --name A x:u8=256
! etw emit: field x: "256" does not fit into u8
? 2

$ etw emit Demo --name A x:what=1
! etw emit: field x: unknown type "what"
? 2

$ etw emit Demo --name A --level 256
! etw emit: --level goes to 255 (see 'etw emit --help')
? 2

$ etw emit Demo --name A --keyword 0xG
! etw emit: --keyword needs a number such as 0x10 (see 'etw emit --help')
? 2

$ etw emit Demo --name A --wait soon
! etw emit: --wait needs seconds, or a duration such as 250ms (see 'etw emit --help')
? 2

$ etw emit Demo - x=1 </dev/null
! etw emit: with - the fields come from standard input alone (see 'etw emit --help')
? 2

$ etw emit Demo --name A --wait 50ms x=1
! etw emit: no session enabled Demo in time; nothing was written
? 1

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

$ etw sessions start s2 -w s2.etl '*Demo' && etw emit Demo --name A --level 2 n:u32=1 && etw sessions query s2 --json | jq -c '[.events,.orphan]'; etw sessions prune; etw sessions list; etw dump s2.etl | jq -c .EventData.n | tail -1
[1,true]
s2
1
! etw sessions: there is none

$ etw sessions start s2 -w s2.etl '*Demo'; etw sessions list | tr -s ' ' | cut -d' ' -f2-5; etw sessions start s3 -w ./s2.etl 2>&1 | sed 's:/.*/::'; etw sessions stop s2
KIND EVENTS LOST BUFFERS
1 file, orphan 0
etw: s3: s2.etl is the log file of session 1

# Filters that do nothing where they are given are said.
$ etw sessions start s2 '*Demo:payload=n == 1:pid=1' '*Other:package=a:filter=0x80000001/00'; etw sessions stop s2
! etw: Demo: payload= is for those who read: the session takes the other events too
! etw: Other: package= has no effect here
! etw: Other: filter= has no effect here

$ etw trace '*Demo:payload=Nn == 1' -s pn & etw emit Demo --name A N:u8=1; etw sessions stop pn; wait $!
! etw trace: payload=: no schema that was met has a property 'Nn'; did you mean 'N'?
! etw: pn: somebody else has stopped the session
! etw: pn: 0 events in […] s, none lost

# Recording.
$ etw record '*Demo'
! etw record: name the file to write with -w FILE (see 'etw record --help')
? 2

$ etw record -w x.etl
! etw record: name at least one PROVIDER (see 'etw record --help')
? 2

$ etw record '*Demo' -w no/such/x.etl --session r
! etw: no/such/x.etl: No such file or directory
? 1

$ etw record '*Demo' -w x.etl --rotate many
! etw record: --rotate needs a size such as 64M, or 64M,10 to keep ten files (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --rotate 1M,0
! etw record: --rotate keeps at least one file, as in 64M,10 (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --circular
! etw record: --circular needs --max-size (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --append --circular --max-size 1M
! etw record: --circular, --rotate and --append exclude each other (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --existing adopt
! etw record: a session that is adopted would not write FILE (see 'etw record --help')
? 2

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
