"""Every line of `etw dump` is strict JSON in strict UTF-8, in time order and has the shape that
docs/json.md describes. Of traces that are not too long jq says so too."""

import json
import re
import shutil
import subprocess
import sys

import common

JQ_LINES_MAX = 20_000  # of a trace that jq reads too; it takes longer than all else
LINES_WITH_PAIRS = 50  # one line in so many is also searched for keys written twice
MESSAGES_MAX = 5       # of one kind, for one trace

TOP = ["EventData", "UserData", "System", "ExtendedData", "Payload", "Trailing", "DecodeErrors"]
SYSTEM = ["Channel", "EventID", "Version", "EventType", "EventName", "Source", "Inferred",
          "EventGuid", "Correlation",
          "Execution", "Keywords", "Level", "Opcode", "Task", "Provider", "TimeCreated"]
SYSTEM_OPTIONAL = {"Version", "EventType", "EventName", "Source", "Inferred"}
EXTENDED = ["SID", "TerminalSessionID", "InstanceInfo", "StackTrace", "StackKey", "PebsIndex",
            "PmcCounters", "PsmKey", "EventKey", "ProcessStartKey", "ControlGuid", "ContainerId",
            "QpcDelta", "Unknown"]
NAMED = {"Value": int, "Name": str}
NESTED = {
    "Correlation": {"ActivityID": "guid", "RelatedActivityID": "guid"},
    "Execution": {"ProcessID": int, "ThreadID": int, "ProcessorTime": int, "ProcessorID": int,
                  "KernelTime": int, "UserTime": int},
    "Keywords": {"Mask": "mask", "Name": list},
    "Level": NAMED, "Opcode": NAMED, "Task": NAMED,
    "Provider": {"Guid": "guid", "Name": str},
    "TimeCreated": {"SystemTime": "time"},
}
NESTED_OPTIONAL = {"ProcessorTime"}
EXTENDED_ITEMS = {"StackTrace": ["MatchId", "Addresses"], "StackKey": ["MatchId", "Key"],
                  "Unknown": ["Type", "Data"]}
PATTERNS = {
    "guid": re.compile(r"\{[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}\}"),
    "mask": re.compile(r"0x[0-9A-F]{16}"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"),
    "bytes": re.compile(r"0x([0-9A-F]{2})+"),
}


class Strange(Exception):
    """A line that is not as documented."""


def refuse_constant(text):
    raise Strange(f"{text} is no JSON")


DECODER = json.JSONDecoder(parse_constant=refuse_constant)


def unique_pairs(pairs):
    """Keeps how often keys were written under a key that no schema uses."""
    result = dict(pairs)
    if len(result) != len(pairs):
        result["\0twice"] = True
    return result


def check_order(keys, documented, optional, where):
    position = -1
    for key in keys:
        if key not in documented:
            raise Strange(f"{where}: key {key!r} is not documented")
        if documented.index(key) <= position:
            raise Strange(f"{where}: key {key!r} is out of order")
        position = documented.index(key)
    missing = [key for key in documented if key not in keys and key not in optional]
    if missing:
        raise Strange(f"{where}: no {missing[0]!r}")


def check_type(value, wanted, where):
    if isinstance(wanted, str):
        if not isinstance(value, str) or not PATTERNS[wanted].fullmatch(value):
            raise Strange(f"{where}: {value!r} is no {wanted}")
    elif type(value) is not wanted:  # bool is no int here
        raise Strange(f"{where}: {value!r} is no {wanted.__name__}")


def check_system(system):
    check_order(list(system), SYSTEM, SYSTEM_OPTIONAL, "System")
    for name, wanted in (("Channel", str), ("EventID", int), ("EventGuid", "guid")):
        check_type(system[name], wanted, name)
    if system.get("Version") == 0:
        raise Strange("System: Version 0 is not left out")
    for name, members in NESTED.items():
        check_type(system[name], dict, name)
        check_order(list(system[name]), list(members), NESTED_OPTIONAL, name)
        for key, value in system[name].items():
            check_type(value, members[key], f"{name}.{key}")


def check_extended(extended):
    check_order(list(extended), EXTENDED, EXTENDED, "ExtendedData")
    if not extended:
        raise Strange("ExtendedData is empty")
    for name, members in EXTENDED_ITEMS.items():
        for item in extended.get(name, []):
            check_order(list(item), members, (), name)


def check_event(event):
    check_type(event, dict, "line")
    check_order(list(event), TOP, set(TOP) - {"System"}, "event")
    if "EventData" in event and "UserData" in event:
        raise Strange("EventData and UserData")
    check_system(event["System"])
    if "ExtendedData" in event:
        check_extended(event["ExtendedData"])
    for name in ("Payload", "Trailing"):
        if name in event:
            check_type(event[name], "bytes", name)
    for error in event.get("DecodeErrors", []):
        check_order(list(error), ["Property", "Offset", "Reason"], {"Property"}, "DecodeErrors")
    if "DecodeErrors" in event and len(event["DecodeErrors"]) != 1:
        raise Strange("not one DecodeErrors object")


def check_twice(line):
    """Only properties may have the same name twice."""
    event = json.loads(line, object_pairs_hook=unique_pairs)
    if "\0twice" in event or "\0twice" in event["System"]:
        raise Strange("a key is written twice")


class Trace:
    """What the lines of one trace amount to."""

    def __init__(self):
        self.lines = self.bytes = self.bad_json = self.bad_shape = self.backward = 0
        self.messages = []
        self.last_time = ""

    def complain(self, text):
        if len(self.messages) < MESSAGES_MAX:
            self.messages.append(f"line {self.lines}: {text}")

    def read(self, line):
        self.lines += 1
        self.bytes += len(line)
        try:
            if not line.endswith(b"\n"):
                raise Strange("no line feed")
            event = DECODER.decode(line.decode("utf-8", "strict"))
        except (ValueError, Strange) as error:
            self.bad_json += 1
            self.complain(str(error)[:200])
            return
        try:
            check_event(event)
            if self.lines % LINES_WITH_PAIRS == 1:
                check_twice(line)
        except (KeyError, Strange) as error:
            self.bad_shape += 1
            self.complain(str(error)[:200])
            return
        time = event["System"]["TimeCreated"]["SystemTime"]
        if time < self.last_time:
            self.backward += 1
            self.complain(f"time goes back from {self.last_time} to {time}")
        self.last_time = time


def jq_lines(jq, etw, path):
    """The number of lines that jq makes of a dump, and its exit code."""
    with subprocess.Popen([etw, "dump", path], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as source, \
            subprocess.Popen([jq, "-c", "."], stdin=source.stdout, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL) as process:
        source.stdout.close()
        count = sum(1 for _ in process.stdout)
    return count, process.returncode


def check_trace(report, etw, corpus, name, jq):
    """Returns the row of the table."""
    trace, events = Trace(), corpus.census(name)["events"]
    try:
        for line in common.dump_lines(etw, corpus.trace(name)):
            trace.read(line)
    except RuntimeError as error:
        report.check(False, name, str(error))
    ok = report.check(not trace.bad_json, f"{name}: strict JSON", f"{trace.bad_json} bad lines")
    ok &= report.check(not trace.bad_shape, f"{name}: documented shape",
                       f"{trace.bad_shape} lines")
    ok &= report.check(not trace.backward, f"{name}: time order", f"{trace.backward} times")
    ok &= report.equal(events, trace.lines, f"{name}: lines")
    for message in trace.messages:
        print(f"      {message}")
    if jq and events <= JQ_LINES_MAX:
        ok &= report.equal((events, 0), jq_lines(jq, etw, corpus.trace(name)), f"{name}: jq")
    return [name, trace.lines, trace.bytes, "ok" if ok else "FAIL"]


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--no-jq", action="store_true", help="do not run jq")
    arguments = parser.parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    jq = None if arguments.no_jq else shutil.which("jq")
    if not jq:
        print("SKIP: jq is not installed or not wanted: its check is left out")
    rows = [check_trace(report, arguments.etw, corpus, name, jq) for name in corpus.names()
            if not corpus.census(name).get("not_a_trace")]
    rows.append(["total", sum(row[1] for row in rows), sum(row[2] for row in rows), ""])
    common.table(rows, ["trace", "lines", "bytes", ""])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
