#!/usr/bin/env bash
# usage: run.sh INCLUDE_DIR CC [CXX] [MINGW_CC]
#
# Compiles every public header alone, twice in one file, in C11 and C++; checks that the umbrella
# includes them all; and, where mingw is installed, that they live with the Windows headers, whose
# macros and types begin with ETW_ too.
set -u
include=$1 cc=$2 cxx=${3:-} mingw=${4:-}
passed=0 failed=0
strict=(-Wall -Wextra -Wpedantic -pedantic-errors -Werror -fsyntax-only)

check() { # NAME COMMAND... with the program on stdin
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n%s\n' "$name" "$output"
    fi
}

# A header that is included first must need nothing, and twice must be harmless.
program() {
    printf '#include <etw/%s>\n#include <etw/%s>\nint unused_object;\n' "$1" "$1"
}

for path in "$include"/etw/*.h; do
    header=${path##*/}
    check "$header in C11" "$cc" -x c -std=c11 "${strict[@]}" -I"$include" - < <(program "$header")
    if [ -n "$cxx" ]; then
        for standard in c++11 c++17; do
            check "$header in $standard" "$cxx" -x c++ -std=$standard "${strict[@]}" \
                -I"$include" - < <(program "$header")
        done
    fi
    if [ "$header" != etw.h ]; then
        check "etw.h includes $header" grep -q "^#include <etw/$header>" "$include/etw/etw.h"
    fi
done
[ -n "$cxx" ] || echo "SKIP: no C++ compiler: the headers were not compiled as C++"

if [ -n "$mingw" ]; then
    for order in before after; do
        check "Windows headers $order ours" "$mingw" -x c -std=c11 -Wall -Werror -fsyntax-only \
            -D_WIN32_WINNT=0x0A00 -I"$include" - < <(
            ours='#include <etw/etw.h>'
            [ $order = after ] && echo "$ours"
            printf '#include <%s>\n' windows.h wmistr.h evntrace.h evntprov.h evntcons.h tdh.h
            [ $order = before ] && echo "$ours"
            echo 'int unused_object;'
        )
    done
else
    echo "SKIP: no mingw: the headers were not compiled beside those of Windows"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
