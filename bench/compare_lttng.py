#!/usr/bin/env python3
"""Writes the same events with this library and with LTTng-UST, in turns, and prints a table of what
one event costs the program that writes it.

usage: compare_lttng.py [BUILD_DIR [MILLIONS [TURNS]]]

The build is one with ETW_BUILD_BENCH, build/release if nothing is said. LTTng-UST is what the
system has; where it is not installed, this says what to install.

Both write over their oldest buffers, of the same size in total, and nobody reads them: what is
measured is the processor time of the program alone. A daemon of LTTng is started for this, with a
home of its own, and stopped at the end. Its events have nothing but the fields in some turns; in
others they have process and thread ids, as those of this library always do.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Four sub-buffers of 256 KiB for each processor, as much as the sessions of bench_write have.
CHANNEL = ["--userspace", "--buffers-uid", "--subbuf-size=256k", "--num-subbuf=4"]
ROUNDS = "3"
OFF = "LTTng-UST, disabled"
BARE = "LTTng-UST"
WITH_IDS = "LTTng-UST, vpid and vtid"
EMPTY = "empty loop"
OURS = [EMPTY, "disabled", "disabled, described", "one piece", "one piece, start key",
        "five pieces", "described"]
ENABLED = OURS[3:]


class Daemon:
    """A session daemon of LTTng."""

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
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

    @contextlib.contextmanager
    def recording(self, contexts):
        """A flight recorder, whose events have these contexts beside their fields."""
        self.lttng("create", "bench", "--snapshot")
        try:
            self.lttng("enable-channel", *CHANNEL, "numbers")
            self.lttng("enable-event", "--userspace", "--channel=numbers", "contoso_bench:numbers")
            for context in contexts:
                self.lttng("add-context", "--userspace", "--channel=numbers", f"--type={context}")
            self.lttng("start")
            yield
        finally:
            self.lttng("destroy", "bench")


def raise_priority():
    """What else runs is to disturb little, if the system lets us."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except (AttributeError, PermissionError):
        pass


def measure(costs, command, environment=None):
    """Adds the nanoseconds an event took in each round, by the name that the program prints."""
    output = subprocess.run(command, env=environment, check=True, text=True,
                            stdout=subprocess.PIPE, preexec_fn=raise_priority).stdout
    for line in output.splitlines():
        kind, name, events, _, *seconds = line.split("\t")
        if kind == "series":
            costs.setdefault(name, []).extend(float(s) * 1e9 / int(events) for s in seconds)


def measure_all(build, millions, turns):
    costs = {}
    writer = build / "lttng_writer"
    with tempfile.TemporaryDirectory() as home, Daemon(home) as daemon:
        for _ in range(turns):
            measure(costs, [writer, OFF, millions, ROUNDS], daemon.environment)
            with daemon.recording([]):
                measure(costs, [writer, BARE, millions, ROUNDS], daemon.environment)
            for name in OURS:
                measure(costs, [build / "bench_write", millions, ROUNDS, name])
            with daemon.recording(["vpid", "vtid"]):
                measure(costs, [writer, WITH_IDS, millions, ROUNDS], daemon.environment)
    return costs


def ratio(costs, name, other):
    """Of the best rounds, which other work disturbed least, and of the medians."""
    best = min(costs[name]) / min(costs[other])
    median = statistics.median(costs[name]) / statistics.median(costs[other])
    return f"{best:.2f} ({median:.2f})"


def output_of(*command):
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=Path(__file__).parent).stdout.strip()


def processor():
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else os.uname().machine


def print_table(costs, millions, turns):
    print(f"- input: {turns} turns of {ROUNDS} rounds of {millions},000,000 events, each of two u32 and "
          "three u64; processor time, best round (median)")
    print(f"- machine: {processor()}, Linux {os.uname().release}")
    print(f"- LTTng: {output_of('lttng', '--version')}; commit: "
          f"{output_of('git', 'rev-parse', '--short', 'HEAD')}, {time.strftime('%F')}")
    print()
    print(f"| | ns an event | above the empty loop | of {BARE} | of the one with vpid and vtid |")
    print("|---|---|---|---|---|")
    for name in [OFF, BARE, WITH_IDS, *OURS]:
        best, median = min(costs[name]), statistics.median(costs[name])
        ratios = ["", ""]
        if name in ENABLED:
            ratios = [ratio(costs, name, BARE), ratio(costs, name, WITH_IDS)]
        above = "" if name == EMPTY else f"{best - min(costs[EMPTY]):.2f}"
        print(f"| {name} | {best:.2f} ({median:.2f}) | {above} | {' | '.join(ratios)} |")


def main():
    arguments = sys.argv[1:] + ["build/release", "1", "9"][len(sys.argv) - 1:]
    build = Path(arguments[0], "bench").absolute()
    if not shutil.which("lttng-sessiond") or not (build / "lttng_writer").exists():
        sys.exit("compare_lttng.py: there is no LTTng-UST to compare with; on Debian:\n"
                 "    apt install liblttng-ust-dev lttng-tools pkg-config\n"
                 "    cmake --preset release && cmake --build build/release\n"
                 f"(looked for the command lttng-sessiond, and for {build / 'lttng_writer'})")
    print_table(measure_all(build, arguments[1], int(arguments[2])), arguments[1],
                int(arguments[2]))


if __name__ == "__main__":
    main()
