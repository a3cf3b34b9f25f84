# --schema and ETW_SCHEMA_PATH: schemas from outside the trace.

$ make_sample a.etl plain && mkdir -p schemas/deep empty && echo 'no manifest at all' >schemas/note.txt && echo '<html/>' >schemas/page.xml

# The build lab is written as a classic event, which a task with an eventGUID describes.
$ lab() { echo "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'><instrumentation><events><provider name='Contoso-Trace' guid='{11111111-2222-3333-4444-555555555555}'><tasks><task name='Session' value='1' eventGUID='{68fdd900-4a3e-11d1-84f4-0000f80464e3}'/></tasks><opcodes><opcode name='Lab' value='66'/></opcodes><templates><template tid='T'><data name='$1' inType='win:UnicodeString'/></template></templates><events><event value='1' version='2' task='Session' opcode='Lab' template='T'/></events></provider></events></instrumentation></instrumentationManifest>"; }; lab One >schemas/1.man; lab Two >schemas/deep/2.man; iconv -f utf-8 -t utf-16 schemas/1.man >utf16.man; head -c 500 schemas/1.man >cut.man; sed 's/win:UnicodeString/win:Nothing/' schemas/1.man >fault.man

# Without, the event is described by what is built in.
$ etw stats --json -f 'opcode == 66' a.etl | jq -c '[.providers[].events[].schema]'
["kernel"]

$ etw stats --json -f 'opcode == 66' --schema schemas/1.man a.etl | jq -c '[.providers[] | .name, .events[].schema, .events[].decoded]'
["Contoso-Trace","man",1]

$ etw dump -f 'opcode == 66' --schema schemas/1.man a.etl | jq -c '.EventData | keys'
["One"]

# A trace's own schemas win over those of files, here over one that is wrong.
$ sed 's/{11111111[^}]*}/{8d3fd6c5-2a4e-4a7c-b6f1-63c20e9a1b74}/; s/value=.1. version=.2./value="10" version="1"/' schemas/1.man >cache.man; test "$(etw dump -q -p Contoso-Cache a.etl | cksum)" = "$(etw dump -q -p Contoso-Cache --schema cache.man a.etl | cksum)"

# Manifests in UTF-16 are manifests too.
$ etw dump -f 'opcode == 66' --schema utf16.man a.etl | jq -c '.EventData | keys'
["One"]

# Of several the first counts, whether they come from options, lists, folders or the environment.
$ etw dump -f 'opcode == 66' --schema schemas/deep/2.man --schema schemas a.etl | jq -c '.EventData | keys'
["Two"]

$ etw dump -f 'opcode == 66' --schema "${LIST}schemas/deep${LIST}schemas/1.man${LIST}" a.etl | jq -c '.EventData | keys'
["Two"]

$ etw dump -f 'opcode == 66' --schema schemas a.etl | jq -c '.EventData | keys'
["One"]

$ ETW_SCHEMA_PATH=schemas/deep etw dump -f 'opcode == 66' a.etl | jq -c '.EventData | keys'
["Two"]

$ ETW_SCHEMA_PATH=schemas/deep etw dump -f 'opcode == 66' --schema schemas/1.man a.etl | jq -c '.EventData | keys'
["One"]

$ etw info --json --schema schemas/1.man a.etl | jq -c .schemas.events.man
1

# What cannot be used is said, once; all the rest is done, and the exit code tells.
$ etw dump -f 'opcode == 66' --schema missing.man --schema cut.man --schema schemas/note.txt --schema schemas/page.xml --schema schemas/1.man a.etl | jq -c '.EventData | keys'; echo ${PIPESTATUS[0]}
["One"]
1
! etw: missing.man: No such file or directory
! etw: cut.man: unclosed token in line 1 (at byte 436)
! etw: schemas/note.txt: describes no events: no manifest, executable file, TMF file or symbol file
! etw: schemas/page.xml: describes no events: no manifest, executable file, TMF file or symbol file

$ etw info --json --schema cut.man a.etl a.etl | jq -c .events; echo ${PIPESTATUS[0]}
4413
4413
1
! etw: cut.man: unclosed token in line 1 (at byte 436)

$ etw stats --schema cut.man --schema "missing.man${LIST}missing.too" a.etl >out; echo $?
1
! etw: cut.man: unclosed token in line 1 (at byte 436)
! etw: missing.man: No such file or directory (and 1 more)

# In folders, what describes nothing is passed over; what is broken is not.
$ etw info --schema empty a.etl >out; cp cut.man schemas/deep/0.man; cp cut.man schemas/0.man; etw info --schema schemas a.etl >out
! etw: schemas/0.man: unclosed token in line 1 (and 1 more) (at byte 436)
? 1

# A fault in one event leaves it out.
$ etw stats -f 'opcode == 66' --schema fault.man a.etl | grep malformed; etw dump -f 'opcode == 66' --schema fault.man a.etl | jq -c '.EventData | keys'
lost      1 malformed schemas
["BuildString"]
! etw: 1 malformed schema not used; first: fault.man: unknown inType "win:Nothing" in line 1

$ etw dump --schema
! etw dump: --schema needs a value: PATH
? 2
