#!/usr/bin/env python3
"""Compares the committed man pages with what `etw __man` prints.

usage: man_pages.py ETW DOCS_MAN [--update]
"""

import pathlib
import subprocess
import sys

COMMANDS = ("describe", "dump", "emit", "info", "providers", "record", "schema", "sessions", "stats",
            "trace")
PAGES = {"etw": [], **{f"etw-{command}": [command] for command in COMMANDS}}


def main():
    etw, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    update = "--update" in sys.argv[3:]
    passed = failed = 0
    for page, arguments in PAGES.items():
        text = subprocess.run([etw, "__man", *arguments], stdout=subprocess.PIPE,
                              check=True).stdout
        path = folder / (page + ".1")
        if update:
            path.write_bytes(text)
        if path.is_file() and path.read_bytes() == text:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {path} is not what `etw __man {' '.join(arguments)}` prints; "
                  f"./dev man writes it anew")
    strays = sorted(path.name for path in folder.glob("*") if path.stem not in PAGES)
    if strays:
        failed += 1
        print(f"FAIL pages of no command: {' '.join(strays)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
