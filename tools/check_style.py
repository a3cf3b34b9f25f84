#!/usr/bin/env python3
"""Checks what clang-format cannot: lengths, banned functions, names, and jumps.

usage: check_style.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("include", "src", "cli", "tests", "fuzz", "bench", "examples", "tools")

FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 6
FILE_LINES_MAX = 600
COLUMNS_MAX = 100

# What a function that other files can see may be called, by folder.
PREFIXES = {
    "src": ("etw_", "etwi_"),
    "cli": ("cli_", "dump_", "info_", "stats_", "tally_", "describe_"),
}
# What the system calls first.
ENTRIES = {"main", "wmain"}
# Callbacks whose parameters another library decides, and the mark of those that Windows does.
FOREIGN_SIGNATURES = {"on_entity"}
FOREIGN_CALL = "ETWI_ABI_CALL"
BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\s*\(")
STRING_OR_COMMENT = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
TYPEDEF_T = re.compile(r"\btypedef\b[^;{]*\b(\w+_t)\s*;|^\}\s*(\w+_t)\s*;", re.MULTILINE)
GOTO = re.compile(r"\bgoto\s+(?!done\b)(\w+)")
# With our format a definition begins in the first column and its brace has a line of its own.
DEFINITION = re.compile(
    r"^(?!typedef|struct|union|enum|static const|const|extern)"
    r"(?P<head>[A-Za-z_][\w \t*\n]*?\b(?P<name>\w+)\((?P<parameters>[^;{}]*)\)\s*)\n\{\n"
    r"(?P<body>.*?)^\}$",
    re.MULTILINE | re.DOTALL)
PUBLIC_FUNCTION = re.compile(r"\bETW_API\b[^;(]*?\b(\w+)\s*\(")
PUBLIC_TYPE = re.compile(r"^\}\s*(\w+)\s*;|^typedef\s+struct\s+\w+\s+(\w+)\s*;", re.MULTILINE)
PUBLIC_MACRO = re.compile(r"^#define\s+(\w+)", re.MULTILINE)


def blank(match):
    """Keeps the lines of a comment or string, and nothing else."""
    return re.sub(r"[^\n]", " ", match[0])


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_lines(name, text):
    lines = text.split("\n")
    if len(lines) - 1 > FILE_LINES_MAX:
        yield 1, f"{len(lines) - 1} lines; at most {FILE_LINES_MAX}"
    if text and not text.endswith("\n"):
        yield len(lines), "the last line does not end"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "blanks at the end"
        if len(line) > COLUMNS_MAX and not name.endswith(".py"):
            yield number, f"{len(line)} columns; at most {COLUMNS_MAX}"


def check_functions(name, code):
    folder = name.split("/")[0]
    for match in DEFINITION.finditer(code):
        line = line_of(code, match.start())
        length = match[0].count("\n") + 1
        if length > FUNCTION_LINES_MAX:
            yield line, f"{match['name']}() has {length} lines; at most {FUNCTION_LINES_MAX}"
        parameters = match["parameters"].count(",") + 1
        is_foreign = match["name"] in FOREIGN_SIGNATURES or FOREIGN_CALL in match["head"]
        if parameters > PARAMETERS_MAX and not is_foreign:
            yield line, f"{match['name']}() has {parameters} parameters; at most {PARAMETERS_MAX}"
        is_static = re.search(r"\bstatic\b", match["head"])
        prefixes = PREFIXES.get(folder)
        if prefixes and not is_static and match["name"] not in ENTRIES \
                and not match["name"].startswith(prefixes):
            yield line, f"{match['name']}() is visible to other files: {' or '.join(prefixes)}"


def check_code(name, text):
    code = STRING_OR_COMMENT.sub(blank, text)
    for match in BANNED.finditer(code):
        yield line_of(code, match.start()), f"{match[1]}() is banned"
    for match in TYPEDEF_T.finditer(code):
        yield line_of(code, match.start()), f"{match[1] or match[2]}: types do not end in _t"
    for match in GOTO.finditer(code):
        yield line_of(code, match.start()), f"goto {match[1]}: only goto done"
    yield from check_functions(name, code)
    if name.startswith("include/"):
        yield from check_public(code)


def check_public(code):
    declarations = re.sub(r"^#.*", "", code, flags=re.MULTILINE)
    for match in PUBLIC_FUNCTION.finditer(declarations):
        if not match[1].startswith("etw_"):
            yield line_of(code, match.start()), f"{match[1]}(): public functions begin with etw_"
    for match in PUBLIC_TYPE.finditer(code):
        name = match[1] or match[2]
        if not name.startswith("etw_"):
            yield line_of(code, match.start()), f"{name}: public types begin with etw_"
    for match in PUBLIC_MACRO.finditer(code):
        # X is the usual parameter of lists, and undefined after use.
        if not match[1].startswith("ETW_") and match[1] != "X":
            yield line_of(code, match.start()), f"{match[1]}: public macros begin with ETW_"


def main():
    files = sorted(path for folder in FOLDERS for suffix in ("*.c", "*.h", "*.py")
                   for path in (ROOT / folder).rglob(suffix))
    count = 0
    for path in files:
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        problems = list(check_lines(name, text))
        if path.suffix != ".py":
            problems += check_code(name, text)
        for line, problem in sorted(problems):
            print(f"{name}:{line}: {problem}")
        count += len(problems)
    print(f"{len(files)} files, {count} problems")
    return 1 if count or not files else 0


if __name__ == "__main__":
    sys.exit(main())
