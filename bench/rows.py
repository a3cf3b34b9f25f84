"""The rows of the table: what is promised, what was measured, and whether the promise holds."""

from measure import ratio


class Row:
    def __init__(self, what, floor, aim, measured, holds, rates=("", ""), wall=None):
        self.what = what
        self.floor = floor
        self.aim = aim
        self.measured = measured
        self.holds = holds  # None: could not be measured.
        self.rates = rates  # M events/s, MB/s
        self.wall = wall    # The program whose wall time it is.


def rates(series, size=None):
    """M events/s and MB/s."""
    events = f"{series.events / series.median / 1e6:.1f}" if series.events else ""
    return events, f"{(size or series.bytes) / series.median / 1e6:,.0f}"


def nanoseconds(series):
    return 1e9 * series.median / series.events


def against(m, name, reference="sum"):
    """Bytes a second of one measurement over those of another, in the same rounds."""
    return ratio(m.series[name].rate(), m.series[reference].rate())


def faster(m, name, reference):
    """How many times as fast as another measurement of the same work."""
    return ratio(m.series[reference].seconds, m.series[name].seconds)


def level_1_rows(m):
    callback, batch = against(m, "level1.callback"), against(m, "level1.batch")
    yield Row("level 1, callback: bytes/s against summing the same bytes", "≥ 0.45",
              "0.63 (95 M events/s)", f"{callback:.2f}", callback >= 0.45,
              rates(m.series["level1.callback"]))
    yield Row("level 1, batch API", "≥ 0.55", "0.79 (113 M)", f"{batch:.2f}", batch >= 0.55,
              rates(m.series["level1.batch"]))


def level_2_row(m):
    callback = faster(m, "level2.callback", "level1.callback")
    batch = faster(m, "level2.batch", "level1.batch")
    return Row("level 2: rate against level 1, 50,400 schemas known", "≥ 0.50", "0.64 (60 M)",
               f"{callback:.2f} (batches: {batch:.2f})", callback >= 0.50,
               rates(m.series["level2.callback"]))


def level_3_row(m):
    series = m.series["level3.callback"]
    properties = m.values["properties"] / series.events
    limit = 20 + 3 * properties
    taken = nanoseconds(series)
    return Row("level 3: all offsets and sizes", "≤ 20 ns + 3 ns a property",
               "30 ns at 5.2 properties (33 M)",
               f"{taken:.1f} ns at {properties:.1f} properties; limit {limit:.1f} ns"
               f" (batches: {nanoseconds(m.series['level3.batch']):.1f} ns)",
               taken <= limit, rates(series))


def json_row(m, profile, what, floors, aim):
    name = f"json.{profile}"
    copied = against(m, name, "copy")
    peer = f"rapidjson.{profile}"
    times = against(m, name, peer) if peer in m.series else None
    measured = f"{copied:.2f}, " + (f"{times:.1f}× RapidJSON" if times else "no RapidJSON here")
    measured += f" ({nanoseconds(m.series[name]):.0f} ns," \
                f" {m.series[name].bytes / m.series[name].events:.0f} bytes an event)"
    holds = times and copied >= floors[0] and times >= floors[1]
    return Row(what, f"≥ {floors[0]:.2f}, ≥ {floors[1]}×", aim, measured, holds,
               rates(m.series[name]))


def pipe_row(m):
    compact, full = m.values["pipe.json-compact.ratio"], m.values["pipe.json.ratio"]
    wall = m.values["pipe.json-compact.dump"]
    return Row("`etw dump` into a pipe, 2 threads, against `cat` of the finished JSON (wall)",
               "≤ 1.4×", "1.15×", f"{compact:.2f}× compact, {full:.2f}× full", compact <= 1.4,
               ("", f"{m.values['pipe.json-compact.bytes'] / wall / 1e6:,.0f}"), wall="pipe")


def xpress_row(m):
    times, series = faster(m, "xpress", "xpress.plain"), m.series["xpress"]
    return Row("XPRESS decode: against a plain loop; output a core", "≥ 1.6×", "2.0–2.5 GB/s",
               f"{times:.2f}×, {series.bytes / series.median / 1e9:.2f} GB/s"
               f" ({series.bytes / m.values['xpress.packed']:.1f}:1)", times >= 1.6, rates(series))


def order_extra(m, name):
    """Nanoseconds an event."""
    by_time, by_file = m.series[f"order.{name}.time"], m.series[f"order.{name}.file"]
    return ratio([1e9 * (a - b) for a, b in zip(by_time.seconds, by_file.seconds)],
                 [by_time.events] * len(by_time.seconds))


def order_row(m):
    names = ("real8", "worst8", "worst64")
    extras = [order_extra(m, name) for name in names]
    learning = [order_extra(m, name + ".learning") for name in names]
    return Row("time order, extra per event: 8 real CPUs / 8 worst / 64 worst", "≤ 15/30/70 ns",
               "8/18/40",
               "/".join(f"{extra:.1f}" for extra in extras) + " ns (with schemas from the trace "
               + "/".join(f"{extra:.1f}" for extra in learning) + ")",
               all(extra <= limit for extra, limit in zip(extras, (15, 30, 70))),
               rates(m.series["order.real8.time"]))


def threads_row(m):
    def gain(name):
        return faster(m, f"threads.{name}.2", f"threads.{name}.1")

    def at_most(name):
        """The gain if both threads never waited: what other work on the machine hardly changes."""
        return 2 * faster(m, f"threads.{name}.2.cpu", f"threads.{name}.1.cpu")

    names = ("level2", "level3", "level4", "packed1", "packed4")
    measured = ", ".join(f"{name} {gain(name):.2f}" for name in names) + f" / {gain('level1'):.2f}"
    bounds = ", ".join(f"{at_most(name):.2f}" for name in names) + f" / {at_most('level1'):.2f}"
    return Row("2 threads against 1: levels 2–4 and compressed / level 1 with reading (wall)",
               "≥ 1.6 / 1.3", "1.85 / 1.7", f"{measured} (by processor time at most {bounds})",
               min(map(gain, names)) >= 1.6 and gain("level1") >= 1.3,
               rates(m.series["threads.level4.2"]), wall="bench_threads")


def memory_row(m):
    kinds = ("plain", "packed", "quiet")

    def most(size, names):
        return max(m.values[f"rss.{kind}.{size}.{name}"] for kind in kinds for name in names)

    low, high = ("level1", "level2", "level3"), ("level4", "dump")
    growth, where = max((m.values[f"rss.{kind}.big.{name}"] - m.values[f"rss.{kind}.small.{name}"],
                         f"{kind}, {name}") for kind in kinds for name in low + high)
    return Row("peak RSS, equal within 4 MiB from 10 MB to 1 GiB: levels 1–3 / level 4 with"
               " 2 threads", "≤ 24 / 64 MiB", "10 / 32",
               f"{most('big', low):.1f} / {most('big', high):.1f} MiB, at most {growth:+.1f} MiB from"
               f" the smaller to the larger ({where})", most("big", low) <= 24 and most("big", high) <= 64
               and growth <= 4)


def start_row(m):
    known = m.values["start.known"]
    source = "a pack" if m.values["start.pack"] else "manifests"
    return Row("process start to first event, 50,400 schemas known (wall)", "≤ 3 ms", "< 1 ms",
               f"{known:.1f} ms with {source} ({m.values['start.none']:.1f} ms without,"
               f" `echo` {m.values['start.echo']:.1f} ms)", known <= 3, wall="start")


def allocation_row(m):
    allocations = max(value for name, value in m.values.items() if name.startswith("alloc."))
    writes = m.values["pipe.json-compact.writes"]
    units = m.values["pipe.json-compact.bytes"] / 65536
    # Memory for buffers that are fuller than those before them is none of the events' business.
    return Row("mallocs per event; write calls", "0; ≤ 1 per 64 KiB", "",
               f"{allocations:.5f}; {writes / units:.2f} per 64 KiB",
               allocations < 5e-4 and writes <= units)


def babeltrace_row(m):
    what = "babeltrace2 (Debian) on a CTF trace of the same events: decode / text"
    if "ctf.events" not in m.values:
        return Row(what, "≥ 8× / 12×", "17× / 30×", "babeltrace2 is not here", None)
    decode, lines = m.values["ctf.decode.ratio"], m.values["ctf.compact.ratio"]
    return Row(what, "≥ 8× / 12×", "17× / 30×",
               f"{decode:.1f}× / {lines:.1f}× compact JSON ({m.values['ctf.json.ratio']:.1f}× full,"
               f" {m.values['ctf.text.ratio']:.1f}× `-o text`)",
               decode >= 8 and lines >= 12,
               (f"{m.values['ctf.events'] / m.values['ctf.decode'] / 1e6:.1f}", ""))


def filter_row(m):
    series = m.series["level1.filter"]
    kept = 100 * m.values["kept"] / series.events
    cost = 1 / faster(m, "level1.filter", "level1.callback")
    return Row(f"(beside the table) a filter on the header that keeps {kept:.1f} %, against"
               " level 1", "≤ 1.2×", "", f"{cost:.2f}×", cost <= 1.2, rates(series))


def all_rows(m):
    yield from level_1_rows(m)
    yield level_2_row(m)
    yield level_3_row(m)
    yield json_row(m, "compact", "level 4, compact JSON: output bytes against memcpy, and against"
                   " RapidJSON writing the same lines from a ready tree", (0.12, 2),
                   "0.20, 2.8× (10 M events/s)")
    yield json_row(m, "full", "level 4, the seed's JSON shape", (0.22, 3.5), "0.35, 5× (7 M)")
    yield pipe_row(m)
    yield xpress_row(m)
    yield order_row(m)
    yield threads_row(m)
    yield memory_row(m)
    yield start_row(m)
    yield allocation_row(m)
    yield babeltrace_row(m)
    yield filter_row(m)
