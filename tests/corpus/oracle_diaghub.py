"""Two views of PerfView on a diagnostic session whose four traces it reads as one: the names of all
events in merged order, and some events with all their fields."""

import collections
import html
import itertools
import json
import re

import common
import perfview_names
from agreement import Agreement, Difference, Oracle

TRACES = ("perfview-diaghub", "perfview-diaghub.kernel.1", "perfview-diaghub.user_injected.1",
          "perfview-diaghub.user_paged.1")
DIVERGENCES_SHOWN = 5
ATTRIBUTE = re.compile(r'(\w+)=\s*"([^"]*)"')
ACTIVITY_EVENTS = (23, 24, 25, 26)  # Activity1Start, Activity2Start, Activity2Stop, Activity1Stop
KINDS_OF_NAME = 2  # "EventName" is both an attribute of the event and one of its fields


class Entry:
    """One event of the session: when by its trace's clock, when by the machine's, its name."""

    def __init__(self, event, offset):
        self.time = common.event_time(event)
        self.ticks = self.time - offset
        self.name = perfview_names.name(event)


def clock_offset(path):
    """What to subtract from a FILETIME to get raw ticks; the clock runs at 10 MHz."""
    first, frequency, start_time = common.trace_clock(path)
    if frequency != 10_000_000:
        raise ValueError(f"{path}: ticks of {frequency} Hz are not expected")
    return start_time - first


# ---- names ---------------------------------------------------------------------------------------


def read_names(corpus):
    with open(corpus.oracle("perfview-diaghub.names.txt"), encoding="utf-8-sig") as file:
        return [line.strip() for line in file if line.strip()]


def groups(names, entries):
    """Cuts both lists where the ticks change; equal ticks have no defined order."""
    position = 0
    for _, group in itertools.groupby(entries, key=lambda entry: entry.ticks):
        mine = [entry.name for entry in group]
        yield names[position:position + len(mine)], mine
        position += len(mine)


def compare_order(agreement, names, entries):
    """Position by position, by the machine's clock."""
    tied = 0
    for theirs, mine in groups(names, entries):
        same_set = collections.Counter(theirs) == collections.Counter(mine)
        for index, name in enumerate(mine):
            expected = theirs[index] if index < len(theirs) else None
            tied += same_set and expected != name
            agreement.add("lines", [] if same_set or expected == name else
                          [Difference("line", "order", "name", expected, name)])
    agreement.note(f"{len(names) - tied:,} of {len(names):,} names at their very position by raw "
                   f"ticks; {tied:,} elsewhere among events of the same tick, whose order is open")


def compare_counts(agreement, names, entries):
    expected = collections.Counter(names)
    got = collections.Counter(entry.name for entry in entries)
    for name in sorted(expected | got):
        same = expected[name] == got[name]
        agreement.add("counts", [] if same else [Difference("count", name, "events", expected[name],
                                                            got[name])])


def note_direct_order(agreement, names, merged):
    """How far the merged dump, which goes by each trace's own clock, agrees as it is."""
    pairs = list(zip(names, merged))
    equal = sum(name == got for name, got in pairs)
    agreement.note(f"the merged dump as it is: {equal:,} of {len(names):,} names at their very "
                   f"position ({equal / len(names):.2%})")
    divergent = (index for index, (name, got) in enumerate(pairs) if name != got)
    for index in itertools.islice(divergent, DIVERGENCES_SHOWN):
        agreement.note(f"first divergences: position {index}: expected {names[index]}, "
                       f"got {merged[index]}")


def check_merge(agreement, etw, paths, singles):
    """The merged dump must be the stable merge of the single ones. Returns its names."""
    expected = sorted((pair for single in singles for pair in single), key=lambda pair: pair[0])
    names, index = [], 0
    for index, line in enumerate(common.dump_lines(etw, *paths), 1):
        event = json.loads(line)
        name = perfview_names.name(event)
        if name is not None:
            names.append(name)
        want = expected[index - 1] if index <= len(expected) else None
        got = common.event_time(event), hash(line)
        if want != got:
            agreement.add("counts", [Difference("count", "merged dump", "stable merge",
                                                want, got, event)])
            agreement.note(f"the merged dump differs from the merge of the single dumps at line "
                           f"{index}")
            return names
    same = index == len(expected)
    agreement.add("counts", [] if same else [Difference("count", "merged dump", "lines",
                                                        len(expected), index)])
    return names


def compare_names(etw, corpus):
    agreement = Agreement("diaghub names")
    names, entries, singles = read_names(corpus), [], []
    paths = [corpus.trace(name) for name in TRACES]
    hidden = 0
    for path in paths:
        offset, single = clock_offset(path), []
        for line in common.dump_lines(etw, path):
            entry = Entry(json.loads(line), offset)
            single.append((entry.time, hash(line)))
            if entry.name is None:
                hidden += 1
            else:
                entries.append(entry)
        singles.append(single)
    entries.sort(key=lambda entry: entry.ticks)
    agreement.note(f"{hidden:,} events that PerfView hides (IL-to-native maps) are left out")
    compare_order(agreement, names, entries)
    compare_counts(agreement, names, entries)
    note_direct_order(agreement, names, check_merge(agreement, etw, paths, singles))
    return agreement


# ---- events --------------------------------------------------------------------------------------


def read_events(corpus):
    """The attributes of each event, and its fields, both as (name -> text)."""
    with open(corpus.oracle("perfview-diaghub.events.txt"), encoding="utf-8-sig") as file:
        for line in file:
            pairs = [(name, html.unescape(text)) for name, text in ATTRIBUTE.findall(line)]
            if not pairs:
                continue
            split = [name for name, _ in pairs].index("ProviderName") + 1
            yield dict(pairs[:split]), dict(pairs[split:])


def arguments_text(value):
    """An array of {Key, Value} as PerfView prints it."""
    if not isinstance(value, list):
        return value
    items = []
    for item in value:
        key, text = list(item.values())[:KINDS_OF_NAME]
        items.append(f'{key}->"{text}"')
    return "[" + ",".join(items) + "]"


def field_text(value):
    if isinstance(value, list):
        value = arguments_text(value)
    return str(value).replace("\r", "\\r").replace("\n", "\\n")


def compare_header(attributes, event, milliseconds):
    """The parts of the line that differ."""
    system = event["System"]
    execution = system["Execution"]
    activity = common.guid(system["Correlation"]["ActivityID"]).replace("-", "")
    pairs = (
        ("MSec", attributes["MSec"].strip(), milliseconds),
        ("PID", attributes["PID"], str(execution["ProcessID"])),
        ("TID", attributes["TID"], str(execution["ThreadID"])),
        ("ActivityID", attributes.get("ActivityID", "0" * 32), activity),
        ("ProviderName", attributes["ProviderName"], system["Provider"]["Name"]),
        ("name", attributes["EventName"], perfview_names.name(event)),
    )
    return [Difference("line", attributes["EventName"], name, expected, got, event)
            for name, expected, got in pairs if expected != got]


def compare_events(etw, corpus):
    agreement = Agreement("diaghub events")
    trace = corpus.trace(TRACES[-1])
    offset = clock_offset(trace)
    start = common.trace_clock(corpus.trace(TRACES[0]))[0]
    got = [event for event in common.dump(etw, trace)
           if perfview_names.identity(event)[0] == perfview_names.DIAGNOSTIC_SOURCE
           and event["System"]["EventID"] in ACTIVITY_EVENTS]
    expected = list(read_events(corpus))
    same = len(expected) == len(got)
    agreement.add("counts", [] if same else [Difference("count", "activities", "events",
                                                        len(expected), len(got))])
    for (attributes, fields), event in zip(expected, got):
        ticks = common.event_time(event) - offset - start
        milliseconds = f"{ticks // 10000}.{ticks % 10000:04}"
        agreement.add("lines", compare_header(attributes, event, milliseconds))
        values = common.properties(event)
        for name, text in fields.items():
            value = field_text(values[name]) if name in values else None
            agreement.add("fields", [] if value == text else
                          [Difference("field", attributes["EventName"], name, text, value, event)])
    return agreement


ORACLES = [Oracle("diaghub-names", compare_names), Oracle("diaghub-events", compare_events)]
