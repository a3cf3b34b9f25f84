#!/usr/bin/env python3
"""Turns data/known_guids.tsv into src/guid/known.inc.

usage: gen_guids.py [--check]

With --check nothing is written, and the exit code is 1 if known.inc is not what the table says.
"""

import hashlib
import sys
import uuid

import generated

ROOT = generated.ROOT
TABLE = ROOT / "data" / "known_guids.tsv"
OUTPUT = ROOT / "src" / "guid" / "known.inc"

NAMESPACE = bytes.fromhex("482C2DB2C39047C887F81A15BFC130FB")


def guid_from_name(name):
    """The GUID that EventSource derives from a name."""
    digest = bytearray(hashlib.sha1(NAMESPACE + name.upper().encode("utf-16-be")).digest()[:16])
    digest[7] = digest[7] & 0x0F | 0x50
    return uuid.UUID(bytes_le=bytes(digest))


def read_table():
    """Returns {GUID: name}."""
    known = {}
    for place, cells in generated.rows(TABLE):
        text, name = cells[:2]
        if not all(" " <= c <= "~" and c not in '"\\' for c in name):
            raise generated.TableError(f"{place}: unexpected characters in {name!r}")
        guid = guid_from_name(name) if text == "=" else uuid.UUID(text)
        if guid in known:
            raise generated.TableError(f"{place}: {guid} is already {known[guid]!r}")
        known[guid] = name
    return known


def generate():
    """The text of known.inc."""
    out = ["/* Made by tools/gen_guids.py from data/known_guids.tsv. Do not edit. */",
           "/* clang-format off */", "", "static const known_guid known_guids[] = {"]
    for guid, name in sorted(read_table().items()):
        tail = ", ".join(f"0x{byte:02x}" for byte in guid.bytes[8:])
        out.append(f"    {{{{0x{guid.time_low:08x}, 0x{guid.time_mid:04x}, "
                   f"0x{guid.time_hi_version:04x}, {{{tail}}}}}, {{\"{name}\", {len(name)}}}}},")
    return "\n".join(out + ["};", ""])


if __name__ == "__main__":
    sys.exit(generated.main("gen_guids.py", __doc__, generate, OUTPUT))
