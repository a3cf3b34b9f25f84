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
    -Wmicrosoft -D_POSIX_C_SOURCE=200809L '-DETWI_KEEPER_BUILT=""' '-DETWI_KEEPER_INSTALLED=""' -Iinclude -Isrc -isystem "$headers" -isystem build/x86_64-w64-mingw32/include)
command -v clang >/dev/null && [ -d "$headers" ] || {
    echo "SKIP: needs clang and mingw-w64's headers"
    exit 77
}
failed=0
files=$(git ls-files --cached --others --exclude-standard -- 'src/*.c' 'cli/*.c' 'tests/win/layout*.c' | grep -v /posix/)
for target in x86_64-w64-windows-gnu aarch64-w64-windows-gnu i686-w64-windows-gnu; do
    xargs -P 2 -n 8 clang --target=$target "${flags[@]}" -Icli <<<"$files" || failed=1
done
# Words that clang takes without a warning; they belong into the headers that name them for all.
if git grep -nE '__attribute__|__int128|__builtin_|__typeof__|__extension__' -- 'src/*.[ch]' 'cli/*.[ch]' |
    grep -vE '^(src/base/(compiler|bits)\.h|src/os/os\.h|cli/say\.h|[^:]*/posix/)'; then
    echo "these are words of one compiler; src/base/compiler.h has names for them"
    failed=1
fi
[ $failed -eq 0 ] && echo "$(wc -l <<<"$files") files, 3 targets, no problems"
exit $failed
