#!/usr/bin/env bash
# Builds expat for Windows from Debian's source package, which has no package of it for mingw.
# What is built stays in build/TRIPLE, and is built once. The exit code is 77 where the source cannot
# be had.
#
# usage: mingw_expat.sh [TRIPLE]

set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly triple=${1:-x86_64-w64-mingw32}
readonly root=$PWD/build/$triple work=$PWD/build/expat
[ -f "$root/lib/libexpat.a" ] && exit 0
mkdir -p "$work"

# Apt with a copy of the machine's sources that has source packages too, and lists of its own.
private_apt() { # COMMAND...
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User=root "$@"
}

fetch() {
    local file
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/sources"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
        [ -f "$file" ] || continue
        sed -E 's/^deb( |\t)/deb-src\1/; s/^(Types:).*/\1 deb-src/' "$file" \
            >"$work/sources/$(basename "$file")"
    done
    private_apt update
    # Only the archive: the rest of the source package is not needed, and moves in security updates.
    (cd "$work" && private_apt source --tar-only --download-only expat)
}

ls "$work"/expat_*.orig.tar.* >/dev/null 2>&1 || fetch || {
    echo "mingw_expat: Debian's source package of expat cannot be had here" >&2
    exit 77
}
rm -rf "$work/source" "$work/$triple"
mkdir -p "$work/source"
tar -xf "$(ls "$work"/expat_*.orig.tar.* | tail -n 1)" -C "$work/source" --strip-components=1
folder=$work/source
[ -f "$folder/CMakeLists.txt" ] || folder=$folder/expat
toolchain=mingw64
[ "$triple" = i686-w64-mingw32 ] && toolchain=mingw32
cmake -S "$folder" -B "$work/$triple" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/$toolchain.cmake" -DCMAKE_INSTALL_PREFIX="$root" \
    -DEXPAT_SHARED_LIBS=OFF -DEXPAT_BUILD_TESTS=OFF -DEXPAT_BUILD_EXAMPLES=OFF \
    -DEXPAT_BUILD_TOOLS=OFF -DEXPAT_BUILD_DOCS=OFF >"$work/$triple.log"
cmake --build "$work/$triple" >>"$work/$triple.log"
cmake --install "$work/$triple" >>"$work/$triple.log"
[ -f "$root/lib/libexpat.a" ]
