"""Sawbuck's expected values: image and process events that a program wrote by itself."""

import json

import common
from agreement import Agreement, Difference, Oracle
from perfview_names import IMAGE, PROCESS

LOADED, UNLOAD, LOAD = 3, 2, 10
START, END, DC_START, DC_END = 1, 2, 3, 4

# Field of the oracle -> names of the property, any of which will do.
IMAGE_FIELDS = {
    "base": ("ImageBase", "BaseAddress"), "size": ("ImageSize", "ModuleSize"),
    "checksum": ("ImageChecksum", "ImageCheckSum"), "timestamp": ("TimeDateStamp",),
    "file": ("FileName", "ImageFileName"),
}
PROCESS_FIELDS = {
    "pid": ("ProcessId",), "ppid": ("ParentId",), "session": ("SessionId",), "sid": ("UserSID",),
    "image": ("ImageFileName",), "cmd": ("CommandLine",),
}
FIELDS_BY_VERSION = {
    ("image", 0): ("base", "size", "file"),
    ("image", 1): ("base", "size", "file"),
    ("image", 2): ("base", "size", "checksum", "timestamp", "file"),
    ("process", 1): ("pid", "ppid", "session", "sid", "image"),
    ("process", 2): ("pid", "ppid", "session", "sid", "image", "cmd"),
    ("process", 3): ("pid", "ppid", "session", "sid", "image", "cmd"),
}


def expected_events(kind, version, data):
    """(type, values) in the order in which the program wrote them."""
    if kind == "image":
        modules = data["modules"]
        return ([(LOADED, module) for module in modules]
                + [(UNLOAD, modules[0]), (LOAD, modules[0])])
    processes = data["processes"]
    running, last = processes[:-1], processes[-1]
    if version == 1:
        return [(START, last), (END, last)]
    return ([(DC_START, process) for process in running] + [(START, last), (END, last)]
            + [(DC_END, process) for process in running])


def number(value):
    """Pointers come as "0x…", the oracle has plain numbers."""
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    return value


def find(values, names):
    """A property by one of its names, whatever the case."""
    folded = {key.lower(): value for key, value in values.items()}
    return next((folded[name.lower()] for name in names if name.lower() in folded), None)


def compare_event(agreement, name, expected, got, fields, names):
    kind, values = expected
    event_type = got["System"]["EventID"]
    line = [] if event_type == kind else [Difference("line", name, "type", kind, event_type, got)]
    agreement.add("lines", line)
    decoded = common.properties(got)
    for field in fields:
        value = number(find(decoded, names[field]))
        same = value == values[field]
        agreement.add("fields", [] if same else [Difference("field", name, field, values[field],
                                                            value, got)])


def compare_trace(agreement, etw, corpus, name, data):
    kind = "image" if "-image-" in name else "process"
    version = int(name[-1])
    class_guid = IMAGE if kind == "image" else PROCESS
    got = [event for event in common.dump(etw, corpus.trace(name))
           if common.guid(event["System"]["EventGuid"]) == class_guid]
    expected = expected_events(kind, version, data)
    same = len(expected) == len(got)
    agreement.add("counts", [] if same else [Difference("count", name, "events", len(expected),
                                                        len(got))])
    names = IMAGE_FIELDS if kind == "image" else PROCESS_FIELDS
    for want, event in zip(expected, got):
        compare_event(agreement, name, want, event, FIELDS_BY_VERSION[kind, version], names)


def compare(etw, corpus):
    agreement = Agreement("sawbuck expected values")
    with open(corpus.oracle("sawbuck.expected.json"), encoding="utf-8") as file:
        data = json.load(file)
    for name in corpus.names():
        if not name.startswith("sawbuck-"):
            continue
        if name in common.MISLABELLED:
            for _ in common.dump(etw, corpus.trace(name)):  # it must not crash
                pass
            agreement.note(f"{name}: read, not compared (64-bit payloads marked as 32-bit)")
        else:
            compare_trace(agreement, etw, corpus, name, data)
    return agreement


ORACLES = [Oracle("sawbuck", compare)]
