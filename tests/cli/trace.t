# etw trace: mistakes, and what a script does with it. live.py has what needs time and signals.

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
$ etw trace 11111111-2222-3333-4444-555555555555 -q -c1 -o text --filter 'level <= 4' | sed 's/.*Information */Information /' & etw emit '{11111111-2222-3333-4444-555555555555}' --name A --level 4 s='a b' e=; wait
Information {11111111-2222-3333-4444-555555555555}/A        s="a b" e=""

# A filter on what events hold.
$ etw trace '*Demo:payload=x == 2' -q -c1 -o json-compact | jq -c .data & printf '%s\n' '{"x":1}' '{"x":3}' '{"x":2}' | etw emit Demo --name E -; wait
{"x":2}

$ etw trace '*Demo:payload=Nn == 1' -s pn & etw emit Demo --name A N:u8=1; etw sessions stop pn; wait $!
! etw trace: payload=: no schema that was met has a property 'Nn'; did you mean 'N'?
! etw: pn: somebody else has stopped the session
! etw: pn: 0 events in […] s, none lost

# Nothing is left behind.
$ find $ETW_RUNTIME_DIR -mindepth 2
