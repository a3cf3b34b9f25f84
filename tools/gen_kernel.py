#!/usr/bin/env python3
"""Turns data/kernel_classes.tsv and data/kernel_event_names.tsv into src/schema/kernel.inc.

usage: gen_kernel.py [--check]

With --check nothing is written, and the exit code is 1 if kernel.inc is not what the tables say.
The notation of the layouts is explained at the head of kernel_classes.tsv.
"""

import re
import sys
import uuid

import generated

ROOT = generated.ROOT
CLASSES = ROOT / "data" / "kernel_classes.tsv"
NAMES = ROOT / "data" / "kernel_event_names.tsv"
OUTPUT = ROOT / "src" / "schema" / "kernel.inc"

# Type in the table: in-type, out-type, fixed length.
TYPES = {
    "i8": ("INT8", "BYTE", 0),
    "i16": ("INT16", "SHORT", 0),
    "i32": ("INT32", "INT", 0),
    "i64": ("INT64", "LONG", 0),
    "u8": ("UINT8", "UNSIGNED_BYTE", 0),
    "u16": ("UINT16", "UNSIGNED_SHORT", 0),
    "u32": ("UINT32", "UNSIGNED_INT", 0),
    "u64": ("UINT64", "UNSIGNED_LONG", 0),
    "x8": ("UINT8", "HEX_INT8", 0),
    "x16": ("UINT16", "HEX_INT16", 0),
    "x32": ("UINT32", "HEX_INT32", 0),
    "x64": ("UINT64", "HEX_INT64", 0),
    "ptr": ("POINTER", "HEX_INT64", 0),
    "size": ("SIZE_T", "HEX_INT64", 0),
    "wstr": ("UNICODE_STRING", "STRING", 0),
    "astr": ("ANSI_STRING", "STRING", 0),
    "guid": ("GUID", "GUID", 0),
    "wbemsid": ("WBEM_SID", "STRING", 0),
    "ipv4": ("UINT32", "IPV4", 0),
    "ipv6": ("BINARY", "IPV6", 16),
    "port": ("UINT16", "PORT", 0),
    "bool32": ("BOOLEAN", "BOOLEAN", 0),
    "filetime": ("FILETIME", "DATETIME", 0),
    "time": ("UINT64", "ETW_TIME", 0),
}

# Types whose brackets hold a length and not a count.
SIZED_TYPES = {
    "wchar": ("UNICODE_STRING", "STRING"),
    "bytes": ("BINARY", "HEX_BINARY"),
}

FIELD = re.compile(r"(?P<type>\{[^{}]*\}|[a-z0-9]+)(\[(?P<many>\w+|\*)\])?(?P<optional>\?)?"
                   r" (?P<name>\w+)$")


def read_table(path, columns):
    """Yields the rows of a table as dictionaries; the first row that is no comment names them."""
    header = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            if header != columns:
                raise generated.TableError(f"{path.name}:{number}: the columns are not {columns}")
            continue
        if len(cells) != len(header):
            raise generated.TableError(f"{path.name}:{number}: {len(cells)} cells, not {len(header)}")
        yield dict(zip(header, cells))


def c_string(text):
    """An etw_str initialiser."""
    if not all(" " <= c <= "~" and c not in '"\\' for c in text):
        raise generated.TableError(f"unexpected characters in {text!r}")
    return f'{{"{text}", {len(text)}}}'


def split_fields(layout):
    """Splits at semicolons outside of braces."""
    return re.split(r"; (?![^{]*\})", layout)


def sized_value(kind, many, flags):
    """In-type, out-type, flags and length of a type whose size is in its brackets."""
    in_type, out_type = SIZED_TYPES[kind]
    if many == "*":
        return in_type, out_type, flags + ["TO_END"], 0
    return in_type, out_type, flags + ["FIXED_LENGTH"], int(many)


def array_shape(many, earlier):
    """Flags and count of a field with those brackets."""
    if many is None:
        return [], 1
    if many == "*":
        return ["COUNT_TO_END"], 1
    if many.isdigit():
        return ["FIXED_COUNT"], int(many)
    if many not in earlier:
        raise generated.TableError(f"no field {many!r} before the array that it counts")
    return ["COUNT_INDEX"], earlier.index(many)


def property_line(name, types, flags, count, length, members):
    """One etw_property initialiser; types are in-type and out-type, members are first and count."""
    flag_text = " | ".join("ETW_PROPERTY_" + flag for flag in flags) or "0"
    return (f"    {{{c_string(name)}, NULL, 0, ETW_IN_{types[0]}, ETW_OUT_{types[1]}, {flag_text}, "
            f"{count}, {length}, {members[0]}, {members[1]}}},")


def parse_layout(layout):
    """Turns a layout into property initialisers: (lines, number of top-level properties)."""
    if layout == "-":
        return [], 0
    fields = split_fields(layout)
    lines, members, names = [], [], []
    for field in fields:
        match = FIELD.match(field)
        if not match:
            raise generated.TableError(f"cannot read field {field!r}")
        kind, many, name = match["type"], match["many"], match["name"]
        flags = ["OPTIONAL"] if match["optional"] else []
        if kind.startswith("{"):
            inner, inner_count = parse_layout(kind[1:-1])
            shape, count = array_shape(many, names)
            first = len(fields) + len(members)
            lines.append(property_line(name, ("NULL", "NULL"), flags + ["STRUCT"] + shape, count, 0,
                                       (first, inner_count)))
            members += inner
        elif kind in SIZED_TYPES:
            in_type, out_type, flags, length = sized_value(kind, many, flags)
            lines.append(property_line(name, (in_type, out_type), flags, 1, length, (0, 0)))
        elif kind in TYPES:
            in_type, out_type, length = TYPES[kind]
            shape, count = array_shape(many, names)
            flags += shape + (["FIXED_LENGTH"] if length else [])
            lines.append(property_line(name, (in_type, out_type), flags, count, length, (0, 0)))
        else:
            raise generated.TableError(f"no type {kind!r}")
        names.append(name)
    return lines + members, len(fields)


def c_guid(guid):
    """An etw_guid initialiser."""
    tail = ", ".join(f"0x{byte:02x}" for byte in guid.bytes[8:])
    return (f"{{0x{guid.time_low:08x}, 0x{guid.time_mid:04x}, 0x{guid.time_hi_version:04x}, "
            f"{{{tail}}}}}")


class Tables:
    """What the two tables say, numbered as kernel.inc numbers it."""

    def __init__(self):
        columns = ["guid", "provider", "class", "version", "types", "layout", "source"]
        self.classes = list(read_table(CLASSES, columns))
        self.names = list(read_table(NAMES, ["guid", "type", "task", "opcode", "source"]))
        providers = {}
        for row in self.classes:
            if providers.setdefault(uuid.UUID(row["guid"]), row["provider"]) != row["provider"]:
                raise generated.TableError(f"{row['class']}: two providers for one GUID")
        # Classes without a layout only lend their names, so they need no provider.
        for row in self.names:
            providers.setdefault(uuid.UUID(row["guid"]), "")
        self.guids = sorted(providers.items())
        self.guid_index = {guid: i for i, (guid, _) in enumerate(self.guids)}

    def layouts(self):
        """The different layouts, in order of appearance: [(class that lends its name, layout)]."""
        seen = {}
        for row in self.classes:
            seen.setdefault(row["layout"], row["class"])
        return [(name, layout) for layout, name in seen.items()]

    def keys(self):
        """(guid, type, version, class) sorted as kernel.c searches them: newest version first."""
        keys = []
        for i, row in enumerate(self.classes):
            for kind in row["types"].split(","):
                keys.append((self.guid_index[uuid.UUID(row["guid"])], int(kind),
                             int(row["version"]), i))
        return sorted(keys, key=lambda key: (key[0], key[1], -key[2], key[3]))

    def name_rows(self):
        """(guid, type, task, opcode), sorted."""
        rows = [(self.guid_index[uuid.UUID(row["guid"])], int(row["type"]), row["task"],
                 "" if row["opcode"] == "-" else row["opcode"]) for row in self.names]
        rows.sort()
        known = {row[:2] for row in rows}
        if len(known) != len(rows):
            raise generated.TableError("an event type has two names")
        nameless = sorted({key[:2] for key in self.keys()} - known)
        if nameless:
            raise generated.TableError(f"{self.guids[nameless[0][0]][0]} type {nameless[0][1]} has no name")
        return rows


def generate():
    """The text of kernel.inc."""
    tables = Tables()
    out = ["/* Made by tools/gen_kernel.py from data/kernel_classes.tsv and",
           " * data/kernel_event_names.tsv. Do not edit. */", "/* clang-format off */", ""]
    shapes = {}
    for name, layout in tables.layouts():
        try:
            lines, top_level_count = parse_layout(layout)
        except generated.TableError as error:
            raise generated.TableError(f"{name}: {error}") from None
        if not lines:
            shapes[layout] = ("NULL", 0, 0)
            continue
        array = f"fields_of_{name}"
        shapes[layout] = (array, len(lines), top_level_count)
        out += [f"static const etw_property {array}[] = {{", *lines, "};", ""]

    out.append("static const kernel_guid kernel_guids[] = {")
    out += [f"    {{{c_guid(guid)}, {c_string(provider)}}}," for guid, provider in tables.guids]
    out += ["};", "", "static const kernel_class kernel_classes[] = {"]
    for row in tables.classes:
        array, count, top_level_count = shapes[row["layout"]]
        out.append(f"    {{{c_string(row['class'])}, {array}, {count}, {top_level_count}}},")
    out += ["};", "", "/* guid, type, version, class */",
            "static const kernel_key kernel_keys[] = {"]
    out += [f"    {{{key[0]}, {key[1]}, {key[2]}, {key[3]}}}," for key in tables.keys()]
    out += ["};", "", "static const kernel_name kernel_names[] = {"]
    out += [f"    {{{guid}, {kind}, {c_string(task)}, {c_string(opcode)}}},"
            for guid, kind, task, opcode in tables.name_rows()]
    out += ["};", ""]
    return "\n".join(out)


if __name__ == "__main__":
    sys.exit(generated.main("gen_kernel.py", __doc__, generate, OUTPUT))
