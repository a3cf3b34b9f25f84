"""`etw providers` and `etw describe` on every trace and every schema file: strict JSON of the
documented shape, also through `jq`; every event that a trace describes itself is described, by the
schema that decodes it."""

import json
import subprocess
import sys

import common

KEYS = ["guid", "name", "message", "sources", "owner", "keywords", "levels", "tasks", "opcodes",
        "channels", "maps", "events"]
EVENT_KEYS = ["class", "id", "version", "name", "level", "task", "opcode", "channel", "keywords",
              "layout", "message", "source", "user_data", "properties", "properties_cut"]
PROPERTY_KEYS = ["name", "in_type", "out_type", "array", "count", "count_property", "length",
                 "length_property", "to_end", "optional", "map", "tags"]
CARRIED = ("tracelogging", "manifest", "eventinfo")


def refuse(text):
    raise ValueError(f"{text} is no JSON")


def describe(etw, *arguments):
    """The providers; raises RuntimeError if the command fails, ValueError if it is no JSON."""
    result = common.run(etw, "describe", "-q", "--json", *arguments)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.decode("utf-8", "replace").strip())
    lines = result.stdout.decode("utf-8").splitlines()
    jq = subprocess.run(["jq", "-c", ".guid"], input=result.stdout, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE, check=False)
    if jq.returncode != 0 or len(jq.stdout.splitlines()) != len(lines):
        raise ValueError("jq reads something else")
    return [json.loads(line, parse_constant=refuse) for line in lines]


def wrong_property(event, properties):
    """What is wrong with the shape of properties, or None. Members are as deep as they are."""
    for one in properties:
        keys = PROPERTY_KEYS + (["members"] if one["in_type"] == "struct" else [])
        if list(one) != keys:
            return f"{event['name']}.{one['name']} has {list(one)}"
        if one["array"] == "property" and not one["count_property"]:
            return f"{event['name']}.{one['name']} is counted by nothing"
        wrong = wrong_property(event, one.get("members", []))
        if wrong:
            return wrong
    return None


def check_shape(report, name, providers):
    for provider in providers:
        wrong = None if list(provider) == KEYS else f"a provider has {list(provider)}"
        for event in provider["events"]:
            if list(event) != EVENT_KEYS:
                wrong = wrong or f"an event has {list(event)}"
            wrong = wrong or wrong_property(event, event["properties"])
        report.check(not wrong, f"{name}: shape of {provider['name'] or provider['guid']}", wrong)


def key_of(row):
    """What stats and describe have in common; TraceLogging events have names only."""
    if row["schema"] == "tracelogging":
        return "tracelogging", row["name"]
    number = row["opcode"] if row["class"] == "classic" else row["id"]
    return row["class"], number, row["version"]


def described_keys(provider):
    for event in provider["events"]:
        if event["class"] == "tracelogging":
            yield "tracelogging", event["name"]
        else:
            number = event["opcode"]["value"] if event["class"] == "classic" else event["id"]
            yield event["class"], number, event["version"]


def check_trace(report, etw, name, path):
    providers = describe(etw, path)
    check_shape(report, name, providers)
    known = {provider["guid"]: set(described_keys(provider)) for provider in providers}
    missing = []
    carried = 0
    for provider in common.run_json(etw, "stats", "--json", path)["providers"]:
        for row in provider["events"]:
            if row["schema"] not in CARRIED:
                continue
            carried += 1
            if key_of(row) not in known.get(provider["guid"], ()):
                missing.append((provider["guid"], key_of(row)))
    report.check(not missing, f"{name}: {carried} kinds of events are described", missing[:3])
    lines = common.run(etw, "providers", "-q", "--json", path).stdout.decode("utf-8").splitlines()
    report.equal({provider["guid"]: len(provider["events"]) for provider in providers},
                 {one["guid"]: one["events"] for one in map(json.loads, lines)},
                 f"{name}: providers")
    return carried


def check_file(report, etw, path):
    providers = describe(etw, path)
    check_shape(report, path.name, providers)
    report.check(any(provider["events"] for provider in providers), f"{path.name} has events")
    text = common.run(etw, "describe", "-q", path)
    report.check(text.returncode == 0 and text.stdout, f"{path.name}: text")


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    carried = files = 0
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace"):
            continue
        try:
            carried += check_trace(report, arguments.etw, name, corpus.trace(name))
        except (RuntimeError, ValueError, KeyError) as error:
            report.check(False, name, f"{type(error).__name__}: {error}")
    for path in sorted((corpus.root / "schemas").rglob("*")):
        if path.suffix not in (".man", ".manifest", ".tmf"):
            continue
        files += 1
        try:
            check_file(report, arguments.etw, path)
        except (RuntimeError, ValueError, KeyError) as error:
            report.check(False, path.name, f"{type(error).__name__}: {error}")
    report.check(carried > 100, f"{carried} kinds of events are described by their traces")
    report.check(files > 100, f"{files} schema files are described")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
