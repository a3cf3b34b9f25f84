"""PerfView baselines: the first five events of every kind with their fields, and counts."""

import collections
import difflib
import re

import common
import perfview_rules
import perfview_values
from agreement import Agreement, Difference, Oracle
from perfview_names import identity, name as short_name

LINE = re.compile(r"EVENT (-?[\d,]+)\.(\d{3}): (.*?) PID=(-?\d+); TID=(-?\d+); PName=.*?; "
                  r"ProceNum=(\d+); DataLen=(\d+); (.*)")
COUNT = re.compile(r"COUNT (.*):(\d+)")
TICKS_PER_MICROSECOND = 10
KERNEL_PROVIDERS = ("Windows Kernel/", "KernelTraceControl/", "MSNT_SystemTrace/")


class Line:
    """One EVENT line."""

    def __init__(self, match):
        thousands, fraction, self.name, pid, tid, cpu, length, fields = match.groups()
        self.microseconds = int(thousands.replace(",", "") + fraction)
        self.process_id, self.thread_id = int(pid), int(tid)
        self.processor, self.data_length = int(cpu), int(length)
        self.fields = perfview_values.split_fields(fields)
        self.event = None

    @property
    def short_name(self):
        """Without the provider: Task/Opcode."""
        return self.name.partition("/")[2]


def read_baseline(path):
    lines, counts = [], {}
    with open(path, encoding="utf-8-sig") as file:
        for text in file:
            match = LINE.match(text)
            count = COUNT.match(text)
            if match:
                lines.append(Line(match))
            elif count:
                counts[count[1]] = int(count[2])
            elif text.strip():
                raise ValueError(f"{path}: line not understood: {text[:100]}")
    return lines, counts


class Dump:
    """What the comparison needs of a dump: counts of all kinds, events at the wanted times."""

    def __init__(self, etw, path, wanted, options):
        self.counts = collections.Counter()
        self.hidden = collections.Counter()
        self.names = {}
        self.at = collections.defaultdict(list)
        start = None
        for event in common.dump(etw, *options, path):
            time = common.event_time(event)
            start = time if start is None else start
            key = identity(event)
            self.counts[key] += 1
            if key not in self.names:
                self.names[key] = short_name(event)
            self.hidden[key] += perfview_values.is_hidden(event)
            for microseconds in near(time - start):
                if microseconds in wanted:
                    self.at[microseconds].append(event)


def near(ticks):
    """The microseconds to which PerfView may have rounded a time."""
    below = ticks // TICKS_PER_MICROSECOND
    rest = ticks % TICKS_PER_MICROSECOND
    half = TICKS_PER_MICROSECOND // 2
    return (below,) if rest < half else (below + 1,) if rest > half else (below, below + 1)


def payload_length(event):
    """The length of the payload where the JSON shows it: undecoded events, and empty ones."""
    if "Payload" in event and "DecodeErrors" not in event:
        return len(event["Payload"]) // 2 - 1
    if "Payload" not in event and not common.properties(event) and "Trailing" not in event:
        return 0
    return None


def fits(line, event):
    length = payload_length(event)
    provider = event["System"]["Provider"]["Name"]
    if line.name.startswith(KERNEL_PROVIDERS):
        if not common.is_classic(event):
            return False
    elif provider and not line.name.startswith(provider + "/"):
        return False
    return (event["System"]["Execution"]["ProcessorID"] == line.processor
            and length in (None, line.data_length))


def alike(name, line):
    """How much a name resembles that of a line; PerfView abbreviates names of the runtime."""
    mine, theirs = name.rpartition("/")[2], line.short_name.rpartition("/")[2]
    mine = mine.replace("Begin", "Start").replace("End", "Stop")
    return round(difflib.SequenceMatcher(None, mine, theirs, autojunk=False).ratio(), 1)


def find_event(line, candidates):
    """The event of a line: by time and processor, then by name, ids and fields."""
    fitting = [event for event in candidates if fits(line, event)]

    def likeness(event):
        execution = event["System"]["Execution"]
        fields = perfview_values.equal_fields(line.fields, common.properties(event))
        return (short_name(event) == line.short_name, alike(short_name(event), line), fields,
                execution["ProcessID"] == line.process_id,
                execution["ThreadID"] == line.thread_id)

    best = max(fitting, key=likeness, default=None)
    if best is not None:
        candidates.remove(best)
    return best


def match_lines(lines, dump):
    """Lines whose name is found first: what they take is not open to the others."""
    def named(line):
        return any(short_name(event) == line.short_name for event in dump.at[line.microseconds])

    for line in sorted(lines, key=named, reverse=True):
        line.event = find_event(line, dump.at[line.microseconds])


def header_differences(line):
    event = line.event
    if event is None:
        return [Difference("line", line.name, "event", f"at {line.microseconds} us", None)]
    execution = event["System"]["Execution"]
    pairs = [("PID", line.process_id, execution["ProcessID"]),
             ("TID", line.thread_id, execution["ThreadID"])]
    if not line.name.startswith(perfview_rules.RUNTIME) and event["System"]["Provider"]["Name"]:
        pairs.append(("name", line.short_name, short_name(event)))
    return [Difference("line", line.name, field, expected, got, event)
            for field, expected, got in pairs if expected != got]


def compare_fields(agreement, line):
    """Every field that PerfView prints, if the event has a schema."""
    values = perfview_values.fold(common.properties(line.event))
    for field, expected in line.fields.items():
        got = perfview_values.find(values, field)
        same = got is not None and perfview_values.equal(expected, got)
        agreement.add("fields", [] if same else
                      [Difference("field", line.name, field, expected, got, line.event)])


def learn_kinds(agreement, lines):
    """Which of our kinds of events carries which name, as the matched lines say. A kind must not
    carry two names."""
    kinds, names_of = collections.defaultdict(set), {}
    for line in lines:
        if line.event is None:
            continue
        key = identity(line.event)
        known = names_of.setdefault(key, line.name)
        if known != line.name:
            agreement.add("lines", [Difference("line", line.name, "kind", known, str(key),
                                               line.event)])
        kinds[line.name].add(key)
    return kinds


def compare_counts(agreement, counts, kinds, dump):
    for name, expected in sorted(counts.items()):
        got = sum(dump.counts[key] for key in kinds[name])
        hidden = sum(dump.hidden[key] for key in kinds[name])
        agreement.add("counts", [] if got == expected else
                      [Difference("count", name, "events", expected, got, hidden)])
    named = set().union(*kinds.values()) if kinds else set()
    for key, count in sorted(dump.counts.items()):
        if key not in named:
            agreement.add("counts", [Difference("count", "/".join(map(str, key)), "unnamed",
                                                0, count, dump.names[key])])


def compare(etw, corpus, name, title, options):
    agreement = Agreement(title, perfview_rules.RULES)
    lines, counts = read_baseline(corpus.oracle(name + ".baseline.txt"))
    dump = Dump(etw, corpus.trace(name), {line.microseconds for line in lines}, options)
    match_lines(lines, dump)
    lengths = without_schema = 0
    for line in lines:
        agreement.add("lines", header_differences(line))
        if line.event is None:
            continue
        lengths += payload_length(line.event) is not None
        if perfview_values.has_schema(line.event):
            compare_fields(agreement, line)
        else:
            without_schema += 1
    agreement.note(f"time, processor and, for {lengths} lines that show it, payload length are "
                   f"what finds the event of a line")
    agreement.note("names of the runtime's events are PerfView's own: each must always mean the "
                   "same kind of event, and counts go by that")
    if without_schema:
        agreement.note(f"{without_schema} lines have no fields to compare: nothing describes these "
                       f"events")
    compare_counts(agreement, counts, learn_kinds(agreement, lines), dump)
    return agreement


def oracle(name):
    return Oracle(name, lambda etw, corpus: compare(etw, corpus, name, name, ()))


def oracle_with_manifests(name):
    """The same with the manifests that lie beside the traces: then the runtime has fields too."""
    title = name + "+manifests"
    return Oracle(title, lambda etw, corpus: compare(
        etw, corpus, name, title, ("--schema", corpus.root / "schemas")))


RUNTIME_TRACES = ("perfview-gcevents", "perfview-net.4.5.2.x86", "perfview-net45-x86")
ORACLES = [oracle(name) for name in ("perfview-primitive-types", *RUNTIME_TRACES)]
ORACLES += [oracle_with_manifests(name) for name in RUNTIME_TRACES]
