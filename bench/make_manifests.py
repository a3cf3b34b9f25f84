#!/usr/bin/env python3
"""Writes manifests of made-up providers, a file each, to measure what many schemas cost.

usage: make_manifests.py FOLDER [PROVIDERS [EVENTS]]

Every provider has EVENTS events (100) with names, tasks, keywords, value maps, messages and one to
twelve fields. The same numbers make the same files; they are dated back, as files that nobody is
writing.
"""

import os
import pathlib
import sys

DATE = 1_600_000_000
TYPES = ("win:UInt32", "win:UnicodeString", "win:UInt64", "win:GUID", "win:Pointer", "win:UInt16",
         "win:AnsiString", "win:Boolean", "win:FILETIME", "win:Int32", "win:Double", "win:UInt8")
NAMES = ("Count", "Path", "Address", "Activity", "Object", "Port", "Host", "Success", "Time",
         "Status", "Ratio", "Kind")
VERBS = ("Open", "Read", "Write", "Close", "Send", "Receive", "Start", "Stop", "Queue", "Cancel")


def template(number):
    fields = []
    for i in range(1 + number % len(TYPES)):
        values = ' map="Kinds"' if TYPES[i] == "win:UInt32" else ""
        fields.append(f'<data name="{NAMES[i]}" inType="{TYPES[i]}"{values}/>')
    return f'<template tid="T{number}">{"".join(fields)}</template>'


def event(number):
    verb = VERBS[number % len(VERBS)]
    return (f'<event value="{number}" symbol="{verb}{number}" version="{number % 3}" '
            f'task="Task{number % 20}" level="win:Informational" keywords="Low High" '
            f'template="T{number}" message="$(string.{verb})"/>')


def manifest(number, events):
    guid = f"{number * 2654435761 % 2**32:08x}-0000-4000-8000-{number:012x}"
    tasks = "".join(f'<task name="Task{i}" value="{i + 1}"/>' for i in range(20))
    strings = "".join(f'<string id="{verb}" value="{verb} of %1 by provider {number}"/>'
                      for verb in VERBS)
    strings += "".join(f'<string id="Kind{i}" value="Kind number {i}"/>' for i in range(8))
    values = "".join(f'<map value="{i}" message="$(string.Kind{i})"/>' for i in range(8))
    return (
        '<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">\n'
        "<instrumentation><events>\n"
        f'<provider name="Contoso-Made-Up-{number}" guid="{{{guid}}}" symbol="P{number}">\n'
        f"<tasks>{tasks}</tasks>\n"
        '<keywords><keyword name="Low" mask="0x1"/><keyword name="High" mask="0x8000"/></keywords>\n'
        f'<maps><valueMap name="Kinds">{values}</valueMap></maps>\n'
        f'<templates>{"".join(map(template, range(events)))}</templates>\n'
        f'<events>{"".join(map(event, range(events)))}</events>\n'
        "</provider></events></instrumentation>\n"
        '<localization><resources culture="en-US"><stringTable>'
        f"{strings}</stringTable></resources></localization>\n</instrumentationManifest>\n")


def main():
    if not 2 <= len(sys.argv) <= 4 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    providers = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    events = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(providers):
        path = folder / f"made-up-{number:05}.man"
        path.write_text(manifest(number, events), encoding="utf-8")
        os.utime(path, (DATE, DATE))


if __name__ == "__main__":
    main()
