"""What the corpus tests share: finding the corpus, running `etw`, reporting, a raw view of .etl."""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys

os.environ["ETW_SCHEMA_CACHE"] = "off"  # nothing is kept between runs but where a test asks for it
SKIP = 77  # the exit code that ctest takes for "skipped"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_CORPUS = REPOSITORY.parent / "shared" / "corpus"
NULL_GUID = "00000000-0000-0000-0000-000000000000"

# 64-bit payloads in events whose headers say 32 bits: no reader can get them right.
MISLABELLED = {
    "sawbuck-win7-image-data-64-v0", "sawbuck-win7-image-data-64-v1",
    "sawbuck-win7-image-data-64-v2", "sawbuck-win7-process-data-64-v2",
    "sawbuck-win7-process-data-64-v3",
}


class Corpus:
    """The folder of shared traces, with what is known about them."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def names(self):
        return sorted(path.stem for path in (self.root / "traces").glob("*.etl"))

    def trace(self, name):
        return self.root / "traces" / (name + ".etl")

    def census(self, name):
        with open(self.root / "census" / (name + ".json"), encoding="utf-8") as file:
            return json.load(file)

    def oracle(self, file_name):
        return self.root / "oracles" / file_name


class Report:
    """Counts checks; prints the failed ones, and the others when asked to."""

    def __init__(self, verbose=False):
        self.passed = 0
        self.failed = 0
        self.verbose = verbose

    def check(self, ok, what, detail=""):
        """Counts one check. `detail` says what was expected and what came."""
        if ok:
            self.passed += 1
            if self.verbose:
                print(f"ok    {what}")
        else:
            self.failed += 1
            print(f"FAIL  {what}" + (f": {detail}" if detail else ""), flush=True)
        return bool(ok)

    def equal(self, expected, got, what):
        return self.check(expected == got, what, f"expected {expected!r}, got {got!r}")

    def finish(self):
        """Prints the last line and returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def skip(reason):
    """Leaves a mark that nobody can overlook, and the process."""
    print(f"SKIP: {reason}", flush=True)
    sys.exit(SKIP)


def parser(description):
    """The arguments that all corpus tests take."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("etw", help="the etw command to test")
    result.add_argument("corpus", nargs="?", default=str(DEFAULT_CORPUS),
                        help="folder with traces/, census/ and oracles/ "
                             "(default: ../shared/corpus beside the repository)")
    result.add_argument("-v", "--verbose", action="store_true", help="print what passed, too")
    return result


def start(arguments):
    """Returns the corpus; skips the test if it, or the command, is not there."""
    if not (pathlib.Path(arguments.corpus) / "traces").is_dir():
        skip(f"no corpus of traces at {arguments.corpus}")
    if not os.access(arguments.etw, os.X_OK):
        sys.exit(f"{arguments.etw} is not an executable")
    return Corpus(arguments.corpus)


# ---- running etw ---------------------------------------------------------------------------------


def run(etw, *arguments, timeout_seconds=600):
    return subprocess.run([etw, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout_seconds, check=False)


def run_json(etw, *arguments):
    """The JSON that a command prints; raises RuntimeError with the command's own message."""
    result = run(etw, *arguments)
    if result.returncode != 0:
        message = result.stderr.decode("utf-8", "replace").strip()
        raise RuntimeError(f"exit code {result.returncode}: {message}")
    return json.loads(result.stdout.decode("utf-8"))


def dump_lines(etw, *arguments):
    """Yields the raw lines of `etw dump`; raises RuntimeError if it fails."""
    command = [etw, "dump", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          bufsize=1 << 20) as process:
        yield from process.stdout
    if process.returncode != 0:
        raise RuntimeError(f"etw dump: exit code {process.returncode}")


def dump(etw, *arguments):
    """Yields the events of `etw dump` as dictionaries."""
    for line in dump_lines(etw, *arguments):
        yield json.loads(line)


# ---- values of events ----------------------------------------------------------------------------


def guid(text):
    """`{ABC…}` as the census writes it."""
    return text.strip("{}").lower()


def is_classic(event):
    """True for events of the NT kernel logger and of other class GUIDs."""
    return guid(event["System"]["EventGuid"]) != NULL_GUID


def properties(event):
    """The decoded properties of an event; empty if there are none."""
    return event.get("EventData", event.get("UserData", {}))


_DAYS = {}


def filetime(text):
    """`2026-11-22T18:04:05.1234567Z` as 100 ns ticks since 1601."""
    day = text[:10]
    if day not in _DAYS:
        year, month, number = int(day[:4]), int(day[5:7]), int(day[8:10])
        _DAYS[day] = _days_since_1601(year, month, number)
    seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    return (_DAYS[day] * 86400 + seconds) * 10_000_000 + int(text[20:27])


def _days_since_1601(year, month, day):
    month_starts = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
    years = year - 1601
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = years * 365 + years // 4 - years // 100 + years // 400
    return days + month_starts[month - 1] + (1 if leap and month > 2 else 0) + day - 1


def event_time(event):
    return filetime(event["System"]["TimeCreated"]["SystemTime"])


# ---- the file format, as far as mutations and clocks need it -------------------------------------

BUFFER_HEADER_SIZE = 0x48
COMPRESSED = 0x40
_SIZE_AT_4 = {1, 2, 3, 4, 16, 17}  # header types whose size field is at offset 4


class Buffer:
    """One trace buffer: where it is, how long, where its valid bytes end."""

    def __init__(self, offset, size, end, flags):
        self.offset, self.size, self.flags = offset, size, flags
        self.end = end  # counted from the start of the buffer, uncompressed

    @property
    def is_compressed(self):
        return bool(self.flags & COMPRESSED)


def buffers(data):
    """Walks the buffers of an undamaged trace."""
    result, offset = [], 0
    while offset + BUFFER_HEADER_SIZE <= len(data):
        size, = struct.unpack_from("<I", data, offset)
        end, flags = struct.unpack_from("<IH", data, offset + 0x30)
        if size < BUFFER_HEADER_SIZE:
            break
        result.append(Buffer(offset, size, end, flags))
        offset += size
    return result


def records(data, buffer):
    """The file offsets and sizes of the records in an uncompressed buffer."""
    result, position = [], buffer.offset + BUFFER_HEADER_SIZE
    limit = min(buffer.offset + buffer.end, buffer.offset + buffer.size, len(data))
    while position + 8 <= limit:
        marker = data[position + 3]
        if not marker & 0x80:
            break
        at_4 = marker & 0x40 and data[position + 2] in _SIZE_AT_4
        size, = struct.unpack_from("<H", data, position + (4 if at_4 else 0))
        if size < 8 or position + size > limit:
            break
        result.append((position, size))
        position += (size + 7) & ~7
    return result


def trace_clock(path):
    """(first raw time, ticks a second, FILETIME that corresponds to the first raw time)."""
    with open(path, "rb") as file:
        data = file.read(0x400)
    wide = data[BUFFER_HEADER_SIZE + 2] == 2
    first, = struct.unpack_from("<q", data, BUFFER_HEADER_SIZE + 0x10)
    structure = BUFFER_HEADER_SIZE + 0x20
    frequency, start_time = struct.unpack_from("<qq", data, structure + (0x100 if wide else 0xF8))
    return first, frequency, start_time


# ---- printing ------------------------------------------------------------------------------------


def table(rows, header):
    """Prints rows in columns: text to the left, numbers to the right."""
    cells = [header] + [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
                        for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    numeric = [bool(rows) and all(isinstance(row[column], int) for row in rows)
               for column in range(len(header))]
    for index, line in enumerate(cells):
        print("  ".join(cell.rjust(width) if right else cell.ljust(width)
                        for cell, width, right in zip(line, widths, numeric)).rstrip())
        if index == 0:
            print("  ".join("-" * width for width in widths))
