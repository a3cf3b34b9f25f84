"""What the generators of tables share: writing the table, or saying that it is stale."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class TableError(Exception):
    """A row that cannot be used."""


def rows(table):
    """Yields the place and the cells of each row of a table, which has none empty."""
    header = None
    for number, line in enumerate(table.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            continue
        place = f"{table.name}:{number}"
        if len(cells) != len(header) or not all(cells):
            raise TableError(f"{place}: expected the cells {header}")
        yield place, cells


def main(tool, usage, generate, output):
    """Runs a generator with the arguments of the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments not in ([], ["--check"]):
        print(usage.strip(), file=sys.stderr)
        return 2
    try:
        text = generate()
    except (TableError, ValueError) as error:
        print(f"{tool}: {error}", file=sys.stderr)
        return 1
    if not arguments:
        output.write_text(text, encoding="utf-8")
        return 0
    if output.exists() and output.read_text(encoding="utf-8") == text:
        return 0
    print(f"{output.relative_to(ROOT)} is stale: run tools/{tool}", file=sys.stderr)
    return 1
