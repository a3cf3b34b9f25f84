"""Packs: what they describe is what their sources describe, byte for byte and on all traces; what
is kept between runs changes nothing, also for many processes at once; and what travels in traces
can be taken along."""

import os
import subprocess
import sys
import tempfile

import common

PROCESSES = 8
DUMP = ("dump", "-q", "--message")


def output(etw, *arguments, cache="off"):
    """Exit code and output; what is said on stderr belongs to it."""
    result = subprocess.run([etw, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, check=False,
                            env=dict(os.environ, ETW_SCHEMA_CACHE=str(cache)))
    return result.returncode, result.stdout, result.stderr


def check_equal(report, etw, corpus, schemas, pack):
    """Events with messages, and the counts with the source and file of each schema."""
    compared = 0
    for name in corpus.names():
        trace = corpus.trace(name)
        for command in (DUMP, ("stats", "--json")):
            one = output(etw, *command, "--schema", schemas, trace)
            other = output(etw, *command, "--schema", pack, trace)
            if one != other:
                report.check(False, f"{name}: etw {command[0]}", "the pack makes a difference")
            compared += len(one[1])
    report.check(compared > 1 << 20, f"{compared:,} bytes with the pack are those with the sources")


def check_cache(report, etw, corpus, schemas, folder):
    trace = corpus.trace("perfview-net45-x86")
    arguments = (*DUMP, "--schema", schemas, trace)
    expected = output(etw, *arguments)
    command = [etw, *map(str, arguments)]
    environment = dict(os.environ, ETW_SCHEMA_CACHE=str(folder))
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment) for _ in range(PROCESSES)]
    good = 0
    for process in processes:
        stdout, stderr = process.communicate()
        good += (process.returncode, stdout, stderr) == expected
    report.check(good == PROCESSES, f"{good} of {PROCESSES} processes at once get it right")
    report.check(len(os.listdir(folder)) == 1, "and leave one file", str(os.listdir(folder)))
    report.check(output(etw, *arguments, cache=folder) == expected, "which serves the next one")


def decoded(etw, trace, *options):
    stats = common.run_json(etw, "stats", "--json", *options, trace)
    return stats["decoded"], stats["errors"]


def check_export(report, etw, corpus, folder):
    packs, before, after = [], 0, 0
    for name in corpus.names():
        trace, pack = corpus.trace(name), os.path.join(folder, name + ".pack")
        if output(etw, "schema", "export", "-q", trace, "-o", pack)[0] != 0:
            continue
        packs.append(pack)
        if output(etw, *DUMP, trace) != output(etw, *DUMP, "--schema", pack, trace):
            report.check(False, name, "differs with what was exported from itself")
    report.check(len(packs) > 5, f"{len(packs)} traces bring schemas along")
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace") or name in common.MISLABELLED:
            continue
        alone = decoded(etw, corpus.trace(name))
        with_packs = decoded(etw, corpus.trace(name), "--schema", ":".join(packs))
        if with_packs[0] < alone[0] or with_packs[1] > alone[1]:
            report.check(False, name, f"{alone} decoded and in error alone, {with_packs} with what "
                         "other traces bring along")
        before += alone[0]
        after += with_packs[0]
    report.check(after > before, f"{before:,} events decode alone, {after:,} with what all bring")


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    schemas = corpus.root / "schemas"
    if not schemas.is_dir():
        common.skip(f"no manifests at {schemas}")
    report = common.Report(verbose=True)
    with tempfile.TemporaryDirectory() as folder:
        pack, cache, exported = (os.path.join(folder, name) for name in ("pack", "cache", "export"))
        os.mkdir(exported)
        built = output(arguments.etw, "schema", "build", schemas, "-o", pack)
        report.check(built == (0, b"", b""), "etw schema build of all", str(built))
        same = output(arguments.etw, "schema", "diff", schemas, pack)
        report.check(same == (0, b"", b""), "etw schema diff finds nothing", str(same[:2])[:200])
        check_equal(report, arguments.etw, corpus, schemas, pack)
        check_cache(report, arguments.etw, corpus, schemas, cache)
        check_export(report, arguments.etw, corpus, exported)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
