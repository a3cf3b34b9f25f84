# stats: counts that add up.

$ make_sample a.etl plain && make_sample x86.etl x86

$ etw stats a.etl
traces    a.etl (432.0 KiB)
events    4413, 359.7 KiB, 441.7 events/s
time      2026-01-05T12:00:00.0000000Z to 2026-01-05T12:00:09.9907850Z, 9.9907850 s
decoded   4413; without schema 0, errors 0, with trailing bytes 0
headers   SYSTEM64 72, PERFINFO64 3722, FULL64 21, EVENT64 598
lost      nothing
\
     count        bytes  class           id ver  op  schema       provider/event
      1243       141672  classic          0   2  32  kernel       MSNT_SystemTrace/StackWalk/Stack
      1195        38240  classic          0   2  46  kernel       MSNT_SystemTrace/PerfInfo/Sample
       485        19400  classic          0   4  36  kernel       MSNT_SystemTrace/Thread/CSwitch
       133        16861  manifest        10   1   0  eventinfo    Contoso-Cache/Lookup
       127         8636  classic          0   3  10  kernel       MSNT_SystemTrace/DiskIO/Read
       127         3556  classic          0   3  12  kernel       MSNT_SystemTrace/DiskIO/ReadInit
       122        25816  tracelogging     0   0   1  tracelogging Contoso.WebShop/Request
       122        26140  tracelogging     0   0   2  tracelogging Contoso.WebShop/Request
        96        11198  manifest         1   0   0  manifest     Contoso-Inventory/StockChanged
        85         5440  classic          0   2  15  kernel       MSNT_SystemTrace/TcpIp/Accept
        84         4704  classic          0   2  10  kernel       MSNT_SystemTrace/TcpIp/Send
        84         4032  classic          0   2  13  kernel       MSNT_SystemTrace/TcpIp/Disconnect
        61         4148  classic          0   3  11  kernel       MSNT_SystemTrace/DiskIO/Write
        61         1708  classic          0   3  13  kernel       MSNT_SystemTrace/DiskIO/WriteInit
        53         2544  classic          0   2  11  kernel       MSNT_SystemTrace/TcpIp/Recv
        43         5998  classic          0   3  64  kernel       MSNT_SystemTrace/FileIO/Create
        43         1548  classic          0   3  76  kernel       MSNT_SystemTrace/FileIO/OperationEnd
        42         4936  manifest         2   1   1  manifest     Contoso-Inventory/ReservationStart
        42         4368  manifest         3   0   2  manifest     Contoso-Inventory/ReservationStop
        30         1680  classic          0   2  32  kernel       MSNT_SystemTrace/Memory/HardFault
        24        10074  tracelogging     0   0   0  tracelogging Contoso.WebShop/OrderPlaced
        13         3770  tracelogging     0   0   0  tracelogging Contoso.WebShop/Heartbeat
        12         2276  classic          0   3   4  kernel       MSNT_SystemTrace/Image/DCStop
         9         1766  classic          0   3  10  kernel       MSNT_SystemTrace/Image/Load
         9         1044  classic          0   4   4  kernel       MSNT_SystemTrace/Thread/DCStop
         7          832  classic          0   4   1  kernel       MSNT_SystemTrace/Thread/Start
         7          672  classic          0   2   0  kernel       KernelTraceControl/ImageID
         7          644  classic          0   2  36  kernel       KernelTraceControl/ImageID/DbgID_RSDS
         6         1092  classic          0   3   3  kernel       MSNT_SystemTrace/Image/DCStart
         5          656  classic          0   2  36  kernel       MSNT_SystemTrace/FileIO/FileRundown
         5          913  classic          0   4   4  kernel       MSNT_SystemTrace/Process/DCStop
         4         7478  manifest     65534   1 254  builtin      Contoso-Inventory/ManifestData
         3          582  classic          0   3   2  kernel       MSNT_SystemTrace/Image/Unload
         3          645  classic          0   4   1  kernel       MSNT_SystemTrace/Process/Start
         3          465  classic          0   4   3  kernel       MSNT_SystemTrace/Process/DCStart
         3          318  classic          0   4   3  kernel       MSNT_SystemTrace/Thread/DCStart
         2          212  classic          0   0  35  kernel       MSNT_SystemTrace/SysConfig/VolumeMapping
         2          352  classic          0   0  33  kernel       KernelTraceControl/MetaData/EventMapInfo
         1          382  classic          0   2   0  kernel       MSNT_SystemTrace/EventTrace/Header
         1           68  classic          0   2   5  kernel       MSNT_SystemTrace/EventTrace/Extension
         1           32  classic          0   2   8  kernel       MSNT_SystemTrace/EventTrace/RundownComplete
         1           56  classic          0   2  66  kernel       MSNT_SystemTrace/EventTrace/build_lab
         1          166  classic          0   0  32  kernel       MSNT_SystemTrace/SysConfig/BuildInfo
         1          114  classic          0   0  33  kernel       MSNT_SystemTrace/SysConfig/SystemPaths
         1           56  classic          0   3  73  kernel       MSNT_SystemTrace/PerfInfo/CollectionStart
         1          728  classic          0   0  32  kernel       KernelTraceControl/MetaData/EventInfo
         1           36  classic          0   2  11  kernel       MSNT_SystemTrace/Process/process_terminate
         1          197  classic          0   4   2  kernel       MSNT_SystemTrace/Process/Stop
         1          106  classic          0   4   2  kernel       MSNT_SystemTrace/Thread/Stop

$ etw stats --json a.etl | jq -c 'keys_unsorted'
["files","events","bytes","decoded","errors","without_schema","trailing","trailing_bytes","first_event","last_event","duration","events_per_second","providers","header_kinds","schemas","lost","decode_errors"]

$ etw stats --json a.etl | jq -c '.providers[0] | keys_unsorted, (.events[0] | keys_unsorted)'
["guid","name","count","events"]
["class","id","version","opcode","task","name","count","bytes","decoded","errors","trailing","schema","inferred"]

$ etw stats --json a.etl | jq -e '([.providers[].events[].count] | add) == .events and ([.providers[].count] | add) == .events and ([.header_kinds[]] | add) == .events and ([.schemas[]] | add) == .events'
true

$ etw stats --json a.etl | jq -e '.decoded + .errors + .without_schema == .events'
true

$ etw stats --json a.etl | jq -e '[.providers[].guid | test("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | all'
true

$ etw stats --json a.etl | jq -e '[.providers[].count] == ([.providers[].count] | sort | reverse)'
true

# Two traces count together.
$ etw stats --json a.etl a.etl | jq -c --argjson one "$(etw stats --json a.etl)" '[.events == 2 * $one.events, (.files | length), (.providers | length) == ($one.providers | length)]'
[true,2,true]

$ etw stats --json a.etl | jq -c '[.providers[].events[].class] | unique'
["classic","manifest","tracelogging"]
