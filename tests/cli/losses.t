# Damage and losses: said by name, counted, and exit code 3 with --strict.

$ make_sample a.etl plain

# A trace cut short.
$ head -c $(($(stat -c %s a.etl) - 100)) a.etl >cut.etl; etw dump cut.etl >/dev/null
! etw: cut.etl: 100 bytes missing at the end of the file

$ etw dump -q --strict cut.etl >/dev/null
? 3

$ etw stats --strict --json cut.etl | jq -c '.lost.truncated_bytes'; echo ${PIPESTATUS[0]}
100
3

$ etw info --strict cut.etl >/dev/null
? 3

# Garbage instead of a buffer.
$ (cat a.etl; head -c 70000 /dev/zero | tr '\0' 'x') >tail.etl; etw dump tail.etl 2>&1 >/dev/null | sed 's/first.*/first…/'
etw: tail.etl: 83992 bytes damaged in 1 place and skipped; first…

$ etw info --json tail.etl | jq -c '[.lost.corrupt_bytes > 0, .first_damage.status]'
[true,"E_CORRUPT"]

$ etw dump -q tail.etl | cmp - <(etw dump -q a.etl)
