"""Runs the programs of the benchmarks and keeps what they print."""

import os
import resource
import statistics
import subprocess


class Series:
    """What one round of a measurement handled, and how long each round took."""

    def __init__(self, events, size, seconds):
        self.events = events
        self.bytes = size
        self.seconds = seconds

    @property
    def median(self):
        return statistics.median(self.seconds)

    def rate(self):
        """Bytes a second, for each round."""
        return [self.bytes / seconds for seconds in self.seconds]


def ratio(over, under):
    """The median of what the rounds of two lists of numbers give."""
    return statistics.median(a / b for a, b in zip(over, under))


class Measurements:
    """All series and values by their names."""

    def __init__(self, build):
        self.build = build
        self.series = {}
        self.values = {}
        self.busy = {}  # By program: the share of the machine that other work took.

    def program(self, name):
        return str(self.build / "bench" / name)

    def parse(self, text):
        values = {}
        for line in text.splitlines():
            fields = line.split("\t")
            if fields[0] == "series":
                self.series[fields[1]] = Series(int(fields[2]), int(fields[3]),
                                                [float(field) for field in fields[4:]])
            elif fields[0] == "value":
                values[fields[1]] = float(fields[2])
        return values

    def run(self, name, *arguments):
        """Runs a program that prints series and values."""
        before = machine_times()
        result = subprocess.run([self.program(name), *map(str, arguments)], check=True,
                                stdout=subprocess.PIPE, text=True)
        self.busy[name] = other_share(before, machine_times())
        values = self.parse(result.stdout)
        self.values.update(values)
        return values

    def command(self, output, *command):
        """Runs any command in bench_command; what it took, by name."""
        result = subprocess.run([self.program("bench_command"), output, *map(str, command)],
                                stderr=subprocess.PIPE, text=True, check=False)
        values = {}
        for line in result.stderr.splitlines():
            fields = line.split("\t")
            if fields[0] == "value":
                values[fields[1]] = float(fields[2])
        if result.returncode != 0 or "cpu" not in values:
            raise RuntimeError(f"{command}: {result.stderr.strip()}")
        return values


def machine_times():
    """Seconds of all processors that were busy, of all in all, and of our children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = children.ru_utime + children.ru_stime
    try:
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(field) for field in stat.readline().split()[1:9]]
    except OSError:
        return 0, 0, own
    hertz = os.sysconf("SC_CLK_TCK")
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / hertz, sum(ticks) / hertz, own


def other_share(before, after):
    busy, total, own = (b - a for a, b in zip(before, after))
    return max(0.0, (busy - own) / total) if total else 0.0
