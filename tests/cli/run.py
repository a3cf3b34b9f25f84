#!/usr/bin/env python3
r"""Runs the commands of a file of cases and compares what they print.

usage: run.py --etw ETW --make-sample PROGRAM [--windows] [--update] FILE.t

A case begins with a line "$ COMMAND", run by bash in an empty folder that the cases of a file
share. What follows is what it must print: stdout as it is, stderr with "! " before each line, and
last "? N" if the exit code is N rather than 0. An empty line ends a case; one that is printed is
written as "\". Other lines before a case are comments ("# …") or empty. In expected lines "[…]"
stands for any text. A case of "% COMMAND" is about what Windows has otherwise, and not run there.
`etw` and `make_sample` are in the path, and $LIST is what stands between the paths of a list.
--update writes the file anew with what was printed; read the difference before you believe it.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIME_LIMIT_SECONDS = 60


class Case:
    """One command and what it must print."""

    def __init__(self, comments, line):
        self.comments, self.line = comments, line
        self.command, self.is_of_posix = line[2:], line.startswith("%")
        self.expected = []


def read_cases(path):
    """The cases, and the lines after the last one. An empty line ends a case."""
    cases, comments, is_open = [], [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("$ ", "% ")):
            cases.append(Case(comments, line))
            comments, is_open = [], True
        elif is_open and line:
            cases[-1].expected.append(line)
        elif not line or line.startswith("#"):
            comments.append(line)
            is_open = False
        else:
            sys.exit(f"{path}: expected a command: {line}")
    return cases, comments


def read_all(file):
    file.seek(0)
    return file.read().decode("utf-8", "backslashreplace")


def run(command, folder, environment):
    """The output of a command in the form of a case. It goes to files: pipes would be waited for as
    long as a keeper of the command's has them, as it does under Wine."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=False,
                                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                timeout=TIME_LIMIT_SECONDS)
        output, errors = (read_all(file) for file in (out, err))
    lines = output.split("\n")
    if not lines[-1]:
        lines.pop()
    lines = [line.replace("\r", "\\r") or "\\" for line in lines]
    lines += ["! " + line if line else "!" for line in errors.splitlines()]
    if result.returncode != 0:
        lines.append(f"? {result.returncode}")
    return lines


def matches(expected, got):
    if len(expected) != len(got):
        return False
    return all(re.fullmatch(".*".join(map(re.escape, want.split("[…]"))), line)
               for want, line in zip(expected, got))


def report(path, case, got):
    print(f"FAIL {path.name}: $ {case.command}")
    for line in case.expected:
        if not any(matches([line], [other]) for other in got):
            print(f"    - {line}")
    for line in got:
        if not any(matches([other], [line]) for other in case.expected):
            print(f"    + {line}")
    print("    exactly:\n" + "\n".join(f"    | {line}" for line in got))


def write_cases(path, cases, comments):
    lines = []
    for case in cases:
        lines += case.comments + [case.line] + case.expected
    path.write_text("\n".join(lines + comments) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--etw", required=True)
    parser.add_argument("--make-sample", required=True)
    parser.add_argument("--windows", action="store_true", help="ETW is a program of Windows")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    cases, rest = read_cases(arguments.file)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        programs = pathlib.Path(scratch, "programs")
        folder = pathlib.Path(scratch, "work")
        programs.mkdir()
        folder.mkdir()
        (programs / "etw").symlink_to(os.path.abspath(arguments.etw))
        (programs / "make_sample").symlink_to(os.path.abspath(arguments.make_sample))
        # What is kept between runs is kept here, and sessions are those of these cases.
        environment = dict(os.environ, LC_ALL="C.UTF-8", XDG_CACHE_HOME=f"{scratch}/cache",
                           LIST=";" if arguments.windows else ":",
                           ETW_RUNTIME_DIR=f"{scratch}/runtime",
                           PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
        environment.pop("ETW_SCHEMA_CACHE", None)
        for case in cases:
            if arguments.windows and case.is_of_posix:
                continue
            got = run(case.command, folder, environment)
            if matches(case.expected, got):
                passed += 1
                continue
            failed += 1
            report(arguments.file, case, got)
            if arguments.update:
                case.expected = got
    if arguments.update:
        write_cases(arguments.file, cases, rest)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
