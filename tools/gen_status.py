#!/usr/bin/env python3
"""Turns data/status_codes.tsv into src/decode/status_codes.inc.

usage: gen_status.py [--check]

With --check nothing is written, and the exit code is 1 if status_codes.inc is not what the table
says.
"""

import re
import sys

import generated

ROOT = generated.ROOT
TABLE = ROOT / "data" / "status_codes.tsv"
OUTPUT = ROOT / "src" / "decode" / "status_codes.inc"

KINDS = ("ntstatus", "win32", "hresult")
HEADER = ["kind", "number", "symbol", "source"]


def read_table():
    """Returns {kind: {number: symbol}}."""
    codes = {kind: {} for kind in KINDS}
    header = None
    for row, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            if header != HEADER:
                raise generated.TableError(f"{TABLE.name}:{row}: the columns are not {HEADER}")
            continue
        if len(cells) != len(HEADER) or cells[0] not in codes:
            raise generated.TableError(f"{TABLE.name}:{row}: expected the cells {HEADER}")
        kind, number, symbol = cells[0], int(cells[1], 0), cells[2]
        if not 0 <= number <= 0xFFFFFFFF or not re.fullmatch("[A-Z][A-Z0-9_]*", symbol):
            raise generated.TableError(f"{TABLE.name}:{row}: {cells[1]} {symbol} makes no sense")
        if number in codes[kind] or symbol in codes[kind].values():
            raise generated.TableError(f"{TABLE.name}:{row}: {cells[1]} {symbol} is there already")
        codes[kind][number] = symbol
    return codes


def generate():
    """The text of status_codes.inc."""
    out = ["/* Made by tools/gen_status.py from data/status_codes.tsv. Do not edit. */",
           "/* clang-format off */"]
    for kind, codes in read_table().items():
        out += ["", f"static const status_code {kind}_codes[] = {{"]
        for number, symbol in sorted(codes.items()):
            out.append(f"    {{0x{number:08x}, {{\"{symbol}\", {len(symbol)}}}}},")
        out.append("};")
    return "\n".join(out + [""])


if __name__ == "__main__":
    sys.exit(generated.main("gen_status.py", __doc__, generate, OUTPUT))
