#!/usr/bin/env bash
# Ends what tools/wine_up.sh has started.
#
# usage: wine_down.sh

. "$(dirname "${BASH_SOURCE[0]}")/wine_env.sh"
"$(wine_program wineserver)" -k >/dev/null 2>&1 </dev/null
exit 0
