#!/usr/bin/env python3
"""Writes the same events with this library and with LTTng-UST, in turns, and prints what one costs
the program that writes it.

usage: compare_lttng.py BUILD_DIR [MILLIONS [ROUNDS]]

Both write over their oldest buffers, of the same size in total, and nobody reads them: what is
measured is the program alone. The daemon of LTTng is started for this, with a home of its own, and
stopped at the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Four sub-buffers of 256 KiB for each processor, as much as the sessions of bench_write have.
CHANNEL = ["--userspace", "--buffers-uid", "--subbuf-size=256k", "--num-subbuf=4"]


class Daemon:
    """A session daemon of LTTng with a flight recorder."""

    def __init__(self, home):
        self.environment = dict(os.environ, LTTNG_HOME=home, LTTNG_RUNDIR=home + "/run",
                                LTTNG_UST_REGISTER_TIMEOUT="-1")
        self.process = None
        self.home = home

    def lttng(self, *arguments):
        subprocess.run(["lttng", "--no-sessiond", *arguments], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def __enter__(self):
        pid_file = Path(self.home, "sessiond.pid")
        self.process = subprocess.Popen(
            ["lttng-sessiond", "--no-kernel", f"--pidfile={pid_file}"], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.lttng("create", "bench", "--snapshot")
        self.lttng("enable-channel", *CHANNEL, "numbers")
        self.lttng("enable-event", "--userspace", "--channel=numbers", "contoso_bench:numbers")
        return self

    def start(self, *contexts):
        for context in contexts:
            self.lttng("add-context", "--userspace", "--channel=numbers", f"--type={context}")
        self.lttng("start")

    def __exit__(self, *_):
        subprocess.run(["lttng", "--no-sessiond", "destroy", "bench"], env=self.environment,
                       check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process.terminate()
        self.process.wait(timeout=20)


def series_of(command, environment=None):
    """The nanoseconds of the best round of each series that a program prints."""
    output = subprocess.run(command, env=environment, check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    best = {}
    for line in output.splitlines():
        kind, name, events, _, *seconds = line.split("\t")
        if kind == "series":
            best[name] = min(map(float, seconds)) * 1e9 / int(events)
    return best


def main():
    build = Path(sys.argv[1], "bench")
    millions, rounds = (sys.argv[2:4] + ["2", "7"][len(sys.argv) - 2:])[:2]
    writer = build / "lttng_writer"
    costs = {}
    if writer.exists() and shutil.which("lttng-sessiond"):
        with tempfile.TemporaryDirectory() as home, Daemon(home) as daemon:
            costs |= series_of([writer, "LTTng-UST, off", millions, rounds], daemon.environment)
            daemon.start()
            costs |= series_of([writer, "LTTng-UST", millions, rounds], daemon.environment)
            costs |= series_of([build / "bench_write", millions, rounds])
        with tempfile.TemporaryDirectory() as home, Daemon(home) as daemon:
            daemon.start("vpid", "vtid")
            name = "LTTng-UST, with process and thread"
            costs |= series_of([writer, name, millions, rounds], daemon.environment)
    else:
        print("LTTng-UST is not here: nothing to compare with")
        costs |= series_of([build / "bench_write", millions, rounds])
    empty = costs["empty loop"]
    for name, cost in costs.items():
        ratio = ""
        if "LTTng-UST" in costs and cost > 10 and not name.startswith("LTTng"):
            ratio = f"{cost / costs['LTTng-UST']:8.2f} of LTTng-UST"
        print(f"{name:36}{cost:9.2f} ns{cost - empty:9.2f} ns above the empty loop{ratio}")


if __name__ == "__main__":
    main()
