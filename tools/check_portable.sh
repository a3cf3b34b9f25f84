#!/usr/bin/env bash
# Looks in the library and the command for what Microsoft's compiler would not take, with clang in
# its place, and proves the layouts of tests/win, for Windows on each kind of processor. Nothing is
# built.
#
# usage: check_portable.sh

set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly headers=/usr/share/mingw-w64/include
readonly flags=(-std=c11 -fsyntax-only -Werror -Wall -Wextra -Wpedantic -Wgnu -Wvla -Wpointer-arith
    -Wmicrosoft -D_POSIX_C_SOURCE=200809L -DETWI_STEPPED '-DETWI_KEEPER_BUILT=""'
    '-DETWI_KEEPER_INSTALLED=""' -Iinclude -Isrc -Icli -isystem "$headers"
    -isystem build/x86_64-w64-mingw32/include)
command -v clang >/dev/null && [ -d "$headers" ] || {
    echo "SKIP: needs clang and mingw-w64's headers"
    exit 77
}
failed=0
check() { # PROCESSOR < FILES
    xargs -P 2 -n 8 clang --target="$1-w64-windows-gnu" "${flags[@]}" || failed=1
}
sources() { git ls-files --cached --others --exclude-standard -- "$@" | grep -v /posix/; }
readonly of_all=('src/*.c' 'cli/*.c')
readonly of_system=('src/os/*.c' 'src/*/win/*.c' 'cli/win/*.c' 'tests/win/layout*.c')

# What has most to say for one processor is asked about everything; the others differ in the calls of
# the system and in layouts.
check i686 < <(sources "${of_all[@]}" "${of_system[@]}" | sort -u)
check x86_64 < <(sources "${of_system[@]}")
check aarch64 < <(sources "${of_system[@]}")
# Words that clang takes without a warning; they belong into the headers that name them for all.
if git grep -nE '__attribute__|__int128|__builtin_|__typeof__|__extension__' -- 'src/*.[ch]' 'cli/*.[ch]' |
    grep -vE '^(src/base/(compiler|bits)\.h|src/os/os\.h|cli/say\.h|[^:]*/posix/)'; then
    echo "these are words of one compiler; src/base/compiler.h has names for them"
    failed=1
fi
[ $failed -eq 0 ] && echo "$(sources "${of_all[@]}" | wc -l) files, 3 processors, no problems"
exit $failed
