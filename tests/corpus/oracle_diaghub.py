"""Two views of PerfView on a diagnostic session whose four traces it reads as one: the names of all
events in merged order, and some events with all their fields."""

import collections
import html
import itertools
import json
import re

import common
import perfview_names
from agreement import Agreement, Difference, Oracle, Rule

TRACES = ("perfview-diaghub", "perfview-diaghub.kernel.1", "perfview-diaghub.user_injected.1",
          "perfview-diaghub.user_paged.1")
DIVERGENCES_SHOWN = 5
ATTRIBUTE = re.compile(r'(\w+)=\s*"([^"]*)"')
ACTIVITY_EVENTS = (23, 24, 25, 26)  # Activity1Start, Activity2Start, Activity2Stop, Activity1Stop
CARRIAGE_RETURN = "\\r"


class Entry:
    """One event of the session: when by the machine's clock, its name, and what tells it apart.
    Its properties may differ between dumps: a trace describes events of the traces beside it."""

    def __init__(self, line, offset, trace=None):
        event = json.loads(line)
        self.trace = trace
        self.ticks = common.event_time(event) - offset
        self.name = perfview_names.name(event)
        system = event["System"]
        self.rest = hash((perfview_names.identity(event), *system["Execution"].values(),
                          *system["Correlation"].values(), system["Keywords"]["Mask"]))


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
    """Cuts both lists where the ticks change: the order of equal ticks is open between traces."""
    position = 0
    for _, group in itertools.groupby(entries, key=lambda entry: entry.ticks):
        mine = list(group)
        yield names[position:position + len(mine)], mine
        position += len(mine)


def is_interleaving(names, entries):
    """True if the names are those of the entries, and every trace keeps its own order."""
    if len(names) != len(entries):
        return False
    by_trace = collections.defaultdict(list)
    for entry in entries:
        by_trace[entry.trace].append(entry.name)
    sequences = list(by_trace.values())
    states = {(0,) * len(sequences)}  # how much of each sequence may have been used
    for name in names:
        states = {state[:i] + (state[i] + 1,) + state[i + 1:]
                  for state in states for i, sequence in enumerate(sequences)
                  if state[i] < len(sequence) and sequence[state[i]] == name}
    return bool(states)


def compare_order(agreement, names, entries):
    """Position by position, by the machine's clock."""
    moved = 0
    for theirs, mine in groups(names, entries):
        equal = theirs == [entry.name for entry in mine]
        interleaved = equal or is_interleaving(theirs, mine)
        for index, entry in enumerate(mine):
            expected = theirs[index] if index < len(theirs) else None
            moved += interleaved and expected != entry.name
            agreement.add("lines", [] if interleaved or expected == entry.name else
                          [Difference("line", "order", "name", expected, entry.name)])
    agreement.note(f"{len(names) - moved:,} of {len(names):,} names at their very position; "
                   f"{moved:,} at the same tick as events of other traces, between which the order "
                   f"is open (within each trace it is equal)")


def compare_counts(agreement, names, entries):
    expected = collections.Counter(names)
    got = collections.Counter(entry.name for entry in entries)
    for name in sorted(expected | got):
        same = expected[name] == got[name]
        agreement.add("counts", [] if same else [Difference("count", name, "events", expected[name],
                                                            got[name])])


def note_divergences(agreement, names, mine):
    divergent = (index for index, pair in enumerate(zip(names, mine)) if pair[0] != pair[1])
    for index in itertools.islice(divergent, DIVERGENCES_SHOWN):
        agreement.note(f"first divergences: position {index}: expected {names[index]}, "
                       f"got {mine[index]}")


def check_merge(agreement, merged, expected):
    """The merged dump must be the stable merge of the single ones by the machine's clock. Tells its
    events which trace they come from."""
    for index, (got, want) in enumerate(itertools.zip_longest(merged, expected)):
        if not got or not want or (got.ticks, got.rest) != (want.ticks, want.rest):
            agreement.note(f"the merged dump differs from the merge of the single dumps at line "
                           f"{index + 1}")
            agreement.add("counts", [Difference(
                "count", "merged dump", "stable merge", want and f"{want.name} at {want.ticks}",
                got and f"{got.name} at {got.ticks}")])
            return
        got.trace = want.trace
    agreement.add("counts", [])


def read_entries(etw, paths, offset, trace=None):
    return [Entry(line, offset, trace) for line in common.dump_lines(etw, *paths)]


def compare_names(etw, corpus):
    agreement = Agreement("diaghub names")
    names = read_names(corpus)
    paths = [corpus.trace(name) for name in TRACES]
    # Traces of one machine and boot share the clock of the first one when they are read together.
    merged = read_entries(etw, paths, clock_offset(paths[0]))
    singles = [read_entries(etw, [path], clock_offset(path), path) for path in paths]
    expected = sorted(itertools.chain.from_iterable(singles), key=lambda entry: entry.ticks)
    check_merge(agreement, merged, expected)
    listed = [entry for entry in merged if entry.name is not None]
    agreement.note(f"{len(merged) - len(listed):,} events that PerfView hides (IL-to-native maps) "
                   f"are left out")
    compare_order(agreement, names, listed)
    compare_counts(agreement, names, listed)
    note_divergences(agreement, names, [entry.name for entry in listed])
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
        key, text = list(item.values())[:2]
        items.append(f'{key}->"{text}"')
    return "[" + ",".join(items) + "]"


def field_text(value):
    if isinstance(value, list):
        value = arguments_text(value)
    return str(value).replace("\r", CARRIAGE_RETURN).replace("\n", "\\n")


def is_carriage_return(difference):
    return (difference.kind == "field" and isinstance(difference.got, str)
            and difference.got.replace(CARRIAGE_RETURN, "") == difference.expected)


EVENT_RULES = [Rule("PerfView leaves carriage returns out (checked)", is_carriage_return)]


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
    agreement = Agreement("diaghub events", EVENT_RULES)
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
