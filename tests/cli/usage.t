# The command line itself: help, mistakes, and what is suggested instead.

$ etw | wc -c; etw 2>&1 | head -2
0
Usage: etw COMMAND [OPTION]... [OPERAND]...
\
! Usage: etw COMMAND [OPTION]... [OPERAND]...
!
! Commands:
!   dump       print events as JSON, text or CSV
!   info       tell what a trace is and what it holds
!   stats      count events by provider and event, and what did not decode
!   providers  list the providers that are known, or that files describe
!   describe   tell what a provider's events, fields and keywords are
!   schema     build packs of schemas, export, list and compare schemas
!   trace      print the events of providers while they are written
!   record     write the events of providers into a file
!   sessions   list, start, change and stop sessions
!   emit       write events, from arguments or lines of JSON
!   help       tell about a command
!
! See 'etw --help' and 'etw help COMMAND'.

$ etw --help
etw traces programs by Event Tracing for Windows, and reads its traces (.etl), on any system.
\
Usage: etw COMMAND [OPTION]... [OPERAND]...
\
Commands:
  dump       print events as JSON, text or CSV
  info       tell what a trace is and what it holds
  stats      count events by provider and event, and what did not decode
  providers  list the providers that are known, or that files describe
  describe   tell what a provider's events, fields and keywords are
  schema     build packs of schemas, export, list and compare schemas
  trace      print the events of providers while they are written
  record     write the events of providers into a file
  sessions   list, start, change and stop sessions
  emit       write events, from arguments or lines of JSON
  help       tell about a command
\
Options:
  -h, --help      show this help
  -V, --version   show the version
\
Exit codes:
  0  everything asked for was done
  1  a file or session could not be read, a provider is not known, or output could not be written
  2  the command line is wrong
  3  with --strict: events were lost, damaged or not decoded
\
'etw help COMMAND' tells all about a command.

$ etw -V | sed 's/built with .*/built with …)/'
etw 0.1.0 (library 0.1.0, built with …)

$ etw help | head -3
etw traces programs by Event Tracing for Windows, and reads its traces (.etl), on any system.
\
Usage: etw COMMAND [OPTION]... [OPERAND]...

$ etw help info
Usage: etw info [OPTION]... FILE...
\
Tell what a trace is and what it holds.
\
Tells when, where and how a trace was made, how many events it holds, which schemas it carries
and what is lost or damaged. The whole trace is read, but its payloads are not decoded.
\
FILE is an .etl trace, - for standard input, a folder (its .etl files), or a quoted pattern.
\
Options:
      --json              one JSON object a trace and line
  -r, --recursive         look for .etl files in the folders of folders too
      --threads N         threads that work at a time; output does not depend on it (default:
                          one for each processor)
      --memory SIZE       hold at most SIZE of trace buffers at a time (default: 128M)
      --strict            exit with 3 if events were lost, damaged or not decoded
      --schema PATH       use the schemas in PATH too: a manifest, an executable file with one,
                          a TMF or PDB file, a pack, or a folder of them; may be repeated; ':'
                          separates several, also in the variable ETW_SCHEMA_PATH
  -q, --quiet             no progress bar, and no summary of losses
  -h, --help              show this help
\
Examples:
  # About a trace
  etw info trace.etl
  # The traces of a folder that lost events
  etw info --json traces/ | jq -r 'select(.lost.events > 0).path'

$ etw info --help | head -1
Usage: etw info [OPTION]... FILE...

$ etw dmp x.etl
! etw: unknown command 'dmp'; did you mean 'dump'? (see 'etw --help')
? 2

$ etw statistics
! etw: unknown command 'statistics'; did you mean 'stats'? (see 'etw --help')
? 2

$ etw xyzzy
! etw: unknown command 'xyzzy' (see 'etw --help')
? 2

$ etw help dumb
! etw: unknown command 'dumb'; did you mean 'dump'? (see 'etw --help')
? 2

$ etw --versoin
! etw: unknown option '--versoin' before a command (see 'etw --help')
? 2

$ etw dump --feilds A x.etl
! etw dump: unknown option '--feilds'; did you mean '--fields'? (see 'etw dump --help')
? 2

$ etw dump -Z x.etl
! etw dump: unknown option '-Z' (see 'etw dump --help')
? 2

$ etw dump -o jsno x.etl
! etw dump: 'jsno' is no value for --format (json|text|csv|json-compact); did you mean 'json'?
? 2

$ etw dump -c
! etw dump: --count needs a value: N
? 2

$ etw dump --count ten x.etl
! etw dump: 'ten' is no value for --count: a number such as 100 is needed
? 2

$ etw dump --count=99999999999999999999 x.etl
! etw dump: '99999999999999999999' is no value for --count: a number such as 100 is needed
? 2

$ etw dump --memory 12Q x.etl
! etw dump: '12Q' is no value for --memory: a size such as 512K, 64M or 2G is needed
? 2

$ etw dump --duration 1w x.etl
! etw dump: '1w' is no value for --duration: a duration such as 250ms, 1.5s or 2m is needed
? 2

$ etw dump --begin noon x.etl
! etw dump: 'noon' is no value for --begin: a time such as 2026-11-22T18:04:05Z, 1.5s after the start, or a FILETIME is needed
? 2

$ etw dump --begin 2026-02-30 x.etl
! etw dump: '2026-02-30' is no value for --begin: a time such as 2026-11-22T18:04:05Z, 1.5s after the start, or a FILETIME is needed
? 2

$ etw dump --quiet=yes x.etl
! etw dump: 'yes' is no value for --quiet: the option takes none
? 2

$ etw dump --code-page 12 x.etl
! etw dump: code page 12 is not supported; use 65001 (UTF-8), 437, 850, 852, 855, 857, 866, 874, 28591 or 1250 to 1258
? 2

$ etw dump --end 2s --duration 1s x.etl
! etw dump: --end and --duration exclude each other
? 2

$ etw dump
! etw dump: name at least one FILE, or - for standard input (see 'etw dump --help')
? 2

$ etw stats
! etw stats: name at least one FILE, or - for standard input (see 'etw stats --help')
? 2

# After -- nothing is an option, and - is standard input.
$ etw dump -- --help
! etw: --help: No such file or directory
? 1

$ etw dump - </dev/null
! etw: standard input: the file is empty (at byte 0)
? 1

# Completion scripts are made from the same tables.
$ etw __complete bash | bash -n

$ etw __complete bash | grep -o -e --code-page=
--code-page=
--code-page=

$ etw __complete zsh | grep -c -e "'--"
125

$ etw __complete fish | grep -e '-l color'
complete -c etw -n '__fish_seen_subcommand_from dump' -l color -x -a 'auto always never' -d 'color text; auto does on terminals, NO_COLOR and CLICOLOR_FORCE permitting (default: auto)'
complete -c etw -n '__fish_seen_subcommand_from trace' -l color -x -a 'auto always never' -d 'color text; auto does on terminals, NO_COLOR and CLICOLOR_FORCE permitting (default: auto)'

$ etw __complete powershell
! etw __complete: name one shell: bash, zsh or fish
? 2

$ eval "$(etw __complete bash)"; COMP_WORDS=(etw dump -o js) COMP_CWORD=3; COMP_WORDS[3]=c; _etw; echo ${COMPREPLY[@]}
csv

# Operands are traces, or for some commands any file.
$ mkdir any && cd any && touch a.etl b.man; compopt() { :; }; eval "$(etw __complete bash)"; for command in dump describe; do COMP_WORDS=(etw $command '') COMP_CWORD=2; _etw; printf '%s\n' ${COMPREPLY[@]} | sort | paste -s; done
a.etl
a.etl	b.man

$ etw --help >/dev/full
! etw: cannot write to standard output: No space left on device
? 1
