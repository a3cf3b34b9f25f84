#!/usr/bin/env python3
"""What a person at a terminal sees: colors in text, and a progress bar on stderr for long work.

usage: terminal.py ETW MAKE_SAMPLE
"""

import os
import pty
import re
import subprocess
import sys
import tempfile

TRACES = 600  # opened together: work of more than half a second
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}")


def on_terminal(command, stream="stderr", **variables):
    """What a command writes to a stream that is a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("NO_COLOR", "CLICOLOR_FORCE")}
    environment.update({"TERM": "xterm"}, **variables)
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: theirs}
    with subprocess.Popen(command, env=environment, **streams) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux says EIO when the other side has gone.
                break
            if not piece:
                break
            seen += piece
    os.close(ours)
    return seen, process.returncode


def screen_is_clean(seen):
    """True if what was drawn last was the end of the bar."""
    return seen.endswith(b"\r\033[K")


def check_colors(etw):
    """Text is colored where stdout is a terminal, unless somebody wants otherwise."""
    text = [etw, "dump", "-q", "-o", "text", "-c20", "a.etl"]
    seen, code = on_terminal(text, "stdout")
    check(code == 0 and b"\033[" in seen, "text on a terminal is colored")
    plain = subprocess.run(text, stdout=subprocess.PIPE, check=True).stdout
    check(b"\033[" not in plain, "text in a pipe is not")
    without = re.sub(rb"\033\[[0-9;]*m", b"", seen).replace(b"\r\n", b"\n")
    check(without == plain, "both are the same but for the colors")
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "")):
        seen, _ = on_terminal(text, "stdout", **{name: value})
        check(seen.replace(b"\r\n", b"\n") == plain, f"{name}={value} forbids colors")
    seen, _ = on_terminal(text + ["--color=never"], "stdout", CLICOLOR_FORCE="1")
    check(b"\033[" not in seen, "--color=never forbids them too")
    seen, _ = on_terminal(text + ["--color=always"], "stdout", NO_COLOR="1")
    check(b"\033[" in seen, "--color=always wants them")
    seen, _ = on_terminal([etw, "dump", "-q", "-c20", "a.etl"], "stdout")
    check(b"\033[" not in seen, "JSON has no colors")


def main():
    etw, make_sample = map(os.path.abspath, sys.argv[1:3])
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:
        print(f"SKIP: this system has no terminals: {error}")
        return 77
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        subprocess.run([make_sample, "a.etl"], check=True)
        check_colors(etw)
        many = ["a.etl"] * TRACES
        seen, code = on_terminal([etw, "stats", "a.etl"])
        check(code == 0 and b"%" not in seen, "short work shows no bar")
        # Read again and again until it lasts.
        while True:
            seen, code = on_terminal([etw, "stats", "--json", *many])
            if b"%" in seen or len(many) > 40 * TRACES:
                break
            many *= 2
        check(code == 0, "long work succeeds")
        check(b"%" in seen and b"left" in seen, "long work shows a bar")
        check(screen_is_clean(seen), "the bar is taken away at the end")
        seen, code = on_terminal([etw, "stats", "-q", "--json", *many])
        check(seen == b"", "-q shows no bar")
        result = subprocess.run([etw, "stats", *many], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, check=False)
        check(result.stderr == b"", "no bar where stderr is no terminal")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
