#!/usr/bin/env bash
# Runs a Windows program under Wine; tools/wine_up.sh has to have been run before.
#
# usage: wine_run.sh PROGRAM.exe [ARGUMENT...]

. "$(dirname "${BASH_SOURCE[0]}")/wine_env.sh"
wine=$(wine_program wine64) || {
    echo "wine_run: no Wine; on Debian the package is wine64" >&2
    exit 127
}
# One start in thousands fails where the kernel has put the heap on a page that Wine needs. Without
# random places it does not happen, but containers may forbid going without.
if setarch -R true 2>/dev/null; then
    exec setarch -R "$wine" "$@"
fi
exec "$wine" "$@"
