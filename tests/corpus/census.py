"""Compares what `etw stats` and `etw info` count with the census of an independent reader."""

import collections
import sys

import common

# Header values of the census and where `etw info --json` has them.
INFO_PATHS = {
    "buffer_size": "buffers.size",
    "cpus": "processors",
    "os_build": "os.build",
    "pointer_size": "pointer_size",
    "clock": "clock.type",
    "perf_freq": "clock.performance_frequency",
    "cpu_mhz": "cpu_mhz",
    "log_file_mode": "mode.value",
    "buffers_written": "buffers.written",
    "events_lost": "lost.events",
    "buffers_lost": "lost.buffers",
    "start_filetime": "start",
    "end_filetime": "end",
    "boot_filetime": "boot",
    "utc_bias_minutes": "utc_bias_minutes",
}
CLOCKS = {"qpc": "QPC", "system_time": "SYSTEM", "system": "SYSTEM", "cpu_cycles": "CPU"}


def expected_counts(census):
    """(provider, kind of number, number, version) -> count, as the census has it."""
    counts = collections.Counter()
    for row in census["by_event"]:
        kind = next(kind for kind in ("id", "opcode", "message") if kind in row)
        counts[row["provider"], kind, row[kind], row["version"]] += row["count"]
    return counts


def reported_counts(stats):
    """The same from `etw stats --json`."""
    counts = collections.Counter()
    kinds = {"classic": ("opcode", "opcode"), "wpp": ("message", "id")}
    for provider in stats["providers"]:
        for row in provider["events"]:
            kind, key = kinds.get(row["class"], ("id", "id"))
            counts[common.guid(provider["guid"]), kind, row[key], row["version"]] += row["count"]
    return counts


def differences(expected, got):
    """Up to five differing keys as text; empty if the counters are equal."""
    keys = sorted(key for key in set(expected) | set(got) if expected.get(key) != got.get(key))
    lines = [f"{' '.join(map(str, key)) if isinstance(key, tuple) else key}: expected "
             f"{expected.get(key, 0)}, got {got.get(key, 0)}" for key in keys[:5]]
    if len(keys) > 5:
        lines.append(f"and {len(keys) - 5} more")
    return "; ".join(lines)


def lookup(values, path):
    """The value at a dotted path; raises KeyError if there is none."""
    for key in path.split("."):
        values = values[key]
    return values


def comparable(name, value):
    """A header value of `etw info` in the form of the census."""
    if name.endswith("_filetime"):
        return common.filetime(value) if value else 0
    if name == "clock":
        return CLOCKS.get(value, value)
    return value


def check_info(report, etw, path, name, census):
    """Compares the header values; returns how many."""
    info = common.run_json(etw, "info", "--json", path)
    for key, expected in census["header"].items():
        got = comparable(key, lookup(info, INFO_PATHS[key]))
        report.equal(expected, got, f"{name}: info {INFO_PATHS[key]}")
    for key, where in (("events", "events"), ("buffers", "buffers.found"), ("bytes", "file_size"),
                       ("compressed_buffers", "buffers.compressed")):
        report.equal(census[key], lookup(info, where), f"{name}: info {where}")
    for key, where in (("first_event_filetime", "first_event"),
                       ("last_event_filetime", "last_event")):
        report.equal(census[key], comparable(key, lookup(info, where)), f"{name}: info {where}")
    return len(census["header"])


def check_trace(report, etw, corpus, name):
    """Returns the row of the table."""
    census, path = corpus.census(name), corpus.trace(name)
    before = report.failed
    try:
        stats = common.run_json(etw, "stats", "--json", path)
        report.equal(census["events"], stats["events"], f"{name}: events")
        kinds = {kind: count for kind, count in stats["header_kinds"].items() if count}
        problem = differences(census["header_kinds"], kinds)
        report.check(not problem, f"{name}: header kinds", problem)
        expected, got = expected_counts(census), reported_counts(stats)
        problem = differences(expected, got)
        report.check(not problem, f"{name}: counts by event", problem)
        report.equal(0, stats["lost"]["corrupt_bytes"], f"{name}: corrupt bytes")
        header_values = check_info(report, etw, path, name, census)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        report.check(False, name, f"{type(error).__name__}: {error}")
        return [name, census["events"], 0, 0, 0, "FAIL"]
    verdict = "ok" if report.failed == before else "FAIL"
    return [name, census["events"], stats["events"], len(got), header_values, verdict]


def check_refused(report, etw, path, name):
    """A file that is no trace: a message and a failure, not a crash."""
    before = report.failed
    for command in ("stats", "dump", "info"):
        result = common.run(etw, command, path)
        report.check(result.returncode in (1, 3), f"{name}: {command} fails",
                     f"exit code {result.returncode}")
        report.check(bool(result.stderr.strip()), f"{name}: {command} says why", "no message")
        report.equal(b"", result.stdout, f"{name}: {command} prints nothing else")
    return [name, 0, 0, 0, 0, "ok" if report.failed == before else "FAIL"]


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    rows = []
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace"):
            rows.append(check_refused(report, arguments.etw, corpus.trace(name), name))
        else:
            rows.append(check_trace(report, arguments.etw, corpus, name))
    total = ["total", sum(row[1] for row in rows), sum(row[2] for row in rows), 0, 0, ""]
    common.table(rows + [total], ["trace", "census", "stats", "kinds", "header values", ""])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
