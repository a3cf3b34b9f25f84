# Files, folders, patterns and standard input.

$ make_sample a.etl plain && mkdir -p tree/deep/deeper && cp a.etl tree/2.etl && cp a.etl tree/1.ETL && cp a.etl tree/deep/deeper/3.etl && touch tree/note.txt && mkdir empty && echo no trace at all >bad.etl

$ etw stats --json tree | jq -c '.files[].path'
"tree/1.ETL"
"tree/2.etl"

$ etw stats --json -r tree | jq -c '.files[].path'
"tree/1.ETL"
"tree/2.etl"
"tree/deep/deeper/3.etl"

% etw stats --json 'tree/*.etl' 'tree/?.ETL' | jq -c '.files[].path'
"tree/2.etl"
"tree/1.ETL"

# A file whose name looks like a pattern is a file.
$ cp a.etl '[1].etl'; etw info --json '[1].etl' | jq -c .path
"[1].etl"

$ etw info --json empty
! etw: empty: no .etl files in this folder (-r looks in the folders of the folder too)
? 1

$ etw info -r empty
! etw: empty: no .etl files in this folder
? 1

$ etw info 'none*.etl'
! etw: none*.etl: no file of that name, and none matches it as a pattern
? 1

$ etw info missing.etl
! etw: missing.etl: No such file or directory
? 1

$ etw info bad.etl
! etw: bad.etl: not an ETL trace: 16 bytes are too few for its header (at byte 0)
? 1

# What can be read is, and the exit code tells that something could not.
$ etw info --json missing.etl a.etl bad.etl | jq -c .path; echo ${PIPESTATUS[0]}
"a.etl"
1
! etw: missing.etl: No such file or directory
! etw: bad.etl: not an ETL trace: 16 bytes are too few for its header (at byte 0)

$ test "$(etw dump -q a.etl | cksum)" = "$(etw dump -q missing.etl a.etl 2>/dev/null | cksum)"

# Standard input, as a file and as a pipe.
$ test "$(etw dump -q a.etl | cksum)" = "$(etw dump -q - <a.etl | cksum)"

$ test "$(etw dump -q a.etl | cksum)" = "$(cat a.etl | etw dump -q - | cksum)"

$ etw stats --json - <a.etl | jq -c '.files[].path'
"-"

$ etw stats - </dev/null
! etw: standard input: the file is empty (at byte 0)
? 1
