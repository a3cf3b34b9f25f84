"""How much more of the corpus decodes with the manifests that lie beside it: events by provider,
without and with `--schema`."""

import collections
import sys

import common

SHARE_REQUIRED = 0.999  # of the events that a manifest describes
GIVEN = ("man", "pe")
# (provider, id, version) of events that a manifest describes, but not their payload: the template
# has nothing in it, while the runtime writes its GC history.
EMPTY_TEMPLATES = {("763fd754-7086-4dfe-95eb-c01a46faf4ca", 4, 2)}


class Change:
    """What became of the events of one provider."""

    def __init__(self):
        self.name = ""
        self.total = 0
        self.decoded = [0, 0]  # without and with the manifests
        self.errors = [0, 0]
        self.given = self.given_decoded = self.given_trailing = 0
        self.not_described = collections.Counter()  # (id, version) -> events with a longer payload

    def add(self, provider, row, side):
        if row["schema"] != "none":
            self.name = provider.get("name", "") or self.name
            self.decoded[side] += row["decoded"]
        self.errors[side] += row["errors"]
        self.total += row["count"] if side else 0
        if side and row["schema"] in GIVEN:
            self.given += row["count"]
            self.given_decoded += row["decoded"]
            self.given_trailing += row.get("trailing", 0)
            if row.get("trailing", 0):
                self.not_described[row["id"], row["version"]] += row["trailing"]


def collect(etw, path, schemas, changes):
    for side, options in enumerate(([], ["--schema", schemas])):
        stats = common.run_json(etw, "stats", "--json", *options, path)
        for provider in stats["providers"]:
            for row in provider["events"]:
                changes[provider["guid"]].add(provider, row, side)


def print_changes(changes):
    changed = [change for change in changes.values()
               if change.decoded[1] != change.decoded[0] or change.given]
    changed.sort(key=lambda change: change.decoded[0] - change.decoded[1])
    rows = [[change.name, change.total, *change.decoded, *change.errors, change.given_trailing]
            for change in changed]
    every = changes.values()
    rows.append(["all providers", sum(change.total for change in every),
                 *(sum(change.decoded[side] for change in every) for side in (0, 1)),
                 *(sum(change.errors[side] for change in every) for side in (0, 1)),
                 sum(change.given_trailing for change in every)])
    common.table(rows, ["provider", "events", "decoded before", "after", "errors before", "after",
                        "trailing"])


def judge(report, changes):
    given = sum(change.given for change in changes.values())
    decoded = sum(change.given_decoded for change in changes.values())
    report.check(given > 0, f"{given:,} events are described by the manifests")
    if given:
        report.check(decoded / given >= SHARE_REQUIRED,
                     f"{decoded / given:.4%} of them decode without error",
                     f"at least {SHARE_REQUIRED:.1%} wanted")
    for guid, change in sorted(changes.items()):
        for (event_id, version), count in change.not_described.items():
            report.check((common.guid(guid), event_id, version) in EMPTY_TEMPLATES,
                         f"{change.name} {event_id} version {version}: {count:,} events have bytes "
                         "that an empty template leaves to nobody")
        if change.decoded[1] < change.decoded[0]:
            report.check(False, f"{guid} {change.name}",
                         f"{change.decoded[0]:,} events decoded, {change.decoded[1]:,} with "
                         "manifests")


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    schemas = corpus.root / "schemas"
    if not schemas.is_dir():
        common.skip(f"no manifests at {schemas}")
    report = common.Report(verbose=True)
    changes = collections.defaultdict(Change)
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace") or name in common.MISLABELLED:
            continue
        try:
            collect(arguments.etw, corpus.trace(name), schemas, changes)
        except (RuntimeError, ValueError, KeyError) as error:
            report.check(False, name, f"{type(error).__name__}: {error}")
    print_changes(changes)
    judge(report, changes)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
