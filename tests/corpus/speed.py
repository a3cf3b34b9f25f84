"""How fast `etw` reads the largest traces, on one processor, beside merely summing their bytes."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

import common

TRACES_MEASURED = 6


def pin():
    """Keeps a child, and all threads it may start, on one processor."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def seconds(command, runs):
    """The median wall-clock time of a command that writes to /dev/null."""
    times = []
    for _ in range(runs + 1):  # the first run warms the page cache and is not counted
        begin = time.perf_counter()
        result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                check=False, preexec_fn=pin)
        times.append(time.perf_counter() - begin)
        if result.returncode != 0:
            raise RuntimeError(f"{command}: {result.stderr.decode('utf-8', 'replace').strip()}")
    return statistics.median(times[1:])


def summing_command():
    """What reads every byte of a file and does as little as possible with it."""
    if shutil.which("cksum"):
        return ["cksum"], "cksum (a CRC of every byte)"
    return ["cat"], "cat (a copy of every byte)"


def at_least_five(text):
    runs = int(text)
    if runs < 5:
        raise argparse.ArgumentTypeError("at least 5 runs make a median")
    return runs


def output_bytes(etw, path):
    """What `etw dump` writes for a trace, in bytes."""
    return sum(len(line) for line in common.dump_lines(etw, path))


def measure(etw, path, name, events, runs, base):
    size = path.stat().st_size / 1e6
    base_time = seconds([*base, str(path)], runs)
    stats_time = seconds([etw, "stats", str(path)], runs)
    dump_time = seconds([etw, "dump", str(path)], runs)
    written = output_bytes(etw, path) / 1e6
    row = [name, f"{size:.1f}", events, f"{size / base_time:,.0f}"]
    for elapsed in (stats_time, dump_time):
        row += [f"{elapsed * 1e3:,.1f}", f"{events / elapsed / 1e6:.2f}",
                f"{size / elapsed:,.0f}"]
    return row + [f"{written / dump_time:,.0f}"]


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--runs", type=at_least_five, default=5, help="runs of each command")
    parser.add_argument("--traces", type=int, default=TRACES_MEASURED, help="how many traces")
    arguments = parser.parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    base, description = summing_command()
    names = sorted(corpus.names(), key=lambda name: -corpus.trace(name).stat().st_size)
    rows = []
    for name in names[:arguments.traces]:
        events = corpus.census(name)["events"]
        try:
            rows.append(measure(arguments.etw, corpus.trace(name), name, events, arguments.runs,
                                base))
            report.check(True, name)
        except RuntimeError as error:
            report.check(False, name, str(error))
    print(f"Medians of {arguments.runs} runs on one processor, files in the page cache, start of "
          f"the process included.\nsum: {description}.")
    common.table(rows, ["trace", "MB", "events", "sum MB/s", "stats ms", "M events/s", "MB/s",
                        "dump ms", "M events/s", "MB/s in", "MB/s out"])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
