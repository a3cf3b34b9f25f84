#!/usr/bin/env python3
"""What many schemas cost at the start of `etw dump`: processor time of the whole process, with the
schemas given in several ways, interleaved, the median of many runs.

usage: schema_start.py ETW TRACE SCHEMAS [RUNS]

SCHEMAS is a folder, for example one that make_manifests.py wrote. TRACE should be a small one, so
that reading it weighs little; the first event is all that is printed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time


def measured(command, environment):
    """Milliseconds of processor time and of wall time, and KiB of memory at most."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
    _, _, usage = os.wait4(process, 0)
    wall = (time.perf_counter() - start) * 1000
    return (usage.ru_utime + usage.ru_stime) * 1000, wall, usage.ru_maxrss


def main():
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    etw, trace, schemas = sys.argv[1:4]
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 41
    with tempfile.TemporaryDirectory() as folder:
        pack, cache = os.path.join(folder, "pack"), os.path.join(folder, "cache")
        off = dict(os.environ, ETW_SCHEMA_CACHE="off")
        kept = dict(os.environ, ETW_SCHEMA_CACHE=cache)
        subprocess.run([etw, "schema", "build", schemas, "-o", pack], check=True)
        command = [etw, "dump", "-q", "-c", "1"]
        ways = {
            "no schemas": ([*command, trace], off),
            "a pack": ([*command, "--schema", pack, trace], off),
            "the folder, from the cache": ([*command, "--schema", schemas, trace], kept),
            "the folder itself": ([*command, "--schema", schemas, trace], off),
        }
        subprocess.run(ways["the folder, from the cache"][0], env=kept, stdout=subprocess.DEVNULL,
                       check=False)
        results = {name: [] for name in ways}
        for number in range(runs):
            for name, (line, environment) in ways.items():
                if name != "the folder itself" or number < 5:
                    results[name].append(measured(line, environment))
        print(f"pack of {os.path.getsize(pack):,} bytes; medians of {runs} runs")
        print(f"{'':28} {'cpu ms':>8} {'wall ms':>8} {'KiB':>8}")
        for name, values in results.items():
            cpu, wall, memory = (statistics.median(column) for column in zip(*values))
            print(f"{name:28} {cpu:8.2f} {wall:8.2f} {memory:8.0f}")


if __name__ == "__main__":
    main()
