"""How far two decoders agree, and why not where they do not."""

import collections

KINDS = ("lines", "fields", "counts")
EXAMPLES_MAX = 3  # printed for one kind of difference


class Difference:
    """One place where the oracle and `etw` disagree."""

    def __init__(self, kind, event_name, field, expected, got, context=None):
        self.kind = kind              # "line", "field" or "count"
        self.event_name = event_name  # as the oracle names it
        self.field = field            # of lines: which part of the header
        self.expected = expected      # as the oracle has it: text
        self.got = got                # a JSON value; None if etw has nothing there
        self.context = context        # the whole event of etw, where there is one

    def __str__(self):
        return (f"{self.kind} {self.event_name} {self.field}: "
                f"expected {self.expected!r}, got {self.got!r}")


class Rule:
    """A known difference with its reason. `applies` checks that it is really the one meant."""

    def __init__(self, reason, applies):
        self.reason = reason
        self.applies = applies


class Agreement:
    """Counts what is equal, explained and unexplained for one oracle."""

    def __init__(self, oracle, rules=()):
        self.oracle = oracle
        self.rules = rules
        self.equal = collections.Counter()
        self.compared = collections.Counter()
        self.explained = collections.Counter()   # reason -> how often
        self.unexplained = collections.defaultdict(list)
        self.unexplained_count = collections.Counter()
        self.notes = []

    def add(self, kind, differences):
        """Counts one comparison of a kind of KINDS with what was found different, if anything."""
        self.compared[kind] += 1
        if not differences:
            self.equal[kind] += 1
        for difference in differences:
            rule = next((rule for rule in self.rules if rule.applies(difference)), None)
            if rule:
                self.explained[rule.reason] += 1
                continue
            key = difference.kind, difference.event_name, difference.field
            self.unexplained_count[key] += 1
            if len(self.unexplained[key]) < EXAMPLES_MAX:
                self.unexplained[key].append(difference)

    def note(self, text):
        self.notes.append(text)

    def unexplained_total(self):
        return sum(self.unexplained_count.values())

    def print(self, verbose):
        parts = [f"{kind} {self.equal[kind]:,}/{self.compared[kind]:,}" for kind in KINDS
                 if self.compared[kind]]
        print(f"{self.oracle}: {', '.join(parts) or 'nothing compared'}; differences: "
              f"{sum(self.explained.values()):,} explained, "
              f"{self.unexplained_total():,} unexplained")
        for text in self.notes:
            print(f"    note: {text}")
        for reason, count in self.explained.most_common():
            print(f"    explained {count:>5} x {reason}")
        for key, examples in sorted(self.unexplained.items()):
            print(f"    UNEXPLAINED {self.unexplained_count[key]:>3} x {examples[0]}")
            for difference in examples[1:] if verbose else ():
                print(f"                    {difference}")


class Oracle:
    """A named comparison: `compare(etw, corpus)` returns an Agreement."""

    def __init__(self, name, compare):
        self.name = name
        self.compare = compare
