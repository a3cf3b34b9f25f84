# etw record: mistakes. live.py has what needs time and signals.

# Recording.
$ etw record '*Demo'
! etw record: name the file to write with -w FILE (see 'etw record --help')
? 2

$ etw record -w x.etl
! etw record: name at least one PROVIDER (see 'etw record --help')
? 2

$ etw record '*Demo' -w no/such/x.etl --session r
! etw: r: […]no/such/x.etl: No such file or directory
? 1

$ etw record '*Demo' -w x.etl --rotate many
! etw record: --rotate needs a size such as 64M, or 64M,10 to keep ten files (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --rotate 1M,0
! etw record: --rotate keeps at least one file, as in 64M,10 (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --circular
! etw record: --circular needs --max-size (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --append --circular --max-size 1M
! etw record: --circular, --rotate and --append exclude each other (see 'etw record --help')
? 2

$ etw record '*Demo' -w x.etl --existing adopt
! etw record: a session that is adopted would not write FILE (see 'etw record --help')
? 2

# Nothing is left behind.
$ find $ETW_RUNTIME_DIR -mindepth 2
