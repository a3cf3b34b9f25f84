# The formats of dump, what it leaves out, and where it writes.

$ make_sample a.etl plain && make_sample x86.etl x86 && make_sample packed.etl compressed

# Every line is an object with a System, and all events are there.
$ etw dump -q a.etl | jq -e -c 'select(has("System") | not)' | wc -l
0

$ test $(etw dump -q a.etl | wc -l) = $(etw stats --json a.etl | jq .events)

$ etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sort -c

# The compact profile says the same in fewer words.
$ test $(etw dump -q -o json-compact a.etl | wc -l) = $(etw dump -q a.etl | wc -l)

$ etw dump -q -o json-compact a.etl | jq -e -c 'select((has("time") and has("provider") and has("event") and has("id") and has("pid") and has("tid") and has("cpu")) | not)' | wc -l
0

$ etw dump -q a.etl | jq -c '[.System.TimeCreated.SystemTime, .System.Provider.Name, .System.EventID, .System.Execution.ProcessID, .EventData // .UserData, .Payload]' >full; etw dump -q -o json-compact a.etl | jq -c '[.time, .provider, .id, .pid, .data, .payload]' | cmp - full

# Compression changes nothing.
$ events() { etw dump -q $1 | jq -c 'select(.System.EventType != "EventTrace_Header/Header" and .System.EventGuid != "{68FDD900-4A3E-11D1-84F4-0000F80464E3}")'; }; test "$(events a.etl | cksum)" = "$(events packed.etl | cksum)"

# Two traces are merged in time order.
$ etw dump -q a.etl x86.etl | jq -r .System.TimeCreated.SystemTime | sort -c

$ test $(etw dump -q a.etl x86.etl | wc -l) = $(etw stats --json a.etl x86.etl | jq .events)

$ etw dump -q --unordered a.etl x86.etl | wc -l | xargs test $(etw dump -q a.etl x86.etl | wc -l) =

# Parts of a trace: begin is in, end is out, and adjoining parts make the whole.
$ etw dump -q -c 3 a.etl | wc -l
3

$ etw dump -q -c0 a.etl

# The last events are those that come last without --tail, in every format and with a filter.
$ etw dump -q a.etl >whole.ndjson; for n in 0 1 2 1000 4000 100000; do for t in 1 2; do etw dump -q --tail $n --threads $t a.etl | cmp - <(tail -n $n whole.ndjson); done; done

$ etw dump -q -o text --tail 7 a.etl x86.etl | cmp - <(etw dump -q -o text a.etl x86.etl | tail -n 7)

$ etw dump -q -o csv --fields time,pid --tail 3 a.etl | cmp - <(etw dump -q -o csv --fields time,pid a.etl >rows; head -n 1 rows; tail -n 3 rows)

$ for n in 1 5 1000; do etw dump -q --tail $n -f 'event == OrderPlaced' a.etl | cmp - <(etw dump -q -f 'event == OrderPlaced' a.etl | tail -n $n); done

$ etw dump -q --tail 5 --begin 1s --end 2s a.etl | cmp - <(etw dump -q --begin 1s --end 2s a.etl | tail -n 5)

$ etw dump -q --tail 5 --begin 1s a.etl | cmp - <(tail -n 5 whole.ndjson)

$ etw dump -q --unordered --tail 4 x86.etl a.etl | cmp - <(etw dump -q --unordered x86.etl a.etl | tail -n 4)

$ etw dump -c 1 --tail 1 a.etl
! etw dump: --count and --tail exclude each other
? 2

$ etw dump -q a.etl | cksum >whole; t=$(etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sed -n 5p); (etw dump -q --end $t a.etl; etw dump -q --begin $t a.etl) | cksum | cmp - whole

$ etw dump -q --begin +0s a.etl | cksum | cmp - whole

$ etw dump -q --begin 1d a.etl

$ etw dump -q --duration 1d a.etl | cksum | cmp - whole

$ etw dump -q --end 1700-01-01 a.etl

$ etw dump -q --begin 0 --end 2999-12-31T23:59:60+01:00 a.etl | cksum | cmp - whole

# The same instant in other words.
$ t=$(etw dump -q a.etl | jq -r .System.TimeCreated.SystemTime | sed -n 5p); test "$(etw dump -q --begin $t a.etl | cksum)" = "$(etw dump -q --begin "${t%Z}" a.etl | cksum)"

# One second after the start, in all ways to say it.
$ ticks=$(python3 -c 'import datetime as d; print(int((d.datetime(2026, 1, 5, 12, 0, 1) - d.datetime(1601, 1, 1)).total_seconds()) * 10**7)'); for t in $ticks 2026-01-05T12:00:01Z 2026-01-05T12:00:01.0000000 "2026-01-05 12:00:01" 2026-01-05t13:30:01+01:30 2026-01-05T07:00:01-05:00 1s +1s 1.0s 1000ms 1000000us 1000000000ns; do etw dump -q --end "$t" a.etl | wc -l; done | uniq | wc -l
1

$ etw dump -q --begin 0.5m a.etl; etw dump -q --begin 0h --end 1h a.etl | cksum | cmp - whole

$ etw dump -q -o json --int64-strings a.etl | jq -e . >/dev/null

$ etw dump -q --raw-values --code-page 65001 a.etl | jq -e . >/dev/null

# Messages, where the provider has one.
$ etw dump -q --message a.etl | jq -r 'select(.Message) | .Message' | sort | head -2
Kaffee 1kg: -10 in None, now 3148
Kaffee 1kg: -10 in North, now 862

$ etw dump -q -o json-compact --message a.etl | jq -r 'select(.message) | .message' | cksum >compact; etw dump -q --message a.etl | jq -r 'select(.Message) | .Message' | cksum | cmp - compact

$ etw dump -q -o text --message a.etl | grep -o 'Contoso-Inventory/StockChanged.*Kaffee 1kg: -10 in .*' | sort
Contoso-Inventory/StockChanged          Kaffee 1kg: -10 in None, now 3148
Contoso-Inventory/StockChanged          Kaffee 1kg: -10 in North, now 862

$ etw dump -q --message a.etl | jq -c 'del(.Message)' | cksum >without; etw dump -q a.etl | jq -c . | cksum | cmp - without

$ printf '4857fab7-1162-3184-360b-cdd863ddf4ea shop // SRC=a.c MJ= MN=\r\n#typev a_c1 10 "n=%%10!%s!" //   FUNC=f\r\n{\r\nn, ItemLong -- 10\r\n}\r\n' d >shop.tmf; etw info --json --schema shop.tmf a.etl | jq -c '[.schemas.carried.tmf, .schemas.rejected]'
[1,0]

# Into a file; never over a trace that is read.
$ etw dump -q a.etl -w out.ndjson && etw dump -q a.etl | cmp - out.ndjson

$ etw dump -q a.etl -w - | cksum | cmp - whole

$ ln a.etl same.etl; etw dump a.etl --output-file=same.etl
! etw dump: --output-file same.etl is one of the traces to read
? 2

$ etw dump a.etl -w no/such/folder/x
! etw: cannot create no/such/folder/x: No such file or directory
? 1

# A reader that has seen enough is no failure; a full disk is one.
$ etw dump -q $(yes a.etl | head -400) | head -1 | wc -l; echo ${PIPESTATUS[0]}
1
0

$ etw dump -q a.etl >/dev/full
! etw: cannot write standard output: No space left on device
? 1
