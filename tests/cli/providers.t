# etw providers: what is known, what files describe, and choosing by name and GUID.

$ make_sample a.etl plain && mkdir schemas && echo "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'><instrumentation><events><provider name='Contoso-Trace' guid='{11111111-2222-3333-4444-555555555555}'><tasks><task name='Session' value='1' eventGUID='{68fdd900-4a3e-11d1-84f4-0000f80464e3}'/></tasks><keywords><keyword name='Net' mask='0x4'/></keywords><events><event value='1' version='2' task='Session' keywords='Net'/></events></provider></events></instrumentation></instrumentationManifest>" >schemas/1.man

# Everything that is built in: classes of the kernel, system trace providers, well-known names.
$ etw providers | head -3 | cut -c1-46
GUID                                   NAME   
{45D8CCCD-539F-4B72-A8B7-5C683142609A} ALPC   
{AFF081FE-0247-4275-9C4E-021F3DC1DA35} ASP.NET

$ etw providers 'system*PROVIDER' | wc -l
18

$ etw providers --json | jq -r '.sources[]' | sort | uniq -c | awk '$1 >= 17 {print $2}'
kernel
known
system

$ etw providers --json | jq -s 'length == ([.[].guid] | unique | length)'
true

$ etw providers 'Process' 'SystemTimerProvider' --json
{"guid":"3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c","name":"Process","sources":["kernel","known"],"events":47,"keywords":0,"owner":"9e814aad-3204-11d2-9a82-006008a86939"}
{"guid":"4f061568-e215-499f-ab2e-eda0ae890a5b","name":"SystemTimerProvider","sources":["system","known"],"events":0,"keywords":2,"owner":null}

$ etw providers process
GUID                                   NAME     EVENTS  SOURCES
{3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C} Process      47  kernel

# A GUID is found in any form, and patterns are for GUIDs too.
$ etw providers --json 3D6FA8D0-fe05-11d0-9dda-00c04fd7ba7c | jq -r .name
Process

$ etw providers --json '{3d6fa8d0-*}' | jq -r .name
Process

$ etw providers --json '3d6fa8d?-fe05-11d0-9dda-00c04fd7ba7c' | jq -r .name
DiskIo
HardFault
PageFault
Process
Thread

# What is given is listed with the rest, with what it adds.
$ etw providers --schema schemas contoso\*
GUID                                   NAME           EVENTS  SOURCES
{11111111-2222-3333-4444-555555555555} Contoso-Trace       1  man

$ ETW_SCHEMA_PATH=schemas etw providers --json contoso\* EventTrace
{"guid":"11111111-2222-3333-4444-555555555555","name":"Contoso-Trace","sources":["man"],"events":1,"keywords":1,"owner":null}
{"guid":"68fdd900-4a3e-11d1-84f4-0000f80464e3","name":"EventTrace","sources":["kernel","man","known"],"events":19,"keywords":0,"owner":"9e814aad-3204-11d2-9a82-006008a86939"}

# With files, only what those describe.
$ etw providers a.etl schemas
GUID                                   NAME               EVENTS  SOURCES
{8D3FD6C5-2A4E-4A7C-B6F1-63C20E9A1B74} Contoso-Cache           1  eventinfo
{5A95847A-75E2-581C-CB14-0E50C441712D} Contoso-Inventory       4  manifest
{11111111-2222-3333-4444-555555555555} Contoso-Trace           1  man
{47D75A01-CF8C-522F-7F70-D4B2E37F470F} Contoso.WebShop         4  tracelogging
{68FDD900-4A3E-11D1-84F4-0000F80464E3} EventTrace              1  man

$ etw providers --json a.etl 'contoso.*' | jq -c '[.name,.sources,.events]'
["Contoso.WebShop",["tracelogging"],4]

$ ETW_SCHEMA_PATH=schemas etw providers --json a.etl | jq -r .name
Contoso-Cache
Contoso-Inventory
Contoso.WebShop

$ etw providers - <a.etl | wc -l
4

$ etw providers --json schemas/1.man | jq -c '[.name,.owner]'
["Contoso-Trace",null]
["EventTrace","11111111-2222-3333-4444-555555555555"]

# What matches nothing is said.
$ etw providers timer
! etw providers: nothing is called 'timer'; '*timer*' matches 2

$ etw providers 'x*y'
! etw providers: nothing matches 'x*y'

$ etw providers -q timer

$ echo text >text; etw providers text; head -c 70000 /dev/zero >zero.etl; etw providers zero.etl schemas/1.man | wc -l
3
! etw: text: not an ETL trace: 5 bytes are too few for its header (at byte 0)
! etw: zero.etl: not an ETL trace: no trace header record at offset 72

$ etw providers --jsn
! etw providers: unknown option '--jsn'; did you mean '--json'? (see 'etw providers --help')
? 2
