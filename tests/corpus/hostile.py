"""Runs damaged traces through a sanitizer build of `etw dump` and `etw stats`. Nothing may crash,
hang, take too much memory or print broken JSON.

Build such an `etw` with `cmake --preset asan && cmake --build build/asan`."""

import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import common
import mutations

TIME_LIMIT_SECONDS = 10
MEMORY_LIMIT_BYTES = 512 << 20
EXIT_CODES = (0, 1, 3)
SANITIZER_EXIT_CODE = 99
JOBS = 2
QUICK_COUNT = 200
SMALL_WEIGHT_BYTES = 256 << 10  # traces up to this size are chosen four times as often
LINES_CHECKED_MAX = 200
MARKS = (b"ERROR: AddressSanitizer", b"runtime error:", b"ERROR: LeakSanitizer",
         b"MemorySanitizer", b"SUMMARY: ")
COMMANDS = (("dump",), ("stats", "--json", "--strict"), ("describe", "--json"))
ENVIRONMENT = {
    # The default quarantine alone would hold 256 MiB.
    "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT_CODE}:quarantine_size_mb=16:"
                    "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={SANITIZER_EXIT_CODE}",
}


class Outcome:
    """How one command ended."""

    def __init__(self, code, peak_bytes, elapsed, timed_out):
        self.code, self.peak_bytes = code, peak_bytes
        self.elapsed, self.timed_out = elapsed, timed_out


def run_limited(command, stdout, stderr):
    """Runs a command with the time limit and reports its own peak memory."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                               env={**os.environ, **ENVIRONMENT})
    expired = threading.Event()

    def expire():
        expired.set()
        process.send_signal(signal.SIGKILL)

    timer = threading.Timer(TIME_LIMIT_SECONDS, expire)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(process.returncode, usage.ru_maxrss * 1024, time.monotonic() - begin,
                   expired.is_set())


def problem_of(outcome, messages):
    """What is wrong with an outcome, or None."""
    if outcome.timed_out:
        return f"more than {TIME_LIMIT_SECONDS} s"
    mark = next((mark for mark in MARKS if mark in messages), None)
    if mark:
        line = next(line for line in messages.splitlines() if mark in line)
        return f"sanitizer: {line.decode('utf-8', 'replace')[:160]}"
    if outcome.code not in EXIT_CODES:
        return f"exit code {outcome.code}"
    if outcome.peak_bytes >= MEMORY_LIMIT_BYTES:
        return f"{outcome.peak_bytes >> 20} MiB of memory"
    return None


def broken_json(path):
    """The first of the leading lines that is no JSON, described; or None."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if number > LINES_CHECKED_MAX:
                return None
            try:
                json.loads(line.decode("utf-8", "strict"))
            except ValueError as error:
                return f"line {number} is no JSON: {error}"
    return None


class Hostile:
    """The test: where things are, and what was found."""

    def __init__(self, arguments, sources, scratch):
        self.etw, self.sources, self.scratch = arguments.etw, sources, pathlib.Path(scratch)
        self.failures = pathlib.Path(arguments.failures)
        self.seed = arguments.seed
        self.peak_bytes = 0
        self.slowest = (0.0, "")
        self.codes = collections.Counter()

    def run_one(self, index):
        """Returns (problem or None, description) of the mutation with that number."""
        seed = f"{self.seed}.{index}"
        data, description = mutations.mutate(self.sources, seed)
        path = self.scratch / f"{index}.etl"
        path.write_bytes(data)
        try:
            problem = next(filter(None, (self.run_command(command, path)
                                         for command in COMMANDS)), None)
            if problem:
                self.keep(path, seed, problem, description)
        finally:
            path.unlink()
        return problem, f"seed {seed} ({description})"

    def run_command(self, command, path):
        out, err = path.with_suffix(".out"), path.with_suffix(".err")
        try:
            with open(out, "wb") as stdout, open(err, "wb") as stderr:
                outcome = run_limited([self.etw, *command, str(path)], stdout, stderr)
            self.codes[outcome.code] += 1
            self.peak_bytes = max(self.peak_bytes, outcome.peak_bytes)
            self.slowest = max(self.slowest, (outcome.elapsed, f"{command[0]} {path.name}"))
            problem = problem_of(outcome, err.read_bytes())
            if not problem and outcome.code != 1:
                problem = broken_json(out)
            return f"etw {command[0]}: {problem}" if problem else None
        finally:
            out.unlink(missing_ok=True)
            err.unlink(missing_ok=True)

    def keep(self, path, seed, problem, description):
        self.failures.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, self.failures / f"{seed}.etl")
        with open(self.failures / "index.txt", "a", encoding="utf-8") as file:
            file.write(f"{seed}.etl\t{problem}\t{description}\n")


def load_sources(corpus):
    """(name, bytes) of every trace, small ones several times."""
    sources = []
    for name in corpus.names():
        data = corpus.trace(name).read_bytes()
        if data:
            weight = 4 if len(data) <= SMALL_WEIGHT_BYTES else 1
            sources += [(name, data)] * weight
    return sources


def run_all(hostile, report, count):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for index, (problem, what) in enumerate(pool.map(hostile.run_one, range(count)), 1):
            report.check(not problem, what, problem or "")
            if index % 1000 == 0:
                print(f"{index:,} of {count:,}", flush=True)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--count", type=int, default=QUICK_COUNT, help="mutations to try")
    parser.add_argument("--seed", default="1", help="another seed makes other mutations")
    parser.add_argument("--failures", help="folder for inputs that fail (default: "
                                           "hostile-failures beside etw)")
    arguments = parser.parse_args()
    corpus = common.start(arguments)
    arguments.etw = os.path.abspath(arguments.etw)
    if not arguments.failures:
        arguments.failures = os.path.join(os.path.dirname(arguments.etw), "hostile-failures")
    report = common.Report(arguments.verbose)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        hostile = Hostile(arguments, load_sources(corpus), scratch)
        run_all(hostile, report, arguments.count)
    elapsed = time.monotonic() - begin
    print(f"{arguments.count:,} mutations in {elapsed:.0f} s "
          f"({arguments.count / max(elapsed, 1e-9):.1f} a second, {JOBS} at a time); peak memory "
          f"{hostile.peak_bytes >> 20} MiB; slowest {hostile.slowest[0]:.1f} s "
          f"({hostile.slowest[1]})")
    print("exit codes: " + ", ".join(f"{code} x {count:,}"
                                     for code, count in sorted(hostile.codes.items())))
    if report.failed:
        print(f"inputs that failed are in {hostile.failures}")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
