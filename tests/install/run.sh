#!/usr/bin/env bash
# usage: run.sh BUILD_DIR TEST_DIR static|shared CC CMAKE
#
# Installs the build, moves the tree (it must be movable), and builds and runs a program with
# find_package and with pkg-config. Checks what the library exports and what was installed.
set -u
build=$1 tests=$2 kind=$3 cc=$4 cmake=$5
passed=0 failed=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/moved

check() { # NAME COMMAND...
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n%s\n' "$name" "$output"
    fi
}

is_empty() { # fails with what it was given
    [ -z "$*" ] || { printf '%s\n' "$@"; return 1; }
}

finish() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
    exit
}

check "install" "$cmake" --install "$build" --prefix "$scratch/first"
mv "$scratch/first" "$prefix" || finish
libdir=$(dirname "$(find "$prefix" -name 'libetw.*' | head -n 1)")
[ -d "$libdir" ] || { echo "FAIL no library was installed"; failed=$((failed + 1)); finish; }
export LD_LIBRARY_PATH=$libdir PKG_CONFIG_PATH=$libdir/pkgconfig

check "the command" "$prefix/bin/etw" --version
for page in etw etw-dump etw-info etw-stats; do
    check "man page $page" test -s "$prefix/share/man/man1/$page.1"
done

check "find_package: configure" "$cmake" -S "$tests/project" -B "$scratch/project" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc"
check "find_package: build" "$cmake" --build "$scratch/project"
check "find_package: run" "$scratch/project/consumer"

flags=$(pkg-config $([ "$kind" = static ] && echo --static) --cflags --libs etw)
# shellcheck disable=SC2086 # the flags are words
check "pkg-config: build" "$cc" -std=c11 "$tests/consumer.c" -o "$scratch/consumer" $flags
check "pkg-config: run" "$scratch/consumer"

# The first program of the README is true.
awk '/^```c$/ {on = 1; next} /^```$/ {if (on) exit} on' "$tests/../../README.md" >"$scratch/readme.c"
# shellcheck disable=SC2086
check "the program of the README: build" "$cc" -std=c11 -Wall -Wextra -Werror "$scratch/readme.c" \
    -o "$scratch/readme" $flags

# It prints what a provider writes until its session is stopped.
run_readme() {
    export ETW_RUNTIME_DIR="$scratch/runtime"
    "$scratch/readme" '*Demo' >"$scratch/readme.out" &
    "$prefix/bin/etw" emit Demo --name Hello x:u32=7 &&
        "$prefix/bin/etw" sessions stop live_json >/dev/null && wait $! && grep -q '"x":7' "$scratch/readme.out"
}
check "the program of the README: run" run_readme

if [ "$kind" = shared ]; then
    exported=$(nm -D --defined-only "$libdir/libetw.so" | awk '{print $3}' | sort -u)
    # Declarations may span lines: the name is what stands before the first parenthesis.
    declared=$(cat "$prefix"/include/etw/*.h | tr '\n' ' ' |
        grep -oE '\bETW_API [^;(]*\(' | grep -oE '\betw_[a-z0-9_]+ *\($' | tr -d ' (' | sort -u)
    check "exports only etw_*" is_empty "$(grep -v '^etw_' <<<"$exported")"
    check "exports what the headers declare" diff <(echo "$declared") <(echo "$exported")
else
    foreign=$(nm -g --defined-only "$libdir/libetw.a" 2>/dev/null | awk 'NF==3 {print $3}' |
        grep -vE '^(etw_|etwi_)')
    check "global symbols begin with etw_ or etwi_" is_empty "$foreign"
fi
finish
