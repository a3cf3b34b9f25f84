# etw schema: packs made, used, listed and compared; and what --schema keeps between runs.

$ make_sample a.etl plain && mkdir -p s/deep

# The build lab is written as a classic event, which a task with an eventGUID describes.
$ lab() { echo "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'><instrumentation><events><provider name='Contoso-Trace' guid='{11111111-2222-3333-4444-555555555555}'><tasks><task name='Session' value='1' eventGUID='{68fdd900-4a3e-11d1-84f4-0000f80464e3}'/></tasks><opcodes><opcode name='Lab' value='66'/></opcodes><templates><template tid='T'><data name='$1' inType='win:UnicodeString'/>$2</template></templates><events><event value='1' version='2' task='Session' opcode='Lab' template='T'/>$3</events></provider></events></instrumentation></instrumentationManifest>"; }; lab One >s/1.man; lab Two >s/deep/2.man; lab Two "<data name='More' inType='win:UInt32'/>" "<event value='9' task='Session'/>" >more.man; head -c 500 s/1.man >cut.man; sed 's/win:UnicodeString/win:Nothing/' s/1.man >fault.man; touch -d '1 hour ago' s/1.man s/deep/2.man ./*.man

# A pack does what its sources do.
$ etw schema build s -o all.pack; for f in json text csv; do etw dump -q -o $f --message --schema s a.etl | cksum; etw dump -q -o $f --message --schema all.pack a.etl | cksum; done | uniq -c | awk '{print $1}'
2
2
2

$ etw dump -f 'opcode == 66' --schema all.pack a.etl | jq -c '.EventData | keys'
["One"]

$ etw stats --json -f 'opcode == 66' --schema all.pack a.etl | jq -c '[.providers[] | .name, .events[].schema, .events[].schema_file, .events[].decoded]'
["Contoso-Trace","man","s/1.man",1]

# Of several paths the first counts, packs or not.
$ etw schema build s/deep -o two.pack; etw dump -f 'opcode == 66' --schema "two.pack${LIST}s" a.etl | jq -c '.EventData | keys'; etw dump -f 'opcode == 66' --schema s/1.man --schema two.pack a.etl | jq -c '.EventData | keys'; ETW_SCHEMA_PATH=all.pack etw dump -f 'opcode == 66' --schema two.pack a.etl | jq -c '.EventData | keys'
["Two"]
["One"]
["Two"]

# The same sources make the same bytes, and packs are sources too.
$ etw schema build s -o again.pack; cmp all.pack again.pack; etw schema build all.pack -o again.pack; cmp all.pack again.pack

$ etw schema list all.pack
 schemas  source        provider, file
       1  man           {11111111-2222-3333-4444-555555555555} Contoso-Trace, s/1.man
       1  man           {11111111-2222-3333-4444-555555555555} Contoso-Trace, s/deep/2.man
       1  man           {68FDD900-4A3E-11D1-84F4-0000F80464E3} Contoso-Trace, s/1.man
       1  man           {68FDD900-4A3E-11D1-84F4-0000F80464E3} Contoso-Trace, s/deep/2.man

$ etw schema list --json s | jq -c '.schemas, .providers[0]'
4
{"guid":"11111111-2222-3333-4444-555555555555","name":"Contoso-Trace","schemas":2,"sources":[{"source":"man","file":"s/1.man","schemas":1},{"source":"man","file":"s/deep/2.man","schemas":1}]}

# A trace is asked for all that travels in it.
$ etw schema list a.etl
 schemas  source        provider, file
       4  tracelogging  {47D75A01-CF8C-522F-7F70-D4B2E37F470F} Contoso.WebShop
       4  manifest      {5A95847A-75E2-581C-CB14-0E50C441712D} Contoso-Inventory
       1  eventinfo     {8D3FD6C5-2A4E-4A7C-B6F1-63C20E9A1B74} Contoso-Cache

# What is said of providers is in packs too, and in what is kept between runs.
$ for f in --json ''; do for s in s more.man; do etw schema build -q $s -o one.pack; ETW_SCHEMA_CACHE=off etw describe $f --schema $s Contoso-Trace | cksum; etw describe $f --schema $s Contoso-Trace | cksum; etw describe $f --schema $s Contoso-Trace | cksum; etw describe $f --schema one.pack Contoso-Trace | cksum; done; done | uniq -c | awk '{print $1}'
4
4
4
4

$ etw schema diff s all.pack; echo $?; etw schema diff --json s all.pack
0
{"providers":[],"equal":true}

$ etw schema diff s/deep more.man
~ provider {11111111-2222-3333-4444-555555555555} Contoso-Trace
  ~ manifest 1 version 2 Session/Lab
    + field More: win:UInt32
  + manifest 9 version 0 Session
~ provider {68FDD900-4A3E-11D1-84F4-0000F80464E3} Contoso-Trace
  + classic 0 version 0 Session
  ~ classic 66 version 2 Session/Lab
    + field More: win:UInt32
? 1

$ etw schema diff --json more.man s/1.man | jq -c '.providers[0].events[]'
{"class":"manifest","id":1,"version":2,"name":"Session/Lab","change":"changed","changes":[{"what":"field","name":"More","change":"removed","from":"win:UInt32","to":null},{"what":"field","name":"One","change":"added","from":null,"to":"win:UnicodeString"},{"what":"field","name":"Two","change":"removed","from":"win:UnicodeString","to":null}]}
{"class":"manifest","id":9,"version":0,"name":"Session","change":"removed","changes":[]}

$ etw schema diff a.etl s/1.man | grep provider; etw schema diff s/1.man nothing
+ provider {11111111-2222-3333-4444-555555555555} Contoso-Trace (1 schema)
- provider {47D75A01-CF8C-522F-7F70-D4B2E37F470F} Contoso.WebShop (3 schemas)
- provider {5A95847A-75E2-581C-CB14-0E50C441712D} Contoso-Inventory (4 schemas)
+ provider {68FDD900-4A3E-11D1-84F4-0000F80464E3} Contoso-Trace (1 schema)
- provider {8D3FD6C5-2A4E-4A7C-B6F1-63C20E9A1B74} Contoso-Cache (1 schema)
! etw: nothing: No such file or directory
? 2

# What travels in a trace decodes others that lack it.
$ etw schema export a.etl -o trace.pack; etw schema list trace.pack
 schemas  source        provider, file
       4  export        {5A95847A-75E2-581C-CB14-0E50C441712D} Contoso-Inventory, a.etl
       1  export        {8D3FD6C5-2A4E-4A7C-B6F1-63C20E9A1B74} Contoso-Cache, a.etl

# What cannot be used is said, and all the rest is done.
$ etw schema build cut.man missing.man fault.man s/1.man -o some.pack; etw schema list --json some.pack | jq .schemas
2
! etw: cut.man: unclosed token in line 1 (at byte 436)
! etw: missing.man: No such file or directory
! etw: 1 malformed schema not used; first: fault.man: unknown inType "win:Nothing" in line 1

$ etw schema build missing -o none.pack; ls none.pack
! etw: missing: No such file or directory
! etw: none.pack: there are no schemas to write
! ls: cannot access 'none.pack': No such file or directory
? 2
$ etw schema build s -o /nowhere/all.pack
! etw: /nowhere/all.pack: No such file or directory
? 1

$ etw schema; etw schema show x; etw schema build s; etw schema list s -o x; etw schema diff s; etw schema build --json s -o x
! etw schema: name what to do: build, export, list or diff (see 'etw schema --help')
! etw schema: unknown verb 'show'; there are build, export, list and diff
! etw schema: build and export need --output FILE (see 'etw schema --help')
! etw schema: only build and export take --output (see 'etw schema --help')
! etw schema: diff compares two (see 'etw schema --help')
! etw schema: only list and diff take --json (see 'etw schema --help')
? 2

# Damage is said, and nothing of it is believed.
$ head -c 300 all.pack >short.pack; etw dump -f 'opcode == 66' --schema short.pack a.etl | jq -c '.EventData | keys'
["BuildString"]
! etw: short.pack: the pack is not complete (at byte 300)

$ sed 's/Session/sESSION/g' all.pack >bad.pack; etw stats --schema bad.pack a.etl | grep malformed
lost      1 malformed schemas

# What was read is kept, and made anew when it changes.
$ rm -rf "$XDG_CACHE_HOME"; keys() { etw dump -f 'opcode == 66' "$@" a.etl | jq -c '.EventData | keys'; }; keys --schema s; ls "$XDG_CACHE_HOME/etw" | wc -l; sed -i 's/One/Three/' s/1.man; keys --schema s; ls "$XDG_CACHE_HOME/etw" | wc -l
["One"]
1
["Three"]
1

% stat -c %a "$XDG_CACHE_HOME/etw"
700

# Nothing is kept of packs, and nothing at all if it is not wanted.
$ rm -rf "$XDG_CACHE_HOME"; keys() { etw dump -f 'opcode == 66' "$@" a.etl | jq -c '.EventData | keys'; }; keys --schema all.pack; ETW_SCHEMA_CACHE=off keys --schema s/deep; test -e "$XDG_CACHE_HOME" || echo none; ETW_SCHEMA_CACHE=$PWD/kept keys --schema s/deep; ls kept | wc -l; HOME= XDG_CACHE_HOME= keys --schema s/deep
["One"]
["Two"]
none
["Two"]
1
["Two"]

# Mistakes are said out of the cache as well.
$ rm -rf "$XDG_CACHE_HOME"; cp cut.man fault.man s/; touch -d '1 hour ago' s/*; for i in 1 2; do etw dump -c 1 --schema s a.etl >out; done; ls "$XDG_CACHE_HOME/etw" | wc -l
1
! etw: s/cut.man: unclosed token in line 1 (at byte 436)
! etw: 1 malformed schema not used; first: s/fault.man: unknown inType "win:Nothing" in line 1
! etw: s/cut.man: unclosed token in line 1 (at byte 436)
! etw: 1 malformed schema not used; first: s/fault.man: unknown inType "win:Nothing" in line 1

# Eight at once.
$ rm -rf "$XDG_CACHE_HOME"; for i in 1 2 3 4 5 6 7 8; do etw dump -q --schema s/deep a.etl 2>&1 | cksum & done | sort | uniq -c | awk '{print $1}'; wait; ls "$XDG_CACHE_HOME/etw" | grep -c .
8
1
