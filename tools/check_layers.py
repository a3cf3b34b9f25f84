#!/usr/bin/env python3
"""Checks who includes what: layers include downwards only, the command and the examples use the
public headers only, and what belongs to Windows stays in its places.

usage: check_layers.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A layer and the layers that it may include, beside itself and the public headers.
LAYERS = {
    "base": set(),
    "os": {"base"},
    "guid": {"base"},
    "schema": {"base", "os", "guid"},
    "etl": {"base", "os", "guid"},
    "decode": {"base", "guid", "schema", "etl"},
    "engine": {"base", "os", "guid", "etl"},
    "session": {"base", "os", "guid", "schema", "etl", "engine"},
    "consumer": {"base", "os", "guid", "schema", "etl", "decode", "engine", "session"},
    "sink": {"base", "guid", "schema", "decode"},
}
# Folders of programs that stand on the public headers alone.
PUBLIC_ONLY = ("cli", "examples", "tests/install")
# Headers of the public interface include only one another and these.
STANDARD_IN_PUBLIC = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}
# Where the operating system may be asked for.
WIN32_ALLOWED = {"include/etw/base.h", "src/os/os.h", "tools/check_layers.py"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
WIN32 = re.compile(r"^\s*#.*\b_WIN(32|64)\b", re.MULTILINE)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_library(path, layer, included, is_quoted):
    """Why a file of src/ may not include this, or None."""
    if not is_quoted:
        return None
    parts = included.split("/")
    if len(parts) < 2:
        return "write the path from src/"
    if parts[0] not in LAYERS:
        return f"no layer is called {parts[0]}"
    if parts[0] != layer and parts[0] not in LAYERS[layer]:
        return f"{layer} may not know {parts[0]}"
    if not (ROOT / "src" / included).is_file():
        return "there is no such file"
    return None


def check_public_only(path, included, is_quoted):
    """Why a program may not include this, or None."""
    own = (path.parent, ROOT / path.relative_to(ROOT).parts[0])
    if is_quoted and not any((folder / included).is_file() for folder in own):
        return "only <etw/…> and headers of its own folder"
    return None


def check_header(included, is_quoted):
    """Why a public header may not include this, or None."""
    if is_quoted or not (included.startswith("etw/") or included in STANDARD_IN_PUBLIC):
        return "public headers include <etw/…> and a few standard ones only"
    return None


def problems_of(path):
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        is_quoted, included = match[1] == '"', match[2]
        problem = None
        if name.startswith("src/"):
            layer = name.split("/")[1]
            problem = (f"add the layer {layer} to LAYERS" if layer not in LAYERS
                       else check_library(path, layer, included, is_quoted))
        elif name.startswith("include/"):
            problem = check_header(included, is_quoted)
        elif name.startswith(PUBLIC_ONLY):
            problem = check_public_only(path, included, is_quoted)
        if included.lower() in ("windows.h", "evntrace.h", "tdh.h") and "/win/" not in name:
            problem = "Windows headers belong into …/win/"
        if problem:
            yield f"{name}:{line_of(text, match.start())}: {included}: {problem}"
    if name in WIN32_ALLOWED or "/win/" in name:
        return
    for match in WIN32.finditer(text):
        yield (f"{name}:{line_of(text, match.start())}: the system is asked for in "
               f"include/etw/base.h, src/os and …/win/ only")


def main():
    files = sorted(path for folder in ("include", "src", "cli", "tests", "fuzz", "bench",
                                       "examples")
                   for path in (ROOT / folder).rglob("*.[ch]"))
    problems = [problem for path in files for problem in problems_of(path)]
    print("\n".join(problems), end="\n" if problems else "")
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
