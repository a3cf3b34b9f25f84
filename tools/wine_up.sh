#!/usr/bin/env bash
# Makes the folder that Wine works in, once, and starts its server, which stays until
# tools/wine_down.sh. Both are cut off from our output: whatever reads that would wait for them.
#
# usage: wine_up.sh

set -e
. "$(dirname "${BASH_SOURCE[0]}")/wine_env.sh"
server=$(wine_program wineserver)
wine=$(wine_program wine64)
mkdir -p "$(dirname "$WINEPREFIX")"
quiet() { "$@" >/dev/null 2>&1 </dev/null; }

if [ ! -f "$WINEPREFIX/ready" ]; then
    rm -rf "$WINEPREFIX"
    quiet "$wine" wineboot -i
    # Programs see Windows 10.
    quiet "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f
    quiet "$server" -w
    touch "$WINEPREFIX/ready"
fi
quiet "$server" -p || true # It is up already.
quiet "$wine" wineboot
