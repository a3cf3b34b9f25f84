# What the scripts around Wine share; read by them, not run.

readonly wine_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Debian keeps the programs here and has them in the path only with another package.
wine_program() { # NAME
    local place
    for place in "/usr/lib/wine/$1" "$(command -v "$1")"; do
        [ -x "$place" ] && echo "$place" && return
    done
    return 1
}

export WINEPREFIX=${WINEPREFIX:-$wine_root/build/wineprefix}
# Without it arguments and variables lose what is not ASCII.
export LC_ALL=C.UTF-8
export WINEDEBUG=${WINEDEBUG:--all}
export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY
# The server would be looked for in them, and it stays for longer than a folder of some tests.
unset TMPDIR XDG_RUNTIME_DIR
