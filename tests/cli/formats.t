# Text for people and CSV for tables.

$ make_sample a.etl plain

$ etw dump -q -o text a.etl | grep -m1 Process/Start
2026-01-05T12:00:00.5069049Z  [0]    748:956    -             MSNT_SystemTrace/Process/Start          UniqueProcessKey=0xFFFFAC0D41AA2A00 ProcessId=0x19D4 ParentId=0x2EC SessionId=0 ExitStatus=259 DirectoryTableBase=0x1A9510000 Flags=0x0 UserSID=S-1-5-18 ImageFileName=WebShop.exe CommandLine="\"C:\\Program Files\\Contoso\\WebShop.exe\" --port 8080" PackageFullName="" ApplicationId=""

$ etw dump -q -o text a.etl | grep -m1 RundownComplete
2026-01-05T12:00:00.0000050Z  [0]      4:212    -             MSNT_SystemTrace/EventTrace/RundownComplete

# Arrays, structs, quotes.
$ etw dump -q -o text a.etl | grep -m1 OrderPlaced
2026-01-05T12:00:01.4282132Z  [1]   6612:6712   Information   Contoso.WebShop/OrderPlaced             OrderId=70040008 CartId={C0A9E5E8-0000-4000-8000-000000000000} Customer={Name="Emma Brown",Country=GB,Returning=true} Items=[{Sku="Mütze blau",Quantity=3,UnitPrice=14.9},{Sku="Socken 3er",Quantity=1,UnitPrice=9.99}] Vouchers=[] ParcelCm=[10,45,10] Placed=2026-01-05T12:00:01.4282132Z PaymentResult=0x00000000 Flags=0x8

$ etw dump -q -o text a.etl | wc -l | xargs test $(etw dump -q a.etl | wc -l) =

$ etw dump -q -o csv a.etl | sed -n -e 1p -e 6p
time,provider,id,version,opcode,level,pid,tid,cpu,task,opcode_name,event,data\r
2026-01-05T12:00:00.0000058Z,MSNT_SystemTrace,0,4,3,0,4,212,1,Process,DCStart,Process/DCStart,"UniqueProcessKey=0xFFFFAC0D40004200 ProcessId=0x4 ParentId=0x0 SessionId=0 ExitStatus=259 DirectoryTableBase=0x1A7B40000 Flags=0x0 UserSID=S-1-5-18 ImageFileName=System CommandLine="""" PackageFullName="""" ApplicationId="""""\r

$ etw dump -q -o csv a.etl | python3 -c 'import csv, sys; print(sorted({len(row) for row in csv.reader(sys.stdin)}))'
[13]

$ etw dump -q -o csv --fields time,class,pid,event,ImageFileName,data.ProcessId a.etl | grep -m3 -e time -e Process/
time,class,pid,event,ImageFileName,data.ProcessId\r
2026-01-05T12:00:00.0000058Z,classic,4,Process/DCStart,System,0x4\r
2026-01-05T12:00:00.0000177Z,classic,4,Process/DCStart,services.exe,0x2EC\r

$ etw dump -q --fields ImageFileName a.etl | jq -c 'select(.EventData) | .EventData | keys' | sort -u
["ImageFileName"]

$ etw dump -q -o text --fields ImageFileName --fields ProcessId a.etl | grep ImageFileName | head -2
2026-01-05T12:00:00.0000058Z  [1]      4:212    -             MSNT_SystemTrace/Process/DCStart        ProcessId=0x4 ImageFileName=System
2026-01-05T12:00:00.0000177Z  [3]      4:212    -             MSNT_SystemTrace/Process/DCStart        ProcessId=0x2EC ImageFileName=services.exe

# Columns begin where they do whatever is in them; only longer names push what follows.
$ etw dump -q -o text a.etl | grep -c -v -E '^.{28}  \[[0-9]\] [ 0-9-]{6}:[ 0-9-]{6} .{13} [A-Z]'
0
? 1

$ etw dump -q -o text a.etl | cut -c63-102 | grep -v ' $' | grep -v 'Contoso-Inventory/Reservation' | sort -u
KernelTraceControl/MetaData/EventMapInfo
MSNT_SystemTrace/EventTrace/RundownCompl
MSNT_SystemTrace/PerfInfo/CollectionStar
MSNT_SystemTrace/Process/process_termina
MSNT_SystemTrace/SysConfig/VolumeMapping

$ etw dump -q -o text a.etl | grep Contoso-Inventory/Reservation | cut -c118-121 | sort -u
 res

# However many threads there are.
$ etw dump -q -o text --threads 1 a.etl | cksum >one; etw dump -q -o text --threads 2 a.etl | cksum | cmp - one

$ etw dump -q -o csv --threads 1 a.etl | cksum >one; etw dump -q -o csv --threads 2 a.etl | cksum | cmp - one

# All that has no colors is as it was; what is colored is the same text.
$ etw dump -q -o text a.etl >plain; CLICOLOR_FORCE=1 etw dump -q -o text a.etl | sed 's/\x1b\[[0-9;]*m//g' | cmp - plain

$ etw dump -q -o text --color always a.etl | sed 's/\x1b\[[0-9;]*m//g' | cmp - plain

$ etw dump -q -o text --color=always -c1 -f 'event == OrderPlaced' --fields OrderId a.etl | sed 's/\x1b/E/g'
E[2m2026-01-05T12:00:01.4282132ZE[0m  [1]   6612:6712   E[32mInformationE[0m   E[1mContoso.WebShop/OrderPlacedE[0m             E[36mOrderIdE[0m=70040008

$ NO_COLOR=1 CLICOLOR_FORCE=1 etw dump -q -o text a.etl | cmp - plain; CLICOLOR_FORCE=1 etw dump -q -o text --color=never a.etl | cmp - plain; CLICOLOR_FORCE=0 etw dump -q -o text a.etl | cmp - plain

# Other formats have none.
$ etw dump -q -o csv --color=always a.etl | grep -c $'\x1b'
0
? 1

# Nested names: a value, the values of all elements, whole arrays and structs.
$ etw dump -q -o csv --fields Customer.Country,Customer,Items.UnitPrice,ParcelCm,Vouchers,Items.Sku -f 'event == OrderPlaced' -c2 a.etl
Customer.Country,Customer,Items.UnitPrice,ParcelCm,Vouchers,Items.Sku\r
GB,"{Name=""Emma Brown"",Country=GB,Returning=true}","[14.9,9.99]","[10,45,10]",[],"[""Mütze blau"",""Socken 3er""]"\r
DE,"{Name=""Anna Schmidt"",Country=DE,Returning=false}",[9.99],"[20,45,30]",[],"[""Socken 3er""]"\r

# They agree with JSON, as do fields of the header.
$ etw dump -q -o csv --fields id,level,pid,cpu,Customer.Country,event -f 'event == OrderPlaced' a.etl | tail -n +2 | tr -d '\r' >csv; etw dump -q -f 'event == OrderPlaced' a.etl | jq -r '[.System.EventID, .System.Level.Value, .System.Execution.ProcessID, .System.Execution.ProcessorID, .EventData.Customer.Country, .System.EventName] | map(tostring) | join(",")' | cmp - csv

# All fields of the header.
$ etw dump -q -o csv -c1 -f 'event == StockChanged' --fields time,provider,id,version,opcode,level,level_name,pid,tid,cpu,task,opcode_name,event,class,guid,channel,keyword,activity,related,size,kind,source,file,session a.etl
time,provider,id,version,opcode,level,level_name,pid,tid,cpu,task,opcode_name,event,class,guid,channel,keyword,activity,related,size,kind,source,file,session\r
2026-01-05T12:00:00.9663494Z,Contoso-Inventory,1,0,0,4,Informational,6940,6944,1,StockChanged,,StockChanged,manifest,{5A95847A-75E2-581C-CB14-0E50C441712D},0,0x0000F00000000001,,,40,EVENT64,manifest,a.etl,Contoso demo\r

# Columns in any order, more than once, and none that there is.
$ etw dump -q -o csv -c1 --fields event,NoSuchThing,event,pid,No.Such a.etl
event,NoSuchThing,event,pid,No.Such\r
EventTrace/Header,,EventTrace/Header,4,\r

# The first line is quoted as all others.
$ etw dump -q -o csv -c0 --fields 'a"b' a.etl
"a""b"\r

# What looks like a field of the header but is none.
$ etw dump -o csv --fields time,provder a.etl
! etw: --fields: unknown column 'provder'; did you mean 'provider'? (data.provder is a property)
? 2

$ etw dump -q -o csv -c0 --fields data.provder a.etl
data.provder\r

$ etw dump -o text --color=sometimes a.etl
! etw dump: 'sometimes' is no value for --color (auto|always|never)
? 2
