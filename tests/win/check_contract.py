#!/usr/bin/env python3
"""Checks that contract.tsv names tests that there are and every function that libetw calls, and that
the tests of the contract call each of them.

usage: check_contract.py
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "src/session/win/api.c"
# Of the system rather than of ETW.
OTHERS = {"RtlGetVersion", "GetLastError"}
# Documented together with the first of them.
KIN = {"TdhUnloadManifest": "TdhLoadManifest", "TdhLoadManifestFromBinary": "TdhLoadManifest",
       "TdhLoadManifestFromMemory": "TdhLoadManifest",
       "TdhUnloadManifestFromMemory": "TdhLoadManifest",
       "TdhDeletePayloadFilter": "TdhCreatePayloadFilter",
       "TdhCleanupPayloadEventFilterDescriptor": "TdhAggregatePayloadFilters",
       "EventProviderEnabled": "EventEnabled", "EventWriteEx": "EventWriteTransfer"}


def problems():
    tests = "".join(path.read_text(encoding="utf-8")
                    for path in sorted(HERE.glob("double/test_*.c")))
    runs = set(re.findall(r"RUN\((\w+)\)", tests))
    functions = set(re.findall(r"^    ROW\((\w+),", TABLE.read_text(encoding="utf-8"),
                               re.MULTILINE)) - OTHERS
    believed = set()
    lines = (HERE / "contract.tsv").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or line == "function\tbelief\tsource\ttest":
            continue
        columns = line.split("\t")
        if len(columns) != 4 or not all(columns):
            yield f"line {number} does not have four columns"
            continue
        believed.add(columns[0])
        if columns[3] not in runs:
            yield f"line {number}: there is no test {columns[3]}"
    for name in sorted(functions):
        if KIN.get(name, name) not in believed:
            yield f"nothing is said of {name}"
        if f"contract_api->{name}(" not in tests:
            yield f"no test of the contract calls {name}"


def main():
    found = list(problems())
    for problem in found:
        print(problem)
    print(f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
