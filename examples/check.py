#!/usr/bin/env python3
"""Runs the examples over a trace and compares what they print with each other.

usage: check.py NAME PROGRAMS_DIR TRACE
"""

import json
import pathlib
import subprocess
import sys

PROCESS_CLASS = "{3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C}"


class Failure(Exception):
    """What an example did that it should not have done."""


def require(condition, what):
    if not condition:
        raise Failure(what)


class Examples:
    """The programs, and the trace they read."""

    def __init__(self, programs, trace):
        self.programs, self.trace = programs, trace

    def lines(self, name, *options):
        done = subprocess.run([self.programs / name, *options, self.trace], check=False, timeout=60,
                              capture_output=True, encoding="utf-8", errors="strict")
        require(done.returncode == 0, f"{name} exits with {done.returncode}: {done.stderr}")
        require(not done.stderr, f"{name} complains: {done.stderr}")
        return done.stdout.splitlines()

    def events(self):
        return [json.loads(line) for line in self.lines("dump_json")]

    def check_dump_json(self):
        events = self.events()
        require(len(events) > 1000, f"{len(events)} events are too few")
        times = [event["System"]["TimeCreated"]["SystemTime"] for event in events]
        require(times == sorted(times), "events are not in time order")
        require(sum("EventData" in event for event in events) > 1000, "few events have data")

    def check_print_ids(self):
        system = [event["System"] for event in self.events()]
        ids = [str(one["EventID"]) for one in system]
        headers = [line.split(" ") for line in self.lines("print_ids")]
        require([first for first, _ in headers] == ids, "ids differ from those in JSON")
        names = self.lines("print_ids", "--names")
        require([line.split(" ")[0] for line in names] == ids, "ids with names differ")
        for name in {one["Provider"]["Name"] for one in system} - {""}:
            require(any(f" {name}/" in line for line in names), f"provider {name} is not named")

    def check_levels(self):
        *printed, totals = self.lines("levels")
        events = self.events()
        require(totals.startswith(f"{len(events)} events, "), f"totals are {totals}")
        images = [event for event in events if "ImageFileName" in event.get("EventData", {})]
        for event in images:
            image = event["EventData"]["ImageFileName"]
            event["EventData"]["Note"] = "has an image" if image else "no image"
        require(images and [json.loads(line) for line in printed] == images,
                "events with images differ from those in JSON")

    def check_get_property(self):
        starts = [event["EventData"] for event in self.events()
                  if event["System"]["EventGuid"] == PROCESS_CLASS
                  and event["System"]["EventID"] == 1]
        printed = [line.split(" ", 1)[1] for line in self.lines("get_property")]
        expected = [f"{int(start['ParentId'], 16)} started {int(start['ProcessId'], 16)} "
                    f"{start['ImageFileName']} as {start['UserSID']}: {start['CommandLine']}"
                    for start in starts]
        require(expected and printed == expected, f"printed {printed}, expected {expected}")


def main():
    name, programs, trace = sys.argv[1:]
    examples = Examples(pathlib.Path(programs), trace)
    try:
        getattr(examples, f"check_{name}")()
    except Failure as failure:
        print(f"FAIL {name}: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
