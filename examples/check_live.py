#!/usr/bin/env python3
"""Runs the examples over sessions that demo_provider writes to, and compares what they print.

usage: check_live.py PROGRAMS_DIR ETW README [DOUBLE LISTER]

DOUBLE is the DLL that plays Windows' ETW for programs that are built for Windows; LISTER lists its
sessions with what Windows does not tell of them.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PROVIDER = "*Contoso.Demo"
EVENTS = 9
LIMIT_SECONDS = 20


class Failure(Exception):
    """What an example did that it should not have done."""


def require(condition, what):
    if not condition:
        raise Failure(what)


class Demo:
    """The programs, and sessions of their own."""

    def __init__(self, programs, etw, runtime, double=None, lister=None):
        self.programs, self.etw = pathlib.Path(programs), etw
        self.list = [lister] if lister else [etw, "sessions", "list", "--json"]
        self.environment = dict(os.environ, ETW_RUNTIME_DIR=runtime)
        if double:
            self.environment["ETW_API_DLLS"] = double
            if os.name != "nt":  # To Wine, our files are on this drive.
                self.environment["ETW_RUNTIME_DIR"] = f"Z:{runtime}"

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, check=False, timeout=LIMIT_SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")
        require(done.returncode == 0, f"{command} exits with {done.returncode}: {done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def start(self, *command):
        with subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, encoding="utf-8") as process:
            try:
                yield process
            finally:
                process.kill()

    def wait_until(self, session, key, value):
        """Until the session is there and has that many providers or consumers."""
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            for line in self.run(*self.list).splitlines():
                one = json.loads(line)
                if one["name"] == session and one[key] >= value:
                    return
            time.sleep(0.01)
        raise Failure(f"session {session} never has {value} {key}")

    def lines(self, session, name, *options):
        """What an example prints of a session, which is then stopped."""
        self.run(self.etw, "sessions", "start", session, PROVIDER)
        with self.start(self.programs / name, *options, session) as example:
            self.wait_until(session, "consumers", 1)
            self.run(self.programs / "demo_provider", str(EVENTS))
            self.run(self.etw, "sessions", "stop", session)
            out, _ = example.communicate(timeout=LIMIT_SECONDS)
            require(example.returncode == 0, f"{name} exits with {example.returncode}")
        return out.splitlines()


def check_events(lines, what):
    data = [json.loads(line)["EventData"] for line in lines]
    require([one["ProcessId"] for one in data] == [1000 + i for i in range(EVENTS)],
            f"{what} prints {lines}")


def check(demo, readme):
    with demo.start(demo.programs / "live_json", PROVIDER) as example:
        demo.wait_until("live_json", "providers", 1)
        demo.run(demo.programs / "demo_provider", str(EVENTS))
        check_events([example.stdout.readline() for _ in range(EVENTS)], "live_json")
        demo.run(demo.etw, "sessions", "stop", "live_json")
        example.wait(timeout=LIMIT_SECONDS)
        require(example.returncode == 0, f"live_json exits with {example.returncode}")
    check_events(demo.lines("one", "dump_json"), "dump_json")
    names = demo.lines("two", "print_ids", "--names")
    require(names == EVENTS * ["0 Contoso.Demo/Process"], f"print_ids prints {names}")
    *printed, totals = demo.lines("three", "levels")
    require(totals.startswith(f"{EVENTS} events, {EVENTS} with payload and schema"), totals)
    check_events(printed, "levels")
    starts = [line.split(" ", 1)[1] for line in demo.lines("four", "get_property")]
    require(starts[:2] == ["4 started 1000 shop.exe as -: -", "4 started 1001 stock.exe as -: --now"]
            and len(starts) == EVENTS, f"get_property prints {starts}")
    source = (pathlib.Path(__file__).parent / "live_json.c").read_text(encoding="utf-8")
    code = source[source.index("#include"):]
    require(f"```c\n{code}```" in pathlib.Path(readme).read_text(encoding="utf-8"),
            "the program in the README differs from live_json.c")
    count = sum(1 for line in code.splitlines() if line.strip())
    require(count <= 30, f"live_json.c has {count} lines, and the README says thirty")


def main():
    programs, etw, readme, *double = sys.argv[1:]
    with tempfile.TemporaryDirectory() as runtime:
        try:
            check(Demo(programs, etw, runtime, *double), readme)
        except Failure as failure:
            print(f"FAIL {failure}")
            return 1
        left = [str(path) for path in pathlib.Path(runtime).glob("*/*")]
        if left:
            print(f"FAIL left behind: {left}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
