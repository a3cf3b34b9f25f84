# The command line itself: help, mistakes, and what is suggested instead.

$ etw | wc -c; etw 2>&1 | head -2

$ etw --help

$ etw -V | sed 's/built with .*/built with …)/'

$ etw help | head -3

$ etw help info

$ etw info --help | head -1

$ etw dmp x.etl

$ etw statistics

$ etw xyzzy

$ etw help dumb

$ etw --versoin

$ etw dump --feilds A x.etl

$ etw dump -Z x.etl

$ etw dump -o jsno x.etl

$ etw dump -c

$ etw dump --count ten x.etl

$ etw dump --count=99999999999999999999 x.etl

$ etw dump --memory 12Q x.etl

$ etw dump --duration 1w x.etl

$ etw dump --begin noon x.etl

$ etw dump --begin 2026-02-30 x.etl

$ etw dump --quiet=yes x.etl

$ etw dump --code-page 12 x.etl

$ etw dump --end 2s --duration 1s x.etl

$ etw dump

$ etw stats

# After -- nothing is an option, and - is standard input.
$ etw dump -- --help

$ etw dump - </dev/null

# Completion scripts are made from the same tables.
$ etw __complete bash | bash -n

$ etw __complete bash | grep -o -e --code-page=

$ etw __complete zsh | grep -c -e "'--"

$ etw __complete fish | grep -e '-l order'

$ etw __complete powershell

$ eval "$(etw __complete bash)"; COMP_WORDS=(etw dump -o js) COMP_CWORD=3; COMP_WORDS[3]=c; _etw; echo ${COMPREPLY[@]}

$ etw --help >/dev/full
