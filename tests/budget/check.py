#!/usr/bin/env python3
"""Counts the instructions that events cost under callgrind, and compares them with budgets.tsv.

usage: check.py SPEND MAKE_LONG FOLDER [--update]

Each way to read is measured on two traces of different length, so that what is not about events
goes out of the account. What is allocated is counted in the same way: events cost none. Compilers
differ, so the table holds for the one that FOLDER/compiler names. --update writes the table anew;
read the difference before you believe it.
"""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

SKIP = 77
TABLE = pathlib.Path(__file__).parent / "budgets.tsv"
SHORT, LONG = 1, 3  # MiB
HEADROOM = 1.1
ALLOCATIONS_MAX = 100  # of some 20,000 events more: pools grow once, not with the events
PER_EVENT = ("batches", "level-1", "level-2", "level-3", "level-4", "json", "json-compact", "time",
             "filter")
ALLOCATORS = re.compile(r"^(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)$")


def skip(reason):
    print(f"SKIP: {reason}: no instruction was counted", flush=True)
    sys.exit(SKIP)


class Spending:
    """What a run took: events, instructions, allocations."""

    def __init__(self, events, instructions, allocations):
        self.events, self.instructions, self.allocations = events, instructions, allocations

    def __sub__(self, other):
        return Spending(self.events - other.events, self.instructions - other.instructions,
                        self.allocations - other.allocations)


def parse(profile):
    """The instructions in a profile of callgrind, and the calls of allocators."""
    names, callee, total, calls = {}, "", None, 0
    for line in profile.read_text(encoding="utf-8").splitlines():
        if line.startswith(("fn=", "cfn=")):
            number, _, name = line.split("=", 1)[1].partition(" ")
            if name:
                names[number] = name
            callee = names[number] if line.startswith("c") else callee
        elif line.startswith("calls=") and ALLOCATORS.match(callee):
            calls += int(line[len("calls="):].split()[0])
        elif line.startswith(("summary:", "totals:")):
            total = int(line.split()[1])
    if not total:
        sys.exit(f"{profile}: callgrind counted nothing")
    return total, calls


class Meter:
    """Measures ways to read on traces in a folder."""

    def __init__(self, spend, make_long, folder):
        self.spend, self.folder = spend, folder
        for form in ("plain", "xpress"):
            for size in (SHORT, LONG):
                subprocess.run([make_long, self.trace(form, size), str(size), "8", form],
                               check=True, stdout=subprocess.DEVNULL)

    def trace(self, form, size):
        return self.folder / f"{form}-{size}.etl"

    def run(self, way, form, size):
        profile = self.folder / f"{way}-{form}-{size}.callgrind"
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                               self.spend, way, self.trace("plain", SHORT), self.trace(form, size)],
                              check=True, timeout=300, capture_output=True)
        spending = Spending(int(done.stdout), *parse(profile))
        profile.unlink()
        return spending

    def measure(self):
        """What the events of the longer trace cost beyond those of the shorter one, by name."""
        jobs = [(way, "plain") for way in PER_EVENT] + [("batches", "xpress")]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            runs = {job: [pool.submit(self.run, *job, size) for size in (SHORT, LONG)]
                    for job in jobs}
            return {job: long.result() - short.result() for job, (short, long) in runs.items()}

    def unpacked_bytes(self):
        return sum(sign * self.trace("plain", size).stat().st_size
                   for sign, size in ((1, LONG), (-1, SHORT)))

    def remove(self):
        for path in self.folder.glob("*-*.etl"):
            path.unlink()


def costs_of(runs, unpacked_bytes):
    """Instructions by name: an event, or a byte that was unpacked."""
    costs = {way: runs[way, "plain"].instructions / runs[way, "plain"].events for way in PER_EVENT}
    extra = runs["batches", "xpress"].instructions - runs["batches", "plain"].instructions
    costs["xpress-byte"] = extra / unpacked_bytes
    return costs


def write_table(costs, compiler):
    lines = ["# Instructions an event, or a byte, may cost. Written by ./dev budgets.",
             f"# compiler\t{compiler}", "name\tmeasured\tlimit"]
    lines += [f"{name}\t{cost:.2f}\t{cost * HEADROOM:.2f}" for name, cost in costs.items()]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_table():
    """The limits by name, and the compiler that they hold for."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    compiler, = (line.split("\t")[1] for line in lines if line.startswith("# compiler\t"))
    rows = [line.split("\t") for line in lines if not line.startswith(("#", "name\t"))]
    return {name: (float(measured), float(limit)) for name, measured, limit in rows}, compiler


def judge(costs, runs, table):
    passed, failures = 0, []
    for name, cost in costs.items():
        measured, limit = table.get(name, (0, 0))
        verdict = "ok" if cost <= limit else "FAIL"
        note = "  (./dev budgets would lower the limit)" if cost * HEADROOM < measured else ""
        print(f"{verdict:4}  {name:14} {cost:9.2f}  limit {limit:9.2f}{note}")
        passed += cost <= limit
        failures += [name] if cost > limit else []
    for (way, form), spending in runs.items():
        passed += spending.allocations <= ALLOCATIONS_MAX
        if spending.allocations > ALLOCATIONS_MAX:
            failures.append(way)
            print(f"FAIL  {way}, {form}: {spending.allocations} allocations more for "
                  f"{spending.events} events more")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


def main():
    update = "--update" in sys.argv
    spend, make_long, folder = [one for one in sys.argv[1:] if one != "--update"]
    compiler = (pathlib.Path(folder) / "compiler").read_text(encoding="utf-8").strip()
    if not shutil.which("valgrind"):
        skip("there is no valgrind")
    table, compiler_of_table = read_table() if not update else ({}, compiler)
    if compiler != compiler_of_table:
        skip(f"the budgets are those of {compiler_of_table}, and this is {compiler}")
    meter = Meter(spend, make_long, pathlib.Path(folder))
    try:
        runs = meter.measure()
        costs = costs_of(runs, meter.unpacked_bytes())
    finally:
        meter.remove()
    if update:
        write_table(costs, compiler)
        table, _ = read_table()
    return judge(costs, runs, table)


if __name__ == "__main__":
    sys.exit(main())
