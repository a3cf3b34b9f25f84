"""Every trace of the corpus: what `etw dump` prints is the same bytes with any number of threads."""

import hashlib
import subprocess
import sys

import common

THREADS = (2, 4)
FORMATS = ("json", "json-compact", "text")


def digest(etw, path, *options):
    """A hash of all that the command prints, its size, and its exit code."""
    content, size = hashlib.sha256(), 0
    command = [etw, "dump", *options, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while block := process.stdout.read(1 << 20):
            content.update(block)
            size += len(block)
    return content.hexdigest(), size, process.returncode


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    total = 0
    for name in corpus.names():
        for form in FORMATS:
            expected = digest(arguments.etw, corpus.trace(name), "-o", form, "--threads", "1")
            total += expected[1]
            for threads in THREADS:
                got = digest(arguments.etw, corpus.trace(name), "-o", form, "--threads",
                             str(threads))
                report.equal(expected, got, f"{name}: {form} with {threads} threads")
    report.check(total > 0, f"{total:,} bytes were compared")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
