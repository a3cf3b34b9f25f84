#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets that read schemas: fuzz/corpora/<target>/."""
import pathlib
import struct

CORPORA = pathlib.Path(__file__).resolve().parent.parent / "fuzz" / "corpora"


def write(target, name, data):
    folder = CORPORA / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def wide(text):
    return (text + "\0").encode("utf-16-le")


class Blob:
    """Fixed bytes, and texts behind them that offsets in the fixed part point to."""

    def __init__(self, fixed_size):
        self.fixed = bytearray(fixed_size)
        self.texts = bytearray()

    def put(self, at, layout, *values):
        struct.pack_into("<" + layout, self.fixed, at, *values)

    def text(self, at, data):
        self.put(at, "I", len(self.fixed) + len(self.texts))
        self.texts += data

    def bytes(self):
        return bytes(self.fixed + self.texts)


def event_info(source, properties, top_level, keyword=0):
    """`properties`: (flags, word, word, count, length, name, map name)."""
    blob = Blob(112 + 24 * len(properties))
    blob.put(0, "16s16s", bytes(range(16)), bytes(range(16, 32)))
    blob.put(32, "HBBBBHQI", 7, 1, 16, 4, 1, 9, keyword, source)
    for index, name in enumerate(["Provider", "Level ", "Channel"]):
        blob.text(52 + 4 * index, wide(name))
    if keyword:
        blob.text(64, wide("Low") + wide("High ") + wide(""))
    for index, name in enumerate(["Task", "win:Start", "%1 is %2"]):
        blob.text(68 + 4 * index, wide(name))
    blob.text(92, wide("Event"))
    blob.put(100, "III", len(properties), top_level, 1)
    for index, (flags, first, second, count, length, name, map_name) in enumerate(properties):
        at = 112 + 24 * index
        blob.put(at, "IIHHIHHI", flags, 0, first, second, 0, count, length, 5)
        blob.text(at + 4, wide(name))
        if map_name:
            blob.text(at + 12, wide(map_name))
    return b"\0" + blob.bytes()


def value_map(flags, entries):
    blob = Blob(16 + 8 * len(entries))
    blob.put(0, "IIII", 0, flags, len(entries), 0)
    blob.text(0, wide("Colour "))
    for index, (value, text) in enumerate(entries):
        blob.put(16 + 8 * index, "II", 0, value)
        blob.text(16 + 8 * index, wide(text))
    return b"\1" + blob.bytes()


def make_event_info():
    plain = [(0, 8, 8, 1, 4, "count ", "Colour"), (2, 14, 25, 1, 0, "address", ""),
             (0x10, 1, 1, 1, 5, "text", ""), (4, 10, 19, 0, 8, "values", "")]
    nested = [(0, 6, 6, 1, 2, "n", ""), (1 | 4, 2, 2, 0, 0, "outer", ""),
              (0x40 | 0x20, 4, 4, 3, 1, "inner", ""), (0x80, 14, 28, 1, 0, "custom", "")]
    write("event_info", "manifest-event", event_info(0, plain, 4, 5))
    write("event_info", "class-event", event_info(1, plain, 4))
    write("event_info", "struct-of-arrays", event_info(0, nested, 2, 1 << 63 | 3))
    write("event_info", "tracelogging-event-without-properties", event_info(3, [], 0))
    write("event_info", "struct-in-itself", event_info(0, [(1, 0, 1, 1, 0, "s", "")], 1))
    colours = [(9, "nine "), (1, "one"), (5, "five"), (1, "again")]
    write("event_info", "value-map-unsorted", value_map(1, colours))
    write("event_info", "bit-map", value_map(2, [(1, "a"), (0x80000000, "b")]))
    write("event_info", "class-bit-map-without-values", value_map(0x50, [(0, "a"), (0, "b")]))
    write("event_info", "pattern-map", value_map(4, []))


def field(name, in_type, out=None, more=b""):
    data = name.encode() + b"\0"
    data += bytes([in_type]) if out is None else bytes([in_type | 0x80, out])
    return data + more


def metadata(*fields, name="Event", tags=b"\0", traits=b""):
    body = tags + name.encode() + b"\0" + b"".join(fields)
    return bytes([len(traits)]) + traits + struct.pack("<H", len(body) + 2) + body


def make_tracelogging():
    traits = struct.pack("<H", 9 + 19) + b"Mine.X\0" + struct.pack("<HB", 19, 1) + bytes(range(16))
    scalars = [field("f%d" % n, n) for n in range(26) if n != 24]
    outs = [field("o%d" % n, 8, n) for n in range(40)]
    write("tracelogging", "all-in-types", metadata(*scalars, traits=traits))
    write("tracelogging", "all-out-types", metadata(*outs))
    write("tracelogging", "arrays", metadata(
        field("constant", 0x20 | 6, None, struct.pack("<H", 4)), field("variable", 0x40 | 14, 9),
        field("custom", 0x60 | 4, 35, struct.pack("<H", 3) + b"abc")))
    write("tracelogging", "nested-structs", metadata(
        field("a", 24, 3), field("b", 4), field("c", 24, 1), field("d", 6), field("e", 8),
        field("f", 0x40 | 24, 1), field("g", 15)))
    write("tracelogging", "tags", metadata(
        field("f", 4, 0x80, b"\x81\x82\x83\x04"), tags=b"\x81\x02", traits=b"\x05\0ab\0"))
    write("tracelogging", "structs-too-deep", metadata(
        *[field("s", 24, 1) for _ in range(17)], field("v", 4)))
    write("tracelogging", "struct-without-its-members", metadata(field("s", 24, 9), field("v", 4)))


HEAD = """<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
<instrumentation><events>
<provider name="Contoso" guid="{11111111-2222-3333-4444-555555555555}">
"""
TAIL = """</provider></events></instrumentation>
<localization><resources culture="en-US"><stringTable>
<string id="m" value="Message %1"/><string id="v" value="Red"/>
</stringTable></resources></localization></instrumentationManifest>
"""
NAMES = """<channels><channel chid="A" name="Contoso/Admin"/>
<importChannel chid="S" name="System"/></channels>
<levels><level name="Loud" value="0x20"/></levels>
<keywords><keyword name="Disk" mask="0x1"/></keywords>
<opcodes><opcode name="Pause" value="012" mofValue="33"/></opcodes>
<tasks><task name="Work" value="1" eventGUID="{21111111-2222-3333-4444-555555555555}">
<opcodes><opcode name="Go" value="13"/></opcodes></task></tasks>
<events><event value="1" version="1" task="Work" opcode="Go" level="Loud" channel="A"
 keywords="Disk win:SQM" message="$(string.m)" symbol="Begin"/>
<event value="02" task="Work" opcode="Pause" level="win:Error" channel="S"/></events>
"""
LAYOUTS = """<maps><valueMap name="V"><map value="2" message="$(string.v)"/>
<map value="0x1" message="one"/></valueMap><bitMap name="B"><map value="8" message="x"/></bitMap>
</maps><events><event value="1" template="T"/></events><templates><template tid="T">
<data name="n" inType="win:UInt16" map="V"/><data name="b" inType="win:Binary" length="n"/>
<data name="u" inType="win:UnicodeString" length="4" outType="win:Xml"/>
<struct name="s" count="n"><data name="m" inType="win:UInt32" outType="win:IPv4" map="B"/>
<struct name="t"><data name="a" inType="win:AnsiString" count="3" length="n"/></struct></struct>
<UserData><x><y>%1</y></x></UserData></template></templates>
"""


def make_manifest():
    write("manifest", "names.xml", (HEAD + NAMES + TAIL).encode())
    write("manifest", "layouts.xml", (HEAD + LAYOUTS + TAIL).encode())
    write("manifest", "utf-16.xml", (HEAD + NAMES + TAIL).encode("utf-16"))
    write("manifest", "entity.xml", b"<!DOCTYPE m [<!ENTITY a 'b'>]><m>&a;</m>")
    write("manifest", "unclosed.xml", (HEAD + LAYOUTS).encode())
    broken = LAYOUTS.replace('length="n"', 'length="gone"')
    write("manifest", "reference-to-nothing.xml", (HEAD + broken + TAIL).encode())
    write("manifest", "elements-too-deep.xml", b"<a>" * 64)


def pair(first, second):
    return struct.pack("<H", len(first)) + first + second


def make_providers():
    names, layouts = (CORPORA / "manifest" / name for name in ("names.xml", "layouts.xml"))
    compiled = (CORPORA / "pe" / "messages-64").read_bytes()
    messages = (CORPORA / "tmf" / "texts").read_bytes()
    write("providers", "two-manifests", pair(names.read_bytes(), layouts.read_bytes()))
    write("providers", "same-twice", pair(names.read_bytes(), names.read_bytes()))
    write("providers", "compiled-and-messages", pair(compiled, messages))


if __name__ == "__main__":
    make_event_info()
    make_tracelogging()
    make_manifest()
    make_providers()
