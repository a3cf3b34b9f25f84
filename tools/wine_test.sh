#!/usr/bin/env bash
# Runs a test program under Wine. It has to exit with 0 and to print the line that says so too: Wine
# exits with 0 as well if it has run nothing at all.
#
# usage: wine_test.sh PATTERN PROGRAM.exe [ARGUMENT...]

pattern=$1
shift
output=$("$(dirname "${BASH_SOURCE[0]}")/wine_run.sh" "$@" 2>&1)
code=$?
printf '%s\n' "$output"
[ $code -eq 0 ] || {
    echo "wine_test: exit code $code"
    exit 1
}
grep -qE "$pattern" <<<"$output" || {
    echo "wine_test: no line matches '$pattern'"
    exit 1
}
