"""How much of the corpus decodes: events by where their schema comes from."""

import collections
import json
import sys

import common

SHARE_REQUIRED = 0.999  # of the events that have a schema
NO_ERRORS = ("kernel", "tracelogging", "eventinfo")


class Tally:
    """The counters of one kind of schema."""

    def __init__(self):
        self.total = self.decoded = self.errors = self.trailing = 0

    def add(self, row):
        self.total += row["count"]
        self.decoded += row["decoded"]
        self.errors += row["errors"]
        self.trailing += row.get("trailing", 0)


def collect(etw, path, tallies, missing):
    """Adds the events of a trace. Returns the number of events with errors."""
    stats = common.run_json(etw, "stats", "--json", path)
    errors = 0
    for provider in stats["providers"]:
        for row in provider["events"]:
            tallies[row["schema"]].add(row)
            errors += row["errors"]
            if row["schema"] == "none":
                missing[provider["guid"], provider.get("name", "")] += row["count"]
    return errors


def error_reasons(etw, path):
    """(event, property, reason) -> count of what did not decode in a trace."""
    reasons = collections.Counter()
    for line in common.dump_lines(etw, path):
        if b'"DecodeErrors":[{' not in line:
            continue
        event = json.loads(line)
        system = event["System"]
        what = system.get("EventType") or system.get("EventName") or system["EventID"]
        for error in event["DecodeErrors"]:
            reasons[system["Provider"]["Name"] or system["Provider"]["Guid"], str(what),
                    system.get("Version", 0), error.get("Property", ""), error["Reason"]] += 1
    return reasons


def print_errors(reasons):
    for (trace, provider, what, version, name, reason), count in sorted(reasons.items()):
        print(f"error: {trace}: {provider} {what} v{version}, property {name!r}: {reason} "
              f"({count:,} events)")


def print_missing(missing):
    print("Events without a schema, by provider (the trace does not describe them):")
    for (guid, name), count in missing.most_common():
        print(f"  {guid} {name}: {count:,}")


def judge(report, tallies):
    with_schema = [tally for kind, tally in tallies.items() if kind != "none"]
    total = sum(tally.total for tally in with_schema)
    decoded = sum(tally.decoded for tally in with_schema)
    share = decoded / total if total else 0.0
    report.check(share >= SHARE_REQUIRED, f"{share:.4%} of the {total:,} events with a schema "
                 f"decode without error", f"at least {SHARE_REQUIRED:.1%} wanted")
    for kind in NO_ERRORS:
        report.equal(0, tallies[kind].errors if kind in tallies else 0, f"errors in {kind} events")
    for kind, tally in sorted(tallies.items()):
        if kind != "none":
            report.equal(tally.total, tally.decoded + tally.errors,
                         f"{kind}: every event decodes or has an error")


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(verbose=True)
    tallies, mislabelled = collections.defaultdict(Tally), collections.defaultdict(Tally)
    missing, reasons = collections.Counter(), collections.Counter()
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace"):
            continue
        target = mislabelled if name in common.MISLABELLED else tallies
        try:
            errors = collect(arguments.etw, corpus.trace(name), target, missing)
        except (RuntimeError, ValueError, KeyError) as error:
            report.check(False, name, f"{type(error).__name__}: {error}")
            continue
        if errors:
            for key, count in error_reasons(arguments.etw, corpus.trace(name)).items():
                reasons[(name, *key)] += count
    header = ["schema", "events", "decoded", "errors", "trailing"]
    rows = [[kind, tally.total, tally.decoded, tally.errors, tally.trailing]
            for kind, tally in sorted(tallies.items(), key=lambda item: -item[1].total)]
    common.table(rows + [["total", *(sum(row[i] for row in rows) for i in range(1, 5))]], header)
    print_missing(missing)
    print_errors(reasons)
    print("Left out above: traces with 64-bit payloads in events marked as 32-bit "
          f"({sum(t.total for t in mislabelled.values()):,} events, "
          f"{sum(t.errors for t in mislabelled.values()):,} with errors).")
    judge(report, tallies)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
