#!/usr/bin/env python3
"""Writes src/decode/codepage.inc, the upper halves of the code pages, from Python's codecs.

usage: gen_codepages.py [--check]

With --check nothing is written, and the exit code is 1 if codepage.inc is not what it should be.

Python generates these codecs from the mapping tables of the Unicode Consortium: VENDORS/MICSFT/PC
and VENDORS/MICSFT/WINDOWS at https://www.unicode.org/Public/MAPPINGS/, and ISO8859/8859-1.TXT. The
best-fit tables are not used: a byte without a meaning becomes U+DC00 plus the byte.
"""

import sys

import generated

ROOT = generated.ROOT
OUTPUT = ROOT / "src" / "decode" / "codepage.inc"

# The number that Windows gives a code page, and the name of Python's codec.
CODE_PAGES = [(number, f"cp{number}") for number in (437, 850, 852, 855, 857, 866, 874)]
CODE_PAGES += [(number, f"cp{number}") for number in range(1250, 1259)]
CODE_PAGES += [(28591, "iso8859-1")]


def unit_of(byte, codec):
    """The UTF-16 unit that a byte stands for."""
    try:
        text = bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        return 0xDC00 + byte
    unit = ord(text)
    if unit > 0xFFFF:
        raise ValueError(f"{codec} needs a surrogate pair for byte {byte:#x}")
    return unit


def generate():
    """The text of codepage.inc."""
    out = ["/* Made by tools/gen_codepages.py from the mapping tables of the Unicode Consortium",
           " * (VENDORS/MICSFT and ISO8859). Do not edit. */", "/* clang-format off */", "",
           "static const code_page_table code_pages[] = {"]
    for number, codec in CODE_PAGES:
        if any(unit_of(byte, codec) != byte for byte in range(0x80)):
            raise ValueError(f"{codec} is no superset of ASCII")
        out.append(f"    {{{number}, {{")
        for start in range(0x80, 0x100, 8):
            units = (f"0x{unit_of(byte, codec):04X}," for byte in range(start, start + 8))
            out.append("        " + " ".join(units))
        out.append("    }},")
    return "\n".join(out + ["};", ""])


if __name__ == "__main__":
    sys.exit(generated.main("gen_codepages.py", __doc__, generate, OUTPUT))
