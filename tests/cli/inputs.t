# Files, folders, patterns and standard input.

$ make_sample a.etl && mkdir -p tree/deep/deeper && cp a.etl tree/2.etl && cp a.etl tree/1.ETL && cp a.etl tree/deep/deeper/3.etl && touch tree/note.txt && mkdir empty && echo no trace at all >bad.etl

$ etw stats --json tree | jq -c '.files[].path'

$ etw stats --json -r tree | jq -c '.files[].path'

$ etw stats --json 'tree/*.etl' 'tree/?.ETL' | jq -c '.files[].path'

# A file whose name looks like a pattern is a file.
$ cp a.etl '[1].etl'; etw info --json '[1].etl' | jq -c .path

$ etw info --json empty

$ etw info -r empty

$ etw info 'none*.etl'

$ etw info missing.etl

$ etw info bad.etl

# What can be read is, and the exit code tells that something could not.
$ etw info --json missing.etl a.etl bad.etl | jq -c .path; echo ${PIPESTATUS[0]}

$ test "$(etw dump -q a.etl | cksum)" = "$(etw dump -q missing.etl a.etl 2>/dev/null | cksum)"

# Standard input, as a file and as a pipe.
$ test "$(etw dump -q a.etl | cksum)" = "$(etw dump -q - <a.etl | cksum)"

$ test "$(etw dump -q a.etl | cksum)" = "$(cat a.etl | etw dump -q - | cksum)"

$ etw stats --json - <a.etl | jq -c '.files[].path'

$ etw stats - </dev/null
