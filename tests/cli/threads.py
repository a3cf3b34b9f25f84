#!/usr/bin/env python3
"""Whether what `etw` prints depends on --threads, over traces that are made at random.

usage: threads.py ETW MAKE_RANDOM [SEEDS]
"""

import pathlib
import subprocess
import sys
import tempfile

SEEDS_DEFAULT = 12
THREADS = (2, 4)
TIME_LIMIT_SECONDS = 120
COMMANDS = (
    ("dump", "-o", "json"),
    ("dump", "-o", "json-compact", "--unordered"),
    ("dump", "-o", "text", "--strict"),
    ("dump", "-o", "csv", "--fields", "time,pid,event,data", "-f", "level <= 4 and not pid == 1"),
    ("dump", "-o", "json", "--count", "300"),
    ("stats", "--json"),
)


def run(etw, command, threads, files):
    """What can be seen of a run: exit code, output, complaints."""
    result = subprocess.run([etw, *command, "--threads", str(threads), *files], check=False,
                            capture_output=True, timeout=TIME_LIMIT_SECONDS)
    return result.returncode, result.stdout, result.stderr


def first_difference(one, other):
    for kind, a, b in zip(("exit code", "output", "messages"), one, other):
        if a == b:
            continue
        if kind == "exit code":
            return f"{kind}: {a}, {b}"
        for number, (line, twin) in enumerate(zip(a.split(b"\n"), b.split(b"\n")), 1):
            if line != twin:
                return f"{kind}, line {number}:\n  {line[:200]!r}\n  {twin[:200]!r}"
        return f"{kind}: {len(a)} bytes, {len(b)} bytes"
    return None


def try_seed(etw, make_random, seed):
    """The number of runs that agreed, and what did not."""
    passed, complaints = 0, []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([make_random, folder, str(seed)], check=True, timeout=TIME_LIMIT_SECONDS)
        files = sorted(map(str, pathlib.Path(folder).glob("*.etl")))
        for command in COMMANDS:
            expected = run(etw, command, 1, files)
            if not expected[1]:
                complaints.append(f"seed {seed}: {' '.join(command)} prints nothing: {expected}")
            for threads in THREADS:
                difference = first_difference(expected, run(etw, command, threads, files))
                passed += difference is None
                if difference:
                    complaints.append(f"seed {seed}: {' '.join(command)} --threads {threads}: "
                                      f"{difference}")
    return passed, complaints


def main():
    etw, make_random, *rest = sys.argv[1:]
    passed, failed = 0, 0
    for seed in range(1, 1 + (int(rest[0]) if rest else SEEDS_DEFAULT)):
        good, complaints = try_seed(etw, make_random, seed)
        passed += good
        failed += len(complaints)
        for complaint in complaints:
            print(f"FAIL  {complaint}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
