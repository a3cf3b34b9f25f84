"""Known differences between PerfView and `etw`, each with its reason. Where the reason says
"(checked)", PerfView's value is computed again, or found again elsewhere in the event."""

import re
import struct

import common
from agreement import Rule
from perfview_values import (equal, equal_text, json_number, parse_number, properties_of,
                             time_ticks)

EPOCH_1970 = 11_644_473_600 * 10_000_000  # FILETIME ticks
ROUNDING_TICKS = 10  # of times that PerfView prints in milliseconds with three digits
IDS = ("ProcessId", "PID", "ProcessID", "ThreadId", "TThreadId", "IssuingThreadId")
ENUM_NAMES = re.compile(r"[A-Za-z_][\w|, .]*(\.\.\.)?")
# Events whose process PerfView finds through their thread.
BY_THREAD = ("PerfInfo/Sample", "DiskIO/Read", "DiskIO/Write", "DiskIO/FlushBuffers",
             "Memory/HardFault")
# Events about processes, images and connections: PerfView shows no thread.
WITHOUT_THREAD = ("Windows Kernel/Process/", "Windows Kernel/Image/", "Windows Kernel/TcpIp/",
                  "Windows Kernel/UdpIp/", "MSNT_SystemTrace/Image/")
# The providers of the .NET runtime.
RUNTIME = "Microsoft-Windows-DotNETRuntime"
RUNTIME_DEFAULTS = ("0", "0x00000000", "0.000", "not_specified")
DISPOSITIONS = ("SUPERSEDE", "OPEN_EXISTING", "CREATE_NEW", "CREATE_ALWAYS", "OPEN_ALWAYS",
                "TRUNCATE_EXISTING")
ABSENT = "PerfView prints this field for every version; this version of the event does not have it"


def value(difference, *names):
    """The number in the event's property of one of these names, or None."""
    values = properties_of(difference.context)
    return next((json_number(values[name]) for name in names if name in values), None)


def number(difference):
    return parse_number(difference.expected) if isinstance(difference.expected, str) else None


def is_field(difference, *fields):
    return difference.kind == "field" and difference.field in fields


def has_event(difference, *endings):
    return difference.event_name.endswith(endings)


def same_bits(expected, got):
    """Equal but for the sign, in 32 or 64 bits."""
    mine = json_number(got)
    if mine is None:
        return False
    for bits in (32, 64):
        if mine >> bits == 0 and mine >> (bits - 1) == 1:
            return equal_text(expected, f"{mine - (1 << bits):,}")
    return False


# ---- lines ---------------------------------------------------------------------------------------


def is_absent_id(difference):
    return (difference.kind == "line" and difference.field in ("PID", "TID")
            and difference.expected == -1 and difference.got == 0)


def is_payload_id(difference):
    if difference.kind != "line" or difference.field not in ("PID", "TID"):
        return False
    values = properties_of(difference.context)
    return difference.expected in [json_number(values[name]) for name in IDS if name in values]


def is_hidden_thread(difference):
    return (difference.kind == "line" and difference.field == "TID" and difference.expected == -1
            and difference.event_name.startswith(WITHOUT_THREAD))


def is_process_of_thread(difference):
    return (difference.kind == "line" and difference.field == "PID"
            and has_event(difference, *BY_THREAD))


def is_misread_thread(difference):
    """Win8's flush event has no thread where PerfView looks for one: the low half of the time."""
    response = value(difference, "HighResResponseTime")
    return (difference.kind == "line" and difference.field == "TID" and response is not None
            and has_event(difference, "DiskIO/FlushBuffers")
            and difference.expected == response & 0xFFFFFFFF)


# ---- fields --------------------------------------------------------------------------------------


def is_missing_default(difference):
    if difference.kind != "field" or difference.got is not None:
        return False
    return difference.expected in ("", "None", "Unknown") or (
        difference.event_name.startswith(RUNTIME) and difference.expected in RUNTIME_DEFAULTS)


def is_heap_total(difference):
    parts = {"TotalHeapSize": "GenerationSize", "TotalPromoted": "TotalPromotedSize"}
    part = parts.get(difference.field)
    if not has_event(difference, "GC/HeapStats") or part is None:
        return False
    sizes = (value(difference, f"{part}{generation}") for generation in range(5))
    return number(difference) == sum(size or 0 for size in sizes)


def is_file_of_path(difference):
    path = properties_of(difference.context).get("ModuleILPath")
    return (is_field(difference, "ModuleILFileName") and isinstance(path, str)
            and equal_text(difference.expected, path.rpartition("\\")[2]))


def is_array_element(difference):
    """`TypeID_0` is the first element of the array."""
    name, _, index = difference.field.rpartition("_")
    values = properties_of(difference.context).get("Values")
    if not has_event(difference, "Type/BulkType") or not isinstance(values, list):
        return False
    member = values[int(index)][{"TypeID": "TypeID", "TypeName": "Name"}[name]]
    return equal(difference.expected, member)


def is_finalized_type(difference):
    return is_field(difference, "TypeName") and has_event(difference, "GC/FinalizeObject")


def is_map_name(difference):
    """The trace brings a map that PerfView does not use."""
    return (difference.kind == "field" and number(difference) is not None
            and isinstance(difference.got, str)
            and bool(re.fullmatch(r"[A-Za-z_]\w*( \| \w+)*", difference.got)))


def is_create_option(difference):
    """One number holds the options and, in its high byte, the disposition."""
    options = value(difference, "CreateOptions")
    if not has_event(difference, "Kernel-File/Create") or options is None:
        return False
    if difference.field == "CreateOptions":
        return number(difference) == options & 0xFFFFFF
    return (difference.field == "CreateDisposition" and options >> 24 < len(DISPOSITIONS)
            and difference.expected == DISPOSITIONS[options >> 24])


def is_build_time(difference):
    stamp = value(difference, "TimeDateStamp")
    ticks = time_ticks(difference.expected) if is_field(difference, "BuildTime") else None
    return (ticks is not None and stamp is not None
            and ticks[0] == EPOCH_1970 + stamp * 10_000_000)


def milliseconds(difference):
    return float(difference.expected.replace(",", ""))


def is_elapsed_time(difference):
    """The response time is in ticks of the trace's clock: 10 MHz in the traces at hand."""
    response = value(difference, "HighResResponseTime")
    return (is_field(difference, "ElapsedTimeMSec") and response is not None
            and abs(response - milliseconds(difference) * 10000) <= ROUNDING_TICKS / 2 + 0.01)


def is_fault_time(difference):
    initial = properties_of(difference.context).get("InitialTime")
    if not (is_field(difference, "ElapsedTimeMSec") and isinstance(initial, str)):
        return False
    elapsed = common.event_time(difference.context) - common.filetime(initial)
    return abs(elapsed - milliseconds(difference) * 10000) <= ROUNDING_TICKS


def is_service_time(difference):
    return (is_field(difference, "DiskServiceTimeMSec") and difference.got is None
            and has_event(difference, "DiskIO/Read", "DiskIO/Write"))


def is_looked_up_name(difference):
    return (is_field(difference, "FileName") and difference.got is None
            and has_event(difference, "DiskIO/Read", "DiskIO/Write", "Memory/HardFault"))


def is_dos_path(difference):
    """NT paths are mapped to drive letters and shares."""
    if not is_field(difference, "FileName") or not isinstance(difference.got, str):
        return False
    path = difference.got
    for pattern, start in ((r"\\SystemRoot\\", r"C:\\Windows\\"),
                           (r"\\Device\\HarddiskVolume\d+\\", r"C:\\"),
                           (r"\\Device\\Mup\\", r"\\\\"), (r"\\Windows\\", r"C:\\Windows\\")):
        path = re.sub("^" + pattern, start, path)
    return equal_text(difference.expected.lower(), path.lower())


def is_irp_priority(difference):
    names = {1: "Verylow", 2: "Low", 3: "Normal", 4: "High", 5: "Critical"}
    flags = value(difference, "IrpFlags")
    return (is_field(difference, "Priority") and flags is not None
            and difference.expected == names.get(flags >> 17 & 7))


def is_enum_name(difference):
    return (difference.kind == "field" and json_number(difference.got) is not None
            and number(difference) is None and bool(ENUM_NAMES.fullmatch(difference.expected)))


def is_sample_extra(difference):
    """From bits that the class calls reserved, and from the header."""
    state = value(difference, "Reserved")
    if not has_event(difference, "PerfInfo/Sample") or difference.kind != "field" or state is None:
        return False
    processor = difference.context["System"]["Execution"]["ProcessorID"]
    computed = {"ProcessorNumber": processor, "Priority": state >> 3, "Rank": 0,
                "ExecutingDPC": bool(state & 1), "ExecutingISR": bool(state & 2)}
    return difference.expected == str(computed.get(difference.field))


def is_parent_from_header(difference):
    if not is_field(difference, "ParentThreadID", "ParentProcessID"):
        return False
    execution = difference.context["System"]["Execution"]
    mine = execution["ThreadID" if "Thread" in difference.field else "ProcessID"]
    return number(difference) == mine or (has_event(difference, "Stop")
                                          and number(difference) == -1)


def is_affinity(difference):
    affinity = value(difference, "Affinity")
    return is_field(difference, "StartAddr") and number(difference) == affinity


def is_utc_offset(difference):
    zone = properties_of(difference.context).get("TimeZoneInformation")
    if not is_field(difference, "UtcOffsetMinutes") or not isinstance(zone, str):
        return False
    bias, = struct.unpack_from("<i", bytes.fromhex(zone[2:]))
    return number(difference) == bias


def is_old_udp_layout(difference):
    if not is_field(difference, "context", "dsize") or "UdpIp/" not in difference.event_name:
        return False
    process, size = value(difference, "PID"), value(difference, "size")
    return number(difference) == (0 if difference.field == "dsize" else size << 32 | process)


def is_old_irq_layout(difference):
    return is_field(difference, "IRQNum") and number(difference) == value(difference, "IRQGroup")


def is_old_pnp_layout(difference):
    return (is_field(difference, "PdoName", "ServiceName") and difference.expected == ""
            and has_event(difference, "SystemConfig/PnP"))


def is_old_image_id_layout(difference):
    """ImageSize has 8 bytes; PerfView takes 4 of them, so the others are next."""
    size = value(difference, "ImageSize")
    return (is_field(difference, "ProcessID") and has_event(difference, "/ImageID")
            and size is not None and number(difference) == size >> 32)


def is_service_process(difference):
    return (is_field(difference, "ProcessName")
            and has_event(difference, "SystemConfig/Services"))


def is_sign(difference):
    return difference.kind == "field" and same_bits(difference.expected, difference.got)


def is_trimmed(difference):
    """PerfView and other tools cut blanks off the ends of texts and map names."""
    if difference.kind != "field" or not isinstance(difference.got, str):
        return False
    texts = (difference.got.strip(), difference.got.replace(" | ", "|"),
             difference.got.replace(" | ", ", "))
    return any(equal_text(difference.expected.strip(), text) for text in texts)


def is_character(difference):
    """An UInt16 that is a character by its out-type."""
    return (difference.kind == "field" and isinstance(difference.got, str)
            and len(difference.got) == 1 and number(difference) == ord(difference.got))


def is_wrong_milliseconds(difference):
    """PerfView makes the milliseconds of a SYSTEMTIME from its seconds."""
    if not is_field(difference, "system_time_type"):
        return False
    seconds = common.filetime(difference.got) // 10_000_000
    wrong = seconds * 10_000_000 + seconds % 60 * 10_000
    ticks, unit = time_ticks(difference.expected)
    return 0 <= wrong - ticks < unit


def is_manifest_length(difference):
    """All of the payload: eight bytes before the text of the manifest."""
    text = properties_of(difference.context).get("Data")
    return (is_field(difference, "PayloadLength") and isinstance(text, str)
            and number(difference) == 8 + len(text.encode("utf-8")))


def is_nameless_bit(difference):
    """PerfView names a bit for which the map in the manifest has no name: it stays a number."""
    if difference.kind != "field" or not isinstance(difference.got, str):
        return False
    names, _, rest = difference.got.rpartition(" | ")
    return (bool(names) and json_number(rest) is not None
            and difference.expected.startswith(names.replace(" | ", ", ") + ", "))


def is_whole_mask_name(difference):
    """The map in the trace has a name for this very combination of bits."""
    return (is_field(difference, "keywords", "stacks")
            and has_event(difference, "PerfView/KernelEnableParameters")
            and difference.got == "Default"
            and difference.expected.startswith("Process|Thread|Image"))


# ---- counts --------------------------------------------------------------------------------------


def hides_some(difference, name):
    """`context` of counts is the number of events among them that PerfView does not list."""
    return (difference.kind == "count" and has_event(difference, name)
            and difference.expected == difference.got - difference.context)


def is_idle_sample(difference):
    return hides_some(difference, "PerfInfo/Sample")


def is_precompiled_method(difference):
    return hides_some(difference, "Method/LoadVerbose")


HIDDEN_KINDS = {
    "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c": {3, 4},        # thread rundown
    "90cbdc39-4a3e-11d1-84f4-0000f80464e3": {32, 35, 36},  # file names
    "def2fe46-7bd6-4b80-bd94-f57fe20d0ce3": {32, 35, 36, 37, 38},  # stacks
    "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4": {82, 190},     # runtime: stacks, IL-to-native maps
    "a669021c-c450-4609-a035-5af59af4df18": {144, 150},    # runtime rundown: methods, maps
    "68fdd900-4a3e-11d1-84f4-0000f80464e3": {66, 80},      # build, partition
    "01853a65-418f-4f36-aefc-dc0f1d2fd235": {18, 28},      # configuration without a template
    "2cb15d1d-5fc1-11d2-abe1-00a0c911f518": {34},          # hypercall page
}


def is_hidden_kind(difference):
    if difference.field != "unnamed":
        return False
    guid, event_id = difference.event_name.split("/")
    return int(event_id) in HIDDEN_KINDS.get(guid, ())


RULES = [
    Rule("ids that the header does not have are -1 in PerfView and 0 in JSON", is_absent_id),
    Rule("PerfView takes the id from the payload: the process or thread the event is about",
         is_payload_id),
    Rule("PerfView shows no thread for events about processes, images and connections",
         is_hidden_thread),
    Rule("PerfView takes the process of the thread that the payload names", is_process_of_thread),
    Rule("PerfView reads the response time of this version as a thread id", is_misread_thread),
    Rule(ABSENT, is_missing_default),
    Rule("computed by PerfView from TimeDateStamp (checked)", is_build_time),
    Rule("computed by PerfView from HighResResponseTime (checked)", is_elapsed_time),
    Rule("computed by PerfView from InitialTime (checked)", is_fault_time),
    Rule("computed by PerfView from the disk's earlier requests", is_service_time),
    Rule("PerfView looks the file's name up by its key", is_looked_up_name),
    Rule("PerfView maps NT paths to DOS paths (checked)", is_dos_path),
    Rule("computed by PerfView from IrpFlags (checked)", is_irp_priority),
    Rule("PerfView has names for these numbers; the class has none", is_enum_name),
    Rule("computed by PerfView from the sample's reserved bits and processor (checked)",
         is_sample_extra),
    Rule("PerfView fills this from the header (checked)", is_parent_from_header),
    Rule("PerfView's StartAddr is the field that the class calls Affinity (checked)", is_affinity),
    Rule("PerfView shows the bias in TimeZoneInformation (checked)", is_utc_offset),
    Rule("PerfView reads this version with the layout of an older one (checked)",
         is_old_udp_layout),
    Rule("PerfView reads IRQGroup of this version as IRQNum (checked)", is_old_irq_layout),
    Rule("PerfView reads PnP strings of newer versions only", is_old_pnp_layout),
    Rule("PerfView reads the upper half of ImageSize as ProcessID (checked)",
         is_old_image_id_layout),
    Rule("PerfView fills the name of the process by itself", is_service_process),
    Rule("PerfView shows an unsigned number as a signed one (checked)", is_sign),
    Rule("PerfView trims blanks, and joins names by | without blanks or by commas (checked)",
         is_trimmed),
    Rule("computed by PerfView from the sizes of the generations (checked)", is_heap_total),
    Rule("computed by PerfView from the path (checked)", is_file_of_path),
    Rule("PerfView prints the first element of an array of structs (checked)", is_array_element),
    Rule("PerfView looks the name of the type up", is_finalized_type),
    Rule("PerfView splits the number into options and disposition (checked)", is_create_option),
    Rule("the map in the trace has a name for the number that PerfView prints", is_map_name),
    Rule("PerfView prints the number of a character (checked)", is_character),
    Rule("PerfView takes the seconds of a SYSTEMTIME for its milliseconds (checked)",
         is_wrong_milliseconds),
    Rule("PerfView prints the length of the payload (checked)", is_manifest_length),
    Rule("PerfView names single bits where the map has a name for all of them",
         is_whole_mask_name),
    Rule("PerfView has a name for a bit of the mask that the map has none for (checked)",
         is_nameless_bit),
    Rule("PerfView drops samples of the idle thread (checked)", is_idle_sample),
    Rule("PerfView uses these events for its tables and does not list them", is_hidden_kind),
    Rule("PerfView lists methods only if they are dynamic or were just compiled, as MethodFlags "
         "says (checked)", is_precompiled_method),
]
