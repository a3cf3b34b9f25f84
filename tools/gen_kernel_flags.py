#!/usr/bin/env python3
"""Turns data/kernel_flags.tsv into src/session/kernel_flag.inc.

usage: gen_kernel_flags.py [--check]

With --check nothing is written, and the exit code is 1 if kernel_flag.inc is not what the table
says.
"""

import sys

import gen_system
import generated

ROOT = generated.ROOT
TABLE = ROOT / "data" / "kernel_flags.tsv"
OUTPUT = ROOT / "src" / "session" / "kernel_flag.inc"


def generate():
    """The text of kernel_flag.inc."""
    out = ["/* Made by tools/gen_kernel_flags.py from data/kernel_flags.tsv. Do not edit. */",
           "/* clang-format off */", "", "static const etw_kernel_flag kernel_flags[] = {"]
    guids = gen_system.guids_by_name()
    for place, (name, alias, flags, _, event_class) in generated.rows(TABLE):
        if len(guids.get(event_class, [])) != 1:
            raise generated.TableError(f"{place}: no single class is called {event_class}")
        guid = guids[event_class][0]
        tail = ", ".join(f"0x{byte:02x}" for byte in guid.bytes[8:])
        other = "NULL" if alias == "-" else f'"{alias}"'
        out.append(f'    {{"{name}", {other}, 0x{int(flags, 16):08x}, {{0x{guid.time_low:08x}, '
                   f"0x{guid.time_mid:04x}, 0x{guid.time_hi_version:04x}, {{{tail}}}}}}},")
    return "\n".join(out + ["};", ""])


if __name__ == "__main__":
    sys.exit(generated.main("gen_kernel_flags.py", __doc__, generate, OUTPUT))
