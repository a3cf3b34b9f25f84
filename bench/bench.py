"""All measurements in one run, as one table in Markdown; `./dev bench` calls it.

How the figures come about is written in docs/performance.md.
"""

import argparse
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import processes
import rows
from measure import Measurements, machine_times, other_share

# Megabytes of the traces in memory and on disk, of the small traces, of the trace for babeltrace2;
# rounds; rounds of the start of a process.
SIZES = {
    "full": (1024, 10, 64, 5, 5),
    "quick": (64, 10, 16, 5, 3),
    "smoke": (1, 1, 1, 1, 1),
}
LOUD = 0.10  # Wall times say little if other work takes more of the machine than that.
WAIT_SECONDS = 20  # For a machine without other work, before wall times are taken.


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def wait_for_quiet():
    """Returns when other work has paused, or after a while anyway: the table says if it was loud."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        before = machine_times()
        time.sleep(1)
        if other_share(before, machine_times()) < LOUD:
            return


def measure_all(m, etw, folder, size):
    megabytes, small, peer, rounds, start_rounds = SIZES[size]
    for name in ("bench_levels", "bench_json", "bench_order"):
        say(name)
        m.run(name, megabytes, rounds)
    say("bench_decompress")
    m.run("bench_decompress", min(megabytes, 64), rounds)
    say("traces on disk")
    files = processes.make_files(m, folder, megabytes, small)
    say("bench_threads")
    wait_for_quiet()
    m.run("bench_threads", files["plain", "big"], files["packed", "big"], rounds)
    say("bench_alloc")
    m.run("bench_alloc", files["plain", "big"])
    say("memory of processes")
    processes.measure_memory(m, etw, files)
    for name, measure in (
            ("pipe", lambda: processes.measure_pipe(m, etw, files["plain", "big"], folder, rounds)),
            ("start", lambda: processes.measure_start(m, etw, folder, start_rounds))):
        say(name)
        wait_for_quiet()
        before = machine_times()
        measure()
        m.busy[name] = other_share(before, machine_times())
    say("babeltrace2")
    if not processes.measure_babeltrace(m, etw, folder, peer, rounds):
        say("babeltrace2 is not installed: its row stays empty")


def output_of(*command):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            fields = [line.split(":", 1) for line in info if ":" in line]
    except OSError:
        return platform.processor() or platform.machine()
    names = [value.strip() for key, value in fields if key.strip() == "model name"]
    return f"{len(names)} × {names[0]}" if names else platform.machine()


def header(m, size):
    megabytes, small, peer, rounds, _ = SIZES[size]
    level1 = m.series["level1.batch"]
    commit = output_of("git", "rev-parse", "--short", "HEAD") or "unknown"
    if output_of("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    compiler = output_of("cc", "--version").splitlines()
    return [
        f"- input: mixed trace of {megabytes} MiB, {level1.events:,} events of"
        f" {level1.bytes / level1.events:.0f} bytes with"
        f" {m.values['properties'] / level1.events:.1f} properties; small files {small} MB;"
        f" babeltrace2 {peer} MB",
        f"- machine: {processor()}, Linux {platform.release()},"
        f" {compiler[0] if compiler else 'unknown compiler'}",
        f"- commit: {commit}, {time.strftime('%Y-%m-%d')}; medians of {rounds} rounds in turns,"
        " processor time but where wall is said",
    ]


def verdict(m, row):
    if row.holds is None:
        return "not measured"
    text = "yes" if row.holds else "**no**"
    if row.wall and m.busy.get(row.wall, 0) > LOUD:
        text += f", but other work took {100 * m.busy[row.wall]:.0f} % of the machine"
    return text


def table(m, all_rows):
    lines = ["| what | floor | aim | measured | M events/s | MB/s | floor holds |",
             "|---|---|---|---|---|---|---|"]
    for row in all_rows:
        lines.append(f"| {row.what} | {row.floor} | {row.aim} | {row.measured} | {row.rates[0]}"
                     f" | {row.rates[1]} | {verdict(m, row)} |")
    return lines


def details(m):
    """Every series, for those who want to know more."""
    lines = ["| measurement | ns/event | M events/s | MB/s |", "|---|---|---|---|"]
    for name, series in m.series.items():
        events, megabytes = rows.rates(series)
        taken = f"{rows.nanoseconds(series):.1f}" if series.events else ""
        lines.append(f"| {name} | {taken} | {events} | {megabytes} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="the build tree, with bench and cli in it")
    parser.add_argument("size", choices=SIZES, nargs="?", default="full")
    parser.add_argument("--details", action="store_true", help="every measurement too")
    options = parser.parse_args()
    build = options.build.resolve()
    etw = shutil.which("etw", path=build / "cli")
    if not etw:
        parser.error(f"{build / 'cli'} has no etw")
    m = Measurements(build)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=build) as folder:
        measure_all(m, etw, pathlib.Path(folder), options.size)
    all_rows = list(rows.all_rows(m))
    lines = header(m, options.size) + [""] + table(m, all_rows)
    if options.details:
        lines += [""] + details(m)
    print("\n".join(lines))
    failed = sum(row.holds is False for row in all_rows)
    say(f"{failed} of {len(all_rows)} floors do not hold")


if __name__ == "__main__":
    main()
