"""WPP: all TMF files are understood, and messages say what the programs that wrote them say.

The arguments in the TMF files of the traces are literals and counters, so what each message has to
be can be read off them; tracefmt prints the same but for times, which it shows in local time.
"""

import collections
import re
import sys

import common

TYPES = "4857fab7-1162-3184-360b-cdd863ddf4ea"
STRINGS = "744151fd-b3f4-32e6-38eb-0fd11e3fb62d"
TIMES = "8ff2a761-4025-3d98-c3fc-1bc40b34330d"
ENUMS = "d4153fff-ac08-361f-5ed7-af1d38cd1903"
EMITTER = "9b93a332-c452-3e71-64f7-55130c7de2e4"

# Messages without counters, by GUID and number.
CONSTANT = {
    (TYPES, 10): "sint i=42 neg=-1000 i64=-5000000000",
    (TYPES, 11): "uint u=4000000000 hex=0xabcdef x64=0xdeadbeefcafe",
    (TYPES, 12): "ptr p=00007FF012345678 null=0000000000000000",
    (TYPES, 13): "widths z=00042 h=0000beef",
    (TYPES, 14): "hr=0x80070005(ERROR_ACCESS_DENIED) st=0xc0000022(STATUS_ACCESS_DENIED) "
                 "guid={11223344-5566-7788-99AA-BBCCDDEEFF00}",
    (STRINGS, 11): "widetrace user=root role=admin",
    (TIMES, 10): "ts=2020-01-01T00:00:00.0000000Z",
    (TIMES, 11): "cc=RGBA",
    (ENUMS, 10): "b=0x00000001(true) irql=0x00000002(DPC)",
    (ENUMS, 11): "set=[1,3]",
}
NAMES = ("alpha", "bravo", "charlie")
TYPEV = re.compile(r"#typev\s+(\S+)\s+(\d+)\s")
SOURCE = re.compile(r"Wpp\w+\.cpp:\d+")
HEADER = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s")


def expected(key, index):
    """What the message of that GUID and number says the time `index`."""
    if key in CONSTANT:
        return CONSTANT[key]
    if key == (STRINGS, 10):
        return f"strtrace name={NAMES[index % len(NAMES)]} id={index} tag=END"
    if key == (EMITTER, 10):
        return (f"WppEmitter work item id={index} status=0x{index & 0xff:x} phase=startup "
                "provider=WppEmitter")
    return None


def detail(message):
    """A message of the emitter that not every round writes: its numbers have to agree."""
    match = re.fullmatch(r"WppEmitter detail seq=(\d+) note=processing-record value=(\d+) "
                         r"category=Detail", message)
    return bool(match) and int(match[1]) % 7919 == int(match[2])


def check_trace(report, etw, path, schemas):
    seen = collections.Counter()
    for event in common.dump(etw, "--quiet", "--message", "--schema", schemas, path):
        system = event["System"]
        key = (common.guid(system["EventGuid"]), system["EventID"])
        if key[0] not in (TYPES, STRINGS, TIMES, ENUMS, EMITTER):
            continue
        index = seen[key]
        seen[key] += 1
        report.check(SOURCE.fullmatch(system.get("Source", "")) and system["EventName"] == "main",
                     f"{path.stem}: message {key[1]} says where it is written",
                     repr(system.get("Source")))
        message, what = event.get("Message"), f"{path.stem}: message {key[1]}, number {index}"
        report.check("DecodeErrors" not in event and "Trailing" not in event, f"{what} decodes")
        if key == (EMITTER, 11):
            report.check(message and detail(message), what, repr(message))
        else:
            report.equal(expected(key, index), message, what)
    report.check(seen, f"{path.stem} has messages")
    return sum(seen.values())


def definitions(files):
    """The distinct keys that TMF files define."""
    keys = set()
    for path in files:
        guid = None
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := HEADER.match(line):
                guid = match[1]
            elif match := TYPEV.match(line):
                keys.add((guid, int(match[2])))
    return keys


def check_files(report, etw, folder, trace):
    files = sorted(folder.rglob("*.tmf"))
    keys = definitions(files)
    info = common.run_json(etw, "info", "--json", "--schema", folder, trace)
    report.equal(0, info["schemas"]["rejected"], f"{len(files)} TMF files have no faults")
    report.check(info["schemas"]["carried"]["tmf"] >= len(keys), f"{len(keys)} messages are defined",
                 repr(info["schemas"]))


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    folder = corpus.root / "schemas" / "wpp"
    names = [name for name in corpus.names() if name.startswith("findneedle-wpp")]
    if not folder.is_dir() or not names:
        common.skip(f"no TMF files at {folder}")
    check_files(report, arguments.etw, folder, corpus.trace(names[0]))
    count = sum(check_trace(report, arguments.etw, corpus.trace(name), folder / "findneedle")
                for name in names)
    print(f"{count} messages")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
