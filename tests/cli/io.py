#!/usr/bin/env python3
"""How much a command reads and writes, by the counters of Linux.

usage: io.py ETW MAKE_SAMPLE
"""

import os
import subprocess
import sys
import tempfile

TRACES = 40
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}")


def counters(command):
    """The bytes and calls of a command that has ended and was not waited for yet."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with open(f"/proc/{process.pid}/io", encoding="ascii") as lines:
            return {name: int(value) for name, value in (line.split(": ") for line in lines)}


def main():
    etw, make_sample = map(os.path.abspath, sys.argv[1:3])
    if not os.access("/proc/self/io", os.R_OK):
        print("SKIP: this system does not count what processes read and write")
        return 77
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        subprocess.run([make_sample, "a.etl"], check=True)
        traces = ["a.etl"] * TRACES
        size = TRACES * os.path.getsize("a.etl")
        for threads in ("1", "2"):
            all_of_it = counters([etw, "dump", "-q", "--threads", threads, *traces])
            check(all_of_it["wchar"] > 5 * size, "JSON is larger than its trace")
            check(all_of_it["syscw"] <= all_of_it["wchar"] // 65536 + 1,
                  f"{all_of_it['syscw']} writes of {all_of_it['wchar']} bytes")
            # In the order of time all traces begin at once.
            first = counters([etw, "dump", "-q", "--unordered", "--threads", threads, "-c10",
                              *traces])
            spared = all_of_it["rchar"] - first["rchar"]
            check(spared > size * 3 // 4, f"-c spares the second pass: {spared} of {size} bytes")
        # Buffers outside of a span of time are not read again, nor those before the last events.
        one = ["a.etl"]
        size = os.path.getsize("a.etl")
        everything = counters([etw, "dump", "-q", *one])["rchar"]
        for what in (["--begin", "9s"], ["--end", "1ms"], ["--tail", "10"],
                     ["--end", "1601-01-01"]):
            spared = everything - counters([etw, "dump", "-q", *what, *one])["rchar"]
            check(spared > size // 2, f"{' '.join(what)} spares {spared} of {size} bytes")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
