# etw describe: providers by name, by GUID, and all that files describe.

$ make_sample a.etl plain

$ echo "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>" >shop.man

$ echo "<instrumentation xmlns:win='urn:win'><events>" >>shop.man

$ echo "<provider name='Contoso-Shop' guid='{11111111-2222-3333-4444-555555555555}' message='The shop'>" >>shop.man

$ echo "<channels><channel chid='A' name='Contoso-Shop/Admin' type='Admin'/></channels>" >>shop.man

$ echo "<levels><level name='Loud' value='17' message='Very loud'/></levels>" >>shop.man

$ echo "<opcodes><opcode name='Ping' value='10'/></opcodes>" >>shop.man

$ echo "<tasks><task name='Order' value='7' eventGUID='{22222222-2222-3333-4444-555555555555}'>" >>shop.man

$ echo "<opcodes><opcode name='Pack' value='11'/></opcodes></task></tasks>" >>shop.man

$ echo "<keywords><keyword name='Net' mask='0x1' message='Network'/><keyword name='Disk' mask='0x8000000000000000'/></keywords>" >>shop.man

$ echo "<maps><valueMap name='Color'><map value='7' message='Blue'/><map value='1' message='Red'/></valueMap>" >>shop.man

$ echo "<bitMap name='Bits'><map value='0x4' message='Four'/></bitMap></maps>" >>shop.man

$ echo "<templates><template tid='T'>" >>shop.man

$ echo "<data name='n' inType='win:UInt32' map='Color'/><data name='raw' inType='win:Binary' length='n'/>" >>shop.man

$ echo "<data name='fixed' inType='win:AnsiString' length='8'/><data name='three' inType='win:UInt16' count='3'/>" >>shop.man

$ echo "<struct name='Pair' count='n'><data name='a' inType='win:UInt32' outType='win:PID'/>" >>shop.man

$ echo "<struct name='Inner'><data name='b' inType='win:UInt8' map='Bits'/></struct></struct>" >>shop.man

$ echo "<data name='tail' inType='win:GUID'/></template></templates><events>" >>shop.man

$ echo "<event value='9' version='1' task='Order' opcode='Pack' level='Loud' channel='A' keywords='Net Disk' template='T' message='%1 of&#10;%2'/>" >>shop.man

$ echo "<event value='3' symbol='Hello' opcode='Ping'/>" >>shop.man

$ echo "</events></provider></events></instrumentation></instrumentationManifest>" >>shop.man

$ etw describe shop.man
Contoso-Shop {11111111-2222-3333-4444-555555555555}
  message The shop
  sources man
  keywords
    0x0000000000000001  Net: Network
    0x8000000000000000  Disk
  levels
       17  Loud: Very loud
  tasks
        7  Order, class {22222222-2222-3333-4444-555555555555}
  opcodes
       10  Ping
       11  Pack, of task 7
  channels
       16  Contoso-Shop/Admin
  maps
    Bits (bits)
      0x00000004  Four
    Color
          1  Red
          7  Blue
  events
    event 3 version 0 Hello, opcode Ping (10)
    event 9 version 1 Order/Pack, level Loud (17), task Order (7), opcode Pack (11), channel Contoso-Shop/Admin (16), keywords 0x8000000000000001 Net|Disk
      "%1 of\n%2"
      n      win:UInt32, map Color
      raw    win:Binary, length n
      fixed  win:AnsiString, length 8
      three  win:UInt16[3]
      Pair   struct[n]
        a      win:UInt32, shown as win:PID
        Inner  struct
          b      win:UInt8, map Bits
      tail   win:GUID
\
Order {22222222-2222-3333-4444-555555555555}
  sources man
  class of Contoso-Shop {11111111-2222-3333-4444-555555555555}
  maps
    Bits (bits)
      0x00000004  Four
    Color
          1  Red
          7  Blue
  events
    type 11 version 1 Order/Pack
      "%1 of\n%2"
      n      win:UInt32, map Color
      raw    win:Binary, length n
      fixed  win:AnsiString, length 8
      three  win:UInt16[3]
      Pair   struct[n]
        a      win:UInt32, shown as win:PID
        Inner  struct
          b      win:UInt8, map Bits
      tail   win:GUID

$ etw describe --json shop.man -e 3
{"guid":"11111111-2222-3333-4444-555555555555","name":"Contoso-Shop","message":"The shop","sources":["man"],"owner":null,"keywords":[{"mask":"0x0000000000000001","name":"Net","message":"Network"},{"mask":"0x8000000000000000","name":"Disk","message":""}],"levels":[{"value":17,"name":"Loud","message":"Very loud"}],"tasks":[{"value":7,"name":"Order","message":"","class":"22222222-2222-3333-4444-555555555555"}],"opcodes":[{"value":10,"name":"Ping","message":"","task":0},{"value":11,"name":"Pack","message":"","task":7}],"channels":[{"value":16,"name":"Contoso-Shop/Admin","message":""}],"maps":[{"name":"Bits","kind":"bits","entries":[{"value":4,"text":"Four"}]},{"name":"Color","kind":"values","entries":[{"value":1,"text":"Red"},{"value":7,"text":"Blue"}]}],"events":[{"class":"manifest","id":3,"version":0,"name":"Hello","level":{"value":0,"name":""},"task":{"value":0,"name":""},"opcode":{"value":10,"name":"Ping"},"channel":{"value":0,"name":""},"keywords":{"mask":"0x0000000000000000","names":[]},"layout":"","message":"","source":"man","user_data":false,"properties":[],"properties_cut":false}]}

$ etw describe --json shop.man Contoso-Shop | jq -c '.keywords,.levels,.tasks,.opcodes,.channels,.maps,.owner,.message,(.events|length)'
[{"mask":"0x0000000000000001","name":"Net","message":"Network"},{"mask":"0x8000000000000000","name":"Disk","message":""}]
[{"value":17,"name":"Loud","message":"Very loud"}]
[{"value":7,"name":"Order","message":"","class":"22222222-2222-3333-4444-555555555555"}]
[{"value":10,"name":"Ping","message":"","task":0},{"value":11,"name":"Pack","message":"","task":7}]
[{"value":16,"name":"Contoso-Shop/Admin","message":""}]
[{"name":"Bits","kind":"bits","entries":[{"value":4,"text":"Four"}]},{"name":"Color","kind":"values","entries":[{"value":1,"text":"Red"},{"value":7,"text":"Blue"}]}]
null
"The shop"
2

$ etw describe --json shop.man Contoso-Shop -e 9 | jq -c '.events[] | .properties[] | [.name,.in_type,.out_type,.array,.count,.count_property,.length,.length_property,.map.name]'
["n","win:UInt32",null,"none",1,null,null,null,"Color"]
["raw","win:Binary",null,"none",1,null,null,"n",null]
["fixed","win:AnsiString",null,"none",1,null,8,null,null]
["three","win:UInt16",null,"fixed",3,null,null,null,null]
["Pair","struct",null,"property",null,"n",null,null,null]
["tail","win:GUID",null,"none",1,null,null,null,null]

$ etw describe --json shop.man Contoso-Shop -e 9 | jq -c '.events[0].properties[4].members | .[].name, .[1].members[0].map.entries'
"a"
"Inner"
[{"value":4,"text":"Four"}]

$ etw describe --json shop.man '2222*' | jq -c '[.guid,.name,.owner.name]'
["22222222-2222-3333-4444-555555555555","Order","Contoso-Shop"]

# By name in any case, by GUID in any form, by patterns of both; the order is that of the words.
$ etw describe --json --schema shop.man contoso-SHOP lost_event '{11111111-*' 6A399AE0-4bc6-4de9-870b-3657f8947e7e | jq -r .name
Contoso-Shop
Lost_Event
Contoso-Shop
Lost_Event

# A pack says what its sources say, byte by byte.
$ etw schema build shop.man -o shop.pack && for f in --json ''; do for c in "describe $f shop." "providers $f shop." "describe $f Contoso-Shop --schema shop." "describe $f Order --schema shop." "providers $f --schema shop."; do etw ${c}man >man.txt 2>&1; etw ${c}pack >pack.txt 2>&1; cmp man.txt pack.txt && wc -l <pack.txt | awk '{print ($1 > 0)}'; done; done | uniq -c | awk '{print $1, $2}'
10 1

$ etw schema export a.etl -o a.pack && for c in "describe --json" "describe"; do etw $c a.etl Contoso-Inventory | sed 's/\(sources\?[": []*\)manifest/\1export/g' >etl.txt; etw $c a.pack Contoso-Inventory >pack.txt; cmp etl.txt pack.txt && wc -l <pack.txt | awk '{print ($1 > 0)}'; done
1
1

$ etw describe Lost_Event
Lost_Event {6A399AE0-4BC6-4DE9-870B-3657F8947E7E}
  sources kernel known
  class of MSNT_SystemTrace {9E814AAD-3204-11D2-9A82-006008A86939}
  events
    type 32 version 0 Lost_Event/RTLostEvent, layout RT_LostEvent
    type 33 version 0 Lost_Event/RTLostBuffer, layout RT_LostEvent
    type 34 version 0 Lost_Event/RTLostFile, layout RT_LostEvent

$ etw describe SystemSyscallProvider
SystemSyscallProvider {434286F7-6F1B-45BB-B37E-95F623046C7C}
  sources system known
  keywords
    0x0000000000000001  SYSTEM_SYSCALL_KW_GENERAL

$ etw describe MSNT_SystemTrace | sed -n '1,3p'; etw describe --json KernelTraceControl | jq -r .guid
MSNT_SystemTrace {9E814AAD-3204-11D2-9A82-006008A86939}
  sources known
  classes
b3e675d7-2554-4f18-830b-2762732560de
bbccf6c1-6cd1-48c4-80ff-839482e37671
ed54dff8-c409-4cf6-bf83-05e1e61a09c4

# One event, by id or by name; providers without it are passed over.
$ etw describe shop.man -e Hello
Contoso-Shop {11111111-2222-3333-4444-555555555555}
  message The shop
  sources man
  events
    event 3 version 0 Hello, opcode Ping (10)

$ etw describe --json shop.man --event 9,11 | jq -c '[.name,.events[].name]'
["Contoso-Shop","Order/Pack"]
["Order","Order/Pack"]

$ etw describe --json a.etl -e 'order*' -e 'Res*' | jq -c '[.name,.events[].name]'
["Contoso-Inventory","ReservationStart","ReservationStop"]
["Contoso.WebShop","OrderPlaced"]

$ etw describe shop.man -e 99
! etw describe: no such event
? 1

# A trace: all that travels in it.
$ etw describe --json a.etl | jq -c '[.name,.sources,(.events|length)]'
["Contoso-Cache",["eventinfo"],1]
["Contoso-Inventory",["manifest"],4]
["Contoso.WebShop",["tracelogging"],4]

$ etw describe a.etl contoso-cache | head -8
Contoso-Cache {8D3FD6C5-2A4E-4A7C-B6F1-63C20E9A1B74}
  sources eventinfo
  keywords
    0x0000000000000001  Lookup
  levels
        4  Information
  tasks
        1  Lookup

$ etw describe - <a.etl | grep -c '^[^ ]'
3

# What is not known is said, with what is near; the rest is told.
$ etw describe Contoso-Shpo --schema shop.man
! etw describe: no provider or file 'Contoso-Shpo'; did you mean 'Contoso-Shop'?
? 1

$ etw describe Microsoft-Windows-DotNetRuntim Lost_Event | head -1
Lost_Event {6A399AE0-4BC6-4DE9-870B-3657F8947E7E}
! etw describe: no provider or file 'Microsoft-Windows-DotNetRuntim'; did you mean 'Microsoft-Windows-DotNETRuntime', 'Microsoft-Windows-DotNETRuntimePrivate' or 'Microsoft-Windows-DotNETRuntimeRundown'?

$ etw describe kernelTraceControll a.etl
! etw describe: the files describe no provider 'kernelTraceControll'
? 1

$ etw describe 'x*y'
! etw describe: no provider or file 'x*y'
? 1

$ etw describe 00000000-0000-0000-0000-000000000001
! etw describe: no provider or file '00000000-0000-0000-0000-000000000001'
? 1

$ etw describe
! etw describe: name at least one PROVIDER or FILE (see 'etw describe --help')
? 2

$ sed 's/UInt8/UInt9/' shop.man >fault.man; etw describe --json fault.man Contoso-Shop | jq -c '[.events[].id]'; etw describe --strict -q fault.man >out; echo $?
[3]
3
! etw: 1 malformed schema not used; first: fault.man: unknown inType "win:UInt9" in line 16

$ head -c 300 shop.man >cut.man; etw describe cut.man
! etw: cut.man: unclosed token in line 4 (at byte 292)
? 1

# Names cannot command a terminal.
$ sed 's/The shop/x/; s/Contoso-Shop/Evil\&#9;\&#x9b;Shop/' shop.man >evil.man; etw describe evil.man | head -1; etw providers evil.man | cut -c1-60
Evil\t\u009BShop {11111111-2222-3333-4444-555555555555}
GUID                                   NAME         EVENTS  
{11111111-2222-3333-4444-555555555555} Evil\t\u009BShop     
{22222222-2222-3333-4444-555555555555} Order             1  

# Structs of a hostile trace may share members.
$ python3 -c "import re; d = bytearray(open('a.etl', 'rb').read()); at = re.search(rb'\x01\0\0\0.{4}\x06\0\x02\0\0\0\0\0', d, re.S).start(); d[at - 72] = 1; d[at - 64:at - 60] = d[at + 8:at + 12]; open('shared.etl', 'wb').write(d)"

$ etw describe -q shared.etl -e 10 | tail -n +5
      "Lookup of %1: %2 in %3."
      Key               struct
        Number            win:UInt8
        Address           win:Pointer
      Result            win:UInt32, map CacheResult
      Tiers             win:UInt32, shown as win:HexInt32, map CacheTiers
      Shard             struct
        Number            win:UInt8
        Address           win:Pointer
      ProbeCount        win:UInt16
      ProbeNanoseconds  win:UInt32[ProbeCount]

$ etw describe -q --json shared.etl Contoso-Cache | jq -c '.events[] | .properties_cut, [.properties[] | [.name, .members[]?.name]]'
false
[["Key","Number","Address"],["Result"],["Tiers"],["Shard","Number","Address"],["ProbeCount"],["ProbeNanoseconds"]]
