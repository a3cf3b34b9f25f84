#!/usr/bin/env python3
"""Commands with sessions, over time: latency, signals, readers that go, losses, files that rotate.

usage: live.py ETW
"""

import contextlib
import datetime
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 20
LATENCY_LIMIT_MS = 50
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}")


class World:
    """A runtime folder with no sessions but those of one check."""

    def __init__(self, etw, folder):
        self.etw, self.folder = etw, pathlib.Path(folder)
        runtime = self.folder / "runtime"
        self.environment = dict(os.environ, LC_ALL="C.UTF-8", ETW_RUNTIME_DIR=str(runtime),
                                XDG_CACHE_HOME=str(self.folder / "cache"))
        self.runtime = runtime

    def run(self, *arguments, text=None):
        """A command to its end."""
        return subprocess.run([self.etw, *arguments], env=self.environment, cwd=self.folder,
                              check=False, timeout=LIMIT_SECONDS, input=text,
                              stdin=subprocess.DEVNULL if text is None else None,
                              capture_output=True, encoding="utf-8")

    @contextlib.contextmanager
    def start(self, *arguments, **streams):
        """A command that goes on, and is killed if it is still there at the end."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        with subprocess.Popen([self.etw, *arguments], env=self.environment, cwd=self.folder,
                              stdin=subprocess.DEVNULL, encoding="utf-8", **streams) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def sessions(self):
        lines = self.run("sessions", "list", "--json").stdout.splitlines()
        return {session["name"]: session for session in map(json.loads, lines)}

    def wait_for(self, condition, what):
        end = time.monotonic() + LIMIT_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.01)

    def wait_for_session(self, name, providers=1):
        self.wait_for(lambda: self.sessions().get(name, {}).get("providers", 0) >= providers,
                      f"session {name}")

    def emit(self, count, *arguments):
        """Events of Demo that are numbered; whether all were written."""
        lines = "".join(f'{{"n:u32":{n}}}\n' for n in range(count))
        return self.run("emit", "Demo", "--name", "Tick", *arguments, "-", text=lines)

    def leftovers(self):
        return [str(path) for folder in ("sessions", "providers")
                for path in (self.runtime / folder).glob("*")]


def numbers_of(lines):
    return [json.loads(line)["EventData"]["n"] for line in lines]


# ---- How soon events come ----

def check_latency(world):
    """From writing an event to reading its line, as the clock of the events has it."""
    with world.start("trace", "*Demo", "-q", "-s", "t", "-o", "csv", "--fields", "time", "-c",
                     "20") as trace:
        world.wait_for_session("t")
        check(trace.stdout.readline().strip() == "time", "the head of CSV comes without events")
        lags = []
        with world.start("emit", "Demo", "--name", "A", "--count", "20", "--rate", "40") as emit:
            for _ in range(20):
                stamp = trace.stdout.readline().strip()
                now = time.time()
                whole, fraction = stamp.rstrip("Z").split(".")
                then = time.mktime(time.strptime(whole + " UTC", "%Y-%m-%dT%H:%M:%S %Z"))
                then = then - time.timezone + float("0." + fraction)
                lags.append((now - then) * 1000)
            emit.wait(timeout=LIMIT_SECONDS)
        trace.communicate(timeout=LIMIT_SECONDS)
        lag = statistics.median(lags)
        print(f"latency: {lag:.1f} ms in the middle, {max(lags):.1f} ms at most")
        check(-1 < lag <= LATENCY_LIMIT_MS, f"an event is there after {lag:.1f} ms")


# ---- How commands end ----

def check_signals(world):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with world.start("trace", "*Demo", "-s", "t") as trace:
            world.wait_for_session("t")
            check(world.emit(500).returncode == 0, "500 events are written")
            trace.send_signal(number)
            out, err = trace.communicate(timeout=LIMIT_SECONDS)
            check(trace.returncode == 0, f"{number.name}: trace exits with {trace.returncode}")
            check(numbers_of(out.splitlines()) == list(range(500)),
                  f"{number.name}: all that was written before is printed")
            check("500 events in" in err and "none lost" in err, f"{number.name}: says {err!r}")
        check(world.sessions() == {}, f"{number.name}: the session is stopped")
    with world.start("record", "*Demo", "-w", "s.etl", "-s", "r") as record:
        world.wait_for_session("r")
        world.emit(500)
        record.send_signal(signal.SIGTERM)
        _, err = record.communicate(timeout=LIMIT_SECONDS)
        check(record.returncode == 0 and "s.etl: 500 events in" in err, f"record says {err!r}")
    check(world.sessions() == {}, "SIGTERM of record stops its session")
    lines = world.run("dump", "-q", "-f", "provider == Demo", "s.etl").stdout.splitlines()
    check(numbers_of(lines) == list(range(500)), "what was recorded is in the file")


def check_second_interrupt(world):
    """A reader that does not read holds trace up; the first Ctrl-C waits for it."""
    with world.start("trace", "*Demo", "-s", "t") as trace:
        world.wait_for_session("t")
        world.run("emit", "Demo", "--name", "A", "--count", "5000", "s=" + "x" * 1000)
        trace.send_signal(signal.SIGINT)
        time.sleep(0.3)
        check(trace.poll() is None, "trace waits for its reader after the first Ctrl-C")
        trace.send_signal(signal.SIGINT)
        trace.wait(timeout=LIMIT_SECONDS)
        check(trace.returncode == -signal.SIGINT, f"the second one kills: {trace.returncode}")
    check(world.sessions()["t"]["orphan"], "a session whose trace was killed is an orphan")
    check(world.run("sessions", "prune").stdout == "t\n", "prune takes it away")


def check_gone_readers(world):
    for has_events in (True, False):
        with world.start("trace", "*Demo", "-s", "t") as trace:
            world.wait_for_session("t")
            trace.stdout.close()
            if has_events:
                world.emit(10)
            trace.wait(timeout=LIMIT_SECONDS)
            check(trace.returncode == 0, f"a reader that has gone is no failure, {has_events=}")
        check(world.sessions() == {}, f"a reader that has gone ends the session, {has_events=}")


def check_full_output(world):
    with open("/dev/full", "w", encoding="utf-8") as full, \
            world.start("trace", "*Demo", "-s", "t", stdout=full) as trace:
        world.wait_for_session("t")
        world.emit(1)
        trace.wait(timeout=LIMIT_SECONDS)
        check(trace.returncode == 1, "output that cannot be written is a failure")
        check("No space left" in trace.stderr.read(), "and is said")
    check(world.sessions() == {}, "the session is stopped then")


# ---- Sessions of others ----

def check_existing(world):
    with world.start("trace", "*Demo", "-s", "t") as first:
        world.wait_for_session("t")
        second = world.run("trace", "*Demo", "-s", "T")
        check(second.returncode == 1 and "there is a session" in second.stderr,
              f"a second session of that name fails: {second.stderr}")
        with world.start("trace", "-q", "--attach", "t", "-c", "10") as attached:
            world.wait_for(lambda: world.sessions()["t"]["consumers"] == 2, "the second consumer")
            world.emit(10)
            out, _ = attached.communicate(timeout=LIMIT_SECONDS)
            check(numbers_of(out.splitlines()) == list(range(10)), "both consumers get all")
        check("t" in world.sessions(), "a session that was attached to goes on")
        with world.start("trace", "-q", "*Other", "-s", "t", "--existing", "adopt", "-c",
                         "10") as adopted:
            world.wait_for_session("t", providers=2)
            world.emit(10)
            adopted.communicate(timeout=LIMIT_SECONDS)
            check(adopted.returncode == 0, "a session is adopted")
        check("t" in world.sessions(), "a session that was adopted goes on")
        restarted = world.run("trace", "*Demo", "-s", "t", "--existing", "restart", "--duration",
                              "100ms")
        check(restarted.returncode == 0, "a session is restarted")
        out, err = first.communicate(timeout=LIMIT_SECONDS)
        check(first.returncode == 0 and len(out.splitlines()) == 20,
              f"the first one ends with its session: {err}")


# ---- Losses ----

def check_losses(world):
    """Nobody reads, and buffers are few: written and lost are exactly what was tried."""
    world.run("sessions", "start", "t", "*Demo", "--buffer-size", "4K", "--min-buffers", "4",
              "--max-buffers", "4")
    emitted = world.run("emit", "Demo", "--name", "A", "--count", "2000", "--strict", "n:u32=1")
    session = world.sessions()["t"]
    check(session["events"] + session["events_lost"] == 2000 and session["events_lost"] > 0,
          f"{session['events']} and {session['events_lost']} make 2000")
    check(emitted.returncode == 3 and f"{session['events_lost']} events lost" in emitted.stderr,
          f"emit --strict exits with {emitted.returncode}: {emitted.stderr}")
    kept = world.run("trace", "--attach", "t", "--duration", "200ms", "-q")
    check(len(kept.stdout.splitlines()) == session["events"], "what was not lost is still there")
    world.run("sessions", "stop", "t")
    # A consumer that is held up loses too, and says so.
    with world.start("trace", "*Demo", "-s", "t", "--strict", "--buffer-size", "4K",
                     "--min-buffers", "4", "--max-buffers", "4", "-o", "csv", "--fields",
                     "n") as trace:
        world.wait_for_session("t")
        trace.send_signal(signal.SIGSTOP)
        world.emit(2000)
        trace.send_signal(signal.SIGCONT)
        trace.send_signal(signal.SIGINT)
        out, err = trace.communicate(timeout=LIMIT_SECONDS)
        got = len(out.splitlines()) - 1
        check(trace.returncode == 3, f"trace --strict exits with {trace.returncode}")
        check(f"{got} events in" in err and f"{2000 - got} events lost" in err,
              f"{got} events, and says {err!r}")


# ---- Files ----

def check_rotation(world):
    with world.start("record", "*Demo", "-w", "r.etl", "-s", "r", "--rotate", "64K,3",
                     "--buffer-size", "4K") as record:
        world.wait_for_session("r")
        for _ in range(10):
            world.run("emit", "Demo", "--name", "A", "--count", "100", "s=" + "x" * 300)
            time.sleep(0.15)
        record.send_signal(signal.SIGINT)
        record.communicate(timeout=LIMIT_SECONDS)
    names = sorted(path.name for path in world.folder.glob("r*.etl"))
    check(len(names) == 3 and "r-1.etl" not in names, f"three files are kept: {names}")
    check(all(world.run("info", name).returncode == 0 for name in names), "all of them are whole")
    check(world.run("stats", "--strict", *names).returncode == 0, "nothing is lost in them")


def check_stopped(world):
    """Sessions that somebody else stops end the commands that started them."""
    for command in (["trace", "*Demo"], ["record", "*Demo", "-w", "x.etl"]):
        with world.start(*command, "-s", "t") as process:
            world.wait_for_session("t")
            world.emit(10)
            check(world.run("sessions", "stop", "t").returncode == 0, "a session is stopped")
            _, err = process.communicate(timeout=LIMIT_SECONDS)
            check(process.returncode == 0 and "somebody else has stopped" in err,
                  f"{command[0]} says {err!r}")
            check(command[0] != "trace" or "10 events in" in err, f"trace counts: {err!r}")


def check_clocks(world):
    """Whatever a session takes its times from, they are those of now, live and in the file."""
    for clock in ("qpc", "system", "cycles"):
        path = f"{clock}.etl"
        started = world.run("sessions", "start", "c", "*Demo", "-w", path, "--real-time",
                            "--clock", clock)
        if clock == "cycles" and "no counter that does for a clock" in started.stderr:
            continue
        check(started.returncode == 0, f"a session by {clock} starts: {started.stderr}")
        begin = time.time()
        world.emit(3)
        live = world.run("trace", "--attach", "c", "-c", "3", "-o", "json-compact").stdout
        end = time.time()
        world.run("sessions", "stop", "c")
        file = world.run("dump", "-f", "provider == Demo", "-o", "json-compact", path).stdout
        for lines in (live.splitlines(), file.splitlines()):
            times = [datetime.datetime.fromisoformat(json.loads(line)["time"][:26] + "+00:00")
                     .timestamp() for line in lines]
            check(len(times) == 3 and all(begin - 0.1 < at < end + 0.1 for at in times),
                  f"by {clock}: from {begin} to {end} come {times}")


def check_modes(world):
    for options in (["--circular", "--max-size", "256K"], ["--compress"],
                    ["--max-size", "256K"]):
        path = options[0].strip("-") + ".etl"
        with world.start("record", "*Demo", "-w", path, "-s", "r", *options) as record:
            world.wait_for_session("r")
            world.run("emit", "Demo", "--name", "A", "--count", "1000", "n:u32=1", "s=" + "x" * 300)
            if options[0] != "--max-size":
                record.send_signal(signal.SIGINT)
            _, err = record.communicate(timeout=LIMIT_SECONDS)
            check(record.returncode == 0, f"record {options} exits with {record.returncode}: {err}")
        size = (world.folder / path).stat().st_size
        check("--max-size" not in options or size <= 256 * 1024, f"{path} has {size} bytes")
        events = len(world.run("dump", "-q", "-f", "provider == Demo", path).stdout.splitlines())
        check(events > 200 and ("--max-size" in options or events == 1000),
              f"{path} has {events} events")
    for _ in range(2):
        with world.start("record", "*Demo", "-q", "-w", "append.etl", "--append", "-c",
                         "10") as record:
            world.emit(10)
            record.communicate(timeout=LIMIT_SECONDS)
            check(record.returncode == 0, f"record --append exits with {record.returncode}")
    lines = world.run("dump", "-q", "-f", "provider == Demo", "append.etl").stdout.splitlines()
    check(numbers_of(lines) == 2 * list(range(10)), f"an appended file has {len(lines)} events")


def main():
    etw = os.path.abspath(sys.argv[1])
    for one in (check_latency, check_signals, check_second_interrupt, check_gone_readers,
                check_full_output, check_existing, check_losses, check_stopped, check_rotation,
                check_modes, check_clocks):
        with tempfile.TemporaryDirectory() as folder:
            world = World(etw, folder)
            begin = time.monotonic()
            try:
                one(world)
            except (TimeoutError, subprocess.TimeoutExpired) as error:
                check(False, f"{one.__name__}: {error}")
            check(world.leftovers() == [], f"{one.__name__} leaves {world.leftovers()}")
            print(f"{one.__name__}: {time.monotonic() - begin:.1f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
