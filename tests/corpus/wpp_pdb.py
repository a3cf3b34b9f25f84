"""WPP out of symbol files: the TMF files of the corpus go through a compiler and a linker.

Every message becomes an annotation, as WPP writes it into the source; clang and lld make symbol
files of that. What `etw` reads out of those has to be what it reads out of the TMF files. lld drops
the symbols of annotations, of which it knows nothing. So they are disguised as symbols that it
copies (S_ENVBLOCK), and get their kind back in the symbol file; all around them is as the linker
made it.
"""

import concurrent.futures
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import common

S_ANNOTATION = struct.pack("<H", 0x1019)
S_ENVBLOCK = struct.pack("<H", 0x113D)
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
FUNCTION = re.compile(r" FUNC=(.*)$")
# What no file of the corpus has.
ENUMERATIONS = """\
11223344-5566-7788-99aa-bbccddeeff00 shop // SRC=a.c MJ= MN=
#typev a_c8 10 "%10!s! %11!s!" //   LEVEL=ERR FLAGS=NET FUNC=pay
{
color, ItemEnum(Color) -- 10
bits, ItemFlagsEnum(Bits) -- 11
}
#enumv Color
{
Red,1
Green,2
Blue,0x11170
Below,-2
}
#enumv Bits
{
Low,1
High,0x40000000
}
"""
HEADER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def literal(text):
    escaped = "".join(c if " " <= c <= "~" and c not in '"\\' else
                      "\\" + c if c in '"\\' else f"\\u{ord(c):04x}" for c in text)
    return f'L"{escaped}"'


def blocks(lines):
    """Yields the messages and enumerations of a TMF file: (header, first line, lines in braces)."""
    header, at = "", 0
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if HEADER.match(line):
            header = line
        if not line.startswith(("#type", "#enum")):
            continue
        body = []
        if at < len(lines) and lines[at].strip() == "{":
            end = next(i for i in range(at, len(lines)) if lines[i].strip() == "}")
            body = [text.strip() for text in lines[at + 1:end]]
            at = end + 1
        yield header, line, body


def enumeration(line, body):
    labels = ", ".join(label.replace(",", " = ") for label in body)
    name = line.split()[1]
    return f"enum {name} {{ {labels} }} volatile variable_{name};\n"


def function_of(line, index):
    """The name of the function for a message, and its line without it if the symbols tell it."""
    match = FUNCTION.search(line)
    if match and IDENTIFIER.fullmatch(match[1]) and match[1] != "main":
        return match[1], line[:match.start()]
    return f"function_{index}", line


def source_of(path):
    """A program in C with the messages of a TMF file, and how many there are."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    functions, head, count = {}, "", 0
    for index, (header, line, body) in enumerate(blocks(lines)):
        if line.startswith("#enum"):
            head += enumeration(line, body)
            continue
        name, line = function_of(line, index)
        texts = ", ".join(map(literal, ["TMF:", header, line, "{", *body, "}"]))
        functions.setdefault(name, []).append(f"    __annotation({texts});\n")
        count += 1
    code = "".join(f"static __attribute__((used)) void {name}(void)\n{{\n{''.join(texts)}}}\n"
                   for name, texts in functions.items())
    return head + code, count


def disguise(path, old, new):
    """Changes the kind of all symbols that hold messages; says how many there are."""
    data, count, at = bytearray(path.read_bytes()), 0, 0
    while (at := data.find(b"TMF:\0", at)) >= 0:
        # Kind, offset, segment, number of strings, strings.
        if data[at - 10:at - 8] == old:
            data[at - 10:at - 8] = new
            count += 1
        at += 1
    path.write_bytes(data)
    return count


def compile_one(path, out):
    source = out.with_suffix(".c")
    text, count = source_of(path)
    source.write_text(text, encoding="utf-8")
    subprocess.run(["clang", "--target=x86_64-pc-windows-msvc", "-fms-extensions", "-ffreestanding",
                    "-fno-builtin", "-g", "-gcodeview", "-O0", "-w", "-c", source, "-o", out], check=True)
    if disguise(out, S_ANNOTATION, S_ENVBLOCK) != count:
        raise RuntimeError(f"{path}: the compiler wrote other annotations than {count}")
    return count


def link(files, folder, name):
    """The symbol file of a program with the messages of TMF files, and how many there are."""
    work = folder / name
    work.mkdir()
    objects = [work / f"{path.stem}.obj" for path in files]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        count = sum(pool.map(compile_one, files, objects))
    entry, symbols = work / "entry.c", work / f"{name}.pdb"
    entry.write_text("int entry(void) { return 0; }\n", encoding="utf-8")
    subprocess.run(["clang", "--target=x86_64-pc-windows-msvc", "-c", entry, "-o",
                    entry.with_suffix(".obj")], check=True)
    subprocess.run(["lld-link", "/debug", "/nodefaultlib", "/entry:entry", "/subsystem:console",
                    "/opt:noref", f"/out:{work / 'a.exe'}", f"/pdb:{symbols}",
                    entry.with_suffix(".obj"), *objects], check=True)
    if disguise(symbols, S_ENVBLOCK, S_ANNOTATION) != count:
        raise RuntimeError(f"{symbols}: the linker kept other annotations than {count}")
    return symbols, count


def check_counts(report, etw, trace, schemas, symbols, count):
    """As many schemas as the TMF files have, none of them rejected."""
    carried = []
    for path in (schemas, symbols):
        info = common.run_json(etw, "info", "--json", "--schema", path, trace)
        carried.append(info["schemas"]["carried"]["tmf"])
        report.equal(0, info["schemas"]["rejected"], f"{path.name}: no faults")
    report.equal(carried[0], carried[1], f"{symbols.name}: schemas of {count} annotations")
    both = common.run_json(etw, "info", "--json", "--schema", f"{schemas}:{symbols}", trace)
    report.equal(carried[0], both["schemas"]["carried"]["tmf"],
                 f"{symbols.name}: each schema is the same, so both together are no more")


def check_dump(report, etw, trace, schemas, symbols):
    options = ["--quiet", "--message"]
    lines = [list(common.dump_lines(etw, *options, "--schema", path, trace))
             for path in (schemas, symbols)]
    report.check(lines[0] == lines[1] and any(b'"Message"' in line for line in lines[1]),
                 f"{trace.stem}: the same with {symbols.name}")


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    folder = corpus.root / "schemas" / "wpp"
    names = [name for name in corpus.names() if name.startswith("findneedle-wpp")]
    if not folder.is_dir() or not names:
        common.skip(f"no TMF files at {folder}")
    for tool in ("clang", "lld-link"):
        if not shutil.which(tool):
            common.skip(f"{tool} is not installed")
    with tempfile.TemporaryDirectory() as work:
        own = pathlib.Path(work) / "own"
        own.mkdir()
        (own / "enumerations.tmf").write_text(ENUMERATIONS, encoding="utf-8")
        for schemas in (*sorted(path for path in folder.iterdir() if path.is_dir()), own):
            files = sorted(schemas.rglob("*.tmf"))
            symbols, count = link(files, pathlib.Path(work), f"{schemas.name}-pdb")
            trace = corpus.trace(names[0])
            check_counts(report, arguments.etw, trace, schemas, symbols, count)
            print(f"{symbols.name}: {count} messages of {len(files)} files, "
                  f"{symbols.stat().st_size:,} bytes")
            if schemas.name == "findneedle":
                for name in names:
                    check_dump(report, arguments.etw, corpus.trace(name), schemas, symbols)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
