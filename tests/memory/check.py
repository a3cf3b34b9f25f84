#!/usr/bin/env python3
"""Reads traces of 10 and 100 MiB and compares the peaks of memory with each other and with bounds.

usage: check.py PEAK MAKE_LONG FOLDER

The traces are made in FOLDER and removed again.
"""

import pathlib
import subprocess
import sys

SKIP = 77
MIB = 1024  # in KiB
SIZES = (10, 100)  # in MiB, before compression
TRACES = (("plain", "8", "plain"), ("compressed", "8", "xpress"),
          ("64 processors, one quiet", "64", "plain", "quiet"),
          ("64 processors, one quiet, compressed", "64", "xpress", "quiet"))
BOUNDS = {3: 24 * MIB, 4: 64 * MIB}  # the third with the levels below it, the fourth with 2 threads
GROWTH_MAX = 4 * MIB
HEADROOM = 1.3


def run(*command):
    return subprocess.run(list(map(str, command)), check=True, timeout=300,
                          capture_output=True, encoding="ascii").stdout.split()


class Check:
    """Measures, prints a table of peaks, and says what is beyond a bound."""

    def __init__(self, peak, make_long, folder):
        self.peak, self.make_long, self.folder = peak, make_long, folder
        self.passed, self.failures = 0, []

    def judge(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failures.append(what)

    def peaks_of(self, size, *options):
        """The peaks of a trace by level."""
        path = self.folder / "long.etl"
        try:
            made, = map(int, run(self.make_long, path, size, *options))
            peaks = {}
            for level in BOUNDS:
                events, peaks[level] = map(int, run(self.peak, level, path))
                self.judge(events >= made, f"{events} events of {made}")
            return peaks
        finally:
            path.unlink(missing_ok=True)

    def check(self, name, *options):
        small, large = (self.peaks_of(size, *options) for size in SIZES)
        for level, bound in BOUNDS.items():
            print(f"{name}, level {level}: {small[level]:,} KiB for {SIZES[0]} MiB, "
                  f"{large[level]:,} KiB for {SIZES[1]} MiB, bound {bound:,}")
            self.judge(large[level] <= bound * HEADROOM,
                       f"{name}, level {level}: {large[level]:,} KiB are beyond {bound:,}")
            self.judge(large[level] - small[level] <= GROWTH_MAX * HEADROOM,
                       f"{name}, level {level}: grows by {large[level] - small[level]:,} KiB")


def main():
    peak, make_long, folder = sys.argv[1:]
    if not pathlib.Path("/proc/self/status").exists():
        print("SKIP: no /proc to read the peak of memory from")
        return SKIP
    check = Check(peak, make_long, pathlib.Path(folder))
    for name, *options in TRACES:
        check.check(name, *options)
    for failure in check.failures:
        print(f"FAIL  {failure}")
    print(f"{check.passed} passed, {len(check.failures)} failed")
    return 1 if check.failures or not check.passed else 0


if __name__ == "__main__":
    sys.exit(main())
