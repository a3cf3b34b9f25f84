#!/usr/bin/env python3
"""Turns data/system_keywords.tsv into src/schema/system.inc.

usage: gen_system.py [--check]

With --check nothing is written, and the exit code is 1 if system.inc is not what the table says.
"""

import sys

import gen_guids
import generated

ROOT = generated.ROOT
TABLE = ROOT / "data" / "system_keywords.tsv"
OUTPUT = ROOT / "src" / "schema" / "system.inc"


def read_table():
    """Returns {provider: {mask: keyword}}."""
    providers = {}
    for place, cells in generated.rows(TABLE):
        name, mask, keyword = cells[0], int(cells[1], 16), cells[2]
        if not keyword.replace("_", "").isalnum() or not keyword.isascii():
            raise generated.TableError(f"{place}: unexpected characters in {keyword!r}")
        keywords = providers.setdefault(name, {})
        if mask in keywords or not 0 < mask < 1 << 64:
            raise generated.TableError(f"{place}: {name} cannot have the mask {cells[1]} here")
        keywords[mask] = keyword
    return providers


def guids_by_name():
    guids = {}
    for guid, name in gen_guids.read_table().items():
        guids.setdefault(name, []).append(guid)
    return guids


def text_of(text):
    return f'{{"{text}", {len(text)}}}'


def generate():
    """The text of system.inc."""
    out = ["/* Made by tools/gen_system.py from data/system_keywords.tsv. Do not edit. */",
           "/* clang-format off */", ""]
    rows = []
    guids = guids_by_name()
    for name, keywords in sorted(read_table().items()):
        if len(guids.get(name, [])) != 1:
            raise generated.TableError(f"{name} is not one of {gen_guids.TABLE.name}")
        guid = guids[name][0]
        table = f"{name.lower()}_keywords"
        out.append(f"static const etw_named_value {table}[] = {{")
        out += [f"    {{.value = 0x{mask:x}u, .name = {text_of(keyword)}}},"
                for mask, keyword in sorted(keywords.items())]
        out += ["};", ""]
        tail = ", ".join(f"0x{byte:02x}" for byte in guid.bytes[8:])
        rows.append(f"    {{.guid = {{0x{guid.time_low:08x}, 0x{guid.time_mid:04x}, "
                    f"0x{guid.time_hi_version:04x}, {{{tail}}}}}, .name = {text_of(name)},\n"
                    f"     .named = {{[ETW_NAMED_KEYWORD] = {{{table}, {len(keywords)}}}}}}},")
    return "\n".join(out + ["static const etwi_provider system_providers[] = {", *rows, "};", ""])


if __name__ == "__main__":
    sys.exit(generated.main("gen_system.py", __doc__, generate, OUTPUT))
