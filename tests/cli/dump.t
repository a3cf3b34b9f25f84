# The formats of dump, what it leaves out, and where it writes.

$ make_sample a.etl && make_sample x86.etl x86 && make_sample packed.etl compressed

# Every line is an object with a System, and all events are there.
$ etw dump -q a.etl | jq -e -c 'select(has("System") | not)' | wc -l

$ test $(etw dump -q a.etl | wc -l) = $(etw stats --json a.etl | jq .events)

$ etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sort -c

# Compression changes nothing.
$ test "$(etw dump -q a.etl | cksum)" = "$(etw dump -q packed.etl | cksum)"

# Two traces are merged in time order.
$ etw dump -q a.etl x86.etl | jq -r .System.TimeCreated.SystemTime | sort -c

$ test $(etw dump -q a.etl x86.etl | wc -l) = $(etw stats --json a.etl x86.etl | jq .events)

$ etw dump -q --order file a.etl x86.etl | wc -l | xargs test $(etw dump -q a.etl x86.etl | wc -l) =

# Parts of a trace: begin is in, end is out, and adjoining parts make the whole.
$ etw dump -q -c 3 a.etl | wc -l

$ etw dump -q -c0 a.etl

$ etw dump -q a.etl | cksum >whole; t=$(etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sed -n 5p); (etw dump -q --end $t a.etl; etw dump -q --begin $t a.etl) | cksum | cmp - whole

$ etw dump -q --begin +0s a.etl | cksum | cmp - whole

$ etw dump -q --begin 1d a.etl

$ etw dump -q --duration 1d a.etl | cksum | cmp - whole

$ etw dump -q --end 1700-01-01 a.etl

$ etw dump -q --begin 0 --end 2999-12-31T23:59:60+01:00 a.etl | cksum | cmp - whole

# The same instant in other words.
$ t=$(etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sed -n 5p); test "$(etw dump -q --begin $t a.etl | cksum)" = "$(etw dump -q --begin "${t%Z}" a.etl | cksum)"

$ etw dump -q -o text a.etl | head -12

$ etw dump -q -o text a.etl | wc -l | xargs test $(etw dump -q a.etl | wc -l) =

$ etw dump -q -o csv a.etl | head -5

$ etw dump -q -o csv a.etl | python3 -c 'import csv, sys; print(sorted({len(row) for row in csv.reader(sys.stdin)}))'

$ etw dump -q -o csv --fields time,class,pid,event,ImageFileName,data.ProcessId a.etl | head -4

$ etw dump -q --fields ImageFileName a.etl | jq -c 'select(.EventData) | .EventData | keys' | sort -u

$ etw dump -q -o text --fields ImageFileName --fields ProcessId a.etl | grep ImageFileName | head -2

$ etw dump -q -o json --int64-strings a.etl | jq -e . >/dev/null

$ etw dump -q --raw-values --code-page 65001 a.etl | jq -e . >/dev/null

# Into a file; never over a trace that is read.
$ etw dump -q a.etl -w out.ndjson && etw dump -q a.etl | cmp - out.ndjson

$ etw dump -q a.etl -w - | cksum | cmp - whole

$ ln a.etl same.etl; etw dump a.etl --output-file=same.etl

$ etw dump a.etl -w no/such/folder/x

# A reader that has seen enough is no failure; a full disk is one.
$ etw dump -q $(yes a.etl | head -400) | head -1 | wc -l; echo ${PIPESTATUS[0]}

$ etw dump -q a.etl >/dev/full
