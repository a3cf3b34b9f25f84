"""The names under which PerfView knows events, from the names and numbers that `etw dump` gives."""

import common

CLR = "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4"
EVENT_TRACE = "68fdd900-4a3e-11d1-84f4-0000f80464e3"
KERNEL_TRACE_CONTROL = "b3e675d7-2554-4f18-830b-2762732560de"
SYSTEM_CONFIG_EX = "9b79ee91-b5fd-41c0-a243-4248e266e9d0"
SYSTEM_CONFIG = "01853a65-418f-4f36-aefc-dc0f1d2fd235"
IMAGE = "2cb15d1d-5fc1-11d2-abe1-00a0c911f518"
PROCESS = "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"
DIAGNOSTIC_SOURCE = "adb401e1-5296-51f8-c125-5fda75826144"
TASK_LIBRARY = "2e5dba47-a3d2-4d16-8ee0-6671ffdcd7b5"
MANIFEST_DATA = 0xFFFE

# PerfView has its own names for these; the numbers are ids, or types of classic events.
OWN_NAMES = {
    # The trace has no schema of the runtime's events, so they come without names.
    (CLR, 143): "Method/LoadVerbose", (CLR, 144): "Method/UnloadVerbose",
    (CLR, 145): "Method/JittingStarted", (CLR, 151): "Loader/DomainModuleLoad",
    (CLR, 152): "Loader/ModuleLoad", (CLR, 153): "Loader/ModuleUnload",
    (CLR, 154): "Loader/AssemblyLoad", (CLR, 155): "Loader/AssemblyUnload",
    (CLR, 156): "Loader/AppDomainLoad", (CLR, 157): "Loader/AppDomainUnload",
    (CLR, 187): "Runtime/Start",
    (EVENT_TRACE, 0): "EventTrace",
    # The manifest in the trace calls them TaskStarted and TaskCompleted.
    (TASK_LIBRARY, 8): "TaskExecute/Start", (TASK_LIBRARY, 9): "TaskExecute/Stop",
    (KERNEL_TRACE_CONTROL, 0): "ImageID",
    (SYSTEM_CONFIG_EX, 37): "SysConfig/Opcode(37)",
    # Kernel events that the table of names calls by their hook id.
    (IMAGE, 33): "Image/KernelBase", (IMAGE, 34): "Image/HypercallPage",
    (PROCESS, 11): "Process/Terminate",
    (SYSTEM_CONFIG, 25): "SystemConfig/Platform",
    (SYSTEM_CONFIG, 28): "SystemConfig/DPI",
    (SYSTEM_CONFIG, 29): "SystemConfig/CodeIntegrity",
    (SYSTEM_CONFIG, 30): "SystemConfig/TelemetryConfiguration",
    (SYSTEM_CONFIG, 33): "SystemConfig/DeviceFamily",
    (SYSTEM_CONFIG, 34): "SystemConfig/FlightIds",
    (SYSTEM_CONFIG, 35): "SystemConfig/Processors",
    (SYSTEM_CONFIG, 36): "SystemConfig/VirtualizationConfigInfo",
    (SYSTEM_CONFIG, 37): "SystemConfig/BootConfigInfo",
}

# The IL-to-native maps of the runtime are state that PerfView keeps to itself.
HIDDEN = {(CLR, 190)}


def identity(event):
    """(GUID, number) that tells kinds of events apart."""
    system = event["System"]
    if common.is_classic(event):
        return common.guid(system["EventGuid"]), system["EventID"]
    return common.guid(system["Provider"]["Guid"]), system["EventID"]


def name(event):
    """Task/Opcode as PerfView writes it, or None for events that it hides."""
    key = identity(event)
    if key in HIDDEN:
        return None
    if key in OWN_NAMES:
        return OWN_NAMES[key]
    if not common.is_classic(event) and key[1] == MANIFEST_DATA:
        return "ManifestData"
    system = event["System"]
    task, opcode = system["Task"]["Name"], system["Opcode"]["Name"]
    if not task:
        task = system.get("EventName", "")
    if not task:
        return f"EventID({key[1]})"
    if not opcode or (opcode == "Info" and not common.is_classic(event)):
        return task
    return f"{task}/{opcode}"
