#!/usr/bin/env python3
"""Whether two builds of the command say the same about every trace, byte for byte. What the one for
this system says is judged by the other corpus tests.

usage: same.py ETW OTHER_ETW [CORPUS]
"""

import os
import pathlib
import subprocess
import sys

from common import DEFAULT_CORPUS, SKIP, Report

COMMANDS = (
    ("dump",),
    ("dump", "-q", "-o", "text"),
    ("stats", "--json"),
    ("describe", "--json"),
)
# All traces at once, as reading the schemas takes longer than reading the traces.
WITH_SCHEMAS = ("dump", "-q", "-o", "json-compact", "--schema")
TIME_LIMIT_SECONDS = 120


def run(program, command):
    """Exit code, output and messages of a command."""
    done = subprocess.run([program, *command], check=False, timeout=TIME_LIMIT_SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def difference(left, right):
    """Where two runs differ, for a message."""
    if left[0] != right[0]:
        return f"exit codes {left[0]} and {right[0]}"
    for name, one, other in zip(("output", "messages"), left[1:], right[1:]):
        for number, (a, b) in enumerate(zip(one.split(b"\n"), other.split(b"\n")), 1):
            if a != b:
                return f"{name}, line {number}:\n    {a[:200]}\n    {b[:200]}"
        if one != other:
            return f"{name} of {len(one)} and {len(other)} bytes"
    return ""


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    etw, other = map(os.path.abspath, sys.argv[1:3])
    corpus = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else DEFAULT_CORPUS
    traces = sorted((corpus / "traces").glob("*.etl"))
    if not traces:
        print(f"SKIP: no corpus of real traces at {corpus}")
        return SKIP
    if not os.access(other, os.X_OK):
        print(f"SKIP: there is no {other} to compare with")
        return SKIP
    report = Report()
    total = 0
    runs = [(*command, str(trace)) for command in COMMANDS for trace in traces]
    runs.append((*WITH_SCHEMAS, str(corpus / "schemas"), *map(str, traces)))
    for command in runs:
        ours, theirs = (run(program, command) for program in (etw, other))
        total += len(theirs[1])
        report.check(ours == theirs, f"{command[0]} {command[-1]}", difference(ours, theirs))
    print(f"{total} bytes were the same" if not report.failed else "they differ")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
