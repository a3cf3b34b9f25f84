"""Values as PerfView prints them, beside the JSON values of `etw dump`."""

import datetime
import re
import struct

import common

CUT = "..."       # PerfView cuts texts at 20 characters and adds this
CUT_LENGTH = 20
FIELD = re.compile(r"(?:^|; )([A-Za-z]\w*)=")
TIME = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?")
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")
IN_DPC_OR_ISR = 3  # bits of a sample that its class calls reserved
METHOD_LOAD_VERBOSE = ("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4", 143)
METHOD_FLAGS_OFFSET = 32  # behind three addresses of 8 bytes, size and token
DYNAMIC_OR_JITTED = 1 | 8
SAMPLED_PROFILE = ("ce1dbfb4-137e-4da6-87b0-3f59aa102cbc", 46)

# Field of PerfView -> names of the property, where they differ in more than case.
ALIASES = {
    "Irp": ("IrpPtr",), "FileKey": ("FileObject",), "context": ("PID",),
    "GuidSig": ("Signature",), "SampleSource": ("Source",),
    "PageDirectoryBase": ("DirectoryTableBase",), "MemoryCount": ("PageFaultCount",),
    "SessionName": ("SessionNameString",), "LogFileName": ("LogFileNameString",),
    "Value": ("VolumeName",), "IrpPtr": ("Irp",), "FileAttributes": ("CreateAttributes",),
}


def split_fields(text):
    """`a=1; b=2; ` as a dictionary; texts may hold "; " if no name follows."""
    matches = list(FIELD.finditer(text))
    fields = {}
    for match, following in zip(matches, matches[1:] + [None]):
        end = following.start() if following else len(text.rstrip("\n"))
        value = text[match.end():end]
        if not following and value.endswith("; "):
            value = value[:-2]
        fields[match[1]] = value
    return fields


def has_schema(event):
    return "EventData" in event or "UserData" in event


def is_idle(event):
    """A profile sample of the idle thread outside of DPCs and interrupts: PerfView drops these."""
    system = event["System"]
    if (common.guid(system["EventGuid"]), system["EventID"]) != SAMPLED_PROFILE:
        return False
    values = common.properties(event)
    return values.get("ThreadId") == 0 and not values.get("Reserved", 0) & IN_DPC_OR_ISR


def is_precompiled_method(event):
    """A method of the runtime that is loaded but was neither compiled just now nor is dynamic:
    PerfView reads these for its tables only. Without a schema, the flags are in the payload."""
    system = event["System"]
    if (common.guid(system["Provider"]["Guid"]), system["EventID"]) != METHOD_LOAD_VERBOSE:
        return False
    flags = common.properties(event).get("MethodFlags")
    if flags is None:
        payload = bytes.fromhex(event["Payload"][2:])
        return not struct.unpack_from("<I", payload, METHOD_FLAGS_OFFSET)[0] & DYNAMIC_OR_JITTED
    return not (isinstance(flags, str) and re.search(r"\b(Dynamic|Jitted)\b", flags))


def is_hidden(event):
    return is_idle(event) or is_precompiled_method(event)


def properties_of(event):
    """The properties of an event, or of none."""
    return common.properties(event) if isinstance(event, dict) else {}


def fold(values):
    """Properties by lower-case name."""
    return {name.lower(): value for name, value in values.items()}


def find(folded, field):
    """The property that a field of PerfView shows, or None."""
    for name in (*ALIASES.get(field, ()), field):
        if name.lower() in folded:
            return folded[name.lower()]
    return None


def equal_fields(fields, values):
    """How many fields have an equal property."""
    folded = fold(values)
    pairs = ((text, find(folded, field)) for field, text in fields.items())
    return sum(got is not None and equal(text, got) for text, got in pairs)


def parse_number(text):
    """An integer that PerfView printed in decimal or hexadecimal, or None."""
    if re.fullmatch(r"0x[0-9a-fA-F]+", text):
        return int(text, 16)
    if NUMBER.fullmatch(text) and "." not in text:
        return int(text.replace(",", ""))
    return None


def json_number(value):
    """A number, whether JSON has it as number or as "0x…" text; or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"0x[0-9A-F]{1,16}", value):
        return int(value, 16)
    return None


def time_ticks(text):
    """(FILETIME, ticks of one unit of its last digit) of `yy/mm/dd HH:MM:SS.ff...`, or None."""
    match = TIME.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    year += 2000 if year < 70 else 1900
    stamp = datetime.datetime(year, month, day, hour, minute, second)
    fraction = (match[7] or ".")[1:].ljust(7, "0")[:7]
    seconds = (stamp - datetime.datetime(1601, 1, 1)) // datetime.timedelta(seconds=1)
    unit = 10 ** (7 - len((match[7] or ".")[1:]))
    return seconds * 10_000_000 + int(fraction), unit


def equal_text(expected, got):
    if expected.endswith(CUT) and len(expected) >= CUT_LENGTH:
        return got.startswith(expected[:-len(CUT)])
    return expected == got


def equal(expected, got):
    """True if the text of PerfView shows the JSON value."""
    if isinstance(got, bool):
        return expected == str(got)
    number, mine = parse_number(expected), json_number(got)
    if number is not None and mine is not None:
        return number == mine
    if isinstance(got, (int, float)):
        return expected == str(got)
    if not isinstance(got, str):
        return False
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", got):
        ticks = time_ticks(expected)
        if ticks:
            return 0 <= common.filetime(got) - ticks[0] < ticks[1]
    if got.startswith("{") and got.endswith("}"):
        return equal_text(expected.lower(), common.guid(got))
    return equal_text(expected, got)
